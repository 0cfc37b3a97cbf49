"""Where a member's reminders may go, and how they get there.

A member writes an address, and the server connects to it. So only the ways below are taken, and of what is written only
a name, a host and a token are used: each way sends one request, whose form is fixed here, with our sentence in it. It
follows no redirect. A host has to be on the public internet at the moment of sending, unless the operator named the
same one in PHONETREE_NOTIFY.

    name@example.org            e-mail, through the mail server of PHONETREE_NOTIFY
    ntfy://TOPIC                the push service ntfy.sh
    ntfys://HOST/TOPIC          another server of ntfy
    gotifys://HOST/TOKEN        a server of Gotify
    pover://USER@TOKEN          Pushover
"""

import re
import socket
import ssl
from collections.abc import Iterable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from threading import Event, Timer
from urllib.parse import urlencode

from phonetree.errors import EditError
from phonetree.mailbox.notices import TITLE, Channel

LONGEST_ADDRESS = 300
SECONDS = 20.0
"""How long one request may take in all."""

NTFY, PUSHOVER = "ntfy.sh", "api.pushover.net"
HTTPS = 443

_WORD = r"[A-Za-z0-9_.~-]{1,128}"
_HOST = r"(?=.{1,253}(?::|/|$))[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"
_MAIL = re.compile(rf"(?:mailto:(?://)?)?([A-Za-z0-9_.+-]{{1,64}}@{_HOST})", re.ASCII)
_TOPIC = re.compile(rf"ntfys?://({_WORD})", re.ASCII)
_OF_A_HOST = re.compile(rf"(ntfy|gotify)(s?)://({_HOST})(?::([0-9]{{1,5}}))?/({_WORD})", re.ASCII)
_PUSHOVER = re.compile(rf"pover://({_WORD})@({_WORD})", re.ASCII)

_PUBLIC = IPv6Network("2000::/3")
_TRANSLATED = (IPv6Network("2001::/32"), IPv6Network("2002::/16"))
"""Teredo and 6to4: they lead to an address of IPv4 that is written in them."""

WRONG = (
    "Reminders cannot be sent there. Write an e-mail address, or ntfy://TOPIC, ntfys://HOST/TOPIC, "
    "gotifys://HOST/TOKEN or pover://USER@TOKEN, and nothing more"
)
NOT_NAMED = "That server can only be used if PHONETREE_NOTIFY names it; ask whoever runs the server, or use https"
NO_MAIL = (
    "This server sends no e-mail; write another address, or ask whoever runs it to add a mailto to PHONETREE_NOTIFY"
)


@dataclass(frozen=True, slots=True)
class Address:
    """An address, taken apart: `kind` is ntfy, gotify, pover or mailto, `to` is whom or what it is for."""

    kind: str
    to: str = field(repr=False)
    host: str = ""
    port: int = HTTPS
    secure: bool = True
    token: str = field(default="", repr=False)


def address_of(text: str) -> Address:
    """What an address says. Raises EditError when it is none that reminders can be sent to."""
    text = text.strip()
    if not text:
        raise EditError({"address": "Write where reminders go, such as name@example.org, or leave them off"})
    if len(text) <= LONGEST_ADDRESS:
        if found := _MAIL.fullmatch(text):
            return Address("mailto", found[1])
        if found := _PUSHOVER.fullmatch(text):
            return Address("pover", found[1], PUSHOVER, token=found[2])
        if found := _TOPIC.fullmatch(text):
            return Address("ntfy", found[1], NTFY)
        if found := _OF_A_HOST.fullmatch(text):
            kind, s, host, port, to = found.groups()
            number = int(port) if port else HTTPS if s else 80
            return Address(kind, to, host.lower(), number, bool(s))
    raise EditError({"address": WRONG})


def usable(text: str, ours: tuple[Channel, ...]) -> str:
    """An address as it is kept, if it can be used with the channels of this server. Raises EditError."""
    address = address_of(text)
    if address.kind == "mailto":
        if not any(_mail(each) for each in ours):
            raise EditError({"address": NO_MAIL})
    elif not _named(address, ours) and (not address.secure or address.port != HTTPS or _inside(address.host)):
        raise EditError({"address": NOT_NAMED})
    return text.strip()


