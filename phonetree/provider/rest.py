"""What the provider holds: recordings and call records, over its REST API (Twilio, voice/api/recording).

None of it may reach a log or an error: texts say what was requested, never for which call.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from time import monotonic
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

from phonetree.errors import ProviderError
from phonetree.provider.request import ENDED

TIMEOUT_SECONDS = (5.0, 30.0)
"""To connect, and between two packets."""

MEDIA_SECONDS = 600.0
"""The longest that fetching one recording may take in total."""

MOST_BYTES = 256 * 2**20
"""More than four hours of telephone sound: none of our recordings is longer."""

MOST_ERROR_BYTES = 10_000
"""Of the answer to a request that is refused."""

MOST_PAGES = 1000
PAGE_SIZE = 200
MOST_REDIRECTS = 3
CHUNK_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Encryption:
    """How the provider itself encrypted a recording (Twilio, voice/tutorials/voice-recording-encryption)."""

    key: str
    wrapped: str
    iv: str


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording that the provider holds. `seconds` is how long it is, None when unknown; `made_at` is in
    seconds since 1970."""

    id: str
    call: str
    completed: bool
    seconds: int | None
    made_at: int
    encryption: Encryption | None


@dataclass(frozen=True, slots=True)
class CallRecord:
    """The provider's record of a call. Numbers are as the provider writes them; `outbound` says that the account
    placed it, and `parent` is the call that a leg belongs to; `began_at` is in seconds since 1970, 0 when unknown."""

    id: str
    parent: str
    ended: bool
    called: str
    caller: str
    outbound: bool
    began_at: int = 0


