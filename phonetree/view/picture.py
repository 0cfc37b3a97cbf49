"""The tree as a picture: boxes, lines and texts, which a template draws as SVG.

A key leads to the right, what happens without a key leads down: how far right a node stands is how many keys it takes.
Where something leads to a node that stands elsewhere, its name is a mark, and no line. No two boxes overlap, and no two
lines cross.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from phonetree.core.schedule import first_name
from phonetree.core.tree import AGAIN_KEY, Connect, NodeId, Site, Transfer
from phonetree.core.wording import sentence, written
from phonetree.view.branches import Branch, Tree
from phonetree.view.leads import Lead, Met
from phonetree.view.svg import shape
from phonetree.view.widths import BOLD, shortened, width, wrapped

SIZE = 13
"""Of the font, in pixels."""

LINE_HEIGHT = 18
PADDING = 8
BOX_WIDTH = 244
"""Of the narrowest box: four columns are as wide as a page on a desk."""

GUTTER = 36
"""Between two columns."""

GAP = 14
"""Between two boxes, one above the other."""

INDENT = 20
RAIL = 10
"""How far from the left of a box lines lead down."""

MARGIN = 4
MOST_LINES = 2
"""Of one text."""

DOWN, ELSEWHERE = "\N{DOWNWARDS ARROW}", "\N{RIGHTWARDS ARROW}"

ANY_MOMENT = "At any moment"


@dataclass(frozen=True, slots=True)
class Text:
    """A text that begins at x, or ends there (`anchor`); y is its base line. `look` is its class."""

    x: float
    y: float
    text: str
    look: str
    anchor: str = "start"

    @property
    def width(self) -> float:
        """How wide it is, or a little less."""
        return width(self.text, SIZE) * (BOLD if self.look == "name" else 1)


@dataclass(frozen=True, slots=True)
class Box:
    """A node; `node` is "" for the keys that work at any moment."""

    node: NodeId
    look: str
    corner: int
    x: float
    y: float
    width: float
    height: float
    texts: tuple[Text, ...]

    @property
    def right(self) -> float:
        """Where it ends."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Where it ends, below."""
        return self.y + self.height


@dataclass(frozen=True, slots=True)
class Line:
    """From a box to the one that something leads to: with a key (`across`), or without (down)."""

    x1: float
    y1: float
    x2: float
    y2: float
    across: bool

    @property
    def path(self) -> str:
        """As SVG has it."""
        if self.across:
            middle = (self.x1 + self.x2) / 2
            return f"M{self.x1:g} {self.y1:g}C{middle:g} {self.y1:g} {middle:g} {self.y2:g} {self.x2:g} {self.y2:g}"
        return f"M{self.x1:g} {self.y1:g}V{self.y2:g}H{self.x2:g}"


