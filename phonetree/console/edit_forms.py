"""Edit by form: the parts of a draft, each on a page with one button that saves it.

Every form carries what it showed. Saving changes the values that were typed anew, as long as each is still what the
form showed; of one that somebody else changed meanwhile, both are told, and nothing is saved.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from flask import Blueprint, flash, redirect, request, url_for

from phonetree.config.document import Value
from phonetree.config.edit_places import kind_of, leading_to, left_over, table, using_line, using_team
from phonetree.config.site import Contents
from phonetree.console.access import needs
from phonetree.console.draft_gone import PartGoneError
from phonetree.console.drafts import checked_now, draft_of
from phonetree.console.edit_saving import SAVED, Answer, Parts, save, today, unreadable
from phonetree.console.form_fields import (
    Group,
    Typed,
    packed,
    part_edited,
    touched,
    unpacked,
    with_problems,
    with_typed,
)
from phonetree.console.forms import Form, form_of
from phonetree.console.labels import Typed as WasTyped
from phonetree.console.layout import render
from phonetree.console.meanwhile import saved_meanwhile
from phonetree.errors import DraftError, EditError
from phonetree.store.drafts import Draft
from phonetree.store.roles import Role

blueprint = Blueprint("forms", __name__)


@dataclass(frozen=True, slots=True)
class LeftOver:
    """Nodes to which no call comes, and what names them all the same."""

    nodes: tuple[str, ...]
    named: tuple[str, ...]

    @classmethod
    def of(cls, routing: Value) -> "LeftOver | None":
        """Those of a file; None if there are none."""
        nodes = left_over(routing)
        named = dict.fromkeys(each for node in nodes for each in leading_to(routing, node, nodes))
        return cls(nodes, tuple(named)) if nodes else None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a form: its heading; who uses the thing, if it can be removed; the nodes to which no call comes, where
    that can be changed."""

    title: str
    form: Form
    what: str = ""
    name: str = ""
    used: tuple[str, ...] = ()
    left_over: LeftOver | None = None


@blueprint.route("/staff/edit/<id_>/nodes/<node>", methods=["GET", "POST"])
@needs(Role.EDITOR)
def node(id_: str, node: str) -> Answer:
    """A node: its words, where it leads, its choices."""

    def make(parts: Parts) -> Page:
        _there(parts.routing, "nodes", node)
        form, kind = _form(parts, "node", node), kind_of(parts.routing, node)
        used = tuple(leading_to(parts.routing, node))
        return Page(f"{node}, a {kind} node", form, "node", node, used, LeftOver.of(parts.routing))

    return _page(id_, make)


@blueprint.route("/staff/edit/<id_>/lines/<line>", methods=["GET", "POST"])
@needs(Role.EDITOR)
def line(id_: str, line: str) -> Answer:
    """An outside line."""

    def make(parts: Parts) -> Page:
        _there(parts.routing, "resources", line)
        form = _form(parts, "line", line)
        return Page(f"{line}, an outside line", form, "line", line, tuple(using_line(parts.routing, line)))

    return _page(id_, make)


@blueprint.route("/staff/edit/<id_>/teams/<team>", methods=["GET", "POST"])
@needs(Role.EDITOR)
def team(id_: str, team: str) -> Answer:
    """A team and its members."""

    def make(parts: Parts) -> Page:
        _there(parts.routing, "teams", team)
        return Page(f"{team}, a team", _form(parts, "team", team), "team", team, tuple(using_team(parts.routing, team)))

    return _page(id_, make)


@blueprint.route("/staff/edit/<id_>/hours", methods=["GET", "POST"])
@needs(Role.EDITOR)
def hours(id_: str) -> Answer:
    """The week and the public holidays."""
    return _page(id_, lambda parts: Page("Hours", _form(parts, "hours")))


@blueprint.route("/staff/edit/<id_>/phrases", methods=["GET", "POST"])
@needs(Role.EDITOR)
def phrases(id_: str) -> Answer:
    """The product's own sentences."""
    return _page(id_, lambda parts: Page("Sentences", _form(parts, "phrases")))


@blueprint.route("/staff/edit/<id_>/helpline", methods=["GET", "POST"])
@needs(Role.EDITOR)
def helpline(id_: str) -> Answer:
    """The helpline's name, its pages, limits."""

    def make(parts: Parts) -> Page:
        form = _form(parts, "helpline")
        return Page("The helpline", form, left_over=LeftOver.of(parts.routing))

    return _page(id_, make)


@blueprint.route("/staff/edit/<id_>/page", methods=["GET", "POST"])
@needs(Role.EDITOR)
def page(id_: str) -> Answer:
    """The passages of the public page."""
    return _page(id_, lambda parts: Page("The public page", _form(parts, "page")))