class Provider:
    """A client of one account."""

    def __init__(self, url: str, account: str, token: str, timeout: tuple[float, float] = TIMEOUT_SECONDS) -> None:
        """`url` is the provider's address, like https://api.twilio.com; `timeout` as in `TIMEOUT_SECONDS`."""
        self._timeout = timeout
        self._base = f"{url}/2010-04-01/Accounts/{account}"
        self._root = url
        self._session = requests.Session()
        self._session.auth = (account, token)
        self._session.trust_env = False  # no .netrc, no proxy from the environment

    def recordings(self) -> Iterator[Recording]:
        """Every recording of the account. Raises ProviderError."""
        for item in self._listed("Recordings.json", "recordings"):
            details = item.get("encryption_details")
            encryption = (
                Encryption(details["public_key_sid"], details["encrypted_cek"], details["iv"]) if details else None
            )
            yield Recording(
                item["sid"],
                item.get("call_sid") or "",
                item.get("status") == "completed",
                _length(item.get("duration")),
                _moment(item.get("date_created")),
                encryption,
            )

    @contextmanager
    def media(self, recording: str) -> Iterator[Iterator[bytes]]:
        """The sound of a recording as WAV, piece by piece. Raises ProviderError, also when it is truncated."""
        response = self._media_response(f"{self._base}/Recordings/{recording}.wav")
        try:
            yield _pieces(response)
        except requests.RequestException as error:
            raise ProviderError(f"fetching a recording was interrupted ({type(error).__name__})") from None
        finally:
            response.close()

    def delete_recording(self, recording: str) -> None:
        """Deletes a recording; a missing one counts as deleted. Raises ProviderError."""
        self._delete(f"Recordings/{recording}.json", "deleting a recording")

    def has_recording(self, recording: str) -> bool:
        """Whether the provider still has a recording. Raises ProviderError when that is unknown."""
        try:
            found = self._json(f"{self._base}/Recordings/{recording}.json", "asking for a recording")
        except ProviderError as error:
            if error.gone:
                return False
            raise
        return found.get("status") != "deleted"

    def call(self, call: str) -> CallRecord | None:
        """The record of a call; None when there is none. Raises ProviderError."""
        try:
            return _call(self._json(f"{self._base}/Calls/{call}.json", "asking for a call"))
        except ProviderError as error:
            if error.gone:
                return None
            raise

    def calls_with(self, number: str) -> Iterator[CallRecord]:
        """Records of calls to a number (E.164), and then of those from it. Raises ProviderError."""
        for side in ("To", "From"):
            yield from map(_call, self._listed("Calls.json", "calls", {side: number}))

    def legs(self, call: str) -> Iterator[CallRecord]:
        """Records of the legs of a call. Raises ProviderError."""
        yield from map(_call, self._listed("Calls.json", "calls", {"ParentCallSid": call}))

    def delete_call(self, call: str) -> None:
        """Deletes the record of a call that has ended. Raises ProviderError."""
        self._delete(f"Calls/{call}.json", "deleting a call")

    def delete_with_legs(self, call: str) -> None:
        """Deletes the records of a call and its legs, the legs first. Raises ProviderError, also while one of them has
        not ended."""
        for leg in list(self.legs(call)):  # all before deleting any: pages would shift
            self.delete_call(leg.id)
        self.delete_call(call)

    def account(self) -> dict[str, Any]:
        """The account, with its `status` and `type`. Raises ProviderError."""
        return self._json(f"{self._base}.json", "asking for the account")

    def number(self, number: str) -> dict[str, Any] | None:
        """What the account has set for a number (E.164); None when it is not the account's. Raises ProviderError."""
        items = self._listed("IncomingPhoneNumbers.json", "incoming_phone_numbers", {"PhoneNumber": number})
        return next((item for item in items if item.get("phone_number") == number), None)

    def numbers(self) -> Iterator[dict[str, Any]]:
        """Every number of the account. Raises ProviderError."""
        yield from self._listed("IncomingPhoneNumbers.json", "incoming_phone_numbers")

    def shows(self, number: str) -> bool:
        """Whether a call may show this number (E.164) as its caller id: one of the account, or one that is verified
        (Twilio, voice/api/outgoing-caller-ids-resource). Raises ProviderError."""
        verified = self._listed("OutgoingCallerIds.json", "outgoing_caller_ids", {"PhoneNumber": number})
        return any(item.get("phone_number") == number for item in verified) or self.number(number) is not None

    def set_number(self, number: str, fields: dict[str, str]) -> None:
        """Sets a number's addresses, all at once; `number` is the provider's id for it. Raises ProviderError."""
        self._asked("POST", f"{self._base}/IncomingPhoneNumbers/{number}.json", "setting the number", data=fields)

    def place_call(
        self, number: str, caller_id: str, document: str, ended: str, ring_seconds: int, call_seconds: int
    ) -> None:
        """Calls a number (E.164): whoever picks up hears a document, and the address `ended` is told how it ended
        (Twilio, voice/api/call-resource#create-a-call). Raises ProviderError, with the reason in words if there are
        any."""
        fields = {
            "To": number, "From": caller_id, "Twiml": document, "Timeout": str(ring_seconds),
            "TimeLimit": str(call_seconds), "StatusCallback": ended, "StatusCallbackMethod": "POST",
        }  # fmt: skip
        self._asked("POST", f"{self._base}/Calls.json", "placing the call", data=fields).close()

    # -- how the account is set

    def needs_password(self, recording: str) -> bool | None:
        """Whether the provider refuses the sound of a recording to somebody without a password; None when it no longer
        has it. The sound is not read. Raises ProviderError."""
        try:
            url = f"{self._base}/Recordings/{recording}.wav"
            self._asked("GET", url, "asking for a recording", client=_anonymous(), stream=True).close()
        except ProviderError as error:
            if error.hidden:
                return None if error.gone else True
            raise
        return False

    def countries(self) -> Iterator[dict[str, Any]]:
        """The countries, each with what may be called there. Raises ProviderError."""
        yield from self._pages(f"{self._service('voice')}/v1/DialingPermissions/Countries", "content", "countries")

    def usage_triggers(self) -> Iterator[dict[str, Any]]:
        """The alarms on what the account uses. Raises ProviderError."""
        yield from self._pages(f"{self._base}/Usage/Triggers.json", "usage_triggers", "usage triggers")

    def streamed_events(self) -> Iterator[str]:
        """The types of the events that are sent elsewhere. Raises ProviderError."""
        subscriptions = f"{self._service('events')}/v1/Subscriptions"
        for subscription in self._pages(subscriptions, "subscriptions", "subscriptions"):
            chosen = f"{subscriptions}/{subscription.get('sid')}/SubscribedEvents"
            try:
                yield from (str(event.get("type")) for event in self._pages(chosen, "types", "streamed events"))
            except ProviderError as error:
                if not error.gone:  # one that was deleted meanwhile sends nothing
                    raise

    def insights(self) -> dict[str, Any]:
        """The settings of Voice Insights. Raises ProviderError."""
        return self._json(f"{self._service('insights')}/v1/Voice/Settings", "asking for the settings of Voice Insights")

    # -- requests

    def _service(self, name: str) -> str:
        """The address of another of the provider's APIs. Twilio has a host for each, like voice.twilio.com beside
        api.twilio.com, also in its regions; with any other provider, it is the one that is set."""
        host = urlsplit(self._root).hostname or ""
        twilios = host.startswith("api.") and host.endswith(".twilio.com")
        return self._root.replace("//api.", f"//{name}.", 1) if twilios else self._root

    def _listed(self, path: str, name: str, query: dict[str, str] | None = None) -> Iterator[dict[str, Any]]:
        return self._pages(f"{self._base}/{path}", name, name, query, lenient=True)

    def _pages(
        self, url: str, name: str, what: str, query: dict[str, str] | None = None, *, lenient: bool = False
    ) -> Iterator[dict[str, Any]]:
        """The items called `name` of every page of a list, in either way in which the API leads on (Twilio,
        usage/twilios-response, paging). An answer without them is an empty list only to the `lenient`."""
        first = url
        parameters: dict[str, str] | None = {"PageSize": str(PAGE_SIZE), **(query or {})}
        for _ in range(MOST_PAGES):
            page = self._json(url, f"listing {what}", parameters)
            if name not in page and not lenient:
                raise ProviderError(f"listing {what}: the answer is another one", hidden=True)
            yield from page.get(name, ())
            following = page.get("next_page_uri") or (page.get("meta") or {}).get("next_page_url")
            if not following:
                return
            url, parameters = urljoin(first, following), None
            if urlsplit(url).netloc != urlsplit(first).netloc:
                raise ProviderError(f"listing {what} led to another host")
        raise ProviderError(f"listing {what} does not end")

    def _json(self, url: str, what: str, parameters: dict[str, str] | None = None) -> dict[str, Any]:
        response = self._asked("GET", url, what, params=parameters)
        try:
            found = response.json()
        except ValueError:
            raise ProviderError(f"{what}: the answer is not JSON") from None
        if not isinstance(found, dict):
            raise ProviderError(f"{what}: the answer is not a JSON object")
        return found

    def _delete(self, path: str, what: str) -> None:
        try:
            self._asked("DELETE", f"{self._base}/{path}", what)
        except ProviderError as error:
            if not error.gone:
                raise

    def _media_response(self, url: str) -> requests.Response:
        """Redirects are followed within the provider's own domain; credentials go to its own host only."""
        for _ in range(MOST_REDIRECTS + 1):
            ours = urlsplit(url).netloc == urlsplit(self._root).netloc
            client = self._session if ours else _anonymous()
            response = self._asked("GET", url, "fetching a recording", client=client, stream=True)
            if response.status_code == 200:
                return response
            url = urljoin(url, response.headers.get("Location", ""))
            response.close()
            if not self._trusted(url):
                raise ProviderError("fetching a recording led to another host")
        raise ProviderError("fetching a recording had too many redirects")

    def _trusted(self, url: str) -> bool:
        there, root = urlsplit(url), urlsplit(self._root)
        domain = ".".join((root.hostname or "").split(".")[-2:])
        within = there.hostname == root.hostname or (there.hostname or "").endswith(f".{domain}")
        return within and there.scheme == root.scheme

    def _asked(
        self, method: str, url: str, what: str, *, client: requests.Session | None = None, **options: Any
    ) -> requests.Response:
        try:
            response = (client or self._session).request(
                method, url, timeout=self._timeout, allow_redirects=False, **options
            )
        except requests.RequestException as error:
            raise ProviderError(f"{what}: the provider cannot be reached ({type(error).__name__})") from None
        if response.status_code < 400:
            return response
        wait = response.headers.get("Retry-After", "")
        seconds = float(wait) if wait.isascii() and wait.isdigit() else None
        why = _REFUSED.get(_code(response)) if method == "POST" else None
        response.close()
        text = f"{what}: {why or f'the provider answered {response.status_code}'}"
        status = response.status_code
        raise ProviderError(text, wait=seconds, gone=status in (404, 410), hidden=status in (401, 403))


