"""However many changes are sent at once, others are answered."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from werkzeug.test import TestResponse

from phonetree.console import proving
from phonetree.console.edge import THREADS
from phonetree.runtime.prover import Prover
from phonetree.store.roles import Role
from tests.support.console import Console
from tests.support.programs import until

FIRST, *OTHERS = Role


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> Event:
    """Proofs last until this event."""
    ends = Event()

    def proof(*_: object) -> tuple[()]:
        assert ends.wait(60)
        return ()

    monkeypatch.setattr(Prover, "broken_by_override", proof)
    monkeypatch.setattr(Prover, "broken", proof)
    return ends


def test_one_account_has_two_changes_under_way_and_all_together_a_third_of_the_threads(
    made: Console, ends: Event
) -> None:
    with ThreadPoolExecutor(THREADS) as pool:

        def sent(role: Role, hour: int) -> TestResponse:
            client = made.client(role)
            fields = {"begins": "now", "until": f"now/2026-11-23T{hour}:00:00-05:00", "action": "save"}
            return client.post("/staff/today/close", fields, token=client.token("/staff/you"))

        waiting = [pool.submit(sent, FIRST, hour) for hour in (15, 16)]
        until(lambda: made.services.prover.waiting == len(waiting))
        refused = [sent(FIRST, 14)]
        more = [pool.submit(sent, OTHERS[number // 2], 17 + number) for number in range(4)]
        waiting += more
        until(lambda: made.services.prover.waiting == len(waiting))
        assert len(waiting) == proving.MOST < THREADS / 2
        refused.append(sent(OTHERS[2], 14))
        reading = made.client(Role.ADMIN).get("/staff/")
        ends.set()
        assert [each.result().status_code for each in waiting] == [303] * proving.MOST
    assert reading.status_code == 200
    assert [each.status_code for each in refused] == [429, 429]
    page = refused[0].get_data(as_text=True)
    assert "Too many changes are being checked" in page
    assert "This one was not saved." in page
    assert len(made.services.overrides.kept(made.services.seconds())) == proving.MOST
    assert sent_again(made) == 303


def sent_again(made: Console) -> int:
    """Once the others are through there is room again."""
    client = made.client(FIRST)
    fields = {"begins": "now", "until": "now/2026-11-23T14:00:00-05:00", "action": "save"}
    return client.post("/staff/today/close", fields, token=client.token("/staff/you")).status_code
