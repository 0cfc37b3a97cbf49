"""The prover: a process of its own that says which promises a site breaks, so that no turn waits for a proof.

    python -m phonetree.config.proving

Each line of its input is a question (`config/question.py`), and gets a line of output (`config/answering.py`). It
imports the compiler and the proof, no server and no database, has a low priority, and limits its own memory.
"""

from phonetree.config.answering import answer_lines, stand_back
from phonetree.config.promises import proved
from phonetree.config.question import Answer, Question
from phonetree.config.site import made_of, overridden
from phonetree.errors import Problem, Where, problems_of

MOST_MEGABYTES = 2048
"""The address space of a prover: twice what a site with the most turns (`proof/walk.py`) takes."""


def answer(line: bytes) -> bytes:
    """The answer to a question. Raises nothing that a site can cause."""
    question = Question.read(line)
    folder = question.folder
    try:
        # whether phrases may lack was decided by whoever asks
        site = made_of(question.contents, folder, question.rules, patched=True).site
        found = proved(overridden(site, question.overrides), folder, question.since)
        return Answer(found.problems, proved=True, calls=found.calls, times=found.times).line(folder)
    except MemoryError:
        text = f"takes more than {MOST_MEGABYTES:,} MB of memory to check; make the tree smaller"
        return Answer((Problem(Where(str(folder)), text),), proved=False).line(folder)
    except Exception as error:  # noqa: BLE001 -- staff are told, whatever it is
        return Answer(problems_of(error, folder), proved=False).line(folder)


def main() -> None:
    """Answers until its input is closed."""
    stand_back(MOST_MEGABYTES)
    answer_lines(answer)


if __name__ == "__main__":
    main()
