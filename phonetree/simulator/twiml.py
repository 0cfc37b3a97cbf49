"""TwiML as the network reads it: strictly. What it would refuse or skip with a warning is an error here.

Rules are from the page of each verb under Twilio's voice/twiml.
"""

from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError, XMLParser

from phonetree.errors import SimulationError

MOST_BYTES = 64 * 1024
MOST_SAY_CHARACTERS = 3000
TEXT_TYPES = ("text/xml", "application/xml", "text/html")

_SAY = frozenset({"voice", "language", "loop"})
_PLAY = frozenset({"loop", "digits"})
_GATHER = frozenset(
    [
        "action",
        "method",
        "input",
        "timeout",
        "numDigits",
        "finishOnKey",
        "actionOnEmptyResult",
        "language",
        "speechTimeout",
        "hints",
        "bargeIn",
    ]
)
_DIAL = frozenset(
    [
        "action",
        "method",
        "timeout",
        "callerId",
        "hangupOnStar",
        "timeLimit",
        "answerOnBridge",
        "ringTone",
        "record",
        "sequential",
    ]
)
_NUMBER = frozenset(["url", "method", "sendDigits", "statusCallback", "statusCallbackMethod", "statusCallbackEvent"])
_RECORD = frozenset(
    [
        "action",
        "method",
        "timeout",
        "finishOnKey",
        "maxLength",
        "playBeep",
        "trim",
        "recordingStatusCallback",
        "recordingStatusCallbackMethod",
        "recordingStatusCallbackEvent",
    ]
)
_KEYS = frozenset("0123456789*#")


@dataclass(frozen=True, slots=True)
class Said:
    """Words that are heard, in a language (BCP 47), or a file."""

    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Pause:
    seconds: int


@dataclass(frozen=True, slots=True)
class Gather:
    said: tuple[Said | Pause, ...]
    action: str | None
    timeout: int
    most_keys: int | None
    finish_on: str
    action_when_empty: bool


@dataclass(frozen=True, slots=True)
class Number:
    number: str
    screen: str | None


@dataclass(frozen=True, slots=True)
class Dial:
    numbers: tuple[Number, ...]
    action: str | None
    timeout: int
    caller_id: str | None
    longest: int = 14400
    record: str = "do-not-record"


@dataclass(frozen=True, slots=True)
class Record:
    action: str | None
    timeout: int
    longest: int
    finish_on: str
    callback: str | None


@dataclass(frozen=True, slots=True)
class Redirect:
    url: str


@dataclass(frozen=True, slots=True)
class Hangup:
    pass


@dataclass(frozen=True, slots=True)
class Reject:
    pass


Verb = Said | Pause | Gather | Dial | Record | Redirect | Hangup | Reject
Document = tuple[Verb, ...]

ON_A_LEG = (Said, Pause, Gather, Hangup)
"""What may run on a dialled leg before it is bridged (voice/twiml/number; Pause inside a Gather only)."""


def parse(body: bytes, content_type: str) -> Document:
    """The verbs of a document. Raises SimulationError with the network's error number and the rule."""
    if content_type.partition(";")[0].strip() not in TEXT_TYPES:
        raise SimulationError(f"12300: the answer is '{content_type}', not a document")
    if len(body) > MOST_BYTES:
        raise SimulationError(f"11750: the document has {len(body)} bytes")
    try:
        parser = XMLParser()  # noqa: S314 -- our own server's documents, in tests and on staff's machines
        parser.feed(body)
        root = parser.close()
    except ParseError as error:
        raise SimulationError(f"12100: the document is not XML: {error}") from None
    if root.tag != "Response" or root.attrib:
        raise SimulationError(f"12100: the root is <{root.tag}>, not a plain <Response>")
    return tuple(_verb(element) for element in root)


