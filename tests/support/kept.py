"""What saves time in every test, and makes no other difference.

Compiled sites, and an application's addresses and templates, are made once in a run: each is a function of what it is
made of, all of which is compared. And SQLite does not wait for the disk: no test ends the machine.
"""

from collections.abc import Callable
from pathlib import Path
from types import CodeType
from typing import Any

from flask import Flask
from flask.templating import Environment
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule

from phonetree.config import site
from phonetree.config.numbers import NumberRules
from phonetree.config.reader import Findings
from phonetree.config.site import HOURS, ROUTING, Loaded
from phonetree.store import database

MOST_BYTES = 100_000
"""Of the files of a site that is kept: large ones have to be given back."""

Read = Callable[[str], bytes | None]
Builder = Callable[..., tuple[str, str]]


def keep() -> None:
    """From now on, in this process."""
    database._prepare = _without_waiting(database._prepare)  # type: ignore[assignment]
    site._compiled = _Sites(site._compiled).compiled
    Rule._compile_builder = _kept_builders(Rule._compile_builder)  # type: ignore[assignment, method-assign]
    Flask.create_jinja_environment = _kept_templates(Flask.create_jinja_environment)  # type: ignore[assignment, method-assign]


class _Sites:
    """Sites that were compiled without a problem, each with the files that it was made of."""

    def __init__(self, compile: Callable[[Path, Read, NumberRules, Findings], Loaded]) -> None:  # noqa: A002
        self._compile = compile
        self._made: dict[object, list[tuple[dict[str, bytes | None], Loaded]]] = {}

    def compiled(self, folder: Path, read: Read, rules: NumberRules, findings: Findings) -> Loaded:
        files = {name: read(name) for name in (HOURS, ROUTING)}
        if sum(len(data or b"") for data in files.values()) > MOST_BYTES:
            return self._compile(folder, read, rules, findings)
        settings = (folder, tuple(site.audio(folder)), _compared(rules), findings.patched)
        made = self._made.setdefault((*settings, *files.values()), [])
        for phrases, loaded in made:
            if all(read(name) == data for name, data in phrases.items()):
                return loaded

        def noted(name: str) -> bytes | None:
            if name not in files:
                files[name] = read(name)
            return files[name]

        loaded = self._compile(folder, noted, rules, findings)
        made.append((files, loaded))
        return loaded


def _compared(rules: NumberRules) -> object:
    phones = None if rules.phones is None else frozenset(rules.phones.items())
    return frozenset(rules.names.items()), rules.fictional, rules.stand_in, rules.ours, phones


def _kept_builders(compile: Callable[[Rule, bool], Builder]) -> Callable[[Rule, bool], Builder]:  # noqa: A002
    """How addresses are written: the code for a rule is the same in every application."""
    kept: dict[object, Builder] = {}

    def built(rule: Rule, append_unknown: bool = True) -> Builder:
        if rule.defaults:
            return compile(rule, append_unknown)
        written = (rule.rule, tuple(rule._trace), append_unknown)
        if written not in kept:
            kept[written] = compile(rule, append_unknown)
        return kept[written]

    return built


class _Templates(BytecodeCache):
    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key, bucket.checksum] = bucket.code


def _kept_templates(create: Callable[[Flask], Environment]) -> Callable[[Flask], Environment]:
    templates = _Templates()

    def created(app: Flask) -> Environment:
        environment = create(app)
        environment.bytecode_cache = templates
        return environment

    return created


def _without_waiting(prepare: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    def prepared(connection: Any, record: Any = None) -> None:
        prepare(connection, record)
        connection.execute("PRAGMA synchronous = OFF")

    return prepared
