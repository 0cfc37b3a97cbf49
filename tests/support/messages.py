"""Sealed messages at the addresses that the console's scripts ask, and a page that runs these scripts."""

import io
import threading
import wave
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial, update_wrapper
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from flask import Flask, Response, abort, jsonify, redirect, request
from playwright.sync_api import Browser, Page

from phonetree.console.access import open_to_all
from phonetree.mailbox.sealing import Envelope, PublicKey, Sealer, format_of
from phonetree.simulator.provider import sound
from tests.support.console import console, running
from tests.support.mail import PASSPHRASE, pair
from tests.support.screens import window
from tests.support.voicemails import format_2

STATIC = "/staff/static/messages"
MINE = pair()[2].private
LEFT_AT = 1_795_000_000
PART_BYTES = 256 * 1024
AT_ONCE = 3
"""How many parts the scripts ask for at once."""


def in_base64(data: bytes) -> str:
    return b64encode(data).decode()


def wav(seconds: int) -> bytes:
    """A WAV file of any length: ten seconds that are heard again and again."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes((sound(10)[44:] * (seconds // 10 + 1))[: seconds * 16_000])
    return file.getvalue()


@dataclass
class Message:
    """A sealed message, as the server describes it and as it is."""

    envelope: Envelope
    parts: list[bytes]
    wrongly: dict[str, Any] = field(default_factory=dict)
    """What the server says of it that is not so."""

    @property
    def sealed(self) -> bytes:
        return b"".join(self.parts)

    def described(self, **other: Any) -> dict[str, Any]:
        """Its envelope in JSON, with some fields that are not its own."""
        return {
            "message": self.envelope.message,
            "left_at": self.envelope.left_at,
            "format": format_of(self.sealed),
            "iv": in_base64(self.envelope.iv),
            "wrapped": {name: in_base64(each) for name, each in self.envelope.wrapped.items()},
            "size": len(self.sealed),
            "parts": len(self.parts),
            "digest": sha256(self.sealed).hexdigest(),
            **self.wrongly,
            **other,
        }


def sealed(sound: bytes, *keys: PublicKey, number: int = 1) -> Message:
    """A sound, sealed as the collector does."""
    sealer = Sealer(keys, f"{number:032x}", LEFT_AT)
    return Message(sealer.envelope, list(sealer.seal([sound])))


def sealed_before(sound: bytes, *keys: PublicKey, number: int = 1, part: int = PART_BYTES) -> Message:
    """A sound, sealed in format 2, in parts of a size."""
    envelope, whole = format_2(sound, keys, f"{number:032x}", LEFT_AT)
    return Message(envelope, [whole[place : place + part] for place in range(0, len(whole), part)])


def device_key(number: int) -> str:
    """One of the keys that a console gives to an account's browser."""
    return in_base64(bytes([number]) * 32)


