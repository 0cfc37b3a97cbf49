"""The page's script, which stands in the page itself, and its stylesheet.

The script is no request of its own: a page that was left is empty because the script says so, whether or not the
server can be reached. The stylesheet is not kept by browsers: a file in the cache would show that the page was read.
"""

from base64 import b64encode
from hashlib import sha256
from pathlib import Path

from flask import Blueprint, Response
from markupsafe import Markup

blueprint = Blueprint("assets", __name__)

_FOLDER = Path(__file__).parent / "static"
_STYLE = (_FOLDER / "page.css").read_bytes()

SCRIPT = Markup((_FOLDER / "quick_exit.js").read_text(encoding="utf-8"))  # noqa: S704 -- ours
"""Quick Exit."""

SCRIPT_SOURCE = f"'sha256-{b64encode(sha256(SCRIPT.encode()).digest()).decode()}'"
"""What allows this script and no other (CSP 3, script-src)."""


@blueprint.get("/static/page.css")
def style() -> Response:
    """How the page looks."""
    return Response(_STYLE, content_type="text/css; charset=utf-8")
