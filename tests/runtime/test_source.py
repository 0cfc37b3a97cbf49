"""PHONETREE_SOURCE=store: a server answers with the newest revision of the store that is right, and never with less. Of
files in a folder the store knows which are whole."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copytree

import pytest
from sqlalchemy import text

from phonetree.config.site import Contents, Loaded, contents_of, made_of
from phonetree.core.tree import Site
from phonetree.errors import Problem, StoreError, Where
from phonetree.runtime.sites import Sites
from phonetree.runtime.source import StoreSource, source_in
from phonetree.settings import FILES
from phonetree.store.database import Store
from phonetree.store.revisions import THE_FILES, Revisions
from phonetree.store.servers import Report, Servers
from tests.support.databases import store
from tests.support.lines import RULES, VPR

SECRET = ("s" * 40,)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Store]:
    with store("sqlite", tmp_path) as made:
        yield made


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return Path(copytree(VPR, tmp_path / "config"))


def _edited(contents: Contents, old: str = "for crisis lines", new: str = "for help lines") -> dict[str, bytes]:
    assert old.encode() in contents["routing.yaml"]
    return {**contents, "routing.yaml": contents["routing.yaml"].replace(old.encode(), new.encode())}


def _served(config: Path, kept: Store, refused: str = "for harm", secrets: tuple[str, ...] = SECRET) -> Sites:
    """A server, for which a revision with these words breaks a promise."""
    revisions = Revisions(kept, secrets, strict=True)

    def proof(_site: Site, contents: Contents) -> tuple[Problem, ...]:
        found = refused.encode() in contents["routing.yaml"]
        where = Where(str(config / "routing.yaml"))
        return (Problem(where, "harms `prove` shows such a call"),) if found else ()

    def taken(loaded: Loaded) -> None:
        revisions.take(loaded.site.revision, loaded.contents, 5)

    return Sites(config, RULES, proof, revisions.heard, taken, source=StoreSource(config, revisions))


def _publish(kept: Store, contents: Contents, note: str = "a note") -> str:
    revisions = Revisions(kept, SECRET, strict=True)
    newest = revisions.newest()
    try:
        name = made_of(contents, VPR, RULES).site.revision
    except Exception:  # noqa: BLE001 -- one that this version cannot compile
        name = "f" * 12
    revisions.publish(name, contents, newest[0].revision if newest else None, "Ada", note, 6)
    return name


def test_an_empty_store_is_filled_from_the_folder_and_followed_from_then_on(config: Path, kept: Store) -> None:
    sites, revisions = _served(config, kept), Revisions(kept, SECRET, strict=True)
    (first,) = revisions.history()
    assert (first.revision, first.author, first.heard) == (sites.current.revision, THE_FILES, True)
    (config / "routing.yaml").write_bytes(_edited(sites.contents, new="for no lines")["routing.yaml"])
    assert not sites.reload(), "the folder counts no more"
    before = sites.current
    name = _publish(kept, _edited(sites.contents))
    assert sites.reload()
    assert sites.current.revision == name
    assert sites.revision(before.revision) is before, "calls under way keep their menu"
    assert all(each.heard for each in revisions.history())
    assert _served(config, kept).current.revision == name, "another server begins with it"


@pytest.mark.parametrize("words", ["for harm", "{nonsense}"], ids=["breaks a promise", "does not compile"])
def test_a_revision_that_is_not_right_here_is_refused_and_a_server_that_starts_has_the_last_good_one(
    words: str, config: Path, kept: Store
) -> None:
    sites = _served(config, kept)
    good = sites.current.revision
    bad = _publish(kept, _edited(sites.contents, new=words))
    assert not sites.reload()
    assert str(sites.problems[0]).startswith("the database's routing.yaml"), "at no place of the folder"
    again = _served(config, kept)
    assert (sites.current.revision, again.current.revision) == (good, good)
    assert not again.reload()
    assert again.problems
    assert bad != good
    better = _publish(kept, _edited(sites.contents))
    assert sites.reload()
    assert again.reload()
    assert (sites.current.revision, sites.problems) == (better, ())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE publications SET author = 'Eve' WHERE number = 2", "was not published with this SECRET_KEY"),
        ("UPDATE publications SET mac = NULL", "was not published with this SECRET_KEY"),
        ("DELETE FROM publications WHERE number = 2", "is not in the database any more"),
        ("DELETE FROM publications", "is not in the database any more"),
    ],
)
def test_whoever_writes_to_the_database_changes_nothing_that_callers_hear(
    change: str, said: str, config: Path, kept: Store
) -> None:
    sites = _served(config, kept)
    name = _publish(kept, _edited(sites.contents))
    assert sites.reload()
    with kept.write() as connection:
        connection.execute(text(change))
    assert not sites.reload()
    assert said in str(sites.problems[0])
    assert sites.current.revision == name
    assert _served(config, kept).current.revision, "a server starts all the same"


def test_a_number_is_that_of_one_revision_for_whoever_followed_it(config: Path, kept: Store) -> None:
    """Taken away, with another published under its number, and put into the place of that."""
    sites = _served(config, kept)
    contents = sites.contents
    first = _publish(kept, _edited(contents))
    assert sites.reload()
    with kept.write() as connection:
        taken = connection.execute(text("SELECT * FROM publications WHERE number = 2")).one()._asdict()
        connection.execute(text("DELETE FROM publications WHERE number = 2"))
    second = _publish(kept, _edited(contents, new="for other lines"))  # by a process that knows of nothing
    late = _served(config, kept)
    late.reload()
    assert (late.current.revision, late.source.number) == (second, 2)
    assert not sites.reload()
    assert "is not in the database any more" in str(sites.problems[0])
    with kept.write() as connection:
        connection.execute(text("DELETE FROM publications WHERE number = 2"))
        row = f"({', '.join(taken)}) VALUES ({', '.join(f':{name}' for name in taken)})"
        connection.execute(text(f"INSERT INTO publications {row}"), taken)
    assert not late.reload()
    assert "is not in the database any more" in str(late.problems[0])
    assert (sites.current.revision, late.current.revision) == (first, second)
    third = _publish(kept, _edited(contents, new="for night lines"))
    assert sites.reload()
    assert late.reload()
    assert (sites.current.revision, late.current.revision) == (third, third)
    assert (late.source.number, late.problems) == (3, ())


def test_a_database_from_a_backup_takes_no_running_server_back(config: Path, kept: Store, tmp_path: Path) -> None:
    sites, file = _served(config, kept), tmp_path / "phonetree.db"
    contents, old, backup = sites.contents, sites.current.revision, file.read_bytes()
    lost = _publish(kept, _edited(contents))
    assert sites.reload()
    (tmp_path / "restored").write_bytes(backup)
    (tmp_path / "restored").replace(file)
    assert not sites.reload()
    assert "if it was restored from a backup, restart the servers" in str(sites.problems[0])
    assert (sites.current.revision, _served(config, kept).current.revision) == (lost, old)
    Servers(kept).tell("one", Report(lost, number=sites.source.number), 7)
    again = _publish(kept, _edited(contents, new="for other lines"))
    assert sites.reload()
    assert (sites.current.revision, sites.source.number, sites.problems) == (again, 3, ())


def test_while_secret_key_is_rotated_callers_hear_what_was_published_with_either(config: Path, kept: Store) -> None:
    sites = _served(config, kept)
    before = _publish(kept, _edited(sites.contents))
    assert sites.reload()
    present = ("p" * 40,)
    source = StoreSource(config, Revisions(kept, present + SECRET, strict=True))
    source.look()
    assert source.load(RULES).site.revision == before
    Revisions(kept, present + SECRET, strict=True).tidy()
    assert not sites.reload()
    assert "was not published with this SECRET_KEY" in str(sites.problems[0]), "it has the previous one only"
    assert sites.current.revision == before
    source = StoreSource(config, Revisions(kept, present, strict=True))
    source.look()
    assert source.load(RULES).site.revision == before


def test_a_revision_that_somebody_adds_to_the_database_is_heard_nowhere(config: Path, kept: Store) -> None:
    sites = _served(config, kept)
    good = sites.current.revision
    contents = _edited(sites.contents)
    forged = made_of(contents, VPR, RULES).site.revision
    Revisions(kept, ("x" * 40,)).publish(forged, contents, good, "Eve", "a note", 6)
    assert not sites.reload()
    assert "was not published with this SECRET_KEY" in str(sites.problems[0])
    assert (sites.current.revision, _served(config, kept).current.revision) == (good, good)
    assert _publish(kept, contents) == forged
    assert sites.reload(), "somebody with the key may publish the same"


def test_a_server_with_another_key_says_so_and_publishes_nothing(config: Path, kept: Store) -> None:
    """Someone lost SECRET_KEY, or gave two servers different ones: the folder's files may be years old."""
    sites = _served(config, kept)
    name = _publish(kept, _edited(sites.contents))
    assert sites.reload()
    started = _served(config, kept, secrets=("x" * 40,))
    assert "was not published with this SECRET_KEY" in str(started.problems[0])
    assert not started.reload()
    assert "was not published with this SECRET_KEY" in str(started.problems[0])
    assert Revisions(kept, SECRET).history()[0].revision == name
    assert not sites.reload()
    assert (sites.current.revision, sites.problems) == (name, ())


