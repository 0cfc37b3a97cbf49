"""Edit by form: the parts of a draft, each on a page with one button that saves it.

Every form carries what it showed. Saving changes the values that were typed anew, as long as each is still what the
form showed; of one that somebody else changed meanwhile, both are told, and nothing is saved.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from dataclasses import fields as dataclass_fields
from datetime import date
from types import MappingProxyType
from typing import Protocol

from flask import Blueprint, abort, flash, redirect, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from phonetree.config.document import Value
from phonetree.config.edit_lines import RemoveLine
from phonetree.config.edit_nodes import AddNode, RemoveNode, RemoveNodes
from phonetree.config.edit_places import leading_to, left_over, table, using_line, using_team
from phonetree.config.edit_teams import AddTeam, RemoveTeam
from phonetree.config.edits import FormEdit, edited
from phonetree.config.site import HOURS, ROUTING, Contents
from phonetree.config.steps import value_of
from phonetree.console.access import needs, staff
from phonetree.console.drafting import has_marks
from phonetree.console.drafts import draft_of
from phonetree.console.edit_choices_form import AlwaysForm
from phonetree.console.edit_general_forms import HelplineForm, HoursForm, PhrasesForm
from phonetree.console.edit_guided import Guided, Made, NewLine, NewMessage
from phonetree.console.edit_languages_form import LanguagesForm
from phonetree.console.edit_node_form import NodeForm
from phonetree.console.edit_page_form import PageForm
from phonetree.console.edit_people_forms import LineForm, TeamForm
from phonetree.console.form_fields import (
    Group,
    Input,
    Languages,
    Options,
    Typed,
    packed,
    part_edited,
    touched,
    typed_value,
    unpacked,
    with_problems,
    with_typed,
)
from phonetree.console.layout import render
from phonetree.console.once import once, once_of
from phonetree.console.services import services
from phonetree.core.tree import NodeKind
from phonetree.errors import DraftError, DraftOutdatedError, EditError
from phonetree.store.drafts import Draft
from phonetree.store.roles import Role

blueprint = Blueprint("forms", __name__)

TIMES = 3
"""How often a form is saved anew because somebody saved the same draft at the same moment."""

SAVED = "Saved. Callers hear nothing of it until the draft is published."

Answer = str | tuple[str, int] | Response


class Form(Protocol):
    """What a page edits."""

    def now(self) -> Value: ...

    def groups(self, said: Value) -> Iterable[Group]: ...

    def edits(self, before: Value, typed: Typed) -> Iterable[FormEdit]: ...


@dataclass(frozen=True, slots=True)
class Parts:
    """The files of a draft as forms see them."""

    hours: Value
    routing: Value
    languages: Languages

    @classmethod
    def of(cls, files: Contents) -> "Parts":
        """Raises EditError when a file is no YAML."""
        hours, routing = (value_of(files[name], name) for name in (HOURS, ROUTING))
        known = {name: info.name for name, info in services().live.known().site.languages.items()}
        return cls(hours, routing, Languages.of(routing, known))


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


# -- pages


@blueprint.route("/staff/edit/<id_>/nodes/<node>", methods=["GET", "POST"])
@needs(Role.EDITOR)
def node(id_: str, node: str) -> Answer:
    """A node: its words, where it leads, its choices."""

    def make(parts: Parts) -> Page:
        _there(parts.routing, "nodes", node)
        form = NodeForm(parts.routing, node, parts.languages)
        used = tuple(leading_to(parts.routing, node))
        return Page(f"{node}, a {form.kind} node", form, "node", node, used, LeftOver.of(parts.routing))

    return _page(id_, make)


@blueprint.route("/staff/edit/<id_>/lines/<line>", methods=["GET", "POST"])
@needs(Role.EDITOR)
def line(id_: str, line: str) -> Answer:
    """An outside line."""

    def make(parts: Parts) -> Page:
        _there(parts.routing, "resources", line)
        form = LineForm(parts.routing, line, parts.languages, _today())
        return Page(f"{line}, an outside line", form, "line", line, tuple(using_line(parts.routing, line)))

    return _page(id_, make)


@blueprint.route("/staff/edit/<id_>/teams/<team>", methods=["GET", "POST"])
@needs(Role.EDITOR)
def team(id_: str, team: str) -> Answer:
    """A team and its members."""

    def make(parts: Parts) -> Page:
        _there(parts.routing, "teams", team)
        return Page(
            f"{team}, a team", TeamForm(parts.routing, team), "team", team, tuple(using_team(parts.routing, team))
        )

    return _page(id_, make)


@blueprint.route("/staff/edit/<id_>/hours", methods=["GET", "POST"])
@needs(Role.EDITOR)
def hours(id_: str) -> Answer:
    """The week and the public holidays."""
    return _page(id_, lambda parts: Page("Hours", HoursForm(parts.hours, parts.languages)))


@blueprint.route("/staff/edit/<id_>/phrases", methods=["GET", "POST"])
@needs(Role.EDITOR)
def phrases(id_: str) -> Answer:
    """The product's own sentences."""
    return _page(id_, lambda parts: Page("Sentences", PhrasesForm(parts.routing, parts.languages)))


