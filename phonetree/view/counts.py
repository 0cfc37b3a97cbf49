"""The words of the counts, wherever they are shown."""

from phonetree.core.turn import Outcome

WORDS = {
    Outcome.CALL: "calls",
    Outcome.ADVOCATE: "advocate",
    Outcome.UNANSWERED: "unanswered",
    Outcome.LINE: "other line",
    Outcome.MESSAGE: "message",
    Outcome.FALLBACK: "fallback",
}
"""Each outcome as a heading."""

OLD = "Counted before version 0.3.0: fives, each added with a chance of one in five."
