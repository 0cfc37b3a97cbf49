"""Go live: from nothing configured to an answered call, and what goes wrong on the way, named."""

import io
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from shutil import copytree
from threading import Semaphore
from types import SimpleNamespace
from typing import Any

import pytest
from werkzeug.wrappers import Request, Response

from phonetree.__main__ import main
from phonetree.commands.work import doctor
from phonetree.config.promises import broken_promises
from phonetree.console import create_app as create_console
from phonetree.core.tree import Site
from phonetree.errors import Problem
from phonetree.settings import ConsoleSettings
from phonetree.simulator.account import country
from phonetree.simulator.caller import Script
from phonetree.simulator.network import Clock, Network, NumberSettings
from phonetree.simulator.phone import Call
from phonetree.simulator.provider import Failing, Fault, TestProvider, serve
from phonetree.simulator.transport import OverHttp
from phonetree.simulator.world import parse_world
from phonetree.web import create_app
from tests.support.console import SECRET
from tests.support.databases import tables
from tests.support.lines import NAMES, ROOT, VPR, settings
from tests.support.mail import ACCOUNT, NUMBER, TOKEN, pair
from tests.support.serving import served

pytestmark = pytest.mark.slow

Wsgi = Callable[..., Any]


@dataclass
class Place:
    """A machine that goes live: its folder, its environment, and what stands around it."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch
    provider: TestProvider
    servers: ExitStack = field(default_factory=ExitStack)
    capture: pytest.CaptureFixture[str] | None = None

    def set(self, **values: str) -> None:
        for name, value in values.items():
            self.monkeypatch.setenv(name, value)

    def serve(self, application: Wsgi) -> str:
        return self.servers.enter_context(served(application))

    def answer(
        self, believes: str | None = None, through: Callable[[Wsgi], Wsgi] = lambda application: application
    ) -> str:
        """The server itself, behind a proxy; `believes` is the address it thinks it has."""
        holder: list[Wsgi] = []

        def passed(*request: Any) -> Any:  # made after its own address is known
            return holder[0](*request)

        url = self.serve(passed if through is None else through(passed))
        believed = (believes or url).replace("{port}", url.rpartition(":")[2])
        made = replace(settings(self.folder / "config"), account_sid=ACCOUNT, public_url=believed)
        holder.append(create_app(made, watching=False))
        self.set(PHONETREE_PUBLIC_URL=url)
        return url

    def read(self) -> str:
        """What was printed."""
        assert self.capture
        return self.capture.readouterr().out

    def doctor(self) -> dict[str, list[tuple[str, str]]]:
        """What the doctor says, but for what is well: texts and hints by check."""
        assert self.capture
        self.capture.readouterr()
        status = main(["doctor", "--format", "json"])
        printed = self.capture.readouterr().out
        assert TOKEN not in printed
        assert not any(number in printed for number in NAMES.values())
        found = json.loads(printed)
        wrong: dict[str, list[tuple[str, str]]] = {}
        for one in found:
            if one["verdict"] == "wrong":
                wrong.setdefault(one["id"], []).append((one["text"], one["hint"]))
        assert status == (1 if wrong else 0)
        return wrong


_PROVEN: dict[tuple[str, bool], tuple[Problem, ...]] = {}


def _proven(site: Site, folder: Path, since: date) -> tuple[Problem, ...]:
    """The doctor's look at the promises, once for each revision of a run, with phones and without."""
    known = site.revision, any(member.number for member in site.members)
    if known not in _PROVEN:
        _PROVEN[known] = broken_promises(site, folder, since)
    return _PROVEN[known]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Place]:
    copytree(VPR, tmp_path / "config")
    monkeypatch.chdir(tmp_path)
    provider = TestProvider(ACCOUNT, TOKEN)
    provider.numbers["PN1"] = {
        "sid": "PN1", "phone_number": NUMBER, "voice_url": "https://demo.twilio.com/welcome/voice/",
        "voice_method": "POST", "voice_fallback_url": None, "voice_fallback_method": "POST", "status_callback": None,
        "status_callback_method": "POST", "voice_application_sid": None, "trunk_sid": None, "voice_caller_id_lookup": False,
    }  # fmt: skip
    monkeypatch.setattr(doctor, "broken_promises", _proven)
    made = Place(tmp_path, monkeypatch, provider, capture=capsys)
    monkeypatch.setenv("PHONETREE_PROVIDER_URL", serve(provider))
    monkeypatch.setenv("PHONETREE_DEMO", "1")  # so that numbers may be made up
    yield made
    made.servers.close()


