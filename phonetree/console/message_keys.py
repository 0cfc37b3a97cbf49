"""The keys that messages are sealed with: a listener makes one in the browser, an admin approves it, and whoever can
open the older messages seals these for it as well.

Only public halves get here. What is shown of a key is its fingerprint, which its owner reads to the admin: a key that
somebody else put in its place would have another one.
"""

from base64 import b64decode, b64encode, urlsafe_b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from flask import Blueprint, Response, abort, flash, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response as Answer

from phonetree.console.access import needs, staff
from phonetree.console.aside import tell_admins
from phonetree.console.keys import KEPT, derived
from phonetree.console.layout import Page, render
from phonetree.console.services import ConsoleServices, services
from phonetree.console.times import past_day
from phonetree.errors import SealError
from phonetree.mailbox.keys import together
from phonetree.mailbox.sealing import PublicKey, public_keys, read_public_key
from phonetree.store.accounts import Account
from phonetree.store.keys import KeptKey, opened_by
from phonetree.store.roles import Role

blueprint = Blueprint("message_keys", __name__)

EXPONENT, MOST_KEY_BITS = 65537, 8192
"""What browsers make keys with, and more bits than anybody needs."""

FINGERPRINT_CHARACTERS = 16

_LOOK_ALIKE = str.maketrans("oil", "011")
"""Letters that no fingerprint has, and the digits that they are taken for."""

LEAST_KEYS = 2
"""With fewer, one lost key is the loss of every message."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key as the page shows it. `file` is whether the operator put it on the servers; `opens` is how many messages it
    opens, `alone` how many of them nothing else does; `gone` why its owner should have none any more; `changed` that
    another key stands in its place; `made`, of several of one owner that wait, when, and which is the latest."""

    id: str
    name: str
    approved: bool
    doubtful: bool = False
    file: bool = False
    mine: bool = False
    gone: str = ""
    changed: bool = False
    opens: int = 0
    alone: int = 0
    made: str = ""

    @property
    def named(self) -> str:
        """What addresses call it."""
        return named(self.id)

    @property
    def fingerprint(self) -> str:
        """As it is read aloud: in groups of four."""
        return grouped(self.id)

    @property
    def words(self) -> str:
        """What the key is good for."""
        if self.file:
            return "on the server; new messages are sealed for it"
        if self.approved:
            return "new messages are sealed for it"
        if self.changed:
            return "another key was put in its place in the database: withdraw it, and find out who did that"
        if self.doubtful:
            return "it was approved, which cannot be verified any more: approve it again"
        return "waits for an admin to approve it"


@blueprint.get("/staff/keys")
@needs(Role.LISTENER, Role.ADMIN)
def page() -> str:
    """Every key, who has it, and what it opens."""
    return _page()


@blueprint.get("/staff/keys/new")
@needs(Role.LISTENER)
def new() -> str:
    """Makes a key, in the browser."""
    return render("console/new_key.html")


@blueprint.post("/staff/keys")
@needs(Role.LISTENER)
def add() -> Answer:
    """Keeps the public half of a key that a listener made, until an admin approves it."""
    running, who = services(), staff()
    try:
        key, pem = _sent(request.form.get("public", ""))
        first = not any(each.account == who.id and not each.approved for each in running.keys.listed())
        running.keys.add(key, pem, who.id, who.name, running.seconds())
    except SealError as error:
        flash(f"The key was not taken: {error}.")
        return redirect(url_for("message_keys.page"), 303)
    if first:
        tell_admins()
    return redirect(url_for("message_keys.page"), 303)


@blueprint.post("/staff/keys/<name>/approve")
@needs(Role.ADMIN)
def approve(name: str) -> Answer | Page:
    """Has messages sealed for a key, if what its owner read aloud is its fingerprint."""
    running, typed = services(), request.form.get("fingerprint", "")
    kept = _found(name)
    if kept is None:
        return _page("that key was withdrawn meanwhile"), 409
    fingerprint = _typed(typed)
    if len(fingerprint) != FINGERPRINT_CHARACTERS:
        problem = (
            f"a fingerprint has {FINGERPRINT_CHARACTERS} characters, and this has {len(fingerprint)}; type all of it"
        )
        return _page(problem, kept.id, typed), 422
    meant = _meant(kept, fingerprint)
    if meant is None:
        problem = (
            "that is not the fingerprint of this key. Ask its owner to read it again from their own screen; if it is "
            "still another one, do not approve the key, and withdraw it"
        )
        return _page(problem, kept.id, typed), 422
    try:
        running.keys.approve(meant, staff().name, running.seconds())
    except SealError as error:
        return _page(str(error), kept.id), 409
    tell_admins()
    flash("New messages are sealed for this key from now on. Older ones are opened by it once they are sealed for it.")
    return redirect(url_for("message_keys.page"), 303)


