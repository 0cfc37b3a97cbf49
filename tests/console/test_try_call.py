"""Try a call: every step by its address alone, at any moment, to what callers hear or to a draft; nothing is kept."""

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import text as sql

from phonetree.console.simulated import FewTrials
from phonetree.console.try_call import MOST_STEPS
from phonetree.core.schedule import Kind, Override
from phonetree.errors import SimulationError
from phonetree.runtime.trials import Played, TrialCall, Trials
from phonetree.store.roles import Role
from tests.support.console import Client, Console, console

HERE = "/staff/try"
BARCC = "the Boston Area Rape Crisis Center"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with console("sqlite", tmp_path_factory.mktemp("console")) as opened:
        yield opened


@pytest.fixture
def member(shared: Console) -> Client:
    return shared.client(Role.MEMBER)


def words(client: Client, **asked: str) -> str:
    """What a page says."""
    answer = client.flask.get(HERE, base_url="https://helpline.example.org", query_string=asked)
    html = answer.get_data(as_text=True)
    html = html[html.index("<main") : html.index("</main>")]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


def keys_on(client: Client, **asked: str) -> list[str]:
    """The steps that a page offers."""
    answer = client.flask.get(HERE, base_url="https://helpline.example.org", query_string=asked)
    return [unescape(value) for value in re.findall(r'name="step" value="([^"]+)"', answer.get_data(as_text=True))]


def test_a_call_goes_step_by_step_and_back(member: Client) -> None:
    first = words(member, steps="")
    assert "0:00 hears" in first
    assert "To speak with an advocate, press 1." in first
    assert keys_on(member, steps="") == [*"123456789*0#", "wait", "hangup"]
    second = words(member, steps="", step="1")
    assert "speaks with First advocate" in second
    assert words(member, steps="1", step="hangup") == words(member, steps="1,hangup")
    assert words(member, steps="1,hangup", step="back") == second
    assert words(member, steps="1", step="back") == first
    assert keys_on(member, steps="1,hangup") == ["back"]


def test_in_the_end_it_says_who_was_rung_with_which_number_what_was_left_and_how_soon(member: Client) -> None:
    over = words(member, steps="1,hangup")
    assert "First advocate and Second advocate were rung; their phones showed the helpline's number." in over
    assert "The caller spoke with First advocate." in over
    rang = re.search(r"0:(\d\d) rings", over)
    assert rang
    assert f"Help after {int(rang[1])} seconds: then the first phone rang." in over, "as the clock says"
    assert "In the end the caller hung up." in over
    left = words(member, steps="3,20s#")
    assert "A message of 20 seconds was left." in left
    assert "Help after 37 seconds: then a message could be left." in left
    assert "was rung" not in left
    assert "The Boston Area Rape Crisis Center was rung; the phone showed" in words(
        member, node="line_barcc", steps="hangup"
    )
    nothing = words(member, steps="hangup")
    assert "Nobody was rung, and no message could be left." in nothing
    nobody = words(member, steps="1,3,0s,0s", phones="nobody")
    assert "Nobody took the call." in nobody
    assert "message of" not in nobody
    assert keys_on(member, steps="3") == ["20s#", "20sx", "0s", "hangup", "back"]


def test_the_moment_stays_however_it_was_chosen(shared: Console, member: Client) -> None:
    page = member.get(f"{HERE}?when=closed&steps=").get_data(as_text=True)
    at = re.search(r'name="at" value="([^"]+)"', page)
    assert at
    assert at[1] == "2026-11-23T17:00:00-05:00"
    assert "Mon 23 Nov 2026 17:00: closed" in words(member, at=at[1], steps="wait")
    twice = "2026-11-01T01:30:00-05:00"
    page = member.get(f"{HERE}?at={twice}&steps=").get_data(as_text=True)
    assert f'name="at" value="{twice}"' in page, "a time that comes twice is the one that was meant"
    assert "So this is now." in words(member, at="nonsense")


def test_it_begins_at_a_node_in_a_language(member: Client) -> None:
    begun = words(member, node="crisis", language="es", steps="")
    assert "It begins at crisis, in español." in begun
    assert "(español) Estas líneas atienden de día y de noche." in begun
    assert "It begins as all calls do." in words(member, node="nowhere", steps="")
    tree = member.get("/staff/tree?when=closed&language=es").get_data(as_text=True)
    link = re.search(r'href="(/staff/try\?node=crisis[^"]+)"', tree)
    assert link
    assert "Estas líneas" in member.get(unescape(link[1])).get_data(as_text=True)


