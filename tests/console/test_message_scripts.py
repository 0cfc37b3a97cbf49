"""The scripts that open messages in a browser: with what Python seals and unlocks, and over a network with faults."""

import json
import re
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from playwright.sync_api import Browser, Page, Route

from phonetree.console import create_app
from phonetree.mailbox import keyring
from phonetree.mailbox.sealing import PIECE_BYTES, Envelope, format_of, header, key_id, unwrap
from phonetree.simulator.provider import sound
from phonetree.store.database import Store
from phonetree.store.voicemails import Voicemails
from tests.mailbox.test_swapped import FORMAT_1, OLDER, restored
from tests.support.key_files import NO_KEY_FILES, changed
from tests.support.mail import FEW_ROUNDS, PASSPHRASE, pair
from tests.support.messages import (
    AT_ONCE,
    LEFT_AT,
    MINE,
    STATIC,
    UNLOCKED,
    Message,
    MessageServer,
    device_key,
    in_base64,
    message_page,
    run,
    sealed,
    sealed_before,
    wav,
    with_vault,
)
from tests.support.screens import window
from tests.support.voicemails import tampered

pytestmark = pytest.mark.browser

SCRIPTS = Path(create_app.__code__.co_filename).parent / "static" / "messages"
HEARD = sound(3)
THEIRS = "director"


@pytest.fixture(scope="module")
def opened(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Page, MessageServer]]:
    with message_page(browser, tmp_path_factory.mktemp("console")) as made:
        yield made


@pytest.fixture
def page(opened: tuple[Page, MessageServer]) -> Page:
    return opened[0]


@pytest.fixture
def server(opened: tuple[Page, MessageServer]) -> MessageServer:
    opened[1].renew()
    return opened[1]


UNLOCK = "const mine = await crypto_.unlock(crypto_.readKeyFile(given.text), given.passphrase);"
OPEN = """
    return tried(async () => {
        const key = await crypto_.opening(mine, given.envelope);
        if (given.envelope.format < 3) {
            return base64(await crypto_.open(key, given.envelope, bytes(given.sealed).buffer));
        }
        const pieces = [];
        for (const [number, sealed] of given.parts.entries()) {
            const piece = await crypto_.openPiece(key, given.envelope, number, bytes(sealed).buffer);
            if (!piece) {
                return `piece ${number}: `;
            }
            pieces.push(piece);
        }
        return base64(await new Blob(pieces).arrayBuffer());
    });
"""


def _crypto(page: Page, script: str, **given: Any) -> Any:
    """What a script answers; `crypto_` is crypto.js."""
    prepared = "const crypto_ = await import(given.module);" + script
    whole = {"text": MINE, "passphrase": PASSPHRASE, "module": f"{STATIC}/crypto.js", **given}
    return run(page, prepared, whole, modules=())


def _open(page: Page, message: Message, **other: Any) -> Any:
    """The sound, or why it is refused."""
    given = {"envelope": message.described(), "sealed": in_base64(message.sealed), **other}
    given.setdefault("parts", [in_base64(each) for each in message.parts])
    found = _crypto(page, UNLOCK + OPEN, **given)
    return b64decode(found) if ": " not in found else found.partition(":")[0]


# -- keys


def test_the_browser_unlocks_what_python_made_and_no_script_gets_at_the_key(page: Page) -> None:
    found = _crypto(
        page,
        UNLOCK
        + """
        const out = await Promise.all(["pkcs8", "jwk"].map((kind) =>
            crypto.subtle.exportKey(kind, mine.key).catch((error) => error.name)));
        return { id: mine.id, name: mine.name, extractable: mine.key.extractable, usages: mine.key.usages, out };
    """,
    )
    assert found == {
        "id": pair()[0].id, "name": "advocates", "extractable": False, "usages": ["decrypt"],
        "out": ["InvalidAccessError", "InvalidAccessError"],
    }  # fmt: skip


def test_python_unlocks_what_the_browser_made_and_both_agree_on_its_id(page: Page) -> None:
    passphrase, name = "vier Wörter ohne Sinn", 'Zoë "the \\ director" \x7f \u2028 🙂'
    made = _crypto(page, "return crypto_.makeKey(given.name, given.passphrase);", name=name, passphrase=passphrase)
    private = keyring.unlock(made["file"], passphrase)
    public = private.public_key()
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    assert made["id"] == key_id(public)
    assert b64decode(made["spki"]) == der
    assert public.key_size == 3072
    fields = json.loads(made["file"])
    assert fields["name"] == name
    assert fields["id"] == made["id"]
    assert fields["kdf"]["iterations"] == keyring.ROUNDS
    assert made["file"] == json.dumps(fields, indent=1) + "\n", "byte for byte as Python writes it"
    assert [list(fields), list(fields["kdf"])] == [list(json.loads(MINE)), list(json.loads(MINE)["kdf"])]
    again = _crypto(page, UNLOCK + "return mine.id;", text=made["file"], passphrase=passphrase)
    assert again == made["id"]


