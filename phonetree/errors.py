"""The error classes that cross a package, and who has to fix the cause.

PhonetreeError
|-- SettingsError    the operator's: settings are missing or malformed; carries every problem at once
|-- ConfigError      the staff's: hours.yaml, routing.yaml or phrases; carries every problem at once
|-- MixedError       the staff's: the files are of two revisions, and only whoever edited one by hand knows of which
|-- NotPutBackError  the operator's: a file was edited by hand while several were replaced, and the others stay new
|-- ProofError       the staff's: the tree and its hours are too much to prove
|-- OverrideError    the staff's: an override that is invalid, or would break a promise
|   `-- LeftAloneError   one that would leave callers with nobody to ring
|-- EditError        the staff's: an edit by form that cannot be made as asked; says which field is wrong
|-- AccountError     the staff's: an account that cannot be made or changed like this
|-- PeopleError      the staff's: a phone cannot be added, called, called back, or confirmed
|-- PublishedError   nobody's: another revision was published meanwhile
|-- DraftError       the staff's: a draft that cannot be begun or saved like this
|   |-- DraftOutdatedError   somebody else saved it meanwhile
|   `-- DraftGoneError       it was published or thrown away meanwhile
|-- StoreError       the operator's: the database cannot be used
|   `-- StoreFullError   its disk is full
|-- ProviderError    the provider's: a request to it failed; says when to retry
|-- SealError        the key holder's: the key, its passphrase or the sealed content is wrong
|-- StateError       nobody's: an address of a call that no turn of this tree produced
`-- SimulationError  the document's: something that a phone network would refuse
"""

import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


class PhonetreeError(Exception):
    """A known problem; its text says what to do. Commands exit 1 on it."""


class SettingsError(PhonetreeError):
    """Settings are missing or malformed; the text has one line for each, and `problems` has them all."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class MixedError(PhonetreeError):
    """A file (`name`) was edited by hand while it was replaced together with others, of which `under_way` has all, and
    it cannot be told which of its lines are the old ones."""

    def __init__(self, name: str, under_way: str) -> None:
        self.name = name
        super().__init__(
            f"a publication was interrupted while it replaced {name} and other files, and {name} was edited by hand in "
            f"the same lines; write into each file of the folder what you want (History in the console has both "
            f"revisions), then delete {under_way} there"
        )


class NotPutBackError(PhonetreeError):
    """A file was edited by hand while it was replaced together with others, and these cannot be put back, for a
    reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"Somebody edited a file by hand at the same moment, and the others cannot be put back: {reason}. Callers "
            "hear what they heard, with that edit. The rest follows by itself once the folder can be written; publish "
            "again then"
        )


class ProofError(PhonetreeError):
    """There is too much to prove; the text says what to make smaller."""


class OverrideError(PhonetreeError):
    """An override cannot be added; the text has every reason, one per line."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))


class PeopleError(PhonetreeError):
    """A phone cannot be added, called, called back or confirmed; the text says why and what to do, without its
    number."""


class ChangedMeanwhileError(OverrideError):
    """Something else was changed at short notice after this was checked: it has to be checked again."""

    def __init__(self) -> None:
        super().__init__(["others change something at the same time; see what they did, then try again"])


class LeftAloneError(OverrideError):
    """An override would leave callers with nobody to ring: `come_to` are the nodes where they then come to."""

    def __init__(self, problems: Sequence[str], come_to: Sequence[str]) -> None:
        self.come_to = tuple(come_to)
        then = f"callers who ask for them come to {', '.join(come_to)}"
        super().__init__([*problems, f"{then}; choose who takes the place, or accept that by name"])


class EditError(PhonetreeError):
    """An edit by form cannot be made. `problems` has a sentence for each field that is wrong: of the hours `first`,
    `last`, `open`, `name.LANGUAGE`, elsewhere as the steps call it, such as `choices.1.label.en`; or "" for what
    concerns the edit as a whole. `where` is what has to be put right in the text first, if something has."""

    def __init__(self, problems: Mapping[str, str], where: "Where | None" = None) -> None:
        self.problems, self.where = dict(problems), where
        super().__init__("\n".join(self.problems.values()))


class AccountError(PhonetreeError):
    """An account cannot be made or changed like this; the text says why, and what to do."""


class PublishedError(PhonetreeError):
    """Another revision was published meanwhile."""

    def __init__(self) -> None:
        super().__init__("another revision was published meanwhile; try again")


class DraftError(PhonetreeError):
    """A draft cannot be begun or saved like this; the text says why, and what to do."""


class DraftOutdatedError(DraftError):
    """Somebody else saved the draft meanwhile."""

    def __init__(self) -> None:
        super().__init__("somebody else saved this draft meanwhile")


class DraftGoneError(DraftError):
    """The draft was published or thrown away meanwhile."""

    def __init__(self) -> None:
        super().__init__("this draft is gone: somebody published it or threw it away")


class StoreError(PhonetreeError):
    """The database cannot be used."""


class StoreFullError(StoreError):
    """Its disk is full: it can be read, and not written."""


class ProviderError(PhonetreeError):
    """A request to the provider failed. `wait` is after how many seconds to retry, if it said so; `gone` says that
    the object does not exist; `hidden` that it does not, or that this account may not see it."""

    def __init__(self, text: str, *, wait: float | None = None, gone: bool = False, hidden: bool = False) -> None:
        super().__init__(text)
        self.wait = wait
        self.gone = gone
        self.hidden = hidden or gone


class SealError(PhonetreeError):
    """Something sealed does not open: the text says whether key, passphrase or content is wrong."""


class StateError(PhonetreeError):
    """The parts of an address are not a state of the tree."""


class SimulationError(PhonetreeError):
    """A document breaks a rule of the phone network; the text names the rule."""


@dataclass(frozen=True, slots=True, order=True)
class Where:
    """A place in a file. Lines and columns count from 1; line 0 means the file as a whole."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        file = printable(self.file)
        return f"{file}:{self.line}:{self.column}" if self.line else file


def printable(text: str) -> str:
    """A text, such as a file's name, with escapes in place of what would act on a terminal or break a line."""
    return text if text.isprintable() else "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something that blocks publishing: where, what, and what to do. `late`: a promise is broken by seconds alone,
    which refuses an edit, and no override."""

    where: Where
    text: str
    late: bool = field(default=False, compare=False)

    def __str__(self) -> str:
        return f"{self.where}: {self.text}"


MOST_PROBLEMS = 100
"""Reading stops after this many: fix a few causes first, then check again."""


@dataclass(frozen=True, slots=True, order=True)
class ConfigWarning:
    """Advice: it does not block publishing."""

    where: Where
    text: str

    def __str__(self) -> str:
        return f"{self.where}: warning: {self.text}"


class ConfigError(PhonetreeError):
    """The files are not a valid site.

    `problems` has all problems, in file order.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def problems_of(error: Exception, folder: Path) -> tuple[Problem, ...]:
    """An exception on an edit of a folder's files as problems for staff. Our own bugs show only kind and place, because
    their text may contain anything."""
    if isinstance(error, ConfigError):
        return error.problems
    if isinstance(error, PhonetreeError):
        return (Problem(Where(str(folder)), str(error)),)
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "phonetree/" in frame.filename] or frames
    place = f"{type(error).__name__}, {Path(ours[-1].filename).name}:{ours[-1].lineno}"
    text = f"could not be checked, because of a bug in phonetree ({place}); undo the last edit, and report this line"
    return (Problem(Where(str(folder)), text),)
