"""`provision`: the number's addresses at the provider."""

import json
from pathlib import Path

import click

from phonetree import settings
from phonetree.commands.files import make_folder, read_text, write_text
from phonetree.config.numbers import NumberRules
from phonetree.config.site import load
from phonetree.errors import PhonetreeError
from phonetree.provider.number import BUY, SAID, Fields, differences, found, wanted
from phonetree.provider.rest import Provider
from phonetree.provider.selftest import probe

BEFORE = Path("var/number-before.json")


@click.command()
@click.option("--apply", is_flag=True, help="Do it. Without this nothing is changed.")
@click.option("--undo", is_flag=True, help="Show, or with --apply set, what the number had before.")
def provision(*, apply: bool, undo: bool) -> None:
    """Show what is to change at the helpline's number at the provider, and change it when told.

    All of it changes at once, so that no call meets half of it; what was there before is kept in
    var/number-before.json. Nothing is changed before the public address answers a signed request.

    Example: python -m phonetree provision --apply
    """
    here = settings.read()
    number = load(here.config, NumberRules(here.names, fictional=here.demo)).site.helpline.provider_number
    provider = Provider(here.provider_url, here.account_sid, here.auth_token)
    record = provider.number(number)
    if record is None:
        raise PhonetreeError(f"the account has no number {number}; {BUY}")
    target = _before() if undo else wanted(here.public_url, here.fallback_url)
    changes = differences(found(record), target)
    for name, (is_, to_be) in changes.items():
        click.echo(f"{name} ({SAID[name]})\n  is      {is_ or 'nothing'}\n  to be   {to_be or 'nothing'}")
    if not changes:
        click.echo("The number is as it should be; there is nothing to change.")
        return
    if not apply:
        click.echo("Nothing was changed; add --apply to do it.")
        return
    if not undo:
        if wrong := probe(here.public_url, here.auth_token):
            raise PhonetreeError(f"nothing was changed: {wrong[0]}; {wrong[1]}")
        make_folder(BEFORE.parent)
        write_text(BEFORE, json.dumps(dict(found(record)), indent=1))
    provider.set_number(str(record["sid"]), dict(target))
    again = provider.number(number)
    if again is None or differences(found(again), target):
        raise PhonetreeError("the provider does not show what was set; look at the number there")
    click.echo("Done, and read back.")


def _before() -> Fields:
    if not BEFORE.exists():
        raise PhonetreeError(f"{BEFORE} is not there; nothing was changed from this folder")
    try:
        kept = json.loads(read_text(BEFORE))
        return {name: str(value) for name, value in kept.items() if name in SAID}
    except (ValueError, AttributeError):
        raise PhonetreeError(f"{BEFORE} is not what was written there; set the number at the provider") from None
