"""The site's audio files, for the provider to play. They are public, and the same for every caller."""

from flask import Blueprint, Response, abort, current_app, send_from_directory

from phonetree.config.prompts import AUDIO_TYPES

blueprint = Blueprint("audio", __name__)

SECONDS = 3600
"""How long the provider may keep a file (Twilio, voice/twiml/play, on caching)."""


@blueprint.get("/audio/<name>")
def audio(name: str) -> Response:
    """One file."""
    if not name.lower().endswith(AUDIO_TYPES):
        abort(404)
    folder = current_app.extensions["phonetree"].sites.folder / "audio"
    return send_from_directory(folder.resolve(), name, max_age=SECONDS)
