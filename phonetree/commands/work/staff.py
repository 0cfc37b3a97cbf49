"""`staff`: accounts for the console, and what staff did."""

import time

import click

from phonetree import settings
from phonetree.commands.work.place import Place
from phonetree.commands.work.reading import stamp
from phonetree.errors import AccountError
from phonetree.runtime.worker import DAY_SECONDS
from phonetree.store.accounts import Account, Accounts
from phonetree.store.actions import since
from phonetree.store.roles import Role


def add(place: Place, name: str, roles: tuple[str, ...], who: str) -> None:
    """Runs `staff add`."""
    now, ends_at = _now_and_end()
    account, token = Accounts(place.store).add(name, map(Role, roles), who, now, ends_at)
    _print_link(place, account.name, token, ends_at)


def link(place: Place, name: str, who: str, *, reset: bool) -> None:
    """Runs `staff link`."""
    now, ends_at = _now_and_end()
    accounts = Accounts(place.store)
    account = accounts.by_name(name)
    if account is None:
        raise AccountError(f"there is no account {name}; see: staff list")
    if reset:
        accounts.reset_factor(account.id, who, now)
    token = accounts.renew_link(account.id, who, now, ends_at, rescue=True)
    _print_link(place, account.name, token, ends_at)


def list_(place: Place) -> None:
    """Runs `staff list`."""
    found = Accounts(place.store).all()
    for each in found:
        click.echo(f"{each.name}  {each.listed}  {_state(each)}")
    if not found:
        click.echo('There is no account. To make the first: staff add "NAME" --role admin')


def actions(place: Place, days: int) -> None:
    """Runs `staff actions`."""
    found = since(place.store, int(time.time()) - days * DAY_SECONDS)
    for each in found:
        click.echo(f"{stamp(each.at, place.zone)}  {each.by}  {each.what}")
    if not found:
        click.echo(f"Nothing was done in the last {days} days.")


def _now_and_end() -> tuple[int, int]:
    """Now, and until when a link works, in seconds since 1970."""
    now = int(time.time())
    return now, now + settings.link_seconds()


def _print_link(place: Place, name: str, token: str, ends_at: int) -> None:
    address = (place.demo and place.demo.console) or settings.public_url()
    click.echo(f"Give this link to {name}. It works once, until {stamp(ends_at, place.zone)}:")
    click.echo(f"{address or ''}/staff/link/{token}")
    if not address:
        click.echo("Put the console's own address in front: PHONETREE_PUBLIC_URL is not set here.", err=True)


def _state(account: Account) -> str:
    if account.password is None:
        return "invited"
    return "with a second factor" if account.factor else "without a second factor"
