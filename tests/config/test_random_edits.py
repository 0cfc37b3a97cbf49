"""Edits by form of random legal sites, in different styles: what comes out says what was asked, and compiles or says
why not."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from phonetree.config.edit_hours import SetZone
from phonetree.config.edit_languages import AddLanguage, RemoveLanguage, SetLanguage
from phonetree.config.edit_lines import RemoveLine, SetLine
from phonetree.config.edit_nodes import (
    AddChoice,
    AddLanguageKey,
    AddNode,
    MoveChoice,
    RemoveChoice,
    RemoveNode,
    SetField,
    SetKeys,
    SetLabel,
    SetLanguageKey,
    SetLead,
)
from phonetree.config.edit_page import AddPassage, MovePassage, RemovePassage, SetPassage, SetPoint
from phonetree.config.edit_prompts import SetPrompt
from phonetree.config.edit_teams import RemoveMember, SetMember, SetTeam
from phonetree.config.edits import FormEdit, edited
from phonetree.config.site import HOURS, ROUTING, Contents, made_of
from phonetree.core.tree import NodeKind
from phonetree.errors import ConfigError, EditError
from tests.support import trees
from tests.support.lines import RULES

_TEXTS = st.one_of(
    st.sampled_from(["Hello.", "Yes: no, # or", "'x", '"', "{next_opening}", "- a", "& b", "long words " * 20]),
    st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"], exclude_characters="{}"), min_size=1),
)
_PROMPTS = st.fixed_dictionaries({"en": _TEXTS}, optional={"es": _TEXTS})


class _Style(yaml.SafeDumper):
    """Block style, with folded lines for long texts, lists indented or not."""

    indented = True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> Any:
        return super().increase_indent(flow, indentless and not self.indented)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _folded(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=">" if len(text) > 18 else None)


_Style.add_representer(str, _folded)


class _Flush(_Style):
    indented = False


@st.composite
def _written(draw: st.DrawFn, data: dict[str, Any]) -> bytes:
    """A file in one of several styles."""
    match draw(st.sampled_from(["json", "one line", "block", "flush", "mixed"])):
        case "json":
            text = json.dumps(data, indent=1, ensure_ascii=False)
        case "one line":
            text = json.dumps(data, ensure_ascii=False)
        case "mixed":
            text = yaml.dump(data, Dumper=_Style, allow_unicode=True, sort_keys=False, default_flow_style=None)
        case style:
            dumper = _Style if style == "block" else _Flush
            text = yaml.dump(data, Dumper=dumper, allow_unicode=True, sort_keys=False, width=40)
    if draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    return text.encode()


@st.composite
def _pages(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Passages of the public page."""
    texts = st.sampled_from([f"Who can call {draw(st.integers(1, 9))} times: you.", "long words " * 9])
    prompts = st.fixed_dictionaries({"en": texts, "es": texts})
    passage = st.fixed_dictionaries(
        {"heading": prompts, "text": prompts}, optional={"points": st.lists(prompts, min_size=1, max_size=3)}
    )
    return draw(st.lists(passage, min_size=1, max_size=3))


@st.composite
def _whole(draw: st.DrawFn, routing: dict[str, Any]) -> FormEdit:
    """Edits of what is true of the helpline as a whole: its page, its languages, the keys that work everywhere."""
    page, spoken = routing["page"], {"MIT": "M I T", "Dr.": draw(_TEXTS)}
    number = draw(st.integers(0, len(page) - 1))
    points = _plain(page[number].get("points", ()))
    keys = tuple(routing["always"])
    key = draw(st.sampled_from(keys))
    behind = (number + draw(st.integers(0, len(page) - 1))) % len(page)
    made: list[FormEdit] = [
        SetPassage(number, "heading", page[number]["heading"], draw(_PROMPTS)),
        SetPassage(number, "text", page[number]["text"], draw(st.one_of(st.none(), _PROMPTS))),
        SetPoint(number, len(points), None, draw(_PROMPTS)),
        AddPassage({"heading": draw(_PROMPTS), "text": draw(_PROMPTS), "points": (draw(_PROMPTS), draw(_PROMPTS))}),
        RemovePassage(number, _plain(page[number])),
        MovePassage(number, None if behind == number else behind, page[number]["heading"]),
        SetLanguage("es", "voice", "Polly.Lupe-Neural", "Polly.Mia-Neural"),
        SetLanguage("es", "spoken", None, spoken),
        AddLanguage("fr", {"voice": "man", "code": "fr-CA", "name": draw(_TEXTS), "fallback": "en"}),
        RemoveLanguage("es", _plain(routing["languages"]["es"])),
        SetZone("America/New_York", "Europe/Paris"),
        AddChoice(None, draw(st.sampled_from("3457")), draw(_PROMPTS), "bye", key),
        AddLanguageKey(None, draw(st.sampled_from("3457")), "en", key),
        SetLanguageKey(None, "8", "es", "en"),
        RemoveChoice(None, key, routing["always"][key]),
        SetKeys(None, {"9": draw(st.sampled_from("3457")), "8": "9"}, keys),
        *(SetPoint(number, which, point, draw(_PROMPTS)) for which, point in enumerate(points)),
        *(SetPoint(number, which, point, None) for which, point in enumerate(points)),
    ]
    return draw(st.sampled_from(made))


