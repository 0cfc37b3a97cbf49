"""Whether a request comes from the provider (Twilio, usage/security).

The same as `twilio.request_validator`, which signs four times for each request; the tests hold it to that one.
"""

import hmac
import re
from binascii import b2a_base64
from collections.abc import Iterable
from hashlib import sha1, sha256
from itertools import chain
from urllib.parse import parse_qs, urlsplit

HEADER = "X-Twilio-Signature"

_SHAPE = re.compile(r"[A-Za-z0-9+/]{27}=\Z")
_PORTS = {"https": 443, "http": 80}
_BODY_HASH = "bodySHA256"


def could_be(signature: str) -> bool:
    """Whether a header's value could be a signature, an HMAC-SHA1 in base64: the only check possible before the
    body is read."""
    return bool(_SHAPE.match(signature))


class Verifier:
    """Checks signatures made with a token, over the one address that the provider calls.

    While a token is rotated there are two: the provider signs with the primary one until the secondary is promoted
    (Twilio, iam/api/authtoken).
    """

    def __init__(self, public_url: str, auth_token: str, old_token: str | None = None) -> None:
        tokens = [token.encode() for token in (auth_token, old_token) if token]
        self._begun = [hmac.new(token, url.encode(), sha1) for token in tokens for url in _as_signed(public_url)]

    def accepts(self, signature: str, path: str, query: str, fields: Iterable[tuple[str, str]], body: bytes) -> bool:
        """Whether the signature is one of this request, by any of the tokens.

        `path` and `query` are those of the request; scheme, host and port are the public URL's, whatever a proxy
        claims. `fields` are all those of the form, by name and value, also empty and repeated ones: each different one
        is signed once, in order. When the query has the hash of the body, that is signed in their place.
        """
        hashes = parse_qs(query).get(_BODY_HASH) if _BODY_HASH in query else None
        if hashes:
            fields = ()
            if not hmac.compare_digest(sha256(body).hexdigest().encode(), hashes[0].encode()):
                return False
        address = f"{path}?{query}" if query else path
        rest = "".join(chain([address], *sorted(set(fields)))).encode()
        given = signature.encode()
        return any(hmac.compare_digest(_signature(begun, rest), given) for begun in self._begun)


def _as_signed(public_url: str) -> tuple[str, str]:
    """The beginning of the address as the provider may sign it: without a port and with one (Twilio says over https
    without, but is not consistent, nor are others)."""
    parts = urlsplit(public_url)
    without = re.sub(r":\d*\Z", "", parts.netloc)
    port = parts.port or _PORTS[parts.scheme]
    return parts._replace(netloc=without).geturl(), parts._replace(netloc=f"{without}:{port}").geturl()


def _signature(begun: hmac.HMAC, rest: bytes) -> bytes:
    """The signature of a text whose beginning was signed before."""
    whole = begun.copy()
    whole.update(rest)
    return b2a_base64(whole.digest(), newline=False)