@blueprint.route("/staff/edit/<id_>/helpline", methods=["GET", "POST"])
@needs(Role.EDITOR)
def helpline(id_: str) -> Answer:
    """The helpline's name, its pages, limits."""

    def make(parts: Parts) -> Page:
        form = HelplineForm(parts.routing, parts.languages)
        return Page("The helpline", form, left_over=LeftOver.of(parts.routing))

    return _page(id_, make)


@blueprint.route("/staff/edit/<id_>/page", methods=["GET", "POST"])
@needs(Role.EDITOR)
def page(id_: str) -> Answer:
    """The passages of the public page."""
    return _page(id_, lambda parts: Page("The public page", PageForm(parts.routing, parts.languages)))


@blueprint.route("/staff/edit/<id_>/languages", methods=["GET", "POST"])
@needs(Role.EDITOR)
def languages(id_: str) -> Answer:
    """The languages and their voices."""
    return _page(id_, lambda parts: Page("Languages and voices", LanguagesForm(parts.routing, parts.languages)))


@blueprint.route("/staff/edit/<id_>/always", methods=["GET", "POST"])
@needs(Role.EDITOR)
def always(id_: str) -> Answer:
    """The keys that work in every menu."""
    return _page(id_, lambda parts: Page("Keys that work in every menu", AlwaysForm(parts.routing, parts.languages)))


def _there(routing: Value, key: str, name: str) -> None:
    if name not in table(routing, key):
        abort(404)


def _page(id_: str, make: Callable[[Parts], Page]) -> Answer:
    problems: dict[str, str] = {}
    if request.method == "POST":
        before = unpacked(request.form.get("before", ""))
        try:
            saved = _save(id_, lambda parts: make(parts).form.edits(before, request.form))
            flash(SAVED if saved else "Nothing was changed.", "message")
            return redirect(_back_to(make(Parts.of(draft_of(id_)[1])).form, before) if saved else request.path, 303)
        except EditError as error:
            problems = error.problems
        except DraftError as error:
            problems = {"": str(error)}
    draft, files = draft_of(id_)
    try:
        page = make(Parts.of(files))
    except EditError as error:
        return _unreadable(draft, files, error), 409
    groups = page.form.groups(page.form.now())
    if problems:
        return _shown(draft, files, page, _overlaid(groups, page.form.groups(before), request.form), problems), 422
    return _shown(draft, files, page, groups)


def _back_to(form: Form, before: Value) -> str:
    """The address of a form after it was saved, at the part that was edited."""
    part, focus = part_edited(form.groups(before), tuple(form.groups(form.now())), request.form)
    address = {**(request.view_args or {}), "saved": part or "1"}
    return url_for(request.endpoint or "", **address, _anchor=focus or None)


def _unreadable(draft: Draft, files: Contents, error: EditError) -> str:
    return render(
        "console/edit_form.html", draft=draft, page=None, groups=(), problem=str(error), marked=has_marks(files)
    )


