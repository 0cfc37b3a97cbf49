"""An outage is known to one server, once; restarts and slow clocks are none."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from phonetree.store.heartbeat import AWAY_SECONDS, KEEP_SECONDS, Heartbeat, Outage
from tests.support.databases import KINDS, store

NOW = 1_800_000_000


@pytest.mark.parametrize("kind", KINDS)
def test_a_gap_is_an_outage_and_a_restart_is_none(kind: str, tmp_path: Path) -> None:
    with store(kind, tmp_path) as made:
        presence = Heartbeat(made)
        assert presence.outages(NOW) == ()
        assert presence.mark(NOW) is None
        assert presence.mark(NOW + 60) is None
        assert presence.mark(NOW + 60 + AWAY_SECONDS - 1) is None
        last = NOW + 60 + AWAY_SECONDS - 1
        assert presence.outages(last + AWAY_SECONDS - 1) == ()
        assert presence.outages(last + AWAY_SECONDS) == (Outage(last, last + AWAY_SECONDS),), "it goes on"
        assert presence.mark(last - 5) is None, "another server's clock"
        back = last + AWAY_SECONDS + 600
        assert presence.mark(back) == Outage(last, back)
        assert presence.mark(back + 60) is None
        assert presence.outages(back + 60) == (Outage(last, back),)
        assert [Outage(last, back).holds(moment) for moment in (last - 1, last, back - 1, back)] == [
            False, True, True, False,
        ]  # fmt: skip
        late = back + KEEP_SECONDS * 2
        assert presence.mark(late)
        assert [each.ended for each in presence.outages(late)] == [late], "earlier ones are forgotten"


@pytest.mark.parametrize("kind", KINDS)
def test_of_several_servers_one_tells(kind: str, tmp_path: Path) -> None:
    with store(kind, tmp_path) as made:
        servers = [Heartbeat(made) for _ in range(4)]
        with ThreadPoolExecutor(4) as pool:
            assert set(pool.map(lambda server: server.mark(NOW), servers)) == {None}
            told = list(pool.map(lambda server: server.mark(NOW + 1000), servers))
        assert sorted(map(str, told)) == sorted(["None"] * 3 + [str(Outage(NOW, NOW + 1000))])