NOT_SHOWN = "the provider does not let the helpline show its number; have whoever runs the server verify it there"

_REFUSED = {
    21210: NOT_SHOWN,
    21211: "the provider says that there is no such number; check its digits",
    21212: "the provider does not know the helpline's number; have whoever runs the server check it",
    21214: "the provider cannot reach that number; check its digits, or give another one",
    21215: "the account may not call that country; have whoever runs the server switch it on",
    21219: "a trial account can only call numbers that are verified at the provider",
}
"""Why a call is refused, by the provider's error number (Twilio, api/errors)."""


def _code(response: requests.Response) -> int:
    """The provider's error number in a short answer; 0 without one."""
    try:
        return int(json.loads(response.content[:MOST_ERROR_BYTES])["code"])
    except (requests.RequestException, ValueError, TypeError, KeyError):
        return 0


def _anonymous() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    return session


def _pieces(response: requests.Response) -> Iterator[bytes]:
    began, received = monotonic(), 0
    expected = response.headers.get("Content-Length")
    for piece in response.iter_content(CHUNK_BYTES):
        received += len(piece)
        if received > MOST_BYTES:
            raise ProviderError("a recording is too large to be ours")
        if monotonic() - began > MEDIA_SECONDS:
            raise ProviderError("fetching a recording takes too long")
        yield piece
    if expected is not None and "Content-Encoding" not in response.headers and received != int(expected):
        raise ProviderError("fetching a recording was interrupted")
    if not received:
        raise ProviderError("fetching a recording returned no data")


def _call(item: dict[str, Any]) -> CallRecord:
    return CallRecord(
        id=item["sid"],
        parent=item.get("parent_call_sid") or "",
        ended=item.get("status") in ENDED,
        called=item.get("to") or "",
        caller=item.get("from") or "",
        outbound=str(item.get("direction")).startswith("outbound"),
        began_at=_moment(item.get("start_time") or item.get("date_created")),
    )


def _length(told: object) -> int | None:
    """A recording's length in seconds; None when unknown, such as the -1 of an unfinished one."""
    text = str(told)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _moment(text: str | None) -> int:
    """Seconds since 1970 of a date as the provider writes it (RFC 2822)."""
    try:
        moment: datetime = parsedate_to_datetime(text or "")
    except ValueError:
        return 0
    return int(moment.timestamp())
