"""Fetches messages from the provider, seals them, and deletes them there.

One round examines everything that the provider holds: each recording is fetched, sealed, stored, read back and
compared, and only then deleted at the provider. Recordings too short to have words are deleted there and not stored:
the caller was told that nothing is kept. A round interrupted at any point, by a crash or by the provider, loses
nothing and stores nothing twice: the next round compares both sides and continues.
Only ciphertext is ever written to a disk.
"""

from base64 import b64decode
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass
from tempfile import TemporaryFile
from time import monotonic
from typing import BinaryIO

from phonetree.core.tree import Helpline
from phonetree.errors import ProviderError, SealError, StoreError
from phonetree.mailbox.backoff import backoff, spread
from phonetree.mailbox.sealing import PIECE_BYTES, Envelope, PublicKey, Sealer, cut
from phonetree.provider.rest import MEDIA_SECONDS, CallRecord, Provider, Recording
from phonetree.store.voicemails import FailedFetch, NewVoicemail, Voicemails, new_id

FIRST_WAIT_SECONDS = 30
LONGEST_WAIT_SECONDS = 3600
"""A recording that cannot be fetched is retried after this long at most, for as long as the provider has it."""

SETTLE_SECONDS = 1800
"""How long the id of a recording is kept after it was deleted at the provider: longer than any worker can
hold one that it has fetched and not stored."""

LONGEST_FETCH_SECONDS = MEDIA_SECONDS + 300
"""The longest time between listing and storing a recording."""

LEAST_SECONDS = 1
"""A shorter recording has no words. The engine asks again below two seconds, but the provider trims silence before it
reports the length (Twilio, voice/twiml/record, `trim`): one second may be a message that the caller was thanked for."""

NEW_MESSAGE = "A new message is waiting for the advocates."
"""Says nothing about the caller."""


@dataclass(frozen=True, slots=True)
class Collector:
    """What a round needs. `helpline` has our numbers; `keys` seal; `keep_calls` keeps call records.
    `ended` gets the start (seconds since 1970) of a call to us whose record was deleted, and stores nothing of it."""

    provider: Provider
    voicemails: Voicemails
    helpline: Callable[[], Helpline]
    keys: Callable[[], tuple[PublicKey, ...]]
    keep_calls: bool = False
    ended: Callable[[int], None] = lambda _began: None

    def round(self, now: int) -> None:
        """Collects everything that can be collected now.

        Raises ProviderError or StoreError when nothing can be done at all; a failure of one recording is recorded,
        shown to staff, and retried.
        """
        held = {recording.id: recording for recording in self.provider.recordings()}
        known = self.voicemails.sources()
        failures = self.voicemails.failures()
        for recording in held.values():
            due = recording.id not in failures or failures[recording.id].next_at <= now
            if recording.completed and due:
                self._collect_or_note(recording, known, now, failures.get(recording.id))
        for source in (source for source, gone in known.items() if not gone and source not in held):
            if not self.provider.has_recording(source):
                self.voicemails.gone_at_the_provider(source, now)
        self.voicemails.settle(now - SETTLE_SECONDS)
        self.voicemails.forget_failures(frozenset(held))
        if not self.keep_calls:
            self._delete_call_records({recording.call for recording in self.provider.recordings()})

    def _collect_or_note(
        self, recording: Recording, known: Container[str], now: int, failed: FailedFetch | None
    ) -> None:
        attempts = failed.attempts if failed else 0
        try:
            self._collect(recording, known, now)
        except (ProviderError, SealError, StoreError) as error:
            told = getattr(error, "wait", None)
            wait = spread(told) if told else backoff(FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS, attempts + 1)
            self.voicemails.failed(recording.id, str(error)[:200], now + wait, now)

    def _collect(self, recording: Recording, known: Container[str], now: int) -> None:
        if recording.id not in known:
            if not self._ours(recording):
                return
            if _is_no_message(recording):
                self.provider.delete_recording(recording.id)
                self.voicemails.gone_at_the_provider(recording.id, now)
                return
            self._store(recording, now)
        if not self.voicemails.intact(recording.id):
            raise StoreError("a stored message has changed; check the disk")
        self.provider.delete_recording(recording.id)
        self.voicemails.gone_at_the_provider(recording.id, now)

    def _ours(self, recording: Recording) -> bool:
        """Whether it was left on a call to the helpline: not on a call to another number of the same account, nor in a
        conference. Only we delete the record of its call, and only after the recording."""
        if not recording.call:
            return False
        call = self.provider.call(recording.call)
        return call is None or (not call.outbound and call.called in _numbers(self.helpline()))

    def _store(self, recording: Recording, now: int) -> None:
        """Fetches, seals and stores; decrypts what is read back, and compares. Raises when it differs."""
        began, id_ = monotonic(), new_id()
        sealer = None if recording.encryption else Sealer(self.keys(), id_, recording.made_at)
        with _Spool() as spool:
            with self.provider.media(recording.id) as pieces:
                spool.fill(sealer.seal(pieces) if sealer else (piece for piece, _ in cut(pieces, PIECE_BYTES)))
            if monotonic() - began > LONGEST_FETCH_SECONDS:
                raise ProviderError("fetching a recording took too long")
            added = self.voicemails.add(_arrival(id_, recording, sealer), spool.pieces(), NEW_MESSAGE, now)
        if added and sealer and not self._reads_back(sealer, id_):
            self.voicemails.discard(id_)
            raise StoreError("the message read back differs from the one stored; check the disk")

    def _reads_back(self, sealer: Sealer, message: str) -> bool:
        return sealer.verify(Envelope(*self.voicemails.envelope(message)), self.voicemails.sealed(message))

    def _delete_call_records(self, needed: set[str]) -> None:
        """Deletes the records of our calls that have ended, a member's legs before the caller's."""
        helpline = self.helpline()
        listed = {call.id: call for number in _numbers(helpline) for call in self.provider.calls_with(number)}
        incoming = {call.id for call in listed.values() if _came_in(call, helpline)}
        for call in listed.values():  # list all before deleting any: pages would shift
            if call.ended and call.id not in needed and (call.id in incoming or self._placed(call, incoming, helpline)):
                self._delete_call(call)

    def _placed(self, call: CallRecord, incoming: set[str], helpline: Helpline) -> bool:
        """Whether the helpline placed a call: a leg of an incoming call, even if that one's record is gone; or any call
        from its number at the provider. Others on the account may show the helpline's number too."""
        if not call.outbound or call.caller not in _numbers(helpline):
            return False
        if not call.parent:
            return call.caller == helpline.provider_number
        if call.parent in incoming:
            return True
        try:
            parent = self.provider.call(call.parent)
        except ProviderError:
            return False  # the next round retries
        return parent is None or _came_in(parent, helpline)

    def _delete_call(self, call: CallRecord) -> None:
        try:
            self.provider.delete_with_legs(call.id)
        except ProviderError:
            return  # refused until both legs have ended; the next round retries
        if not call.parent and not call.outbound:
            self.ended(call.began_at)