def _settle(place: Place, **answer: Any) -> None:
    """Everything as it should be, but for the number."""
    place.set(TWILIO_ACCOUNT_SID=ACCOUNT, TWILIO_AUTH_TOKEN=TOKEN, PHONETREE_NOTIFY="json://127.0.0.1:9/", **NAMES)
    place.set(DATABASE_URL=tables("sqlite", place.folder))
    keys = place.folder / "config" / "keys"
    keys.mkdir(exist_ok=True)
    for name in ("advocates", "director"):
        (keys / f"{name}.pem").write_bytes(pair(name)[2].public)
    place.answer(**answer)
    assert place.capture
    place.capture.readouterr()
    assert main(["fallback"]) == 0
    document = place.capture.readouterr().out
    place.set(PHONETREE_FALLBACK_URL=place.serve(_static(document)))


def _static(document: str, status: int = 200, kind: str = "text/xml") -> Wsgi:
    return Response(document, status=status, content_type=kind)


def test_from_nothing_to_an_answered_call(place: Place) -> None:
    wrong = place.doctor()
    assert wrong["settings"][0][0].startswith("TWILIO_ACCOUNT_SID is not set")
    assert {"settings", "files", "keys", "database", "notices", "server"} <= wrong.keys()
    place.set(DATABASE_URL=f"sqlite:///{place.folder}/phonetree.db")
    assert main(["migrate"]) == 0
    _settle(place)
    assert set(place.doctor()) == {"number"}
    assert main(["provision"]) == 0
    assert place.provider.numbers["PN1"]["voice_url"] == "https://demo.twilio.com/welcome/voice/", "only shown"
    assert main(["provision", "--apply"]) == 0
    assert place.doctor() == {}
    assert place.capture
    place.capture.readouterr()
    assert main(["provision", "--apply"]) == 0
    assert "there is nothing to change" in place.capture.readouterr().out

    has = place.provider.numbers["PN1"]
    voice, fallback, status = (str(has[name]) for name in ("voice_url", "voice_fallback_url", "status_callback"))
    addresses = NumberSettings(NUMBER, voice, fallback, status)
    network = Network(OverHttp(), TOKEN, addresses)
    call = Call(network, Clock(datetime.now(UTC)), Script("2,1"), parse_world("*=answers talks 5")).run()
    assert call.spoke_with == ["+18008418371"]

    assert main(["provision", "--undo", "--apply"]) == 0
    assert place.provider.numbers["PN1"]["voice_url"] == "https://demo.twilio.com/welcome/voice/"
    assert place.provider.numbers["PN1"]["status_callback"] is None


def test_where_no_phone_is_a_desk_the_fallback_rings_nobody_of_the_helpline_and_that_is_said(place: Place) -> None:
    _settle(place)
    advised = [one for one in doctor.examine() if (one.id, one.verdict) == ("fallback", "advice")]
    assert [(one.text, one.hint) for one in advised] == [
        (
            "no member is marked as a desk, so the fallback rings only an outside line",
            "write desk: true at a phone without voicemail (docs/staff.md), then regenerate the fallback",
        )
    ]
    _config("number: $ADVOCATE_1}", "number: $ADVOCATE_1, desk: true}")(place)
    assert [one.verdict for one in doctor.examine() if one.id == "fallback"] == ["wrong"], "the old one is still there"


