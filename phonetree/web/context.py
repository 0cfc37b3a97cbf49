"""What the addresses of a server share: one object of the application, with types."""

from dataclasses import dataclass

from flask import Flask, current_app
from prometheus_client import CollectorRegistry

from phonetree.runtime.services import Services
from phonetree.web.pages import Pages

_NAME = "phonetree"


@dataclass(frozen=True, slots=True)
class Context:
    """The server's parts, the public page as it goes out, and what may be watched."""

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
    """The context of the application that answers the present request."""
    return of(current_app)


def services() -> Services:
    """The server's parts, for the present request."""
    return context().services
