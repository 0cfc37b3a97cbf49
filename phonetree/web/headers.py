"""Headers on every answer."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

Application = Callable[..., Iterable[bytes]]
"""A WSGI application (PEP 3333)."""

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


def with_headers(application: Application, headers: Mapping[str, str]) -> Application:
    """The application, with these headers on every answer that does not have its own."""
    ours = [(name.lower(), (name, value)) for name, value in headers.items()]

    def answer(environ: Mapping[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
        def start(status: str, given: list[tuple[str, str]], *error: object) -> object:
            names = {name.lower() for name, _ in given}
            return start_response(status, [*given, *(each for name, each in ours if name not in names)], *error)

        return application(environ, start)

    return answer
