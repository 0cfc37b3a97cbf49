"""Who may see details: whoever has the token; in a demo everybody on this machine."""

from hmac import compare_digest

from flask import request

from phonetree.web.context import services

LOOPBACK = ("127.0.0.1", "::1")


def allowed() -> bool:
    """Whether this request may see details. Without a token nobody may, except in a demo."""
    settings = services().settings
    if settings.demo and request.remote_addr in LOOPBACK:
        return True
    given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
    return bool(settings.status_token) and compare_digest(given, f"Bearer {settings.status_token}".encode())
