"""What a prover is asked, and what it answers: a line of JSON each."""

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import phonetree
from phonetree.config.numbers import NumberRules
from phonetree.config.promises import Call, changing
from phonetree.config.site import Contents, audio
from phonetree.core.schedule import Accepted, Cover, Kind, Names, Override
from phonetree.errors import Problem, Where
from phonetree.proof.budgets import TimeToHelp

ROOMS = ("config", "core", "proof", "provider")
"""The code that a proof depends on."""

LIBRARIES = ("holidays", "pytz")
"""The libraries that it depends on."""

_NAMED = re.compile(rb"\$([A-Z][A-Z0-9_]*)")


@dataclass(frozen=True, slots=True)
class Question:
    """Which promises does the site of these files break, under overrides, on calls from a day on?

    `folder` has the audio, and is what places of problems begin with. `rules` are those that the files are loaded by.
    """

    contents: Contents
    folder: Path
    rules: NumberRules
    overrides: tuple[Override, ...]
    since: date

    def line(self) -> bytes:
        """The question as a line. It has the numbers that the files name, so it goes through a pipe and nowhere
        else."""
        return _line(
            {
                "contents": {name: b64encode(data).decode() for name, data in self.contents.items()},
                "folder": str(self.folder),
                "names": self._names(),
                "fictional": self.rules.fictional,
                "stand_in": self.rules.stand_in,
                "ours": sorted(self.rules.ours),
                "phones": self._phones(),
                "overrides": self._overrides(),
                "since": self.since.isoformat(),
            }
        )

    @classmethod
    def read(cls, line: bytes) -> "Question":
        """The question in a line. Raises ValueError, TypeError, KeyError."""
        asked: dict[str, Any] = json.loads(line)
        return cls(
            {name: b64decode(data) for name, data in asked["contents"].items()},
            Path(asked["folder"]),
            NumberRules(
                asked["names"], asked["fictional"], asked["stand_in"], frozenset(asked["ours"]), asked["phones"]
            ),
            tuple(override(**each) for each in asked["overrides"]),
            date.fromisoformat(asked["since"]),
        )

    def identity(self) -> bytes:
        """All that the answer depends on, if the files are a site at all: files, audio, numbers, overrides, day, and
        the code that proves. It has numbers, so it is kept nowhere, nor a hash of it without a key."""
        return _line(
            {
                "code": code(),
                "contents": {name: sha256(data).hexdigest() for name, data in self.contents.items()},
                "audio": [name.hex() for name in audio(self.folder)],
                "names": self._names(),
                "phones": self._phones() or None,  # without any, it makes no difference whether there could be some
                "overrides": self._overrides(),
                "since": self.since.isoformat(),
            }
        )

    def _phones(self) -> Mapping[str, str] | None:
        """Members' phones; None where there can be none, so that a `$NAME` without a number is a problem."""
        return None if self.rules.phones is None else dict(self.rules.phones)

    def _names(self) -> Mapping[str, str]:
        """The values of the names in the files that have one."""
        files = self.contents.values()
        escaped = any(b"\\" in data for data in files)  # YAML may write any character so, also those of a name
        names = self.rules.names if escaped else {name.decode() for data in files for name in _NAMED.findall(data)}
        return {name: self.rules.names[name] for name in sorted(names) if name in self.rules.names}

    def _overrides(self) -> list[dict[str, object]]:
        """What the proof looks at in them."""
        return list(map(told, changing(self.overrides)))


@dataclass(frozen=True, slots=True)
class Answer:
    """The problems that were found: if `proved`, every promise that is broken, each with a call that breaks it or None,
    and how soon callers reach somebody; otherwise why there is no proof."""

    problems: tuple[Problem, ...]
    proved: bool
    calls: tuple[Call | None, ...] = ()
    times: tuple[TimeToHelp, ...] = ()

    def line(self, folder: Path) -> bytes:
        """The answer as a line, its places relative to the folder."""
        problems = [
            (
                str(Path(problem.where.file).relative_to(folder)),
                problem.where.line,
                problem.where.column,
                problem.text,
                problem.late,
            )
            for problem in self.problems
        ]
        calls = [call and asdict(call) for call in self.calls]
        times = [asdict(each) for each in self.times]
        return _line({"proved": self.proved, "problems": problems, "calls": calls, "times": times})

    @classmethod
    def read(cls, line: bytes, folder: Path) -> "Answer":
        """The answer in a line. Raises ValueError when it is none."""
        try:
            told = json.loads(line)
            return cls(
                tuple(_problem(folder, *each) for each in told["problems"]),
                told["proved"] is True,
                tuple(call and _call(**call) for call in told["calls"]),
                tuple(TimeToHelp(**each) for each in told["times"]),
            )
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise ValueError("it is no answer") from error


def _call(at: str, keys: str, world: list[tuple[str, str]]) -> Call:
    return Call(at, keys, tuple((phone, does) for phone, does in world))


def told(override: Override) -> dict[str, object]:
    """An override in a line, in one time zone, so that who says it makes no difference."""
    cover = override.cover
    return {
        "begins": _utc(override.begins),
        "ends": _utc(override.ends),
        "kind": override.kind,
        "words": dict(override.words),
        "cover": (cover.away, cover.by) if cover else None,
        "accepted": [(one.team, _utc(one.begins), _utc(one.ends), one.node) for one in override.accepted],
    }


def override(
    begins: str,
    ends: str,
    kind: str | None,
    words: Names,
    cover: tuple[str, str] | None,
    accepted: list[tuple[str, str, str, str]],
) -> Override:
    """The override in a line. Raises ValueError, TypeError."""
    return Override(
        datetime.fromisoformat(begins),
        datetime.fromisoformat(ends),
        Kind(kind) if kind else None,
        words,
        Cover(*cover) if cover else None,
        tuple(
            Accepted(team, datetime.fromisoformat(since), datetime.fromisoformat(until), node)
            for team, since, until, node in accepted
        ),
    )


def _problem(folder: Path, file: str, line: int, column: int, text: str, late: bool) -> Problem:
    if not (isinstance(line, int) and isinstance(column, int) and isinstance(text, str)):
        raise TypeError
    return Problem(Where(str(folder / file), line, column), text, late is True)


def code() -> str:
    """A hash of the code that proves, as it lies on the disk now: a new version proves anew."""
    package = Path(phonetree.__file__).parent
    files = [package / "errors.py", *(file for room in ROOMS for file in sorted((package / room).glob("*.py")))]
    digest = sha256(repr([(name, version(name)) for name in LIBRARIES]).encode())
    for file in files:
        digest.update(sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _line(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, sort_keys=True).encode() + b"\n"
