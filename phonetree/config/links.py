"""Addresses of web pages that the public page links to."""

import re
from urllib.parse import urlsplit

from phonetree.config.reader import Section

LONGEST_LINK = 300
"""Characters of an address: it is printed, and people type it."""

_ALLOWED = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+\Z")
"""The characters of an address (RFC 3986, 2)."""
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z][a-z0-9-]+\Z")


def read_link(section: Section, key: str, default: str = "") -> str:
    """The address (https) under a key; the default when there is none."""
    value = section.text(key, default)
    if not section.has(key):
        return default
    if reason := _wrong(value.text):
        section.problem(value.where, f"'{key}' is '{value.text}', {reason}; write it like https://www.example.org/help")
        return default
    return value.text


def _wrong(text: str) -> str:
    """Why a text is no address to link to; "" if it is one."""
    if not text.startswith("https://"):
        return "which does not begin with https://"
    if len(text) > LONGEST_LINK:
        return f"which has more than {LONGEST_LINK} characters"
    if not _ALLOWED.match(text):
        return "which has a character that no address has"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return "which is no address"
    if "@" in parts.netloc or port is not None:
        return "which has more than a name between https:// and the path"
    return "" if _HOST.match(parts.netloc.lower()) else "which names no website"
