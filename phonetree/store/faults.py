"""What is wrong with a database, in words that say what to do.

No word of the database's own is passed on: it may hold an address, a user or what was to be stored."""

from collections.abc import Iterator

from sqlalchemy.exc import TimeoutError as NoConnectionLeft

from phonetree.settings import PROGRAM

UNUSABLE = "the database cannot be used: "
RESTORE = "bring back a backup (docs/running.md, Restore)"
MOVED = "its file was deleted, moved, replaced or copied over in the midst of it"
DAMAGED = f"its file is damaged; {RESTORE}"

SQLITE = {
    "SQLITE_READONLY_DBMOVED": MOVED,
    "SQLITE_CANTOPEN": "its file cannot be opened; look at the path in DATABASE_URL, and who may write to its folder",
    "SQLITE_NOTADB": f"its file is damaged, or no database of SQLite; look at the path in DATABASE_URL, or {RESTORE}",
    "SQLITE_CORRUPT": DAMAGED,
    "SQLITE_READONLY": "its file or its folder cannot be written; give the server permission to write both",
    "SQLITE_PERM": "its file cannot be opened; give the server permission to read and write it",
    "SQLITE_BUSY": "somebody else holds it; try again, and see whether another program has it open",
    "SQLITE_LOCKED": "somebody else holds it; try again, and see whether another program has it open",
    "SQLITE_FULL": "the disk is full; make room",
    "SQLITE_IOERR": f"its disk fails; look at the disk, and at the room on it; if need be {RESTORE}",
}
"""By the beginning of SQLite's own names (sqlite.org/rescode.html). The first that fits counts."""

POSTGRES = {
    "28": "the user or the password is refused; look at both in DATABASE_URL",
    "3D000": "there is no database of that name; look at the name at the end of DATABASE_URL, or make it with createdb",
    "42501": "the user may not do this there; give it the rights of an owner",
    "42P01": f"its tables are not there; run: {PROGRAM} migrate",
    "53100": "its disk is full; make room",
    "53300": "it has no connection left; let it take more, or run fewer servers",
    "XX001": DAMAGED,
    "XX002": DAMAGED,
    "25006": "it takes no writing now; DATABASE_URL has to name the primary server",
    "57P": "it is starting or stopping; try again",
    "55P03": "somebody else holds it; try again",
    "57014": "it took too long; see what keeps it busy",
}
"""By the beginning of Postgres's own codes (Postgres manual, appendix A)."""

SAID = {
    "resolve host": "its host is not known; look at the host in DATABASE_URL",
    "not known": "its host is not known; look at the host in DATABASE_URL",
    "refused": "nothing answers at its host and port; look at both in DATABASE_URL, and whether Postgres runs",
    "no such file": "nothing answers at its socket; look at the host in DATABASE_URL, and whether Postgres runs",
    "timeout": "its host does not answer; look at the host and port in DATABASE_URL, and at the firewall between",
    "unreachable": "there is no way to its host; look at the host in DATABASE_URL, and at the network",
    "no route": "there is no way to its host; look at the host in DATABASE_URL, and at the network",
    "ssl": "it does not speak as DATABASE_URL asks for TLS; look at sslmode there",
    "expected authentication": "what answers at its host and port is no Postgres; look at both in DATABASE_URL",
    "password": POSTGRES["28"],
    "authentication": POSTGRES["28"],
    "pg_hba": "it lets nobody in from this machine as that user; look at its pg_hba.conf",
    "role": POSTGRES["28"],
    "does not exist": POSTGRES["3D000"],
    "too many": POSTGRES["53300"],
    "starting up": POSTGRES["57P"],
    "closed the connection": "what answers at its host and port is no Postgres; look at both in DATABASE_URL",
    "received invalid": "what answers at its host and port is no Postgres; look at both in DATABASE_URL",
}
"""By what libpq says when there is no connection: it gives no code then. The first that fits counts."""


def told(error: Exception) -> str:
    """The sentence about a fault, of SQLAlchemy's or of a driver's."""
    return f"{UNUSABLE}{next(_found(error), _unknown(error))}"


def _found(error: Exception) -> Iterator[str]:
    if isinstance(error, NoConnectionLeft):
        yield "every connection is in use; try again"
    cause = getattr(error, "orig", None) or error
    for table, code in (
        (SQLITE, getattr(cause, "sqlite_errorname", None)),
        (POSTGRES, getattr(cause, "sqlstate", None)),
    ):
        yield from (words for beginning, words in table.items() if code and code.startswith(beginning))
    said = str(cause).lower()
    yield from (words for part, words in SAID.items() if part in said)


def _unknown(error: Exception) -> str:
    kind = type(getattr(error, "orig", None) or error).__name__
    return f"it says {kind}; look at DATABASE_URL, and at the database's own log"
