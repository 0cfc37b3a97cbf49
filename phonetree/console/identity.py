"""Flask-Security over our accounts: sessions, passwords (argon2), codes of an authenticator, recovery codes.

Of its pages none is used, and of its tracking nothing: no addresses, no times, no counts of sign-ins.
"""

import unicodedata
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from functools import cache
from hashlib import sha256
from hmac import compare_digest
from secrets import token_hex
from threading import Lock
from typing import Any

from flask import Flask, current_app, session
from flask.templating import _default_template_ctx_processor
from flask_security import Security, UserMixin, hash_password, login_user, logout_user, verify_password
from flask_security.datastore import UserDatastore
from flask_security.totp import Totp
from flask_wtf import CSRFProtect
from passlib.exc import TokenError
from passlib.totp import TOTP, AppWallet, TotpMatch

from phonetree.console.access import begin_session
from phonetree.console.keys import FACTORS, RECOVERY, SESSIONS, derived
from phonetree.console.origin import Sessions
from phonetree.console.services import of, services
from phonetree.console.trying import one_at_a_time
from phonetree.settings import ConsoleSettings
from phonetree.store.accounts import Account, Accounts

RECOVERY_CODES = 10

ISSUER = "Helpline staff"
"""What an authenticator app shows beside the name of the account."""

CODE_WINDOW_SECONDS = 30
"""A code is taken for half a minute before and after its time: clocks differ, and typing takes long."""

REMEMBER_CODES = 1000
"""Used codes in memory, one for each account, so that none is used twice. Kept nowhere else: the number of a code tells
when it was used."""

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 200

_CODES = "phonetree codes"

COOKIE, DEMO_COOKIE = "__Host-staff", "staff"


class Staff(UserMixin):
    """An account as Flask-Security wants it."""

    active = True

    def __init__(self, account: Account) -> None:
        self.account = account

    @property
    def fs_uniquifier(self) -> str:  # type: ignore[override]
        return self.account.uniquifier


class _Stored(UserDatastore):
    """Where Flask-Security finds accounts. It changes none: `store/accounts.py` does, with what has to be noted."""

    def __init__(self, accounts: Accounts) -> None:
        super().__init__(Staff, None)  # type: ignore[arg-type]
        self._accounts = accounts

    def find_user(self, case_insensitive: bool = False, **kwargs: Any) -> Staff | None:  # noqa: ARG002
        account = self._accounts.by_uniquifier(kwargs["fs_uniquifier"])
        return Staff(account) if account else None


class Codes(Totp):
    """Codes of an authenticator app; each is accepted once."""

    def __init__(self, secrets: dict[str, str], tag: str, now: Callable[[], float]) -> None:
        """`secrets` are the keys by their tags; what is encrypted from now on is under the key with this `tag`."""
        self._totp = TOTP.using(issuer=ISSUER, wallet=AppWallet(secrets, default_tag=tag), now=now)
        self._used: OrderedDict[str, int] = OrderedDict()
        self._lock = Lock()

    def get_last_counter(self, user: Staff) -> int | None:  # type: ignore[override]
        return self._used.get(user.account.id)

    def set_last_counter(self, user: Staff, tmatch: TotpMatch) -> None:  # type: ignore[override]
        self._used[user.account.id] = tmatch.counter
        self._used.move_to_end(user.account.id)
        while len(self._used) > REMEMBER_CODES:
            self._used.popitem(last=False)

    def verify_totp(self, token: str, totp_secret: str, user: Staff, window: int = CODE_WINDOW_SECONDS) -> bool:  # type: ignore[override]
        with self._lock:  # two requests with one code: one of them is late
            try:
                return super().verify_totp(token, totp_secret, user, window)
            except (TokenError, KeyError, ValueError, TypeError):  # encrypted under a key that is gone
                return False

    def current(self, encrypted: str) -> str | None:
        """The same secret encrypted under the current key, if it is under the previous one; otherwise None."""
        found = self._totp.from_source(encrypted)
        return str(found.to_json(encrypt=True)) if found.changed else None


