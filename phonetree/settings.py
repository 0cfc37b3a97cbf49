"""The environment, typed. The only module that reads it.

Every setting can also be given as NAME_FILE: the path of a file that holds it (a mounted secret).
"""

import os
import re
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

from phonetree.core.characters import refusal
from phonetree.errors import SettingsError

PROVIDER_URL = "https://api.twilio.com"
DATABASE_FILE = Path("var/phonetree.db")
DATABASE_URL = f"sqlite:///{DATABASE_FILE}"
_SCRIPT = "scripts/phonetree"


def program(folder: Path) -> str:
    """How commands are called where the product is in this folder: by the script, which finds its environment from any
    shell; in an image, which has none, its Python is the environment's."""
    return _SCRIPT if (folder / _SCRIPT).is_file() else "python -m phonetree"


PROGRAM = program(Path(__file__).parent.parent)
"""The same here, to show in messages."""

SHORTEST_TOKEN = 16
"""Characters of a token that cannot be brute-forced."""

SHORTEST_KEY = 32
"""Characters of a key that cannot be found by trying, offline, with a copy of the database."""

_LIKE_A_KEY = f"use {SHORTEST_KEY} characters or more, such as those of: openssl rand -hex 32"

FILES, STORE = "files", "store"
"""Where the revision comes from that callers hear."""

DEMO_FOLDER = Path("var/demo")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a server needs to know.

    `public_url` is the address that the provider calls, without a slash at its end; signatures are checked
    against it. `names` is where `$NAME` of routing.yaml is looked up. `demo` allows fictional numbers.

    `database` is the store's address (None: no store), `provider_url` the base of the provider's REST API,
    `notify` the channels to staff, `keys` the folder of the public keys. Messages are kept for `keep_days`,
    and for `keep_handled_days` after they are handled. `keep_call_records` keeps the provider's call records.
    `source` is whether callers hear the folder's files or the store's newest revision.
    `background` is whether a server does the mailbox's work itself, `fallback_url` the address of the fallback document
    (None: on the server itself). `old_token` is accepted too, while a token is rotated. `status_token` gives access to
    the details of /readyz, and /metrics (None: nobody sees them). `secrets` are the key of what must not be forged in
    the store, and the previous one while it is rotated; none: nothing is kept that depends on it.
    """

    account_sid: str
    auth_token: str = field(repr=False)
    public_url: str
    config: Path
    names: Mapping[str, str] = field(repr=False)
    demo: bool = False
    database: str | None = field(default=None, repr=False)
    provider_url: str = PROVIDER_URL
    notify: str = field(default="", repr=False)
    keys: Path = Path("config/keys")
    keep_days: int = 30
    keep_handled_days: int = 30
    keep_call_records: bool = False
    background: bool = True
    fallback_url: str | None = None
    old_token: str | None = field(default=None, repr=False)
    status_token: str | None = field(default=None, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    source: str = FILES


@dataclass(frozen=True, slots=True)
class ConsoleSettings:
    """What the staff console needs to know.

    `url` is its own address, without a slash at its end and without /staff. `secrets` are the key that sessions and
    links depend on, and the previous one while it is rotated. A session ends after `session_seconds`, and after
    `idle_seconds` without use; a one-time link after `link_seconds`. `fictional` allows fictional numbers in the files.
    `backups` is the folder of the database's backups, to warn when the newest is old (None: nobody said where).
    Without an account, or its token, phones cannot be called to confirm them. `downloads` lets listeners save the sound
    of a message, `call_back` call back who left it. The others are as in `Settings`.
    """

    url: str
    config: Path
    names: Mapping[str, str] = field(repr=False)
    database: str = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    demo: bool = False
    fictional: bool = False
    notify: str = field(default="", repr=False)
    keys: Path = Path("config/keys")
    backups: Path | None = None
    account_sid: str = ""
    auth_token: str = field(default="", repr=False)
    old_token: str | None = field(default=None, repr=False)
    provider_url: str = PROVIDER_URL
    call_back: bool = False
    session_seconds: int = 12 * 3600
    idle_seconds: int = 30 * 60
    link_seconds: int = 7 * 24 * 3600
    downloads: bool = False
    source: str = FILES


_BREAKS = re.compile(r"[\n\r\t]+")
"""Between the addresses of PHONETREE_NOTIFY, and at the end of a file."""

_NAME = re.compile(r"[A-Z_][A-Z0-9_]*\Z")

_SPACE = re.compile(r"\s")


class _Environment(Mapping[str, str]):
    """The environment, with NAME_FILE resolved."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def __getitem__(self, name: str) -> str:
        value = self._value(name)
        if bad := refusal(_BREAKS.sub(" ", value)):
            raise SettingsError(f"{name} {bad}")
        return value

    def _value(self, name: str) -> str:
        if name in self._environ:
            return self._environ[name]
        path = Path(self._environ[f"{name}_FILE"])
        try:
            return path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{name}_FILE names a file that cannot be read ({type(error).__name__})") from None

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter(self._environ)

    def __len__(self) -> int:
        return len(self._environ)


