"""`doctor`: checks everything that has to be right, each with a hint how to fix it."""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import click
import requests

from phonetree import settings
from phonetree.commands.work.keys import keys_of_the_server
from phonetree.commands.work.reading import Heard, load_heard, newest_published, other_helpline, with_phones
from phonetree.config.advice import advice
from phonetree.config.numbers import NumberRules
from phonetree.config.promises import SHOWN, broken_promises
from phonetree.config.site import Loaded
from phonetree.core.tree import Site
from phonetree.errors import ConfigError, PhonetreeError, ProviderError, SettingsError, StoreError
from phonetree.mailbox.notices import channels
from phonetree.provider import live
from phonetree.provider.account import (
    COUNTRIES,
    INSIGHTS,
    MEDIA,
    SPENDING,
    STREAMS,
    SUBACCOUNT,
    Remark,
    closed_media,
    countries,
    insights,
    own_account,
    spending,
    streams,
)
from phonetree.provider.rest import TIMEOUT_SECONDS, Provider
from phonetree.provider.selftest import endures, probe
from phonetree.runtime.source import DATABASE, in_the_database
from phonetree.settings import PROGRAM, Settings
from phonetree.store.database import Store
from phonetree.store.servers import Server, known
from phonetree.store.upkeep import told_besides

CLOCK_SECONDS = 60
"""With a larger error callers hear wrong hours."""

LOOK_SECONDS = (5.0, 10.0)
"""To connect, and between two packets, when it is only asked how the account is set."""

LEAST_FREE_BYTES = 500 * 2**20

DATABASE_AWAY, EVERY_SETTING = "docs/wrong/database-away.md", "docs/operators.md lists every setting"