def deliver(text: str, address: Address, ours: tuple[Channel, ...]) -> bool:
    """Sends a sentence there. Whether it was taken; for what reason not, nobody is told, so that nobody can look around
    in our network."""
    if address.kind == "mailto":
        return any(_mailed(text, address, each) for each in ours if _mail(each))
    named = _named(address, ours)
    if not named and (not address.secure or address.port != HTTPS):
        return False
    path, headers, body = _request(text, address)
    try:
        return _posted(address, path, headers, body, anywhere=named)
    except (OSError, HTTPException, ValueError):
        return False


def _request(text: str, address: Address) -> tuple[str, dict[str, str], bytes]:
    """The path, headers and body of the one request that a way sends."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    match address.kind:
        case "ntfy":
            return f"/{address.to}", {"Content-Type": "text/plain; charset=utf-8", "Title": TITLE}, text.encode()
        case "gotify":
            return (
                "/message",
                form | {"X-Gotify-Key": address.to},
                urlencode({"title": TITLE, "message": text}).encode(),
            )
        case _:
            fields = {"token": address.token, "user": address.to, "title": TITLE, "message": text}
            return "/1/messages.json", form, urlencode(fields).encode()


def _posted(address: Address, path: str, headers: dict[str, str], body: bytes, *, anywhere: bool) -> bool:
    connection = HTTPConnection(address.host, address.port)
    with closing(connection), closing(_connected(address, anywhere=anywhere)) as opened:
        made = opened
        if address.secure:
            made = ssl.create_default_context().wrap_socket(
                opened, server_hostname=address.host, do_handshake_on_connect=False
            )
        late, is_late = Timer(SECONDS, lambda: _cut(made, is_late)), Event()
        late.start()
        try:
            if isinstance(made, ssl.SSLSocket):
                made.do_handshake()
            connection.sock = made
            connection.request("POST", path, body, headers)
            return 200 <= connection.getresponse().status < 300 and not is_late.is_set()
        finally:
            late.cancel()
            made.close()


def _cut(connected: socket.socket, is_late: Event) -> None:
    """Ends a connection: a server that sends a byte now and then keeps no other reminder back."""
    is_late.set()
    with suppress(OSError):
        connected.shutdown(socket.SHUT_RDWR)


def _connected(address: Address, *, anywhere: bool) -> socket.socket:
    """A connection to the host, to none but a public address unless it may be `anywhere`. Raises OSError."""
    failure = OSError("there is no such host")
    for family, kind, protocol, _, where in socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM):
        if not anywhere and not public(str(where[0])):
            continue
        made = socket.socket(family, kind, protocol)
        made.settimeout(SECONDS)
        try:
            made.connect(where)
        except OSError as error:
            made.close()
            failure = error
        else:
            return made
    raise failure


def public(text: str) -> bool:
    """Whether an address of IP is on the public internet."""
    try:
        address: IPv4Address | IPv6Address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if isinstance(address, IPv6Address) and (address not in _PUBLIC or any(address in each for each in _TRANSLATED)):
        return False
    return address.is_global and not address.is_multicast


def _inside(host: str) -> bool:
    """Whether a host is plainly not on the public internet, as it is written; its address is looked at when something
    is sent."""
    with suppress(ValueError):
        ip_address(host)
        return not public(host)
    return "." not in host or host.rpartition(".")[2] in ("local", "internal", "localhost", "lan", "home", "arpa")


def _named(address: Address, ours: Iterable[Channel]) -> bool:
    """Whether the operator sends to the same server, in the same way."""
    return any(_server(each) == (address.kind, address.secure, address.host, address.port) for each in ours)


def _server(channel: Channel) -> tuple[str, bool, str, int] | None:
    kind = channel.kind.lower().removesuffix("s")
    if kind not in ("ntfy", "gotify"):
        return None
    import apprise

    found = apprise.Apprise.instantiate(channel.address)
    if not isinstance(found, apprise.NotifyBase) or getattr(found, "mode", "") == "cloud":  # its "host" is a topic
        return None
    return kind, bool(found.secure), str(found.host).lower(), int(found.port or (HTTPS if found.secure else 80))


def _mail(channel: Channel) -> bool:
    return channel.kind.lower() in ("mailto", "mailtos")


def _mailed(text: str, address: Address, channel: Channel) -> bool:
    """Whether the operator's mail server took a letter to this address, and to nobody else."""
    import apprise

    letter = apprise.Apprise.instantiate(channel.address)
    if not isinstance(letter, apprise.NotifyBase):
        return False
    letter.targets, letter.cc, letter.bcc = [(False, address.to)], set(), set()  # type: ignore[attr-defined]
    return bool(letter.notify(title=TITLE, body=text))
