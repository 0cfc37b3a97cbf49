"""The tree as branches: each node once, below what leads to it in the fewest steps; and those that no call reaches.

Where something leads to a node that has its place already, there is no branch: a mark, such as "main menu again".
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from phonetree.core.tree import Language, Site
from phonetree.view.leads import Lead, Met, always, met


@dataclass(slots=True)
class Branch:
    """A node, and by the position of a lead the branch that begins there."""

    met: Met
    below: dict[int, "Branch"] = field(default_factory=dict)

    @property
    def arms(self) -> Iterator[tuple[Lead, "Branch | None"]]:
        """Each lead, with its branch if it has one."""
        return ((lead, self.below.get(number)) for number, lead in enumerate(self.met.leads))

    def all(self) -> Iterator["Branch"]:
        """This branch, and all below it."""
        waiting = [self]
        while waiting:
            branch = waiting.pop()
            yield branch
            waiting.extend(reversed(list(branch.below.values())))


@dataclass(frozen=True, slots=True)
class Tree:
    """The tree at a moment: where calls begin, the keys that always work with what is reached by them alone, and the
    nodes that no call reaches at that moment."""

    start: Branch
    always: tuple[tuple[Lead, Branch | None], ...]
    rest: tuple[Met, ...]

    def branches(self) -> Iterator[Branch]:
        """All of them, in the order in which they are shown."""
        yield from self.start.all()
        for _, branch in self.always:
            if branch:
                yield from branch.all()


def tree(site: Site, language: Language, now: datetime) -> Tree:
    """The tree at a moment (aware), in a language."""
    nodes = {name: met(site, name, language, now) for name in site.nodes}
    keys = always(site, language, now)
    start = Branch(nodes[site.start[site.schedule.kind(now)]])
    waiting, seen = deque([start]), {start.met.id}
    from_keys: dict[int, Branch] = {}

    def grow(leads: tuple[Lead, ...], below: dict[int, Branch]) -> None:
        for number, lead in enumerate(leads):
            if lead.node is not None and lead.now and lead.node not in seen:
                seen.add(lead.node)
                below[number] = Branch(nodes[lead.node])
                waiting.append(below[number])

    while waiting:
        branch = waiting.popleft()
        grow(branch.met.leads, branch.below)
        if branch is start:
            grow(keys, from_keys)
    rest = tuple(each for name, each in nodes.items() if name not in seen)
    return Tree(start, tuple((lead, from_keys.get(number)) for number, lead in enumerate(keys)), rest)
