"""Whether the server runs, and whether it is up to date with its files."""

from flask import Blueprint, Response, jsonify

from phonetree.log import masked
from phonetree.web.access import allowed
from phonetree.web.context import services

blueprint = Blueprint("health", __name__)

_TEST_CALL = {True: "good", False: "failed", None: "not tried"}
"""None: the server has just started, or does not know where it listens."""


CHECKING = "being checked"


@blueprint.get("/healthz")
def healthz() -> Response:
    """The process answers."""
    return Response("ok\n", content_type="text/plain")


@blueprint.get("/readyz")
def readyz() -> tuple[Response, int]:
    """Whether calls are answered from the current files, and messages stored: one word for each. An edit that is
    being checked is not heard yet.

    503 when the server failed its own test call, when the last edit or an override was refused, or when the database
    is unavailable. Callers get help in each case. The problems in full are only for those with access
    (web/access.py): they quote what staff typed.
    """
    running = services()
    sites, worker = running.sites, running.worker
    details = {
        "last_edit": [str(problem) for problem in sites.problems],
        "overrides": [str(problem) for problem in sites.refused],
        "database": [worker.problem] if worker and worker.problem else [],
    }
    words = {
        "test_call": _TEST_CALL[running.canary.ok],
        "last_edit": "refused" if details["last_edit"] else CHECKING if sites.checking else "good",
        "overrides": "refused" if details["overrides"] else "good",
        "database": "away" if details["database"] else "good",
    }
    more = (
        {
            "revision": sites.current.revision,
            "problems": {name: list(map(masked, each)) for name, each in details.items() if each},
        }
        if allowed()
        else {}
    )
    return jsonify(**words, **more), 200 if set(words.values()) <= {"good", CHECKING, _TEST_CALL[None]} else 503
