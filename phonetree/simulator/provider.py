"""A fake provider for tests: the REST API that the product uses, with what Twilio would hold.

It requires the account's credentials, lists in pages, redirects to the sound, refuses to delete unfinished calls,
and fails on demand. It holds only generated recordings, in memory. Rules are from Twilio's page
voice/api/recording and its OpenAPI description.
"""

from __future__ import annotations

import io
import json
import math
import re
import struct
import time
import wave
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from enum import StrEnum
from hmac import compare_digest
from itertools import count
from threading import Lock, Thread
from typing import TYPE_CHECKING

from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from phonetree.simulator.account import AccountSettings
from phonetree.simulator.placed import Dialled, PlacedCall
from phonetree.simulator.world import Behaviour, World

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

RATE = 8000
MOST_TWIML = 4000
"""Characters of a document in a request (Twilio, api/errors/32018)."""
_E164 = re.compile(r"\+[1-9]\d{6,14}")
PAGE_SIZE = 50
"""The provider's default page size."""


class Fault(StrEnum):
    """What can go wrong with a request."""

    UNAUTHORIZED = "401"
    FORBIDDEN = "403"
    NOT_FOUND = "404"
    TOO_MANY = "429"
    SERVER_ERROR = "500"
    TIMEOUT = "timeout"
    CUT = "cut"
    SLOW = "slow"
    NOT_JSON = "not json"
    ELSEWHERE = "elsewhere"
    """Redirected to another host."""
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Failing:
    """The next `times` requests whose method and path match fail like this."""

    fault: Fault
    matches: str = ".*"
    times: int = 1


@dataclass(slots=True)
class Held:
    """A recording that is held."""

    id: str
    call: str
    sound: bytes
    seconds: int
    made_at: datetime
    status: str = "completed"
    duration: str | None = None
    """The length that the provider reports, if different from `seconds`; "" reports none."""
    encryption: dict[str, str] | None = None


@dataclass(slots=True)
class HeldCall:
    """The record of a call."""

    id: str
    to: str
    caller: str
    status: str = "completed"
    parent: str = ""
    direction: str = ""
    """Default `inbound`; `outbound-dial` for a leg."""
    began_at: datetime = field(default_factory=lambda: datetime.now(UTC))


def sound(seconds: int, pitch: float = 440.0) -> bytes:
    """A WAV file of `seconds`: a tone that goes up and down, so that all messages differ."""
    samples = (
        int(8000 * math.sin(2 * math.pi * pitch * (1 + 0.2 * math.sin(second / RATE)) * second / RATE))
        for second in range(seconds * RATE)
    )
    frames = b"".join(struct.pack("<h", sample) for sample in samples)
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(frames)
    return file.getvalue()


