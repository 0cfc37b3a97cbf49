"""A promise of staff's own added to routing.yaml: a line more, and every other character as it was."""

from pathlib import Path

from phonetree.config.edit_rules import AddPromise
from phonetree.config.edits import edited
from phonetree.config.numbers import NumberRules
from phonetree.config.own_promises import entry
from phonetree.config.site import ROUTING, Contents, Loaded, made_of
from phonetree.core.tree import OwnPromise
from phonetree.errors import ConfigError, EditError


def with_promise(loaded: Loaded, promise: OwnPromise, folder: Path, rules: NumberRules) -> Contents:
    """The files of a site with one promise more, the last; `folder` has its audio. Raises EditError."""
    site = loaded.site
    if any(each.calls == promise.calls for each in site.promises):
        raise EditError({"": "this is promised already"})
    contents = edited(loaded.contents, [AddPromise(entry(site, promise))], folder, rules)
    try:
        made = made_of(contents, folder, rules, patched=True).site
    except ConfigError as error:
        raise EditError({"": error.problems[0].text}) from None
    if made.promises != (*site.promises, promise):
        raise EditError({"": f"it could not be written safely; add it by hand to {ROUTING}"})
    return contents
