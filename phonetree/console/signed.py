"""Requests that the provider signs, as it signs callers' turns: the console's only ones that nobody signs in for, and
that may change something."""

from urllib.parse import quote

from flask import abort, request

from phonetree.console.services import ConsoleServices, services
from phonetree.provider.signature import HEADER, Verifier


def signed() -> ConsoleServices:
    """Refuses what the provider did not sign; otherwise what the screens share."""
    running = services()
    settings = running.settings
    if not settings.auth_token:
        abort(403)
    verifier = Verifier(settings.url, settings.auth_token, settings.old_token)
    query, fields = request.query_string.decode("latin-1"), list(request.form.items(multi=True))
    signature, path = request.headers.get(HEADER, ""), quote(request.path)
    if not verifier.accepts(signature, path, query, fields, request.get_data()):
        abort(403)
    return running