@dataclass
class MessageServer:
    """Routes of a console that serve sealed messages, with trouble on demand, and note everything they are asked."""

    app: Flask
    messages: dict[str, Message] = field(default_factory=dict)
    lacking: dict[str, Any] = field(default_factory=dict)
    device: list[str] = field(default_factory=list)
    """The keys that what a device keeps is wrapped with."""
    given: dict[str, dict[str, str]] = field(default_factory=dict)
    """What was wrapped for others, by message."""
    trouble: dict[str, list[int]] = field(default_factory=dict)
    """Answers to come first, by what follows the message in the address."""
    noise: Counter[str] = field(default_factory=Counter)
    """How many answers come damaged first, by what follows the message in the address."""
    bodies: list[bytes] = field(default_factory=list)
    """Every request whole: its address, headers and body."""
    asked: Counter[str] = field(default_factory=Counter)
    at_once: int = 0
    most_at_once: int = 0
    first_last: bool = False
    """Whether the first parts wait for each other, and part 0 is answered after them."""
    held: threading.Event = field(default_factory=threading.Event)
    """Parts after the first wait until it is set."""
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def __post_init__(self) -> None:
        self.held.set()
        self.app.before_request(self._note)
        for rule, name, view, method in (
            ("/staff/tested/<name>/envelope", "envelope", self._envelope, "GET"),
            ("/staff/tested/<name>/parts/<int:number>", "part", self._part, "GET"),
            ("/staff/tested/<name>/wrapped", "wrapped", self._wrapped, "POST"),
            ("/staff/tested/lacking", "lacking", self._lacking, "GET"),
            ("/staff/tested/device", "device", self._device, "GET"),
        ):
            self.app.add_url_rule(
                rule, f"test {name}", open_to_all(update_wrapper(partial(view), view)), methods=[method]
            )

    def renew(self) -> None:
        """Forgets what the last test did."""
        for each in (self.messages, self.lacking, self.given, self.trouble, self.noise, self.bodies, self.asked):
            each.clear()
        self.most_at_once, self.first_last, self.device = 0, False, [device_key(1)]
        self.held.set()

    def put(self, message: Message) -> str:
        """Serves a message; its address."""
        self.messages[message.envelope.message] = message
        return f"/staff/tested/{message.envelope.message}"

    def _note(self) -> None:
        head = f"{request.method} {request.full_path}\n{request.headers}".encode()
        self.bodies.append(head + request.get_data(cache=True, parse_form_data=False))

    def _found(self, name: str, what: str) -> Message:
        self.asked[what] += 1
        if waiting := self.trouble.get(what):
            status = waiting.pop(0)
            abort(redirect("/staff/sign-in", 303) if status == 303 else status)
        return self.messages.get(name) or abort(404)

    def _envelope(self, name: str) -> Response:
        return jsonify(self._found(name, "envelope").described())

    def _part(self, name: str, number: int) -> Response:
        with self._changed:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            found = self._found(name, f"parts/{number}")
            noise = self.noise[f"parts/{number}"]
            self.noise[f"parts/{number}"] -= 1
            with self._changed:
                self._changed.notify_all()
                if self.first_last and number < AT_ONCE:
                    assert self._changed.wait_for(lambda: self.most_at_once == AT_ONCE, 10)
                if self.first_last and number == 0:
                    assert self._changed.wait_for(lambda: self.asked["answered"] >= AT_ONCE - 1, 10)
            if number:
                assert self.held.wait(10)
            if number >= len(found.parts):
                abort(404)
            sealed = found.parts[number] if noise <= 0 else found.parts[number][:-1] + bytes([noise])
            return Response(sealed, content_type="application/octet-stream")
        finally:
            with self._changed:
                self.at_once -= 1
                self.asked["answered"] += 1
                self._changed.notify_all()

    def _wrapped(self, name: str) -> Response:
        self._found(name, "wrapped")
        self.given[name] = {key: value for key, value in request.form.items() if key.startswith("key-")}
        return Response(status=204)

    def _device(self) -> Response:
        if self.trouble.get("device"):
            abort(self.trouble["device"].pop(0))
        return jsonify(keys=self.device)

    def _lacking(self) -> Response:
        self.asked[f"lacking by {request.args.get('mine')}"] += 1
        return jsonify(self.lacking)


HELP = """
    const bytes = (text) => Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
    const base64 = (data) => btoa(Array.from(new Uint8Array(data), (each) => String.fromCharCode(each)).join(""));
    const whole = async (sound) => {
        const { pieces, problem } = await sound.read(0, sound.size);
        if (problem) {
            throw problem;
        }
        return new Blob(pieces).arrayBuffer();
    };
    const hashed = async (data) => base64(await crypto.subtle.digest("SHA-256", data));
    const tried = async (work) => {
        try {
            return await work();
        } catch (error) {
            return error instanceof DOMException ? error.name : `${error.code}: ${error.message}`;
        }
    };
"""


class Evaluates(Protocol):
    """What scripts are run in."""

    def evaluate(self, expression: str, arg: Any = None, /) -> Any: ...


def run(page: Page | Evaluates, script: str, given: Any, modules: Sequence[str]) -> Any:
    """What a script answers that may use our modules, each by its name."""
    imports = "".join(f"const {name} = await import('{STATIC}/{name}.js');\n" for name in modules)
    return page.evaluate(f"async (given) => {{ {imports} {HELP} {script} }}", given)


UNLOCKED = "await vault.unlock(given.text, given.passphrase);"


def with_vault(page: Page, script: str, **given: Any) -> Any:
    """What a script answers; `vault` is a new one, which is locked at the end."""
    prepared = f"""
        const vault_ = await import('{STATIC}/vault.js');
        const vault = new vault_.Vault();
        try {{
            return await (async () => {{ {script} }})();
        }} finally {{
            vault.lock();
        }}
    """
    return run(page, prepared, {"text": MINE, "passphrase": PASSPHRASE, **given}, ())


@contextmanager
def message_page(browser: Browser, folder: Path) -> Iterator[tuple[Page, MessageServer]]:
    """A page of a console, and the messages that it serves."""
    with console("sqlite", folder) as made, window(browser) as context:
        server = MessageServer(made.app)
        with running(made, folder) as url:
            page = context.new_page()
            page.goto(f"{url}/staff/sign-in")
            yield page, server
