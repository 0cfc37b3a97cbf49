"""Both files or neither, whenever whoever replaces them is killed, and for whoever reads meanwhile."""

import os
import re
import signal
from collections.abc import Callable
from pathlib import Path
from shutil import copytree
from threading import Event, Thread

import pytest

from phonetree.config import document, together
from phonetree.config.site import HOURS, ROUTING, contents_of, fingerprint, load
from phonetree.config.together import NAME, complete, complete_alone, replace_together, under_way
from phonetree.config.writing import alone
from phonetree.errors import MixedError, NotPutBackError
from phonetree.runtime.sites import Sites
from phonetree.runtime.watch import reload
from tests.support.lines import RULES, VPR


def _letters(folder: Path) -> dict[str, bytes]:
    """The first byte of each file, all of whose bytes are that."""
    found = contents_of(folder)
    assert all(data == data[:1] * 100_000 for data in found.values())
    return {name: data[:1] for name, data in found.items()}


WHOLE = (
    {HOURS: b"a", "phrases/pt.yaml": b"a", ROUTING: b"a"},
    {HOURS: b"b", ROUTING: b"b"},
)


NEW = WHOLE[0]


def _killed_at(step: int, folder: Path) -> bool:
    """Replaces the files in a process that is killed before its nth change of the disk. Whether it was."""
    child = os.fork()
    if child == 0:
        left = step
        for owner, name in ((Path, "replace"), (Path, "unlink"), (Path, "mkdir"), (os, "fsync")):
            does = getattr(owner, name)

            def kill(*given: object, does: Callable[..., object] = does, **more: object) -> object:
                nonlocal left
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                return does(*given, **more)

            setattr(owner, name, kill)
        with alone(folder):
            replace_together(folder, dict.fromkeys((HOURS, ROUTING, "phrases/pt.yaml"), b"a" * 100_000))
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def test_killed_at_any_step_it_leaves_all_files_or_none(tmp_path: Path) -> None:
    seen = []
    for step in range(1, 100):
        folder = tmp_path / f"{step}"
        folder.mkdir()
        for name in (HOURS, ROUTING):
            (folder / name).write_bytes(b"b" * 100_000)
        killed = _killed_at(step, folder)
        found, unfinished = _letters(folder), bool(under_way(folder))
        assert found in WHOLE
        complete(folder)
        assert _letters(folder) == found
        assert not (folder / NAME).exists()
        seen.append((found == NEW, unfinished))
        if not killed:
            break
    assert [each for each, _ in seen] == sorted(each for each, _ in seen), "once they are new they stay so"
    assert {(False, False), (True, True), (True, False)} == set(seen)
    assert 10 < len(seen) < 99


def test_whoever_reads_meanwhile_finds_files_of_one_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)  # which takes most of the time
    for name in (HOURS, ROUTING):
        (tmp_path / name).write_bytes(b"b" * 100_000)
    over = Event()

    def write() -> None:
        for letter in (b"a", b"b") * 10:
            more = {"phrases/pt.yaml": letter * 100_000 if letter == b"a" else None}
            with alone(tmp_path):
                replace_together(tmp_path, {**dict.fromkeys((HOURS, ROUTING), letter * 100_000), **more})
        over.set()

    writer = Thread(target=write)
    writer.start()
    read = 0
    while not over.is_set():
        assert _letters(tmp_path) in WHOLE
        read += 1
    writer.join()
    assert read > 10