def _verb(element: Element) -> Verb:
    match element.tag:
        case "Say" | "Play" | "Pause":
            return _said(element)
        case "Gather":
            return _gather(element)
        case "Dial":
            return _dial(element)
        case "Record":
            _check(element, _RECORD, children=False)
            timeout, longest = _number(element, "timeout", 5, 0, 600), _number(element, "maxLength", 3600, 2, 14400)
            finish = _finish(element, "1234567890*#")
            return Record(element.get("action"), timeout, longest, finish, element.get("recordingStatusCallback"))
        case "Redirect":
            _check(element, frozenset({"method"}), children=False)
            return Redirect(_text(element))
        case "Hangup":
            _check(element, frozenset(), children=False)
            return Hangup()
        case "Reject":
            _check(element, frozenset({"reason"}), children=False)
            return Reject()
    raise SimulationError(f"12200: <{element.tag}> is not a verb that this network knows")


def _said(element: Element) -> Said | Pause:
    if element.tag == "Pause":
        _check(element, frozenset({"length"}), children=False)
        return Pause(_number(element, "length", 1, 1, 600))
    _check(element, _SAY if element.tag == "Say" else _PLAY, children=False)
    text = _text(element)
    if element.tag == "Play":
        return Said(text, "file")
    if len(text) > MOST_SAY_CHARACTERS:
        raise SimulationError(f"a text has {len(text)} characters; voices refuse it")
    if not element.get("voice") or not element.get("language"):
        raise SimulationError("a <Say> without voice or language would speak in the account's default voice")
    return Said(text, element.attrib["language"])


def _gather(element: Element) -> Gather:
    _check(element, _GATHER)
    said = []
    for child in element:
        if child.tag not in ("Say", "Play", "Pause"):
            raise SimulationError(f"12200: <{child.tag}> may not stand inside <Gather>")
        said.append(_said(child))
    keys = _number(element, "numDigits", 0, 1, 100) if element.get("numDigits") else None
    return Gather(
        tuple(said),
        element.get("action"),
        _number(element, "timeout", 5, 1, 600),
        keys,
        _finish(element, "#", most=1),
        element.get("actionOnEmptyResult") == "true",
    )


def _dial(element: Element) -> Dial:
    _check(element, _DIAL)
    numbers = []
    for child in element:
        if child.tag != "Number":
            raise SimulationError(f"12200: <{child.tag}> inside <Dial> is not modelled")
        _check(child, _NUMBER, children=False)
        numbers.append(Number(_text(child), child.get("url")))
    if not numbers:
        numbers = [Number(_text(element), None)]
    if len(numbers) > 10:
        raise SimulationError(f"<Dial> rings {len(numbers)} numbers; at most 10 ring at once")
    timeout, longest = _number(element, "timeout", 30, 5, 600), _number(element, "timeLimit", 14400, 1, 86400)
    record = element.get("record", "do-not-record")
    return Dial(tuple(numbers), element.get("action"), timeout, element.get("callerId"), longest, record)


def _check(element: Element, known: frozenset[str], *, children: bool = True) -> None:
    for name in element.attrib:
        if name not in known:
            raise SimulationError(f"12200: <{element.tag}> has no attribute '{name}'")
    if not children and len(element):
        raise SimulationError(f"12200: nothing may stand inside <{element.tag}>")
    if element.get("method", "POST") != "POST":
        raise SimulationError(
            f"<{element.tag}> asks for {element.get('method')}, which puts callers' numbers into addresses"
        )


def _text(element: Element) -> str:
    text = (element.text or "").strip()
    if not text:
        raise SimulationError(f"<{element.tag}> is empty")
    return text


def _number(element: Element, name: str, default: int, least: int, most: int) -> int:
    text = element.get(name)
    if text is None:
        return default
    if not (text.isdigit() and least <= int(text) <= most):
        raise SimulationError(f"<{element.tag}> has {name}='{text}'; allowed is {least} to {most}")
    return int(text)


def _finish(element: Element, default: str, most: int = 12) -> str:
    keys = element.get("finishOnKey", default)
    if not set(keys) <= _KEYS or len(keys) > most:
        raise SimulationError(f"13310: <{element.tag}> has finishOnKey='{keys}'")
    return keys