def _overlaid(now: Iterable[Group], shown: Iterable[Group], typed: Typed) -> Iterator[Group]:
    """The fields as they are now, with what somebody typed: not what they left as it was, nor what was about something
    that is not there any more."""
    was = {group.about or group.legend: group for group in shown}
    for group in now:
        if before := was.get(group.about or group.legend):
            yield from with_typed([group], touched([before], typed))
        else:
            yield group


def _shown(
    draft: Draft,
    files: Contents,
    page: Page,
    groups: Iterable[Group],
    problems: Mapping[str, str] = MappingProxyType({}),
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
        wrong=len(wrong),
        first=wrong[0] if wrong else None,
        missing=sum(each.missing for group in marked for each in group.inputs),
        checked=services().editor.check(draft, files) if "saved" in request.args and not problems else None,
        saved="" if problems else request.args.get("saved", ""),
        left_over=page.left_over,
    )


def _save(id_: str, asked: Callable[[Parts], Iterable[FormEdit]]) -> bool:
    """Makes edits to the newest version of a draft. Whether anything is different. Raises EditError and DraftError."""
    for _ in range(TIMES - 1):
        with suppress(DraftOutdatedError):
            return _saved_once(id_, asked)
    return _saved_once(id_, asked)


def _saved_once(id_: str, asked: Callable[[Parts], Iterable[FormEdit]]) -> bool:
    running = services()
    draft, files = draft_of(id_)
    if _is_sent_twice(draft, files, asked):
        return True
    after = _after(files, asked)
    if after == files:
        return False
    running.editor.drafts.save(id_, draft.version, after, staff().name, running.seconds())
    return True


def _is_sent_twice(draft: Draft, files: Contents, asked: Callable[[Parts], Iterable[FormEdit]]) -> bool:
    """Whether these very edits made the newest version of a draft, by the same account."""
    if draft.by != staff().name:
        return False
    try:
        earlier = services().editor.drafts.files(draft.id, draft.version - 1)
        return bool(earlier) and earlier != files and _after(earlier, asked) == files
    except (EditError, NotFound):  # what is edited was not there yet
        return False


def _after(files: Contents, asked: Callable[[Parts], Iterable[FormEdit]]) -> Contents:
    running = services()
    return edited(files, asked(Parts.of(files)), running.settings.config, running.live.rules())


# -- all parts of a draft, and new ones


@blueprint.get("/staff/edit/<id_>/parts")
@needs(Role.EDITOR)
def parts(id_: str) -> Answer:
    """Everything that has a form."""
    return _parts(id_)


@blueprint.post("/staff/edit/<id_>/parts")
@needs(Role.EDITOR)
def add(id_: str) -> Answer:
    """Adds a node or a team."""
    what = request.form.get("what", "")
    name = _typed(f"{what}.name")
    if what not in ("node", "team") or (what == "node" and _typed("node.kind") not in {*NodeKind}):
        abort(400)
    if lacking := _lacking(what, name):
        return _parts(id_, lacking), 422
    try:
        _save(id_, lambda found: [_new(what, name, found)])
    except (EditError, DraftError) as error:
        problems = error.problems if isinstance(error, EditError) else {"": str(error)}
        return _parts(id_, {_field(what, field): text for field, text in problems.items()}), 422
    flash(SAVED, "message")
    return redirect(url_for(f".{what}", _external=False, **{"id_": id_, what: name}), 303)


def _lacking(what: str, name: str) -> dict[str, str]:
    """What has to be chosen or written before something new can be made, by its fields."""
    lacks = {} if name else {f"{what}.name": "Write a name for it"}
    if what == "node":
        kind = NodeKind(_typed("node.kind"))
        if kind not in (NodeKind.GOODBYE, NodeKind.TRANSFER) and not _typed("node.to"):
            lacks["node.to"] = "Choose where it leads"
        if kind in (NodeKind.CONNECT, NodeKind.TRANSFER) and not _typed("node.whom"):
            lacks["node.whom"] = "Choose whom it reaches"
    return lacks


