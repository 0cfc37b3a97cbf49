"""Today: what callers meet now."""

from flask import Blueprint

from phonetree.console.access import needs
from phonetree.console.layout import render
from phonetree.console.services import services

blueprint = Blueprint("today", __name__)


@blueprint.get("/staff/")
@needs()
def page() -> str:
    """Open or closed, why, and until when."""
    running = services()
    site = running.site()
    return render("console/today.html", status=site.schedule.status(running.now()))
