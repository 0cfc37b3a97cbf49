"""The application in a process that serves it."""

from flask import Flask

from phonetree import log
from phonetree.console import create_app, identity
from phonetree.console.services import of
from phonetree.errors import PhonetreeError
from phonetree.settings import ConsoleSettings


def load(settings: ConsoleSettings) -> Flask:
    """The application, with the site already compiled, if the store can be reached, and what is encrypted under a
    previous key encrypted anew; what a console that was killed left half done is mended."""
    app = create_app(settings)
    try:
        identity.renew(app)
        of(app).phones.tidy(of(app).seconds())
        of(app).live.known()
        of(app).publishing.mend()
    except PhonetreeError as error:
        log.warning("console", problem=str(error))  # each page says so, until it is over
    return app
