"""What staff meet: a Flask application, in a process of its own. `create_app` makes it.

It meets the servers that answer calls in the store alone. Everything is below /staff, except /healthz.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from flask import Flask

from phonetree import settings as environment
from phonetree.console import (
    access,
    accounts,
    call_back,
    connecting,
    counts,
    draft_gone,
    drafts,
    edit_forms,
    edit_parts,
    errors,
    headers,
    history,
    identity,
    layout,
    message_keys,
    messages,
    notices,
    people,
    phone_calls,
    readable,
    schedule,
    services,
    sign_in,
    static,
    today,
    tree,
    try_call,
    you,
)
from phonetree.console.health import blueprint as health
from phonetree.settings import ConsoleSettings

SCREENS = (
    sign_in, today, schedule, messages, message_keys, people, counts, tree, try_call, drafts, history, accounts,
    you, notices, phone_calls,
)  # fmt: skip
"""One blueprint each."""

for forms in (edit_forms, edit_parts, draft_gone):
    drafts.blueprint.register_blueprint(forms.blueprint)

CALL_BACK = (call_back, connecting)
"""Only where the operator has switched it on; elsewhere there are no such addresses."""

MOST_BODY_BYTES = 256 * 1024
"""Of a form."""

MOST_FIELDS = 500


def clock() -> datetime:
    """Now."""
    return datetime.now(UTC)


def create_app(settings: ConsoleSettings | None = None, *, now: Callable[[], datetime] = clock) -> Flask:
    """The application. Without settings, those of the environment. Raises SettingsError.

    It starts without the database, and then says so on every page but /healthz.
    """
    settings = settings or environment.read_console()
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BODY_BYTES
    app.config["MAX_FORM_MEMORY_SIZE"] = MOST_BODY_BYTES
    app.config["MAX_FORM_PARTS"] = MOST_FIELDS
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    services.put(app, services.console_services(settings, now))
    headers.put_on(app, settings)
    readable.put_on(app)  # before everything else that looks at a request
    access.guard(app)
    identity.put_on(app, settings)
    for signed in (phone_calls, connecting):
        app.extensions["csrf"].exempt(signed.blueprint)  # the provider signs instead
    errors.put_on(app)
    layout.put_on(app)
    screens = (*SCREENS, *(CALL_BACK if settings.call_back else ()))
    for blueprint in (health, static.blueprint, *(screen.blueprint for screen in screens)):
        app.register_blueprint(blueprint)
    access.refuse_undeclared(app)
    return app
