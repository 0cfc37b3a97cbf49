"""The webhook: verify -> event -> turn -> render.

Nothing is read, written or logged before the signature is checked. Nothing is logged for a call
without errors; of failures only what broke and where, never whose call, and not when.
"""

import re
from contextlib import suppress
from wsgiref.types import WSGIEnvironment

from flask import Blueprint, Response, g, request
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from phonetree.core import engine
from phonetree.core.state import LEG_STEPS, State, Step, from_address
from phonetree.core.tree import Site
from phonetree.core.turn import Outcome
from phonetree.core.verbs import Hangup
from phonetree.errors import StateError
from phonetree.provider.request import Request, read
from phonetree.provider.signature import Verifier
from phonetree.provider.twiml import CONTENT_TYPE, Renderer
from phonetree.runtime.canary import RESCUE_HEADER
from phonetree.runtime.services import Services
from phonetree.web.context import services
from phonetree.web.form import Fields
from phonetree.web.limits import MOST_ADDRESS_BYTES
from phonetree.web.signed import FORM, signed_form

blueprint = Blueprint("voice", __name__)

_END = Renderer("").render((Hangup(),))

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
"""The provider uses POST. A signed request with another method comes from a call, and gets help too."""


_COUNTED = "counted=1"
"""In the addresses of a call that was already counted under an outcome other than that it came in."""

_PLACE = re.compile(r"/voice/[^/?#]*/(?P<language>[^/?#]*)/[^/?#]*/(?P<step>[^/?#]*)")


@blueprint.before_app_request
def verify() -> Response | None:
    """Refuses, with a bare 403, whatever is neither a public page nor signed by the provider.

    A signed request that matches no route (an extra slash, another method) still comes from a call, and gets help.
    """
    lost = request.routing_exception is not None
    if not lost and request.blueprint != blueprint.name:
        return None
    try:
        g.form = _signed_form(services().verifier)
    except Exception:  # noqa: BLE001 -- too large, malformed, or a bug: all fail closed
        g.form = None
    if g.form is None:
        return Response(status=403)
    return _begin_again(services(), "") if lost else None


def _signed_form(verifier: Verifier) -> Fields | None:
    if FORM in request.environ:
        found: Fields | None = request.environ[FORM]
        return found
    return signed_form(verifier, request.environ, request.get_data)


@blueprint.route("/voice", methods=_METHODS, strict_slashes=False)
def start() -> Response:
    """A call comes in."""
    running = services()
    taken = engine.start(running.sites.current, running.now())
    running.record(taken.outcome, _asked())
    return _document(running.renderer.render(taken.verbs))


@blueprint.route("/voice/<path:place>", methods=_METHODS)
def turn(place: str) -> Response:
    """A call continues. If its state is unusable it starts over, and says so; a member's leg is hung up."""
    running, asked = services(), _asked()
    try:
        state = from_address(place, request.query_string.decode("latin-1"))
        event = running.legs.event(state, asked)
        taken = engine.turn(_site(running, state), running.legs.begun(state), event, running.now())
        running.record(taken.outcome, asked, counted=bool(state.counted))
        return _document(running.renderer.render(taken.verbs))
    except StateError:
        language, step = _failed_place(request.path)
        return _document(_END) if step in LEG_STEPS else _begin_again(running, language)


@blueprint.route("/voice/fallback", methods=_METHODS)
def fallback() -> Response:
    """The provider could not get or use one of our answers: help that needs no further turn."""
    running, asked = services(), _asked()
    running.failed("fallback", "the provider could not use an answer", code=asked.error)
    running.record(Outcome.FALLBACK, asked, counted=_may_be_counted(asked.failed_address))
    return _document(_rescue(running, *_failed_place(asked.failed_address)))


@blueprint.post("/voice/recording")
def recording() -> Response:
    """A message is ready at the provider: wakes the collector."""
    services().collect_soon()
    return Response(status=204)


@blueprint.post("/voice/status")
def status() -> Response:
    """A call has ended."""
    services().legs.hang_up(_asked().call)
    return Response(status=204)


@blueprint.errorhandler(Exception)
def broken(error: Exception) -> AnyResponse:
    """Whatever breaks, the caller gets help. Logging and recording may break as well."""
    if isinstance(error, HTTPException):
        return error.get_response()
    running = services()
    language = step = ""
    with suppress(Exception):
        language, step = _failed_place(request.path)
    with suppress(Exception):
        running.failed("turn", error)
    with suppress(Exception):
        running.record(Outcome.FALLBACK, _asked(), counted=_may_be_counted(request.full_path))
    response = _document(_rescue(running, language, step))
    response.headers[RESCUE_HEADER] = "1"
    return response


def _asked() -> Request:
    """The provider's request, after its signature was checked."""
    fields = request.args.items(multi=True) if request.method == "GET" else g.form
    return read(dict(reversed([*fields])))  # the first value of a repeated field


def _site(running: Services, state: State) -> Site:
    """The site that the call began with. On a member's leg any will do: only phrases are spoken there."""
    site = running.sites.revision(state.revision)
    if site is None and state.step in LEG_STEPS:
        return running.sites.current
    site = site or running.revisions.site(state.revision)
    if site is None:
        raise StateError("the revision is unknown here")
    return site


def _begin_again(running: Services, language: str) -> Response:
    """The answer to a call whose state is unusable."""
    again = engine.start_again(running.sites.current, running.now(), language)
    return _document(running.renderer.render(again.verbs))


def _failed_place(address: str) -> tuple[str, str]:
    """Language and step of one of our addresses, as far as it has them; the address may be anything."""
    found = _PLACE.search(address[:MOST_ADDRESS_BYTES])
    return (found["language"], found["step"]) if found else ("", "")


def _may_be_counted(address: str) -> bool:
    """Whether the call that failed at one of our addresses may have been counted under an outcome already: the address
    has the mark, or the turn there may have counted the call before it failed."""
    return _COUNTED in address or _failed_place(address)[1] in (Step.RUNG, Step.BRIDGED, Step.RECORDED)


def _rescue(running: Services, language: str, step: str) -> bytes:
    """Help as bytes that were rendered when the site was accepted; on a member's leg, a hang-up."""
    return _END if step in LEG_STEPS else running.sites.last_resort.document(language)


class _Document(Response):
    """A document. Its headers are complete: Flask need not look at them again."""

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:  # noqa: ARG002
        return self.headers


def _document(document: bytes) -> Response:
    return _Document(document, content_type=CONTENT_TYPE)
