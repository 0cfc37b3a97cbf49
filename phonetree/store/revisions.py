"""Published revisions: their files, so that any server can continue a call that another one began; and the history of
publishing, who, when and why.

Each publication has a number, one more than the last one's, so of two people who publish at once one is told. It has a
MAC under a key derived from SECRET_KEY, over its number, what was published, and who said so: whoever writes to the
database can take a publication away, but add none, and change none.

One to a folder is begun before the files are written. Until it is done, its MAC says that it was begun, so that nobody
makes a publication of it who only writes to the database: one that may never have been written counts for nothing where
the store is the source.

A number that was taken away is not used again if a server reports it, or this process has seen it. If neither did, two
publications can have it, one after the other, and whoever writes to the database can put one into the other's place; a
running server follows only the one that it found first (runtime/source.py).
"""

import hmac
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from phonetree.errors import PublishedError, SettingsError, StoreError
from phonetree.store import actions
from phonetree.store.database import Store
from phonetree.store.servers import highest_number
from phonetree.store.tables import publications, revision_files, revisions

HOURS, ROUTING = "hours.yaml", "routing.yaml"
"""The files that every revision has, in columns of their own; others are rows of `revision_files`."""

MOST_NEWEST = 5
"""How many of the newest are tried to find a usable one."""

MOST_KEPT = 1000
"""Publications that History has; older ones are forgotten, their files are not."""

LONGEST_NOTE = 500
"""Characters of a note."""

LONGEST_AUTHOR = 80
"""Characters of a name."""

THE_FILES = "the files"
"""The author of what came from a folder."""

FIRST, BY_HAND = "there was no revision before", "an edit by hand"
"""The notes of what came from there. Earlier versions wrote none, whoever it was that published."""

_ALL = select(publications).order_by(publications.c.number.desc())

_BEGUN = publications.c.before.is_not(None) & (publications.c.heard == 0)
"""Those of which it is not known that the folder has them."""

_PUBLISHED = _ALL.where(~_BEGUN & (publications.c.mac.is_not(None) | (publications.c.author != THE_FILES)))
"""Those that somebody published, or a server with some SECRET_KEY; not what was kept of a folder without one."""


@dataclass(frozen=True, slots=True)
class Publication:
    """A revision that was published, at a moment (seconds since 1970). `heard` says that a server answered with it;
    `vouched` that SECRET_KEY vouches for it, where that is asked; `unfinished` that it was begun, and that it is not
    known whether the files of the folder were replaced."""

    number: int
    revision: str
    at: int
    author: str
    note: str
    heard: bool
    vouched: bool
    unfinished: bool = False


@dataclass(frozen=True, slots=True)
class Begun:
    """A publication to a folder that was begun, and of which it can still be found out whether it was done: its files
    (none, if those in the store are others than were begun), the revision of the folder's files `before`, the place of
    that folder, and whether nothing but these was published since."""

    number: int
    author: str
    revision: str
    contents: Mapping[str, bytes]
    before: str
    place: str
    alone: bool


