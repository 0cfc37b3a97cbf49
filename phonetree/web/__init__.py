"""The thin edge: Flask. `create_app` makes the application of a server."""

import atexit
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from flask import Flask
from prometheus_client import CollectorRegistry

from phonetree import log
from phonetree import settings as environment
from phonetree.config.site import Loaded
from phonetree.runtime.services import services
from phonetree.runtime.sites import Sites
from phonetree.settings import Settings
from phonetree.web import assets, audio, context, health, metrics, public, voice
from phonetree.web.headers import security_headers, with_headers
from phonetree.web.limits import MOST_BODY_BYTES
from phonetree.web.metrics import Watched
from phonetree.web.pages import Pages


def clock() -> datetime:
    """Now."""
    return datetime.now(UTC)


def create_app(
    settings: Settings | None = None,
    *,
    now: Callable[[], datetime] = clock,
    watching: bool = True,
    address: str | None = None,
    sites: Sites | None = None,
    at_start: Loaded | None = None,
) -> Flask:
    """The application. Without settings, those of the environment.

    Raises SettingsError or ConfigError when it could not answer calls. `watching` follows changes of the
    files, and does the mailbox's work, in the background. `address` (host and port) is where this server listens and
    where its test calls go; without it there are none. `sites` are those that it answers with, if not those of the
    settings; `at_start` as in `Sites`.
    """
    settings = settings or environment.read()
    running = services(settings, now, address, sites, at_start)
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BODY_BYTES
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    app.url_map.converters["language"] = public.SiteLanguage
    parts = (voice, audio, health, metrics, assets, public)
    for blueprint in (part.blueprint for part in parts):
        app.register_blueprint(blueprint)
    registry = CollectorRegistry()
    registry.register(Watched(running))
    context.put(app, context.Context(running, Pages(partial(public.make, public_url=settings.public_url)), registry))
    app.wsgi_app = with_headers(app.wsgi_app, security_headers(settings.public_url))  # type: ignore[method-assign]
    if watching:
        log.take_in_libraries()
        running.start()
        atexit.register(running.stop)
    return app