TEST_NOTICE = "This is a test of the helpline's notices. Nothing has happened; there is nothing to do."


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found: `ok`, `advice` or `wrong`."""

    id: str
    verdict: str
    text: str
    hint: str = ""


def doctor(form: str, *, notify: bool) -> int:
    """Runs `doctor`."""
    findings = list(examine(notify=notify))
    if form == "json":
        click.echo(json.dumps([asdict(finding) for finding in findings], indent=1))
    else:
        for one in findings:
            click.echo(f"{one.verdict:<7} {one.id:<10} {one.text}" + (f"\n{'':19}-> {one.hint}" if one.hint else ""))
    return 1 if any(finding.verdict == "wrong" for finding in findings) else 0


def examine(*, notify: bool = False) -> Iterator[Finding]:
    """Every check, in the order in which to fix things. `notify` tests the addresses of staff."""
    configured = _settings()
    if isinstance(configured, Settings):
        yield Finding("settings", "ok", "every setting is present and well-formed")
        yield from _secret(configured)
    else:
        yield from configured
    site = _site(configured if isinstance(configured, Settings) else None)
    if isinstance(site, Finding):
        yield site
    else:
        yield from _about_the_site(site)
    yield from _guarded("keys", _keys)
    yield from _guarded("database", _database)
    yield from _guarded("servers", _servers)
    yield from _guarded("notices", lambda: _notices(notify=notify))
    yield from _guarded("disk", _disk)
    if not isinstance(configured, Settings):
        yield Finding("server", "wrong", "not checked", "fix the settings first")
        return
    address = tuple(_guarded("address", lambda: _address(configured)))
    yield from address
    if any(finding.verdict == "wrong" for finding in address):
        yield Finding("slow", "wrong", "not checked", "fix the address first")
    else:
        yield from _guarded("slow", lambda: _slow_clients(configured))
        yield from _console(configured)
    yield from _guarded("clock", lambda: _clock(configured))
    account = tuple(_guarded("account", lambda: _account(configured)))
    yield from account
    yield from _old_token(configured)
    yield from _about_the_account(
        configured,
        None if isinstance(site, Finding) else site.loaded.site,
        answers=not any(finding.verdict == "wrong" for finding in account),
    )
    if isinstance(site, Finding):
        yield Finding("number", "wrong", "not checked", "fix the files first")
        yield Finding("fallback", "wrong", "not checked", "fix the files first")
        return
    yield from _guarded("number", lambda: _number(configured, site.loaded))
    yield from _guarded("fallback", lambda: _fallback(configured, site.loaded))


def _guarded(id_: str, check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from check()
    except PhonetreeError as error:
        yield Finding(id_, "wrong", str(error))


def _settings() -> Settings | tuple[Finding, ...]:
    try:
        return settings.read()
    except SettingsError as error:
        return tuple(Finding("settings", "wrong", problem, EVERY_SETTING) for problem in error.problems)


def _site(configured: Settings | None) -> Heard | Finding:
    try:
        return load_heard(
            configured.config if configured else settings.config_folder(),
            with_phones(NumberRules(settings.names(), fictional=bool(configured and configured.demo))),
        )
    except StoreError as error:
        return Finding("files", "wrong", str(error), DATABASE_AWAY)
    except SettingsError as error:
        return Finding("files", "wrong", str(error), EVERY_SETTING)
    except PhonetreeError as error:
        first, *more = str(error).splitlines()
        others = f", and {len(more)} more problem{'s'[: len(more) > 1]}" if more else ""
        hint = _shown("check", published=first.startswith(DATABASE))
        return Finding("files", "wrong", f"{first}{others}", f"{hint} shows them all")


def _about_the_site(heard: Heard) -> Iterator[Finding]:
    loaded = heard.loaded
    folder, today = settings.config_folder(), datetime.now(UTC).astimezone(loaded.site.schedule.zone).date()
    yield Finding("files", "ok", f"{_whose(heard)} valid; this is revision {loaded.site.revision}")
    if heard.published:
        yield from _whose_folder(loaded.site, folder)
    if broken := broken_promises(loaded.site, folder, today):
        first, more = broken[0].text.removesuffix(SHOWN), len(broken) - 1
        others = f" And {more} more problem{'s'[: more > 1]}." if more else ""
        hint = f"{_shown('prove', published=heard.published)} shows the calls"
        yield Finding("promises", "wrong", f"promises to callers are broken: {first}{others}", hint)
    else:
        yield Finding("promises", "ok", "every promise to callers is kept")
    advised = advice(loaded.site, folder, today)
    for warning in (*loaded.warnings, *(in_the_database(advised, folder) if heard.published else advised)):
        yield Finding("advice", "advice", str(warning))


def _whose_folder(site: Site, folder: Path) -> Iterator[Finding]:
    """Where callers hear a revision of the store: whether the folder has another helpline, or none."""
    try:
        told = other_helpline(site, folder)
    except ConfigError as error:
        text = f"a server that starts while the database is away has no files to answer with: {error.problems[0]}"
        hint = f"PHONETREE_CONFIG names the folder; put into it what {PROGRAM} export DIR writes"
        yield Finding("helpline", "advice", text, hint)
        return
    if told:
        yield Finding("helpline", "wrong", *told)


def _shown(command: str, *, published: bool) -> str:
    """How to run a command that goes by a folder, about what callers hear."""
    if not published:
        return f"{PROGRAM} {command}"
    return f"{PROGRAM} export draft, then {PROGRAM} {command} --config draft"


def _whose(heard: Heard) -> str:
    if heard.published:
        return "the newest revision in the database is"
    if settings.source() == settings.STORE:
        return "nothing is published yet, so servers begin with the files of their folder; those here are"
    return "the files are"


def _keys() -> Iterator[Finding]:
    number = len(keys_of_the_server())
    hint = "make one on the machine of each person who will listen: scripts/phonetree keys create NAME"
    if not number:
        text = f"there is no key to seal messages with: none in {settings.keys_folder()}, and none of the console"
        yield Finding("keys", "wrong", text, f"{hint}, and copy its NAME.pem there")
    elif number == 1:
        yield Finding("keys", "advice", "there is only one key; if it is lost, so is every message", hint)
    else:
        yield Finding("keys", "ok", f"messages are sealed for {number} keys")


def _database() -> Iterator[Finding]:
    store = Store(settings.database_url())
    try:
        if problem := store.problem(thorough=True):
            yield Finding("database", "wrong", problem, DATABASE_AWAY)
            return
        yield Finding("database", "ok", "the database answers, and has the right schema")
        told = told_besides(store)
    finally:
        store.close()
    if told:
        text = f"Postgres keeps or logs when something was written: {', '.join(told)}"
        yield Finding("traces", "advice", text, "docs/running.md, What Postgres keeps besides")
    else:
        yield Finding("traces", "ok", "the database keeps and logs nothing besides its rows")


def _servers() -> Iterator[Finding]:
    """What the servers report of themselves."""
    store, now = Store(settings.database_url()), int(time.time())
    try:
        if store.problem():
            return  # said above
        found, newest = known(store), newest_published(store)
    finally:
        store.close()
    running = [each for each in found if not each.silent(now)]
    for each in found:
        where = f"a server ({each.report.place})" if each.report.place else "a server"
        if each.silent(now):
            since = datetime.fromtimestamp(each.seen_at, UTC)
            hint = "start it again; if it was taken away on purpose, an admin says so in the console, under Today"
            yield Finding("servers", "wrong", f"{where} has not reported since {since:%Y-%m-%d %H:%M} UTC", hint)
        elif each.report.test_call is False:
            yield Finding("servers", "wrong", f"{where} fails its own test call", "docs/wrong/test-call-fails.md")
    if more := _different(running) or _not_the_newest(running, newest):
        yield more
    if not found:
        yield Finding("servers", "advice", "no server reports", "start it; each reports within seconds")
    elif not more and all(each in running and each.report.test_call is not False for each in found):
        yield Finding("servers", "ok", f"server processes that report: {len(running)}")


def _different(running: list[Server]) -> Finding | None:
    """That servers answer with different revisions."""
    where: dict[str, set[str]] = {}
    for each in running:
        where.setdefault(each.report.revision, set()).add(each.report.place or "a server")
    if len(where) < 2:
        return None
    told = "; ".join(f"{revision}: {', '.join(sorted(places))}" for revision, places in sorted(where.items()))
    refuses = next((problem for each in running for problem in each.report.problems), "")
    hint = (
        f"one of them refuses an edit: {refuses}"
        if refuses
        else ("wait half a minute, and look again; then compare PHONETREE_SOURCE, the folders, and SECRET_KEY on each")
    )
    return Finding("servers", "wrong", f"servers answer with different revisions ({told})", hint)


def _not_the_newest(running: list[Server], newest: str) -> Finding | None:
    """That servers answer with a revision which is not the newest of the store, where that is the source."""
    answered = next((each.report.revision for each in running), "")
    if not (answered and newest) or answered == newest:
        return None
    refuses = next((problem for each in running for problem in each.report.problems), "")
    hint = refuses or "wait half a minute, and look again; then see the log of a server"
    text = f"servers answer with revision {answered}, and the newest in the database is {newest}"
    return Finding("servers", "wrong", text, hint)


def _notices(*, notify: bool) -> Iterator[Finding]:
    ways = channels(settings.notify())
    if not ways:
        hint = "set PHONETREE_NOTIFY to Apprise addresses"
        yield Finding("notices", "wrong", "staff are not notified of new messages", hint)
        return
    failing = [(number, way.kind) for number, way in enumerate(ways, 1) if notify and not way.send(TEST_NOTICE)]
    for number, kind in failing:
        hint = "check that address in PHONETREE_NOTIFY: its password, its expiry, its receiver"
        yield Finding("notices", "wrong", f"the test notice to address {number} ({kind}) failed", hint)
    if not failing:
        tried = "a test notice was sent to each" if notify else "add --notify to test them"
        yield Finding("notices", "ok", f"addresses for notices: {len(ways)}; {tried}")


def _disk() -> Iterator[Finding]:
    try:
        store = Store(settings.database_url())
    except SettingsError:
        yield Finding("disk", "wrong", "not checked", "fix DATABASE_URL first")
        return
    store.close()
    free = shutil.disk_usage(store.folder or Path.cwd()).free
    if free < LEAST_FREE_BYTES:
        hint = "free some space: messages wait at the provider while the disk is full"
        yield Finding("disk", "wrong", f"only {free // 2**20} MB are free", hint)
    else:
        yield Finding("disk", "ok", "there is enough free space")


def _address(configured: Settings) -> Iterator[Finding]:
    wrong = probe(configured.public_url, configured.auth_token)
    if wrong:
        yield Finding("address", "wrong", *wrong)
    else:
        yield Finding("address", "ok", "the public address accepts signed requests and refuses unsigned ones")


def _slow_clients(configured: Settings) -> Iterator[Finding]:
    wrong = endures(configured.public_url, configured.auth_token)
    if wrong:
        yield Finding("slow", "wrong", *wrong)
    else:
        yield Finding("slow", "ok", "incomplete requests do not delay signed ones")


def _console(configured: Settings) -> Iterator[Finding]:
    """Whether staff reach the console below the public address. Calls do not depend on it."""
    if not configured.secrets or configured.database is None:
        return
    try:
        answer = requests.get(f"{configured.public_url}/staff/sign-in", timeout=LOOK_SECONDS, allow_redirects=False)
    except requests.RequestException:
        answer = None
    if answer is None or answer.status_code != 200 or 'name="csrf_token"' not in answer.text:
        hint = "run the command console, and let the proxy send /staff to it, as the files in deploy/ do"
        yield Finding("console", "advice", "the staff console is not reached at the public address", hint)
    elif _refuses_its_own(configured.public_url):
        hint = "give it the same PHONETREE_PUBLIC_URL and start it again, and let the proxy pass on its host"
        text = "the staff console takes what is sent from the public address for another site's, and refuses it"
        yield Finding("console", "wrong", text, hint)
    else:
        yield Finding("console", "ok", "the staff console is reached")


def _refuses_its_own(url: str) -> bool:
    """Whether it refuses a form that a browser sends from its own page at this address. The form has no token, so
    nothing is done with it."""
    headers = {"Origin": url, "Sec-Fetch-Site": "same-origin"}
    try:
        answer = requests.post(f"{url}/staff/sign-in", headers=headers, timeout=LOOK_SECONDS, allow_redirects=False)
    except requests.RequestException:
        return False
    return answer.status_code == 403


def _clock(configured: Settings) -> Iterator[Finding]:
    try:
        answer = requests.head(configured.provider_url, timeout=TIMEOUT_SECONDS, allow_redirects=False)
        there = parsedate_to_datetime(answer.headers["Date"]).timestamp()
    except (requests.RequestException, KeyError, ValueError):
        yield Finding("clock", "advice", "the provider sent no time, so the clock was not checked")
        return
    off = abs(time.time() - there)
    if off > CLOCK_SECONDS:
        yield Finding("clock", "wrong", f"the clock is wrong by {off:.0f} s", "enable NTP, such as systemd-timesyncd")
    else:
        yield Finding("clock", "ok", "the clock is right")


def _account(configured: Settings) -> Iterator[Finding]:
    account = Provider(configured.provider_url, configured.account_sid, configured.auth_token).account()
    if account.get("status") != "active":
        yield Finding("account", "wrong", "the account is not active", "check the provider's console")
    elif account.get("type") == "Trial":
        hint = "upgrade it; a trial account can neither dial nor record"
        yield Finding("account", "wrong", "the account is on trial", hint)
    else:
        yield Finding("account", "ok", "the account is active, and not on trial")


def _secret(configured: Settings) -> Iterator[Finding]:
    if not configured.secrets:
        text = "SECRET_KEY is not set, so every worker of every server proves each edit itself"
        yield Finding("secret", "advice", text, "set it, on every server the same: openssl rand -hex 32")
    elif len(configured.secrets) > 1:
        hint = "remove SECRET_KEY_OLD once every server has the new one"
        yield Finding("secret", "advice", "what the old key vouches for is still accepted", hint)


def _old_token(configured: Settings) -> Iterator[Finding]:
    if configured.old_token:
        hint = "remove TWILIO_AUTH_TOKEN_OLD once the new token is the primary one at the provider"
        yield Finding("account", "advice", "requests signed with the old token are still accepted", hint)


def _about_the_account(configured: Settings, site: Site | None, *, answers: bool) -> Iterator[Finding]:
    """How the account is set, as far as its API shows it. What it does not show is advice, with where to look."""
    provider = Provider(configured.provider_url, configured.account_sid, configured.auth_token, LOOK_SECONDS)
    numbers = (site.helpline.provider_number, site.helpline.number) if site else ()
    looks: dict[str, tuple[Callable[[], list[Remark]] | None, str, str]] = {
        "subaccount": (
            (lambda: own_account(provider, numbers)) if site else None,
            "the helpline has a sub-account of its own",
            SUBACCOUNT,
        ),
        "media": (lambda: closed_media(provider), "recordings cannot be fetched without a password", MEDIA),
        "countries": (
            (lambda: countries(provider, _dialled(site))) if site else None,
            "the account may call what the tree calls, and nothing else",
            COUNTRIES,
        ),
        "spending": (lambda: spending(provider), "there is an alarm on what the account spends", SPENDING),
        "streams": (lambda: streams(provider), "no event stream of the account carries calls", STREAMS),
        "insights": (lambda: insights(provider), "Voice Insights shows no more than by default", INSIGHTS),
    }
    for id_, (look, well, where) in looks.items():
        if look is None or not answers:
            yield Finding(id_, "advice", "not checked", f"fix the {'account' if look else 'files'} first")
        else:
            yield from _looked_at(id_, look, well, where)


def _looked_at(id_: str, look: Callable[[], list[Remark]], well: str, where: str) -> Iterator[Finding]:
    try:
        remarks = look()
    except ProviderError as error:
        text = "the provider does not show this" if error.hidden else f"not checked: {error}"
        yield Finding(id_, "advice", text, where)
        return
    yield from _told(id_, remarks, well)


def _dialled(site: Site) -> frozenset[str]:
    """Every number that the tree calls."""
    members = (member.number for team in site.teams.values() for member in team.members if member.number)
    return frozenset((*members, *(resource.number for resource in site.resources.values())))


def _number(configured: Settings, loaded: Loaded) -> Iterator[Finding]:
    provider, helpline = (
        Provider(configured.provider_url, configured.account_sid, configured.auth_token),
        loaded.site.helpline,
    )
    if helpline.may_be_refused:
        well = "calls to advocates can show the helpline's number"
        yield from _told("caller id", live.caller_id(provider, helpline), well)
    remarks = live.number(provider, helpline, configured.public_url, configured.fallback_url)
    yield from _told("number", remarks, "the number has the right addresses")


def _fallback(configured: Settings, loaded: Loaded) -> Iterator[Finding]:
    for remark in live.desks(loaded.site):
        yield Finding("fallback", "advice", remark.text, remark.hint)
    remarks = live.hosted_fallback(loaded.site, configured.fallback_url)
    yield from _told("fallback", remarks, "the fallback is hosted elsewhere, and up to date")


def _told(id_: str, remarks: list[Remark], well: str) -> Iterator[Finding]:
    for remark in remarks:
        yield Finding(id_, "wrong" if remark.wrong else "advice", remark.text, remark.hint)
    if not remarks:
        yield Finding(id_, "ok", well)
