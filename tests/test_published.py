"""Servers that follow the revisions of one store (PHONETREE_SOURCE=store), as processes over Postgres."""

import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.support.programs import until
from tests.support.published import NEW, OLD, House, Staff, killed

pytestmark = pytest.mark.long

WITHIN_SECONDS = 5.0
"""How soon every server answers with what was published."""

PAUSE = 0.02
"""Of callers between turns; `bench.publishing` has them make none."""

KILLS = 4


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with ExitStack() as stack:
        yield House(tmp_path_factory.mktemp("house"), stack)


def test_every_server_follows_within_seconds_and_every_call_keeps_its_menu(house: House) -> None:
    (first,) = house.revisions()
    house.run("export", "draft")
    path = house.folder / "0" / "draft" / "routing.yaml"
    path.write_bytes(path.read_bytes().replace(OLD.encode(), NEW.encode()))
    with house.busy(PAUSE) as heard:
        said = house.run("publish", "draft", "--note", "softer words")
        published = time.monotonic()
        until(lambda: len(found := house.revisions()) == 1 and first not in found)
        took = time.monotonic() - published
    (name,) = house.revisions()
    assert heard.turns > 30, "no turn was unanswered"
    assert heard.said[first] == {OLD}
    assert heard.said.get(name, {NEW}) == {NEW}
    assert f"Published as revision {name}" in said
    assert took < WITHIN_SECONDS
    assert all(NEW in house.post(server, "/voice", CallStatus="ringing").lower() for server in range(3))


def test_a_console_or_a_server_that_is_killed_while_staff_publish_leaves_the_old_or_the_new(house: House) -> None:
    with ExitStack() as stack, house.busy(PAUSE) as heard:
        staff = Staff(house, stack)
        outcome = killed(house, staff, KILLS, restart=False)
        newest, contents = staff.newest
        until(lambda: house.revisions() == {newest.revision}, "every server follows")
    assert outcome.breaches == []
    assert heard.turns > 30, "no turn was unanswered"
    words = NEW if NEW.encode() in contents["routing.yaml"] else OLD
    other = OLD if words == NEW else NEW
    assert heard.said.pop(newest.revision, {words}) == {words}
    assert list(heard.said.values()) == [{other}], "each call kept its menu"
