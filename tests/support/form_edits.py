"""Edits by form of the tests' sites, of every kind, each with its name: what lines they change is in
tests/config/form_edits.txt."""

from collections.abc import Callable
from datetime import date
from typing import Any

from phonetree.config.document import Value
from phonetree.config.edit_hours import AddDay, SetCalendars, SetDayName, SetHolidayName, SetWeek, SetZone
from phonetree.config.edit_languages import AddLanguage, RemoveLanguage, SetLanguage
from phonetree.config.edit_lines import AddLine, SetLine, Verify
from phonetree.config.edit_nodes import (
    AddChoice,
    AddLanguageKey,
    AddNode,
    MoveChoice,
    RemoveChoice,
    RemoveNode,
    SetEnd,
    SetField,
    SetKeys,
    SetLabel,
    SetLanguageKey,
    SetLead,
    SetStart,
)
from phonetree.config.edit_page import AddPassage, MovePassage, RemovePassage, SetPassage, SetPoint
from phonetree.config.edit_prompts import SetPhrase, SetPrompt
from phonetree.config.edit_rules import AddPromise, RemovePromise, SetAlike, SetBudget, SetHelpline, SetLink
from phonetree.config.edit_teams import AddMember, AddTeam, RemoveMember, RemoveTeam, SetMember, SetTeam
from phonetree.config.edits import FormEdit
from phonetree.core.tree import NodeKind

Now = Callable[..., Any]
"""What a file of the site says at a path."""

MIT, SHELTER, VOLUNTEERS = "tests/sites/mit", "examples/shelter", "examples/volunteer-line"
HARBOUR, PORTUGUESE = "tests/sites/harbour", "tests/sites/portuguese"


def _prompt(node: str, kind: str, field: str, after: Any) -> Callable[[Now], list[FormEdit]]:
    """Other words: texts by language, or a function of those before."""

    def edits(now: Now) -> list[FormEdit]:
        before = now("nodes", node, kind, field)
        return [SetPrompt(node, field, before, after(before) if callable(after) else after)]

    return edits


def _field(node: str, kind: str, field: str, after: Any) -> Callable[[Now], list[FormEdit]]:
    return lambda now: [SetField(node, field, now("nodes", node, kind, field), after)]


def _line(line: str, field: str, after: Any) -> Callable[[Now], list[FormEdit]]:
    return lambda now: [SetLine(line, field, now("resources", line, field), after)]


def _team(team: str, field: str, after: Any) -> Callable[[Now], list[FormEdit]]:
    return lambda now: [SetTeam(team, field, now("teams", team, field), after)]


def _member(team: str, which: int, **changes: Any) -> Callable[[Now], list[FormEdit]]:
    def edits(now: Now) -> list[FormEdit]:
        before = now("teams", team, "members", which)
        after = {key: value for key, value in {**before, **changes}.items() if value is not None}
        return [SetMember(team, before, after)]

    return edits


def _without_choice(menu: str, key: str) -> Callable[[Now], list[FormEdit]]:
    return lambda now: [RemoveChoice(menu, key, now("nodes", menu, "menu", "choices", key))]


def _choices(now: Now, menu: str) -> tuple[str, ...]:
    return tuple(now("nodes", menu, "menu", "choices"))


def _unused_node(name: str) -> Callable[[Now], list[FormEdit]]:
    return lambda now: [RemoveNode(name, now("nodes", name))]


def _key_of_all(key: str) -> Callable[[Now], list[FormEdit]]:
    return lambda now: [RemoveChoice(None, key, now("always", key))]


def _passage(number: int, field: str, after: Any) -> Callable[[Now], list[FormEdit]]:
    return lambda now: [SetPassage(number, field, now("page", number, field), after)]


def _spoken(language: str, after: Callable[[dict[str, str]], Any]) -> Callable[[Now], list[FormEdit]]:
    def edits(now: Now) -> list[FormEdit]:
        before = now("languages", language, "spoken")
        return [SetLanguage(language, "spoken", before, after(before or {}))]

    return edits


LINE: dict[str, Value] = {
    "name": {"en": "A New Line", "es": "Una línea nueva"},
    "number": "+1 800 656 4673",
    "open": {"monday-friday": "9:00-12:00, 13:00-17:00"},
    "confidential": "private",
    "verified": "2026-11-25",
}
BOTH = {"en": "Somebody will be with you.", "es": "Alguien le atiende: un momento."}

