"""The site's audio files, for the provider to play. They are public, and the same for every caller."""

from flask import Blueprint, Response, abort, send_file

from phonetree.config.prompts import audio_file
from phonetree.web.context import services

blueprint = Blueprint("audio", __name__)

SECONDS = 3600
"""How long the provider may keep a file (Twilio, voice/twiml/play, on caching)."""


@blueprint.get("/audio/<name>")
def audio(name: str) -> Response:
    """One file. Files outside the folder are not served, whatever link leads to them."""
    file = audio_file(services().sites.folder / "audio", name)
    if file is None:
        abort(404)
    return send_file(file.absolute(), max_age=SECONDS)
