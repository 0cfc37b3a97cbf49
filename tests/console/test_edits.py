"""An edit's way from a form to the file: checked, noted, whole or not at all, and never over somebody else's."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from shutil import copytree
from threading import Thread

import pytest

from phonetree.config.editing import Add, Change, Remove
from phonetree.config.promises import SHOWN
from phonetree.config.site import HOURS, ROUTING, Contents, Loaded, load
from phonetree.config.writing import replace
from phonetree.console.edits import HoursEditor, told
from phonetree.console.publishing import OutdatedError, Publishing
from phonetree.core.schedule import DatedHours, Kind, Override, Span
from phonetree.core.tree import Site
from phonetree.errors import ConfigError, EditError, Problem, StoreError, Where
from phonetree.runtime.prover import prover_of
from phonetree.runtime.publishing import Proof
from phonetree.runtime.sites import Sites
from phonetree.store import actions, database
from phonetree.store.database import Store
from phonetree.store.overrides import Overrides
from phonetree.store.revisions import Revisions
from tests.support.databases import KINDS, store
from tests.support.lines import ROOT, RULES, VPR

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
DAY = date(2026, 12, 4)
SNOW = DatedHours(DAY, DAY, (), {"en": "snow day", "es": "día de nieve"})
HALF = DatedHours(date(2026, 12, 9), date(2026, 12, 9), (Span(540, 720),), {"en": "half day", "es": "media jornada"})


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return Path(copytree(VPR, tmp_path / "config"))


@pytest.fixture(params=KINDS)
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with store(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def light(tmp_path: Path) -> Iterator[Store]:
    with store("sqlite", tmp_path) as made:
        yield made


def _kept_promises(_site: Site, _contents: Contents) -> tuple[Problem, ...]:
    return ()


def _editor(
    config: Path,
    store: Store,
    proof: Proof = _kept_promises,
    heard: Loaded | None = None,
    revisions: Revisions | None = None,
) -> HoursEditor:
    """An editor of a folder, or of a store's revisions."""
    return HoursEditor(
        Publishing(
            config, lambda: RULES, store, proof, lambda: NOW, lambda: heard or load(config, RULES), revisions,
            stored=revisions is not None,
        )
    )  # fmt: skip


def _began(config: Path) -> str:
    return load(config, RULES).site.revision


def test_an_edit_is_told_in_sentences_before_it_is_made_and_noted_with_its_author(config: Path, kept: Store) -> None:
    editor, began = _editor(config, kept), _began(config)
    text = (config / HOURS).read_text()
    preview = editor.preview(began, Add(SNOW))
    assert preview.changes == ("Friday 4 December 2026: closed (snow day), was open 9:00-17:00.",)
    assert (preview.problems, preview.advice) == ((), ())
    assert (config / HOURS).read_text() == text
    saved = editor.save(began, Add(SNOW), "Ada")
    assert saved == preview
    assert _began(config) == saved.revision != began
    (action,) = actions.since(kept, 0)
    assert (action.by, action.what) == ("Ada", "closed day added: Friday 4 December 2026 (snow day)")


def test_running_servers_take_it_up_like_any_edit(config: Path, light: Store) -> None:
    sites = Sites(config, RULES)
    _editor(config, light).save(_began(config), Add(SNOW), "Ada")
    assert sites.reload()
    assert sites.current.schedule.kind(datetime(2026, 12, 4, 15, 0, tzinfo=UTC)) is Kind.HOLIDAY


def test_undone_it_is_the_file_as_it_was_unless_that_changed_since(config: Path, kept: Store) -> None:
    editor, before = _editor(config, kept), load(config, RULES)
    Revisions(kept).keep(before.site.revision, before.contents, "the files", int(NOW.timestamp()))
    (entry, *_) = before.site.schedule.dated
    removed = editor.save(before.site.revision, Remove(entry), "Ada")
    editor.undo(removed.revision, removed.before, "Ada", told(Remove(entry)))
    assert load(config, RULES).contents == before.contents
    what = [action.what for action in actions.since(kept, 0)]
    assert what[0] == "undone: closed day removed: Friday 27 November 2026 (the day after Thanksgiving)"
    with pytest.raises(OutdatedError):
        editor.undo(removed.revision, removed.before, "Ada", "")
    with pytest.raises(EditError, match="cannot be undone any more"):
        editor.undo(removed.before, "0" * 12, "Ada", "")


def test_of_two_editors_the_second_is_told_what_the_first_changed(config: Path, kept: Store) -> None:
    before = load(config, RULES)
    Revisions(kept).keep(before.site.revision, before.contents, "the files", int(NOW.timestamp()))
    editor = _editor(config, kept)
    editor.save(before.site.revision, Add(SNOW), "Ada")
    for attempt in (editor.preview, lambda began, edit: editor.save(began, edit, "Ben")):
        with pytest.raises(OutdatedError) as error:
            attempt(before.site.revision, Add(HALF))
        assert error.value.changes == ("Friday 4 December 2026: closed (snow day), was open 9:00-17:00.",)
    editor.save(error.value.revision, Add(HALF), "Ben")
    dated = load(config, RULES).site.schedule.dated
    assert SNOW in dated
    assert HALF in dated