def test_a_passphrase_that_can_be_guessed_is_refused_as_in_python(page: Page) -> None:
    script = "return tried(async () => (await crypto_.makeKey('Ada', given.passphrase)).id);"
    for guessable in ("", "eleven char", "🙂" * 11):
        assert _crypto(page, script, passphrase=guessable).startswith("passphrase-short: ")


def test_whatever_is_no_key_file_is_refused(page: Page) -> None:
    script = """
        const found = {};
        for (const [name, text] of Object.entries(given.files)) {
            found[name] = await tried(async () => crypto_.readKeyFile(text).id);
        }
        return found;
    """
    found = _crypto(page, script, files=NO_KEY_FILES)
    assert {name: answer.partition(":")[0] for name, answer in found.items()} == dict.fromkeys(NO_KEY_FILES, "key-file")


def _file_of(key: Any) -> str:
    """Some other kind of key in a file."""
    return keyring._wrapped("odd", key, PASSPHRASE, FEW_ROUNDS)


def test_the_wrong_passphrase_a_damaged_file_and_another_kind_of_key(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = "return tried(async () => (await crypto_.unlock(crypto_.readKeyFile(given.text), given.passphrase)).id);"
    assert _crypto(page, script, passphrase=PASSPHRASE + " ").startswith("passphrase: ")
    wrapped = bytearray(b64decode(json.loads(MINE)["wrapped"]))
    wrapped[100] ^= 1
    assert _crypto(page, script, text=changed(wrapped=in_base64(bytes(wrapped)))).startswith("passphrase: ")
    monkeypatch.setattr(keyring, "key_id", lambda key: "0" * 16)
    assert _crypto(page, script, text=_file_of(ec.generate_private_key(ec.SECP256R1()))).startswith("key-file: ")


# -- messages


def test_the_browser_opens_what_is_sealed(page: Page) -> None:
    for seal, format_ in ((sealed, 3), (sealed_before, 2)):
        for heard in (HEARD, b"", wav(17)):
            message = seal(heard, pair(THEIRS)[0], pair()[0])
            assert format_of(message.sealed) == format_
            assert _open(page, message) == heard


def test_the_browser_opens_no_piece_that_was_dropped_repeated_moved_exchanged_or_cut_off(page: Page) -> None:
    one, other = sealed(wav(40), pair()[0]), sealed(wav(40), pair()[0], number=2)
    assert len(one.parts) == 3
    for way, pieces in tampered(one.parts, other.parts).items():
        changed = replace(one, parts=pieces)
        if format_of(changed.sealed) < 3:
            assert _open(page, changed) == "swapped", way
        found = _open(page, changed, envelope=changed.described(format=3))
        assert re.fullmatch("piece [0-3]", str(found)), way
    for field_, value in (("message", "0" * 32), ("left_at", LEFT_AT + 1), ("iv", in_base64(bytes(12))), ("iv", "?")):
        assert _open(page, one, envelope=one.described(**{field_: value})) == "piece 0", field_
    wrapped = other.described()["wrapped"]
    assert _open(page, one, envelope=one.described(wrapped=wrapped)) == "piece 0"
    assert _open(page, one, envelope=one.described()) == wav(40)


def test_what_the_browser_takes_for_a_piece_is_as_large_as_python_makes_them(page: Page) -> None:
    assert _crypto(page, "return crypto_.PIECE_BYTES;") == PIECE_BYTES


def test_a_recording_that_the_provider_encrypted_opens_under_its_own_name_of_the_key(page: Page) -> None:
    message = sealed(HEARD, pair(THEIRS)[0], pair()[0])
    both = message.envelope.wrapped.values()
    wrapped = {f"CR{number}": each for number, each in enumerate(both)}
    message.envelope = replace(message.envelope, wrapped=wrapped)
    assert _open(page, message) == HEARD


def test_a_message_of_format_1_opens(page: Page, tmp_path: Path) -> None:
    store = Store(restored(tmp_path))
    voicemails = Voicemails(store)
    message = Message(Envelope(*voicemails.envelope(OLDER)), list(voicemails.sealed(OLDER)))
    store.close()
    assert format_of(message.sealed) == 1
    heard = (FORMAT_1 / "message-1.wav").read_bytes()
    assert _open(page, message, text=(FORMAT_1 / "key.json").read_text(encoding="utf-8")) == heard


def test_what_the_browser_wraps_for_somebody_else_opens_in_python(page: Page) -> None:
    message = sealed(HEARD, pair()[0])
    theirs, private, _ = pair(THEIRS)
    der = theirs.key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    script = (
        UNLOCK
        + """
        const raw = await crypto_.contentKey(mine, given.envelope);
        return { wrapped: await crypto_.wrapFor(given.key, raw), length: raw.length };
    """
    )
    key = {"id": theirs.id, "spki": in_base64(der)}
    found = _crypto(page, script, envelope=message.described(), key=key)
    given = Envelope(message.envelope.iv, {theirs.id: b64decode(found["wrapped"])}, message.envelope.message, LEFT_AT)
    assert unwrap(private, given) == unwrap(pair()[1], message.envelope)
    assert found["length"] == 32


def test_nothing_is_wrapped_for_a_key_that_is_not_what_it_says(page: Page) -> None:
    def spki(key: rsa.RSAPublicKey) -> str:
        kinds = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        return in_base64(key.public_bytes(*kinds))

    weak = rsa.generate_private_key(65537, 1024).public_key()  # noqa: S505 -- that is the point
    for key in (
        {"id": pair()[0].id, "spki": spki(pair(THEIRS)[0].key)},
        {"id": key_id(weak), "spki": spki(weak)},
        {"id": pair()[0].id, "spki": "AAAA"},
        {"id": pair()[0].id, "spki": "?"},
    ):
        script = "return tried(() => crypto_.wrapFor(given.key, new Uint8Array(32)));"
        assert _crypto(page, script, key=key).startswith("key-changed: ")


def _flipped(data: bytes, place: int) -> str:
    changed = bytearray(data)
    changed[place] ^= 1
    return in_base64(bytes(changed))


def test_what_was_damaged_on_the_way_is_told_from_what_was_changed_in_the_database(page: Page) -> None:
    one, other = sealed_before(HEARD, pair()[0]), sealed_before(sound(3, 880), pair()[0], number=2)
    for place in (0, len(header(2)) + 5, -1):
        assert _open(page, one, sealed=_flipped(one.sealed, place)) == "damaged"
        changed = _flipped(one.sealed, place)
        digest = sha256(b64decode(changed)).hexdigest()
        assert _open(page, one, sealed=changed, envelope=one.described(digest=digest)) == "swapped", place
    for cut in (one.sealed[:-1], one.sealed[:20], b"", one.sealed + b"\0"):
        assert _open(page, one, sealed=in_base64(cut)) == "damaged"
        shorter = one.described(size=len(cut), digest=sha256(cut).hexdigest())
        assert _open(page, one, sealed=in_base64(cut), envelope=shorter) == "swapped", len(cut)
    for field_, value in (
        ("message", "0" * 32),
        ("left_at", LEFT_AT + 1),
        ("iv", in_base64(bytes(12))),
        ("iv", "?"),
        ("wrapped", other.described()["wrapped"]),
    ):
        assert _open(page, one, envelope=one.described(**{field_: value})) == "swapped", field_
    body = {name: other.described()[name] for name in ("size", "digest", "iv", "wrapped")}
    assert _open(page, one, sealed=in_base64(other.sealed), envelope=one.described(**body)) == "swapped"
    assert _open(page, one, envelope=one.described()) == HEARD


def test_a_message_for_other_keys_and_one_whose_key_is_damaged(page: Page) -> None:
    message = sealed(HEARD, pair(THEIRS)[0])
    assert _open(page, message) == "wrong-key"
    assert _open(page, message, envelope=message.described(wrapped={})) == "wrong-key"
    mine = sealed(HEARD, pair()[0])
    for broken in (_flipped(mine.envelope.wrapped[pair()[0].id], 7), "?", ""):
        assert _open(page, mine, envelope=mine.described(wrapped={pair()[0].id: broken})) == "damaged"


def test_without_https_it_is_said_that_the_browser_cannot_decrypt(browser: Browser) -> None:
    def answer(route: Route) -> None:
        path = SCRIPTS / route.request.url.rpartition("/")[2]
        if path.suffix == ".js":
            route.fulfill(path=path, content_type="text/javascript")
        else:
            route.fulfill(body="<!doctype html>", content_type="text/html")

    with window(browser) as context:
        insecure = context.new_page()
        insecure.route("**/*", answer)
        insecure.goto("http://console.example/")
        script = "return tried(async () => (await crypto_.unlock(crypto_.readKeyFile(given.text), 'x')).id);"
        assert _crypto(insecure, script).startswith("no-crypto: The browser cannot decrypt on this page, because")
        assert with_vault(insecure, "return tried(() => vault.unlock(given.text, 'x'));").startswith("no-crypto: ")


def test_every_refusal_is_a_plain_sentence(page: Page) -> None:
    codes = {
        code
        for path in SCRIPTS.glob("*.js")
        for code in re.findall(r'"([a-z-]+)": "', path.read_text(encoding="utf-8"))
    }
    assert len(codes) > 10
    script = "return given.codes.map((code) => new refused.Refused(code).message);"
    for sentence in run(page, script, {"codes": sorted(codes)}, modules=("refused",)):
        assert sentence.endswith(".")
        assert sentence[0].isupper()


# -- the worker


def test_a_message_is_fetched_part_by_part_and_opened(page: Page, server: MessageServer) -> None:
    message = sealed_before(sound(20), pair()[0], part=20_000)
    server.first_last = True
    script = (
        UNLOCKED
        + """
        const told = [];
        const heard = await vault.open(given.address, (here, all) => told.push([here, all]));
        return { heard: base64(await whole(heard)), told };
    """
    )
    found = with_vault(page, script, address=server.put(message))
    assert b64decode(found["heard"]) == sound(20)
    number = len(message.parts)
    assert number > 15
    assert [server.asked[f"parts/{each}"] for each in range(number)] == [1] * number
    assert server.most_at_once == AT_ONCE
    assert found["told"][-1] == [len(message.sealed)] * 2
    assert found["told"] == sorted(found["told"])
    assert len(found["told"]) == number


LONG = wav(100)
"""Seven pieces, and so two windows."""

READ = """
    const read = async (sound, from, to) => {
        const { pieces, problem } = await sound.read(from, to);
        return [base64(await new Blob(pieces).arrayBuffer()), problem?.code ?? ""];
    };
"""


def _asked(server: MessageServer) -> dict[int, int]:
    """How often each part was asked for."""
    return {number: server.asked[f"parts/{number}"] for number in range(20) if server.asked[f"parts/{number}"]}


def test_of_a_long_message_only_those_pieces_are_fetched_that_are_read(page: Page, server: MessageServer) -> None:
    message = sealed(LONG, pair()[0])
    assert len(message.parts) == 7
    script = (
        UNLOCKED
        + READ
        + """
        const told = [];
        globalThis.sound = await vault.open(given.address);
        const head = base64(sound.head);
        const { pieces, done } = await sound.read(600_000, 1_000_000, (...all) => told.push(all));
        const middle = base64(await new Blob(pieces).arrayBuffer());
        done();
        const left = pieces.map((each) => each.byteLength);
        return { size: sound.size, head, middle, left, told, all: (await read(sound, 0, sound.size))[0] };
    """
    )
    found = with_vault(page, script, address=server.put(message))
    assert found["size"] == len(LONG)
    assert b64decode(found["head"]) == LONG[:PIECE_BYTES]
    assert b64decode(found["middle"]) == LONG[600_000:1_000_000]
    assert found["told"] == [[0, 2], [1, 2], [2, 2]]
    assert found["left"] == [0, 0], "its memory is free at once"
    assert b64decode(found["all"]) == LONG
    assert _asked(server) == {0: 1, 1: 1, 2: 2, 3: 2, 4: 1, 5: 1, 6: 1}
    assert server.asked["envelope"] == 1
    for seconds, parts in ((3, 1), (20, 2), (60, 4)):
        server.renew()
        short = sealed(wav(seconds), pair()[0])
        script = UNLOCKED + READ + "const s = await vault.open(given.address); return (await read(s, 0, s.size))[0];"
        assert b64decode(with_vault(page, script, address=server.put(short))) == wav(seconds)
        assert _asked(server) == dict.fromkeys(range(parts), 1), "each once, as ever"


def test_what_is_wrong_with_a_piece_is_said_once_it_is_read_and_what_is_before_it_is_heard(
    page: Page, server: MessageServer
) -> None:
    good, other = sealed(LONG, pair()[0]), sealed(LONG, pair()[0], number=2)
    script = UNLOCKED + READ + "return tried(async () => read(await vault.open(given.address), 0, 7 * 262_144));"

    def told(pieces: list[bytes], **wrongly: Any) -> Any:
        """Why it does not open; or how many pieces were read, and why no more."""
        found = with_vault(page, script, address=server.put(replace(good, parts=pieces, wrongly=wrongly)))
        if isinstance(found, str):
            return found.partition(":")[0]
        heard = b64decode(found[0])
        assert LONG.startswith(heard)
        return -(-len(heard) // PIECE_BYTES), found[1]

    assert told(good.parts) == (7, "")
    for number in (1, 4):
        before, after = good.parts[:number], good.parts[number + 1 :]
        assert told([*before, other.parts[number], *after]) == (number, "swapped")
        assert told([*before, good.parts[number - 1], *after]) == (number, "swapped")
        assert told([*before, b"", *after]) == (number, "swapped")
    for broken in (
        good.parts[:-1], good.parts[1:], [*good.parts, good.parts[-1]], [*good.parts[:3], *good.parts[4:]],
        [other.parts[0], *good.parts[1:]], [*good.parts[:-1], other.parts[-1]],
    ):  # fmt: skip
        assert told(broken) == "swapped", "that something is missing is known before it is heard"
    server.noise["parts/3"] = 1
    assert told(good.parts) == (7, ""), "damaged on the way, and asked for again"
    server.noise["parts/3"] = 2
    assert told(good.parts) == (3, "damaged")
    for status, code in ((404, "swapped"), (303, "signed-out"), (403, "signed-out")):
        server.trouble = {"parts/2": [status]}
        assert told(good.parts) == (2, code), "the message is there, and a piece of it is not"
    server.trouble = {"parts/2": [500, 500, 500]}
    assert told(good.parts) == (2, "network")
    server.trouble = {}
    assert told(good.parts, format=4) == "newer"
    assert told(good.parts, parts=0) == "swapped"


def test_a_message_that_is_deleted_while_it_is_heard_is_gone_and_a_locked_key_opens_no_piece(
    page: Page, server: MessageServer
) -> None:
    message = sealed(LONG, pair()[0])
    given = {"text": MINE, "passphrase": PASSPHRASE, "address": server.put(message)}
    opening = "globalThis.kept = new vault.Vault(); await kept.unlock(given.text, given.passphrase);"
    opening += "globalThis.sound = await kept.open(given.address);"
    reading = READ + "return tried(async () => (await read(sound, 262_144, 600_000))[1]);"
    run(page, opening, given, ("vault",))
    assert run(page, reading, given, ()) == ""
    server.messages.clear()
    assert run(page, reading, given, ()) == "gone"
    server.put(message)
    assert run(page, reading, given, ()) == ""
    asked = sum(_asked(server).values())
    assert run(page, "sound.close();" + READ + "return (await tried(() => kept.open(given.address))).size;", given, ())
    assert run(page, reading, given, ()).startswith("locked: "), "it was closed"
    run(page, "globalThis.sound = await kept.open(given.address);", given, ())
    found = run(page, "kept.lock(); await kept.unlock(given.text, given.passphrase);" + reading, given, ())
    assert found.startswith("locked: "), "it is another worker, which never had the message's key"
    assert sum(_asked(server).values()) == asked + 4
    page.evaluate("kept.lock()")


def test_the_key_of_a_message_is_where_no_script_reads_it(page: Page) -> None:
    script = UNLOCK + "const key = await crypto_.opening(mine, given.envelope); return [key.extractable, key.usages];"
    assert _crypto(page, script, envelope=sealed(HEARD, pair()[0]).described()) == [False, ["decrypt"]]


def test_a_network_that_stumbles_is_asked_again_and_one_that_is_away_is_said(page: Page, server: MessageServer) -> None:
    address = server.put(sealed_before(HEARD, pair()[0], part=20_000))
    script = UNLOCKED + "return tried(async () => (await vault.open(given.address)).size);"
    server.trouble = {"envelope": [500], "parts/1": [503, 502]}
    assert with_vault(page, script, address=address) == len(HEARD)
    assert server.asked["parts/1"] == 3
    server.trouble = {"parts/2": [500, 500, 500, 500]}
    assert with_vault(page, script, address=address).startswith("network: ")


def test_a_network_that_goes_away_is_said_and_all_goes_on_when_it_is_back(page: Page, server: MessageServer) -> None:
    given = {"text": MINE, "passphrase": PASSPHRASE, "address": server.put(sealed(HEARD, pair()[0]))}
    unlocked = "globalThis.kept = new vault.Vault(); return kept.unlock(given.text, given.passphrase);"
    run(page, unlocked, given, ("vault",))
    opening = "return tried(async () => (await kept.open(given.address)).size);"
    page.context.set_offline(True)
    try:
        assert run(page, opening, given, ()).startswith("network: ")
        started = "return tried(() => new vault.Vault().unlock(given.text, given.passphrase));"
        assert run(page, started, given, ("vault",)).startswith("network: "), "the worker's scripts do not come"
    finally:
        page.context.set_offline(False)
    again = "const found = await kept.open(given.address); kept.lock(); return found.size;"
    assert run(page, again, given, ()) == len(HEARD)


@pytest.mark.parametrize(
    ("status", "code"),
    [(404, "gone"), (303, "signed-out"), (401, "signed-out"), (403, "signed-out"), (400, "out-of-date")],
)
def test_what_happened_meanwhile_is_said(page: Page, server: MessageServer, status: int, code: str) -> None:
    address = server.put(sealed_before(HEARD, pair()[0], part=20_000))
    for what in ("envelope", "parts/2"):
        server.renew()
        server.put(sealed_before(HEARD, pair()[0], part=20_000))
        server.trouble = {what: [status]}
        script = UNLOCKED + "return tried(() => vault.open(given.address));"
        assert with_vault(page, script, address=address).startswith(f"{code}: ")
        assert server.asked[what] == 1


def test_what_is_refused_is_not_fetched_any_further(page: Page, server: MessageServer) -> None:
    long, short = sealed_before(wav(20), pair()[0], part=20_000), sealed(HEARD, pair()[0], number=2)
    server.trouble = {"parts/2": [404]}
    script = (
        UNLOCKED
        + """
        const refused = await tried(() => vault.open(given.long));
        await vault.open(given.short); // whatever still ran would have gone on
        return refused;
    """
    )
    assert with_vault(page, script, long=server.put(long), short=server.put(short)).startswith("gone: ")
    assert sum(server.asked[f"parts/{number}"] for number in range(1, len(long.parts))) < 8


def test_the_sound_is_handed_over_to_the_page_and_not_copied(page: Page, server: MessageServer) -> None:
    given = {"text": MINE, "passphrase": PASSPHRASE, "address": server.put(sealed(HEARD, pair()[0]))}
    unlocked = "globalThis.kept = new vault.Vault(); return kept.unlock(given.text, given.passphrase);"
    run(page, unlocked, given, ("vault",))
    worker = page.workers[-1]
    worker.evaluate(
        """() => {
            const post = self.postMessage.bind(self);
            self.left = [];
            self.postMessage = (message, list) => {
                post(message, list);
                self.left.push(message.found?.first?.byteLength);
            };
        }"""
    )
    assert run(page, "return (await kept.open(given.address)).size;", given, ()) == len(HEARD)
    assert worker.evaluate("self.left.at(-1)") == 0
    page.evaluate("kept.lock()")


def test_a_message_that_cannot_be_opened_is_not_fetched(page: Page, server: MessageServer) -> None:
    address = server.put(sealed(HEARD, pair(THEIRS)[0]))
    script = UNLOCKED + "return tried(() => vault.open(given.address));"
    assert with_vault(page, script, address=address).startswith("wrong-key: ")
    assert not server.asked["parts/0"]
    assert with_vault(page, "return tried(() => vault.open(given.address));", address=address).startswith("locked: ")


def test_parts_that_are_more_or_fewer_than_the_envelope_says_are_damaged(page: Page, server: MessageServer) -> None:
    message = sealed_before(HEARD, pair()[0], part=20_000)
    address, script = server.put(message), UNLOCKED + "return tried(() => vault.open(given.address));"
    for size in (1000, len(message.sealed) - 1, len(message.sealed) + 1):
        message.wrongly = {"size": size}
        assert with_vault(page, script, address=address).startswith("damaged: ")
    message.wrongly = {"size": 2**53}
    assert with_vault(page, script, address=address).startswith("memory: ")


def test_an_abort_stops_what_is_fetched(page: Page, server: MessageServer) -> None:
    long, short = sealed_before(wav(20), pair()[0], part=5_000), sealed(HEARD, pair()[0], number=2)
    script = (
        UNLOCKED
        + """
        const stop = new AbortController();
        const opening = () => tried(() => vault.open(given.long, () => stop.abort(), stop.signal));
        const found = [await opening(), await opening()];
        for (let times = 0; times < 3; times++) {
            await vault.open(given.short); // whatever still ran would have gone on
        }
        return found;
    """
    )
    assert with_vault(page, script, long=server.put(long), short=server.put(short)) == ["AbortError"] * 2
    assert sum(server.asked[f"parts/{number}"] for number in range(1, len(long.parts))) < 10


def test_a_locked_vault_ends_what_it_was_doing_and_can_be_unlocked_again(page: Page, server: MessageServer) -> None:
    address = server.put(sealed_before(HEARD, pair()[0], part=20_000))
    server.held.clear()
    script = (
        UNLOCKED
        + """
        const opening = tried(() => vault.open(given.address, () => vault.lock()));
        const [found, then] = [await opening, await tried(() => vault.open(given.address))];
        const { id } = await vault.unlock(given.text, given.passphrase);
        return [found, then, id];
    """
    )
    found, then, id_ = with_vault(page, script, address=address)
    assert found.startswith("locked: ")
    assert then.startswith("locked: ")
    assert id_ == pair()[0].id


DEVICE = "/staff/tested/device"
KEPT = f"""
    const where = (account) => ({{ account, address: "{DEVICE}" }});
    const keep = () => vault.unlock(given.text, given.passphrase, {{ keepFor: where("7") }});
"""


def test_a_device_keeps_a_key_for_one_account_until_it_is_forgotten(page: Page, server: MessageServer) -> None:
    address = server.put(sealed(HEARD, pair()[0]))
    script = (
        KEPT
        + """
        const before = await vault.restore(where("7"));
        const unlocked = await keep();
        vault.lock();
        const later = new vault_.Vault();
        const [other, restored] = [await later.restore(where("8")), await later.restore(where("7"))];
        const heard = base64(await whole(await later.open(given.address)));
        const gone = [await later.forget("7"), await later.restore(where("7"))];
        later.lock();
        const databases = (await indexedDB.databases()).map(({ name }) => name);
        return { before, unlocked, other, restored, heard, gone, databases };
    """
    )
    found = with_vault(page, script, address=address)
    mine = {"id": pair()[0].id, "name": "advocates"}
    assert found["unlocked"] == {**mine, "kept": True}
    assert (found["before"], found["other"], found["restored"]) == (None, None, mine)
    assert b64decode(found["heard"]) == HEARD
    assert found["gone"] == [True, None]
    assert found["databases"] == ["messages"]


def test_a_kept_key_opens_with_the_servers_key_alone_and_is_deleted_once_that_is_another(
    page: Page, server: MessageServer
) -> None:
    restored = KEPT + "return tried(() => vault.restore(where('7')));"
    mine = {"id": pair()[0].id, "name": "advocates"}
    with_vault(page, KEPT + "await keep();")
    server.device = [device_key(2), device_key(1)]
    assert with_vault(page, restored) == mine, "while SECRET_KEY is being changed"
    server.trouble = {"device": [403]}
    assert with_vault(page, restored).startswith("signed-out: ")
    server.device = [device_key(1)]
    assert with_vault(page, restored) == mine, "it was not deleted for that"
    server.device = [device_key(2)]
    assert with_vault(page, restored) is None
    server.device = [device_key(1)]
    assert with_vault(page, restored) is None, "it is gone"
    server.trouble = {"device": [403]}
    assert with_vault(page, KEPT + "return (await keep()).kept;") is False


def test_what_a_device_keeps_opens_for_no_other_account_or_name(page: Page, server: MessageServer) -> None:
    script = """
        const file = crypto_.readKeyFile(given.text);
        const kept = await crypto_.keep(file, given.passphrase, "7", given.raw);
        const changes = [{}, { account: "8" }, { name: "Bo" }, { id: "0".repeat(16) }, { iv: new Uint8Array(12) }];
        const found = [];
        for (const each of changes) {
            found.push((await crypto_.unlockKept({ ...kept, ...each }, [given.raw]))?.key.extractable);
        }
        return found;
    """
    assert _crypto(page, script, raw=device_key(1)) == [False, None, None, None, None]


def test_without_a_place_to_keep_it_a_key_is_unlocked_and_it_is_said_that_it_was_not_kept(page: Page) -> None:
    script = """
        const device = await import(given.device);
        Object.defineProperty(globalThis, "indexedDB", { value: given.none ? undefined : { open() {
            throw new DOMException("no", "SecurityError");
        } }, configurable: true });
        try {
            const kept = await device.put({ account: "7" });
            return [kept, await device.get("7"), await device.remove("7")];
        } finally {
            delete globalThis.indexedDB;
        }
    """
    for none, removed in ((True, True), (False, False)):
        found = run(page, script, {"device": f"{STATIC}/device.js", "none": none}, modules=())
        assert found == [False, None, removed]


def test_the_page_learns_of_a_key_only_what_it_may(page: Page, server: MessageServer) -> None:
    """All messages of the worker, and everything it sends to the server."""
    theirs = pair(THEIRS)[0]
    message = sealed(HEARD, pair()[0])
    address = server.put(message)
    server.lacking.update(_lacking(theirs, message))
    script = """
        const told = [];
        const Real = Worker;
        globalThis.Worker = class extends Real { constructor(...all) {
            super(...all);
            this.addEventListener("message", ({ data }) => {
                told.push(data.found?.first ? "sound" : data);
            });
        } };
        try {
            const keepFor = { account: "7", address: "/staff/tested/device" };
            await vault.unlock(given.text, given.passphrase, { keepFor });
            await vault.open(given.address);
            await vault.reseal({ lacking: "/staff/tested/lacking", token: given.token });
            await vault.makeKey("Ada", "four words for a key").then(({ file }) => { globalThis.made = file; });
            await vault.forget("7");
        } finally {
            globalThis.Worker = Real;
        }
        const shown = (name, each) => (each instanceof CryptoKey ? "CryptoKey" : each);
        return [JSON.stringify(told, shown), globalThis.made];
    """
    token = page.locator("input[name=csrf_token]").first.input_value()
    told, made = with_vault(page, script, address=address, token=token)
    assert "CryptoKey" not in told
    assert PASSPHRASE not in told
    raw = pair()[1].private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    sent = b"\n".join(server.bodies)
    assert f"GET /staff/tested/lacking?mine={pair()[0].id}".encode() in sent
    assert server.given
    content = unwrap(pair()[1], message.envelope)
    for secret in (raw, raw[200:240], HEARD[1000:1040], content):
        for form in (secret, in_base64(secret).rstrip("=").encode(), secret.hex().encode()):
            assert form not in sent
    for words in (
        PASSPHRASE,
        "four words for a key",
        json.loads(MINE)["wrapped"][:40],
        json.loads(made)["wrapped"][:40],
    ):
        assert words.encode() not in sent
        assert words.replace(" ", "+").encode() not in sent
        assert words.replace(" ", "%20").encode() not in sent


# -- access for other keys


def _lacking(theirs: Any, *messages: Message) -> dict[str, Any]:
    der = theirs.key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return {
        "keys": [{"id": theirs.id, "name": theirs.name, "spki": in_base64(der)}],
        "messages": [{"address": f"/staff/tested/{each.envelope.message}", "keys": [theirs.id]} for each in messages],
    }


def test_messages_are_given_to_a_key_that_lacks_them_whatever_happens_to_one(page: Page, server: MessageServer) -> None:
    theirs, private, _ = pair(THEIRS)
    messages = [sealed(HEARD, pair()[0], number=number) for number in range(1, 4)]
    gone, closed = sealed(HEARD, pair()[0], number=4), sealed(HEARD, theirs, number=5)
    for each in (*messages, closed):
        server.put(each)
    server.lacking.update(_lacking(theirs, messages[0], gone, closed, *messages[1:]))
    token = page.locator("input[name=csrf_token]").first.input_value()
    script = (
        UNLOCKED
        + """
        const told = [];
        const result = await vault.reseal({ lacking: "/staff/tested/lacking", token: given.token, to: given.to },
            (done, all) => told.push([done, all]));
        return { ...result, told };
    """
    )
    found = with_vault(page, script, token=token)
    assert (found["done"], found["gone"]) == (3, 1)
    assert found["failed"] == [{"address": f"/staff/tested/{closed.envelope.message}", "code": "wrong-key"}]
    assert found["told"] == [[number, 5] for number in range(6)]
    for each in messages:
        wrapped = {theirs.id: b64decode(server.given[each.envelope.message][f"key-{theirs.id}"])}
        given = Envelope(each.envelope.iv, wrapped, each.envelope.message, LEFT_AT)
        assert unwrap(private, given) == unwrap(pair()[1], each.envelope)
    server.given.clear()
    assert with_vault(page, script, token=token, to=["0" * 16])["done"] == 0, "only for keys that somebody looked at"
    assert not server.given
    server.lacking["keys"][0]["id"] = pair()[0].id
    for each in server.lacking["messages"]:
        each["keys"] = [pair()[0].id]
    refused = with_vault(page, f"return tried(async () => {{ {script} }});", token=token)
    assert refused.startswith("key-changed: ")
    assert not server.given


def test_giving_access_can_be_aborted_and_ends_when_somebody_is_signed_out(page: Page, server: MessageServer) -> None:
    theirs = pair(THEIRS)[0]
    messages = [sealed(HEARD, pair()[0], number=number) for number in range(1, 6)]
    for each in messages:
        server.put(each)
    server.lacking.update(_lacking(theirs, *messages))
    token = page.locator("input[name=csrf_token]").first.input_value()
    script = (
        UNLOCKED
        + """
        const stop = new AbortController();
        const seen = (done) => (done === given.until ? stop.abort() : undefined);
        return tried(async () => {
            const asked = { lacking: "/staff/tested/lacking", token: given.token };
            return (await vault.reseal(asked, seen, stop.signal)).done;
        });
    """
    )
    assert with_vault(page, script, token=token, until=2).startswith("AbortError")
    assert 1 < len(server.given) < 5
    server.lacking["messages"] = [
        each for each in server.lacking["messages"] if each["address"][-32:] not in server.given
    ]
    assert with_vault(page, script, token=token, until=None) == len(server.lacking["messages"])
    assert len(server.given) == 5
    server.trouble = {"wrapped": [403]}
    server.lacking.update(_lacking(theirs, *messages))
    assert with_vault(page, script, token=token, until=None).startswith("signed-out: ")
