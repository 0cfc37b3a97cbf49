"""How the account is set at the provider: each setting as it should be, as it should not, not shown, and out of
reach."""

import socket
from collections.abc import Callable

import pytest
from werkzeug.wrappers import Response

from phonetree.errors import ProviderError
from phonetree.provider.account import Remark, closed_media, countries, insights, own_account, spending, streams
from phonetree.provider.rest import Provider
from phonetree.simulator.account import country, trigger
from phonetree.simulator.provider import Failing, Fault, TestProvider, serve
from tests.support.mail import ACCOUNT, NUMBER, TOKEN

ADVOCATE, BAHAMAS, LINE = "+16175550101", "+12425550101", "+18008418371"
SHORT = (2.0, 1.0)
CALLS = "com.twilio.voice.insights.call-summary.complete"

Look = Callable[[Provider], list[Remark]]
LOOKS: dict[str, tuple[Look, str]] = {
    "subaccount": (lambda provider: own_account(provider, [NUMBER]), rf"GET /2010-04-01/Accounts/{ACCOUNT}\.json"),
    "media": (closed_media, r"GET .*/Recordings\.json"),
    "countries": (lambda provider: countries(provider, [ADVOCATE, LINE]), r"GET /v1/DialingPermissions/Countries"),
    "spending": (spending, r"GET .*/Usage/Triggers\.json"),
    "streams": (streams, r"GET /v1/Subscriptions"),
    "insights": (insights, r"GET /v1/Voice/Settings"),
}


@pytest.fixture
def held() -> TestProvider:
    """A provider where all is as it should be; it holds one recording."""
    made = TestProvider(ACCOUNT, TOKEN, stall_seconds=2)
    made.numbers["PN1"] = {"sid": "PN1", "phone_number": NUMBER}
    made.leave("CA" + "1" * 32, 2)
    return made


@pytest.fixture
def provider(held: TestProvider) -> Provider:
    return Provider(serve(held), ACCOUNT, TOKEN, SHORT)


def _texts(remarks: list[Remark]) -> list[tuple[str, bool]]:
    assert all(remark.hint.startswith("in the provider's console (Twilio: ") for remark in remarks)
    return [(remark.text, remark.wrong) for remark in remarks]


@pytest.mark.parametrize("name", LOOKS)
def test_where_all_is_well_there_is_nothing_to_remark(name: str, provider: Provider) -> None:
    assert LOOKS[name][0](provider) == []


@pytest.mark.parametrize("fault", [Fault.NOT_FOUND, Fault.UNAUTHORIZED, Fault.FORBIDDEN])
@pytest.mark.parametrize("name", LOOKS)
def test_what_is_not_shown_is_told_from_what_fails(
    name: str, fault: Fault, held: TestProvider, provider: Provider
) -> None:
    look, path = LOOKS[name]
    held.failing.append(Failing(fault, path))
    with pytest.raises(ProviderError) as raised:
        look(provider)
    assert raised.value.hidden


@pytest.mark.parametrize("fault", [Fault.SERVER_ERROR, Fault.TOO_MANY, Fault.TIMEOUT, Fault.NOT_JSON])
@pytest.mark.parametrize("name", LOOKS)
def test_a_failure_says_nothing_of_the_setting(name: str, fault: Fault, held: TestProvider, provider: Provider) -> None:
    look, path = LOOKS[name]
    held.failing.append(Failing(fault, path))
    with pytest.raises(ProviderError) as raised:
        look(provider)
    assert not raised.value.hidden


@pytest.mark.parametrize("name", LOOKS)
def test_a_provider_that_cannot_be_reached_says_nothing(name: str) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        with pytest.raises(ProviderError, match="cannot be reached") as raised:
            LOOKS[name][0](Provider(url, ACCOUNT, TOKEN, SHORT))
    assert not raised.value.hidden


