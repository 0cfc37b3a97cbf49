"""What provers answer, in this process and once in a run: starting one takes longer than most proofs."""

from phonetree.config import proving
from phonetree.config.question import Answer, Question
from phonetree.runtime.prover import Prover

_answers: dict[bytes, bytes] = {}
"""What was answered in this run."""


def here(prover: Prover) -> None:
    """From now on this prover starts no process. `tests/runtime/test_prover.py` is about those that do."""
    prover._ask = asked  # type: ignore[method-assign]


def asked(question: Question) -> Answer:
    """The answer to a question. What could not be proved is asked again."""
    identity = question.identity()
    if identity not in _answers:
        line = proving.answer(question.line())
        if not (answer := Answer.read(line, question.folder)).proved:
            return answer
        _answers[identity] = line
    return Answer.read(_answers[identity], question.folder)