def _number(**fields: object) -> Callable[[Place], None]:
    return lambda place: place.provider.numbers["PN1"].update(fields)


def _environment(**values: str) -> Callable[[Place], None]:
    return lambda place: place.set(**values)


def _config(old: str, new: str) -> Callable[[Place], None]:
    def edit(place: Place) -> None:
        path = place.folder / "config" / "routing.yaml"
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")

    return edit


def _elsewhere(document: str, **how: Any) -> Callable[[Place], None]:
    return lambda place: place.set(PHONETREE_FALLBACK_URL=place.serve(_static(document, **how)))


def _proxy(change: Callable[[dict[str, Any]], None]) -> Callable[[Wsgi], Wsgi]:
    """A proxy that changes requests on their way."""

    def through(application: Wsgi) -> Wsgi:
        def passed(environ: dict[str, Any], start: Any) -> Any:
            change(environ)
            return application(environ, start)

        return passed

    return through


def _path(to: Callable[[str], str]) -> Callable[[dict[str, Any]], None]:
    return lambda environ: environ.update(PATH_INFO=to(environ["PATH_INFO"]))


def _body(environ: dict[str, Any]) -> None:
    data = Request(environ).get_data().replace(b"&Note=a+b%26c", b"&Note=")
    environ.update({"wsgi.input": io.BytesIO(data), "CONTENT_LENGTH": str(len(data))})
    for name in [name for name in environ if name.startswith("werkzeug")]:
        del environ[name]


def _behind_threads(place: Place, number: int) -> None:
    """So many threads in front of the server, each of which waits for the body of its request."""
    room = Semaphore(number)

    def through(application: Wsgi) -> Wsgi:
        def waiting(environ: Any, start_response: Any) -> Any:
            with room:
                environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
                return application(environ, start_response)

        return waiting

    place.answer(through=through)


def _empty_database(place: Place) -> None:
    (place.folder / "empty.db").touch()
    place.set(DATABASE_URL=f"sqlite:///{place.folder}/empty.db")


def _account(**values: object) -> Callable[[Place], None]:
    def set_(place: Place) -> None:
        for name, value in values.items():
            setattr(place.provider.settings, name, value)

    return set_


def _open_recordings(place: Place) -> None:
    place.provider.leave("CA" + "1" * 32, 2)
    place.provider.settings.open_media = True


