"""Whether a request comes from the provider (Twilio, usage/security)."""

import re

from twilio.request_validator import RequestValidator
from werkzeug.datastructures import Headers, MultiDict

HEADER = "X-Twilio-Signature"

_SHAPE = re.compile(r"[A-Za-z0-9+/]{27}=\Z")


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
        self._validators = [RequestValidator(token) for token in (auth_token, old_token) if token]
        self._public_url = public_url

    def accepts(self, path: str, query: str, fields: MultiDict[str, str], body: bytes, headers: Headers) -> bool:
        """Whether the signature matches. Fails closed: without a header, or with any error, it does not.

        `path` and `query` are those of the request; scheme, host and port are the public URL's, whatever
        a proxy claims. `fields` are those of a form; `body` counts when the query has its `bodySHA256`.
        """
        signature = headers.get(HEADER, "")
        if not could_be(signature):
            return False
        address = f"{self._public_url}{path}?{query}" if query else f"{self._public_url}{path}"
        signed: object = fields
        if "bodySHA256=" in query:
            signed = body.decode("utf-8", "replace")
        return any(validator.validate(address, signed, signature) is True for validator in self._validators)
