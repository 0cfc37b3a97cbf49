"""Files that were not proved are never what callers hear, whatever is restarted; and an override waits for no edit."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from shutil import copytree
from threading import Event, Thread

import pytest

from phonetree.config.promises import broken_promises
from phonetree.config.site import Contents, Loaded, load, revision_of
from phonetree.core.schedule import Kind, Override
from phonetree.core.tree import Site
from phonetree.errors import Problem, Where
from phonetree.runtime.sites import Sites
from tests.support.lines import RULES, VPR
from tests.support.programs import until
from tests.support.server import Server

pytestmark = pytest.mark.slow

DAY = date(2026, 11, 22)
GOOD, BAD = "le comunico ahora.}\n      go: barcc_now", "le comunico ahora.}\n      go: leave"
CLOSED = Override(datetime(2026, 11, 23, 15, tzinfo=UTC), datetime(2026, 11, 23, 16, tzinfo=UTC), Kind.CLOSED, {})


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return Path(copytree(VPR, tmp_path / "config"))


def edit(config: Path, old: str, new: str) -> None:
    path = config / "routing.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


class Helpline:
    """The servers of a helpline: its files, what was published, newest first, and which revisions were proved."""

    def __init__(self, config: Path) -> None:
        self.config = config
        self.published: list[Contents] = []
        self.proved: list[str] = []

    def server(self) -> Sites:
        return Sites(self.config, RULES, self._proof, lambda: self.published, self._publish)

    def _proof(self, site: Site, _contents: Contents) -> tuple[Problem, ...]:
        self.proved.append(site.revision)
        return broken_promises(site, self.config, DAY)

    def _publish(self, loaded: Loaded) -> None:
        self.published = [loaded.contents, *(each for each in self.published if each != loaded.contents)]


@pytest.fixture
def helpline(config: Path) -> Iterator[Helpline]:
    made = Helpline(config)
    assert not made.server().reload()
    yield made
    assert all(revision_of(each) in made.proved for each in made.published)


def test_a_refused_edit_is_refused_by_a_server_that_starts_later(helpline: Helpline) -> None:
    running = helpline.server()
    edit(helpline.config, GOOD, BAD)
    assert not running.reload()
    assert running.problems
    started = helpline.server()
    assert started.current.revision == running.current.revision
    assert not started.reload()
    assert "a caller who reached nobody is hung up on" in str(started.problems[0])
    assert started.current.revision == running.current.revision


def test_an_edit_that_nobody_has_heard_is_proved_before_a_started_server_speaks_it(helpline: Helpline) -> None:
    edit(helpline.config, "for crisis lines", "for help lines")
    edited = load(helpline.config, RULES).site.revision
    started = helpline.server()
    assert started.current.revision != edited
    assert started.reload()
    assert started.current.revision == edited
    assert helpline.proved[-1] == edited
    assert helpline.server().current.revision == edited, "it is published now"


def test_files_that_broke_a_promise_from_the_start_break_it_again_after_they_were_mended(config: Path) -> None:
    edit(config, GOOD, BAD)
    helpline = Helpline(config)
    sites = helpline.server()
    assert not sites.reload()
    edit(config, BAD, GOOD)
    assert sites.reload()
    edit(config, GOOD, BAD)
    assert not sites.reload()
    assert sites.problems


def test_nor_does_a_server_that_starts_then_speak_them(config: Path) -> None:
    edit(config, GOOD, BAD)
    helpline = Helpline(config)
    assert not helpline.server().reload()
    edit(config, BAD, GOOD)
    mended = helpline.server()
    assert mended.reload()
    edit(config, GOOD, BAD)
    assert helpline.server().current.revision == mended.current.revision


def test_a_revision_that_another_server_began_with_is_proved_before_it_is_ours(helpline: Helpline) -> None:
    sites = helpline.server()
    edit(helpline.config, GOOD, BAD)
    other = load(helpline.config, RULES)
    assert sites.recall(other.site.revision, other.contents), "for a call that began there"
    assert not sites.reload()
    assert sites.problems


def test_an_override_comes_into_force_while_an_edit_is_being_proved(config: Path) -> None:
    proving, go_on = Event(), Event()

    def slow(_site: Site, _contents: Contents) -> tuple[Problem, ...]:
        proving.set()
        go_on.wait(30)
        return ()

    sites = Sites(config, RULES, slow, override_proof=lambda _site, _contents: ())
    edit(config, "for crisis lines", "for help lines")
    reloading = Thread(target=sites.reload)
    reloading.start()
    assert proving.wait(30)
    assert sites.checking
    assert sites.override((CLOSED,))
    assert sites.current.schedule.overrides == (CLOSED,)
    before = sites.current.revision
    go_on.set()
    reloading.join()
    assert sites.current.revision != before
    assert sites.current.schedule.overrides == (CLOSED,), "the edit came under it"
    assert not sites.checking


def test_an_edit_is_proved_under_the_overrides_that_came_meanwhile(config: Path) -> None:
    seen: list[tuple[Override, ...]] = []

    def proof(site: Site, _contents: Contents) -> tuple[Problem, ...]:
        seen.append(site.schedule.overrides)
        if len(seen) == 1:
            assert sites.override((CLOSED,))
        return ()

    sites = Sites(config, RULES, proof, override_proof=lambda _site, _contents: ())
    assert not sites.reload()
    assert seen == [(), (CLOSED,)]


def test_an_edit_that_breaks_a_promise_under_them_is_not_published(config: Path) -> None:
    published: list[str] = []

    def proof(site: Site, _contents: Contents) -> tuple[Problem, ...]:
        if not site.schedule.overrides:
            assert sites.override((CLOSED,))
            return ()
        return (Problem(Where("routing.yaml"), "broken while it is closed"),)

    sites = Sites(
        config,
        RULES,
        proof,
        publish=lambda loaded: published.append(loaded.site.revision),
        override_proof=lambda _site, _contents: (),
    )
    before = sites.current.revision
    edit(config, "for crisis lines", "for help lines")
    assert not sites.reload()
    assert sites.problems
    assert (sites.current.revision, published) == (before, [before])


def test_an_override_is_proved_on_the_edit_that_went_live_meanwhile(config: Path) -> None:
    seen: list[str] = []

    def proof(site: Site, _contents: Contents) -> tuple[Problem, ...]:
        seen.append(site.revision)
        if len(seen) == 1:
            edit(config, "for crisis lines", "for help lines")
            assert sites.reload()
        return ()

    sites = Sites(config, RULES, lambda _site, _contents: (), override_proof=proof)
    first = sites.current.revision
    assert sites.override((CLOSED,))
    assert seen == [first, sites.current.revision]


def test_while_an_edit_is_being_checked_readyz_says_so(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(config)
    proving, go_on = Event(), Event()

    def slow(_site: Site, _contents: Contents) -> tuple[Problem, ...]:
        proving.set()
        go_on.wait(30)
        return ()

    monkeypatch.setattr(server.sites, "_proof", slow)
    reloading = Thread(target=server.sites.reload)
    reloading.start()
    assert proving.wait(30)
    answer = server.client.get("/readyz")
    assert (answer.status_code, answer.json["last_edit"]) == (200, "being checked")  # type: ignore[index]
    go_on.set()
    reloading.join()
    until(lambda: server.client.get("/readyz").json["last_edit"] == "good")  # type: ignore[index]
