"""What a password must be: long, and not one of those that are tried first. No rules about kinds of characters."""

from unicodedata import combining, normalize

from phonetree.console.identity import LONGEST_PASSWORD, SHORTEST_PASSWORD
from phonetree.store.accounts import folded

FEWEST_CHARACTERS = 5
"""Different ones."""

SHORTEST_NAME = 4
"""A part of a name with fewer characters stands in a password by chance."""

_LISTED = """
    1234567890ab 123456789012 1234567890123 12345678901234 123456789abc 1q2w3e4r5t6y abcdefghijkl abcdefghijklm
    administrator administrator1 adminadminadmin asdfghjkl123 asdfghjklasdf changemeplease changeme1234
    correcthorsebatterystaple crisishelpline football1234 helpline1234 helplinehelpline iloveyou1234 letmeinletmein
    letmeinplease motherfucker passw0rd1234 password1234 password12345 password123456 passwordpassword p@ssw0rd1234
    phonetreephonetree qwerty123456 qwertyuiop12 qwertyuiop123 qwertyuiop1234 qwertyuiopasdf qwertyqwerty
    qazwsxedcrfv qwertzuiop12 qwertzuiopas sunshine1234 superman1234 trustno1trustno1 welcome12345 welcomewelcome
    whateverwhatever zaq12wsxcde3 onlyforthedemo
"""

COMMON = frozenset(_LISTED.split())
"""Of twelve characters or more, from lists of passwords that leaked, and what a helpline suggests."""


def problem(password: str, name: str) -> str | None:
    """What is wrong with a password for an account with this name, and what to do; None if nothing is."""
    if len(password) < SHORTEST_PASSWORD:
        return f"This has {len(password)} characters; use {SHORTEST_PASSWORD} or more, such as four words."
    if len(password) > LONGEST_PASSWORD:
        return f"This has {len(password)} characters; use {LONGEST_PASSWORD} or fewer."
    plain = _plain(password).replace(" ", "")
    if plain in COMMON or len(set(plain)) < FEWEST_CHARACTERS:
        return "This is among the first that somebody would try; use four words that do not belong together."
    parts = [part for part in (_plain(name).replace(" ", ""), *_plain(name).split()) if len(part) >= SHORTEST_NAME]
    if any(part in plain for part in parts):
        return "This has your name in it, which is among the first things that somebody would try; leave it out."
    return None


def _plain(text: str) -> str:
    """A text without capital letters and accents."""
    return "".join(each for each in normalize("NFKD", folded(text)) if not combining(each))