def _field(what: str, field: str) -> str:
    """The field of a new thing for that of its edit; "" if there is none."""
    first, _, rest = field.partition(".")
    if first in {*NodeKind}:
        first, rest = {"say": "words", "choices": "words"}.get(rest.partition(".")[0], "to"), ""
    named = {"": "name", what: "name", "team": "whom", "resource": "whom"}
    return ".".join(filter(None, (what, named.get(first, first), rest)))


@blueprint.post("/staff/edit/<id_>/remove")
@needs(Role.EDITOR)
def remove(id_: str) -> Answer:
    """Removes one of them, which nothing names any more."""
    what, name = _typed("what"), _typed("name")
    try:
        _save(id_, lambda found: [_removal(what, name, found)])
    except (EditError, DraftError) as error:
        return _parts(id_, {"": str(error)}), 422
    flash(f"Removed: {name}. Callers hear nothing of it until the draft is published.", "message")
    page = _typed("page")  # the one on which the button was
    if page not in (name, "") and page in table(Parts.of(draft_of(id_)[1]).routing, "nodes"):
        return redirect(url_for(".node", id_=id_, node=page, saved="1"), 303)
    return redirect(url_for(".parts", id_=id_), 303)


def _removal(what: str, name: str, found: Parts) -> FormEdit:
    match what:
        case "node":
            return RemoveNode(name, table(found.routing, "nodes", name))
        case "nodes":
            return RemoveNodes({each: table(found.routing, "nodes", each) for each in name.split(", ")})
        case "line":
            return RemoveLine(name, table(found.routing, "resources", name))
        case _:
            return RemoveTeam(name, table(found.routing, "teams", name))


def _new(what: str, name: str, found: Parts) -> FormEdit:
    match what:
        case "node":
            kind = NodeKind(_typed("node.kind"))
            words = found.languages.typed(request.form, "node.words", None)
            return AddNode(name, kind, words, _leads(kind, _typed("node.to"), _typed("node.whom")))
        case _:
            return AddTeam(name, {"ring": "together", "seconds": "20", "longest_wait": "60"})


def _typed(name: str) -> str:
    return typed_value(request.form, name, None) or ""


def _leads(kind: NodeKind, to: str, whom: str) -> Mapping[str, Value]:
    """Where a new node leads: everywhere to the same one, until somebody says otherwise on its page."""
    match kind:
        case NodeKind.MENU:
            return {"1": to}
        case NodeKind.HOURS:
            return dict.fromkeys(("open", "closed", "holiday"), to)
        case NodeKind.CONNECT:
            return {"team": whom, "otherwise": to}
        case NodeKind.TRANSFER:
            return {"resource": whom, **({"otherwise": to} if to else {})}
        case NodeKind.MESSAGE | NodeKind.VOICEMAIL:
            return {"go": to}
        case NodeKind.GOODBYE:
            return {}


def _parts(id_: str, problems: Mapping[str, str] | None = None) -> str:
    draft, files = draft_of(id_)
    try:
        found = Parts.of(files)
    except EditError as error:
        return _unreadable(draft, files, error)
    groups = dict(_new_ones(found))
    marked, problem = with_problems(with_typed(groups.values(), request.form), problems or {})
    return render(
        "console/edit_parts.html",
        draft=draft,
        problem=problem,
        nodes={name: next(iter(table(found.routing, "nodes", name)), "") for name in table(found.routing, "nodes")},
        lines=table(found.routing, "resources"),
        teams=table(found.routing, "teams"),
        new=dict(zip(groups, marked, strict=True)),
    )


KINDS: Options = (
    ("message", "message: says something, then leads on"),
    ("menu", "menu: offers keys"),
    ("connect", "connect: rings a team"),
    ("transfer", "transfer: connects with an outside line"),
    ("voicemail", "voicemail: takes a message"),
    ("hours", "hours: leads on by the hours"),
    ("goodbye", "goodbye: ends the call"),
)


