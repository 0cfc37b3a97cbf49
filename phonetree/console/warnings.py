"""What is wrong or will be soon: each with what to do, and where.

Only what somebody has to do something about. Whatever a server reports is its own word, and is shown as text.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from flask import url_for

from phonetree.config.advice import missing_closures, old_numbers
from phonetree.config.site import Loaded
from phonetree.console.message_keys import LEAST_KEYS, not_a_listener
from phonetree.console.services import ConsoleServices
from phonetree.console.short_notice import ShortNotice
from phonetree.errors import ConfigError, SealError
from phonetree.mailbox.keys import together
from phonetree.mailbox.notices import Notices
from phonetree.mailbox.sealing import public_keys
from phonetree.store.accounts import Account
from phonetree.store.roles import Role
from phonetree.store.servers import Report, looked
from phonetree.store.voicemails import Voicemails

_REFUSED = "The last edit was refused, and callers hear the version before it"

_OPERATOR = "Tell whoever runs the server."

_LOOKED_AT = {
    "caller id": "the number that advocates see when they are rung",
    "number": "the helpline's number at the provider",
    "fallback": "what callers hear when no server answers",
}
"""What the servers look at, at the provider."""

FOLLOW_SECONDS = 30
"""Servers that differ for longer after a publication do not follow it."""

BACKUP_HOURS = 48
"""An older backup loses more than two days of messages and changes."""


@dataclass(frozen=True, slots=True)
class StaffWarning:
    """What is wrong, what to do about it, and the page where to do it ("": it is done elsewhere). `servers` are the
    names of those that somebody may say were taken away."""

    text: str
    todo: str
    address: str = ""
    servers: tuple[str, ...] = ()


def warnings(running: ConsoleServices, notice: ShortNotice, who: Account) -> list[StaffWarning]:
    """Everything that is wrong, for somebody to see; the most urgent first."""
    found = [
        *(_full_disk() if running.store.full else ()),
        *_silent(notice, who, full=running.store.full),
        *_servers(running, [each.report for each in notice.servers]),
        *_provider(running),
        *_line(running, who),
        *_site(notice.loaded, notice.now),
    ]
    if who.may(Role.ADMIN):
        found += _admin(running)
    return found


def _full_disk() -> Iterator[StaffWarning]:
    yield StaffWarning(
        "The disk of the database is full, so new messages of callers cannot be kept here, and nothing can be saved.",
        "Tell whoever runs the server now: the disk needs room.",
    )


def _silent(notice: ShortNotice, who: Account, *, full: bool) -> Iterator[StaffWarning]:
    """Servers that do not report; with a full disk none can, so that says nothing of calls."""
    words, names = notice.silence.words, tuple(each.name for each in notice.silent) if who.may(Role.ADMIN) else ()
    if words and full:
        told = f"{words}: with a full disk none can report. Calls may be answered all the same."
        yield StaffWarning(told, "Call the helpline to find out.", servers=names)
    elif not notice.servers:
        so = f"{words}, so callers may not be answered" if words else "Nobody knows whether calls are answered"
        yield StaffWarning(f"{so}.", _OPERATOR, servers=names)
    elif words:
        yield StaffWarning(f"{words}.", "Tell whoever runs the server to start it again.", servers=names)


def _servers(running: ConsoleServices, reports: list[Report]) -> Iterator[StaffWarning]:
    if any(report.test_call is False for report in reports):
        yield StaffWarning("A server fails its own test call: callers may not be answered.", _OPERATOR)
    for text in dict.fromkeys(report.unkept for report in reports if report.unkept):
        yield StaffWarning(text, "Add or confirm a phone on People.", url_for("people.page"))
    if len({report.revision for report in reports}) > 1 and not _just_published(running):
        todo = f"Wait a minute; if it lasts: {_OPERATOR[:1].lower()}{_OPERATOR[1:]}"
        yield StaffWarning("The servers answer with different versions of the tree.", todo)
    files = _files(running)
    for text, heard in dict.fromkeys((text, each.revision == files) for each in reports for text in each.problems):
        told = "Callers hear files that break a promise" if heard else _REFUSED
        yield StaffWarning(f"{told}.", f"Tell whoever edits the files: {text}")
    if any(number == 0 for report in reports for number, _ in report.refused):
        yield StaffWarning(
            "What was changed last at short notice could not be checked, and is not in force.", _OPERATOR
        )


def _just_published(running: ConsoleServices) -> bool:
    """Whether servers may still be on their way to a publication."""
    last = running.revisions.last()
    return last is not None and running.seconds() - last.at < FOLLOW_SECONDS


def _files(running: ConsoleServices) -> str:
    """The revision of the files; "" if they have problems."""
    try:
        return running.hours.files().site.revision
    except ConfigError:
        return ""


def _provider(running: ConsoleServices) -> Iterator[StaffWarning]:
    """What was wrong at the provider when a server last looked. That of a demo is none."""
    if running.settings.demo:
        return
    for about, look in looked(running.store).items():
        for wrong in look.found:
            text = f"Something is wrong with {_LOOKED_AT.get(about, about)}."
            yield StaffWarning(text, f"{_OPERATOR[:-1]}: {wrong.text} ({wrong.hint})")


def _line(running: ConsoleServices, who: Account) -> Iterator[StaffWarning]:
    notices = Notices(running.store, Voicemails(running.store), running.channels)
    for channel in notices.failing():
        yield StaffWarning(
            f"Notices by {channel.kind} are failing: staff may not be told of a message.",
            "Tell whoever runs the server to check PHONETREE_NOTIFY.",
        )
    yield from _keys(running, who)


def _keys(running: ConsoleServices, who: Account) -> Iterator[StaffWarning]:
    kept = running.keys.listed()
    try:
        number = len(together(public_keys(running.settings.keys), kept))
    except SealError as error:
        yield StaffWarning(f"Messages cannot be sealed: {error}.", _OPERATOR)
        return
    address = url_for("message_keys.page") if who.may(Role.LISTENER, Role.ADMIN) else ""
    if not number:
        lacking = "There is no key to seal messages with, so none can be kept."
        yield StaffWarning(lacking, "Have a listener make one.", address)
    elif number < LEAST_KEYS and not running.settings.demo:
        few = "There is only one key: if it is lost, nobody can open any message."
        yield StaffWarning(few, "Have another listener make one.", address)
    if not who.may(Role.ADMIN):
        return
    accounts = {account.id: account for account in running.accounts.all()}
    for key in kept:
        if key.changed:
            yield StaffWarning(f"A key of {key.name} was exchanged in the database.", "Withdraw it.", address)
        elif not key.approved:
            told = "can no longer be verified" if key.doubtful else "waits to be approved"
            yield StaffWarning(f"A key of {key.name} {told}.", "Approve it, or withdraw it.", address)
        elif gone := not_a_listener(accounts.get(key.account)):
            yield StaffWarning(f"{key.name} {gone}, and messages are sealed for their key.", "Withdraw it.", address)


def _site(loaded: Loaded, now: datetime) -> Iterator[StaffWarning]:
    for _, text in old_numbers(loaded.site, now.date()):
        yield StaffWarning(f"{text[:1].upper()}{text[1:]}.", "Dial it, and tell whoever edits the files the date.")
    for text in missing_closures(loaded.site, now.date()):
        yield StaffWarning(f"{text[:1].upper()}{text[1:]}.", "Add the days to the schedule.", url_for("schedule.page"))


def _admin(running: ConsoleServices) -> Iterator[StaffWarning]:
    if running.settings.demo:
        return
    if not any(account.factor for account in running.accounts.all()):
        yield StaffWarning(
            "Nobody has a second factor.", "Set one up, and let the others do so.", url_for("you.factor")
        )
    yield from _backups(running.settings.backups, running.seconds())


def _backups(folder: Path | None, now: int) -> Iterator[StaffWarning]:
    if folder is None:
        yield StaffWarning(
            "Nobody said where the backups of the database are, so nobody notices when there are none.",
            "Tell whoever runs the server to set PHONETREE_BACKUPS to their folder.",
        )
        return
    try:
        newest = max((path.stat().st_mtime for path in folder.iterdir() if path.is_file()), default=0.0)
    except OSError:
        newest = 0.0
    if now - newest > BACKUP_HOURS * 3600:
        age = f"the newest is {int(now - newest) // (24 * 3600)} days old" if newest else "there is none"
        yield StaffWarning(f"The backup of the database is old: {age}.", _OPERATOR)
