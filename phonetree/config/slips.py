"""Why a file is not valid YAML, in words for people who do not know YAML, at the line that they have to fix."""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import yaml

from phonetree.core.characters import ODD_SPACE, named
from phonetree.errors import Problem, Where

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The parser: libyaml's where there is one."""

RESTORE = "undo in the editor, or take it from a copy or from History"
"""How something comes back that is gone from a file, whoever edits it, and with what."""

_ENDS = (
    "the file ends in the middle of something, such as braces or quotes; write the rest of this line, or restore the "
    f"file: {RESTORE}"
)
_LOOK = "look at this line and the one before it"
_OPENED = {"while parsing a flow mapping": ("{", "}"), "while parsing a flow sequence": ("[", "]")}
LONE_QUOTE = "a quotation mark is missing at the beginning or the end of the text; write one at each"
_NEVER_CLOSED = "the quotation mark that opens here is never closed; add one at its end"
_WORDS = {
    "found unexpected end of stream": _NEVER_CLOSED,
    "could not find expected ':'": "has no colon after its key; write it like 'name: value'",
    "did not find expected '-' indicator": "belongs to a list, but does not begin with a dash like the lines before it",
    "block sequence entries are not allowed in this context": "has a dash after the colon; begin the list on the next "
    "line, or put quotes around the text",
    "found unknown escape character": "has a backslash in a text in double quotes; leave it out, or write it twice",
    "found invalid Unicode character escape code": "has a backslash that stands for no character; leave it out",
}
"""By the parser's message."""

MARK = "<<<<<<< "
"""How the first line of a place begins that two people changed, where both versions stand."""

_MARKED = (
    "marks of a merge stand here: two people changed this place, and both versions are there, one from <<<<<<< to "
    "=======, the other from there to >>>>>>>; keep what is right, and remove the three lines with the marks"
)

_LEFT = re.compile(r"(?:\|{7}|>{7}) |={7}\s*\Z")
"""The other lines with marks of such a place."""

_LEFT_OVER = (
    "a mark of a merge is left here: two people changed this place; see that what stands above and below it is right, "
    "and remove this line"
)

IN_A_TEXT = re.compile(r"<{7}|\|{7}|={7}|>{7}")
"""A mark of a merge inside a text: YAML joins the lines of one, or somebody pasted them into a form."""

KEEP_ONE = "keep what is right, and remove the marks"

MARKED_TEXT = f"marks of a merge stand in this text: two people changed it, and both versions are there; {KEEP_ONE}"

COMMENT = "a # begins a comment here, so what follows it is not spoken; put quotes around the text, or write 'pound'"

_QUOTED = re.compile(r"""(?<![^\s,{\[:])(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')""")
_CUT = re.compile(r"\S\s+#(.*)")
"""A comment after something, and its text."""

_WORDS_ALONE = re.compile(r"\s+[^\s#{\[:-][^:]*\Z")

_UNCOLONED = re.compile(r"([a-zA-Z][\w-]*)(?:\s*[:\uff1a]\s*|\s+)(\S.*)")
_NO_COLON = re.compile(r"\s*[a-zA-Z][\w-]*\s*[:\uff1a]")

LONGEST_SHOWN = 60
"""Characters of a line that is shown corrected."""

_ENTRY = re.compile(r"""\s*(?:- |['"]?\w[^:]*:(?:\s|\Z))""")
"""How an entry of a table or a list begins."""

_OUT_OF_PLACE = re.compile(rf"[ -]*(?:[^:{{#]+:)?({ODD_SPACE})")

_AT_THE_BEGINNING = frozenset(_WORDS) - {
    "did not find expected '-' indicator",
    "block sequence entries are not allowed in this context",
}
"""What has to be fixed where the parser began to read the item, not where it gave up."""


def slip(error: yaml.MarkedYAMLError, text: str, name: str) -> Problem:
    """The problem behind an error of the YAML parser, which read `text` of the file `name`."""
    lines = text.split("\n")
    at, begun = error.problem_mark or error.context_mark, error.context_mark or error.problem_mark
    if at is None or begun is None:
        return Problem(Where(name), f"is not valid YAML: {error.problem}")
    if marked := _marked(lines):
        return Problem(Where(name, marked[0], 1), marked[1])
    lines += [""] * max(1, at.line + 2 - len(lines))  # the parser knows line breaks that editors do not show
    if opens := _never_closed(text, lines, at):
        return Problem(Where(name, opens.line + 1, opens.column + 1), _NEVER_CLOSED)
    for number, column, said in _seen(error, lines, begun, at):
        return Problem(Where(name, number + 1, column + 1), said)
    stopped, started = (Where(name, mark.line + 1, mark.column + 1) for mark in (at, begun))
    line, problem = lines[at.line], error.problem or ""
    if opened := _OPENED.get(error.context or ""):
        if quote := _quote(line, at.column):
            return Problem(stopped, quote)
        return _open(stopped, started, line[: at.column], line[at.column : at.column + 1], *opened)
    if problem == "mapping values are not allowed in this context":
        return Problem(stopped, _COLON if ": " in line[: at.column] else _FURTHER)
    if problem == "did not find expected key":
        return Problem(stopped, _left_over(line, at.column))
    if problem in _WORDS:
        return Problem(started if problem in _AT_THE_BEGINNING else stopped, _WORDS[problem])
    if error.context in ("while scanning an alias", "while scanning an anchor"):
        return Problem(started, "a text may not begin with * or &; put quotes around it")
    if problem == "found character that cannot start any token":
        return Problem(stopped, f"a text may not begin with {line[at.column : at.column + 1]}; put quotes around it")
    return Problem(stopped, f"is not valid YAML: {problem}; {_LOOK}")


