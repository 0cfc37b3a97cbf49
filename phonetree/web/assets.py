"""The page's script and stylesheet.

They are not kept by browsers either: a file in the cache would show that the page was read.
"""

from pathlib import Path

from flask import Blueprint, Response

blueprint = Blueprint("assets", __name__)

_FOLDER = Path(__file__).parent / "static"
_SCRIPT = (_FOLDER / "quick_exit.js").read_bytes()
_STYLE = (_FOLDER / "page.css").read_bytes()


@blueprint.get("/static/quick_exit.js")
def script() -> Response:
    """Quick Exit."""
    return Response(_SCRIPT, content_type="text/javascript; charset=utf-8")


@blueprint.get("/static/page.css")
def style() -> Response:
    """How the page looks."""
    return Response(_STYLE, content_type="text/css; charset=utf-8")
