"""What an edit changes: known effects of known edits said exactly; and never silence about a call that differs."""

import copy
import json
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from shutil import copytree
from typing import Any, NoReturn

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from phonetree.config.numbers import NumberRules
from phonetree.config.site import HOURS, load
from phonetree.diff.changes import changes
from phonetree.errors import ConfigError
from phonetree.simulator.caller import Script
from phonetree.simulator.network import Clock, Network, Rules
from phonetree.simulator.phone import Call
from tests.diff.edits import EDITS, Edit
from tests.support import trees
from tests.support.lines import ROOT, RULES, TOKEN, direct, numbers
from tests.test_random_calls import STEPS, WORLDS

SINCE = date(2026, 11, 22)
EXPECTED = Path(__file__).parent / "expected.txt"


def _expected() -> dict[str, list[str]]:
    """What is to be said of each edit: its name, then its lines, indented."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in EXPECTED.read_text(encoding="utf-8").splitlines():
        if line.startswith("  "):
            found[name].append(line.strip())
        elif line:
            name = line
            found[name] = []
    return found


def _edited(edit: Edit, folder: Path) -> tuple[str, ...]:
    _, site, name, old, new = edit
    config = Path(copytree(ROOT / site, folder / "config"))
    text = (config / name).read_text(encoding="utf-8")
    assert old in text, f"'{old}' is not in {name}"
    (config / name).write_text(text.replace(old, new), encoding="utf-8")
    return changes(load(ROOT / site, RULES).site, load(config, RULES).site, SINCE)


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit[0])
def test_an_edit_is_told_exactly(edit: Edit, tmp_path: Path) -> None:
    assert list(_edited(edit, tmp_path)) == _expected()[edit[0]]


def test_an_edit_of_hours_alone_is_told_without_walking_the_tree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Staff wait for it, in a process that answers others meanwhile."""

    def walked(*_: object) -> NoReturn:
        raise AssertionError("the tree was walked")

    monkeypatch.setattr("phonetree.diff.changes.Table", walked)
    told = [_edited(edit, tmp_path / str(number)) for number, edit in enumerate(EDITS) if edit[2] == HOURS]
    assert any(told)


def test_a_promise_that_says_something_else_is_another_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is walked: on calls nothing is different."""
    monkeypatch.delattr("phonetree.diff.changes.Table")
    (before,) = (each for each in EDITS if each[0] == "a promise")
    _edited(before, tmp_path)
    config, later = tmp_path / "config", Path(copytree(tmp_path / "config", tmp_path / "later"))
    text = (config / "routing.yaml").read_text(encoding="utf-8")
    old, taken = "reaches: desk, within: 30}", "  - {when: [closed, holiday], keys: [], reaches: crisis}\n"
    assert old in text
    assert taken in text
    edited = text.replace(old, "reaches: desk, within: 20}").replace(taken, "")
    (later / "routing.yaml").write_text(edited, encoding="utf-8")
    assert changes(load(config, RULES).site, load(later, RULES).site, SINCE) == (
        "No longer promised: When open, whoever presses 1 reaches team 'desk' within 30 s.",
        "No longer promised: When closed and on holidays, whoever presses nothing reaches line 'crisis'.",
        "Newly promised: When open, whoever presses 1 reaches team 'desk' within 20 s.",
    )


def test_every_expectation_has_its_edit(tmp_path: Path, *, rewrite: bool) -> None:
    if rewrite:
        told = {edit[0]: _edited(edit, tmp_path / str(number)) for number, edit in enumerate(EDITS)}
        text = "\n".join("\n".join([name, *(f"  {line}" for line in lines), ""]) for name, lines in told.items())
        EXPECTED.write_text(text, encoding="utf-8")
    assert list(_expected()) == [edit[0] for edit in EDITS]
    assert len(EDITS) >= 30


# -- nothing that differs goes unmentioned


@st.composite
def _edits(draw: st.DrawFn) -> tuple[Any, Any]:
    """A random site, and the same with one value changed, or without one node."""
    hours, routing = draw(trees.sites())
    if draw(st.booleans()):
        gone, instead = draw(st.permutations(sorted(routing["nodes"])))[:2]
        return (hours, routing), (hours, _without(routing, gone, instead))
    edited = copy.deepcopy(routing)
    places = list(_leaves(edited["nodes"])) + list(_leaves(edited["teams"])) + list(_leaves(edited["start"]))
    holder, key = draw(st.sampled_from(places))
    value = holder[key]
    others = [held[name] for held, name in places if type(held[name]) is type(value) and held[name] != value]
    assume(others)
    holder[key] = draw(st.sampled_from(others))
    return (hours, routing), (hours, edited)


def _without(routing: Any, gone: str, instead: str) -> Any:
    """A tree without a node: what led to it leads elsewhere instead."""
    nodes = {name: node for name, node in routing["nodes"].items() if name != gone}
    return _replaced({**routing, "nodes": nodes}, gone, instead)


def _replaced(value: Any, old: str, new: str) -> Any:
    """Plain data with another text in place of one."""
    match value:
        case dict():
            return {key: _replaced(inner, old, new) for key, inner in value.items()}
        case list():
            return [_replaced(inner, old, new) for inner in value]
        case _:
            return new if value == old else value


def _leaves(value: Any) -> Any:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        if isinstance(inner, dict | list):
            yield from _leaves(inner)
        else:
            yield value, key


@pytest.mark.long
@settings(max_examples=10, suppress_health_check=list(HealthCheck))
@given(
    sites=_edits(),
    calls=st.lists(
        st.tuples(st.lists(STEPS, max_size=12), WORLDS, st.integers(0, 400 * 24 * 60)), min_size=6, max_size=6
    ),
)
def test_a_call_that_differs_is_never_unmentioned(sites: Any, calls: Any) -> None:
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        folders = [trees.write(Path(folder), site) for folder, site in zip((one, two), sites, strict=True)]
        try:
            old, new = (load(folder, NumberRules({}, fictional=True)).site for folder in folders)
        except ConfigError:
            assume(False)
        differ = any(_play(folders[0], *call) != _play(folders[1], *call) for call in calls)
        told = changes(old, new, SINCE)
    event("differs" if differ else "the same")
    event("told" if told else "not told")
    if differ:
        assert told, json.dumps([sites[0][1], sites[1][1]])


def _play(folder: Path, steps: list[str], world: Any, minutes: int) -> str:
    clock = Clock(datetime(2026, 11, 22, tzinfo=UTC) + timedelta(minutes=minutes))
    line, sites = direct(folder, clock)
    network = Network(line, TOKEN, numbers(sites.current.helpline))
    return str(Call(network, clock, Script(",".join(steps)), world, Rules()).run().transcript)
