"""What a running demo leaves for `call` on the same machine, so that it can sign like the provider."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

FILE = Path("var/demo.json")


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demo: its address, the token made up for this run, the helpline's number and zone."""

    url: str
    token: str
    number: str
    timezone: str


def leave_demo(demo: Demo) -> None:
    """Writes the file, readable by this user only."""
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.unlink(missing_ok=True)
    FILE.touch(mode=0o600)
    FILE.write_text(json.dumps(asdict(demo)), encoding="utf-8")


def read_demo(url: str) -> Demo | None:
    """The demo that was last started from this folder, if that is its address."""
    try:
        demo = Demo(**json.loads(FILE.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return demo if demo.url == url else None