@dataclass
class TestProvider:
    """Everything held for one account; a WSGI application."""

    __test__ = False

    account: str
    token: str
    recordings: dict[str, Held] = field(default_factory=dict)
    calls: dict[str, HeldCall] = field(default_factory=dict)
    numbers: dict[str, dict[str, object]] = field(default_factory=dict)
    verified: set[str] = field(default_factory=set)
    """Numbers from elsewhere that may be shown as caller ids."""
    kind: str = "Full"
    settings: AccountSettings = field(default_factory=AccountSettings)
    secondary: str = ""
    """A second token, accepted like the first (Twilio, iam/api/secondary_authtoken)."""
    world: World = field(default_factory=World)
    """What the phones do that the account calls."""
    heard: list[str] = field(default_factory=list)
    """What was heard on these phones."""
    dialled: list[Dialled] = field(default_factory=list)
    """The phones that were dialled in these calls."""
    failing: list[Failing] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    stall_seconds: float = 60.0
    """How long a timed-out or slow request has to wait."""
    _ids: count[int] = field(default_factory=lambda: count(1))
    _lock: Lock = field(default_factory=Lock)

    def leave(self, call: str, seconds: int, *, number: str = "+16172532300", caller: str = "+16175550123") -> Held:
        """Leaves a message in a call."""
        with self._lock:
            number_of_it = next(self._ids)
        held = Held(
            f"RE{number_of_it:032x}", call, sound(seconds, 300 + number_of_it % 500), seconds, datetime.now(UTC)
        )
        self.calls.setdefault(call, HeldCall(call, number, caller))
        self.recordings[held.id] = held
        return held

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self._answer(Request(environ))(environ, start_response)

    # -- requests

    def _answer(self, request: Request) -> Response:
        what = f"{request.method} {request.path}"
        self.asked.append(what)
        sound_of = re.fullmatch(r"/media/(RE\w{32})", request.path)
        if not sound_of and not self._authorized(request) and not self._open(request):
            return _error(401, 20003)
        fault = self._fault(what)
        if fault and (failed := self._failed(fault)):
            return failed
        if what == "POST /simulated/messages":
            left = request.get_json()
            self.leave(left["call"], left["seconds"], number=left["to"])
            return Response(status=201)
        if (held := self._account(request)) is not None:
            return held
        place = sound_of or re.fullmatch(
            rf"/2010-04-01/Accounts/{self.account}/(Recordings|Calls)(?:/(\w{{34}}))?\.(json|wav)", request.path
        )
        if place is None:
            return _error(404, 20404)
        if sound_of:
            return self._sound(sound_of[1], fault)
        kind, item, form = place.groups()
        match kind, item, request.method:
            case "Recordings", None, "GET":
                return self._listed(request, "recordings", [_recording(one) for one in self.recordings.values()])
            case "Calls", None, "GET":
                return self._listed(request, "calls", [_call(one) for one in self._calls(request.args)])
            case "Recordings", _, "GET" if form == "wav" and item in self.recordings:
                return Response(status=307, headers={"Location": f"/media/{item}"})
            case _, _, "GET" if item in self._all(kind):
                one = self.recordings.get(item) or self.calls[item]
                return _json(_recording(one) if isinstance(one, Held) else _call(one))
            case _, _, "DELETE" if item in self._all(kind):
                return self._delete(kind, item)
        return _error(404, 20404)

    def _place(self, form: Mapping[str, str]) -> Response:
        """A call that the account places (Twilio, voice/api/call-resource, and the error numbers of api/errors)."""
        to, caller = form.get("To", ""), form.get("From", "")
        if not _E164.fullmatch(to):
            return _error(400, 21211)
        if not self._shows(caller):
            return _error(400, 21210)
        if len(form.get("Twiml", "")) > MOST_TWIML:
            return _error(400, 32018)
        with self._lock:
            held = HeldCall(f"CA{next(self._ids):032x}", to, caller, "queued", direction="outbound-api")
        self.calls[held.id] = held
        call = PlacedCall(
            held.id, self.account, self.token, to, caller, form["Twiml"], form["StatusCallback"], self.heard, self._dial
        )
        call.begin(self.world.phone(to, screened=True), lambda status: setattr(held, "status", status))
        response = _json(_call(held))
        response.status_code = 201
        return response

    def _shows(self, caller_id: str) -> bool:
        """Whether a call may show this number (Twilio, api/errors/21210 and 13214)."""
        ours = {str(one["phone_number"]) for one in self.numbers.values()} | self.verified
        return bool(_E164.fullmatch(caller_id)) and (not ours or caller_id in ours)

    def _dial(self, call: str, dialled: Dialled) -> tuple[HeldCall | None, Behaviour]:
        """A leg of a call that the account placed, and what its phone does."""
        self.dialled.append(dialled)
        behaviour = self.world.phone(dialled.number, screened=False)
        if not (self._shows(dialled.caller_id) and _E164.fullmatch(dialled.number)):
            return None, behaviour
        with self._lock:
            held = HeldCall(f"CA{next(self._ids):032x}", dialled.number, dialled.caller_id, "ringing", parent=call)
            self.calls[held.id] = held
        return held, behaviour

    def _account(self, request: Request) -> Response | None:
        """The account and its numbers; and a call that it places."""
        account = f"/2010-04-01/Accounts/{self.account}"
        if request.path == f"{account}/Calls.json" and request.method == "POST":
            return self._place(request.form)
        if request.path == f"{account}.json":
            owner = {"owner_account_sid": self.settings.owner} if self.settings.owner else {}
            return _json({"sid": self.account, "status": "active", "type": self.kind, **owner})
        if request.path == f"{account}/OutgoingCallerIds.json":
            return self._caller_ids(request)
        if request.path == f"{account}/Usage/Triggers.json":
            return self._listed(request, "usage_triggers", self.settings.triggers)
        if request.path == "/v1/Voice/Settings":
            return _json({"account_sid": self.account, **self.settings.insights, "url": request.base_url})
        if (items := self.settings.listed(self.account, request.path)) is not None:
            return self._listed_v1(request, *items)
        place = re.fullmatch(rf"{account}/IncomingPhoneNumbers(?:/(\w+))?\.json", request.path)
        return self._number(request, place[1]) if place else None

    def _number(self, request: Request, item: str | None) -> Response:
        """The numbers; one of them is set by POST, each field that is given (Twilio, phone-numbers/api)."""
        if item is None:
            asked = request.args.get("PhoneNumber")
            items = [one for one in self.numbers.values() if asked in (None, one["phone_number"])]
            return self._listed(request, "incoming_phone_numbers", items)
        if item not in self.numbers or request.method != "POST":
            return _error(404, 20404)
        for name, value in request.form.items():
            listed = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
            self.numbers[item][listed] = value == "true" if listed == "voice_caller_id_lookup" else value or None
        return _json(self.numbers[item])

    def _caller_ids(self, request: Request) -> Response:
        """The verified numbers (Twilio, voice/api/outgoing-caller-ids-resource)."""
        asked = request.args.get("PhoneNumber")
        items = [
            {"sid": f"PN{place:032x}", "phone_number": number, "friendly_name": number}
            for place, number in enumerate(sorted(self.verified))
            if asked in (None, number)
        ]
        return self._listed(request, "outgoing_caller_ids", [dict(item) for item in items])

    def _authorized(self, request: Request) -> bool:
        given = request.authorization
        password = (given.get("password") if given else None) or ""
        return bool(
            given
            and compare_digest(given.get("username") or "", self.account)
            and any(compare_digest(password, token) for token in (self.token, self.secondary) if token)
        )

    def _open(self, request: Request) -> bool:
        """Whether it is answered without credentials: only the sound of a recording, and only if that is set."""
        return self.settings.open_media and request.path.endswith(".wav")

    def _all(self, kind: str) -> Mapping[str, Held | HeldCall]:
        return self.recordings if kind == "Recordings" else self.calls

    def _calls(self, query: Mapping[str, str]) -> list[HeldCall]:
        fields = {"To": "to", "From": "caller", "ParentCallSid": "parent"}
        wanted = {fields[name]: value for name, value in query.items() if name in fields}
        return [one for one in list(self.calls.values()) if all(getattr(one, name) == wanted[name] for name in wanted)]

    def _listed(self, request: Request, name: str, items: list[dict[str, object]]) -> Response:
        size = min(int(request.args.get("PageSize", PAGE_SIZE)), PAGE_SIZE)
        page = int(request.args.get("Page", 0))
        following = None
        if len(items) > (page + 1) * size:
            query = "&".join(
                f"{key}={value.replace('+', '%2B')}" for key, value in request.args.items() if key != "Page"
            )
            following = f"{request.path}?{query}&Page={page + 1}"
        return _json({name: items[page * size : (page + 1) * size], "next_page_uri": following})

    def _listed_v1(self, request: Request, key: str, items: list[dict[str, object]]) -> Response:
        """As the APIs of other hosts list (Twilio, usage/twilios-response): the next page by its whole address."""
        size = min(int(request.args.get("PageSize", PAGE_SIZE)), PAGE_SIZE)
        page = int(request.args.get("Page", 0))
        url = f"{request.base_url}?PageSize={size}&Page="
        following = f"{url}{page + 1}" if len(items) > (page + 1) * size else None
        meta = {"page": page, "page_size": size, "key": key, "url": f"{url}{page}", "first_page_url": f"{url}0",
                "previous_page_url": f"{url}{page - 1}" if page else None, "next_page_url": following}  # fmt: skip
        return _json({key: items[page * size : (page + 1) * size], "meta": meta})

    def _delete(self, kind: str, item: str) -> Response:
        held = self._all(kind)[item]
        if held.status not in ("completed", "busy", "failed", "no-answer", "canceled"):
            return _error(409, 20009)
        with self._lock:
            (self.recordings if kind == "Recordings" else self.calls).pop(item, None)
        return Response(status=204)

    def _sound(self, item: str, fault: Fault | None) -> Response:
        if item not in self.recordings:
            return _error(404, 20404)
        data = self.recordings[item].sound
        headers = {"Content-Type": "audio/wav", "Content-Length": str(len(data))}
        match fault:
            case Fault.CUT:
                return Response(iter([data[: len(data) // 2]]), headers=headers)
            case Fault.SLOW:
                return Response(self._slowly(data), headers=headers)
            case Fault.EMPTY:
                return Response(b"", headers={"Content-Type": "audio/wav"})
        return Response(data, headers=headers)

    # -- faults

    def _fault(self, what: str) -> Fault | None:
        with self._lock:
            for number, failing in enumerate(self.failing):
                if re.fullmatch(failing.matches, what):
                    left = Failing(failing.fault, failing.matches, failing.times - 1)
                    self.failing[number : number + 1] = [left] if left.times else []
                    return failing.fault
        return None

    def _failed(self, fault: Fault) -> Response | None:
        match fault:
            case Fault.UNAUTHORIZED | Fault.FORBIDDEN | Fault.NOT_FOUND | Fault.SERVER_ERROR:
                return _error(int(fault), 20000 + int(fault))
            case Fault.TOO_MANY:
                response = _error(429, 20429)
                response.headers["Retry-After"] = "1"
                return response
            case Fault.TIMEOUT:
                time.sleep(self.stall_seconds)
                return _error(504, 20504)
            case Fault.NOT_JSON:
                return Response(b"<html>busy</html>", content_type="text/html")
            case Fault.ELSEWHERE:
                return Response(status=307, headers={"Location": "http://127.0.0.2:9/secret"})
        return None

    def _slowly(self, data: bytes) -> Iterator[bytes]:
        for start in range(0, len(data), max(1, len(data) // 4)):
            time.sleep(self.stall_seconds / 4)
            yield data[start : start + max(1, len(data) // 4)]


class _Quiet(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        """Nothing is logged, as in the server itself."""


def serve(application: TestProvider, host: str = "127.0.0.1", port: int = 0) -> str:
    """Serves in the background, until this process ends; returns the address."""
    server = make_server(host, port, application, threaded=True, request_handler=_Quiet)
    Thread(target=server.serve_forever, name="provider", daemon=True).start()
    return f"http://{host}:{server.server_port}"


def _recording(held: Held) -> dict[str, object]:
    duration = str(held.seconds) if held.duration is None else held.duration or None
    return {
        "sid": held.id, "call_sid": held.call, "status": held.status, "duration": duration,
        "date_created": format_datetime(held.made_at), "encryption_details": held.encryption, "source": "RecordVerb",
    }  # fmt: skip


def _call(held: HeldCall) -> dict[str, object]:
    parent = held.parent or None
    return {
        "sid": held.id, "to": held.to, "from": held.caller, "status": held.status, "parent_call_sid": parent,
        "start_time": format_datetime(held.began_at),
        "direction": held.direction or ("outbound-dial" if held.parent else "inbound"),
    }  # fmt: skip


def _json(value: object) -> Response:
    return Response(json.dumps(value), content_type="application/json")


def _error(status: int, code: int) -> Response:
    return Response(json.dumps({"code": code, "status": status}), status=status, content_type="application/json")
