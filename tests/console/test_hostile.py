"""Whatever stands in the files, in the store or in a form is text on every page."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from shutil import copytree

import pytest

from phonetree.console.access import access_of
from phonetree.core.schedule import Cover, Override
from phonetree.store.roles import Role
from phonetree.store.servers import Report, Servers
from tests.support.console import Console, console
from tests.support.lines import VPR

HOSTILE = '<script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}&amp;" onmouseover="x'
IN_YAML = "<script>alert(1)</script> <img src=x onerror=alert(1)> & more"
FORBIDDEN = ("<script>", "<img", ">49&amp;", 'onmouseover="', "49&amp;")


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Console]:
    config = Path(copytree(VPR, tmp_path / "config"))
    for name, changes in {
        "routing.yaml": {
            "name: First advocate": f"name: '{IN_YAML}'",
            "name: MIT Violence Prevention & Response": f"name: '{IN_YAML} MIT'",
        },
        "hours.yaml": {"en: winter break": f"en: '{IN_YAML}'"},
    }.items():
        text = (config / name).read_text(encoding="utf-8")
        for old, new in changes.items():
            assert old in text, old
            text = text.replace(old, new)
        (config / name).write_text(text, encoding="utf-8")
    with console("sqlite", tmp_path, config=config) as opened:
        yield opened


def test_stored_text_is_text_on_every_page(made: Console) -> None:
    seconds = made.services.seconds()
    begins = made.now + timedelta(hours=1)
    cover = Override(begins, begins + timedelta(hours=1), None, {}, Cover(IN_YAML, "Second advocate"))
    said = Override(made.now, begins, None, {"en": HOSTILE.replace("{{7*7}}", ""), "es": "<b>hola</b>"})
    for each in (cover, said):
        made.services.overrides.add(each, HOSTILE, HOSTILE, seconds)
    told = Report("abc", problems=(HOSTILE,), refused=((1, HOSTILE), (0, HOSTILE)), unkept=HOSTILE, test_call=False)
    servers = Servers(made.services.store)
    servers.tell("one", told, seconds)
    servers.look(HOSTILE[:20], [(HOSTILE, HOSTILE)], seconds)
    client = made.client(made.staff(*Role, name="everything"))
    shown = 0
    for rule in made.app.url_map.iter_rules():
        access = access_of(made.app, rule.endpoint)
        if "GET" not in (rule.methods or ()) or access is None or access.anybody:
            continue
        path = rule.rule.replace("<change>", "cover").replace("<day>", "2026-12-24").replace("<name>", "ADVOCATE_1")
        path = path.replace("<account_id>", made.accounts[Role.ADMIN].id)
        page = client.get(f"{path}?day=2026-12-24&ended=1&done=1&next={HOSTILE}").get_data(as_text=True)
        shown += "&lt;script&gt;" in page
        assert not [bad for bad in FORBIDDEN if bad in page], path
    assert shown >= 6, "it was there to be seen"
    for change in ("close", "cover", "say"):
        fields = dict.fromkeys(
            ("begins", "begins_at", "until", "until_at", "away", "by", "accepted", "keys", "phones", "words-en"),
            HOSTILE,
        )
        for action in ("save", "try", HOSTILE):
            page = client.post(f"/staff/today/{change}", {**fields, "action": action}).get_data(as_text=True)
            assert not [bad for bad in FORBIDDEN if bad in page], (change, action)
