"""A golden call: what a caller does, in what world, and what should happen, as plain text.

    # A title that says what this call shows.
    at: 2026-11-23 10:00
    keys: 1
    world: +16175550101=busy

      0:00  hears    ...

Known headers: `at` (the helpline's local time), `keys`, `world`, `from` (the caller's number as the network
sends it), `rules` (inverted behaviours of the network), `config` (another folder of
YAML files), `edit` (`0:20 routing.yaml: OLD => NEW`, an edit during the call), `caller-id` (`refused`: calls are
forwarded, and the provider may not show the helpline's number).
"""

from dataclasses import dataclass, field, fields

from phonetree.errors import SimulationError
from phonetree.simulator.network import Rules

HEADERS = ("at", "keys", "world", "from", "rules", "config", "edit", "caller-id")


@dataclass(frozen=True, slots=True)
class Golden:
    """One golden call as read; `transcript` is what should happen."""

    title: str
    headers: dict[str, str] = field(default_factory=dict)
    transcript: str = ""

    @property
    def verified(self) -> bool:
        """Whether the provider may show the helpline's number, if calls are forwarded from it."""
        return self.headers.get("caller-id") != "refused"

    def rules(self) -> Rules:
        """The network's behaviours: each word of the header `rules` inverts one."""
        known = {one.name: one.default for one in fields(Rules)}
        changed: dict[str, object] = {}
        for word in self.headers.get("rules", "").split():
            name, _, value = word.partition("=")
            if name not in known:
                raise SimulationError(f"'{name}' is not a behaviour of the network; known: {', '.join(known)}")
            changed[name] = value or not known[name]
        return Rules(**changed)  # type: ignore[arg-type]

    def __str__(self) -> str:
        head = [f"# {self.title}", *(f"{name}: {self.headers[name]}" for name in HEADERS if self.headers.get(name))]
        return "\n".join(head) + "\n\n" + self.transcript


def parse_golden(text: str) -> Golden:
    """The golden call in a text. Raises SimulationError on an unknown header."""
    head, _, transcript = text.partition("\n\n")
    title, *lines = head.splitlines()
    headers = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or name not in HEADERS:
            raise SimulationError(f"'{line}' is not a header of a golden call; known: {', '.join(HEADERS)}")
        headers[name] = value.strip()
    return Golden(title.removeprefix("#").strip(), headers, transcript)
