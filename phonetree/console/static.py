"""Stylesheets and scripts: read once, compressed once, kept by browsers under an address with their digest."""

import gzip
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from flask import Blueprint, Response, abort, request, url_for

from phonetree.console.access import open_to_all

blueprint = Blueprint("static", __name__)

_FOLDER = Path(__file__).parent / "static"
_KINDS = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}

A_WEEK_SECONDS = 7 * 24 * 3600


@dataclass(frozen=True, slots=True)
class _File:
    data: bytes
    compressed: bytes
    digest: str
    kind: str


@cache
def _files() -> dict[str, _File]:
    """Every file that browsers may have, by its path in the folder."""
    found: dict[str, _File] = {}
    for path in sorted(_FOLDER.rglob("*")):
        if path.suffix in _KINDS:
            data = path.read_bytes()
            digest = sha256(data).hexdigest()[:12]
            name = path.relative_to(_FOLDER).as_posix()
            found[name] = _File(data, gzip.compress(data, 9, mtime=0), digest, _KINDS[path.suffix])
    return found


def address(name: str) -> str:
    """Where a file is; another address when it changes."""
    return url_for("static.file", name=name, v=_files()[name].digest)


@cache
def version(folder: str) -> str:
    """What files of a folder are: another one when any of them changes."""
    found = [(name, each.digest) for name, each in _files().items() if name.startswith(folder)]
    return sha256(repr(found).encode()).hexdigest()[:12]


@blueprint.get("/staff/static/<path:name>")
@open_to_all
def file(name: str) -> Response:
    """A file. Browsers may keep it: it is the same for everybody who ever saw the sign-in page."""
    found = _files().get(name)
    if found is None:
        abort(404)
    compressed = request.accept_encodings.quality("gzip") > 0
    response = Response(found.compressed if compressed else found.data, content_type=found.kind)
    if compressed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    if request.args.get("v") == found.digest:
        response.headers["Cache-Control"] = f"private, max-age={A_WEEK_SECONDS}, immutable"
    return response
