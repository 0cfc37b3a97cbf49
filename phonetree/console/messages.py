"""Messages: which there are, who has which; and, sealed as they are, what a browser needs to open one.

Nothing here can open a message, or is told that somebody did: the browser fetches the sealed parts, and whoever listens
has the key (static/messages). Nothing that staff do with a message is noted anywhere but in the message's own row,
which goes with it.
"""

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from flask import Blueprint, Response, abort, flash, jsonify, redirect, request, session, url_for
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response as Answer

from phonetree.console.access import TOKEN, needs, polled, staff
from phonetree.console.layout import render
from phonetree.console.message_keys import current_keys
from phonetree.console.services import services
from phonetree.console.static import version
from phonetree.console.times import long_ago
from phonetree.errors import SealError, StoreError, StoreFullError
from phonetree.mailbox.sealing import format_of
from phonetree.store.roles import Role
from phonetree.store.voicemails import Voicemail, VoicemailState

blueprint = Blueprint("messages", __name__)

MOST_HANDLED = 20
"""Handled messages that are shown; all of them, if asked."""

MOST_SHOWN = 200
"""Messages that wait and are shown, the oldest; the list says how many more there are."""

MOST = 10_000

SEALED = "application/octet-stream"

PIECEWISE = 3
"""The first format whose parts are opened one by one."""


@dataclass(frozen=True, slots=True)
class Row:
    """A message in the list: when it was left and how long it is, in words, and what has been done about it. `changes`
    is another text when any of that is different."""

    id: str
    left: str
    length: str
    state: VoicemailState
    by: str | None
    mine: bool
    changes: str

    @property
    def words(self) -> str:
        """Its state in words."""
        if self.state is VoicemailState.NEW:
            return "new"
        who = "you" if self.mine else self.by
        return f"claimed by {who}" if self.state is VoicemailState.CLAIMED else f"handled by {who}"


@blueprint.get("/staff/messages")
@needs(Role.LISTENER)
def page() -> str:
    """Every message that waits, and the latest that were handled."""
    settings = services().settings
    call_back = url_for("call_back.page") if settings.call_back else ""
    return render("console/messages.html", **_listed(), saves=settings.downloads, call_back=call_back)


@blueprint.get("/staff/messages/list")
@polled
@needs(Role.LISTENER)
def listed() -> str | Answer:
    """The list alone: for a script that follows what others do. Nothing, when what it has (`state`) is the same."""
    found = _listed()
    if request.args.get("state") == found["state"]:
        return Response(status=204)
    return render("console/message_list.html", **found)


@blueprint.post("/staff/messages/<message>/claim")
@needs(Role.LISTENER)
def claim(message: str) -> Answer:
    """Takes a message, so that nobody else handles it too."""
    return _done(message, lambda who, now: services().voicemails.claim(message, who, now))


@blueprint.post("/staff/messages/<message>/release")
@needs(Role.LISTENER)
def release(message: str) -> Answer:
    """Gives a message back that somebody claimed: also one's colleague, who went home."""
    return _done(message, lambda _who, now: services().voicemails.release(message, now))


@blueprint.post("/staff/messages/<message>/handled")
@needs(Role.LISTENER)
def handled(message: str) -> Answer:
    """Marks a message as handled."""
    return _done(message, lambda who, now: services().voicemails.handled(message, who, now))


@blueprint.post("/staff/messages/<message>/reopen")
@needs(Role.LISTENER)
def reopen(message: str) -> Answer:
    """Lets a message wait again that was marked as handled."""
    return _done(message, lambda _who, now: services().voicemails.reopen(message, now))


@blueprint.post("/staff/messages/<message>/delete")
@needs(Role.LISTENER)
def delete(message: str) -> Answer:
    """Deletes a message, here and at the provider, unless a colleague has claimed it. One that is gone already is no
    error."""
    return _tried(lambda who, _now: services().voicemails.delete(message, who))


@blueprint.get("/staff/messages/<message>/envelope")
@needs(Role.LISTENER)
def envelope(message: str) -> Response:
    """What opens a message, besides a private key: JSON, all bytes in base 64."""
    found = services().voicemails.described(message)
    if found is None:
        abort(404)
    format_ = format_of(found.begin)
    # What a browser checks of the whole. Format 3 checks each piece; and a page that was loaded before the server knew
    # that format misses `size`, and says to load it again.
    of_all = {"size": found.size, "digest": found.digest.hex()} if format_ < PIECEWISE else {}
    return jsonify(
        message=found.message,
        left_at=found.left_at,
        format=format_,
        iv=_text(found.iv),
        wrapped={key: _text(wrapped) for key, wrapped in found.wrapped.items()},
        parts=found.parts,
        **of_all,
    )


