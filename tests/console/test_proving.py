"""However many changes are sent at once, others are answered; and however many drafts are looked at, the line can be
closed."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event
from urllib.parse import urlencode

import pytest
from werkzeug.test import TestResponse

from phonetree.config.question import Answer
from phonetree.console import proving
from phonetree.console.edge import THREADS
from phonetree.runtime.prover import Prover
from phonetree.store.roles import Role
from tests.support.console import Console
from tests.support.programs import until

FIRST, *OTHERS = Role


@dataclass
class Slow:
    """Proofs that last until `ends`, and what waits for them."""

    made: Console
    pool: ThreadPoolExecutor
    ends: Event = field(default_factory=Event)
    waiting: list[Future[TestResponse]] = field(default_factory=list)

    def proof(self, *_: object) -> tuple[()]:
        assert self.ends.wait(60)
        return ()

    def begin(self, *requests: Callable[[], TestResponse]) -> None:
        """Makes requests at once, each of which comes to wait for a proof."""
        self.waiting += map(self.pool.submit, requests)
        until(lambda: self.made.services.prover.waiting == len(self.waiting))

    def statuses(self) -> list[int]:
        """The answers of what waited, once nothing has to wait any more."""
        self.ends.set()
        return [each.result().status_code for each in self.waiting]


@pytest.fixture
def slow(made: Console, monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    with ThreadPoolExecutor(THREADS) as pool:
        slow = Slow(made, pool)
        monkeypatch.setattr(Prover, "broken_by_override", slow.proof)
        monkeypatch.setattr(Prover, "broken", slow.proof)
        monkeypatch.setattr(Prover, "answer_for_draft", lambda *_: Answer(slow.proof(), proved=True))
        yield slow
        slow.ends.set()


def closed(made: Console, role: Role, hour: int) -> TestResponse:
    """The line, closed until an hour."""
    client = made.client(role)
    fields = {"begins": "now", "until": f"now/2026-11-23T{hour}:00:00-05:00", "action": "save"}
    return client.post("/staff/today/close", fields, token=client.token("/staff/you"))


def test_one_account_has_two_changes_under_way_and_all_together_a_few(made: Console, slow: Slow) -> None:
    slow.begin(*(lambda hour=hour: closed(made, FIRST, hour) for hour in (15, 16)))
    refused = [closed(made, FIRST, 14)]
    more = range(proving.MOST_NOTICES - proving.MOST_OF_ONE)
    slow.begin(*(lambda number=number: closed(made, OTHERS[number // 2], 17 + number) for number in more))
    refused.append(closed(made, OTHERS[2], 14))
    reading = made.client(Role.ADMIN).get("/staff/")
    assert slow.statuses() == [303] * proving.MOST_NOTICES
    assert reading.status_code == 200
    assert [each.status_code for each in refused] == [429, 429]
    page = refused[0].get_data(as_text=True)
    assert "Too many changes are being checked" in page
    assert "This one was not saved." in page
    assert len(made.services.overrides.kept(made.services.seconds())) == proving.MOST_NOTICES
    assert closed(made, FIRST, 14).status_code == 303, "once the others are through there is room again"
    assert proving.MOST_NOTICES + proving.MOST_EDITS + proving.MOST_DRAFTS < THREADS / 2


def test_the_line_is_closed_and_edits_are_saved_while_drafts_are_looked_at(made: Console, slow: Slow) -> None:
    editors = [made.accounts[Role.EDITOR], made.staff(Role.EDITOR, name="another editor")]
    drafts = [made.services.editor.begin(f"draft {number}", "an editor").id for number in range(2)]

    def seen(editor: int, draft: int) -> TestResponse:
        return made.client(editors[editor]).get(f"/staff/edit/{drafts[draft]}")

    slow.begin(*(lambda editor=editor, draft=draft: seen(editor, draft) for editor, draft in ((0, 0), (0, 1), (1, 0))))
    refused = seen(1, 1)
    drawn = refused.get_data(as_text=True)
    day = {"first": "2026-12-04", "name.en": "snow", "name.es": "nieve", "go": "preview"}
    asked = urlencode({**day, "began": made.services.publishing.base().revision})
    slow.begin(
        lambda: closed(made, Role.EDITOR, 15),
        lambda: made.client(Role.EDITOR).get(f"/staff/schedule/2026-12-04/preview?{asked}"),
    )
    assert slow.statuses() == [200, 200, 200, 303, 200]
    assert refused.status_code == 429
    assert "nothing was changed" in drawn
    assert "load this page again" in drawn
    assert "This one was not saved" not in drawn
    assert "send this one again" not in drawn
