"""What is wrong with a value, in the words of a form: the compiler's sentences speak of a file to whoever wrote it."""

import re
from collections.abc import Mapping

_WHOSE = re.compile(
    r"\A(?:[a-z]+ '[^']*'|helpline|budgets|open|holidays|nodes|teams|(?:closures|openings|promises|page), entry \d+)"
    r"(?:, [^:']+(?:'[^']*')?)*: "
)
"""What a problem of the file is about, such as "team 'desk', member 1, shifts: ", which its field says by itself."""

_MISSING = re.compile(r"'(?P<key>\w+)' is missing; (?P<todo>.*)", re.DOTALL)
"""A value that is not there stands nowhere: the compiler tells it at what it belongs to."""

_OWN_NAME = re.compile(r"'(?P<key>\w+)' ")
"""How the problem with a value begins, by the name that the file has for it."""

_SAID_OF = re.compile(r"(?:\A|\b(?:no|a) )'(\w+)'")
_LAST_OF = re.compile(r", (\w+): \Z")

_RESOURCE = re.compile(r"\b(?P<a>a )?resource(?= '|, team or | and of | that )")
"""An outside line, as the file calls it."""

_WORDS = tuple(
    (re.compile(pattern, re.DOTALL), words)
    for pattern, words in (
        (r"(.*), line \d+\)(; give each day one entry)", r"\1)\2"),
        (r"'go' is empty; write (the node that .*)", r"choose \1"),
        (r"'[^']*' is empty; (.*)", r"\1"),
        (r"'[^']*' needs a text for each language; .*", "write it in each language"),
        (r"'[^']*' lacks its text in '([^']*)'; .*", r"the text in the language \1 is missing"),
        (r"key '(.)' has a meaning in every menu \('always'\); .*", r"key \1 works in every menu; choose another key"),
        (
            r"'alike': write each group of nodes in brackets, .*",
            "write two nodes or more on each line, with commas between, such as advocate, night_line",
        ),
        (r"'alike' is '', .*", "between two commas stands no node; write one, or take a comma away"),
    )
)


def in_a_list(text: str, labels: Mapping[str, str]) -> str:
    """A problem in a list of all, where it says what it is about; settings that forms have are called by their labels
    there."""
    whose = found[0] if (found := _WHOSE.match(text)) else ""
    text = text[len(whose) :]
    own = found["key"] if (found := _OWN_NAME.match(text)) else ""
    if missing := _MISSING.fullmatch(text):
        text = f"'{own}' is missing; {missing['todo'].replace(f'such as {own}: ', 'such as ')}"
    for pattern, words in _WORDS:
        if found := pattern.fullmatch(text):
            text = f"'{own}': {found.expand(words)}" if own else found.expand(words)
            break
    if own in labels:
        text = text.replace(f"'{own}'", f"'{labels[own]}'", 1)
    whose = re.sub(r"(?<=, )\w+(?=[,:])", lambda found: labels.get(found[0], found[0]), whose)
    return whose.replace("resource '", "line '") + _as_lines(text)


def settings_in(text: str) -> tuple[str, ...]:
    """The settings that a problem may be about: 'number' of "'number' is missing" and "has no 'number'", `spoken` of
    "language 'en', spoken: "."""
    whose = found[0] if (found := _WHOSE.match(text)) else ""
    return (*_SAID_OF.findall(text[len(whose) :]), *_LAST_OF.findall(whose))


def in_form(field: str, text: str) -> tuple[str, str]:
    """The field to which a problem belongs that was found in one, and what is wrong there. The name of a field that is
    a table ends with a dot."""
    text, named = _as_lines(_WHOSE.sub("", text, count=1)), field.removesuffix(".")
    if missing := _MISSING.fullmatch(text):
        key = missing["key"]
        return ".".join(filter(None, (*field.split(".")[:-1], key))), missing["todo"].replace(
            f"such as {key}: ", "such as "
        )
    for pattern, words in _WORDS:
        if found := pattern.fullmatch(text):
            return named, found.expand(words)
    own = _OWN_NAME.match(text)
    return named, f"this {text[own.end() :]}" if own and own["key"] in named.split(".") else text


def _as_lines(text: str) -> str:
    return _RESOURCE.sub(lambda found: "an outside line" if found["a"] else "outside line", text)
