"""Headers on every answer."""

from collections.abc import Mapping
from types import MappingProxyType

A_YEAR_SECONDS = 365 * 24 * 3600

_ALWAYS = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}


def security_headers(public_url: str) -> Mapping[str, str]:
    """The default headers of an answer: nothing is run, framed or stored, and no address is passed on.

    Over https, browsers are told to use only https for a year (RFC 6797); over http that has no effect.
    """
    https = public_url.startswith("https://")
    only_https = {"Strict-Transport-Security": f"max-age={A_YEAR_SECONDS}"} if https else {}
    return MappingProxyType(_ALWAYS | only_https)