@blueprint.get("/staff/keys/<name>/withdraw")
@needs(Role.LISTENER, Role.ADMIN)
def before_withdrawing(name: str) -> str:
    """What withdrawing a key means."""
    kept = _found(name) or abort(404)
    _refuse_withdrawing(kept)
    found = next(each for each in _keys(services()) if each.id == kept.id)
    return render("console/withdraw_key.html", key=found, left=len(current_keys()) - found.approved)


@blueprint.post("/staff/keys/<name>/withdraw")
@needs(Role.LISTENER, Role.ADMIN)
def withdraw(name: str) -> Answer:
    """Has no message sealed for a key any more."""
    running = services()
    if any(named(each.id) == name for each in public_keys(running.settings.keys)):
        abort(404)
    if kept := _found(name):
        _refuse_withdrawing(kept)
        running.keys.withdraw(kept.id, staff().name, running.seconds())
        if kept.approved:
            tell_admins()
        flash("The key is withdrawn.")
    return redirect(url_for("message_keys.page"), 303)


@blueprint.get("/staff/keys/lacking")
@needs(Role.LISTENER)
def lacking() -> Response:
    """The messages that a key opens (`mine`) and another current key does not; and those keys. How many messages each
    key opens, and how many there are. JSON."""
    current = {key.id: key for key in current_keys()}
    opens, mine = opened_by(services().store), request.args.get("mine", "")
    found = {
        message: [key for key in current if message not in opens.get(key, ())]
        for message in sorted(opens.get(mine, ()))
    }
    found = {message: keys for message, keys in found.items() if keys}
    needed = {key for keys in found.values() for key in keys}
    return jsonify(
        keys=[{"id": key.id, "name": key.name, "spki": _der(key)} for key in current.values() if key.id in needed],
        messages=[
            {"address": url_for("messages.page") + f"/{message}", "keys": keys} for message, keys in found.items()
        ],
        opens={key: len(ids) for key, ids in opens.items()},
        all=_messages(),
        standing=_standing(mine),
    )


@blueprint.get("/staff/keys/device")
@needs(Role.LISTENER)
def device() -> Response:
    """What a private key is wrapped with that a listener's browser keeps: JSON, 32 bytes in base 64, under SECRET_KEY,
    then under SECRET_KEY_OLD. Whatever ends the account's sessions changes it, so what was kept opens no more."""
    purpose = b"\n".join((KEPT, staff().id.encode(), staff().uniquifier.encode()))
    found = derived(services().settings.secrets, purpose)
    return jsonify(keys=[b64encode(urlsafe_b64decode(key)).decode() for key in found])


@blueprint.get("/staff/keys/standing")
@needs(Role.LISTENER)
def standing() -> Response:
    """Why no message is sealed for a key that somebody unlocked: a sentence, "" if messages are. JSON."""
    return jsonify(standing=_standing(request.args.get("key", "")))


def grouped(text: str) -> str:
    """In groups of four characters."""
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def current_keys() -> tuple[PublicKey, ...]:
    """The keys that new messages are sealed with. Raises SealError, StoreError."""
    running = services()
    return together(public_keys(running.settings.keys), running.keys.listed())


def _page(problem: str = "", wrong: str = "", typed: str = "") -> str:
    keys, may_approve = _keys(services()), staff().may(Role.ADMIN)
    return render(
        "console/keys.html",
        keys=[key for key in keys if key.approved],
        waiting=[key for key in keys if not key.approved],
        messages=_messages(),
        few=sum(key.approved for key in keys) < LEAST_KEYS,
        admin=may_approve,
        listener=staff().may(Role.LISTENER),
        problem=problem,
        wrong=wrong,
        typed=typed,
    )


def _messages() -> int:
    """How many messages there are."""
    return sum(services().voicemails.count().values())


def _standing(key: str) -> str:
    if _is_file(key):
        return ""
    found = services().keys.find(key)
    if found is None:
        return (
            "It was withdrawn, or never sent to an admin, so no message is sealed for it. Make a new one, under Keys."
        )
    if found.approved:
        return ""
    if found.changed:
        return "Another key was put in its place in the database. Tell an admin, and make a new one, under Keys."
    return "It waits for an admin to approve it; no message is sealed for it before. Its fingerprint is under Keys."


