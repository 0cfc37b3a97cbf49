"""Edits by form of routing.yaml and hours.yaml, each of one thing that staff change, together with what it replaces.

They are made to the text, not to a site: the files of a draft need not make one. What is refused is a value that no
site could have, with the compiler's sentence at its field; and a form that is out of date, if somebody else changed the
same value.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path as FilePath
from typing import assert_never

from phonetree.config.document import Value
from phonetree.config.edit_hours import HoursEdit, of_hours
from phonetree.config.edit_languages import LanguageEdit, of_language
from phonetree.config.edit_lines import LineEdit, of_line
from phonetree.config.edit_nodes import NodeEdit, of_node
from phonetree.config.edit_page import PageEdit, of_page
from phonetree.config.edit_prompts import SetPhrase, SetPrompt, of_phrase, of_prompt
from phonetree.config.edit_rules import RuleEdit, of_rule
from phonetree.config.edit_teams import TeamEdit, of_team
from phonetree.config.in_forms import in_form
from phonetree.config.numbers import NumberRules
from phonetree.config.positions import Path, Text
from phonetree.config.site import HOURS, ROUTING, Contents, wrong_values
from phonetree.config.steps import Put, Rename, Said, Step, followed, taken, value_at
from phonetree.core.wording import sentence
from phonetree.errors import EditError

FormEdit = SetPrompt | SetPhrase | NodeEdit | LineEdit | TeamEdit | HoursEdit | RuleEdit | LanguageEdit | PageEdit


def edited(contents: Contents, edits: Iterable[FormEdit], folder: FilePath, rules: NumberRules) -> Contents:
    """The files after edits, made one after the other; `folder` has the audio. Raises EditError with the problem of
    every field."""
    files: dict[str, Said] = {}
    steps: dict[str, list[Step]] = {HOURS: [], ROUTING: []}
    problems: dict[str, str] = {}
    for edit in edits:
        name = HOURS if isinstance(edit, HoursEdit) else ROUTING
        try:
            if name not in files:
                files[name] = Said.of(contents[name], name)
            for step in steps_of(edit, files[name].value):
                files[name] = taken(files[name], step)
                steps[name].append(step)
        except EditError as error:
            problems |= error.problems
    made = {**contents, **{name: file.data for name, file in files.items()}}
    for problem in wrong_values(made, folder, rules) if any(steps.values()) else ():
        name = FilePath(problem.where.file).name
        if name in files and problem.where.line:
            text = files[name].text
            at = text.index_of(problem.where.line, problem.where.column)
            told = [
                in_form(field, problem.text)
                for number, step in enumerate(steps[name], 1)
                if (path := _way(step.path, steps[name][number:]))
                for field in _field(text, step, path, at)
            ]
            problems |= {field: sentence(said) for field, said in told}
    if problems:
        raise EditError(problems)
    return made


def steps_of(edit: FormEdit, said: Value) -> Iterator[Step]:
    """The steps of an edit of a file that says this. Raises EditError."""
    if isinstance(edit, SetPrompt):
        return of_prompt(edit, said)
    if isinstance(edit, SetPhrase):
        return of_phrase(edit, said)
    if isinstance(edit, NodeEdit):
        return of_node(edit, said)
    if isinstance(edit, LineEdit):
        return of_line(edit, said)
    if isinstance(edit, TeamEdit):
        return of_team(edit, said)
    if isinstance(edit, HoursEdit):
        return of_hours(edit, said)
    if isinstance(edit, RuleEdit):
        return of_rule(edit, said)
    if isinstance(edit, LanguageEdit):
        return of_language(edit, said)
    if isinstance(edit, PageEdit):
        return of_page(edit, said)
    assert_never(edit)


# -- what is wrong with new values


def _way(path: Path, later: Sequence[Step]) -> Path | None:
    """Where something stands after later steps; None if it is gone by then."""
    for step in later:
        if (now := followed(path, step)) is None:
            return None
        path = now
    return path


def _field(file: Text, step: Step, path: Path, at: int) -> Iterator[str]:
    """The field of a step in whose value a place is; none if it is elsewhere. Its value stands at a path by now. That
    of a table ends with a dot."""
    match step:
        case Put(_, _, None):
            return
        case Put():
            if (found := file.root.find(path)) and found[0].begin <= at <= found[1].end:
                way = tuple(found[1].way_to(at))
                names = [step.field, *map(str, way[step.around :])]
                is_table = isinstance(value_at(step.after, way), Mapping)
                yield ".".join(filter(None, names)) + ("." if is_table else "")
        case Rename(_, keys):
            for was, new in keys.items():
                table = file.at(path)
                number = table.number(new)
                if number is not None and at in {node.begin for node in table.entry(number)}:
                    yield f"{step.field}.{was}.key"
        case _:
            return
