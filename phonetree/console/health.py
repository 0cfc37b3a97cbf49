"""Whether the process answers, with or without the database."""

from flask import Blueprint, Response

from phonetree.console.access import open_to_all

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@open_to_all
def healthz() -> Response:
    """The process answers."""
    return Response("ok\n", content_type="text/plain")