def _keys(running: ConsoleServices) -> list[Key]:
    """Every key: those of files first."""
    files, kept, opens = public_keys(running.settings.keys), running.keys.listed(), opened_by(running.store)
    current = {key.id for key in together(files, kept)}
    accounts = {account.id: account for account in running.accounts.all()}
    made = _made([each for each in kept if not each.approved])

    def alone(key: str) -> int:
        others = frozenset[str]().union(*(opens.get(each, frozenset()) for each in current - {key}))
        return len(opens.get(key, frozenset()) - others)

    def shown(each: KeptKey) -> Key:
        mine = each.account == staff().id
        gone, opened = not_a_listener(accounts.get(each.account)), len(opens.get(each.id, ()))
        return Key(
            each.id, each.name, each.approved, each.doubtful, mine=mine, gone=gone, changed=each.changed, opens=opened,
            alone=alone(each.id), made=made.get(each.id, ""),
        )  # fmt: skip

    in_files = [
        Key(each.id, each.name, True, file=True, opens=len(opens.get(each.id, ())), alone=alone(each.id))
        for each in files
    ]
    ids = {each.id for each in in_files}
    return [*in_files, *(shown(each) for each in kept if each.id not in ids)]


def _made(waiting: Sequence[KeptKey]) -> Mapping[str, str]:
    """When keys were made whose owner has several, each in words."""
    zone, now = services().live.known().site.schedule.zone, services().now()
    found = {}
    for owner in {each.account for each in waiting}:
        theirs = sorted((each for each in waiting if each.account == owner), key=lambda each: each.made_at)
        for each in theirs if len(theirs) > 1 else ():
            day = past_day(datetime.fromtimestamp(each.made_at, zone).date(), now.astimezone(zone).date())
            found[each.id] = f"made {day}{', the latest' if each is theirs[-1] else ''}"
    return found


def not_a_listener(account: Account | None) -> str:
    """Why the owner of a key should have none any more; "" if there is no reason."""
    if account is None:
        return "has no account any more"
    return "" if account.may(Role.LISTENER) else "is no listener any more"


def named(key: str) -> str:
    """What addresses call a key: nothing on the screen of whoever approves it may tell its fingerprint."""
    return sha256(b"address of a key\n" + key.encode()).hexdigest()[:12]


def _found(name: str) -> KeptKey | None:
    """A key of the store by its name in addresses, unless it is a file on the server as well."""
    return next((each for each in services().keys.listed() if named(each.id) == name and not _is_file(each.id)), None)


def _typed(text: str) -> str:
    """The fingerprint in a text, however it is grouped, and with letters that look like its digits."""
    return "".join(filter(str.isalnum, text)).lower().translate(_LOOK_ALIKE)


def _meant(kept: KeptKey, fingerprint: str) -> str | None:
    """The key that has a fingerprint: this one, or another one of its owner that waits."""
    if fingerprint == kept.id:
        return kept.id
    theirs = (each for each in services().keys.listed() if each.account == kept.account and not each.approved)
    return next((each.id for each in theirs if each.id == fingerprint), None)


def _is_file(key: str) -> bool:
    """Whether the operator put a key on the servers."""
    return any(each.id == key for each in public_keys(services().settings.keys))


def _refuse_withdrawing(kept: KeptKey) -> None:
    """An admin withdraws every key, a listener their own while it waits."""
    if not staff().may(Role.ADMIN) and (kept.approved or kept.account != staff().id):
        abort(403)


def _sent(text: str) -> tuple[str, bytes]:
    """The id and the PEM of the public key that a browser sent: base 64 of its DER. Raises SealError."""
    try:
        key = load_der_public_key(b64decode(text, validate=True))
        pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        found = read_public_key(pem, staff().name)
    except (Base64Error, ValueError, TypeError, UnsupportedAlgorithm):
        raise SealError("what the browser sent is not a public key") from None
    if found.key.public_numbers().e != EXPONENT or found.key.key_size > MOST_KEY_BITS:
        raise SealError("what the browser sent is not a key that this page makes")
    if _is_file(found.id):
        raise SealError("it is a file on the server already, and new messages are sealed for it")
    return found.id, pem


def _der(key: PublicKey) -> str:
    return b64encode(key.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
