"""The thin edge: Flask. `create_app` puts the rooms together."""

from collections.abc import Callable
from datetime import UTC, datetime

from flask import Flask, Response
from prometheus_client import CollectorRegistry

from phonetree import log
from phonetree import settings as environment
from phonetree.config.numbers import NumberRules
from phonetree.config.promises import broken_promises
from phonetree.core.tree import Site
from phonetree.provider.signature import Verifier
from phonetree.provider.twiml import Renderer
from phonetree.runtime.alerts import Aftermath
from phonetree.runtime.background import background
from phonetree.runtime.canary import Canary, call_id
from phonetree.runtime.legs import Legs
from phonetree.runtime.outcomes import Tally
from phonetree.runtime.overrides import Overriding
from phonetree.runtime.revisions import Recall
from phonetree.runtime.sites import Sites
from phonetree.runtime.watch import watch
from phonetree.runtime.worker import Streak
from phonetree.settings import Settings
from phonetree.simulator.transport import OverHttp
from phonetree.store.counts import Counts
from phonetree.store.database import Store
from phonetree.store.overrides import Overrides
from phonetree.store.presence import Presence
from phonetree.store.revisions import Revisions
from phonetree.web import audio, health, metrics, public, voice
from phonetree.web.headers import security_headers
from phonetree.web.hot import Hot
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
) -> Flask:
    """The application. Without settings, those of the environment.

    Raises SettingsError or ConfigError when it could not answer calls. `watching` follows changes of the
    files, and does the mailbox's work, in the background. `address` (host and port) is where this server listens: its
    test calls go there. Without it none is placed.
    """
    settings = settings or environment.read()
    rules = NumberRules(settings.names, fictional=settings.demo, stand_in=settings.demo)
    sites = Sites(
        settings.config,
        rules,
        lambda site: broken_promises(site, settings.config, site.schedule.today(now())),
        Revisions(Store(settings.database)).newest if settings.database else tuple,
    )
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BODY_BYTES
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    renderer = Renderer(settings.public_url)
    verifier = Verifier(settings.public_url, settings.auth_token, settings.old_token)
    counts, streak = Counts(), Streak()
    worker = background(settings, sites, counts, streak, now, collects=settings.background)
    wake = worker.wake if worker else _nobody
    canary_id = call_id(settings.auth_token)
    revisions = Revisions(worker.store) if worker else None

    def recall(name: str) -> Site | None:
        found = revisions.find(name) if revisions else None
        return sites.recall(name, found) if found else None

    tally = Tally(counts, streak, canary_id)
    app.extensions["phonetree"] = voice.Desk(
        sites, verifier, renderer, Hot(renderer), Legs(), tally, wake, Recall(recall), now
    )
    app.extensions["settings"] = settings
    app.extensions["worker"] = worker
    overriding = Overriding(Overrides(worker.store), sites, now) if worker else None
    app.extensions["overriding"] = overriding
    tell = worker.notices.tell if worker else _unheard
    aftermath = Aftermath(Presence(worker.store) if worker else None, tally, sites, tell, now)
    line = OverHttp(at=f"http://{address}") if address else None
    canary = Canary(line, settings.auth_token, settings.public_url, sites, now, tell, canary_id, aftermath.look)
    app.extensions["canary"] = canary
    app.extensions["metrics"] = CollectorRegistry()
    app.extensions["metrics"].register(Watched(sites, canary, worker))
    for blueprint in (voice.blueprint, audio.blueprint, health.blueprint, metrics.blueprint, public.blueprint):
        app.register_blueprint(blueprint)
    app.extensions["pages"] = Pages(public.make)
    app.extensions["headers"] = headers = security_headers(settings.public_url)

    @app.after_request
    def secure(response: Response) -> Response:
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        return response

    if watching:
        log.take_in_libraries()
        watch(sites)
        if worker:
            worker.start()
        if overriding:
            overriding.start()
        canary.start()
    return app


def _nobody() -> None:
    """There is no worker to wake."""


def _unheard(_text: str) -> None:
    """There is nobody to tell."""
