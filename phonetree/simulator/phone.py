"""A call from the first ring to the hang-up, in virtual time.

Documents run as the network runs them (Twilio, voice/twiml and the page of each verb): verbs from top to
bottom; when none is left the call is over; Gather with a key, Record, Redirect, and Dial with an action
leave the document.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NoReturn
from urllib.parse import urljoin

from phonetree.simulator import dialling
from phonetree.simulator.caller import Caller, HangUp, Press, Undecided, seconds
from phonetree.simulator.ending import CallOver, CallStops, Waits
from phonetree.simulator.network import Clock, Network, Rules
from phonetree.simulator.transcript import Line, Transcript, unheard
from phonetree.simulator.transport import Unreachable
from phonetree.simulator.twiml import Dial, Document, Gather, Hangup, Pause, Record, Redirect, Reject, Said, Verb
from phonetree.simulator.world import World

TONE = "(the tone)"
"""What is heard before a recording."""

APPLICATION_ERROR = "We are sorry, an application error has occurred. Goodbye."


@dataclass
class Call:
    """One call, and its result.

    `dialled` has the numbers that rang, `spoke_with` those that the caller spoke with, `messages` the
    seconds of each recording left, `ended` who ended it. `keep` gets the call and the seconds of each recording,
    if a provider should hold it. `waits` is what the call stopped for, if the caller has not decided yet.
    """

    network: Network
    clock: Clock
    caller: Caller
    world: World
    rules: Rules = field(default_factory=Rules)
    number: str = "+16175550199"
    listener: Callable[[Line], None] = unheard
    dialled: list[dialling.Ringing] = field(default_factory=list)
    spoke_with: list[str] = field(default_factory=list)
    messages: list[int] = field(default_factory=list)
    keep: Callable[[str, int], None] | None = None
    ended: str = ""
    waits: Waits | None = None

    def __post_init__(self) -> None:
        self.id = self.network.new_call_id()
        self.transcript = Transcript(self.listener)
        self.status = "ringing"
        self.language = ""
        self.url = self.network.settings.voice_url

    # -- the whole call

    def run(self) -> "Call":
        """Plays the call to its end, or to where it stops."""
        try:
            document = self.fetch(self.url)
            self.status = "in-progress"
            while True:
                document = self._execute(document)
        except CallStops as stops:
            self.waits = stops.waits
            return self
        except CallOver as over:
            self.ended = str(over)
        self.status = "completed"
        self.note("ends", self.ended)
        if self.network.settings.status_callback:
            extra = {"CallDuration": str(int(self.clock.elapsed))}
            self.network.notify(self.network.settings.status_callback, {**self.fields(), **extra})
        return self

    def fields(self, **extra: str) -> dict[str, str]:
        """What the network sends about the call with every request (Twilio, voice/twiml)."""
        helpline, dialled = self.network.settings.number, self.network.settings.forwarded_from
        forwarded = {"ForwardedFrom": dialled} if dialled and self.rules.says_forwarded else {}
        geography = {
            f"{who}{what}": value
            for who in ("From", "Caller", "To", "Called")
            for what, value in (("City", "CAMBRIDGE"), ("State", "MA"), ("Zip", ""), ("Country", "US"))
        }
        return {
            "CallSid": self.id, "AccountSid": self.network.account, "ApiVersion": "2010-04-01",
            "From": self.number, "Caller": self.number, "To": helpline, "Called": helpline,
            "CallStatus": self.status, "Direction": "inbound", **geography, **forwarded, **extra,
        }  # fmt: skip

    def fetch(self, url: str, **extra: str) -> Document:
        """The document that continues the call; the fallback's when there is none (usage/security/...)."""
        target = urljoin(self.url, url)
        try:
            document = self.network.document(target, self.fields(**extra))
        except Unreachable as error:
            self._wait_for_the_server()
            return self._fall_back(target, error)
        self._wait_for_the_server()
        self.url = target
        return document

    def broken_off(self, code: str) -> Document:
        """The fallback's document, after one that failed."""
        return self._fall_back(self.url, Unreachable(code, "the document could not be run"), code)

    def _wait_for_the_server(self) -> None:
        if self.network.waited:
            self.note("hears", f"(silence for {self.network.waited:.0f} s)")
            self.clock.elapsed += self.network.waited
            self.network.waited = 0.0

    def _fall_back(self, failed: str, error: Unreachable, code: str = "11200") -> Document:
        self.network.errors.append(str(error))
        self.note("network", f"gets no document ({error})")
        fallback = self.network.settings.fallback_url
        if fallback:
            try:
                document = self.network.document(fallback, self.fields(ErrorCode=code, ErrorUrl=failed))
            except Unreachable:
                pass
            else:
                self.note("network", "turns to the fallback")
                self.url = fallback
                return document
        self.hear(Said(APPLICATION_ERROR, "network"))
        raise CallOver("the network gave up")

    # -- what the caller does and hears

    def note(self, what: str, detail: str) -> None:
        self.transcript.add(self.clock.elapsed, what, detail)

    def pass_time(self, length: float) -> None:
        """Lets time pass; the caller may hang up meanwhile."""
        gone = self.caller.hangs_up_at
        if gone is not None and self.clock.elapsed + length >= gone:
            self.clock.elapsed = max(self.clock.elapsed, gone)
            self.caller_leaves()
        self.clock.elapsed += length

    def caller_leaves(self) -> NoReturn:
        self.note("hangs up", "")
        raise CallOver("the caller hung up")

    def hear(self, *said: Said | Pause, only: float | None = None) -> None:
        """The caller hears words, or as much of them as fits into `only` seconds."""
        spoken = [piece for piece in said if isinstance(piece, Said)]
        whole = seconds(said)
        length = whole if only is None else min(only, whole)
        gone = self.caller.hangs_up_at
        if gone is not None:
            length = max(0.0, min(length, gone - self.clock.elapsed))
        heard_words: list[str] = []
        heard: list[Said] = []
        passed = 0.0
        for piece in spoken:
            if passed >= length and heard_words:
                break
            marker = f"[{piece.language}] " if piece.language != self.language else ""
            self.language = piece.language
            took = seconds([piece])
            cut = "" if passed + took <= length + 0.01 else " ..."
            words = f"{_beginning(piece.text, (length - passed) / took if cut else 1)}{cut}"
            heard_words.append(f"{marker}{words}")
            heard.append(Said(words, piece.language))
            passed += took
        if heard_words:
            self.transcript.add(self.clock.elapsed, "hears", " ".join(heard_words), tuple(heard))
        self.pass_time(whole if only is None else only)

    # -- documents

    def _execute(self, document: Document) -> Document:
        """Runs a document up to where it leaves; returns the next one, or ends the call."""
        for verb in document:
            following = self._perform(verb)
            if following is not None:
                return following
        raise CallOver("the document ended, and the network hung up" if document else "the helpline hung up")

    def _perform(self, verb: Verb) -> Document | None:
        match verb:
            case Said() | Pause():
                self.hear(verb)
            case Gather():
                return self._gather(verb)
            case Record():
                return self._record(verb)
            case Dial():
                return dialling.dial(self, verb)
            case Redirect(url):
                return self.fetch(url)
            case Hangup():
                raise CallOver("the helpline hung up")
            case Reject():
                raise CallOver("the helpline refused the call")
        return None

    def _gather(self, gather: Gather) -> Document | None:
        length = seconds(gather.said)
        act = self.caller.asked(gather.said, gather.timeout)
        if isinstance(act, Undecided):
            self.hear(*gather.said)
            raise CallStops(Waits.KEY)
        if isinstance(act, HangUp):
            self.hear(*gather.said, only=min(act.after, length))
            self.caller_leaves()
        if not isinstance(act, Press) or act.after >= length + gather.timeout:
            self.hear(*gather.said)
            self.pass_time(gather.timeout)
            return self.fetch(gather.action or self.url, Digits="") if gather.action_when_empty else None
        self.hear(*gather.said, only=min(act.after, length))
        self.pass_time(max(0.0, act.after - length))
        self.note("presses", act.key)
        if act.key == gather.finish_on:
            return None
        if gather.most_keys != 1:
            self.pass_time(gather.timeout)
        return self.fetch(gather.action or self.url, Digits=act.key, FinishedOnKey="", msg="Gather End")

    def _record(self, record: Record) -> Document | None:
        self.note("hears", TONE)
        speech = self.caller.recorded()
        if isinstance(speech, Undecided):
            raise CallStops(Waits.SPEECH)
        length = min(speech.seconds, record.longest)
        if length:
            self.note("speaks", f"for {length} s")
        before = self.clock.elapsed
        try:
            self.pass_time(length)
            if speech.then == "x":
                self.caller_leaves()
        except CallOver:
            self._keep(record, int(self.clock.elapsed - before))
            self.status = "completed"
            self.fetch(record.action or self.url, Digits="hangup", RecordingDuration=str(length), **_recording(1))
            raise
        ended_by = speech.then if speech.then and speech.then in record.finish_on else ""
        if ended_by:
            self.note("presses", ended_by)
        elif length < record.longest:
            self.pass_time(record.timeout)
        if not length and self.rules.empty_recording_leads_on:
            return None
        self._keep(record, length)
        extra = {"Digits": ended_by} if ended_by else {}
        return self.fetch(record.action or self.url, RecordingDuration=str(length), **_recording(1), **extra)

    def _keep(self, record: Record, length: int) -> None:
        self.messages.append(length)
        if self.keep:
            self.keep(self.id, length)
        self.note("network", f"keeps a recording of {length} s")
        if record.callback:
            done = {"RecordingStatus": "completed", "RecordingDuration": str(length), "RecordingSource": "RecordVerb"}
            self.network.notify(urljoin(self.url, record.callback), {**self.fields(), **done, **_recording(1)})


def _recording(number: int) -> dict[str, str]:
    sid = f"RE{number:032x}"
    return {"RecordingSid": sid, "RecordingUrl": f"https://api.twilio.com/Recordings/{sid}"}


def _beginning(text: str, share: float) -> str:
    words = text.split()
    return " ".join(words[: max(1, round(len(words) * share))])