class Revisions:
    """The revisions of a store. `secrets` are SECRET_KEY, and the previous one while it is rotated; they vouch for what
    is published. If `strict`, nothing else counts; without any secret, everything does."""

    def __init__(self, store: Store, secrets: tuple[str, ...] = (), *, strict: bool = False) -> None:
        self._store = store
        self._strict = strict and bool(secrets)
        self._highest = 0
        self._keys = tuple(hmac.digest(each.encode(), b"phonetree publications", "sha256") for each in secrets)

    def publish(
        self,
        name: str,
        contents: Mapping[str, bytes],
        over: str | None,
        author: str,
        note: str,
        now: int,
        *,
        what: str = "",
    ) -> None:
        """Publishes files as the revision `name`, in place of the revision `over` (None: of none), completely or not
        at all. `what` goes to the list of what staff did. Raises PublishedError when another one is the newest, and
        StoreError."""
        with self._store.changing(publications) as connection:
            newest = self._newest(connection)
            if (newest.revision if newest else None) != over:
                raise PublishedError
            self._refuse_without_key(connection)
            self._add(connection, name, contents, author, note, now, heard=False)
            if what:
                actions.note(connection, author, what, now)

    def begin(
        self,
        name: str,
        contents: Mapping[str, bytes],
        author: str,
        note: str,
        now: int,
        *,
        what: str,
        before: str,
        place: str,
    ) -> int:
        """Stores what is about to be written to the servers' folder, which is at a place, over the revision `before`;
        the number of it. `what` goes to the list of what staff did. Raises PublishedError, and StoreError."""
        begun = {"before": before, "begun_in": place}
        with self._store.changing(publications) as connection:
            number = self._add(connection, name, contents, author, note, now, heard=False, **begun)
            actions.note(connection, author, what, now)
        return number

    def done(self, number: int) -> None:
        """It is written. Raises StoreError."""
        with self._store.changing(publications) as connection:
            if row := connection.execute(_ALL.where(publications.c.number == number)).one_or_none():
                self._change(connection, number, before=None, begun_in=None, **self._finished(row))

    def unknown(self, number: int) -> None:
        """Nobody can find out any more whether it was written; History says so from now on. Raises StoreError."""
        with self._store.changing(publications) as connection:
            self._change(connection, number, begun_in=None)

    def take_back(self, number: int, by: str, what: str, now: int) -> None:
        """Forgets what was begun and not written to the folder, unless callers hear it. Raises StoreError."""
        with self._store.changing(publications) as connection:
            this = (publications.c.number == number) & _BEGUN
            if connection.execute(delete(publications).where(this)).rowcount:
                actions.note(connection, by, what, now)
        self._highest = max(self._highest, number)

    def begun(self) -> tuple[Begun, ...]:
        """What was begun, newest first, as far as it can be found out whether it was done. Raises StoreError."""
        found, since = [], set[str]()
        with self._store.read() as connection:
            for row in connection.execute(_ALL).all():
                asked = row.begun_in is not None and row.before is not None
                if asked and (not row.heard or self._vouched(row, begun=True)):
                    contents = self._files(connection, row.revision) or {}
                    contents = contents if digest_of(contents) == row.digest else {}
                    alone = since <= {row.before}
                    found.append(Begun(row.number, row.author, row.revision, contents, row.before, row.begun_in, alone))
                since.add(row.revision)
        return tuple(found)

    def keep(self, name: str, contents: Mapping[str, bytes], author: str, now: int) -> None:
        """Stores what callers hear by now, unless it is there: as the latest that callers heard, or as one that was
        recorded since, of which it is marked that they do; with that it is done. Raises StoreError."""
        with self._store.changing(publications) as connection:
            since = list(self._since_heard(connection))
            if same := next((each for each in since if each.revision == name), None):
                if not same.heard:
                    row = connection.execute(_ALL.where(publications.c.number == same.number)).one()
                    signed = self._finished(row) if row.digest == digest_of(contents) else {}
                    self._change(connection, same.number, heard=1, **signed)
            else:
                try:
                    self._add(connection, name, contents, author, BY_HAND if since else FIRST, now, heard=True)
                except PublishedError:
                    return  # another server was faster

    def take(self, name: str, contents: Mapping[str, bytes], now: int) -> None:
        """A server answers with a revision now: one that was published, or, while there is none, that of its folder,
        which is published by that, unless there are some of another SECRET_KEY. Raises StoreError."""
        with self._store.changing(publications) as connection:
            if self._newest(connection) is None:
                if not _any_published(connection):
                    with suppress(PublishedError):
                        self._add(connection, name, contents, THE_FILES, FIRST, now, heard=True)
                return
            unheard = (publications.c.revision == name) & (publications.c.heard == 0) & publications.c.before.is_(None)
            if connection.execute(select(publications.c.number).where(unheard).limit(1)).first():
                connection.execute(update(publications).where(unheard).values(heard=1))

    def find(self, name: str) -> Mapping[str, bytes] | None:
        """The files of a revision by name. Raises StoreError."""
        with self._store.read() as connection:
            return self._files(connection, name)

    def published(self, name: str) -> Mapping[str, bytes] | None:
        """The same, of one that is vouched for, which may be one that was begun. Raises StoreError."""
        with self._store.read() as connection:
            found = self._known(connection, _ALL.where(publications.c.revision == name))
            return next((files for _, files in found), None)

    def history(self) -> tuple[Publication, ...]:
        """Every publication, newest first. Raises StoreError."""
        with self._store.read() as connection:
            return tuple(map(self._publication, connection.execute(_ALL)))

    def last(self, *, finished: bool = False) -> Publication | None:
        """The latest publication, whether or not it counts; if `finished`, but for those that were only begun. Raises
        StoreError."""
        with self._store.read() as connection:
            row = connection.execute((_ALL.where(~_BEGUN) if finished else _ALL).limit(1)).one_or_none()
        return self._publication(row) if row else None

    def of_another_key(self) -> bool:
        """Where none counts: whether that is so by SECRET_KEY alone, since there are some that were published with one.
        Raises StoreError."""
        with self._store.read() as connection:
            return _any_published(connection)

    def newest(self) -> tuple[Publication, Mapping[str, bytes]] | None:
        """The latest publication that counts, with its files. Raises StoreError."""
        with self._store.read() as connection:
            return next(self._counting(connection), None)

    def newest_names(self, *, heard: bool) -> tuple[str, ...]:
        """The names of the latest revisions that count, newest first; if `heard`, of those that a server answered with.
        Raises StoreError."""
        with self._store.read() as connection:
            found = (self._publication(row) for row in connection.execute(_ALL.limit(4 * MOST_NEWEST)))
            counting = (each.revision for each in found if _counts(each) and (each.heard or not heard))
            return tuple(dict.fromkeys(counting))[:MOST_NEWEST]

    def heard(self) -> tuple[Mapping[str, bytes], ...]:
        """The files of the latest revisions that callers heard, newest first; none when the store is unavailable."""
        try:
            with self._store.read() as connection:
                found: dict[str, Mapping[str, bytes]] = {}
                for publication, contents in self._counting(connection):
                    if publication.heard:
                        found.setdefault(publication.revision, contents)
                    if len(found) == MOST_NEWEST:
                        break
                return tuple(found.values())
        except (StoreError, TypeError, ValueError):  # or somebody wrote what is no row of ours
            return ()

    def tidy(self) -> None:
        """Vouches with the present key for what only the previous one vouches for. Raises StoreError."""
        if len(self._keys) < 2:
            return
        present, *before = self._keys
        with self._store.write() as connection:
            for row in connection.execute(_ALL).all():
                for begun in (False, True):
                    if any(_vouches(key, row, begun=begun) for key in before):
                        self._change(connection, row.number, mac=_mac(present, row._mapping, begun=begun))

    def _change(self, connection: Connection, number: int, **values: bytes | int | None) -> None:
        connection.execute(update(publications).where(publications.c.number == number).values(**values))

    def _finished(self, row: Row[Any]) -> dict[str, bytes]:
        """What is different of one that was begun, once it is done: nothing, if nobody vouches that it was begun."""
        return {"mac": _mac(self._keys[0], row._mapping)} if self._vouched(row, begun=True) else {}

    def _vouched(self, row: Row[Any], *, begun: bool = False) -> bool:
        return any(_vouches(key, row, begun=begun) for key in self._keys)

    def _refuse_without_key(self, connection: Connection) -> None:
        """Raises SettingsError when others would not count what is published here."""
        row = connection.execute(_ALL.limit(1)).one_or_none()
        if row and row.mac and not self._keys:
            raise SettingsError("SECRET_KEY is not set here; set the servers' own, which vouches for what is published")

    def _newest(self, connection: Connection) -> Publication | None:
        return next((each for each, _ in self._counting(connection)), None)

    def _since_heard(self, connection: Connection) -> Iterator[Publication]:
        """Those that are vouched for, newest first, up to the latest that callers heard."""
        for each, _ in self._known(connection):
            yield each
            if each.heard:
                return

    def _counting(self, connection: Connection) -> Iterator[tuple[Publication, Mapping[str, bytes]]]:
        """Those that count, newest first, with their files."""
        return (each for each in self._known(connection) if _counts(each[0]))

    def _known(
        self, connection: Connection, query: Select[Any] = _ALL
    ) -> Iterator[tuple[Publication, Mapping[str, bytes]]]:
        """The same, with those that were begun."""
        for row in connection.execute(query).all():
            publication = self._publication(row)
            contents = self._files(connection, row.revision) if publication.vouched else None
            if contents and (not self._strict or digest_of(contents) == row.digest):
                yield publication, contents

    def _add(
        self,
        connection: Connection,
        name: str,
        contents: Mapping[str, bytes],
        author: str,
        note: str,
        now: int,
        *,
        heard: bool,
        **begun: str,
    ) -> int:
        """The number that it gets. Raises PublishedError when another one is the newest by now."""
        latest = connection.execute(select(publications.c.number).order_by(publications.c.number.desc()).limit(1))
        row: dict[str, Any] = {
            "number": max(latest.scalar() or 0, highest_number(connection), self._highest) + 1,
            "revision": name,
            "digest": digest_of(contents),
            "at": now,
            "author": author,
            "note": note,
        }
        mac = _mac(self._keys[0], row, begun=bool(begun)) if self._keys else None
        try:
            with connection.begin_nested():
                self._put(connection, name, contents, author, now)
                connection.execute(insert(publications).values(**row, mac=mac, heard=int(heard), **begun))
                connection.execute(delete(publications).where(publications.c.number <= row["number"] - MOST_KEPT))
        except IntegrityError:
            raise PublishedError from None
        self._highest = max(self._highest, row["number"])
        return int(row["number"])

    def _put(self, connection: Connection, name: str, contents: Mapping[str, bytes], author: str, now: int) -> None:
        """Stores the files of a revision, unless they are there."""
        if self._files(connection, name) == dict(contents):
            same = revisions.c.name == name
            connection.execute(update(revisions).where(same).values(published_at=now))
            return
        connection.execute(delete(revision_files).where(revision_files.c.revision == name))
        row = {"published_at": now, "author": author, "hours": contents[HOURS], "routing": contents[ROUTING]}
        if not connection.execute(update(revisions).where(revisions.c.name == name).values(row)).rowcount:
            connection.execute(insert(revisions).values(name=name, **row))
        if more := [
            {"revision": name, "file": file, "data": data}
            for file, data in contents.items()
            if file not in (HOURS, ROUTING)
        ]:
            connection.execute(insert(revision_files), more)

    def _files(self, connection: Connection, name: str) -> Mapping[str, bytes] | None:
        both = select(revisions.c.hours, revisions.c.routing).where(revisions.c.name == name)
        more = select(revision_files.c.file, revision_files.c.data).where(revision_files.c.revision == name)
        row = connection.execute(both).one_or_none()
        if row is None:
            return None
        files = {HOURS: row.hours, ROUTING: row.routing} | {each.file: each.data for each in connection.execute(more)}
        return files if all(isinstance(data, bytes) for data in files.values()) else None  # SQLite keeps anything

    def _publication(self, row: Row[Any]) -> Publication:
        done = not self._strict or self._vouched(row)
        begun = not done and self._vouched(row, begun=True)
        if self._strict and (done or begun):
            self._highest = max(self._highest, row.number)
        unfinished = begun if self._strict else row.before is not None and not row.heard
        return Publication(
            row.number, row.revision, row.at, row.author, row.note, bool(row.heard), done or begun, unfinished
        )


def _any_published(connection: Connection) -> bool:
    """Whether somebody published one, or a server with some SECRET_KEY."""
    return connection.execute(_PUBLISHED.limit(1)).first() is not None


def digest_of(contents: Mapping[str, bytes]) -> str:
    """A hash of files and their names."""
    named = sorted((name, sha256(data).hexdigest()) for name, data in contents.items())
    return sha256(json.dumps(named).encode()).hexdigest()


def _counts(each: Publication) -> bool:
    """Whether callers hear it where the store is the source, if nothing else was published since."""
    return each.vouched and not each.unfinished


def _vouches(key: bytes, row: Row[Any], *, begun: bool = False) -> bool:
    told = _mac(key, row._mapping, begun=begun)
    return isinstance(row.mac, bytes) and hmac.compare_digest(row.mac, told)  # SQLite keeps anything


def _mac(key: bytes, row: Mapping[Any, Any], *, begun: bool = False) -> bytes:
    told = [row[name] for name in ("number", "revision", "digest", "at", "author", "note")]
    return hmac.digest(key, json.dumps([*told, *(("begun",) if begun else ())]).encode(), "sha256")
