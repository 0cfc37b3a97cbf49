"""Two server processes over one database: a phone that is confirmed in the store rings on both within seconds, and a
removed one no longer."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree

import pytest
import requests

from phonetree.simulator.transport import sign
from phonetree.store.database import Store
from phonetree.store.phones import Answer, Phones
from phonetree.store.servers import servers
from tests.support.databases import tables
from tests.support.lines import VPR
from tests.support.programs import TOKEN, environ, free_port, start, stop, until

pytestmark = pytest.mark.long

SECRET = "a secret of the tests, of enough characters"
PHONE = "+16175550133"
SECONDS = 10
"""How soon a phone rings, or no longer does."""


class Helpline:
    """Two servers over a database; their files name $ADVOCATE_1, which is set, and $ADVOCATE_3, which is not."""

    def __init__(self, kind: str, folder: Path) -> None:
        config = Path(copytree(VPR, folder / "config"))
        routing = config / "routing.yaml"
        text = routing.read_text(encoding="utf-8").replace("$ADVOCATE_2", "$ADVOCATE_3")
        routing.write_text(text.replace("    members:\n", "    open: always\n    members:\n", 1), encoding="utf-8")
        address = tables(kind, folder)
        self.store = Store(address)
        self.phones = Phones(self.store, (SECRET,))
        self.public = "https://tree.example.org"
        self.urls, self.programs = [], []
        for number in range(2):
            (folder / str(number)).mkdir()
            port = free_port()
            settings = environ(
                self.public, DATABASE_URL=address, PHONETREE_CONFIG=str(config), SECRET_KEY=SECRET,
            )  # fmt: skip
            self.urls.append(f"http://127.0.0.1:{port}")
            self.programs.append(start(folder / str(number), port, settings))

    def post(self, url: str, path: str) -> str:
        fields = {"CallSid": "CA" + "1" * 32, "From": "+16175550123", "CallStatus": "in-progress"}
        headers = {"X-Twilio-Signature": sign(TOKEN, self.public + path, fields)}
        return requests.post(url + path, data=fields, headers=headers, timeout=5).text

    def dialled(self) -> list[list[str]]:
        """Whom each server rings now, when a caller asks for an advocate."""
        found = []
        for url in self.urls:
            (revision,) = set(re.findall(r"/voice/([0-9a-f]{12})/", self.post(url, "/voice")))
            text = self.post(url, f"/voice/{revision}/en/advocate/ring")
            found.append(re.findall(r"<Number[^>]*>([^<]+)<", text))
        return found

    def until_dialled(self, *numbers: str) -> None:
        began = time.monotonic()
        until(lambda: self.dialled() == [list(numbers)] * 2, f"{numbers} are not rung")
        assert time.monotonic() - began < SECONDS


@pytest.fixture
def helpline(tmp_path: Path) -> Iterator[Helpline]:
    made = Helpline("postgres", tmp_path)  # on SQLite, too: tests/runtime/test_phones.py, in one process
    yield made
    for each in made.programs:
        stop(each)
    made.store.close()


def test_a_confirmed_phone_rings_on_both_servers_and_a_removed_one_on_none(helpline: Helpline) -> None:
    now = int(datetime.now(UTC).timestamp())
    made_up = "+16175550103"
    helpline.until_dialled("+16175550101", made_up)
    helpline.phones.propose("ADVOCATE_3", PHONE, "Ada", now)
    asked = helpline.phones.begin("ADVOCATE_3", now)
    assert asked
    assert asked.number == PHONE
    assert helpline.phones.answered(asked.token, "1", now)[0] is Answer.CONFIRMED
    helpline.until_dialled("+16175550101", PHONE)
    digest = helpline.phones.followed().digest
    until(lambda: [each.report.phones for each in servers(helpline.store, now)] == [digest] * 2, "both say so")
    helpline.phones.remove("ADVOCATE_3", "Ada", now)
    helpline.until_dialled("+16175550101")
    helpline.phones.restore("ADVOCATE_3", "Ada", now)
    helpline.until_dialled("+16175550101", PHONE)
