"""How long speech takes: an estimate from the words, for transcripts and budgets."""

import re
from math import ceil

from phonetree.core.verbs import Play, Say, Spoken

# Fitted to the site's own prompts as spoken by espeak-ng at its default pace, in English and Spanish;
# bench/speech.py measures the error.
LETTER_SECONDS = 0.062
WORD_SECONDS = 0.02
DIGIT_SECONDS = 0.27
LONE_LETTER_SECONDS = 0.28
COMMA_SECONDS = 0.29
SENTENCE_SECONDS = 0.34

_WORD = re.compile(r"[^\s,.;:!?]+|[,;:]|[.!?]+")


def speech_seconds(text: str) -> float:
    """Seconds to speak a text at an ordinary pace. Digits and single letters are spoken one by one."""
    return sum(_seconds(piece) for piece in _WORD.findall(text))


def spoken_seconds(piece: Spoken) -> float:
    """The seconds that a piece takes; for an audio file, by its transcript."""
    match piece:
        case Say(text):
            return speech_seconds(text)
        case Play(_, transcript):
            return speech_seconds(transcript)


def whole_seconds(seconds: float) -> int:
    """Seconds as people read them: whole ones, and never fewer than it takes, since a limit is exceeded by a part of
    one, too."""
    return ceil(seconds)


def _seconds(piece: str) -> float:
    if piece in ",;:":
        return COMMA_SECONDS
    if piece[0] in ".!?":
        return SENTENCE_SECONDS
    if digits := sum(map(str.isdigit, piece)):
        return DIGIT_SECONDS * digits + LETTER_SECONDS * (len(piece) - digits)
    if len(piece) == 1 and piece.isupper():
        return LONE_LETTER_SECONDS
    return WORD_SECONDS + LETTER_SECONDS * len(piece)
