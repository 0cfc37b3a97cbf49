"""A promise of staff's own added to routing.yaml: a line more, and every other character as it was."""

from pathlib import Path

from phonetree.config import splicing
from phonetree.config.numbers import NumberRules
from phonetree.config.own_promises import entry
from phonetree.config.site import ROUTING, Contents, Loaded, made_of
from phonetree.config.splicing import BOM, ByHandError
from phonetree.core.tree import OwnPromise
from phonetree.errors import ConfigError, EditError


def with_promise(loaded: Loaded, promise: OwnPromise, folder: Path, rules: NumberRules) -> Contents:
    """The files of a site with one promise more, the last; `folder` has its audio. Raises EditError."""
    site = loaded.site
    if any(each.calls == promise.calls for each in site.promises):
        raise EditError({"": "this is promised already"})
    before = loaded.contents[ROUTING].decode()
    bom, text = (BOM, before[1:]) if before.startswith(BOM) else ("", before)
    last = len(site.promises) - 1 if site.promises else None
    try:
        after = bom + splicing.add(splicing.read(text), "promises", entry(site, promise), last)
    except ByHandError as error:
        raise EditError({"": f"{error}; edit the file by hand at line {error.line} of {ROUTING}"}) from None
    contents = {**loaded.contents, ROUTING: after.encode()}
    try:
        made = made_of(contents, folder, rules, patched=True).site
    except ConfigError as error:
        raise EditError({"": error.problems[0].text}) from None
    if made.promises != (*site.promises, promise):
        raise EditError({"": f"it could not be written safely; add it by hand to {ROUTING}"})
    return contents
