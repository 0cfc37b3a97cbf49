"""`provision`: the number's addresses at the provider."""

import json
from pathlib import Path

import click

from phonetree import settings
from phonetree.commands.files import make_folder, read_text, write_text
from phonetree.commands.work.reading import load_heard, with_phones
from phonetree.config.numbers import NumberRules
from phonetree.errors import PhonetreeError
from phonetree.provider.number import BUY, SAID, Fields, differences, found, wanted
from phonetree.provider.rest import Provider
from phonetree.provider.selftest import probe

BEFORE = Path("var/number-before.json")


def provision(*, apply: bool, undo: bool) -> None:
    """Runs `provision`."""
    configured = settings.read()
    rules = with_phones(NumberRules(configured.names, fictional=configured.demo))
    number = load_heard(configured.config, rules).loaded.site.helpline.provider_number
    provider = Provider(configured.provider_url, configured.account_sid, configured.auth_token)
    record = provider.number(number)
    if record is None:
        raise PhonetreeError(f"the account has no number {number}; {BUY}")
    target = _before() if undo else wanted(configured.public_url, configured.fallback_url)
    updates = differences(found(record), target)
    for name, (is_, to_be) in updates.items():
        click.echo(f"{name} ({SAID[name]})\n  now     {is_ or 'nothing'}\n  new     {to_be or 'nothing'}")
    if not updates:
        click.echo("The number is correct; there is nothing to change.")
        return
    if not apply:
        click.echo("Nothing was changed; add --apply to make the changes.")
        return
    if not undo:
        if wrong := probe(configured.public_url, configured.auth_token):
            raise PhonetreeError(f"nothing was changed: {wrong[0]}; {wrong[1]}")
        make_folder(BEFORE.parent)
        write_text(BEFORE, json.dumps(dict(found(record)), indent=1))
    provider.set_number(str(record["sid"]), dict(target))
    again = provider.number(number)
    if again is None or differences(found(again), target):
        raise PhonetreeError("the provider does not show the new values; check the number there")
    click.echo("Done, and read back.")


def _before() -> Fields:
    if not BEFORE.exists():
        raise PhonetreeError(f"there is no {BEFORE}; nothing was changed from this folder")
    try:
        kept = json.loads(read_text(BEFORE))
        return {name: str(value) for name, value in kept.items() if name in SAID}
    except (ValueError, AttributeError):
        raise PhonetreeError(f"{BEFORE} is malformed; set the number at the provider") from None
