"""Edits by form of random legal sites, in different styles: what comes out says what was asked, and compiles or says
why not."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from phonetree.config.edit_lines import RemoveLine, SetLine
from phonetree.config.edit_nodes import (
    AddChoice,
    AddNode,
    MoveChoice,
    RemoveChoice,
    RemoveNode,
    SetField,
    SetKeys,
    SetLabel,
    SetLead,
)
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


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_whatever_is_edited_compiles_or_says_why_not(data: st.DataObject) -> None:
    hours, routing = data.draw(trees.sites())
    contents: Contents = {HOURS: data.draw(_written(hours)), ROUTING: data.draw(_written(routing))}
    edit = data.draw(_edits(routing))
    refused: ConfigError | EditError | None = None
    try:
        made_of(edited(contents, [edit], Path(), RULES), Path(), RULES)
    except (ConfigError, EditError) as error:
        refused = error
    event(f"{type(edit).__name__}: {type(refused).__name__}")
    if isinstance(refused, EditError):
        assert all(refused.problems.values())
        assert "by form" not in str(refused)
