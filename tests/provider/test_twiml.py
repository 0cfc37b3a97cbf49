"""Documents: escaped once, within the limits, cached."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phonetree.core.state import State, Step
from phonetree.core.verbs import Bridge, Dial, Gather, Hangup, Play, Record, Redirect, Say, Voice
from phonetree.provider.twiml import CONTENT_TYPE, Renderer, RenderError
from phonetree.simulator import twiml as simulated

VOICE = Voice("Polly.Joanna-Neural", "en-US")
THERE = State("abc", "en", "welcome", Step.ASK, menu="welcome", misses=1)
RENDERER = Renderer("https://tree.example.org")


@pytest.mark.parametrize("text", ["Harm & help", "<Hangup/>", "a < b > c", '"quoted" it\'s', "]]>", "ñandú", "&amp;"])
def test_words_come_through_as_they_are(text: str) -> None:
    document = simulated.parse(RENDERER.render((Say(text, VOICE),)), CONTENT_TYPE)
    assert document == (simulated.Said(text, "en-US"),)


@given(
    st.text(
        st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), min_size=1
    )
)
def test_any_words_come_through(text: str) -> None:
    if text.strip():
        (said,) = simulated.parse(RENDERER.render((Say(text, VOICE),)), CONTENT_TYPE)
        assert isinstance(said, simulated.Said)
        assert said.text == text.strip()


def test_an_address_carries_the_state_and_asks_for_retries() -> None:
    gather, redirect = simulated.parse(RENDERER.render((Gather((), 8, THERE), Redirect(THERE))), CONTENT_TYPE)
    assert isinstance(gather, simulated.Gather)
    assert isinstance(redirect, simulated.Redirect)
    bare, _, overrides = redirect.url.partition("#")
    assert bare == "https://tree.example.org/voice/abc/en/welcome/ask?menu=welcome&misses=1"
    assert "rp=all" in overrides
    assert gather.action == redirect.url
    assert (gather.timeout, gather.most_keys, gather.finish_on) == (8, 1, "")


def test_dial_record_play_and_the_rest() -> None:
    verbs = (
        Play("welcome.mp3", "Welcome."),
        Dial(("+16175550101", "+16175550102"), "+16175550100", 20, THERE, THERE),
        Dial(("+16175550103",), None, 30, None, None),
        Record(180, 10, THERE),
        Hangup(),
    )
    play, screened, plain, record, _ = simulated.parse(RENDERER.render(verbs), CONTENT_TYPE)
    assert play == simulated.Said("https://tree.example.org/audio/welcome.mp3", "file")
    assert isinstance(screened, simulated.Dial)
    assert [number.number for number in screened.numbers] == ["+16175550101", "+16175550102"]
    assert all(number.screen for number in screened.numbers)
    assert (screened.caller_id, screened.timeout) == ("+16175550100", 20)
    assert isinstance(plain, simulated.Dial)
    assert (plain.numbers[0].screen, plain.caller_id, plain.action) == (None, None, None)
    assert isinstance(record, simulated.Record)
    assert (record.longest, record.timeout, record.finish_on) == (180, 10, "#")
    assert record.callback == "https://tree.example.org/voice/recording"


def test_letting_a_leg_through_is_a_document_that_ends() -> None:
    assert simulated.parse(RENDERER.render((Bridge(),)), CONTENT_TYPE) == ()


def test_a_document_that_the_provider_would_refuse_is_an_error() -> None:
    with pytest.raises(RenderError, match="of at most 65536"):
        RENDERER.render(tuple(Say("word " * 500, VOICE) for _ in range(30)))


def test_the_same_verbs_are_rendered_once() -> None:
    renderer = Renderer("https://tree.example.org")
    first, again = (renderer.render((Say("Hello.", VOICE), Hangup())) for _ in range(2))
    assert first is again


def test_a_document_that_holds_the_moment_of_a_call_is_not_remembered() -> None:
    renderer = Renderer("https://tree.example.org")
    ring = State("abc", "en", "advocate", Step.RUNG, began=1_800_000_000)
    verbs = (Dial(("+16175550101",), None, 20, None, ring), Redirect(ring))
    first, again = (renderer.render(verbs) for _ in range(2))
    assert first == again
    assert first is not again


def test_an_audio_files_name_is_an_address_whatever_is_in_it() -> None:
    (play,) = simulated.parse(RENDERER.render((Play("señal 5? #1 50%.mp3", ""),)), CONTENT_TYPE)
    assert play == simulated.Said("https://tree.example.org/audio/se%C3%B1al%205%3F%20%231%2050%25.mp3", "file")