def test_phones_of_a_team_and_a_line_do_something_of_their_own(member: Client) -> None:
    asked = {"phones": "nobody", "team-advocates": "busy", "line-barcc": "somebody", "steps": "1,1"}
    page = words(member, **asked)
    assert (
        f"If phones ring, nobody picks up; the team advocates: every phone is busy; {BARCC}: somebody picks up." in page
    )
    assert f"speaks with {BARCC}" in page
    assert words(member, steps="1", **{"team-advocates": "rubbish"}) == words(member, steps="1")


def test_what_stands_at_short_notice_is_heard(made: Console) -> None:
    client, now = made.client(Role.MEMBER), made.now
    closed = Override(now, now + timedelta(hours=1), Kind.CLOSED, {"en": "We are at a funeral."})
    made.services.overrides.add(closed, "somebody", "closed", made.services.seconds(), ())
    assert "We are at a funeral." in words(client, steps="")


@pytest.mark.slow
def test_a_draft_is_called_while_callers_hear_what_they_heard(made: Console) -> None:
    editor = made.services.editor
    draft = editor.begin("Shorter <words>", "the editor")
    _, files = editor.drafts.find(draft.id) or pytest.fail("it is there")
    routing = files["routing.yaml"].replace(b"These lines answer day and night.", b"Day and night, these lines answer.")
    draft = editor.drafts.save(draft.id, draft.version, {**files, "routing.yaml": routing}, "the editor", 0)
    client, others = made.client(Role.EDITOR), made.client(Role.MEMBER)
    assert others.get(f"/staff/try?draft={draft.id}&steps=").status_code == 403, "a draft is for editors"
    tried = words(client, draft=draft.id, node="crisis", steps="")
    assert "To the draft Shorter <words> , which callers do not hear." in tried
    assert "Day and night, these lines answer." in tried
    over = client.get(f"{HERE}?draft={draft.id}&node=crisis&steps=hangup").get_data(as_text=True)
    assert f'href="/staff/edit/{draft.id}">Back to the draft' in over
    assert "These lines answer day and night." in words(client, node="crisis", steps="")
    page = made.client(Role.EDITOR).get(f"/staff/edit/{draft.id}").get_data(as_text=True)
    assert f'href="/staff/try?draft={draft.id}"' in page
    broken = {**files, "routing.yaml": b"nodes: {}\n"}
    editor.drafts.save(draft.id, draft.version, broken, "the editor", 0)
    assert client.get(f"{HERE}?draft={draft.id}&steps=").status_code == 422
    assert "cannot be called" in words(client, draft=draft.id, steps="")
    assert client.get(f"{HERE}?draft=nonsense").status_code == 404


