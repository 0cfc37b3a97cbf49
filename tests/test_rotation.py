"""The provider's token is changed without a call or a message lost, step by step as docs/running.md says."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from werkzeug.test import Client

from phonetree.simulator.provider import TestProvider, serve
from phonetree.simulator.transport import InProcess, sign
from phonetree.store.database import Store
from phonetree.web import create_app
from phonetree.web.context import of
from tests.support.databases import tables
from tests.support.lines import URL, VPR, settings
from tests.support.mail import ACCOUNT, pair

FIRST, SECOND, THIRD = "first-token", "second-token", "third-token"


class Helpline:
    """Servers that are started one after another, and a provider that signs with its primary token."""

    def __init__(self, folder: Path) -> None:
        (folder / "advocates.pem").write_bytes(pair()[2].public)
        self.keys, self.database = folder, tables("sqlite", folder)
        self.provider = TestProvider(ACCOUNT, FIRST)
        self.url = serve(self.provider)
        self.stores: list[Store] = []

    def restart(self, token: str, old: str | None = None) -> None:
        made = replace(
            settings(VPR), auth_token=token, old_token=old, database=self.database, provider_url=self.url,
            keys=self.keys,
        )  # fmt: skip
        app = create_app(made, now=lambda: datetime.now(UTC), watching=False)
        running = of(app).services
        assert running.worker
        self.client, self.worker, self.canary = Client(app), running.worker, running.canary
        self.canary.line = InProcess(app)
        self.stores.append(self.worker.store)

    def accepts(self, token: str) -> bool:
        fields = {"CallSid": "CA" + "1" * 32, "From": "+16175550123"}
        signature = {"X-Twilio-Signature": sign(token, f"{URL}/voice", fields)}
        return self.client.post("/voice", data=fields, headers=signature).status_code == 200

    def well(self) -> bool:
        """Whether a call is answered and a message comes in."""
        before = len(self.worker.voicemails.listed())
        self.provider.leave(f"CA{before:032x}", 2)
        self.worker.round(int(time.time()))
        self.canary.call()
        arrived = len(self.worker.voicemails.listed()) == before + 1 and not self.provider.recordings
        return arrived and self.accepts(self.provider.token) and bool(self.canary.ok)


@pytest.fixture
def helpline(tmp_path: Path) -> Iterator[Helpline]:
    made = Helpline(tmp_path)
    yield made
    for store in made.stores:
        store.close()


def test_the_token_is_changed_and_at_no_step_is_anything_lost(helpline: Helpline) -> None:
    helpline.restart(FIRST)
    assert helpline.well()
    helpline.provider.secondary = SECOND  # 1. a secondary token is made there
    assert helpline.well()
    helpline.restart(SECOND, old=FIRST)  # 2. servers have both
    assert helpline.well()
    helpline.provider.token, helpline.provider.secondary = SECOND, ""  # 3. promoted; the first one is gone
    assert helpline.well()
    helpline.restart(SECOND)  # 4. the old one is taken away
    assert helpline.well()
    assert not helpline.accepts(FIRST)


def test_only_the_two_tokens_are_accepted_and_no_empty_one(helpline: Helpline) -> None:
    helpline.restart(SECOND, old=FIRST)
    assert [helpline.accepts(token) for token in (FIRST, SECOND, THIRD, "")] == [True, True, False, False]
    helpline.restart(SECOND, old="")
    assert [helpline.accepts(token) for token in (FIRST, SECOND, "")] == [False, True, False]