def _numbers(helpline: Helpline) -> tuple[str, ...]:
    """Both of its numbers: messages and call records may wait while staff switch between them."""
    return tuple(dict.fromkeys((helpline.provider_number, helpline.number)))


def _came_in(call: CallRecord, helpline: Helpline) -> bool:
    """Whether somebody called the helpline. Calls that others on the account place to the number that callers dial are
    not ours."""
    return call.called == helpline.provider_number or (call.called == helpline.number and not call.outbound)


def _is_no_message(recording: Recording) -> bool:
    """Whether it is known to be empty."""
    return recording.seconds is not None and recording.seconds < LEAST_SECONDS


def _arrival(id_: str, recording: Recording, sealer: Sealer | None) -> NewVoicemail:
    if sealer:
        iv, wrapped = sealer.envelope.iv, sealer.envelope.wrapped
    else:
        details = recording.encryption
        if details is None:
            raise SealError("the recording is not encrypted")
        iv, wrapped = b64decode(details.iv), {details.key: b64decode(details.wrapped)}
    return NewVoicemail(id_, recording.id, recording.made_at, recording.seconds or 0, iv, wrapped)


class _Spool:
    """An unnamed file of ciphertext: it disappears with the process, however that ends."""

    def __enter__(self) -> "_Spool":
        self._file: BinaryIO = TemporaryFile()
        self._sizes: list[int] = []
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def fill(self, pieces: Iterable[bytes]) -> None:
        """Raises StoreError when the disk is full."""
        try:
            for piece in pieces:
                self._file.write(piece)
                self._sizes.append(len(piece))
            self._file.flush()
        except OSError as error:
            raise StoreError(
                f"a message cannot be written to a temporary file ({error.strerror}); check the disk"
            ) from None

    def pieces(self) -> Iterator[bytes]:
        """The same pieces."""
        self._file.seek(0)
        return map(self._file.read, self._sizes)