def test_what_somebody_published_without_a_key_is_told_once_there_is_one(config: Path, kept: Store) -> None:
    before = _served(config, kept, secrets=())
    contents = _edited(before.contents)
    name = made_of(contents, VPR, RULES).site.revision
    Revisions(kept, (), strict=True).publish(name, contents, before.current.revision, "Ada", "a note", 6)
    assert before.reload()
    started = _served(config, kept)
    assert "was not published with this SECRET_KEY" in str(started.problems[0])
    assert Revisions(kept, ()).history()[0].revision == name


def test_what_was_kept_without_a_key_is_no_publication_to_a_server_with_one(config: Path, kept: Store) -> None:
    """As after an upgrade to a source in the database: the folder's files become the first publication that counts."""
    before = _served(config, kept, secrets=())
    sites = _served(config, kept)
    assert (sites.current.revision, sites.problems) == (before.current.revision, ())
    assert sites.source.load(RULES).site.revision == before.current.revision


def test_while_the_store_is_away_the_last_revision_stays(
    config: Path, kept: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    sites = _served(config, kept)
    name = _publish(kept, _edited(sites.contents))
    assert sites.reload()

    @contextmanager
    def away() -> Iterator[None]:
        raise StoreError("away")
        yield

    with monkeypatch.context() as patch:
        patch.setattr(kept, "read", away)
        assert not sites.reload()
        assert (sites.current.revision, sites.problems) == (name, ())
        late = _served(config, kept)
        assert late.current.revision != name, "it knows the folder alone"
    assert late.reload()
    assert late.current.revision == name


def _without_its_end(folder: Path, name: str = "hours.yaml") -> Contents:
    """The files of a folder, one of them without its last lines."""
    found = contents_of(folder)
    return {**found, name: found[name][: found[name].index(b"# Days that are not in the calendars")]}


def _begun(revisions: Revisions, contents: Contents) -> int:
    name = made_of(contents, VPR, RULES).site.revision
    return revisions.begin(name, contents, "Ada", "a note", 5, what="published", before="", place="here")


@pytest.mark.parametrize("done", [False, True])
def test_what_the_console_records_is_whole_when_it_is_found_in_the_folder(
    config: Path, kept: Store, done: bool
) -> None:
    """Such as files that lose their end: only by hand they may be half saved."""
    revisions = Revisions(kept, SECRET)
    sites = Sites(config, RULES, source=source_in(config, revisions, source=FILES))
    shorter = _without_its_end(config)
    number = _begun(revisions, shorter)
    if done:
        revisions.done(number)
    (config / "hours.yaml").write_bytes(shorter["hours.yaml"])
    assert sites.reload()
    assert sites.contents == shorter


def test_what_is_saved_by_hand_may_be_half_of_it_whatever_was_recorded_before(config: Path, kept: Store) -> None:
    revisions = Revisions(kept, SECRET)
    whole, shorter = contents_of(config), _without_its_end(config)
    _begun(revisions, shorter)
    revisions.keep(made_of(whole, VPR, RULES).site.revision, whole, THE_FILES, 6)
    sites = Sites(config, RULES, source=source_in(config, revisions, source=FILES))
    (config / "hours.yaml").write_bytes(shorter["hours.yaml"])
    assert not sites.reload()
    assert sites.contents == whole


def test_while_the_store_is_away_a_file_without_its_end_may_be_half_saved(
    config: Path, kept: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise StoreError("the database is away")

    revisions = Revisions(kept, SECRET)
    sites = Sites(config, RULES, source=source_in(config, revisions, source=FILES))
    shorter = _without_its_end(config)
    _begun(revisions, shorter)
    (config / "hours.yaml").write_bytes(shorter["hours.yaml"])
    monkeypatch.setattr(revisions, "last", away)
    assert not sites.reload()
    assert sites.problems == ()