@dataclass(frozen=True, slots=True)
class Picture:
    """All that is drawn."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]


def picture(site: Site, tree: Tree, notes: Mapping[NodeId, str]) -> Picture:
    """A tree as a picture; `notes` are a line for a node each."""
    items = list(_items(tree))
    columns: dict[int, float] = defaultdict(float)
    for item in items:
        columns[item.column] = max(columns[item.column], BOX_WIDTH + item.indent * INDENT)
    lefts, left = {}, float(MARGIN)
    for column in sorted(columns):
        lefts[column] = left
        left += columns[column] + GUTTER
    free: dict[int, float] = defaultdict(lambda: float(MARGIN))
    boxes, lines = [], []
    for item in items:
        indent = item.indent * INDENT
        builder = _Builder(lefts[item.column] + indent, columns[item.column] - indent)
        builder.head(item)
        _describe(builder, site, item, notes)
        ports = [builder.row(lead, branch is not None) if lead.now else 0.0 for lead, branch in item.arms]
        after = free[item.column + 1] if any(lead.key and branch for lead, branch in item.arms) else 0.0
        before = item.parent.top if item.parent else 0.0
        item.top = max(free[item.column], after, before)
        box = builder.box(item)
        free[item.column] = box.bottom + GAP
        boxes.append(box)
        item.box, item.ports = box, ports
        if item.parent and item.parent.box:
            lines.append(_line(item.parent.box, item.parent, item, box))
    edge = max(box.right for box in boxes)
    return Picture(edge + MARGIN, max(box.bottom for box in boxes) + MARGIN, tuple(boxes), tuple(lines))


@dataclass(slots=True)
class _Item:
    """A box before it has its place. `number` is the position of the lead of its parent that it hangs on."""

    met: Met | None
    arms: tuple[tuple[Lead, Branch | None], ...]
    column: int
    indent: int
    parent: "_Item | None" = None
    number: int = 0
    top: float = 0.0
    box: Box | None = None
    ports: list[float] = field(default_factory=list)


def _items(tree: Tree) -> Iterator[_Item]:
    """In the order in which they are placed: what is to the right before what is below."""
    again = Lead(f"Key {AGAIN_KEY}", None, "the menu again", key=AGAIN_KEY)
    keys = _Item(None, (*tree.always, (again, None)), 0, 0)
    waiting = [keys, _Item(tree.start.met, tuple(tree.start.arms), 0, 0)]
    while waiting:
        item = waiting.pop()
        yield item
        here = [(number, lead, branch) for number, (lead, branch) in enumerate(item.arms) if branch]
        down = [number for number, lead, _ in here if not lead.key]
        after = []
        for number, lead, branch in here:
            place = (item.column + 1, 0) if lead.key else (item.column, item.indent + (number != down[-1]))
            after.append(_Item(branch.met, tuple(branch.arms), *place, item, number))
        waiting += sorted(after, key=lambda each: (each.column > item.column, -each.number))


class _Builder:
    """The texts of a box, from top to bottom, as if it stood at the top of the picture."""

    def __init__(self, left: float, wide: float) -> None:
        self._left, self._wide = left, wide
        self._texts: list[Text] = []
        self._y = float(PADDING)

    @property
    def _room(self) -> float:
        return self._wide - 2 * PADDING

    def head(self, item: _Item) -> None:
        """The name of the node, and its kind."""
        name, kind = (item.met.id, str(item.met.kind)) if item.met else (ANY_MOMENT, "keys")
        self._put(shortened(name, (self._room - PADDING - width(kind, SIZE)) / BOLD, SIZE), "name")
        self._put(kind, "kind", right=True)
        self._y += LINE_HEIGHT

    def text(self, text: str, look: str) -> None:
        """A text in a few lines."""
        for line in wrapped(text, self._room, SIZE, MOST_LINES):
            self._put(line, look)
            self._y += LINE_HEIGHT

    def row(self, lead: Lead, branch: bool) -> float:
        """What can happen, and where it leads. Returns the middle of the row."""
        look = "lead" if lead.offered else "shut"
        middle = self._y + LINE_HEIGHT / 2
        mark = "" if lead.key and branch else f"{DOWN if branch else ELSEWHERE} {lead.node or lead.end}"
        said = _said(lead)
        room = self._room - (PADDING + width(mark, SIZE) if mark else 0)
        if width(said, SIZE) <= room or not mark:
            lines = wrapped(said, room, SIZE, MOST_LINES)
        else:
            lines = wrapped(said, self._room, SIZE, MOST_LINES)
            if width(lines[-1], SIZE) > room:
                lines = (*lines, "")
        for line in lines:
            self._put(line, look)
            self._y += LINE_HEIGHT
        if mark:
            self._y -= LINE_HEIGHT
            self._put(shortened(mark, self._room, SIZE), "mark", right=True)
            self._y += LINE_HEIGHT
        return middle

    def _put(self, text: str, look: str, *, right: bool = False) -> None:
        if text:
            x = self._left + (self._wide - PADDING if right else PADDING)
            self._texts.append(Text(x, self._y + LINE_HEIGHT - 5, text, look, "end" if right else "start"))

    def box(self, item: _Item) -> Box:
        """The box, where the item stands."""
        look, corner = shape(item.met.kind) if item.met else ("box keys", 0)
        texts = tuple(Text(each.x, each.y + item.top, each.text, each.look, each.anchor) for each in self._texts)
        return Box(
            item.met.id if item.met else "",
            f"{look} closed" if item.met and item.met.closed else look,
            corner,
            self._left,
            item.top,
            self._wide,
            self._y + PADDING,
            texts,
        )


def _said(lead: Lead) -> str:
    if not lead.key:
        return lead.short or lead.what
    label = sentence(lead.label.written or lead.label.spoken) if lead.label else ""
    return " ".join(filter(None, (lead.key, label, "" if lead.offered else "(closed)")))


def _describe(builder: _Builder, site: Site, item: _Item, notes: Mapping[NodeId, str]) -> None:
    if item.met is None:
        return
    for text, look in _about(site, item.met):
        builder.text(text, look)
    if note := notes.get(item.met.id):
        builder.text(f"rung after {note}" if note.endswith(" s") else note, "note")


def _about(site: Site, met: Met) -> Iterable[tuple[str, str]]:
    """Whom it reaches, or else what it says; and that it is closed."""
    match met.node:
        case Connect(team=team):
            yield f"rings {team}", "words"
        case Transfer(resource=resource):
            line = site.resources[resource]
            yield f"{sentence(first_name(line.names))}, {written(line.number, site.dialling)}", "words"
        case _:
            for _, words in met.words[:1]:
                yield words.written or words.spoken, "words"
    if met.closed:
        yield sentence(met.closed), "state"


def _line(above: Box, parent: _Item, item: _Item, box: Box) -> Line:
    lead, _ = parent.arms[item.number]
    title = box.y + PADDING + LINE_HEIGHT / 2
    if lead.key:
        return Line(above.right, above.y + parent.ports[item.number], box.x, title, across=True)
    rail = above.x + RAIL
    if box.x > above.x:
        return Line(rail, above.bottom, box.x, title, across=False)
    return Line(rail, above.bottom, rail, box.y, across=False)