def test_what_cannot_be_played_says_why(member: Client, shared: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    assert member.get(f"{HERE}?steps=zz").status_code == 422
    assert "'zz' is not a caller's step" in words(member, steps="zz")
    many = ",".join(["*"] * (MOST_STEPS + 1))
    assert f"A call has at most {MOST_STEPS} steps here" in words(member, steps=many)
    monkeypatch.setattr(shared.services.trials, "_trials", Trials(("/nonexistent",)))
    assert member.get(HERE).status_code == 200, "the choice does not need it"
    assert member.get(f"{HERE}?steps=").status_code == 503
    assert "could not be started" in words(member, steps="")
    assert "Call again" in words(member, steps="")


def test_only_a_few_are_played_at_once(member: Client, shared: Console) -> None:
    few = shared.services.trials._few
    with few.turn(), few.turn():
        assert words(member, steps=""), "others have their own"
        few._of_all = 2
        try:
            assert member.get(f"{HERE}?steps=").status_code == 503
            assert "try again in a few seconds" in words(member, steps="")
        finally:
            few._of_all = 4
    assert few.under_way == 0


def test_nothing_of_a_call_is_kept_or_logged(made: Console, capfd: pytest.CaptureFixture[str]) -> None:
    client = made.client(Role.MEMBER)

    def dump() -> list[str]:
        with made.services.store.read() as connection:
            names = connection.execute(sql("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars()
            return [f"{name} {row}" for name in names for row in connection.execute(sql(f'SELECT * FROM "{name}"'))]  # noqa: S608

    before = dump()
    page = client.get(f"{HERE}?steps=1,hangup").get_data(as_text=True)
    assert dump() == before
    assert not re.search(r"\+1\d{10}|555-?01", page), "nor is a number shown"
    told = capfd.readouterr()
    assert (told.out, told.err) == ("", "")


@pytest.mark.slow
def test_what_a_call_came_to_is_kept_as_a_promise_in_a_draft(made: Console) -> None:
    editor = made.client(Role.EDITOR)
    over = {"at": "2026-11-23T20:00:00-05:00", "steps": "1,hangup"}
    said = "When closed, whoever presses 1 reaches line 'barcc'."
    told = words(editor, **over)
    assert said in told
    assert "Also within 30 seconds" in told, "if somebody asks for that"
    assert "Keep this as a promise" not in words(made.client(Role.MEMBER), **over)
    kept = editor.post(f"{HERE}/promise", over)
    (draft,) = made.services.editor.drafts.all()
    assert kept.location == f"/staff/edit/{draft.id}"
    assert (draft.title, draft.by) == (said, "the editor")
    _, files = made.services.editor.drafts.find(draft.id) or pytest.fail("it is there")
    before = made.services.live.loaded().contents["routing.yaml"].decode()
    after = files["routing.yaml"].decode()
    line = "  - {when: closed, keys: [1], reaches: barcc}\n"
    assert f"\npromises:\n{line}" in after
    assert after.replace(f"\npromises:\n{line}", "") == before
    spoken = {"steps": "3,20s#", "within": "true", "draft": draft.id, "at": "2026-11-23T10:00:00-05:00"}
    assert editor.post(f"{HERE}/promise", spoken).location == f"/staff/edit/{draft.id}"
    _, files = made.services.editor.drafts.find(draft.id) or pytest.fail("it is there")
    more = "  - {when: open, keys: [3], reaches: voicemail, within: 40}\n"
    assert files["routing.yaml"].decode() == after.replace(line, line + more)
    assert "All promises to callers are kept" in editor.get(f"/staff/edit/{draft.id}").get_data(as_text=True)
    assert editor.post(f"{HERE}/promise", spoken).location == kept.location, "pressed twice"
    _, same = made.services.editor.drafts.find(draft.id) or pytest.fail("it is there")
    assert same == files


def test_a_promise_is_kept_once_in_one_draft_however_often_it_is_pressed(made: Console) -> None:
    editor = made.client(Role.EDITOR)
    page = editor.get(f"{HERE}?at=2026-11-23T20:00:00-05:00&steps=1,hangup").get_data(as_text=True)
    (once,) = re.findall(r'name="once" value="([0-9a-f]{32})"', page)
    over = {"at": "2026-11-23T20:00:00-05:00", "steps": "1,hangup", "once": once}
    assert len({editor.post(f"{HERE}/promise", over).location for _ in range(2)}) == 1
    (draft,) = made.services.editor.drafts.all()
    assert draft.version == 2


def test_a_promise_holds_in_every_language_or_says_in_which(made: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    editor = made.client(Role.EDITOR)
    path = made.settings.config / "routing.yaml"
    slow = "Para hablar, marque esto, por favor, y espere un poco mientras escucha estas palabras tan largas, "
    text = path.read_text(encoding="utf-8")
    draft = editor.post("/staff/edit", {"title": "slow"}).location.rpartition("/")[2]
    found = made.services.editor.drafts.find(draft)
    assert found
    old = 'es: "para hablar ahora con {barcc.name}"'
    assert old in text
    long = text.replace(old, f'es: "{slow * 3} con alguien"')
    made.services.editor.drafts.save(draft, 1, {**found[1], "routing.yaml": long.encode()}, "Ada", 5)
    over = {"at": "2026-11-23T20:00:00-05:00", "steps": "1,hangup"}
    assert "Also within 30 seconds" in words(editor, **over)
    told = words(editor, **over, draft=draft)
    seconds = re.search(r"When closed, whoever presses 1 reaches line 'barcc'\. Also within (\d+) seconds", told)
    assert seconds
    assert int(seconds[1]) > 30

    def only_english(self: FewTrials, call: TrialCall) -> Played:
        if call.language == "es":
            raise SimulationError("this cannot be played")
        return play(self, call)

    play = FewTrials.play
    monkeypatch.setattr(FewTrials, "play", only_english)
    told = words(editor, **over)
    assert "When closed, in 'en', whoever presses 1 reaches line 'barcc'. Also within 30 seconds" in told


def test_what_can_be_no_promise_is_not_offered_and_not_kept(made: Console) -> None:
    editor = made.client(Role.EDITOR)
    for asked in (
        {"steps": "1"},
        {"steps": "hangup"},
        {"steps": "#,1,hangup"},
        {"steps": "hangup", "node": "line_barcc"},
    ):
        assert "Keep this as a promise" not in words(editor, **asked), asked
        assert editor.post(f"{HERE}/promise", asked).status_code == 422, asked
    assert "whoever presses nothing, then 1 reaches" in words(editor, steps="wait,1,hangup")
    assert made.services.editor.drafts.all() == ()
