"""Whether the server runs, and whether it is as good as its files."""

from flask import Blueprint, Response, current_app, jsonify

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """The process answers."""
    return Response("ok\n", content_type="text/plain")


@blueprint.get("/readyz")
def readyz() -> tuple[Response, int]:
    """Calls are answered, by the files as they are now, and messages are kept.

    503 with every problem when the server failed its own test call, when the last edit or an override was refused, or
    when the database is away. Callers are helped in each case.
    """
    sites, worker = current_app.extensions["phonetree"].sites, current_app.extensions["worker"]
    problems = [str(problem) for problem in sites.problems]
    refused = [str(problem) for problem in sites.refused]
    database = worker.problem if worker else None
    turns_fail = current_app.extensions["canary"].ok is False
    body = jsonify(
        revision=sites.current.revision,
        test_call="failed" if turns_fail else "good",
        last_edit="refused" if problems else "good",
        problems=problems,
        overrides=refused or "good",
        database=database or "good",
    )
    return body, 503 if turns_fail or problems or refused or database else 200
