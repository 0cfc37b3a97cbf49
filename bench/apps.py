"""The applications that are measured against each other."""

import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path

from flask import Flask, Response, abort, request
from twilio.request_validator import RequestValidator
from twilio.twiml.voice_response import VoiceResponse

from phonetree.config import document, routing
from phonetree.settings import Settings
from phonetree.web import create_app
from phonetree.web.server import Edge, edge

TOKEN = "bench"
URL = "https://tree.example.org"
SEEN_URL = "http://tree.example.org"
"""What a server behind a proxy takes for its own address."""

FIXED = b"<?xml version='1.0'?><Response>" + b"<Say>Hello, how are you?</Say>" * 37 + b"</Response>"
"""As long as the menu documents that it is compared with."""


def bare() -> Flask:
    """The least that a signed webhook can do with Twilio's library: check the signature, return fixed bytes."""
    app = Flask(__name__)
    validator = RequestValidator(TOKEN)

    @app.post("/voice/<path:_rest>")
    def view(_rest: str) -> Response:
        query = request.query_string.decode("latin-1")
        signature = request.headers.get("X-Twilio-Signature", "")
        if not validator.validate(f"{URL}{request.path}?{query}", request.form, signature):
            return Response(status=403)
        return Response(FIXED, content_type="text/xml")

    return app


def _validated(view: Callable[..., Response]) -> Callable[..., Response]:
    """A decorator as in Twilio's guide for Flask (usage/tutorials)."""

    @wraps(view)
    def decorated(**parts: str) -> Response:
        validator = RequestValidator(TOKEN)
        if not validator.validate(request.url, request.form, request.headers.get("X-Twilio-Signature", "")):
            abort(403)
        return view(**parts)

    return decorated


def tutorial() -> Flask:
    """A phone tree as in Twilio's tutorials: a decorator checks the signature, the view builds the document."""
    app = Flask(__name__)

    @app.post("/voice/<path:_rest>")
    @_validated
    def view(_rest: str) -> Response:
        response = VoiceResponse()
        gather = response.gather(num_digits=1, action="/voice/menu", method="POST")
        for key in range(1, 9):
            gather.say(f"For the things that are behind this key, press {key}.", voice="Polly.Joanna", language="en-US")
        response.redirect("/voice/menu", method="POST")
        return Response(str(response), content_type="text/xml")

    return app


def lift_limits() -> None:
    """Lets a file have more nodes than staff may write."""
    routing.MOST_NODES = 100_000  # type: ignore[attr-defined]  # where it is read
    document.MOST_ITEMS = 10_000_000


def site() -> Flask:
    """Our application, over the folder that BENCH_CONFIG names, without background work: the proof of a large site
    would be measured in its place."""
    lift_limits()
    names = {"ADVOCATE_1": "+16175550101", "ADVOCATE_2": "+16175550102"}
    settings = Settings("AC0", TOKEN, URL, Path(os.environ["BENCH_CONFIG"]), names, demo=True)
    return create_app(settings, watching=False)


def served() -> Edge:
    """The same as `serve` runs it."""
    return edge(site())