@blueprint.get("/staff/messages/<message>/parts/<int:number>")
@needs(Role.LISTENER)
def part(message: str, number: int) -> Response:
    """One of the sealed parts of a message."""
    found = services().voicemails.part(message, number) if number < MOST else None
    if found is None:
        abort(404)
    return Response(found, content_type=SEALED)


@blueprint.post("/staff/messages/<message>/wrapped")
@needs(Role.LISTENER)
def wrapped(message: str) -> Response:
    """Lets more keys open a message: fields `key-ID`, each the content's key, wrapped for one of the current keys."""
    try:
        keys = dict(_wrapped(request.form.items()))
    except SealError:
        abort(400)
    if not services().voicemails.seal_for(message, keys):
        abort(404)
    return Response(status=204)


def _wrapped(fields: Iterable[tuple[str, str]]) -> Iterator[tuple[str, bytes]]:
    """Keys and what was wrapped for them. Raises SealError on what cannot be that."""
    current = {key.id: key for key in current_keys()}
    for name, value in fields:
        if not name.startswith("key-"):
            continue
        key = current.get(name.removeprefix("key-"))
        try:
            data = b64decode(value, validate=True)
        except (Base64Error, ValueError):
            raise SealError("this is not base 64") from None
        if key is None or len(data) != key.key.key_size // 8:
            raise SealError("this was not wrapped for a current key")
        yield key.id, data


def _done(message: str, change: Callable[[str, int], object]) -> Answer:
    """Makes a change of a message that has to be there still, and goes back to the list."""
    if services().voicemails.described(message) is None:
        flash("That message no longer exists: somebody has deleted it.")
        return _back()
    return _tried(change)


def _tried(change: Callable[[str, int], object]) -> Answer:
    """Makes a change, and goes back to the list; says why it is not made, if somebody was quicker."""
    running = services()
    try:
        change(staff().name, running.seconds())
    except StoreError as error:
        if isinstance(error, StoreFullError) or running.store.problem():
            raise
        flash(f"Nothing was changed: {error}.")
    return _back()


def _back() -> Answer:
    return redirect(url_for("messages.page"), 303)


def _listed() -> dict[str, Any]:
    """What the list shows: those that wait, the oldest first, then those that were handled, the latest first."""
    running = services()
    zone, now = running.live.known().site.schedule.zone, running.now()
    found = running.voicemails.listed(MOST)
    local_now = now.astimezone(zone)

    latest = sorted(found, key=lambda each: each.left_at, reverse=True)
    left = [long_ago(datetime.fromtimestamp(each.left_at, zone), local_now) for each in latest]
    words = dict(zip((each.id for each in latest), _told_apart(left), strict=True))

    def row(each: Voicemail) -> Row:
        fields = (each.id, each.state, each.by, words[each.id])
        changes = sha256(repr(fields).encode()).hexdigest()[:12]
        mine = each.by == staff().name
        return Row(each.id, words[each.id], _length(each.seconds), each.state, each.by, mine, changes)

    waiting = [row(each) for each in reversed(found) if each.state is not VoicemailState.HANDLED]
    handled = [row(each) for each in found if each.state is VoicemailState.HANDLED]
    more = "all" not in request.args and len(handled) > MOST_HANDLED
    shown = {
        "waiting": waiting[:MOST_SHOWN],
        "waits": len(waiting),
        "handled": handled[:MOST_HANDLED] if more else handled,
        "more": len(handled) - MOST_HANDLED if more else 0,
        "failures": len(running.voicemails.failures()),
        "scripts": version("messages/"),
    }
    generate_csrf()  # puts a token into a session that has none
    whose = staff().id, session[TOKEN]  # whoever signs in anew needs the forms with their token
    return {**shown, "state": sha256(repr((whose, shown)).encode()).hexdigest()[:16]}


def _told_apart(words: list[str]) -> list[str]:
    """The words of moments, newest first, with a number where several are alike: the first is the oldest."""
    alike, seen = Counter(words), Counter[str]()
    found = []
    for each in words:
        number = alike[each] - seen[each]
        seen[each] += 1
        found.append(f"{each} ({number})" if alike[each] > 1 else each)
    return found


def _length(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{minutes}:{rest:02}"


def _text(data: bytes) -> str:
    return b64encode(data).decode()
