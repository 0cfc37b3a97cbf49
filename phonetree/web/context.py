"""What the routes of a server share: one typed object of the application."""

from dataclasses import dataclass

from flask import Flask, current_app
from prometheus_client import CollectorRegistry

from phonetree.runtime.services import Services
from phonetree.web.pages import Pages

_NAME = "phonetree"


@dataclass(frozen=True, slots=True)
class Context:
    """The server's parts, the rendered public page, and the metrics."""

    services: Services
    pages: Pages
    metrics: CollectorRegistry


def put(app: Flask, context: Context) -> None:
    """Gives an application its context."""
    app.extensions[_NAME] = context


def of(app: Flask) -> Context:
    """The context of an application."""
    found: Context = app.extensions[_NAME]
    return found


def context() -> Context:
    """The context of the application that answers the current request."""
    return of(current_app)


def services() -> Services:
    """The server's parts, for the current request."""
    return context().services
