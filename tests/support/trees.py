"""Random legal trees, as the two YAML files that staff might write."""

import json
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

NUMBERS = [f"+161755501{n:02}" for n in range(1, 40)]
LAST = ["line", "message", "bye"]
"""Where every way ends: a line, then a message, then a goodbye."""

_FORWARDED: list[dict[str, str]] = [
    {},
    {"provider_number": "+16175550198"},
    {"provider_number": "+16175550198", "caller_id": "provider"},
]
_SHIFTS: list[Any] = ["always", {"monday-friday": "9:00-13:00"}, {"daily": "18:00-02:00"}, "outside helpline hours"]
WEEKS: st.SearchStrategy[dict[str, str]] = st.sampled_from(
    [
        {"monday-friday": "9:00-17:00, 18:00-02:00"},
        {"daily": "22:00-6:00"},
        {"friday, sunday": "9:00-5:00 next day", "saturday": "1:30-2:30"},
        {"tuesday": "0:00-24:00"},
    ]
)
"""Hours of the helpline."""

Files = tuple[dict[str, Any], dict[str, Any]]
"""hours.yaml and routing.yaml as plain data."""

_WORDS = st.sampled_from(
    ["Hello & welcome.", "A <word> or two.", "Ask for Ñandú.", "Open again {next_opening}.", "For {closure}."]
)


@st.composite
def sites(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """hours.yaml and routing.yaml as plain data, without a problem.

    What happens without the caller only ever leads on to later nodes; keys lead anywhere.
    """
    names = [f"n{n}" for n in range(draw(st.integers(1, 8)))]
    everything = ["person", *names, *LAST]
    phones = iter(draw(st.permutations(NUMBERS)))
    teams = {f"t{n}": draw(_teams([next(phones) for _ in range(draw(st.integers(0, 4)))])) for n in range(2)}
    hours = draw(st.sampled_from(["always", {"monday-friday": "8:00-20:00"}]))
    resources = {
        "always_there": _resource(next(phones), "always", draw(st.booleans())),
        "sometimes": _resource(next(phones), hours, draw(st.booleans())),
    }
    nodes: dict[str, Any] = {"person": {"hours": {"open": "help", "closed": "line", "holiday": "line"}}}
    nodes["help"] = {"connect": {"team": "t0", "otherwise": names[0]}}
    for number, name in enumerate(names):
        nodes[name] = draw(_node([*names[number + 1 :], *LAST], everything))
    nodes["line"] = {"transfer": {"resource": "always_there", "otherwise": "message"}}
    nodes["message"] = {"voicemail": {"say": draw(_words()), "longest": 30, "silence": 5, "go": "bye"}}
    nodes["bye"] = {"goodbye": {"say": draw(_words())}}
    nodes["leave"] = {"goodbye": {}}
    routing = {
        "helpline": {"name": "Harbour & Line", "number": "+16175550100", **draw(st.sampled_from(_FORWARDED))},
        "languages": {"en": {"voice": "Polly.Joanna-Neural"}, "es": {"voice": "Polly.Lupe-Neural"}},
        "start": {kind: draw(st.sampled_from(["person", names[0]])) for kind in ("open", "closed", "holiday")},
        "last_resort": "always_there",
        "always": {
            "0": {"label": draw(_words()), "go": "person"},
            "8": {"language": "es"},
            "9": {"label": draw(_words()), "go": "leave"},
        },
        "teams": teams,
        "resources": resources,
        "nodes": nodes,
    }
    return {
        "timezone": "America/New_York",
        "open": {"monday-friday": "9:00-17:00"},
        "holidays": {"calendars": ["US"]},
    }, routing


def chain(count: int) -> Files:
    """Menus of which each leads to the next one alone, then a line, then a goodbye."""
    menus: dict[str, Any] = {
        f"n{number}": {"menu": {"say": f"Menu {number}.", "choices": {"1": {"label": "on", "go": f"n{number + 1}"}}}}
        for number in range(count)
    }
    ends = {f"n{count}": {"transfer": {"resource": "line", "otherwise": "bye"}}, "bye": {"goodbye": {}}}
    return {
        "timezone": "America/New_York",
        "open": {"monday-friday": "9:00-17:00"},
        "holidays": {"calendars": ["US"]},
    }, {
        "helpline": {"name": "A line", "number": "+16175550100"},
        "languages": {"en": {"voice": "Polly.Joanna-Neural"}},
        "start": dict.fromkeys(("open", "closed", "holiday"), "n0"),
        "last_resort": "line",
        "always": {"0": {"label": "for a person", "go": f"n{count}"}},
        "resources": {"line": _resource("+16175550111", "always", own=False)},
        "nodes": menus | ends,
    }


def write(folder: Path, site: tuple[dict[str, Any], dict[str, Any]]) -> Path:
    """The two files in a folder; JSON is YAML."""
    for name, data in zip(("hours.yaml", "routing.yaml"), site, strict=True):
        (folder / name).write_text(json.dumps(data, indent=1, ensure_ascii=False), encoding="utf-8")
    return folder


def _words() -> st.SearchStrategy[dict[str, str]]:
    return st.fixed_dictionaries({"en": _WORDS, "es": _WORDS})


def _resource(number: str, hours: Any, own: bool) -> dict[str, Any]:
    return {
        "name": "the line", "number": number, "open": hours, "confidential": "private", "verified": "2026-11-01",
        "caller_id": "caller" if own else "helpline",
    }  # fmt: skip


@st.composite
def _teams(draw: st.DrawFn, numbers: list[str]) -> dict[str, Any]:
    return {
        "ring": draw(st.sampled_from(["together", "in-order", "rotate"])),
        "seconds": draw(st.integers(5, 30)),
        "longest_wait": draw(st.integers(30, 120)),
        "open": draw(st.sampled_from(["always", "helpline hours"])),
        "members": [
            {"name": f"Member {n}", "number": number, "shifts": draw(st.sampled_from(_SHIFTS))}
            for n, number in enumerate(numbers)
        ],
    }


@st.composite
def _node(draw: st.DrawFn, later: list[str], anywhere: list[str]) -> dict[str, Any]:
    """A node that leads on to the next one at least, so that every node is reached."""
    onward, somewhere = st.sampled_from(later), st.sampled_from(anywhere)
    kind = draw(st.sampled_from(["menu", "message", "hours", "connect", "transfer", "voicemail"]))
    if kind == "menu":
        keys = draw(st.sets(st.sampled_from("1234567"), min_size=1, max_size=5))
        choices = {key: {"label": draw(_words()), "go": draw(somewhere)} for key in sorted(keys)}
        mention = draw(st.lists(st.sampled_from(["0", "8", "9", "star"]), unique=True))
        settings = {
            "tries": draw(st.integers(1, 4)),
            "wait": 8,
            "silence": later[0],
            "choices": choices,
            "mention": mention,
        }
        return {"menu": {"say": draw(_words()), **settings}}
    if kind == "message":
        return {"message": {"say": draw(_words()), "go": later[0]}}
    if kind == "hours":
        return {"hours": {"open": later[0], "closed": draw(onward), "holiday": draw(onward)}}
    if kind == "connect":
        team = draw(st.sampled_from(["t0", "t1"]))
        return {"connect": {"team": team, "closed": draw(onward), "otherwise": later[0], "after": draw(onward)}}
    if kind == "transfer":
        return {"transfer": {"resource": draw(st.sampled_from(["sometimes", "always_there"])), "otherwise": later[0]}}
    return {"voicemail": {"say": draw(_words()), "longest": 30, "silence": 5, "go": later[0]}}