MISTAKES: list[tuple[str, Callable[[Place], None], str, str, str]] = [
    ("another address", _number(voice_url="https://old.example.org/voice"), "number", "VoiceUrl", "provision --apply"),
    ("a slash more", _number(status_callback="https://x.example.org/voice/status/"), "number", "StatusCallback", "provision"),
    ("GET", _number(voice_method="GET"), "number", "VoiceMethod (its method) is GET, not POST", "provision"),
    ("GET for the fallback", _number(voice_fallback_method="GET"), "number", "VoiceFallbackMethod", "provision"),
    ("no fallback", _number(voice_fallback_url=None), "number", "primary handler fails", "provision"),
    ("an application", _number(voice_application_sid="AP1"), "number", "an application, which would take", "provision"),
    ("a trunk", _number(trunk_sid="TK1"), "number", "a trunk, which would take the calls", "provision"),
    ("caller lookup", _number(voice_caller_id_lookup=True), "number", "looking up the caller's name", "provision"),
    ("another number", _number(phone_number="+16175550177"), "number", "does not have the helpline's number", "buy it"),
    ("a trial", lambda place: setattr(place.provider, "kind", "Trial"), "account", "on trial", "upgrade it"),
    ("another token", _environment(TWILIO_AUTH_TOKEN="another"), "address", "signature does not match", "TWILIO_AUTH_TOKEN"),
    ("another account", _environment(TWILIO_ACCOUNT_SID="AC" + "9" * 32), "account", "answered 401", ""),
    ("no account id", _environment(TWILIO_ACCOUNT_SID="nonsense"), "settings", "TWILIO_ACCOUNT_SID is malformed", "operators.md"),
    ("http", _environment(PHONETREE_PUBLIC_URL="http://tree.example.org"), "settings", "only be sent over https", "operators.md"),
    ("nobody there", _environment(PHONETREE_PUBLIC_URL="http://127.0.0.1:9"), "address", "nothing answers", "DNS"),
    ("a number not set", _environment(ADVOCATE_1=""), "files", "$ADVOCATE_1", "check"),
    ("a bad edit", _config("go: crisis}", "go: crisys}"), "files", "did you mean 'crisis'?", "check"),
    ("a broken promise", _config("le comunico ahora.}\n      go: barcc_now", "le comunico ahora.}\n      go: leave"), "promises", "hung up on", "prove"),
    ("nobody has a phone", _environment(SECRET_KEY="a-secret" + "0" * 32, ADVOCATE_1="", ADVOCATE_2=""), "promises", "nobody in team 'advocates' has a phone; add one", "prove"),
    ("a fallback of yesterday", _elsewhere("<Response/>"), "fallback", "out of date", "current output"),
    ("a fallback that is gone", _environment(PHONETREE_FALLBACK_URL="http://127.0.0.1:9/"), "fallback", "cannot be reached", "PHONETREE_FALLBACK_URL"),
    ("a fallback that answers GET", _elsewhere("", status=405), "fallback", "answers 405", "answer POST"),
    ("a fallback on the server", _environment(PHONETREE_FALLBACK_URL=""), "fallback", "goes down with it", "elsewhere"),
    ("a path where none is", lambda place: place.set(DATABASE_URL=f"sqlite:///{place.folder}/new.db"), "database", "there is no file at", "database-away.md"),
    ("no schema", _empty_database, "database", "run: scripts/phonetree migrate", "database-away.md"),
    ("no database", _environment(DATABASE_URL="postgresql://x:secret@127.0.0.1:9/x"), "database", "cannot be used", "database-away.md"),
    ("no notices", _environment(PHONETREE_NOTIFY=""), "notices", "not notified", "PHONETREE_NOTIFY"),
    ("a bad notice", _environment(PHONETREE_NOTIFY="nonsense"), "notices", "address 1 is not a valid Apprise address", ""),
    ("slow clients", lambda place: _behind_threads(place, 4), "slow", "incomplete requests", "serve"),
    ("open recordings", _open_recordings, "media", "fetched without a password", "Enforce HTTP Auth"),
    ("a country not allowed", _account(countries=[country("US", "United States/Canada", "+1")]), "countries", "may not call United States", "Geo permissions"),
    ("a stream of calls", _account(streamed={"DF1": ["com.twilio.voice.insights.call-summary.complete"]}), "streams", "who called, and when", "delete the subscription"),
    ("no keys", _environment(PHONETREE_KEYS="/nonexistent"), "keys", "no key to seal messages with: none in /nonexistent", "copy its NAME.pem there"),
]  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake[0])
def test_a_mistake_is_found_with_a_hint_that_leads_to_its_fix(mistake: Any, place: Place) -> None:
    _, make, id_, text, hint = mistake
    _settle(place)
    assert main(["provision", "--apply"]) == 0
    make(place)
    found = place.doctor()
    assert any(text in said and hint in advised for said, advised in found[id_]), found


def test_where_nothing_answers_no_limit_of_a_proxy_is_blamed(place: Place) -> None:
    _settle(place)
    place.set(PHONETREE_PUBLIC_URL="http://127.0.0.1:9")
    assert place.doctor()["slow"] == [("not checked", "fix the address first")]


@pytest.mark.parametrize("url", ["nonsense", "sqlite://", "mysql://x/x"])
def test_of_a_database_that_is_nowhere_no_disk_is_said_to_have_room(url: str, place: Place) -> None:
    _settle(place)
    place.set(DATABASE_URL=url)
    assert place.doctor()["disk"] == [("not checked", "fix DATABASE_URL first")]