def test_what_somebody_saves_while_it_is_proved_is_not_lost(config: Path, light: Store) -> None:
    path = config / ROUTING

    def slow(_site: Site, _contents: Contents) -> tuple[Problem, ...]:
        path.write_text(path.read_text() + "# by hand\n")
        return ()

    text = (config / HOURS).read_text()
    with pytest.raises(OutdatedError) as error:
        _editor(config, light, slow).save(_began(config), Add(SNOW), "Ada")
    assert error.value.changes == ()
    assert (config / HOURS).read_text() == text
    assert actions.since(light, 0) == ()


def test_editors_at_the_same_moment_do_not_overwrite_each_other(config: Path, light: Store) -> None:
    editor, began = _editor(config, light), _began(config)
    outdated: list[OutdatedError] = []

    def save(number: int) -> None:
        day = date(2027, 2, number + 1)
        try:
            editor.save(began, Add(DatedHours(day, day, (), SNOW.names)), "Ada")
        except OutdatedError as error:
            outdated.append(error)

    editors = [Thread(target=save, args=(number,)) for number in range(4)]
    for each in editors:
        each.start()
    for each in editors:
        each.join()
    assert len(outdated) == 3
    added = [entry for entry in load(config, RULES).site.schedule.dated if entry.first.year == 2027]
    assert len(added) == 1
    assert len(actions.since(light, 0)) == 1


