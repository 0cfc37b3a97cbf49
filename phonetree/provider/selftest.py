"""A signed request to our own public address, as the provider would send it; and why it is refused."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import requests
from twilio.request_validator import RequestValidator

from phonetree.provider.rest import TIMEOUT_SECONDS
from phonetree.provider.signature import HEADER

FIELDS = {
    "CallSid": "CA" + "0" * 32,
    "From": "+16175550100",
    "To": "+16175550100",
    "CallStatus": "ringing",
    "Note": "a b&c",
}
STALLED_PAIRS = 8
"""Pairs of clients with incomplete requests: more than a threaded server usually has threads."""

CONNECT_SECONDS = 5.0
ENDURED_SECONDS = 4.0
"""How long the provider waits for a turn (provider.twiml, `rt`)."""

_UNSIGNED = "the server answers unsigned requests: it is not this product, or something answers in its place"


def probe(public_url: str, token: str) -> tuple[str, str] | None:
    """None when a signed request is accepted and an unsigned one refused; otherwise the problem, and a hint."""
    address = f"{public_url}/voice/status"
    try:
        status = _post(address, token, address)
        if status == 204 and _post(address, "", address) == 403:
            return None
    except requests.exceptions.SSLError:
        return "the certificate is not trusted", "get one from a public authority; Twilio refuses others too"
    except requests.RequestException as error:
        return f"nothing answers at {public_url} ({type(error).__name__})", "check DNS, the proxy, the firewall"
    if status == 204:
        return _UNSIGNED, "check where the name points, and what the proxy answers itself"
    if status in (301, 302, 307, 308):
        return (
            "the proxy redirects",
            "set PHONETREE_PUBLIC_URL to the target of the redirect: scheme, host, no slash at the end",
        )
    if status == 404:
        return (
            "there is no /voice at this address",
            "the proxy has to pass the path unchanged, and forward to this server",
        )
    if status in (502, 503, 504):
        return f"the proxy answers {status}", "the server behind it is not running, or listens elsewhere"
    if status != 403:
        return f"the address answers {status}", "check the proxy's configuration"
    return _mistake(public_url, token, address)


def endures(public_url: str, token: str) -> tuple[str, str] | None:
    """None when a signed request is answered while clients send bodies that never end; otherwise the problem, and a
    hint. Those connections are closed afterwards."""
    address = f"{public_url}/voice/status"
    with ExitStack() as stack:
        try:
            for signature in (b"", b"X-Twilio-Signature: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n") * STALLED_PAIRS:
                stack.enter_context(_stalled(address, signature))
        except OSError as error:
            hint = "check the limits of the proxy; a few clients on one address must not exhaust them"
            return f"no more connections are accepted ({type(error).__name__})", hint
        try:
            status = _post(address, token, address, seconds=ENDURED_SECONDS)
        except requests.RequestException:
            status = 0
    if status == 204:
        return None
    hint = (
        "have the proxy buffer the complete request (deploy/ has both proxies' files), or run the server with `serve`"
    )
    return "incomplete requests delay signed ones", hint


@contextmanager
def _stalled(address: str, header: bytes) -> Iterator[None]:
    """A connection with only the beginning of a request."""
    parts = urlsplit(address)
    host, secure = parts.hostname or "", parts.scheme == "https"
    with ExitStack() as stack:
        line = stack.enter_context(
            socket.create_connection((host, parts.port or (443 if secure else 80)), CONNECT_SECONDS)
        )
        if secure:
            line = stack.enter_context(ssl.create_default_context().wrap_socket(line, server_hostname=host))
        line.sendall(
            f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: 1000\r\n".encode()
            + header
            + b"\r\na"
        )
        yield


def _mistake(public_url: str, token: str, address: str) -> tuple[str, str]:
    """Signatures over the addresses that the server may expect: the one it accepts names the mistake."""
    host = public_url.split("://", 1)[1].split("/", 1)[0]
    bare, path = host.split(":")[0], "/" + public_url.split("://", 1)[1].partition("/")[2]
    schemes = ("http", "https")
    suspects = {
        "the scheme": [f"{scheme}://{host}" for scheme in schemes],
        "the port": [f"{scheme}://{bare}{port}" for scheme in schemes for port in ("", ":8080", ":443", ":80")],
        "the host": [f"{scheme}://{name}:8080" for scheme in schemes for name in ("127.0.0.1", "localhost")],
    }
    for what, roots in suspects.items():
        for root in roots:
            if _post(address, token, f"{root}{path.rstrip('/')}/voice/status") != 403:
                hint = f"it has {root} as PHONETREE_PUBLIC_URL; set it to {public_url}"
                return f"{what} is different on the server", hint
    if path != "/" and _post(address, token, f"{public_url.removesuffix(path)}/voice/status") != 403:
        hint = "have it pass the path unchanged, or remove it everywhere"
        return "the proxy removes the beginning of the path", hint
    for shorter in ("/status", "/"):
        if _post(address, token, f"{public_url}{shorter}") != 403:
            return "the proxy removes /voice from the path", "have it pass the path unchanged"
    if _post(address, token, f"{address}/") != 403:
        return "a slash is added at the end of the path", "have the proxy pass the path unchanged"
    if _post(address, token, address, {**FIELDS, "Note": ""}) != 403 or _post(address, token, address, {}) != 403:
        return "the body is rewritten on the way", "have the proxy pass the body unchanged"
    hint = "TWILIO_AUTH_TOKEN differs between here and the server, or the proxy rewrites requests"
    return "the signature does not match", hint


def _post(
    address: str,
    token: str,
    signed: str,
    fields: dict[str, str] | None = None,
    seconds: float | tuple[float, float] = TIMEOUT_SECONDS,
) -> int:
    over = FIELDS if fields is None else fields
    headers = {HEADER: RequestValidator(token).compute_signature(signed, over)} if token else {}
    return requests.post(address, data=FIELDS, headers=headers, timeout=seconds, allow_redirects=False).status_code
