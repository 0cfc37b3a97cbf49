"""The thin edge: Flask. `create_app` puts the rooms together."""

from collections.abc import Callable
from datetime import UTC, datetime

from flask import Flask

from phonetree import settings as environment
from phonetree.config.numbers import NumberRules
from phonetree.config.promises import broken_promises
from phonetree.config.site import Sites
from phonetree.config.watch import watch
from phonetree.provider.signature import Verifier
from phonetree.provider.twiml import Renderer
from phonetree.settings import Settings
from phonetree.web import audio, health, public, voice
from phonetree.web.hot import Hot
from phonetree.web.legs import Legs

MOST_BODY_BYTES = 64 * 1024
"""The provider's requests have two or three kilobytes."""


def clock() -> datetime:
    """Now."""
    return datetime.now(UTC)


def create_app(
    settings: Settings | None = None, *, now: Callable[[], datetime] = clock, watching: bool = True
) -> Flask:
    """The application. Without settings, those of the environment.

    Raises SettingsError or ConfigError when it could not answer calls. `watching` follows changes of the
    files in the background.
    """
    settings = settings or environment.read()
    rules = NumberRules(settings.names, fictional=settings.demo, stand_in=settings.demo)
    sites = Sites(settings.config, rules, lambda site: broken_promises(site, settings.config, now().date()))
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BODY_BYTES
    renderer = Renderer(settings.public_url)
    verifier = Verifier(settings.auth_token, settings.public_url)
    desk = voice.Desk(sites, verifier, renderer, Hot(renderer), Legs(), now)
    app.extensions["phonetree"] = desk
    for blueprint in (voice.blueprint, audio.blueprint, health.blueprint, public.blueprint):
        app.register_blueprint(blueprint)
    if watching:
        watch(sites)
    return app
