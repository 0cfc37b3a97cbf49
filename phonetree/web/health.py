"""Whether the server runs, and whether it is as good as its files."""

from flask import Blueprint, Response, current_app, jsonify

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """The process answers."""
    return Response("ok\n", content_type="text/plain")


@blueprint.get("/readyz")
def readyz() -> tuple[Response, int]:
    """Calls are answered, and by the files as they are now.

    503 with every problem when the last edit was refused; calls go on with the site before it.
    """
    sites = current_app.extensions["phonetree"].sites
    problems = [str(problem) for problem in sites.problems]
    body = jsonify(revision=sites.current.revision, last_edit="refused" if problems else "good", problems=problems)
    return body, 503 if problems else 200