def _values(environ: Mapping[str, str]) -> _Environment:
    return environ if isinstance(environ, _Environment) else _Environment(environ)


def read(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings of a server that answers calls.

    Raises SettingsError naming all that are missing or malformed.
    """
    values = _values(environ)
    problems: list[str] = []
    good = partial(_good, problems)
    days = good(lambda: _days(values, "PHONETREE_KEEP_DAYS", 30), 30)
    found = Settings(
        account_sid=good(lambda: _account_sid(values), ""),
        auth_token=good(lambda: _required(values, "TWILIO_AUTH_TOKEN", "the token that requests are signed with"), ""),
        public_url=good(lambda: _public_url(values), ""),
        config=good(lambda: config_folder(values), Path()),
        names=values,
        demo=is_demo(environ),
        database=good(lambda: _database(values), None),
        provider_url=good(lambda: _provider_url(values), ""),
        notify=good(lambda: notify(values), ""),
        keys=good(lambda: keys_folder(values), Path()),
        keep_days=days,
        keep_handled_days=good(lambda: _days(values, "PHONETREE_KEEP_HANDLED_DAYS", days), days),
        keep_call_records=good(lambda: _one_of(values, "PHONETREE_CALL_RECORDS", ("delete", "keep")), "") == "keep",
        background=good(lambda: _one_of(values, "PHONETREE_BACKGROUND", ("on", "off")), "") == "on",
        fallback_url=good(lambda: _fallback_url(values), None),
        old_token=good(lambda: values.get("TWILIO_AUTH_TOKEN_OLD", "").strip() or None, None),
        status_token=good(lambda: _status_token(values), None),
        secrets=good(lambda: secret_keys(values), ()),
        source=good(lambda: source(values), FILES),
    )
    if problems:
        raise SettingsError(*dict.fromkeys(problems))
    return found


def read_console(environ: Mapping[str, str] = os.environ) -> ConsoleSettings:
    """The settings of the staff console. Raises SettingsError naming all that are missing or malformed."""
    values = _values(environ)
    problems: list[str] = []
    good = partial(_good, problems)
    if not values.get("SECRET_KEY") and not values.get("SECRET_KEY_FILE"):
        problems.append(f"SECRET_KEY is not set; it is what sessions are signed with: {_LIKE_A_KEY}")
    found = ConsoleSettings(
        url=good(lambda: _public_url(values), ""),
        config=good(lambda: config_folder(values), Path()),
        names=values,
        database=good(lambda: _database(values), ""),
        secrets=good(lambda: secret_keys(values), ()),
        demo=is_demo(environ),
        fictional=is_demo(environ),
        notify=good(lambda: notify(values), ""),
        keys=good(lambda: keys_folder(values), Path()),
        backups=Path(values["PHONETREE_BACKUPS"]) if values.get("PHONETREE_BACKUPS") else None,
        account_sid=good(lambda: _account_sid(values) if values.get("TWILIO_ACCOUNT_SID") else "", ""),
        auth_token=good(lambda: values.get("TWILIO_AUTH_TOKEN", "").strip(), ""),
        old_token=good(lambda: values.get("TWILIO_AUTH_TOKEN_OLD", "").strip() or None, None),
        provider_url=good(lambda: _provider_url(values), ""),
        call_back=good(lambda: _one_of(values, "PHONETREE_CALL_BACK", ("off", "on")), "") == "on",
        session_seconds=3600 * good(lambda: _number(values, "PHONETREE_SESSION_HOURS", 12, 24), 12),
        idle_seconds=60 * good(lambda: _number(values, "PHONETREE_IDLE_MINUTES", 30, 24 * 60), 30),
        link_seconds=good(lambda: link_seconds(values), 0),
        downloads=good(lambda: _one_of(values, "PHONETREE_DOWNLOADS", ("off", "on")), "") == "on",
        source=good(lambda: source(values), FILES),
    )
    if problems:
        raise SettingsError(*dict.fromkeys(problems))
    return found


def _good(problems: list[str], read: Callable[[], T], instead: T) -> T:
    """What can be read; otherwise `instead`, and one more problem."""
    try:
        return read()
    except SettingsError as error:
        problems.extend(error.problems)
        return instead


def take_lines(text: str, name: str, environ: MutableMapping[str, str] = os.environ) -> None:
    """Settings from a file's text, with a NAME=value in each line, as systemd and compose read them.

    Variables that are already set stay. Raises SettingsError with the line number in the file `name`, never with its
    content.
    """
    problems = []
    for number, line in enumerate(map(str.strip, text.splitlines()), 1):
        if not line or line.startswith("#"):
            continue
        key, sign, value = line.partition("=")
        if not (sign and _NAME.match(key)):
            problems.append(f"{name}:{number}: is not a setting; write NAME=value")
            continue
        if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        environ.setdefault(key, value)
    if problems:
        raise SettingsError(*problems)


def database_url(environ: Mapping[str, str] = os.environ) -> str:
    """The address of the store's database."""
    return _values(environ).get("DATABASE_URL", DATABASE_URL)


def may_have_database(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether there may be a database: an address is set, or the usual file is there."""
    return database_url(environ) != DATABASE_URL or DATABASE_FILE.exists()


def notify(environ: Mapping[str, str] = os.environ) -> str:
    """The channels to staff."""
    return _values(environ).get("PHONETREE_NOTIFY", "")


def keys_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder of the public keys that messages are sealed with."""
    given = _values(environ).get("PHONETREE_KEYS")
    return Path(given) if given else config_folder(environ) / "keys"


DEFAULT_FOLDER = Path("config")
"""The folder that commands go by, unless they are told another one."""


def config_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder with the two YAML files. Raises SettingsError."""
    given = _values(environ).get("PHONETREE_CONFIG", str(DEFAULT_FOLDER))
    if not given.strip():
        raise SettingsError("PHONETREE_CONFIG is empty; write the folder of the helpline's files, such as our-line")
    return Path(given)


def names(environ: Mapping[str, str] = os.environ) -> Mapping[str, str]:
    """Where `$NAME` of routing.yaml is looked up."""
    return _values(environ)


def secret_keys(environ: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """The key of what must not be forged in the store, then the previous one, as far as they are set. Raises
    SettingsError."""
    values = _values(environ)
    given = {name: values.get(name, "").strip() for name in ("SECRET_KEY", "SECRET_KEY_OLD")}
    if short := [name for name, value in given.items() if value and len(value) < SHORTEST_KEY]:
        raise SettingsError(*(f"{name} is too easy to guess; {_LIKE_A_KEY}" for name in short))
    if given["SECRET_KEY_OLD"] and not given["SECRET_KEY"]:
        raise SettingsError("SECRET_KEY is not set, but SECRET_KEY_OLD is; set the new one, or rename the old one")
    return tuple(filter(None, given.values()))


def source(environ: Mapping[str, str] = os.environ) -> str:
    """Whether callers hear the files of the folder, or the newest revision of the store."""
    return _one_of(_values(environ), "PHONETREE_SOURCE", (FILES, STORE))


def link_seconds(environ: Mapping[str, str] = os.environ) -> int:
    """How long a one-time link works."""
    return 24 * 3600 * _number(_values(environ), "PHONETREE_LINK_DAYS", 7, 30)


def is_demo(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether this is a demo, with fictional numbers."""
    return environ.get("PHONETREE_DEMO") == "1"


def auth_token(environ: Mapping[str, str] = os.environ) -> str | None:
    """The token alone, for a command that signs requests itself."""
    return _values(environ).get("TWILIO_AUTH_TOKEN") or None


def public_url(environ: Mapping[str, str] = os.environ) -> str | None:
    """The address that the provider calls, for a command that calls the server itself; None when it is not set."""
    values = _values(environ)
    return _public_url(values) if values.get("PHONETREE_PUBLIC_URL") else None


def demo_folder(port: int) -> Path:
    """The folder of the demo at a port."""
    return DEMO_FOLDER / str(port)


def demo_database(port: int) -> str:
    """The address of that demo's database."""
    return f"sqlite:///{demo_folder(port)}/phonetree.db"


def demo_keys(port: int) -> Path:
    """The folder of that demo's public keys."""
    return demo_folder(port) / "keys"


def become_demo(public_url: str, config: Path | None, environ: MutableMapping[str, str] = os.environ) -> Settings:
    """Makes this process and its children a demo: random secrets for this run, fictional numbers."""
    port = urlsplit(public_url).port or 0
    environ.update(
        TWILIO_ACCOUNT_SID="AC" + os.urandom(16).hex(),
        TWILIO_AUTH_TOKEN=os.urandom(16).hex(),
        SECRET_KEY=os.urandom(32).hex(),
        PHONETREE_PUBLIC_URL=public_url,
        PHONETREE_DEMO="1",
        DATABASE_URL=demo_database(port),
        PHONETREE_SOURCE=FILES,
        PHONETREE_KEYS=str(demo_keys(port)),
    )
    if config:
        environ["PHONETREE_CONFIG"] = str(config)
    return read(environ)


def use_provider(url: str, environ: MutableMapping[str, str] = os.environ) -> None:
    """Where this process and its children find the provider: the demo's own."""
    environ["PHONETREE_PROVIDER_URL"] = url


def _required(values: Mapping[str, str], name: str, what: str) -> str:
    value = values.get(name, "").strip()
    if not value:
        raise SettingsError(f"{name} is not set; it is {what}")
    return value


def _account_sid(values: Mapping[str, str]) -> str:
    sid = _required(values, "TWILIO_ACCOUNT_SID", "the account's id, which begins with AC")
    if not (sid.startswith("AC") and sid.isalnum()):
        raise SettingsError("TWILIO_ACCOUNT_SID is malformed; it begins with AC and has letters and digits only")
    return sid


def _database(environ: Mapping[str, str]) -> str:
    """Only the scheme is checked here; the rest when it is opened."""
    address = database_url(environ)
    if not address.startswith(("sqlite:", "postgres:", "postgresql:", "postgresql+")):
        raise SettingsError(
            "DATABASE_URL is malformed; write it like sqlite:///var/phonetree.db or postgresql://user@host/name"
        )
    return address


def _provider_url(values: Mapping[str, str]) -> str:
    value = values.get("PHONETREE_PROVIDER_URL", PROVIDER_URL)
    parts = _parts(value)
    if not (parts and _safe(parts)) or parts.query:
        raise SettingsError(f"PHONETREE_PROVIDER_URL is malformed; write an address like {PROVIDER_URL}")
    return value.rstrip("/")


def _fallback_url(values: Mapping[str, str]) -> str | None:
    value = values.get("PHONETREE_FALLBACK_URL", "").strip()
    parts = _parts(value)
    if value and not (parts and _safe(parts)):
        raise SettingsError("PHONETREE_FALLBACK_URL is malformed; write a full address that begins with https")
    return value or None


def _status_token(values: Mapping[str, str]) -> str | None:
    value = values.get("PHONETREE_STATUS_TOKEN", "").strip()
    if value and len(value) < SHORTEST_TOKEN:
        raise SettingsError(f"PHONETREE_STATUS_TOKEN is too easy to guess; use {SHORTEST_TOKEN} characters or more")
    return value or None


def _parts(address: str) -> SplitResult | None:
    """None when it is not an address. Problems never quote it: it may contain a password, or be a misplaced secret."""
    try:
        parts = urlsplit(address)
        _ = parts.port, parts.hostname
    except ValueError:
        return None
    return parts if parts.scheme and parts.hostname and not _SPACE.search(address) else None


def _safe(parts: SplitResult) -> bool:
    """Whether it is an https address, or one on this machine."""
    local = parts.hostname in ("127.0.0.1", "localhost", "::1")
    return parts.scheme == "https" or (local and parts.scheme == "http")


def _days(values: Mapping[str, str], name: str, default: int) -> int:
    value = values.get(name, str(default)).strip()
    if not (value.isascii() and value.isdigit() and int(value) <= 3650):
        raise SettingsError(f"{name} is '{value}'; write a number of days, like {default}")
    return int(value)


def _number(values: Mapping[str, str], name: str, default: int, most: int) -> int:
    value = values.get(name, str(default)).strip()
    if not (value.isascii() and value.isdigit() and 1 <= int(value) <= most):
        raise SettingsError(f"{name} is '{value}'; write a number from 1 to {most}, like {default}")
    return int(value)


def _one_of(values: Mapping[str, str], name: str, known: tuple[str, ...]) -> str:
    value = values.get(name, known[0]).strip()
    if value not in known:
        raise SettingsError(f"{name} is '{value}'; write one of: {', '.join(known)}")
    return value


def _public_url(values: Mapping[str, str]) -> str:
    value = _required(values, "PHONETREE_PUBLIC_URL", "what Twilio calls, like https://tree.example.org")
    parts = _parts(value)
    if not parts or parts.scheme not in ("http", "https"):
        raise SettingsError("PHONETREE_PUBLIC_URL is malformed; write a full address, like https://tree.example.org")
    if parts.query or parts.fragment or parts.username or parts.password:
        raise SettingsError("PHONETREE_PUBLIC_URL has extra parts; remove user, ? and #")
    if not _safe(parts):
        raise SettingsError("PHONETREE_PUBLIC_URL begins with http; callers' numbers must only be sent over https")
    return value.rstrip("/")
