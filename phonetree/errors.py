"""Every error that has a name here, and whose it is to mend.

PhonetreeError
|-- SettingsError    the operator's: settings are missing or malformed; carries every problem at once
|-- ConfigError      the staff's: hours.yaml or routing.yaml; carries every problem at once
|-- ProofError       the staff's: the tree and its hours are more than can be proven
|-- OverrideError    the staff's: an override that makes no sense, or would break a promise
|-- StoreError       the operator's: the database cannot be used
|-- ProviderError    the provider's: it did not do what was asked; says whether to ask again
|-- SealError        whoever holds the key: it, its passphrase or what it should open is not right
|-- StateError       nobody's: an address of a call that no turn of this tree wrote
`-- SimulationError  the document's: what a phone network would refuse to run
"""

from collections.abc import Sequence
from dataclasses import dataclass


class PhonetreeError(Exception):
    """Something known went wrong, and its text says what to do. Commands exit 1 on it."""


class SettingsError(PhonetreeError):
    """Settings are missing or malformed; the text names each, one a line, and `problems` holds them."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class ProofError(PhonetreeError):
    """There is too much to prove; the text says what to make smaller."""


class OverrideError(PhonetreeError):
    """An override cannot be made; the text has every reason, one a line."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))


class StoreError(PhonetreeError):
    """The database cannot be used."""


class ProviderError(PhonetreeError):
    """The provider did not do what was asked. `wait` is how many seconds it wants to be left alone, if it said so;
    `gone` that what was asked for is not there."""

    def __init__(self, text: str, *, wait: float | None = None, gone: bool = False) -> None:
        super().__init__(text)
        self.wait = wait
        self.gone = gone


class SealError(PhonetreeError):
    """Something sealed does not open: the text says which of key, passphrase or content is not right."""


class StateError(PhonetreeError):
    """The parts of an address do not make a state of the tree."""


class SimulationError(PhonetreeError):
    """A document breaks a rule of the phone network; the text names the rule."""


@dataclass(frozen=True, slots=True, order=True)
class Where:
    """A place in a file. Lines and columns count from 1; line 0 means the file as a whole."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something that stops a publish: where, what, and what to do."""

    where: Where
    text: str

    def __str__(self) -> str:
        return f"{self.where}: {self.text}"


MOST_PROBLEMS = 100
"""After so many the reading of the files ends: whoever has that many mends a few causes first, and checks again."""


@dataclass(frozen=True, slots=True, order=True)
class ConfigWarning:
    """Advice: it does not stop a publish."""

    where: Where
    text: str

    def __str__(self) -> str:
        return f"{self.where}: warning: {self.text}"


class ConfigError(PhonetreeError):
    """The two files do not make a site.

    `problems` holds every one of them, in the order of the files.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