def put_on(app: Flask, settings: ConsoleSettings) -> None:
    """Sessions, signed and not to be read by scripts or sent from other sites; accounts; a token in every form."""
    keys = derived(settings.secrets, SESSIONS)
    app.config.update(
        SECRET_KEY=keys[0],
        SECRET_KEY_FALLBACKS=list(keys[1:]),
        SESSION_COOKIE_NAME=DEMO_COOKIE if settings.demo else COOKIE,
        SESSION_COOKIE_PATH="/",
        SESSION_COOKIE_SECURE=not settings.demo,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        SESSION_PROTECTION=None,  # it would put a hash of the address into the session
        SESSION_REFRESH_EACH_REQUEST=False,
        WTF_CSRF_SECRET_KEY=list(reversed(keys)),  # the last one signs, all of them verify
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session
        WTF_CSRF_SSL_STRICT=False,  # it looks at the referrer, which no browser sends here
        SECURITY_PASSWORD_HASH="argon2",  # noqa: S106 -- the name of the method
        SECURITY_PASSWORD_SCHEMES=["argon2"],
        SECURITY_DEPRECATED_PASSWORD_SCHEMES=[],
        SECURITY_PASSWORD_SINGLE_HASH=["argon2"],  # else a rotated key would change every password
        SECURITY_TRACKABLE=False,
        SECURITY_MULTI_FACTOR_RECOVERY_CODES=True,
        SECURITY_MULTI_FACTOR_RECOVERY_CODES_N=RECOVERY_CODES,
        SECURITY_MULTI_FACTOR_RECOVERY_CODES_KEYS=[key.encode() for key in derived(settings.secrets, RECOVERY)],
        SECURITY_TOTP_SECRETS={"unused": "unused"},  # `Codes` has its own
        SECURITY_TOTP_ISSUER=ISSUER,
        SECURITY_CLI_USERS_NAME="",
        SECURITY_CLI_ROLES_NAME="",
    )
    app.session_interface = Sessions()
    CSRFProtect(app)
    made = Security(app, _Stored(of(app).accounts), register_blueprint=False)
    made.principal.identity_loaders.clear()  # it would look an account up for every stylesheet
    made.login_manager._session_identifier_generator = lambda: ""  # it would be a hash of the address, in the session
    app.template_context_processors[None].clear()  # Flask-Login's would look an account up for every page
    app.template_context_processors[None].append(_default_template_ctx_processor)
    made._totp_factory = app.extensions[_CODES] = _codes(settings, of(app).now)


def _codes(settings: ConsoleSettings, now: Callable[[], datetime]) -> Codes:
    keys = {sha256(key.encode()).hexdigest()[:8]: key for key in derived(settings.secrets, FACTORS)}
    return Codes(keys, next(iter(keys)), lambda: now().timestamp())


def security() -> Security:
    """Flask-Security, for the current request."""
    found: Security = current_app.extensions["security"]
    return found


def codes() -> Codes:
    """Codes of authenticator apps, for the current request."""
    found: Codes = current_app.extensions[_CODES]
    return found


def of_session() -> Account | None:
    """The account whose session this request has."""
    found = security().login_manager._user_callback(session.get("_user_id"))
    return found.account if found else None


def sign_in(account: Account) -> None:
    """Begins a session."""
    begin_session(services().seconds())
    login_user(Staff(account), remember=False)
    for key in ("fs_paa", "_fresh", "_id", "fs_cc"):
        session.pop(key, None)


def sign_out() -> None:
    """Ends the session of this browser."""
    logout_user()
    session.clear()


def hashed(password: str) -> str:
    """The hash of a password that somebody known chose. Raises TooBusyError."""
    with one_at_a_time(known=True):
        return _hash(password)


def same(password: str, stored: str) -> bool:
    """Whether a hash is a password's. Within one_at_a_time."""
    return bool(verify_password(_normal(password), stored))


def _hash(password: str) -> str:
    return str(hash_password(_normal(password)))


def _normal(password: str) -> str:
    """However the keyboard writes it."""
    return unicodedata.normalize("NFKC", password)


def nobodys_password() -> str:
    """A hash that no password fits, for a name without one: that takes as long. Within one_at_a_time."""
    return _nobody(codes())[0]


def second_factor_fits(account: Account | None, code: str) -> bool:
    """Whether a code, of the authenticator or a recovery code, is right for an account; the latter is used up. An
    account that has no second factor yet needs none. For nobody as much is computed."""
    digits = "".join(code.split())
    if account is None or account.factor is None:
        codes().verify_totp(digits or "0", _nobody(codes())[1], Staff(_NOBODY))
        return account is not None
    if codes().verify_totp(digits or "0", account.factor, Staff(account)):
        return True
    return _use_recovery_code(account, digits.lower())


def _use_recovery_code(account: Account, typed: str) -> bool:
    util = security().mf_recovery_codes_util
    plain = typed.replace("-", "")
    for encrypted in account.recovery:
        (found,) = util._decrypt_codes([encrypted]) or ("",)
        if plain and compare_digest(found.replace("-", "").encode(), plain.encode()):
            return services().accounts.use_recovery(account, encrypted, services().seconds())
    return False


def new_recovery_codes() -> tuple[list[str], list[str]]:
    """Recovery codes to be shown once, and the same encrypted, to be kept."""
    made = codes().generate_recovery_codes(RECOVERY_CODES)
    return made, security().mf_recovery_codes_util._encrypt_codes(made)


_NOBODY = Account("", "", frozenset(), "")


@cache
def _nobody(of_app: Codes) -> tuple[str, str]:
    """The hash of a password, and the secret of an authenticator, that nobody has."""
    return _hash(token_hex(16)), of_app.generate_totp_secret()


def renew(app: Flask) -> None:
    """Encrypts under the current key what is still encrypted under the previous one, so that the previous one can go.
    Raises StoreError."""
    with app.app_context():
        cryptor = security().mf_recovery_codes_util.cryptor
        for account in of(app).accounts.all():
            try:
                factor = codes().current(account.factor) if account.factor else None
            except (KeyError, ValueError, TypeError):  # under a key that is gone: an admin has to reset it
                continue
            if factor:
                recovery = [cryptor.rotate(each.encode()).decode() for each in account.recovery] if cryptor else []
                of(app).accounts.reencrypt(account, factor, recovery)
