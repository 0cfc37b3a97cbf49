"""The public page, besides the tree."""

from phonetree.config.document import Item
from phonetree.config.prompts import PromptReader
from phonetree.config.reader import Section
from phonetree.core.tree import Passage

MOST_PASSAGES, MOST_POINTS = 50, 20
"""Passages of the page, and points of one: nobody reads more on a phone."""


def read_page(parent: Section, prompts: PromptReader) -> tuple[Passage, ...]:
    """The passages under `page`, in file order."""
    return tuple(
        _passage(parent, item, number, prompts)
        for number, item in enumerate(parent.items("page", most=MOST_PASSAGES), start=1)
    )


def _passage(parent: Section, item: Item, number: int, prompts: PromptReader) -> Passage:
    section = parent.subsection(item, f"page, passage {number}")
    heading = prompts.required(section, "heading", "write what it is about")
    text = prompts.read(section, "text")
    points = tuple(prompts.prompt(section, each, "points") for each in section.items("points", most=MOST_POINTS))
    if section.present and text is None and not points:
        section.problem(section.where, "says nothing; write 'text' or 'points' under its heading")
    section.refuse_unknown()
    return Passage(heading, text, points)