@pytest.mark.parametrize("meanwhile", ["the database is waited for", "the new file is written"])
def test_what_is_saved_by_hand_at_the_last_moment_is_not_lost(
    config: Path, light: Store, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    editor, began = _editor(config, light), _began(config)
    by_hand = (config / HOURS).read_text() + "# by hand\n"
    where, name = (Revisions, "begin") if meanwhile.startswith("the database") else (os, "fchmod")
    does = getattr(where, name)

    def slowly(*given: object, **more: object) -> object:
        done = does(*given, **more)
        (config / HOURS).write_text(by_hand)
        return done

    monkeypatch.setattr(where, name, slowly)
    with pytest.raises(OutdatedError):
        editor.save(began, Add(SNOW), "Ada")
    assert (config / HOURS).read_text() == by_hand
    assert [path.name for path in config.iterdir() if path.name.endswith(".new")] == []
    told = [action.what for action in actions.since(light, 0)]
    assert told[0] == f"could not be saved: {told[1]}"


BROKEN = Problem(Where("routing.yaml"), f"nobody is there{SHOWN}")


def test_a_promise_that_it_would_break_forbids_it(config: Path, light: Store) -> None:
    seen: list[Site] = []

    def broken(site: Site, _contents: Contents) -> tuple[Problem, ...]:
        seen.append(site)
        return (BROKEN,) if SNOW in site.schedule.dated else ()

    override = Override(NOW, NOW.replace(hour=20), Kind.CLOSED, {})
    Overrides(light).add(override, "Ada", "closed", int(NOW.timestamp()))
    text = (config / HOURS).read_text()
    saved = _editor(config, light, broken).save(_began(config), Add(SNOW), "Ada")
    assert saved.problems == ("nobody is there",)
    assert (config / HOURS).read_text() == text
    assert [each.what for each in actions.since(light, 0) if "closed day" in each.what] == []
    assert [each.kind for each in seen[0].schedule.overrides] == [Kind.CLOSED]


@pytest.mark.parametrize("withheld", [False, True])
def test_a_promise_that_is_broken_without_it_too_is_a_warning(config: Path, light: Store, withheld: bool) -> None:
    heard = load(config, RULES)
    (config / ROUTING).write_text((config / ROUTING).read_text() + "# broken\n")

    def broken(site: Site, _contents: Contents) -> tuple[Problem, ...]:
        return () if site.revision == heard.site.revision else (BROKEN,)

    live = heard if withheld else load(config, RULES)
    editor = _editor(config, light, broken, live)
    saved = editor.save(_began(config), Add(SNOW), "Ada")
    assert (saved.problems, saved.broken, saved.withheld) == ((), ("nobody is there",), withheld)
    assert SNOW in load(config, RULES).site.schedule.dated


def test_without_a_proof_it_is_not_made(config: Path, light: Store) -> None:
    def unproved(_site: Site, _contents: Contents) -> tuple[Problem, ...]:
        raise ConfigError([Problem(Where("config"), "could not be checked")])

    editor = _editor(config, light, unproved)
    assert editor.save(_began(config), Add(SNOW), "Ada").problems == ("could not be checked",)
    assert SNOW not in load(config, RULES).site.schedule.dated


def test_the_real_prover_finds_nothing_wrong_with_a_snow_day(config: Path, light: Store) -> None:
    prover = prover_of(config, RULES, lambda: NOW, light, ())
    saved = _editor(config, light, prover.broken).save(_began(config), Add(SNOW), "Ada")
    assert saved.problems == ()
    assert SNOW in load(config, RULES).site.schedule.dated


def test_advice_is_only_what_is_new(config: Path, light: Store) -> None:
    english = DatedHours(DAY, DAY, (), {"en": "snow day"})
    preview = _editor(config, light).preview(_began(config), Add(english))
    (text,) = preview.advice
    assert "has no name in 'es', where callers hear only a general word" in text


def test_with_the_database_away_nothing_is_written(config: Path, light: Store) -> None:
    editor, began = _editor(config, light), _began(config)
    text = (config / HOURS).read_text()
    with light.write() as connection:
        connection.exec_driver_sql("DROP TABLE actions")
    with pytest.raises(StoreError):
        editor.save(began, Add(SNOW), "Ada")
    assert (config / HOURS).read_text() == text


def test_a_reader_that_keeps_the_database_locked_leaves_the_file_as_it_was(
    config: Path, light: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "WAIT_SECONDS", 0.2)
    editor, began = _editor(config, light), _began(config)
    text = (config / HOURS).read_text()
    with light.read(), pytest.raises(StoreError):  # the lock is in the way of COMMIT alone
        editor.save(began, Add(SNOW), "Ada")
    assert (config / HOURS).read_text() == text
    assert actions.since(light, 0) == ()
    editor.save(began, Add(SNOW), "Ada")
    assert len(actions.since(light, 0)) == 1


LOST = (
    "CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS "
    "'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END'",
    "CREATE CONSTRAINT TRIGGER lost AFTER INSERT ON actions DEFERRABLE INITIALLY DEFERRED "
    "FOR EACH ROW EXECUTE FUNCTION lose()",
)
"""The connection ends when a transaction is committed."""


def test_a_database_that_is_lost_at_the_end_leaves_the_file_as_it_was(config: Path, tmp_path: Path) -> None:
    text = (config / HOURS).read_text()
    with store("postgres", tmp_path) as kept:
        with kept.write() as connection:
            for statement in LOST:
                connection.exec_driver_sql(statement)
        with pytest.raises(StoreError):
            _editor(config, kept).save(_began(config), Add(SNOW), "Ada")
        assert (config / HOURS).read_text() == text
        assert actions.since(kept, 0) == ()


def test_a_file_that_cannot_be_written_after_all_is_noted_as_not_saved(config: Path, light: Store) -> None:
    (config / f".{HOURS}.new").mkdir()
    with pytest.raises(EditError, match="Nothing was changed"):
        _editor(config, light).save(_began(config), Add(SNOW), "Ada")
    told = [action.what for action in actions.since(light, 0)]
    assert told[0] == f"could not be saved: {told[1]}"
    assert SNOW not in load(config, RULES).site.schedule.dated


def test_files_with_problems_are_edited_by_hand_first(config: Path, light: Store) -> None:
    began = _began(config)
    (config / ROUTING).write_text("start: [")
    with pytest.raises(ConfigError):
        _editor(config, light).preview(began, Add(SNOW))


def test_changing_and_removing_are_told_too() -> None:
    longer = DatedHours(DAY, date(2026, 12, 5), (), SNOW.names)
    assert told(Change(SNOW, longer)) == (
        "closed day changed: Friday 4 December 2026 (snow day) is now "
        "Friday 4 December 2026 to Saturday 5 December 2026 (snow day)"
    )
    assert told(Remove(longer)).startswith("closed days removed: Friday 4 December 2026 to Saturday")
    assert told(Add(HALF)) == "special hours added: Wednesday 9 December 2026, open 9:00-12:00 (half day)"


# -- writing


def test_mode_owner_and_link_stay(config: Path, tmp_path: Path, light: Store) -> None:
    real = tmp_path / "elsewhere.yaml"
    (config / HOURS).rename(real)
    (config / HOURS).symlink_to(real)
    real.chmod(0o640)
    owner = 12345 if os.geteuid() == 0 else os.geteuid()
    if os.geteuid() == 0:
        os.chown(real, owner, owner)
    _editor(config, light).save(_began(config), Add(SNOW), "Ada")
    assert (config / HOURS).is_symlink()
    found = real.stat()
    assert (found.st_mode & 0o777, found.st_uid) == (0o640, owner)
    assert list(tmp_path.glob(".*")) == []


AS_NOBODY = """
import os, sys
from pathlib import Path
from phonetree.config.writing import replace, unwritable
os.setgid(65534); os.setuid(65534)
path = Path(sys.argv[1])
print(unwritable(path))
try:
    replace(path, b"new")
except OSError as error:
    print(error.errno in (1, 13, 30))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody else")
@pytest.mark.parametrize(("folder_mode", "owner", "reason"), [(0o755, 65534, "permission"), (0o777, 0, "another user")])
def test_a_file_that_cannot_be_written_is_said_before(
    folder_mode: int, owner: int, reason: str, tmp_path: Path
) -> None:
    folder = Path(os.path.realpath("/tmp")) / f"phonetree-test-{os.getpid()}"  # noqa: S108 -- where nobody may go
    folder.mkdir()
    try:
        path = folder / HOURS
        path.write_bytes(b"old")
        os.chown(path, owner, owner)
        path.chmod(0o666)
        folder.chmod(folder_mode)
        command = [sys.executable, "-c", AS_NOBODY, str(path)]
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
        ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)  # noqa: S603
        told, failed = ran.stdout.splitlines()
        assert reason in told
        assert failed == "True"
        assert path.read_bytes() == b"old"
        assert [each.name for each in folder.iterdir()] == [HOURS]
    finally:
        for each in folder.iterdir():
            each.unlink()
        folder.rmdir()


def test_a_folder_that_is_fine_has_no_reason(config: Path, light: Store) -> None:
    assert _editor(config, light).unwritable() is None
    (config / HOURS).unlink()
    assert _editor(config, light).unwritable() is None, "it can be made anew"
    (config / HOURS).symlink_to("elsewhere.yaml")
    assert _editor(config, light).unwritable() == (
        "hours.yaml cannot be written: it is not there. Have the operator change that"
    )


WRITES = """
import sys
from pathlib import Path
from phonetree.config.writing import alone, replace
path = Path(sys.argv[1])
print("ready", flush=True)
while True:
    for letter in b"ab":
        with alone(path.parent):
            replace(path, bytes([letter]) * 300_000)
"""


def test_killed_at_any_instant_it_leaves_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / HOURS
    path.write_bytes(b"a" * 300_000)
    choose = random.Random(0)  # noqa: S311 -- for a test
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    seen: set[bytes] = set()
    left = 0
    for _ in range(25):
        command = [sys.executable, "-c", WRITES, str(path)]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:  # noqa: S603
            assert process.stdout
            process.stdout.readline()
            time.sleep(choose.uniform(0, 0.02))
            process.send_signal(signal.SIGKILL)
        data = path.read_bytes()
        assert data in (b"a" * 300_000, b"b" * 300_000)
        seen.add(data[:1])
        left += (tmp_path / f".{HOURS}.new").exists()
    assert seen == {b"a", b"b"}
    assert left, "at least one kill came while the new file was being written"
    replace(path, b"c")
    assert [each.name for each in tmp_path.iterdir()] == [HOURS]


def test_where_the_store_is_the_source_an_edit_is_published_and_the_folder_stays(config: Path, kept: Store) -> None:
    revisions, files = Revisions(kept, ("s" * 40,), strict=True), (config / HOURS).read_bytes()

    def editor() -> HoursEditor:
        return _editor(config, kept, revisions=revisions)

    began = _began(config)
    saved = editor().save(began, Add(SNOW), "Ada")
    (only,) = revisions.history()
    assert (only.revision, only.author) == (saved.revision, "Ada")
    assert only.note == "closed day added: Friday 4 December 2026 (snow day)"
    with pytest.raises(OutdatedError):
        editor().save(began, Add(HALF), "Ben")
    editor().save(saved.revision, Add(HALF), "Ben")
    assert editor().undo(revisions.history()[0].revision, saved.revision, "Ben", "it").revision == saved.revision
    assert [action.by for action in actions.since(kept, 0)] == ["Ben", "Ben", "Ada"]
    assert [each.author for each in revisions.history()] == ["Ben", "Ben", "Ada"]
    assert (config / HOURS).read_bytes() == files
    (config / HOURS).chmod(0o400)
    assert editor().unwritable() is None


def test_of_two_who_save_at_the_same_moment_one_is_told(config: Path, light: Store) -> None:
    revisions = Revisions(light, ("s" * 40,), strict=True)
    before = load(config, RULES)
    revisions.take(before.site.revision, before.contents, 5)

    def slow(_site: Site, _contents: Contents) -> tuple[Problem, ...]:
        if len(revisions.history()) == 1:
            revisions.publish("f" * 12, {**before.contents, ROUTING: b"x"}, before.site.revision, "Eve", "x", 6)
        return ()

    editor = _editor(config, light, slow, before, revisions)
    with pytest.raises((OutdatedError, ConfigError)):
        editor.save(before.site.revision, Add(SNOW), "Ada")
    assert len(revisions.history()) == 2, "nothing was published over it"
