"""Rules for the whole tree: every path that needs no caller ends.

These hold for any valid tree, and the engine relies on them. Whether callers reach help in time is checked by the
proof.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from typing import assert_never

from phonetree.config.reader import Findings
from phonetree.core.schedule import Kind
from phonetree.core.tree import (
    PERSON_KEY,
    Choice,
    Connect,
    Goodbye,
    GoTo,
    HelplineHours,
    HoursNode,
    Key,
    Menu,
    Message,
    Node,
    NodeId,
    Site,
    Transfer,
    Voicemail,
    past_words,
)
from phonetree.errors import Where

MOST_IN_A_ROW = 20
"""How many nodes a call may pass without the caller: words for several minutes."""

MOST_CYCLES = 10
"""How many cycles are reported at once."""

Graph = Mapping[NodeId, set[NodeId]]

ANY_MENU = "*"
"""Stands for every menu in a graph: a transfer that goes back to one then needs no edge to each."""


def without_caller(node: Node, back: Iterable[NodeId]) -> Iterator[NodeId]:
    """Where a node leads when the caller does nothing, whatever else happens.

    A transfer without `otherwise` goes `back`: to the menu heard last, or to the start of a call that heard none.
    """
    match node:
        case Menu(silence=silence):
            yield silence
        case Message(go=go) | Voicemail(go=go):
            yield go
        case HoursNode(go=by_kind):
            yield from by_kind.values()
        case Connect(closed=closed, otherwise=otherwise, after=after):
            yield from (closed, otherwise)
            yield from (after,) if after else ()
        case Transfer(otherwise=otherwise, after=after):
            yield from (otherwise,) if otherwise else back
            yield from (after,) if after else ()
        case Goodbye():
            return
        case _:
            assert_never(node)


def by_choice(node: Node) -> Iterator[NodeId]:
    """Where a node leads when the caller presses a key."""
    if isinstance(node, Menu):
        yield from (choice.target.node for choice in node.choices if isinstance(choice.target, GoTo))


def reached_when(site: Site, kind: Kind) -> Mapping[NodeId, NodeId]:
    """The nodes to which calls come at moments of a kind, as far as the helpline's hours decide, each with a node that
    leads there (the first with itself). While the line is open, its teams count as open, too."""
    begin = site.start[kind]
    found, waiting = {begin: begin}, [begin]
    while waiting:
        name = waiting.pop()
        for each in _onward(site, site.nodes[name], kind):
            if each not in found:
                found[each] = name
                waiting.append(each)
    return found


def _onward(site: Site, node: Node, kind: Kind) -> Iterator[NodeId]:
    match node:
        case HoursNode(go=by_kind):
            yield by_kind[kind]
        case Connect(otherwise=otherwise, after=after) if kind is Kind.OPEN:
            yield from (otherwise, after) if after else (otherwise,)
        case Connect(team=team, closed=closed) if site.teams[team].hours == HelplineHours(inside=True):
            yield closed
        case _:
            yield from (*without_caller(node, ()), *by_choice(node))
            if isinstance(node, Menu):
                yield from (each.target.node for each in site.always.values() if isinstance(each.target, GoTo))


def check(
    nodes: Mapping[NodeId, Node],
    places: Mapping[NodeId, Where],
    start: Mapping[Kind, NodeId],
    always: Mapping[Key, Choice],
    findings: Findings,
) -> None:
    """Reports cycles and long paths without the caller, unreachable nodes, and a 0 that reaches nobody."""
    back = (ANY_MENU, *start.values())
    alone = {name: set(without_caller(node, back)) for name, node in nodes.items()}
    alone[ANY_MENU] = {name for name, node in nodes.items() if isinstance(node, Menu)}
    order = _refuse_rounds(alone, places, findings)
    _refuse_long_ways(alone, order, places, findings)
    if findings.problems:
        return  # what follows would not end in a cycle
    keys = [choice.target.node for choice in always.values() if isinstance(choice.target, GoTo)]
    _refuse_unreachable(nodes, alone, places, [*start.values(), *keys], findings)
    _refuse_nobody(nodes, places, always, findings)


def _refuse_rounds(alone: Graph, places: Mapping[NodeId, Where], findings: Findings) -> list[NodeId]:
    """The nodes, each after those it leads to; edges that close a cycle are reported and left out."""
    for _ in range(MOST_CYCLES):
        try:
            return list(TopologicalSorter(alone).static_order())
        except CycleError as error:
            round_ = list(reversed(error.args[1]))
            first = min((name for name in round_ if name != ANY_MENU), key=lambda name: places[name])
            turned = round_[:-1][round_.index(first) :] + round_[: round_.index(first)]
            shown = " -> ".join(name for name in [*turned, first] if name != ANY_MENU)
            findings.problem(
                places[first],
                f"node '{first}': a caller who does nothing could go round for ever ({shown}); "
                "let one of them lead on to a line, a message or a goodbye",
            )
            alone[turned[-1]].discard(first)
    return []


def _refuse_long_ways(alone: Graph, order: list[NodeId], places: Mapping[NodeId, Where], findings: Findings) -> None:
    longest: dict[NodeId, int] = {}
    for name in order:
        longest[name] = (name != ANY_MENU) + max((longest[after] for after in alone[name]), default=0)
        if longest[name] == MOST_IN_A_ROW + 1 and name != ANY_MENU:
            findings.problem(
                places[name],
                f"node '{name}': more than {MOST_IN_A_ROW} nodes follow without the caller; shorten the path",
            )


def _refuse_unreachable(
    nodes: Mapping[NodeId, Node],
    alone: Graph,
    places: Mapping[NodeId, Where],
    begin: list[NodeId],
    findings: Findings,
) -> None:
    reached, waiting = set(begin), list(begin)
    while waiting:
        name = waiting.pop()
        for after in (*alone[name], *by_choice(nodes[name])):
            if after not in reached and after != ANY_MENU:  # a menu that was heard before was reached before
                reached.add(after)
                waiting.append(after)
    for name in nodes:
        if name not in reached:
            findings.problem(
                places[name], f"node '{name}': no call ever comes here; add a key that leads here, or remove it"
            )


def _refuse_nobody(
    nodes: Mapping[NodeId, Node], places: Mapping[NodeId, Where], always: Mapping[Key, Choice], findings: Findings
) -> None:
    target = always[PERSON_KEY].target
    person = first_stops(nodes, target.node) if isinstance(target, GoTo) else ()
    for name in person:
        if not isinstance(nodes[name], Connect | Transfer):
            findings.problem(
                places[name],
                f"node '{name}': key '{PERSON_KEY}' leads here, but it may lead only to a person or a line; "
                "make it a connect or a transfer",
            )


def first_stops(nodes: Mapping[NodeId, Node], name: NodeId) -> Iterator[NodeId]:
    """The first nodes from `name` on that are neither messages nor hours, each once."""
    seen, waiting = {name}, [name]
    for node in waiting:  # grows while it is walked
        match nodes[node]:
            case Message(go=go):
                following = [go]
            case HoursNode(go=by_kind):
                following = list(dict.fromkeys(by_kind.values()))
            case Menu() | Connect() | Transfer() | Voicemail() | Goodbye():
                following = []
                yield node
            case other:
                assert_never(other)
        waiting += [after for after in following if after not in seen]
        seen.update(following)


def with_resources(nodes: Mapping[NodeId, Node]) -> Mapping[NodeId, Node]:
    """The nodes, each choice with the outside line that it leads to, so that it is not offered while that is closed."""
    return {name: _with_resources(node, nodes) if isinstance(node, Menu) else node for name, node in nodes.items()}


def _with_resources(menu: Menu, nodes: Mapping[NodeId, Node]) -> Menu:
    return replace(menu, choices=tuple(replace(choice, resource=_line(choice, nodes)) for choice in menu.choices))


def _line(choice: Choice, nodes: Mapping[NodeId, Node]) -> str | None:
    if not isinstance(choice.target, GoTo):
        return None
    node = past_words(nodes, choice.target.node)
    return node.resource if isinstance(node, Transfer) else None
