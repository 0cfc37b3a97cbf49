"""The tables. Moments are whole seconds since 1970; no table holds a caller's number or the id of a call.

Tables about messages have no row numbers in SQLite: a gap between two would show that there was another message.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

messages = Table(
    "messages",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("source", String(64), unique=True, comment="the provider's recording"),
    Column("gone_at", BigInteger, comment="when it was deleted there; its name is kept a little longer"),
    Column("left_at", BigInteger, nullable=False),
    Column("seconds", Integer, nullable=False),
    Column("size", BigInteger, nullable=False, comment="bytes sealed"),
    Column("digest", LargeBinary, nullable=False, comment="SHA-256 of what is sealed, for reading back"),
    Column("iv", LargeBinary, nullable=False),
    Column("state", String(10), nullable=False, index=True, comment="new, claimed, handled, deleted"),
    Column("by", String(80), comment="who claimed or handled it"),
    Column("changed_at", BigInteger, nullable=False, comment="when it came, was claimed or handled"),
    sqlite_with_rowid=False,
)

parts = Table(
    "parts",
    metadata,
    Column("message", String(32), ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

wrapped_keys = Table(
    "wrapped_keys",
    metadata,
    Column("message", String(32), ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    Column("key", String(64), primary_key=True, comment="whose private key opens it"),
    Column("wrapped", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

fetches = Table(
    "fetches",
    metadata,
    Column("source", String(64), primary_key=True),
    Column("attempts", Integer, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("next_at", BigInteger, nullable=False),
    Column("failure", String(200), nullable=False),
    sqlite_with_rowid=False,
)

notices = Table(
    "notices",
    metadata,
    Column("id", String(64), primary_key=True, comment="what it is about, so that it is made once"),
    Column("message", String(32), ForeignKey("messages.id", ondelete="CASCADE"), index=True),
    Column("text", Text, nullable=False),
    sqlite_with_rowid=False,
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("notice", String(64), ForeignKey("notices.id", ondelete="CASCADE"), primary_key=True),
    Column("channel", String(16), primary_key=True),
    Column("attempts", Integer, nullable=False),
    Column("next_at", BigInteger, comment="empty when it was delivered"),
    sqlite_with_rowid=False,
)

months = Table(
    "months",
    metadata,  # counts of versions before 0.3.0: only shown, until they are too old
    Column("month", String(7), primary_key=True),
    Column("outcome", String(20), primary_key=True),
    Column("number", Integer, nullable=False),
)

hours = Table(
    "hours",
    metadata,  # as `months`
    Column("year", Integer, primary_key=True),
    Column("weekday", Integer, primary_key=True),
    Column("hour", Integer, primary_key=True),
    Column("number", Integer, nullable=False),
)

outcomes = Table(
    "outcomes",
    metadata,
    Column("month", String(7), primary_key=True),
    Column("outcome", String(20), primary_key=True),
    Column("number", Integer, nullable=False),
    Column("draws", Integer, nullable=False, comment="how often noise was added"),
)

times = Table(
    "times",
    metadata,
    Column("month", String(7), primary_key=True),
    Column("weekend", Integer, primary_key=True, autoincrement=False, comment="1: Saturday and Sunday"),
    Column("hour", Integer, primary_key=True, autoincrement=False, comment="the first of three"),
    Column("number", Integer, nullable=False),
    Column("draws", Integer, nullable=False, comment="how often noise was added"),
)

revisions = Table(
    "revisions",
    metadata,
    Column("name", String(12), primary_key=True),
    Column("published_at", BigInteger, nullable=False),
    Column("author", String(80), nullable=False),
    Column("hours", LargeBinary, nullable=False),
    Column("routing", LargeBinary, nullable=False),
)

revision_files = Table(
    "revision_files",
    metadata,
    Column("revision", String(12), ForeignKey("revisions.name", ondelete="CASCADE"), primary_key=True),
    Column("file", String(40), primary_key=True, comment="such as phrases/pt.yaml"),
    Column("data", LargeBinary, nullable=False),
)

publications = Table(
    "publications",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("revision", String(12), ForeignKey("revisions.name", ondelete="CASCADE"), nullable=False),
    Column("digest", String(64), nullable=False, comment="SHA-256 of its files"),
    Column("at", BigInteger, nullable=False),
    Column("author", String(80), nullable=False),
    Column("note", Text, nullable=False),
    Column("heard", Integer, nullable=False, comment="1: a server answered with it"),
    Column("mac", LargeBinary, comment="under a key derived from SECRET_KEY; empty without one"),
    Column("before", String(12), comment="the files of the folder that it was to replace; empty once it did"),
    Column(
        "begun_in",
        String(64),
        comment="a hash of where that folder is; empty once it cannot be known any more whether it did",
    ),
)

drafts = Table(
    "drafts",
    metadata,
    Column("id", String(32), primary_key=True, comment="random"),
    Column("title", String(100), nullable=False),
    Column("began", String(12), nullable=False, comment="the revision that it began from"),
    Column("version", Integer, nullable=False, comment="one more with each change"),
    Column("by", String(80), nullable=False, comment="who changed it last"),
    Column("changed_at", BigInteger, nullable=False),
)

draft_files = Table(
    "draft_files",
    metadata,
    Column("draft", String(32), ForeignKey("drafts.id", ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False, comment="0: what it began from"),
    Column("file", String(40), primary_key=True, comment="such as routing.yaml"),
    Column("data", LargeBinary, nullable=False),
    Column("sent", String(64), comment="a hash of the form that made this version; empty if none did"),
    Column("by", String(80), comment="who made this version; empty if an earlier version of phonetree kept it"),
)

overrides = Table(
    "overrides",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("begins_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("kind", String(10), comment="open or closed; empty: as the hours say"),
    Column("words", Text, nullable=False, comment="said in front of the menu: JSON, by language"),
    Column("by", String(80), nullable=False),
    Column("withdrawn_at", BigInteger),
    Column("away", Text, comment="a cover: the member who is away"),
    Column("taken_by", Text, comment="who takes their place; empty: nobody"),
    Column("accepted", Text, comment="nodes accepted while nobody is there: JSON"),
    Column("gaps", Text, comment="for when they were accepted: JSON of team, begin, end, node; empty: all the time"),
)

actions = Table(
    "actions",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("by", String(80), nullable=False),
    Column("what", Text, nullable=False, comment="a sentence; never of a message or a caller"),
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", String(80), nullable=False),
    Column("folded", String(240), nullable=False, unique=True, comment="the name, however it is typed"),
    Column("password", String(200), comment="an argon2 hash; empty until one is chosen"),
    Column("uniquifier", String(64), nullable=False, unique=True, comment="in sessions; a new one ends them all"),
    Column("factor", Text, comment="of the second factor, encrypted"),
    Column("recovery", Text, nullable=False, comment="recovery codes, each encrypted: JSON"),
    Column("link", String(64), unique=True, comment="SHA-256 of a one-time link that sets the password"),
    Column("link_ends_at", BigInteger),
    sqlite_with_rowid=False,
)

account_roles = Table(
    "account_roles",
    metadata,
    Column("account", String(32), ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("role", String(10), primary_key=True),
    sqlite_with_rowid=False,
)

account_notices = Table(
    "account_notices",
    metadata,
    Column("account", String(32), ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("id", String(32), primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("text", Text, nullable=False, comment="shown until it is dismissed"),
    sqlite_with_rowid=False,
)

proofs = Table(
    "proofs",
    metadata,
    Column("name", String(64), primary_key=True, comment="a keyed hash of what was asked"),
    Column("day", String(10), nullable=False, comment="which calls it is about: from this day on"),
    Column("answer", LargeBinary, nullable=False, comment="the promises that are broken: JSON"),
    Column("mac", LargeBinary, nullable=False),
)

phones = Table(
    "phones",
    metadata,
    Column("name", String(64), primary_key=True, comment="as routing.yaml has it, without $"),
    Column("state", String(10), nullable=False, comment="waiting, confirmed, removed"),
    Column(
        "sealed", LargeBinary, comment="the number that rings; of a removed one, until that can no longer be undone"
    ),
    Column("new", LargeBinary, comment="sealed: the number that is to take its place once it is confirmed"),
    Column("token", LargeBinary, comment="SHA-256 of what the confirming call has to bring"),
    Column("expires_at", BigInteger, comment="of the token"),
    Column("progress", String(12), comment="of the confirming call"),
    Column("reason", String(200), comment="why the provider refused it"),
    Column("calls", Integer, nullable=False, comment="confirming calls, until there was none for an hour"),
    Column("since", BigInteger, nullable=False, comment="when the latest of them was placed"),
    Column("changed_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

servers = Table(
    "servers",
    metadata,
    Column("name", String(32), primary_key=True, comment="random, for one process"),
    Column("seen_at", BigInteger, nullable=False, comment="a whole minute"),
    Column("report", Text, nullable=False, comment="JSON; nothing in it is of a call"),
    sqlite_with_rowid=False,
)

looks = Table(
    "looks",
    metadata,
    Column("about", String(20), primary_key=True, comment="what was looked at, at the provider"),
    Column("at", BigInteger, nullable=False, comment="a whole minute"),
    Column("found", Text, nullable=False, comment="what is wrong, and what to do: JSON"),
    sqlite_with_rowid=False,
)

presence = Table(
    "presence",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False, comment="one row only"),
    Column("answered_at", BigInteger, nullable=False, comment="when a server last answered its own test call"),
)

outages = Table(
    "outages",
    metadata,
    Column("began_at", BigInteger, primary_key=True, autoincrement=False),
    Column("ended_at", BigInteger, nullable=False),
)

feeds = Table(
    "feeds",
    metadata,
    Column("account", String(32), ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("member", String(100), primary_key=True, comment="whose shifts; empty: what is unusual of the line"),
    Column("token", String(64), unique=True, nullable=False, comment="SHA-256 of what is in the address"),
    Column("made_at", BigInteger, nullable=False),
)

reminders = Table(
    "reminders",
    metadata,
    Column("account", String(32), ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("member", String(100), primary_key=True, comment="whose shifts"),
    Column("minutes", Integer, nullable=False, comment="before a shift"),
    Column("sent", Integer, nullable=False, comment="1: they are sent; 0: switched off"),
    Column("sealed", LargeBinary, nullable=False, comment="the Apprise address"),
    Column("failing", Integer, nullable=False, comment="1: the last one could not be delivered"),
)

reminded = Table(
    "reminded",
    metadata,
    Column("account", String(32), primary_key=True),
    Column("member", String(100), primary_key=True),
    Column("begins_at", BigInteger, primary_key=True, autoincrement=False, comment="the shift"),
    Column("attempts", Integer, nullable=False),
    Column("next_at", BigInteger, comment="empty when it was delivered"),
    ForeignKeyConstraint(
        ["account", "member"],
        ["reminders.account", "reminders.member"],
        name="fk_reminded_account_reminders",
        ondelete="CASCADE",
    ),
)

sealing_keys = Table(
    "sealing_keys",
    metadata,
    Column("id", String(16), primary_key=True, comment="the beginning of the SHA-256 of its DER"),
    Column("account", String(32), nullable=False, comment="of whoever made it, which may be gone"),
    Column("name", String(80), nullable=False, comment="theirs"),
    Column("public", LargeBinary, nullable=False, comment="PEM; the private key is with its owner alone"),
    Column("approved", LargeBinary, comment="the fingerprint, sealed: that an admin approved it; empty while it waits"),
    Column("made_at", BigInteger, nullable=False),
)

ABOUT_MESSAGES = (messages, parts, wrapped_keys, fetches, notices, deliveries)
"""Rows of these come and go with messages."""
