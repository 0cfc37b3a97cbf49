"""A staff console under test: over a database of its own, with one account for each role."""

import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, session
from flask.sessions import SecureCookieSessionInterface
from flask.testing import FlaskClient
from playwright.sync_api import BrowserContext
from werkzeug.test import TestResponse

from phonetree.console import create_app, identity
from phonetree.console.services import ConsoleServices, of
from phonetree.runtime.comparing import Comparing
from phonetree.settings import ConsoleSettings
from phonetree.store.accounts import Account
from phonetree.store.database import Store
from phonetree.store.roles import Role
from phonetree.web import trial
from tests.support.databases import store
from tests.support.lines import NAMES, VPR
from tests.support.programs import certificate
from tests.support.proving import here
from tests.support.serving import served

URL = "https://helpline.example.org"
SECRET = "a-secret-key-of-the-tests-" + "0" * 16
PASSWORD = "four words of a test"
NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)

CHEAP = {"argon2__rounds": 1, "argon2__memory_cost": 8, "argon2__parallelism": 1}

OURS = {"Sec-Fetch-Site": "same-origin", "Origin": "null"}
"""What browsers say of a form that was sent from one of our pages, which have no referrer."""

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


_comparing = Comparing()


@cache
def _hash(costly: bool) -> str:
    """The hash of `PASSWORD`, made once. Within an application."""
    return identity.hashed(PASSWORD)


@dataclass
class Console:
    """A console and its clock; `accounts` has one account for each role. Passwords are hashed at no cost, unless
    they are to be `costly` as they really are. What it has proved or compared is not proved or compared again in
    another test, and calls are played in this process."""

    settings: ConsoleSettings
    now: datetime = NOW
    costly: bool = False
    app: Flask = field(init=False)
    accounts: dict[Role, Account] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.app = create_app(self.settings, now=lambda: self.now)
        if not self.costly:
            security = self.app.extensions["security"]
            security.pwd_context.update(**CHEAP)
            security._totp_factory._totp.wallet.encrypt_cost = 1
        here(self.services.prover._prover)
        self.services.publishing._comparing = _comparing
        trials = self.services.trials._trials
        trials._ask, trials.prepare = trial.answer, lambda: None  # type: ignore[method-assign]

    @property
    def services(self) -> ConsoleServices:
        return of(self.app)

    def staff(self, *roles: Role, name: str, factor: bool = True) -> Account:
        """An account that can sign in."""
        running, seconds = self.services, int(self.now.timestamp())
        _, token = running.accounts.add(name, roles, "a test", seconds, seconds + 60)
        with self.app.app_context():
            account = running.accounts.accept(token, _hash(self.costly), seconds)
            assert account
            if factor:
                _, recovery = identity.new_recovery_codes()
                account = running.accounts.set_factor(
                    account, identity.codes().generate_totp_secret(), recovery, seconds
                )
        return account

    def client(self, who: Role | Account | None = None) -> "Client":
        """A browser, signed in if an account, or a role, is given."""
        client = Client(self, self.app.test_client())
        if who is not None:
            client.enter(self.accounts[who] if isinstance(who, Role) else who)
        return client

    def session(self, account: Account) -> dict[str, object]:
        """What is in the session of an account, as it is now, after signing in."""
        account = self.services.accounts.by_id(account.id) or account
        with self.app.test_request_context(base_url=URL):
            identity.sign_in(account)
            return dict(session)

    def cookie(self, account: Account) -> str:
        """The cookie of such a session, for a browser in front of a running server."""
        serializer = SecureCookieSessionInterface().get_signing_serializer(self.app)
        assert serializer
        return str(serializer.dumps(self.session(account)))

    def code(self, account: Account) -> str:
        """The code that the account's authenticator shows now."""
        account = self.services.accounts.by_id(account.id) or account
        assert account.factor
        with self.app.app_context():
            return str(identity.codes().generate_totp_password(account.factor))

    def later(self, **much: int) -> None:
        """Time passes."""
        self.now += timedelta(**much)


@dataclass
class Client:
    """A browser without scripts."""

    console: Console
    flask: FlaskClient

    def get(self, path: str, **more: str) -> TestResponse:
        """A page."""
        return self.flask.get(path, base_url=URL, headers=more)

    def token(self, path: str = "/staff/sign-in") -> str:
        """The token of the forms on a page."""
        found = TOKEN.search(self.get(path).get_data(as_text=True))
        assert found, path
        return found[1]

    def post(
        self,
        path: str,
        data: Mapping[str, object] | None = None,
        *,
        token: str | None = None,
        headers: Mapping[str, str] = OURS,
    ) -> TestResponse:
        """A form that is sent, from a page of the console unless the headers say otherwise, with the token of this
        session unless another one is given."""
        fields = {"csrf_token": self.token() if token is None else token, **(data or {})}
        return self.flask.post(path, base_url=URL, data=fields, headers=headers)

    def sign_in(self, name: str, password: str = PASSWORD, code: str = "", **more: str) -> TestResponse:
        """The sign-in form, filled in and sent."""
        return self.post("/staff/sign-in", {"name": name, "password": password, "code": code, **more})

    def enter(self, account: Account) -> None:
        """Signs in to an account, without the password."""
        with self.flask.session_transaction(base_url=URL) as kept:
            kept.update(self.console.session(account))


@contextmanager
def running(console: Console, folder: Path) -> Iterator[str]:
    """The address at which a console is served, over https, as its cookies want it."""
    with served(console.app, secret=(str(certificate(folder)), str(folder / "privkey.pem"))) as url:
        yield url


def enter(context: BrowserContext, console: Console, url: str, account: Account) -> None:
    """Signs a browser in to an account, without the password."""
    context.add_cookies(
        [{
            "name": identity.COOKIE, "value": console.cookie(account), "url": url, "secure": True, "httpOnly": True,
            "sameSite": "Strict",
        }]
    )  # fmt: skip


@contextmanager
def console(
    kind: str, folder: Path, *, demo: bool = False, now: datetime = NOW, costly: bool = False, **more: Any
) -> Iterator[Console]:
    """A console over a new database, with an account for each role, and with more settings."""
    with store(kind, folder) as made:
        opened = Console(replace(_settings(made), demo=demo, **more), now, costly)
        if kind == "sqlite":
            file, accounts = _with_accounts(now, costly)
            (folder / "phonetree.db").write_bytes(file)
            opened.accounts |= accounts
        else:
            _add_accounts(opened)
        try:
            yield opened
        finally:
            opened.services.store.close()


@cache
def _with_accounts(now: datetime, costly: bool) -> tuple[bytes, Mapping[Role, Account]]:
    """A file of SQLite with an account for each role, made once, and these accounts."""
    with tempfile.TemporaryDirectory() as name, store("sqlite", Path(name)) as made:
        opened = Console(_settings(made), now, costly)
        _add_accounts(opened)
        opened.services.store.close()
        return Path(name, "phonetree.db").read_bytes(), opened.accounts


def _add_accounts(opened: Console) -> None:
    for role in Role:
        opened.accounts[role] = opened.staff(role, name=f"the {role}")


def _settings(made: Store) -> ConsoleSettings:
    database = made.engine.url.render_as_string(hide_password=False)
    return ConsoleSettings(URL, VPR, NAMES, database, (SECRET,), fictional=True)
