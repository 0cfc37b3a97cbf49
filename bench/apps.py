"""The applications that are measured against each other."""

import os
from pathlib import Path

from flask import Flask, Response, request

from phonetree.provider.signature import Verifier
from phonetree.settings import Settings
from phonetree.web import create_app
from phonetree.web.server import Edge, edge

TOKEN = "bench"
URL = "https://tree.example.org"
FIXED = b"<?xml version='1.0'?><Response>" + b"<Say>Hello, how are you?</Say>" * 37 + b"</Response>"
"""As long as the menu documents that it is compared with."""


def bare() -> Flask:
    """The least that a signed webhook can do: check the same signature, return fixed bytes."""
    app = Flask(__name__)
    verifier = Verifier(URL, TOKEN)

    @app.post("/voice/<path:_rest>")
    def view(_rest: str) -> Response:
        query = request.query_string.decode("latin-1")
        if not verifier.accepts(request.path, query, request.form, b"", request.headers):
            return Response(status=403)
        return Response(FIXED, content_type="text/xml")

    return app


def site() -> Flask:
    """Our application, over the folder that BENCH_CONFIG names."""
    names = {"ADVOCATE_1": "+16175550101", "ADVOCATE_2": "+16175550102"}
    settings = Settings("AC0", TOKEN, URL, Path(os.environ["BENCH_CONFIG"]), names, demo=True)
    return create_app(settings)


def served() -> Edge:
    """The same as `serve` runs it."""
    return edge(site())
