"""Promises of a helpline's own as text: what is written is read as the same promise."""

from dataclasses import replace
from datetime import date
from itertools import product
from pathlib import Path
from shutil import copytree

import pytest

from phonetree.config.own_promises import entry, promise_of_call
from phonetree.config.promises import SHOWN, told_once
from phonetree.config.site import load
from phonetree.config.written import in_braces
from phonetree.core.schedule import Kind
from phonetree.core.tree import Destination, OwnPromise, Reached, Site
from phonetree.errors import EditError, Problem, Where
from phonetree.proof.own import sentence
from phonetree.proof.prove import prove
from tests.support.lines import ROOT, RULES, VPR

HARBOUR = ROOT / "tests" / "sites" / "forwarded"
WHEN = [{Kind.OPEN}, {Kind.CLOSED, Kind.HOLIDAY}, set(Kind)]
KEYS = [(), ("1",), ("0", "*", "", "9")]
REACHES: list[Destination] = [(Reached.LINE, "barcc"), (Reached.TEAM, "advocates"), (Reached.NODE, "after_hours")]


def with_promises(of: Path, folder: Path, *entries: str) -> Site:
    config = Path(copytree(of, folder / "config"))
    with (config / "routing.yaml").open("a", encoding="utf-8") as file:
        file.write("\npromises:\n" + "".join(f"  - {each}\n" for each in entries))
    return load(config, RULES).site


def test_what_is_written_is_read_as_the_same_promise(tmp_path: Path) -> None:
    site = load(VPR, RULES).site
    rest = [(None, None), ("es", 20), (None, 600)]
    promises = [
        OwnPromise(frozenset(when), keys, reaches, *rest[number % len(rest)])
        for number, (when, keys, reaches) in enumerate(product(WHEN, KEYS, REACHES))
    ]
    again = with_promises(VPR, tmp_path, *(in_braces(entry(site, each)) for each in promises))
    assert list(again.promises) == promises


def test_a_call_becomes_a_promise_that_is_kept(tmp_path: Path) -> None:
    """Its seconds are rounded up, so that words may get a little longer."""
    site = load(HARBOUR, RULES).site
    promise = promise_of_call(Kind.CLOSED, ["", "2"], (Reached.LINE, "crisis"), seconds=31.2)
    assert in_braces(entry(site, promise)) == "{when: closed, keys: [wait, 2], reaches: crisis, within: 40}"
    assert sentence(site, promise) == "When closed, whoever presses nothing, then 2 reaches line 'crisis' within 40 s."
    verdict = prove(with_promises(HARBOUR, tmp_path, in_braces(entry(site, promise))), date(2026, 11, 22)).verdicts[-1]
    assert (verdict.id, verdict.promise, verdict.breaches) == ("own-1", sentence(site, promise), ())
    assert [promise_of_call(Kind.OPEN, [], (Reached.TEAM, "desk"), each).within for each in (None, 0, 20, 20.1)] == [
        None,
        10,
        20,
        30,
    ]


def test_a_name_that_would_be_read_as_something_else_is_not_written() -> None:
    site = load(HARBOUR, RULES).site
    line, team = site.resources["crisis"], site.teams["desk"]
    same = replace(site, resources={**site.resources, "welcome": line}, teams={**site.teams, "night": team})
    for name in ("welcome", "night"):
        with pytest.raises(EditError, match=f"'{name}' is the name of something else as well"):
            entry(same, promise_of_call(Kind.OPEN, [], (Reached.NODE, name)))
    assert entry(same, promise_of_call(Kind.OPEN, [], (Reached.LINE, "welcome")))["reaches"] == "welcome"
    both = replace(site, teams={**site.teams, "crisis": team})
    for what in (Reached.LINE, Reached.TEAM):
        with pytest.raises(EditError, match="'crisis' is the name of something else as well"):
            entry(both, promise_of_call(Kind.OPEN, [], (what, "crisis")))


def test_a_broken_promise_is_one_sentence_however_many_cases_there_are() -> None:
    one, other = Where("routing.yaml", 3), Where("routing.yaml", 4)
    broken = [
        Problem(one, f"the call ends, in 'en'. The promise: 2 helps.{SHOWN}"),
        Problem(other, f"the call ends, in 'en'. The promise: 2 helps.{SHOWN}"),
        Problem(one, f"the call ends, in 'es'. The promise: 2 helps.{SHOWN}"),
        Problem(one, f"nobody has a phone.{SHOWN}"),
        Problem(one, f"the call goes on, in 'es'. The promise: 2 helps.{SHOWN}"),
        Problem(one, f"the call ends, in 'es'. The promise: 1 helps.{SHOWN}"),
        Problem(one, f"the call ends. The promise: 1 helps.{SHOWN}"),
    ]
    assert told_once(broken) == (
        "the call ends, in 'en', and in 2 more cases. The promise: 2 helps.",
        "the call ends, in 'en'. The promise: 2 helps.",
        "nobody has a phone.",
        "the call ends, in 'es', and in 1 more case. The promise: 1 helps.",
    )