@blueprint.route("/staff/edit/<id_>/languages", methods=["GET", "POST"])
@needs(Role.EDITOR)
def languages(id_: str) -> Answer:
    """The languages and their voices."""
    return _page(id_, lambda parts: Page("Languages and voices", _form(parts, "languages")))


@blueprint.route("/staff/edit/<id_>/always", methods=["GET", "POST"])
@needs(Role.EDITOR)
def always(id_: str) -> Answer:
    """The keys that work in every menu."""

    def make(parts: Parts) -> Page:
        form = _form(parts, "always")
        return Page("Keys that work in every menu", form, left_over=LeftOver.of(parts.routing))

    return _page(id_, make)


def _form(parts: Parts, page: str, name: str = "") -> Form:
    return form_of(page, name, parts.hours, parts.routing, parts.languages, today())


def _there(routing: Value, key: str, name: str) -> None:
    if name not in table(routing, key):
        raise PartGoneError


def _page(id_: str, make: Callable[[Parts], Page]) -> Answer:
    problems: dict[str, str] = {}
    if request.method == "POST":
        before = unpacked(request.form.get("before", ""))
        try:
            told = save(id_, lambda parts: make(parts).form.edits(before, request.form))
            flash(told, "message")
            if told != SAVED:
                return redirect(request.path, 303)
            return redirect(_back_to(make(Parts.of(draft_of(id_)[1])).form, before), 303)
        except EditError as error:
            problems = error.problems
        except DraftError as error:
            problems = {"": str(error)}
    draft, files = draft_of(id_)
    try:
        page = make(Parts.of(files))
    except EditError as error:
        return unreadable(draft, error), 409
    groups = page.form.groups(page.form.now())
    if problems:
        shown = tuple(page.form.groups(before))
        groups = tuple(groups)
        gone = _gone(groups, shown)
        return _shown(
            draft, files, page, _overlaid(groups, shown, request.form), _told(problems, gone), _lost(gone, request.form)
        ), 422
    return _shown(draft, files, page, groups)


def _back_to(form: Form, before: Value) -> str:
    """The address of a form after it was saved, at the part that was edited."""
    part, focus = part_edited(form.groups(before), tuple(form.groups(form.now())), request.form)
    address = {**(request.view_args or {}), "saved": part or "1"}
    return url_for(request.endpoint or "", **address, _anchor=focus or None)


def _overlaid(now: Iterable[Group], shown: Iterable[Group], typed: Typed) -> Iterator[Group]:
    """The fields as they are now, with what somebody typed: not what they left as it was, nor what was about something
    that is not there any more."""
    was = {group.about or group.legend: group for group in shown}
    for group in now:
        if before := was.get(group.about or group.legend):
            yield from with_typed([group], touched([before], typed))
        else:
            yield group


def _gone(now: Iterable[Group], shown: Iterable[Group]) -> tuple[Group, ...]:
    """The parts of a form that it does not have any more, such as a choice that somebody removed."""
    there = {group.about or group.legend for group in now}
    return tuple(group for group in shown if (group.about or group.legend) not in there)


def _told(problems: Mapping[str, str], gone: Iterable[Group]) -> Mapping[str, str]:
    """Problems, those of a part that is gone at no field."""
    lost = tuple(f"{group.about}." for group in gone if group.about)
    at_none = [text for field, text in problems.items() if not field or f"{field}.".startswith(lost)]
    others = {field: text for field, text in problems.items() if field and not f"{field}.".startswith(lost)}
    return others | ({"": "\n".join(dict.fromkeys(at_none))} if at_none else {})


def _lost(gone: Iterable[Group], typed: Typed) -> Iterator[WasTyped]:
    """What was typed into parts that are gone."""
    for group in gone:
        labels = {each.name: each.label for each in group.inputs}
        for name, value in touched([group], typed).items(multi=True):
            yield WasTyped(f"{group.legend}, {labels[name]}", value)


def _shown(
    draft: Draft,
    files: Contents,
    page: Page,
    groups: Iterable[Group],
    problems: Mapping[str, str] = MappingProxyType({}),
    lost: Iterable[WasTyped] = (),
) -> str:
    marked, problem = with_problems(groups, problems)
    wrong = [each for group in marked for each in group.inputs if each.problem]
    return render(
        "console/edit_form.html",
        draft=draft,
        page=page,
        groups=marked,
        before=packed(page.form.now()),
        problem=problem,
        lost=tuple(lost),
        wrong=len(wrong),
        first=wrong[0] if wrong else None,
        meanwhile=saved_meanwhile(draft) if problems else "",
        missing=sum(each.missing for group in marked for each in group.inputs),
        checked=checked_now(draft, files) if "saved" in request.args and not problems else None,
        saved="" if problems else request.args.get("saved", ""),
        left_over=page.left_over,
    )