def _marked(lines: Sequence[str]) -> tuple[int, str] | None:
    """The first line, from 1, that has a mark of a merge, and what to do."""
    for number, line in enumerate(lines, 1):
        if line.startswith(MARK) or _LEFT.match(line):
            return number, _MARKED if line.startswith(MARK) else _LEFT_OVER
    return None


def _seen(
    error: yaml.MarkedYAMLError, lines: Sequence[str], begun: yaml.Mark, at: yaml.Mark
) -> Iterator[tuple[int, int, str]]:
    """Visible mistakes in the lines where the parser failed: line and column, from 0, and what to do."""
    if tab := _tab(lines, begun.line, at.line):
        yield *tab, "has a tab; replace it with spaces"
    if odd := _odd_space(lines, begun.line, at.line):
        yield *odd, odd_space(lines[odd[0]][odd[1]])
    in_braces = error.context in _OPENED
    for number in range(begun.line, at.line + 1) if in_braces else (at.line - 1, begun.line - 1):
        if column := _comment(lines[number], in_braces=in_braces, following=lines[number + 1]):
            yield number, column, COMMENT
    for number in () if in_braces else (at.line, begun.line, _before(lines, at.line)):
        if said := _of_line(lines, number):
            yield number, len(lines[number]) - len(lines[number].lstrip()), said
    last = max((number for number, line in enumerate(lines) if line.strip()), default=0)
    end = len(lines[last].rstrip())
    if begun.line >= last and (at.line, at.column) >= (last, end):
        yield last, end, _ENDS


def _never_closed(text: str, lines: Sequence[str], at: yaml.Mark) -> yaml.Mark | None:
    """The quotation mark that is not closed, if that is why the parser failed: it took the lines below for text, as far
    as the quotation mark that opens the next one."""
    opens: yaml.Mark | None = None
    if not {"'", '"'} & set(lines[at.line][: at.column]):
        return None
    tokens: Iterator[Any] = yaml.scan(text, Loader=LOADER)
    with suppress(yaml.YAMLError):  # where the parser failed, or further on
        for token in tokens:
            if isinstance(token, yaml.ScalarToken) and token.style in ("'", '"'):
                begins, ends = token.start_mark, token.end_mark
                if ends.line == at.line and ends.column <= at.column and _swallows(lines, begins.line, ends.line):
                    opens = begins
    return opens


def _swallows(lines: Sequence[str], first: int, last: int) -> bool:
    """Whether a text in quotes has comments, or lines that continue the table or the list of its first line, or one
    around it."""
    indent = _indent(lines[first])
    below = lines[first + 1 : last + 1]
    return any(line.lstrip().startswith("#") or (_indent(line) <= indent and _ENTRY.match(line)) for line in below)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _before(lines: Sequence[str], number: int) -> int:
    """The last line before another one that is not empty."""
    return next((each for each in range(number - 1, -1, -1) if lines[each].strip()), 0)


def _of_line(lines: Sequence[str], number: int) -> str | None:
    """The problem with a line by itself, or next to its neighbours."""
    line, beside = lines[number], (lines[_before(lines, number)], lines[number + 1])
    if re.match(r"\s*-[^\s-]", line):
        return "has no space after its dash; write one"
    if re.match(r"\s*\{[^}]*:", line) and any(re.match(r"\s*(?:- |\{)", other) for other in beside):
        return "has no dash before its brace; begin each entry of a list with a dash and a space, such as - {name: ...}"
    return uncoloned(line.strip()) if _NO_COLON.match(line) and not re.search(r":(?:\s|\Z)", line) else None


def uncoloned(text: str) -> str | None:
    """The problem with a text that lacks the colon after its key, or the space after the colon."""
    if not (found := _UNCOLONED.match(text)):
        return None
    return _needs_colon(*found.groups())


