"""The webhook: verify -> event -> turn -> render.

Nothing is read, written or logged before the signature is checked. No line is ever written for a call
that goes well; a failure leaves what broke and where, never whose call.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlsplit

from flask import Blueprint, Response, current_app, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from phonetree.config.site import Sites
from phonetree.core import engine
from phonetree.core.state import LEG_STEPS, State, from_address
from phonetree.core.tree import Site
from phonetree.core.verbs import Hangup, Verbs
from phonetree.errors import StateError
from phonetree.log import failure
from phonetree.provider import events
from phonetree.provider.signature import Verifier
from phonetree.provider.twiml import CONTENT_TYPE, Renderer
from phonetree.web.canary import RESCUE_HEADER
from phonetree.web.hot import Hot
from phonetree.web.legs import Legs
from phonetree.web.recall import Recall
from phonetree.web.tally import Tally

blueprint = Blueprint("voice", __name__)

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
"""The provider uses POST. A signed request by any other method comes from a call, and gets help too."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What a turn needs within reach."""

    sites: Sites
    verifier: Verifier
    renderer: Renderer
    hot: Hot
    legs: Legs
    tally: Tally
    wake: Callable[[], None]
    recall: Recall
    now: Callable[[], datetime]


def _desk() -> Desk:
    desk: Desk = current_app.extensions["phonetree"]
    return desk


@blueprint.before_request
def verify() -> Response | None:
    """Refuses, with nothing but a 403, whatever the provider has not signed."""
    try:
        body = b"" if request.form else request.get_data()
        accepted = _desk().verifier.accepts(
            quote(request.path), request.query_string.decode("latin-1"), request.form, body, request.headers
        )
    except Exception:  # noqa: BLE001 -- too large, malformed, or a fault of ours: all fail closed
        accepted = False
    return None if accepted else Response(status=403)


@blueprint.route("/voice", methods=_METHODS, strict_slashes=False)
def start() -> Response:
    """A call comes in."""
    desk = _desk()
    site, now = desk.sites.current, desk.now()
    desk.tally.call(site, _fields(), now)
    return _answer(engine.start(site, now))


@blueprint.route("/voice/<path:place>", methods=_METHODS)
def turn(place: str) -> Response:
    """A call goes on. When its place is lost, or was never ours, it begins again, and says so."""
    desk = _desk()
    try:
        state = from_address(place, request.query_string.decode("latin-1"))
        event = desk.legs.event(state, _fields())
        site, now = _site(desk, state), desk.now()
        document = desk.hot.turn(site, state, event, now)
        desk.tally.turn(site, state, event, document, _fields(), now)
        return _document(document)
    except StateError:
        language, _ = _failed_place(request.path)
        return _answer(engine.start_again(desk.sites.current, desk.now(), language))


@blueprint.route("/voice/fallback", methods=_METHODS)
def fallback() -> Response:
    """The provider could not get or use one of our answers: help that needs no further turn."""
    desk = _desk()
    language, step = _failed_place(_fields().get("ErrorUrl", ""))
    failure("fallback", "the provider could not use an answer", code=_fields().get("ErrorCode", "")[:5])
    desk.tally.fallback(desk.sites.current, _fields(), desk.now())
    return _answer(_rescue(desk, language, step))


@blueprint.post("/voice/recording")
def recording() -> Response:
    """A message is ready at the provider: the collector looks now rather than later."""
    _desk().wake()
    return Response(status=204)


@blueprint.post("/voice/status")
def status() -> Response:
    """A call has ended."""
    _desk().legs.hang_up(_fields().get("CallSid", ""))
    return Response(status=204)


@blueprint.errorhandler(Exception)
def broken(error: Exception) -> AnyResponse:
    """Whatever breaks, the caller hears help."""
    if isinstance(error, HTTPException):
        return error.get_response()
    failure("turn", error)
    desk = _desk()
    desk.tally.fallback(desk.sites.current, _fields(), desk.now())
    language, step = _failed_place(request.path)
    response = _answer(_rescue(desk, language, step))
    response.headers[RESCUE_HEADER] = "1"
    return response


def _fields() -> events.Fields:
    return request.form if request.method != "GET" else request.args


def _site(desk: Desk, state: State) -> Site:
    """The site that the call heard. On a member's leg any will do: only the product's own words are spoken there."""
    site = desk.sites.revision(state.revision)
    if site is None and state.step in LEG_STEPS:
        return desk.sites.current
    site = site or desk.recall.site(state.revision)
    if site is None:
        raise StateError("the revision is not known here")
    return site


def _failed_place(address: str) -> tuple[str, str]:
    """Language and step of one of our addresses, as far as they can be told."""
    parts = urlsplit(address).path.rpartition("/voice/")[2].split("/")
    return (parts[1], parts[3]) if len(parts) == 4 else ("", "")


def _rescue(desk: Desk, language: str, step: str) -> Verbs:
    if step in LEG_STEPS:
        return (Hangup(),)
    return engine.rescue(desk.sites.current, desk.now(), language)


def _answer(verbs: Verbs) -> Response:
    return _document(_desk().renderer.render(verbs))


def _document(document: bytes) -> Response:
    return Response(document, content_type=CONTENT_TYPE)