@st.composite
def _edits(draw: st.DrawFn, routing: dict[str, Any]) -> FormEdit:
    nodes = routing["nodes"]
    menus = [name for name in nodes if "menu" in nodes[name]]
    node = draw(st.sampled_from(draw(st.sampled_from([menus or sorted(nodes), sorted(nodes)]))))
    ((kind, content),) = nodes[node].items()
    line = draw(st.sampled_from(sorted(routing["resources"])))
    made: list[FormEdit] = [
        SetPrompt(node, "say", content.get("say"), draw(st.one_of(st.none(), _PROMPTS))),
        SetLine(line, "name", routing["resources"][line]["name"], draw(_PROMPTS)),
        SetLine(line, "open", _plain(routing["resources"][line]["open"]), {"monday": "9:00-12:00, 13:00-17:00"}),
        RemoveLine(line, _plain(routing["resources"][line])),
        RemoveNode(node, _plain(nodes[node])),
        AddNode("new", NodeKind.MESSAGE, draw(_PROMPTS), {"go": node}, node),
        SetTeam("t0", "open", routing["teams"]["t0"]["open"], {"daily": "9:00-17:00"}),
    ]
    if kind == "menu":
        keys = tuple(content["choices"])
        key = draw(st.sampled_from(keys))
        choice = content["choices"][key]
        behind = draw(
            st.one_of(st.none(), st.sampled_from(keys).filter(lambda each: each != key) if len(keys) > 1 else st.none())
        )
        made += [
            MoveChoice(node, key, behind, keys),
            SetKeys(node, dict(zip(keys, draw(st.permutations(keys)), strict=True)), keys),
            RemoveChoice(node, key, choice),
            AddChoice(node, draw(st.sampled_from("4567")), draw(_PROMPTS), "bye", behind),
            SetLabel(node, key, choice["label"], draw(_PROMPTS)),
            SetLead(node, key, choice["go"], draw(st.sampled_from(sorted(nodes)))),
            SetField(node, "mention", tuple(content["mention"]), tuple(draw(st.permutations(["0", "8", "star"])))),
        ]
        if draw(st.booleans()):
            return draw(st.sampled_from(made[-7:]))
    for member in routing["teams"]["t0"]["members"][:1]:
        made += [SetMember("t0", member, {**member, "name": draw(_TEXTS)}), RemoveMember("t0", member)]
    return draw(st.sampled_from(made))


def _plain(value: Any) -> Any:
    """What a file says that was written from plain data."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return tuple(map(_plain, value)) if isinstance(value, list) else str(value)


@pytest.mark.long
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_whatever_is_edited_compiles_or_says_why_not(data: st.DataObject) -> None:
    hours, routing = data.draw(trees.sites())
    routing["page"] = data.draw(_pages())
    contents: Contents = {HOURS: data.draw(_written(hours)), ROUTING: data.draw(_written(routing))}
    edit = data.draw(st.one_of(_edits(routing), _whole(routing)))
    refused: ConfigError | EditError | None = None
    try:
        made_of(edited(contents, [edit], Path(), RULES), Path(), RULES)
    except (ConfigError, EditError) as error:
        refused = error
    event(f"{type(edit).__name__}: {type(refused).__name__}")
    if isinstance(refused, EditError):
        assert all(refused.problems.values())
        assert "by form" not in str(refused)