def _new_ones(found: Parts) -> Iterator[tuple[str, Group]]:
    nodes = (("", "choose one"), *((each, each) for each in table(found.routing, "nodes")))
    teams, lines = table(found.routing, "teams"), table(found.routing, "resources")
    whom = (("", "nobody"), *((each, f"team {each}") for each in teams), *((each, f"line {each}") for each in lines))
    name = "Small letters, digits, - and _. Callers do not hear it."
    words = "What callers hear; of a menu, what its first key does."
    yield (
        "node",
        Group(
            "A new node",
            (
                Input("node.name", "Name", hint=name),
                Input("node.kind", "What it does", "message", "choose", "", KINDS),
                *found.languages.texts("node.words", None, words, required=False),
                Input("node.to", "Leads to", "", "choose", "Each place that it leads to, at first.", nodes),
                Input("node.whom", "Whom it reaches", "", "choose", "For connect and transfer.", whom),
            ),
        ),
    )
    yield "team", Group("A new team", (Input("team.name", "Name", hint=name),))


# -- what is added in one go


@blueprint.route("/staff/edit/<id_>/new-line", methods=["GET", "POST"])
@needs(Role.EDITOR)
def new_line(id_: str) -> Answer:
    """An outside line, what connects with it, and a key."""
    return _guided(id_, "Add an outside line", lambda found: NewLine(found.routing, found.languages, _today()))


@blueprint.route("/staff/edit/<id_>/new-message", methods=["GET", "POST"])
@needs(Role.EDITOR)
def new_message(id_: str) -> Answer:
    """A choice of a menu, and the message to which it leads."""
    return _guided(id_, "Add a key with a message", lambda found: NewMessage(found.routing, found.languages))


@blueprint.get("/staff/edit/<id_>/added")
@needs(Role.EDITOR)
def added(id_: str) -> Answer:
    """What was added, and what it changes for callers."""
    draft, files = draft_of(id_)
    made = Made(**{field.name: request.args.get(field.name, "") for field in dataclass_fields(Made)})
    return render("console/edit_made.html", draft=draft, made=made, checked=services().editor.check(draft, files))


def _guided(id_: str, title: str, make: Callable[[Parts], Guided]) -> Answer:
    problems: dict[str, str] = {}
    made = Made()

    def asked(found: Parts) -> Iterator[FormEdit]:
        nonlocal made
        form = make(found)
        made = form.made(request.form)
        return form.edits(request.form, made)

    if request.method == "POST":
        try:
            _save(id_, asked)
        except EditError as error:
            problems = error.problems
        except DraftError as error:
            problems = {"": str(error)}
        else:
            flash(SAVED, "message")
            return redirect(url_for(".added", id_=id_, **{k: v for k, v in asdict(made).items() if v}), 303)
    draft, files = draft_of(id_)
    try:
        groups = make(Parts.of(files)).groups()
    except EditError as error:
        return _unreadable(draft, files, error), 409
    marked, problem = with_problems(with_typed(groups, request.form), problems)
    wrong = sum(bool(each.problem) for group in marked for each in group.inputs)
    shown = render("console/edit_guided.html", draft=draft, title=title, groups=marked, problem=problem, wrong=wrong)
    return (shown, 422) if problems else shown


def _today() -> date:
    """The day on which a number is dialled."""
    return services().now().astimezone(services().live.known().site.schedule.zone).date()


# -- from the tree


@blueprint.route("/staff/edit/of/<node>", methods=["GET", "POST"])
@needs(Role.EDITOR)
def of(node: str) -> Answer:
    """The way from a node of the tree to its form: in a draft that there is, or in a new one."""
    running = services()
    if request.method == "POST":
        try:
            draft = running.editor.begin(f"Change of {node}", staff().name, once_of(request.form))
        except DraftError as error:
            return _of(node, str(error)), 422
        return redirect(url_for(".node", id_=draft.id, node=node), 303)
    return _of(node)


def _of(node: str, problem: str = "") -> str:
    drafts = services().editor.drafts.all()
    return render("console/edit_of.html", node=node, drafts=drafts, problem=problem, once=once())
