"""The public page."""

from flask import Blueprint, Response

blueprint = Blueprint("public", __name__)


@blueprint.get("/")
def index() -> Response:
    """Says what this is."""
    return Response("phonetree\n", content_type="text/plain")
