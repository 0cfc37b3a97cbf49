"""The simulated phone follows the network's rules, also where our own server never goes."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import pytest

from phonetree.errors import SimulationError
from phonetree.simulator.caller import Script, StepByStep
from phonetree.simulator.ending import Waits
from phonetree.simulator.network import Clock, Network, NumberSettings, Rules
from phonetree.simulator.phone import APPLICATION_ERROR, Call
from phonetree.simulator.transport import Reply, Unreachable, sign
from phonetree.simulator.world import parse_world

HELPLINE = "+16175550100"
TOKEN = "a token"
Answer = str | Reply | Unreachable


def say(text: str) -> str:
    return f'<Say voice="v" language="en-US">{text}</Say>'


class Pages:
    """A server of fixed documents; remembers what it was asked for."""

    def __init__(self, pages: Mapping[str, Answer | list[Answer]]) -> None:
        self.pages = {path: list(page) if isinstance(page, list) else page for path, page in pages.items()}
        self.asked: list[tuple[str, dict[str, str], dict[str, str]]] = []
        self.limits: list[float] = []

    def post(self, url: str, fields: Mapping[str, str], headers: Mapping[str, str], limit: float) -> Reply:
        path = url.removeprefix("https://x")
        self.asked.append((path, dict(fields), dict(headers)))
        self.limits.append(limit)
        assert headers["X-Twilio-Signature"] == sign(TOKEN, url, fields)
        page = self.pages[path.partition("?")[0]]
        answer = page.pop(0) if isinstance(page, list) else page
        if isinstance(answer, Unreachable):
            raise answer
        if isinstance(answer, Reply):
            return answer
        return Reply(200, {"Content-Type": "text/xml"}, f"<Response>{answer}</Response>".encode())


Dialler = Callable[..., tuple[Call, Pages]]


def call(
    pages: Mapping[str, Answer | list[Answer]],
    keys: str = "",
    world: str = "",
    caller: Callable[[str], Script] = Script,
    **rules: object,
) -> tuple[Call, Pages]:
    server = Pages(pages)
    fallback = "https://x/fallback" if "/fallback" in pages else None
    network = Network(server, TOKEN, NumberSettings(HELPLINE, "https://x/voice", fallback))
    clock = Clock(datetime(2026, 11, 23, tzinfo=UTC))
    made = Call(network, clock, caller(keys), parse_world(world), Rules(**rules))  # type: ignore[arg-type]
    return made.run(), server


def heard(made: Call) -> list[str]:
    return [line.detail for line in made.transcript.lines if line.what == "hears"]


def test_verbs_run_in_order_and_the_end_hangs_up() -> None:
    made, server = call({"/voice": say("One.") + '<Pause length="2"/>' + say("Two.")})
    assert heard(made) == ["[en-US] One.", "Two."]
    assert made.ended == "the document ended, and the network hung up"
    assert server.asked[0][1]["CallStatus"] == "ringing"


def test_silence_falls_through_a_gather_without_a_request() -> None:
    made, server = call({"/voice": '<Gather action="/key" timeout="5"/>' + say("Next.")})
    assert [path for path, _, _ in server.asked] == ["/voice"]
    assert heard(made) == ["[en-US] Next."]
    assert made.clock.elapsed > 5


def test_silence_asks_for_the_action_where_that_is_wanted() -> None:
    _, server = call({"/voice": '<Gather action="/key" actionOnEmptyResult="true"/>', "/key": "<Hangup/>"})
    assert server.asked[1][0] == "/key"
    assert server.asked[1][1]["Digits"] == ""


def test_a_key_leaves_the_document() -> None:
    made, server = call(
        {
            "/voice": f'<Gather action="key?a=1" numDigits="1">{say("Press 1 now.")}</Gather>' + say("Never."),
            "/key": "<Hangup/>",
        },
        keys="1",
    )
    assert server.asked[1][0] == "/key?a=1"
    assert server.asked[1][1]["Digits"] == "1"
    assert "Never." not in heard(made)


STEPS = {
    "/voice": f"""
        <Gather action="/more" timeout="1">{say("Welcome.")}</Gather>
        <Gather action="/record" numDigits="1" timeout="5">
            {say("To talk, press 1.")}{say("Or wait, and an advocate comes to the phone.")}
        </Gather>
        {say("Nothing was pressed.")}
        """,
    "/record": say("Speak.") + '<Record action="/over"/>',
    "/over": say("Thank you."),
}


def test_a_caller_who_decides_step_by_step_has_the_call_stop_at_each_question() -> None:
    made, server = call(STEPS, caller=StepByStep)
    assert (made.waits, made.ended) == (Waits.KEY, "")
    assert heard(made) == ["[en-US] Welcome.", "To talk, press 1. Or wait, and an advocate comes to the phone."], (
        "not where nobody has to decide"
    )
    assert [path for path, _, _ in server.asked] == ["/voice"], "and nobody is told that it is over"
    assert made.transcript.lines[-1].what == "hears"
    made, _ = call(STEPS, "hangup", caller=StepByStep)
    assert len(heard(made)) == 2, "whoever hangs up does so at the question"
    made, _ = call(STEPS, "1", caller=StepByStep)
    assert made.waits is Waits.SPEECH
    assert heard(made)[1:] == ["To talk, press 1. Or wait, and ...", "Speak.", "(the tone)"]
    made, server = call(STEPS, "1,20s#", caller=StepByStep)
    assert (made.waits, made.messages, made.ended) == (None, [20], "the document ended, and the network hung up")
    assert server.asked[-1][0] == "/over"
    made, _ = call(STEPS, "wait", caller=StepByStep)
    assert heard(made)[-1] == "Nothing was pressed."


def test_what_is_heard_is_kept_piece_by_piece_with_its_language() -> None:
    spanish = '<Say voice="v" language="es-US">Uno dos tres cuatro cinco seis.</Say>'
    made, _ = call(
        {"/voice": f'<Gather action="/k" numDigits="1">{say("Please press 1.")}{spanish}</Gather>', "/k": "<Hangup/>"},
        "1",
    )
    (line,) = (line for line in made.transcript.lines if line.what == "hears")
    assert [(piece.text, piece.language) for piece in line.said] == [
        ("Please press 1.", "en-US"),
        ("Uno dos tres ...", "es-US"),
    ]


def test_the_key_that_finishes_is_no_input() -> None:
    made, server = call({"/voice": f'<Gather action="/key">{say("Keys.")}</Gather>' + say("Next.")}, keys="#!")
    assert len(server.asked) == 1
    assert heard(made)[-1] == "Next."


def test_a_relative_address_is_of_the_document() -> None:
    _, server = call({"/voice": "<Redirect>/a/b</Redirect>", "/a/b": "<Redirect>c</Redirect>", "/a/c": "<Hangup/>"})
    assert [path for path, _, _ in server.asked] == ["/voice", "/a/b", "/a/c"]


def test_cookies_are_kept_within_the_call() -> None:
    page = Reply(
        200, {"Content-Type": "text/xml", "Set-Cookie": "a=1; Path=/"}, b"<Response><Redirect>/n</Redirect></Response>"
    )
    _, server = call({"/voice": page, "/n": "<Hangup/>"})
    assert server.asked[1][2]["Cookie"] == "a=1"


def test_ten_redirects_are_followed_and_no_more() -> None:
    moved = Reply(302, {"Location": "/voice"}, b"")
    made, server = call({"/voice": moved})
    assert len(server.asked) == 11
    assert made.ended == "the network gave up"


def test_a_redirect_loses_the_keys() -> None:
    pages: dict[str, Answer | list[Answer]] = {
        "/voice": '<Gather action="/key" numDigits="1"/>',
        "/key": Reply(302, {"Location": "/moved"}, b""),
        "/moved": "<Hangup/>",
    }
    _, server = call(pages, keys="1!")
    assert "Digits" in server.asked[1][1]
    assert "Digits" not in server.asked[2][1]


@pytest.mark.parametrize("failure", [Reply(500, {}, b""), Reply(404, {}, b""), Unreachable("rt", "too slow")])
def test_without_a_fallback_the_network_gives_up(failure: Answer) -> None:
    made, server = call({"/voice": failure})
    assert heard(made) == [f"[network] {APPLICATION_ERROR}"]
    assert len(server.asked) == 1, "by default only a failed connection is tried again"


def test_a_failed_connection_is_tried_once_more() -> None:
    made, _ = call({"/voice": [Unreachable("ct", "refused"), say("Back.")]})
    assert heard(made) == ["[en-US] Back."]


def test_an_address_may_ask_for_more_tries() -> None:
    slow: list[Answer] = [Unreachable("rt", "slow"), Reply(503, {}, b""), say("Back.")]
    made, server = call({"/voice": "<Redirect>/n?a=1#rc=2&amp;rp=all</Redirect>", "/n": slow})
    assert heard(made) == ["[en-US] Back."]
    assert {path for path, _, _ in server.asked} == {"/voice", "/n?a=1"}, "the fragment is never sent"


def test_nobody_waits_longer_than_15_seconds_for_an_answer() -> None:
    slow = Unreachable("rt", "too slow", 15.0)
    made, server = call({"/voice": "<Redirect>/slow#rt=60000</Redirect>", "/slow": slow, "/fallback": say("Help.")})
    assert server.limits == [15.0, 15.0, 15.0]
    assert heard(made) == ["(silence for 15 s)", "[en-US] Help."]
    assert made.clock.elapsed > 15


def test_an_address_may_ask_for_a_shorter_wait() -> None:
    slow: list[Answer] = [Unreachable("rt", "too slow", 4.0), say("Back.")]
    made, server = call({"/voice": "<Redirect>/n#rt=4000&amp;rc=1&amp;rp=all</Redirect>", "/n": slow})
    assert server.limits == [15.0, 4.0, 4.0]
    assert heard(made) == ["(silence for 4 s)", "[en-US] Back."]


def test_the_fallback_is_told_what_failed_and_takes_over() -> None:
    pages: dict[str, Answer | list[Answer]] = {
        "/voice": "<Redirect>/gone</Redirect>",
        "/gone": Reply(500, {}, b""),
        "/fallback": say("Help."),
    }
    made, server = call(pages)
    assert heard(made) == ["[en-US] Help."]
    assert (server.asked[2][1]["ErrorCode"], server.asked[2][1]["ErrorUrl"]) == ("11200", "https://x/gone")


def test_a_tree_that_goes_round_is_an_error_and_not_a_hang() -> None:
    with pytest.raises(SimulationError, match="in a loop"):
        call({"/voice": "<Redirect>/voice</Redirect>"})


@pytest.mark.parametrize("number", ["911", "+1911", "112", "988"])
def test_emergency_numbers_are_never_bridged(number: str) -> None:
    with pytest.raises(SimulationError, match="never bridged"):
        call({"/voice": f'<Dial callerId="{HELPLINE}">{number}</Dial>'})


def test_a_foreign_caller_id_and_a_number_that_is_none_are_errors() -> None:
    with pytest.raises(SimulationError, match="13214"):
        call({"/voice": '<Dial callerId="+16175550111">+16175550101</Dial>'})
    with pytest.raises(SimulationError, match="13224"):
        call({"/voice": f'<Dial callerId="{HELPLINE}">555-0101</Dial>'})


SCREENED = f'<Dial callerId="{HELPLINE}" action="/done" timeout="20"><Number url="/screen">+16175550101</Number></Dial>'


def test_a_screened_leg_that_hears_no_hangup_is_bridged_machine_or_not() -> None:
    pages = {"/voice": SCREENED, "/screen": f'<Gather action="/key">{say("Press 1.")}</Gather>', "/done": "<Hangup/>"}
    made, _ = call(pages, world="*=machine after 5")
    assert made.spoke_with == ["+16175550101"], "the rule that swallows calls: our documents must end in Hangup"


def test_a_screened_leg_that_is_hung_up_on_is_not_bridged() -> None:
    pages = {"/voice": SCREENED, "/screen": "<Gather/><Hangup/>", "/done": "<Hangup/>"}
    made, server = call(pages, world="*=machine after 5")
    assert made.spoke_with == []
    done = server.asked[-1][1]
    assert (done["DialCallStatus"], done["DialBridged"]) == ("completed", "false")


def test_a_leg_speaks_of_its_own_call() -> None:
    _, server = call({"/voice": SCREENED, "/screen": "<Hangup/>", "/done": "<Hangup/>"})
    leg = server.asked[1][1]
    assert leg["Direction"] == "outbound-dial"
    assert leg["ParentCallSid"] == server.asked[0][1]["CallSid"] != leg["CallSid"]


def test_only_some_verbs_may_run_on_a_leg() -> None:
    with pytest.raises(SimulationError, match="may not run on a leg"):
        call({"/voice": SCREENED, "/screen": "<Redirect>/x</Redirect>"})


def test_who_does_not_pick_up_in_time_rings_out() -> None:
    made, server = call({"/voice": SCREENED, "/done": "<Hangup/>"}, world="*=accepts after 25")
    assert server.asked[-1][1]["DialCallStatus"] == "no-answer"
    assert 20 <= made.clock.elapsed < 21


def test_a_dial_without_action_leads_on() -> None:
    made, _ = call({"/voice": f'<Dial callerId="{HELPLINE}">+16175550101</Dial>' + say("After.")}, world="*=busy")
    assert heard(made) == ["[en-US] After."]


@pytest.mark.parametrize("step", ["10", "x", "5m", "hangup@", "1!!", "s"])
def test_a_step_that_means_nothing_is_refused(step: str) -> None:
    with pytest.raises(SimulationError, match="is not a caller's step"):
        Script(step)


@pytest.mark.parametrize("world", ["x", "+1617=dances", "*=busy after", "*=busy since 4", "*=busy after four"])
def test_a_world_that_means_nothing_is_refused(world: str) -> None:
    with pytest.raises(SimulationError):
        parse_world(world)
