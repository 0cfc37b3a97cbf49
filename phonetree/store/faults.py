"""What is wrong with a database, and what to do.

The database's own messages are not passed on: they may contain an address, a user or data."""

from collections.abc import Iterator

from sqlalchemy.exc import TimeoutError as NoConnectionLeft

from phonetree.settings import PROGRAM

UNUSABLE = "the database cannot be used: "
RESTORE = "restore a backup (docs/running.md, Restore)"
MOVED = "its file was deleted, moved, replaced or overwritten during a transaction"
DAMAGED = f"its file is damaged; {RESTORE}"

SQLITE = {
    "SQLITE_READONLY_DBMOVED": MOVED,
    "SQLITE_CANTOPEN": "its file cannot be opened; check the path in DATABASE_URL, and who may write to its folder",
    "SQLITE_NOTADB": f"its file is damaged, or not an SQLite database; check the path in DATABASE_URL, or {RESTORE}",
    "SQLITE_CORRUPT": DAMAGED,
    "SQLITE_READONLY": "its file or its folder cannot be written; give the server permission to write both",
    "SQLITE_PERM": "its file cannot be opened; give the server permission to read and write it",
    "SQLITE_BUSY": "another process has locked it; retry, and check whether another program has it open",
    "SQLITE_LOCKED": "another process has locked it; retry, and check whether another program has it open",
    "SQLITE_FULL": "the disk is full; free some space",
    "SQLITE_IOERR": f"its disk fails; check the disk, and the free space on it; if necessary {RESTORE}",
}
"""By the beginning of SQLite's error names (sqlite.org/rescode.html). The first match counts."""

POSTGRES = {
    "28": "the user or the password is refused; check both in DATABASE_URL",
    "3D000": "there is no database with that name; check the end of DATABASE_URL, or create it with createdb",
    "42501": "the user has no permission for this; make it the owner",
    "42P01": f"it has no tables; run: {PROGRAM} migrate",
    "53100": "its disk is full; free some space",
    "53300": "it has no connections left; allow more, or run fewer servers",
    "XX001": DAMAGED,
    "XX002": DAMAGED,
    "25006": "it is read-only; DATABASE_URL has to name the primary server",
    "57P": "it is starting or stopping; retry",
    "55P03": "another process has locked it; retry",
    "57014": "it took too long; check what keeps it busy",
}
"""By the beginning of Postgres's error codes (Postgres manual, appendix A)."""

SAID = {
    "resolve host": "its host is unknown; check the host in DATABASE_URL",
    "not known": "its host is unknown; check the host in DATABASE_URL",
    "refused": "nothing answers at its host and port; check both in DATABASE_URL, and whether Postgres is running",
    "no such file": "nothing answers at its socket; check the host in DATABASE_URL, and whether Postgres is running",
    "timeout": "its host does not answer; check the host and port in DATABASE_URL, and the firewall in between",
    "unreachable": "its host is unreachable; check the host in DATABASE_URL, and the network",
    "no route": "its host is unreachable; check the host in DATABASE_URL, and the network",
    "ssl": "its TLS does not match DATABASE_URL; check sslmode there",
    "expected authentication": "its host and port do not belong to a Postgres server; check both in DATABASE_URL",
    "password": POSTGRES["28"],
    "authentication": POSTGRES["28"],
    "pg_hba": "it does not allow that user from this machine; check its pg_hba.conf",
    "role": POSTGRES["28"],
    "does not exist": POSTGRES["3D000"],
    "too many": POSTGRES["53300"],
    "starting up": POSTGRES["57P"],
    "closed the connection": "its host and port do not belong to a Postgres server; check both in DATABASE_URL",
    "received invalid": "its host and port do not belong to a Postgres server; check both in DATABASE_URL",
}
"""By libpq's message when there is no connection, since it gives no code then. The first match counts."""


def told(error: Exception) -> str:
    """The sentence about an error of SQLAlchemy or of a driver."""
    return f"{UNUSABLE}{next(_found(error), _unknown(error))}"


def full(error: Exception) -> bool:
    """Whether the cause is a full disk."""
    return _is_full(_cause(error))


def _is_full(cause: BaseException) -> bool:
    return getattr(cause, "sqlite_errorname", None) == "SQLITE_FULL" or getattr(cause, "sqlstate", None) == "53100"


def _cause(error: BaseException) -> BaseException:
    """The driver's error; if it arose while a full disk was dealt with, that. SQLite rolls the whole transaction back
    then, and there is no savepoint any more that could be rolled back."""
    causes = [getattr(each, "orig", None) or each for each in _during(error)]
    return next(filter(_is_full, causes), causes[0])


def _during(error: BaseException | None) -> Iterator[BaseException]:
    while error:
        yield error
        error = error.__context__


def _found(error: Exception) -> Iterator[str]:
    if isinstance(error, NoConnectionLeft):
        yield "every connection is in use; retry"
    cause = _cause(error)
    for table, code in (
        (SQLITE, getattr(cause, "sqlite_errorname", None)),
        (POSTGRES, getattr(cause, "sqlstate", None)),
    ):
        yield from (words for beginning, words in table.items() if code and code.startswith(beginning))
    said = str(cause).lower()
    yield from (words for part, words in SAID.items() if part in said)


def _unknown(error: Exception) -> str:
    kind = type(getattr(error, "orig", None) or error).__name__
    return f"it reports {kind}; check DATABASE_URL, and the database's own log"