def test_the_disk_of_the_database_is_looked_at(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    _settle(place)
    (place.folder / "another disk").mkdir()
    place.set(DATABASE_URL=f"sqlite:///{place.folder}/another disk/not/yet/there.db")
    full = {place.folder / "another disk": SimpleNamespace(free=0)}
    usage = shutil.disk_usage
    monkeypatch.setattr(shutil, "disk_usage", lambda path: full.get(path) or usage(path))
    assert "only 0 MB are free" in place.doctor()["disk"][0][0]
    full[place.folder] = SimpleNamespace(free=0)
    place.set(DATABASE_URL=f"sqlite:///{place.folder}/phonetree.db")
    said = "the database cannot be used: only 0 MB are free on its disk; free some space"
    assert place.doctor()["database"] == [(said, "docs/wrong/database-away.md")]


def test_while_nobody_knows_what_callers_hear_nothing_is_compared_with_it(place: Place) -> None:
    _settle(place)
    place.set(PHONETREE_SOURCE="store", DATABASE_URL="postgresql://x:secret@127.0.0.1:9/x")
    found = place.doctor()
    ((text, hint),) = found["files"]
    assert text.startswith("what callers hear is in the database (PHONETREE_SOURCE=store), but the database cannot be")
    assert hint == "docs/wrong/database-away.md"
    assert found["number"] == found["fallback"] == [("not checked", "fix the files first")]


PROXIES: list[tuple[str, dict[str, Any], str]] = [
    ("believes in http", {"believes": "https://127.0.0.1:{port}"}, "the scheme is different on the server"),
    ("believes in another port", {"believes": "http://127.0.0.1:8080"}, "the port is different on the server"),
    ("believes in localhost", {"believes": "http://localhost:8080"}, "the host is different on the server"),
    ("adds a slash", {"through": _proxy(_path(lambda path: f"{path}/"))}, "slash"),
    ("takes /voice away", {"through": _proxy(_path(lambda path: path.removeprefix("/voice")))}, "removes /voice"),
    ("loses the path", {"through": _proxy(_path(lambda path: "/"))}, "removes /voice"),
    ("rewrites the body", {"through": _proxy(_body)}, "the body is rewritten on the way"),
]


@pytest.mark.parametrize("proxy", PROXIES, ids=lambda proxy: proxy[0])
def test_a_proxys_mistake_is_named_and_nothing_is_provisioned(proxy: Any, place: Place) -> None:
    _, answer, text = proxy
    _settle(place)
    place.answer(**answer)
    (found,) = place.doctor()["address"]
    assert text in found[0], found
    assert main(["provision", "--apply"]) == 1
    assert place.provider.numbers["PN1"]["voice_url"] == "https://demo.twilio.com/welcome/voice/"


def test_notices_are_tried_when_asked_for_and_the_one_that_fails_is_named(place: Place) -> None:
    arrived: list[str] = []

    def office(environ: Any, start_response: Any) -> Any:
        request = Request(environ)
        arrived.append(f"{request.path} {json.loads(request.get_data())['message']}")
        return Response(status=500 if request.path == "/two" else 200)(environ, start_response)

    port = place.serve(office).rpartition(":")[2]
    place.set(PHONETREE_NOTIFY=f"json://127.0.0.1:{port}/one json://127.0.0.1:{port}/two")
    found = {one.id: one for one in doctor.examine()}
    assert (found["notices"].verdict, arrived) == ("ok", [])
    tried = [one for one in doctor.examine(notify=True) if one.id == "notices"]
    assert [(one.verdict, one.text) for one in tried] == [("wrong", "the test notice to address 2 (json) failed")]
    assert [line.partition(" ")[0] for line in arrived] == ["/one", "/two"]
    assert all("test" in line for line in arrived)
    assert main(["doctor", "--notify"]) == 1
    assert port not in place.read()


# -- how the account is set

ABOUT_THE_ACCOUNT = ("subaccount", "media", "countries", "spending", "streams", "insights")
ASKED = {
    "subaccount": r"GET .*/IncomingPhoneNumbers\.json",
    "media": r"GET .*/Recordings\.json",
    "countries": r"GET /v1/DialingPermissions/Countries",
    "spending": r"GET .*/Usage/Triggers\.json",
    "streams": r"GET /v1/Subscriptions",
    "insights": r"GET /v1/Voice/Settings",
}


def _about_the_account() -> dict[str, Any]:
    return {one.id: one for one in doctor.examine() if one.id in ABOUT_THE_ACCOUNT}


def test_an_account_that_is_set_as_it_should_be_is_well(place: Place) -> None:
    _settle(place)
    found = _about_the_account()
    assert {id_: one.verdict for id_, one in found.items()} == {**dict.fromkeys(ASKED, "ok"), "media": "advice"}
    assert "holds no recording now" in found["media"].text, "it cannot be seen without one"
    place.provider.leave("CA" + "1" * 32, 2)
    assert {one.verdict for one in _about_the_account().values()} == {"ok"}


@pytest.mark.parametrize("fault", [Fault.NOT_FOUND, Fault.UNAUTHORIZED, Fault.SERVER_ERROR, Fault.TIMEOUT])
def test_what_the_provider_does_not_show_is_advice_with_where_to_look(
    fault: Fault, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    _settle(place)
    assert main(["provision", "--apply"]) == 0
    monkeypatch.setattr(doctor, "LOOK_SECONDS", (0.5, 0.3))
    place.provider.stall_seconds = 1
    place.provider.failing += [Failing(fault, asked) for asked in ASKED.values()]
    found = _about_the_account()
    assert {one.verdict for one in found.values()} == {"advice"}
    assert len(found) == len(ASKED)
    for one in found.values():
        hidden = fault in (Fault.NOT_FOUND, Fault.UNAUTHORIZED)
        assert (one.text == "the provider does not show this") is hidden, one
        assert hidden or one.text.startswith("not checked: "), one
        assert one.hint.startswith("in the provider's console (Twilio: "), one
    place.provider.failing += [Failing(fault, asked) for asked in list(ASKED.values())[1:]]
    assert place.doctor() == {}, "none of it is a failure"


def test_of_an_account_that_does_not_answer_nothing_else_is_said(place: Place) -> None:
    _settle(place)
    place.set(PHONETREE_PROVIDER_URL="http://127.0.0.1:9")
    found = {(one.verdict, one.text, one.hint) for one in _about_the_account().values()}
    assert found == {("advice", "not checked", "fix the account first")}


def test_without_the_files_what_needs_them_is_not_checked(place: Place) -> None:
    _settle(place)
    _config("go: crisis}", "go: crisys}")(place)
    found = _about_the_account()
    assert [id_ for id_, one in found.items() if one.text == "not checked"] == ["subaccount", "countries"]
    assert found["countries"].hint == "fix the files first"
    assert found["spending"].verdict == "ok"


# -- a number that is forwarded

FORWARD = _config("number: +1 617 253 2300\n", "number: +1 617 253 2300\n  provider_number: +1 617 555 0159\n")
ARRIVES = "+16175550159"


def _forwarded(place: Place) -> None:
    """Everything as it should be: the number at the provider is another one, and the caller id is verified."""
    FORWARD(place)
    place.provider.numbers["PN1"]["phone_number"] = ARRIVES
    place.provider.verified.add(NUMBER)
    _settle(place)
    assert main(["provision", "--apply"]) == 0


def test_a_forwarded_number_goes_live_by_the_number_at_the_provider(place: Place) -> None:
    _forwarded(place)
    assert place.doctor() == {}
    has = place.provider.numbers["PN1"]
    voice, fallback, status = (str(has[name]) for name in ("voice_url", "voice_fallback_url", "status_callback"))
    addresses = NumberSettings(ARRIVES, voice, fallback, status, NUMBER)
    call = Call(
        Network(OverHttp(), TOKEN, addresses), Clock(datetime.now(UTC)), Script("2,1"), parse_world("*=answers talks 5")
    ).run()
    assert [(ringing.numbers, ringing.caller_id) for ringing in call.dialled] == [(("+18008418371",), NUMBER)]


def test_a_caller_id_that_is_not_verified_is_wrong_and_the_doctor_says_what_to_do(place: Place) -> None:
    _forwarded(place)
    place.provider.verified.clear()
    place.provider.verified.add("+16175550177")
    found = place.doctor()
    assert set(found) == {"caller id"}
    ((text, hint),) = found["caller id"]
    assert "not verified" in text
    for what in ("console", "desk phone", "before forwarding is switched on", "caller_id: provider"):
        assert what in hint
    assert (ROOT / "docs" / "forwarding.md").is_file()

    _config("provider_number:", "caller_id: provider\n  provider_number:")(place)
    assert set(place.doctor()) == set()


def test_a_number_of_the_account_needs_no_verifying(place: Place) -> None:
    _forwarded(place)
    place.provider.verified.clear()
    place.provider.numbers["PN2"] = {**place.provider.numbers["PN1"], "sid": "PN2", "phone_number": NUMBER}
    assert place.doctor() == {}


def test_a_provider_that_does_not_tell_what_it_shows_is_no_fault(place: Place) -> None:
    _forwarded(place)
    place.provider.failing.append(Failing(Fault.NOT_FOUND, ".*OutgoingCallerIds.*"))
    found = {one.id: one for one in doctor.examine()}
    assert (found["caller id"].verdict, found["number"].verdict) == ("advice", "ok")
    place.provider.failing.append(Failing(Fault.SERVER_ERROR, ".*OutgoingCallerIds.*"))
    assert "number" in place.doctor(), "but one that fails is"


def test_what_is_not_bought_yet_is_named_by_its_setting(place: Place) -> None:
    _forwarded(place)
    place.provider.numbers.clear()
    ((text, hint),) = place.doctor()["number"]
    assert text == "the account does not have the provider_number"
    assert "buy it" in hint
    assert main(["provision"]) == 1
    assert place.capture
    assert "provider_number" in place.capture.readouterr().err


def test_where_nothing_is_forwarded_nobody_asks_for_caller_ids(place: Place) -> None:
    _settle(place)
    place.doctor()
    assert not any("OutgoingCallerIds" in asked for asked in place.provider.asked)


def _of_the_console(place: Place) -> tuple[str, str]:
    """What the doctor says of the console: its verdict and the text."""
    place.read()
    main(["doctor", "--format", "json"])
    return next((one["verdict"], one["text"]) for one in json.loads(place.read()) if one["id"] == "console")


def test_a_console_that_is_not_reached_is_advice_and_one_that_is_is_well(place: Place) -> None:
    holder: list[Wsgi] = []

    def proxy(behind: Wsgi) -> Wsgi:
        def passed(environ: dict[str, Any], start_response: Any) -> Any:
            staff = holder and environ["PATH_INFO"].startswith("/staff")
            return (holder[0] if staff else behind)(environ, start_response)

        return passed

    _settle(place)
    place.set(SECRET_KEY=SECRET)
    url = place.answer(through=proxy)
    assert _of_the_console(place) == ("advice", "the staff console is not reached at the public address")
    database = f"sqlite:///{place.folder}/phonetree.db"
    made = ConsoleSettings(url, place.folder / "config", NAMES, database, (SECRET,), demo=True, fictional=True)
    holder.append(create_console(made))
    assert _of_the_console(place) == ("ok", "the staff console is reached")
    holder[0] = create_console(replace(made, url=url.replace("http:", "https:")))
    verdict, text = _of_the_console(place)
    assert (verdict, "takes what is sent from the public address for another site's" in text) == ("wrong", True)