@pytest.fixture
def stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose files are being replaced by a process that was killed at once."""
    folder = Path(copytree(VPR, tmp_path / "config"))
    new = {
        HOURS: (folder / HOURS).read_bytes() + b"# new\n",
        ROUTING: (folder / ROUTING).read_bytes().replace(b"for crisis lines", b"for help lines"),
    }
    with monkeypatch.context() as patched:
        patched.setattr(together, "complete_alone", lambda _: True)
        assert replace_together(folder, new)
    assert (folder / HOURS).read_bytes() == (VPR / HOURS).read_bytes()
    return folder


def test_a_server_answers_with_what_was_not_completed_and_completes_it(stopped: Path) -> None:
    before = load(VPR, RULES).site.revision
    seen = fingerprint(stopped)
    sites = Sites(stopped, RULES)
    assert sites.current.revision == load(stopped, RULES).site.revision != before
    reload(sites)
    assert not (stopped / NAME).exists()
    assert b"for help lines" in (stopped / ROUTING).read_bytes()
    assert (stopped / HOURS).read_bytes().endswith(b"# new\n")
    assert (fingerprint(stopped), load(stopped, RULES).site.revision) == (seen, sites.current.revision)
    assert (stopped / ROUTING).stat().st_mode == (VPR / ROUTING).stat().st_mode


def test_a_server_that_may_not_write_reads_the_new_ones(stopped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "replace", _refused)
    sites = Sites(stopped, RULES)
    reload(sites)
    assert (stopped / NAME).exists()
    assert b"for help lines" in sites.contents[ROUTING]


def _refused(*_: object) -> None:
    raise PermissionError


@pytest.mark.parametrize("instant", ["before the first", "between the two"])
def test_what_somebody_writes_by_hand_at_that_instant_is_worth_more(
    instant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(copytree(VPR, tmp_path / "config"))
    old = contents_of(folder)
    new = {HOURS: old[HOURS] + b"# new\n", ROUTING: old[ROUTING] + b"# new\n"}
    put, last = together._put, HOURS if instant == "before the first" else ROUTING

    def edited(path: Path, data: bytes | None, expected: str | None, inside: Path) -> bool:
        if path.name == last and (path.read_bytes(), data) == (old[last], new[last]):
            path.write_bytes(old[last] + b"# by hand\n")
        return put(path, data, expected, inside)

    monkeypatch.setattr(together, "_put", edited)
    with alone(folder):
        assert not replace_together(folder, new)
    assert not (folder / NAME).exists()
    assert contents_of(folder) == {**old, last: old[last] + b"# by hand\n"}


def test_a_disk_that_is_full_when_the_others_are_put_back_is_not_told_as_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(copytree(VPR, tmp_path / "config"))
    old, put = contents_of(folder), together._put
    new = {HOURS: old[HOURS] + b"# new\n", ROUTING: old[ROUTING] + b"# new\n"}
    by_hand = {**old, ROUTING: old[ROUTING] + b"# by hand\n"}

    def full(path: Path, data: bytes | None, expected: str | None, inside: Path) -> bool:
        if data == old[HOURS]:
            raise OSError(28, "No space left on device")
        if data == new[ROUTING]:
            path.write_bytes(by_hand[ROUTING])
        return put(path, data, expected, inside)

    with monkeypatch.context() as patched, alone(folder):
        patched.setattr(together, "_put", full)
        with pytest.raises(NotPutBackError, match="the disk is full"):
            replace_together(folder, new)
    assert (folder / HOURS).read_bytes() == new[HOURS]
    assert contents_of(folder) == by_hand, "for whoever reads it"
    complete(folder)
    assert not (folder / NAME).exists()
    assert {name: (folder / name).read_bytes() for name in old} == by_hand


@pytest.mark.parametrize("often", [1, 9])
def test_however_often_others_publish_meanwhile_it_reads_files_of_one_time(
    often: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, read, left = Path(copytree(VPR, tmp_path / "config")), document.read_bytes, [often]
    whole = [contents_of(folder)]

    def meanwhile(path: Path, shown: str) -> bytes:
        data = read(path, shown)
        if left[0]:  # between the two files
            left[0] -= 1
            whole.append({name: before + b"# %d\n" % left[0] for name, before in whole[-1].items()})
            with alone(folder):
                replace_together(folder, whole[-1])
        return data

    monkeypatch.setattr(document, "read_bytes", meanwhile)
    assert contents_of(folder) in whole
    left[0] = often
    assert load(folder, RULES).contents in whole


def test_what_somebody_wrote_by_hand_since_is_worth_more(stopped: Path) -> None:
    (stopped / HOURS).write_bytes((VPR / HOURS).read_bytes() + b"# by hand\n")
    assert under_way(stopped) == {}
    complete(stopped)
    assert not (stopped / NAME).exists()
    assert contents_of(stopped) == {
        HOURS: (VPR / HOURS).read_bytes() + b"# by hand\n", ROUTING: (VPR / ROUTING).read_bytes()
    }  # fmt: skip


def test_files_of_two_revisions_never_count_together(stopped: Path) -> None:
    """Killed between the two, and the file that was replaced already is edited: its edit goes into the old one."""
    old = contents_of(VPR)
    new = under_way(stopped)[HOURS]
    assert new
    (stopped / HOURS).write_bytes(b"# by hand\n" + new)
    wanted = {HOURS: b"# by hand\n" + old[HOURS], ROUTING: old[ROUTING]}
    assert load(stopped, RULES).contents == wanted, "for whoever may not write, too"
    complete(stopped)
    assert not (stopped / NAME).exists()
    assert contents_of(stopped) == wanted


def test_line_ends_that_an_edit_changed_belong_to_neither_revision(stopped: Path) -> None:
    old, new = contents_of(VPR), under_way(stopped)[HOURS]
    assert new
    (stopped / HOURS).write_bytes(b"\xef\xbb\xbf# by hand\r\n" + new.replace(b"\n", b"\r\n"))
    complete(stopped)
    by_hand = b"\xef\xbb\xbf# by hand\r\n" + old[HOURS].replace(b"\n", b"\r\n")
    assert contents_of(stopped) == {HOURS: by_hand, ROUTING: old[ROUTING]}


def test_the_other_files_are_put_back_when_the_old_one_was_edited(stopped: Path) -> None:
    old, new = contents_of(VPR), under_way(stopped)[HOURS]
    assert new
    (stopped / HOURS).write_bytes(new)
    (stopped / ROUTING).write_bytes(old[ROUTING] + b"# by hand\n")
    complete(stopped)
    assert contents_of(stopped) == {HOURS: old[HOURS], ROUTING: old[ROUTING] + b"# by hand\n"}


def test_what_cannot_be_told_apart_is_refused_until_somebody_looked(
    stopped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("phonetree.runtime.sites.SAVING_SECONDS", 0.0)  # the hours only lose their end
    sites, there = Sites(stopped, RULES), (stopped / NAME).read_bytes()
    new = under_way(stopped)[ROUTING]
    assert new
    edited = new.replace(b"{en: for help lines,", b"{en: for other lines,", 1)
    assert b"for help lines" in edited
    (stopped / ROUTING).write_bytes(edited)
    before = sites.current.revision
    reload(sites)
    (problem,) = sites.problems
    assert re.search(r"edited by hand in the same lines; .* delete \.phonetree-publication there", problem.text)
    assert sites.current.revision == before, "callers hear what they heard"
    assert ((stopped / NAME).read_bytes(), (stopped / ROUTING).read_bytes()) == (there, edited), "nothing is lost"
    with alone(stopped), pytest.raises(MixedError):
        complete_alone(stopped)
    (stopped / NAME).unlink()
    reload(sites)
    assert sites.problems == ()
    assert sites.contents[ROUTING] == edited


DAYS, DAYS_NEW = "night: desk\nday: 20\nend: a\n", "day: 30\nend: a\n"
NAMES = "a: 1\n\nmembers:\n  - x\n\nend: 1\n"
NAMES_NEW = "a: 1\n\nmembers:\n  - x\n\nothers:\n  - x\n\nend: 1\n"
LINES, LINES_NEW = "a\nb\nc\nd\ne\nf\n", "a\nc\nd\nx\ne\nf\n"
CLEAN, CLEAN_NEW = "1\n2\n3\nc\nd\n", "c\nx\nd\n"


@pytest.mark.parametrize(
    ("old", "new", "edited", "counts"),
    [
        pytest.param(DAYS, DAYS_NEW, "day: 40\nend: a\n", None, id="the only new line of the new one"),
        pytest.param(DAYS, DAYS_NEW, "day: 30\nend: b\n", None, id="a line that touches one of the new ones"),
        pytest.param(DAYS, DAYS_NEW, "night: desk\nday: 20\nend: b\n", "", id="the old one"),
        pytest.param(DAYS, DAYS_NEW, "night: desk\nday: 40\nend: a\n", "", id="the old one, a line that was replaced"),
        pytest.param(NAMES, NAMES_NEW, NAMES.replace("end: 1", "end: 2"), "", id="the old one, beside what is added"),
        pytest.param(NAMES, NAMES_NEW, NAMES_NEW.replace("a: 1", "a: 2"), NAMES.replace("a: 1", "a: 2"), id="the new"),
        pytest.param(LINES, LINES_NEW, LINES_NEW.replace("f", "g"), LINES.replace("f", "g"), id="a line that stays"),
        pytest.param(LINES, LINES_NEW, "a\nc\nd\ne\nf\n", None, id="either may have lost a line"),
        pytest.param(CLEAN, CLEAN_NEW, "c\nd\n", None, id="lines are gone from the old one, as from the new one"),
        pytest.param("a\nb\nc\nd\n", "d\na\nb\nc\n", "d\na\nb\nx\n", None, id="only the order is new"),
    ],
)
def test_which_file_was_edited_is_told_by_what_was_added_and_what_is_gone(
    old: str, new: str, edited: str, counts: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`counts` is what counts of it: None if that cannot be told, "" if it counts as it is."""
    for name, text in ((HOURS, "old"), (ROUTING, old)):
        (tmp_path / name).write_text(text)
    with monkeypatch.context() as patched:
        patched.setattr(together, "complete_alone", lambda _: True)
        assert replace_together(tmp_path, {HOURS: b"new", ROUTING: new.encode()})
    (tmp_path / ROUTING).write_text(edited)
    complete(tmp_path)
    if counts is None:
        with pytest.raises(MixedError):
            under_way(tmp_path)
        assert (tmp_path / ROUTING).read_text() == edited
    else:
        assert not (tmp_path / NAME).exists()
        assert contents_of(tmp_path) == {HOURS: b"old", ROUTING: (counts or edited).encode()}


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"files": []}', '{"files": {"routing.yaml": "?"}, "digests": {"routing.yaml": null}}',
     '{"files": {"../routing.yaml": null}, "digests": {"../routing.yaml": null}}'],
)  # fmt: skip
def test_what_is_no_file_of_ours_counts_for_nothing(text: str, tmp_path: Path) -> None:
    folder = Path(copytree(VPR, tmp_path / "config"))
    (folder / NAME).write_text(text)
    assert under_way(folder) == {}
    assert load(folder, RULES).contents[HOURS] == (VPR / HOURS).read_bytes()


def test_it_waits_for_nobody_who_edits_by_hand_at_the_last_moment(tmp_path: Path) -> None:
    folder = Path(copytree(VPR, tmp_path / "config"))
    before = contents_of(folder)
    new = {name: data + b"# new\n" for name, data in before.items()}
    assert not replace_together(folder, new, lambda: False)
    assert contents_of(folder) == before
    assert [each.name for each in folder.iterdir() if each.name.startswith(".")] == []
