"""What a draft is made of: all that has a form, what can be added or removed, and the way there from the tree."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from dataclasses import fields as dataclass_fields

from flask import Blueprint, abort, flash, redirect, request, url_for

from phonetree.config.document import Value
from phonetree.config.edit_lines import RemoveLine
from phonetree.config.edit_nodes import AddNode, RemoveNode, RemoveNodes
from phonetree.config.edit_places import same_number, table
from phonetree.config.edit_teams import AddTeam, RemoveTeam
from phonetree.config.edits import FormEdit
from phonetree.console.access import needs, staff
from phonetree.console.drafts import draft_of
from phonetree.console.edit_guided import Guided, Made, NewLine, NewMessage
from phonetree.console.edit_saving import SAVED, SENT_BEFORE, Answer, Parts, refuse_wrong, save, today, unreadable
from phonetree.console.form_fields import (
    Group,
    Input,
    Options,
    typed_value,
    with_problems,
    with_typed,
)
from phonetree.console.layout import render
from phonetree.console.once import once, once_of
from phonetree.console.services import services
from phonetree.core.tree import NodeKind
from phonetree.errors import DraftError, EditError
from phonetree.store.roles import Role

blueprint = Blueprint("parts", __name__)


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
    lacking, told = _lacking(what, name), SAVED

    def asked(found: Parts) -> Iterable[FormEdit]:
        return [_new(what, name, found)]

    try:
        if lacking:
            refuse_wrong(id_, asked)
        else:
            told = save(id_, asked)
    except EditError as error:
        wrong = {_field(what, field): text for field, text in error.problems.items()}
        if lacking:  # what it leads to is told already
            wrong = {field: text for field, text in wrong.items() if field not in ("node.to", "node.whom")}
        lacking = wrong | lacking
    except DraftError as error:
        lacking |= {f"{what}.name": str(error)}
    if lacking:
        return _parts(id_, lacking), 422
    flash(told, "message")
    return redirect(url_for(f"edit.forms.{what}", _external=False, **{"id_": id_, what: name}), 303)


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
    named = {"": "name", "team": "whom", "resource": "whom", what: "name"}
    return ".".join(filter(None, (what, named.get(first, first), rest)))


@blueprint.post("/staff/edit/<id_>/remove")
@needs(Role.EDITOR)
def remove(id_: str) -> Answer:
    """Removes one of them, which nothing names any more."""
    what, name = _typed("what"), _typed("name")
    try:
        told = save(id_, lambda found: [_removal(what, name, found)])
    except (EditError, DraftError) as error:
        return _parts(id_, {"": str(error)}), 422
    done = f"Removed: {name}. Callers hear nothing of it until the draft is published."
    flash(told if told == SENT_BEFORE else done, "message")
    page = _typed("page")  # the one on which the button was
    if page not in (name, "") and page in table(Parts.of(draft_of(id_)[1]).routing, "nodes"):
        return redirect(url_for("edit.forms.node", id_=id_, node=page, saved="1"), 303)
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
        return unreadable(draft, error)
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


@blueprint.route("/staff/edit/<id_>/new-line", methods=["GET", "POST"])
@needs(Role.EDITOR)
def new_line(id_: str) -> Answer:
    """An outside line, what connects with it, and a key."""
    return _guided(id_, "Add an outside line", lambda found: NewLine(found.routing, found.languages, today()))


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
    try:
        same = tuple(same_number(Parts.of(files).routing, made.line))
    except EditError as error:
        return unreadable(draft, error), 409
    checked = services().editor.check(draft, files)
    return render("console/edit_made.html", draft=draft, made=made, same=same, checked=checked)


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
            told = save(id_, asked)
        except EditError as error:
            problems = error.problems
        except DraftError as error:
            problems = {"": str(error)}
        else:
            flash(told, "message")
            return redirect(url_for(".added", id_=id_, **{k: v for k, v in asdict(made).items() if v}), 303)
    draft, files = draft_of(id_)
    try:
        groups = make(Parts.of(files)).groups()
    except EditError as error:
        return unreadable(draft, error), 409
    marked, problem = with_problems(with_typed(groups, request.form), problems)
    wrong = sum(bool(each.problem) for group in marked for each in group.inputs)
    shown = render("console/edit_guided.html", draft=draft, title=title, groups=marked, problem=problem, wrong=wrong)
    return (shown, 422) if problems else shown


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
        return redirect(url_for("edit.forms.node", id_=draft.id, node=node), 303)
    return _of(node)


def _of(node: str, problem: str = "") -> str:
    drafts = services().editor.drafts.all()
    return render("console/edit_of.html", node=node, drafts=drafts, problem=problem, once=once())