@pytest.mark.parametrize("name", LOOKS)
def test_an_answer_that_says_nothing_is_not_taken_for_a_good_one(
    name: str, held: TestProvider, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of another provider that has something else at this address."""
    monkeypatch.setattr(held, "_answer", lambda _: Response("{}", content_type="application/json"))
    if name == "media":
        assert [remark.text[:11] for remark in closed_media(provider)] == ["not checked"]
        return
    with pytest.raises(ProviderError) as raised:
        LOOKS[name][0](provider)
    assert raised.value.hidden


# -- an account of its own


def test_a_main_account_and_other_numbers_are_named(held: TestProvider, provider: Provider) -> None:
    held.settings.owner = ACCOUNT
    held.numbers["PN2"] = {"sid": "PN2", "phone_number": "+16175550177"}
    main, others = _texts(own_account(provider, [NUMBER]))
    assert main == ("the account is a main account: whoever gets its token also reaches all of its sub-accounts", False)
    text = "the account has 1 other number, whose calls and recordings stay there, within reach of the same token"
    assert others == (text, False)


def test_where_no_owner_is_shown_nothing_is_said_of_it(held: TestProvider, provider: Provider) -> None:
    held.settings.owner = ""
    with pytest.raises(ProviderError) as raised:
        own_account(provider, [NUMBER])
    assert raised.value.hidden


# -- recordings


def test_recordings_that_anybody_can_fetch_are_wrong(held: TestProvider, provider: Provider) -> None:
    held.settings.open_media = True
    text = "recordings can be fetched without a password: whoever learns an address hears the message"
    assert _texts(closed_media(provider)) == [(text, True)]
    assert not [asked for asked in held.asked if asked.startswith("GET /media/")], "the sound itself is not fetched"


def test_without_a_recording_it_cannot_be_seen_and_that_is_said(held: TestProvider, provider: Provider) -> None:
    held.recordings.clear()
    text = "not checked: the provider holds no recording now that could be asked for"
    assert _texts(closed_media(provider)) == [(text, False)]


def test_one_that_is_deleted_meanwhile_or_unfinished_says_nothing(held: TestProvider, provider: Provider) -> None:
    held.settings.open_media = True
    held.failing.append(Failing(Fault.NOT_FOUND, r"GET .*\.wav"))
    assert not closed_media(provider)[0].wrong
    next(iter(held.recordings.values())).status = "in-progress"
    assert not closed_media(provider)[0].wrong


# -- countries


def test_a_country_that_the_tree_calls_and_the_account_may_not_is_wrong(held: TestProvider, provider: Provider) -> None:
    ((text, wrong),) = _texts(countries(provider, [ADVOCATE, BAHAMAS]))
    assert text == "the account may not call Bahamas, where phones of the tree are: calls to them fail"
    assert wrong
    held.settings.countries[1]["low_risk_numbers_enabled"] = True
    assert countries(provider, [ADVOCATE, BAHAMAS]) == []


def test_one_of_two_countries_with_a_code_suffices(held: TestProvider, provider: Provider) -> None:
    held.settings.countries += [country("GB", "United Kingdom", "+44", low=True), country("GG", "Guernsey", "+44")]
    assert countries(provider, [ADVOCATE, "+442079460100"]) == []


def test_countries_that_the_tree_never_calls_are_advice(held: TestProvider, provider: Provider) -> None:
    held.settings.countries += [country(f"X{number}", f"Place {number:02}", f"+9{number:02}", low=True)
                                for number in range(60)]  # fmt: skip
    text = "the account may call countries that the tree never calls (Place 00, Place 01, Place 02 and 57 more)"
    assert _texts(countries(provider, [ADVOCATE])) == [(f"{text}: a stolen token could run up costs there", False)]
    assert len([asked for asked in held.asked if "Countries" in asked]) == 2, "every page is read"


@pytest.mark.parametrize("field", ["high_risk_special_numbers_enabled", "high_risk_tollfraud_numbers_enabled"])
def test_high_risk_numbers_are_advice(field: str, held: TestProvider, provider: Provider) -> None:
    held.settings.countries[0][field] = True
    text = "the account may call high-risk numbers (United States/Canada): a stolen token could run up costs there"
    assert _texts(countries(provider, [ADVOCATE])) == [(text, False)]


def test_an_empty_list_of_countries_is_none(held: TestProvider, provider: Provider) -> None:
    held.settings.countries.clear()
    with pytest.raises(ProviderError) as raised:
        countries(provider, [ADVOCATE])
    assert raised.value.hidden


# -- spending


@pytest.mark.parametrize(
    ("triggers", "watched"),
    [
        ([], False),
        ([trigger("count")], False),
        ([trigger(recurring=None, fired="Sun, 06 Sep 2026 12:58:45 +0000")], False),
        ([trigger(recurring=None)], True),
        ([trigger(recurring="monthly", fired="Sun, 06 Sep 2026 12:58:45 +0000")], True),
        ([trigger("usage"), trigger()], True),
    ],
)
def test_an_alarm_is_on_a_price_and_fires_again(
    triggers: list[dict[str, object]], watched: bool, held: TestProvider, provider: Provider
) -> None:
    held.settings.triggers = triggers
    text = "nothing watches what the account spends: once the balance is used up, no call comes in"
    assert _texts(spending(provider)) == ([] if watched else [(text, False)])


# -- event streams, and Voice Insights


def test_a_stream_of_calls_is_wrong_and_one_of_others_is_not(held: TestProvider, provider: Provider) -> None:
    held.settings.streamed = {"DF1": ["com.twilio.messaging.message.sent"], "DF2": []}
    assert streams(provider) == []
    held.settings.streamed["DF2"] = [CALLS, "com.twilio.error-logs.error.logged"]
    text = (
        "an event stream sends who called, and when, to another place (2 types of events, such as "
        "com.twilio.error-logs.error.logged), where nothing is deleted"
    )
    assert _texts(streams(provider)) == [(text, True)]


def test_a_stream_that_ends_meanwhile_does_not_hide_the_others(held: TestProvider, provider: Provider) -> None:
    held.settings.streamed = {"DF1": [CALLS], "DF2": ["com.twilio.voice.status-callback.call.completed"]}
    held.failing.append(Failing(Fault.NOT_FOUND, r"GET /v1/Subscriptions/DF1/SubscribedEvents"))
    assert [wrong for _, wrong in _texts(streams(provider))] == [True]


def test_what_insights_keep_beyond_the_default_is_advice(held: TestProvider, provider: Provider) -> None:
    held.settings.insights["voice_trace"] = True
    said = "of Voice Insights: kept for 30 days, more about each call is shown"
    assert _texts(insights(provider)) == [(f"Voice Trace {said}", False)]
    held.settings.insights["advanced_features"] = True
    assert _texts(insights(provider)) == [(f"Advanced Features and Voice Trace {said}", False)]


# -- where it is asked


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("https://api.twilio.com", "https://voice.twilio.com"),
        ("https://api.dublin.ie1.twilio.com", "https://voice.dublin.ie1.twilio.com"),
        ("https://example.signalwire.com/api/laml", "https://example.signalwire.com/api/laml"),
        ("https://api.example.org", "https://api.example.org"),
        ("https://api.nottwilio.com", "https://api.nottwilio.com"),
        ("http://127.0.0.1:8081", "http://127.0.0.1:8081"),
    ],
)
def test_each_of_twilios_apis_has_a_host_and_any_other_provider_has_one(url: str, asked: str) -> None:
    assert Provider(url, ACCOUNT, TOKEN)._service("voice") == asked
