"""What members of staff may do. Apart from the store, so that the help of a command does not import the database."""

from enum import StrEnum


class Role(StrEnum):
    """What somebody may do in the console; a person may have several."""

    MEMBER = "member"
    LISTENER = "listener"
    EDITOR = "editor"
    ADMIN = "admin"
