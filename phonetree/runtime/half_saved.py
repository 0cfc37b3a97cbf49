"""Whether a file may be half saved: its end is missing, whatever has come in place of it.

Whoever writes a file in place, and slowly, leaves its beginning there meanwhile, with what is changed in it: a comment,
the line ends, or entries that are new. So lines are looked at and no bytes. An edit of the very end is taken after a
while; a file that is as long and has little in common with what callers hear is another one, and taken at once.
"""

from codecs import BOM_UTF8
from collections import Counter

from phonetree.config.site import Contents

Lines = list[bytes]


def half_saved(contents: Contents, heard: Contents) -> bool:
    """Whether one of the files may be the beginning of an edit of what callers hear."""
    return any(_cut_short(_lines(data), _lines(heard.get(name, b""))) for name, data in contents.items())


def _lines(data: bytes) -> Lines:
    """Its lines, whatever the marks and spaces at their ends; without empty ones."""
    return list(filter(None, map(bytes.rstrip, data.removeprefix(BOM_UTF8).splitlines())))


def _cut_short(now: Lines, before: Lines) -> bool:
    if now and any(line.startswith(now[-1]) and line != now[-1] for line in before):
        now = now[:-1]  # half a line
    return _at_the_end(before, now) > 0 and not _is_another(now, before)


def _is_another(now: Lines, before: Lines) -> bool:
    """Whether a file is not even short, and most of its lines are not in the other one."""
    return 2 * len(now) >= len(before) and 2 * (Counter(now) & Counter(before)).total() < len(now)


def _at_the_end(lines: Lines, other: Lines) -> int:
    """How many lines there are after the last one that the other file has, too."""
    lacking = Counter(lines) - Counter(other)
    for number, line in enumerate(reversed(lines)):
        if not lacking[line]:
            return number
        lacking[line] -= 1
    return len(lines)