def uncoloned_key(text: str, missing: Iterable[str], *, first: bool = False) -> tuple[str, str, str] | None:
    """The missing key, the value, and the problem, if a key without a value is both in one, such as `date2026-11-27`
    or, as the `first` of its table, `enwinter break`: further on it may be what follows a comma in a text."""
    for key in sorted(missing, reverse=True):
        rest = text.removeprefix(key)
        apart = not rest[:1].islower() or (first and " " in rest)
        if text.startswith(key) and rest and apart and rest[0] not in "-_":
            value = rest.lstrip(" :\uff1a")
            return key, value, _needs_colon(key, value)
    return None


def _needs_colon(key: str, value: str) -> str:
    shown = f"{key}: {value}"
    written = f"write '{shown}'" if len(shown) <= LONGEST_SHOWN else "write 'name: value'"
    return f"'{key}' needs a colon and a space after it; {written}"


_COLON = "has a second colon; put quotes around the text that holds it, or add the { that is missing before it"
_GOES_ON = (
    "goes on after the quotation mark that ends the text; add the comma or the quotation mark that is missing, or "
    "write ' for quotes inside a text in \""
)
_FURTHER = (
    "begins further to the right than the line before it, which already has its value or lacks its colon; "
    "line it up, add the colon, or put quotes around the text"
)


def _left_over(line: str, column: int) -> str:
    """The problem with a line whose rest, from a column on, does not continue anything before it."""
    before, met = line[:column].rstrip(), line[column : column + 1]
    if met and met in "}],":
        return f"has a {met} too many, or a brace or a colon is missing before it; {_LOOK}"
    if before.endswith(("'", '"')):
        return _GOES_ON
    if before.endswith(("}", "]")):
        return "goes on after a closing brace or bracket; put quotes around a text that begins with a brace"
    return "does not line up with the lines before it; begin it exactly below the line that it belongs with"


def _tab(lines: Sequence[str], first: int, last: int) -> tuple[int, int] | None:
    """Line and column of a tab in the indentation, in the lines where the parser failed."""
    for number in dict.fromkeys((last, *range(first, last))):
        line = lines[min(number, len(lines) - 1)]
        indented = line[: len(line) - len(line.lstrip(" \t-"))]
        if "\t" in indented:
            return number, indented.index("\t")
    return None


def odd_space(character: str) -> str:
    """The problem with a space that YAML does not know."""
    return f"here is an unusual space ({named(character)}); type an ordinary one"


def _odd_space(lines: Sequence[str], first: int, last: int) -> tuple[int, int] | None:
    """Where an odd space is before a line's words or after a key's colon: the last one before the parser gave up, in
    the lines where it failed or in the one before."""
    for number in range(min(last, len(lines) - 1), min(first, _before(lines, last)) - 1, -1):
        if found := _OUT_OF_PLACE.match(lines[number]):
            return number, found.start(1)
    return None


def _comment(line: str, *, in_braces: bool, following: str) -> int | None:
    """The column of a # that cuts off a text: it hides a closing brace, or the `following` line continues the text."""
    cut = _CUT.search(_QUOTED.sub(lambda quoted: "x" * len(quoted[0]), line))
    hides = cut and (re.search(r"[}\]]", cut[1]) if in_braces else _WORDS_ALONE.match(following))
    return cut.start(1) - 1 if cut and hides else None


def _quote(line: str, column: int) -> str | None:
    """The problem with the quotes before a column of a line, if they are why a brace seems not closed."""
    before = line[:column]
    if _opened_curly(before):
        return 'has curly quotes around a text with braces; write straight quotes (") instead'
    if re.search(r"'[^']*\w'\Z", before) and line[column : column + 1].isalpha():
        return "has an apostrophe inside single quotes, which ends the text there; put double quotes around the text"
    if re.search(r'\w *" *\Z', before) and line[column : column + 1].isalnum():
        return _GOES_ON
    if before.count('"') % 2 or line.count('"') % 2:
        return LONE_QUOTE
    return None


def _opened_curly(before: str) -> bool:
    """Whether curly quotes are opened in the words before a place, outside straight ones, and not closed there."""
    return sum(map(_QUOTED.sub("", before).count, "\u201c\u201d\u201e")) % 2 == 1


def _open(stopped: Where, started: Where, before: str, met: str, opening: str, closing: str) -> Problem:
    """The problem with something in braces or brackets that does not continue as it has to."""
    if met == ":" and stopped.line == started.line:
        return Problem(
            stopped, "has a second colon, or no comma before it; put quotes around a text that holds a colon"
        )
    ended = before.rstrip().endswith(("}", "]")) or re.search(r"""['"]\s+\Z""", before)
    if ended and stopped.line == started.line and re.match(r"""[\w"'{[$]""", met):
        return Problem(stopped, "has no comma before it; add one")
    if met == "{" and before.endswith("$"):
        return Problem(stopped, "has a brace after the $; write the name without braces, such as $ADVOCATE_1")
    if met in "}]" and met:
        return Problem(stopped, f"closes with {met} what {opening} opened on line {started.line}; write {closing}")
    return Problem(started, f"the {opening} that opens here is not closed; add the {closing} that is missing")
