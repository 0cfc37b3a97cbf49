"""What the provider tells the console of a call to a member's phone: the key that was pressed, and how it ended.

Nobody signs in for these addresses: the provider signs them.
"""

from flask import Blueprint, Response, request

from phonetree.console.access import open_to_all
from phonetree.console.aside import aside
from phonetree.console.services import ConsoleServices
from phonetree.console.signed import signed
from phonetree.errors import PhonetreeError, StoreError
from phonetree.provider.confirming import CONFIRM_PATH, ENDED_PATH, TOKEN, Confirming, confirming, how_it_ended
from phonetree.provider.request import read
from phonetree.provider.twiml import CONTENT_TYPE
from phonetree.store.phones import Answer, Progress

blueprint = Blueprint("phone_calls", __name__)

SAID = {
    Answer.CONFIRMED: "Thank you. Calls to the helpline ring on this phone from now on. Goodbye.",
    Answer.WRONG_KEY: "That was not 1, so this phone does not ring for the helpline. Goodbye.",
    Answer.EXPIRED: "This call came too late. Please ask to be called again. Goodbye.",
}
AWAY = "This cannot be saved now. Please ask to be called again later. Goodbye."


@blueprint.post(CONFIRM_PATH)
@open_to_all
def confirm() -> Response:
    """Whoever picked up pressed a key."""
    running = signed()
    keys = read(request.form.to_dict()).keys
    try:
        answer, _ = running.phones.answered(_token(), keys, running.seconds())
        words = SAID[answer]
    except StoreError:
        words = AWAY
    return Response(_calls_as_known(running).told(words), content_type=CONTENT_TYPE)


@blueprint.post(ENDED_PATH)
@open_to_all
def ended() -> Response:
    """The call is over: how is shown to staff, and the provider's record of it is deleted."""
    running = signed()
    fields = request.form.to_dict()
    running.phones.ended(_token(), Progress(how_it_ended(fields)), running.seconds())
    call, provider = read(fields).call, running.provider
    if call and provider:
        aside(lambda: provider.delete_call(call))
    return Response(status=204)


def calls(running: ConsoleServices) -> Confirming:
    """The confirming calls of the helpline. Raises StoreError, ConfigError."""
    return confirming(running.live.known().site, running.settings.url)


def _calls_as_known(running: ConsoleServices) -> Confirming:
    """The same, for words that have to be said even while the store is away."""
    try:
        return calls(running)
    except PhonetreeError:
        return Confirming("", "", running.settings.url)


def _token() -> str:
    return request.args.get(TOKEN, "")