EDITS: list[tuple[str, str, Callable[[Now], list[FormEdit]]]] = [
    # prompts
    (
        "one language of a prompt",
        MIT,
        _prompt("welcome", "menu", "say", lambda was: {**was, "en": "Hello. Advocates are here."}),
    ),
    ("both languages of a prompt", MIT, _prompt("leave", "goodbye", "say", BOTH)),
    (
        "a text that needs quotes",
        MIT,
        _prompt("welcome", "menu", "say", lambda was: {**was, "en": 'Say "yes": now, # or later.'}),
    ),
    (
        "a text in braces that needs quotes",
        MIT,
        _prompt("advocate", "connect", "say", {"en": "One moment, please.", "es": "Un momento."}),
    ),
    ("a text in quotes that needs none", MIT, _prompt("about", "menu", "say", {"en": "What now?", "es": "¿Qué más?"})),
    (
        "a folded text, in the middle",
        MIT,
        _prompt(
            "about_harm",
            "message",
            "say",
            lambda was: {**was, "en": was["en"].replace("They know the campus", "They know this campus well")},
        ),
    ),
    (
        "a folded text, at its end",
        MIT,
        _prompt(
            "about_trace",
            "message",
            "say",
            lambda was: {**was, "es": f"{was['es']} Bórrela de inmediato, y también la copia."},
        ),
    ),
    ("a folded text, anew", MIT, _prompt("about_us", "message", "say", {"en": "Short.", "es": "Corto."})),
    ("a prompt that was not there", MIT, _prompt("instead", "menu", "say", BOTH)),
    (
        "a prompt that repeats differently",
        MIT,
        _prompt("welcome", "menu", "again", {"en": "Once more.", "es": "Otra vez."}),
    ),
    ("a prompt less", MIT, _prompt("conversation_ended", "menu", "say", None)),
    ("a language less", MIT, _prompt("goodbye", "goodbye", "say", lambda was: {"en": was["en"]})),
    (
        "a text of a site with one language",
        HARBOUR,
        _prompt("night", "menu", "say", "Nobody is here: call at {next_opening}."),
    ),
    (
        "the words of a recording",
        HARBOUR,
        _prompt("welcome", "menu", "say", {"en": {"audio": "welcome.wav", "text": "Welcome, friend."}}),
    ),
    ("a recording that becomes words", HARBOUR, _prompt("welcome", "menu", "say", {"en": "Welcome."})),
    (
        "words in braces within braces",
        PORTUGUESE,
        _prompt("goodbye", "goodbye", "say", {"en": "Goodbye!", "pt": "Até logo, e até breve."}),
    ),
    ("a phrase", MIT, lambda now: [SetPhrase("es", "no_key", now("phrases", "es", "no_key"), "No oí nada.")]),
    (
        "a phrase that was not there",
        MIT,
        lambda now: [SetPhrase("en", "wrong_key", None, "That key does nothing here.")],
    ),
    ("a phrase of a site that has none", PORTUGUESE, lambda now: [SetPhrase("en", "no_key", None, "I heard nothing.")]),
    (
        "a phrase as the product has it",
        MIT,
        lambda now: [SetPhrase("en", "no_key", now("phrases", "en", "no_key"), None)],
    ),
    # choices
    ("a choice added at the end", MIT, lambda now: [AddChoice("welcome", "5", BOTH, "about_trace", "4")]),
    (
        "a choice added first",
        MIT,
        lambda now: [AddChoice("welcome", "7", {"en": "for words", "es": "para palabras"}, "about", None)],
    ),
    (
        "a choice added to a menu like another",
        MIT,
        lambda now: [AddChoice("holiday", "1", {"en": "for a line", "es": "para una línea"}, "crisis", None)],
    ),
    ("a choice less", MIT, _without_choice("more_lines", "3")),
    (
        "the first choice less",
        SHELTER,
        lambda now: [
            RemoveChoice("welcome", key := _choices(now, "welcome")[0], now("nodes", "welcome", "menu", "choices", key))
        ],
    ),
    ("the last choice less", MIT, _without_choice("welcome", "4")),
    ("a choice up", MIT, lambda now: [MoveChoice("crisis", "3", "1", _choices(now, "crisis"))]),
    ("a choice to the top", MIT, lambda now: [MoveChoice("crisis", "5", None, _choices(now, "crisis"))]),
    ("a choice down", HARBOUR, lambda now: [MoveChoice("welcome", "1", "2", _choices(now, "welcome"))]),
    ("two keys that change places", MIT, lambda now: [SetKeys("about", {"1": "2", "2": "1"}, _choices(now, "about"))]),
    ("another key", MIT, lambda now: [SetKeys("after_hours", {"1": "6"}, _choices(now, "after_hours"))]),
    ("another way for a key", MIT, lambda now: [SetLead("welcome", "2", "crisis", "more_lines")]),
    ("another way for a key of all menus", MIT, lambda now: [SetLead(None, "9", "leave", "goodbye")]),
    (
        "words of a key",
        MIT,
        lambda now: [
            SetLabel(
                "welcome",
                "1",
                now("nodes", "welcome", "menu", "choices", "1", "label"),
                {"en": "for an advocate", "es": "para consejería"},
            )
        ],
    ),
    (
        "words of a key of all menus",
        MIT,
        lambda now: [
            SetLabel(None, "0", now("always", "0", "label"), {"en": "for a person", "es": "para una persona"})
        ],
    ),
    (
        "the only choice of a menu's own less",
        HARBOUR,
        lambda now: [RemoveChoice("night", "6", now("nodes", "night", "menu", "choices", "6"))],
    ),
    # keys that work everywhere
    (
        "a key of all menus added",
        MIT,
        lambda now: [AddChoice(None, "7", {"en": "for the end", "es": "para el final"}, "leave", "9")],
    ),
    ("a key for a language added", HARBOUR, lambda now: [AddLanguageKey(None, "8", "en", "9")]),
    ("a choice of a menu that changes the language", MIT, lambda now: [AddLanguageKey("welcome", "6", "es", "4")]),
    ("another language of a key", PORTUGUESE, lambda now: [SetLanguageKey(None, "7", "pt", "en")]),
    ("a key of all menus less, and where it is mentioned", HARBOUR, _key_of_all("9")),
    ("a key of all menus less, which menus mention alone", PORTUGUESE, _key_of_all("7")),
    ("another key for all menus", HARBOUR, lambda now: [SetKeys(None, {"9": "7"}, ("0", "9"))]),
    # the public page
    (
        "one language of a passage",
        MIT,
        lambda now: [
            SetPassage(
                0,
                "text",
                was := now("page", 0, "text"),
                {**was, "en": was["en"].replace("from 9 to 5 Eastern", "from 9 to 4 Eastern")},
            )
        ],
    ),
    ("a heading", MIT, _passage(0, "heading", {"en": "In danger?", "es": "¿En peligro?"})),
    ("a passage without a text", MIT, _passage(2, "text", None)),
    (
        "a point in other words, another one less",
        MIT,
        lambda now: [
            SetPoint(2, 0, now("page", 2, "points", 0), {"en": "think with you", "es": "pensar con usted"}),
            SetPoint(2, 4, now("page", 2, "points", 4), None),
        ],
    ),
    ("a point added", MIT, lambda now: [SetPoint(3, 4, None, BOTH)]),
    ("the first point of a passage", MIT, lambda now: [SetPoint(0, 0, None, BOTH)]),
    (
        "no points any more",
        MIT,
        lambda now: [SetPoint(3, number, now("page", 3, "points", number), None) for number in (3, 2, 1, 0)],
    ),
    (
        "a passage added",
        MIT,
        lambda now: [AddPassage({"heading": BOTH, "text": {"en": "Long words. " * 12, "es": "Palabras."}})],
    ),
    (
        "a passage added where there was none",
        HARBOUR,
        lambda now: [AddPassage({"heading": "Who can call", "text": "Everybody.", "points": ("a friend", "you")})],
    ),
    ("a passage less", MIT, lambda now: [RemovePassage(4, now("page", 4))]),
    ("a passage up", MIT, lambda now: [MovePassage(2, 0, now("page", 2, "heading"))]),
    ("a passage to the end", MIT, lambda now: [MovePassage(0, 8, now("page", 0, "heading"))]),
    # languages
    ("another voice", MIT, lambda now: [SetLanguage("es", "voice", "Polly.Lupe-Neural", "Polly.Mia-Neural")]),
    ("a fallback, which was not there", PORTUGUESE, lambda now: [SetLanguage("pt", "fallback", None, "en")]),
    (
        "how words are said",
        MIT,
        _spoken("en", lambda was: {**{key: each for key, each in was.items() if key != "edu"}, "VPR": "V P R"}),
    ),
    ("how a word is said, the first one", HARBOUR, _spoken("en", lambda _: {"MIT": "M I T", "Dr.": "Doctor"})),
    ("words that are said as written", MIT, _spoken("es", lambda _: None)),
    (
        "a language added",
        PORTUGUESE,
        lambda now: [AddLanguage("es", {"name": "español de aquí", "voice": "Polly.Mia-Neural", "fallback": "en"})],
    ),
    (
        "a language added, and none again",
        HARBOUR,
        lambda now: [
            AddLanguage("es", {"voice": "Polly.Mia-Neural", "fallback": "en"}),
            RemoveLanguage("es", {"voice": "Polly.Mia-Neural", "fallback": "en"}),
            SetLanguage("en", "name", None, "American"),
        ],
    ),
    # nodes
    ("tries, with a comment beside", MIT, _field("welcome", "menu", "tries", "3")),
    ("silence, which was not there", MIT, _field("welcome", "menu", "silence", "advocate")),
    ("a wait less", MIT, _field("holiday", "menu", "wait", None)),
    ("keys that are mentioned", MIT, _field("welcome", "menu", "mention", ("8", "star"))),
    ("where a message goes", MIT, _field("just_closed", "message", "go", "crisis")),
    ("another line in braces", MIT, _field("line_smhc", "transfer", "resource", "rainn")),
    ("what comes after a line", MIT, _field("line_smhc", "transfer", "otherwise", "crisis")),
    ("where calls begin on holidays", MIT, lambda now: [SetStart("holiday", "holiday", "after_hours")]),
    ("another last resort", MIT, lambda now: [SetEnd("last_resort", "barcc", "rainn")]),
    ("no node after a conversation", MIT, lambda now: [SetEnd("ended", "conversation_ended", None)]),
    (
        "a message added",
        MIT,
        lambda now: [AddNode("parking", NodeKind.MESSAGE, BOTH, {"go": "about"}, "about_trace")],
    ),
    (
        "a menu added at the end",
        SHELTER,
        lambda now: [AddNode("more", NodeKind.MENU, BOTH, {"1": "person"})],
    ),
    (
        "a transfer added where nodes are in braces",
        HARBOUR,
        lambda now: [AddNode("other", NodeKind.TRANSFER, None, {"resource": "nurse"}, "nurse")],
    ),
    (
        "a node added, led to, and another one left out",
        MIT,
        lambda now: [
            AddNode("new_end", NodeKind.GOODBYE, BOTH, {}, "goodbye"),
            SetLead(None, "9", "leave", "new_end"),
            RemoveNode("leave", now("nodes", "leave")),
        ],
    ),
    # outside lines
    (
        "dialled today",
        MIT,
        lambda now: [
            Verify(
                "barcc", now("resources", "barcc", "number"), now("resources", "barcc", "verified"), date(2026, 11, 29)
            )
        ],
    ),
    ("another number of a line", MIT, _line("trevor", "number", "+1 800 656 4673")),
    (
        "a name of a line",
        MIT,
        _line("safelink", "name", {"en": "SafeLink", "es": "SafeLink, la línea de Massachusetts"}),
    ),
    ("hours of a line instead of always", MIT, _line("mit_health", "open", {"daily": "8:00-20:00"})),
    ("always instead of hours", MIT, _line("call_for_change", "open", "always")),
    (
        "other hours of a line in braces",
        HARBOUR,
        _line("nurse", "open", {"monday-thursday": "8:00-12:00, 13:00-20:00", "friday": "8:00-12:00"}),
    ),
    ("a line's TTY, which was not there", MIT, _line("rainn", "tty", "+1 800 787 3224")),
    ("the day on which a line was dialled, no more", MIT, _line("ndvh", "verified", None)),
    ("a line added", MIT, lambda now: [AddLine("new_line", LINE)]),
    (
        "a line added where they are in braces",
        HARBOUR,
        lambda now: [AddLine("new_line", {**LINE, "name": "A New Line"})],
    ),
    # teams
    ("a team that rings in order", MIT, _team("advocates", "ring", "in-order")),
    ("a team with hours of its own", MIT, _team("advocates", "open", {"monday-friday": "9:00-17:00"})),
    ("a longer wait, with a comment beside", SHELTER, _team("hotline", "longest_wait", "90")),
    ("a team added", MIT, lambda now: [AddTeam("night", {"ring": "rotate", "seconds": "15", "longest_wait": "60"})]),
    (
        "a team less",
        HARBOUR,
        lambda now: [SetField("nobody", "team", "nobody", "desk"), RemoveTeam("nobody", now("teams", "nobody"))],
    ),
    (
        "a member added",
        MIT,
        lambda now: [AddMember("advocates", {"name": "Front desk", "number": "$DESK", "desk": "true"})],
    ),
    ("the first member of a team", HARBOUR, lambda now: [AddMember("nobody", {"name": "Kit", "number": "$KIT"})]),
    ("a member renamed", MIT, _member("advocates", 0, name="Ms O'Neil, on call")),
    ("a member with other shifts", SHELTER, _member("hotline", 0, shifts={"monday-friday": "7:00-12:00, 13:00-19:00"})),
    ("a member with another phone and no shifts", SHELTER, _member("hotline", 1, number="$STAFF_8", shifts=None)),
    (
        "a member less",
        VOLUNTEERS,
        lambda now: [RemoveMember(team := next(iter(now("teams"))), now("teams", team, "members", 0))],
    ),
    # the hours
    ("another time zone", MIT, lambda now: [SetZone("America/New_York", "America/Chicago")]),
    (
        "a day with a note",
        MIT,
        lambda now: [AddDay({"date": "2026-12-04", "name": BOTH, "note": "The president's letter: all offices."})],
    ),
    (
        "shorter Fridays",
        MIT,
        lambda now: [SetWeek(now("open"), {"monday-thursday": "9:00-17:00", "friday": "9:00-12:00, 13:00-15:00"})],
    ),
    ("another calendar", MIT, lambda now: [SetCalendars(("US", "US-MA"), ("US", "US-NY"))]),
    ("no calendar", HARBOUR, lambda now: [SetCalendars(now("holidays", "calendars"), ())]),
    (
        "the name of a holiday",
        MIT,
        lambda now: [
            SetHolidayName(
                "Columbus Day", now("holidays", "names", "Columbus Day"), {"en": "the holiday", "es": "el feriado"}
            )
        ],
    ),
    (
        "the name of a holiday, which was not there",
        HARBOUR,
        lambda now: [SetHolidayName("Labor Day", None, "Labor Day, a holiday")],
    ),
    (
        "the name of a holiday as in the calendar",
        MIT,
        lambda now: [
            SetHolidayName(
                "Juneteenth National Independence Day",
                now("holidays", "names", "Juneteenth National Independence Day"),
                None,
            )
        ],
    ),
    (
        "words of a closed day in another language",
        MIT,
        lambda now: [
            AddDay({"date": "2026-12-04", "name": {"en": "snow day"}}),
            SetDayName({"date": "2026-12-04", "name": {"en": "snow day"}}, {"en": "snow day", "es": "nieve"}),
        ],
    ),
    # what is true of the helpline
    (
        "the helpline's name",
        MIT,
        lambda now: [SetHelpline("name", now("helpline", "name"), "Violence Prevention & Response")],
    ),
    ("an e-mail address, which was not there", HARBOUR, lambda now: [SetHelpline("email", None, "help@example.org")]),
    ("a page's address", MIT, lambda now: [SetLink("form", "", "https://www.example.org/form")]),
    ("a limit", MIT, lambda now: [SetBudget("silent", "63", "50")]),
    ("nodes that are alike", MIT, lambda now: [SetAlike(now("alike"), (*now("alike"), ("crisis", "more_lines")))]),
    ("no nodes that are alike", SHELTER, lambda now: [SetAlike(now("alike"), ())]),
    (
        "a promise, and another one",
        MIT,
        lambda now: [
            AddPromise({"when": "closed", "keys": ("1",), "reaches": "barcc"}),
            AddPromise({"when": "open", "keys": (), "reaches": "advocates", "within": "60"}),
        ],
    ),
    (
        "a promise, and none again",
        MIT,
        lambda now: [
            AddPromise({"when": "closed", "keys": ("1",), "reaches": "barcc"}),
            RemovePromise({"when": "closed", "keys": ("1",), "reaches": "barcc"}),
            SetBudget("silent", "63", "50"),
        ],
    ),
]
