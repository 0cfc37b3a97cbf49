"""The estimate of seconds of speech beside real synthesised speech.

    apt-get install espeak-ng
    .venv/bin/python -m bench.speech [--config config]

Every sentence that any call can hear is spoken by espeak-ng at its ordinary pace, its silence at both ends left
out, and timed.
"""

import argparse
import array
import io
import shutil
import statistics
import subprocess
import sys
import wave
from collections import defaultdict
from datetime import date
from pathlib import Path

from phonetree.config.numbers import NumberRules
from phonetree.config.site import load
from phonetree.core.speech import speech_seconds
from phonetree.core.verbs import Gather, Say
from phonetree.proof.prove import prove

SINCE = date(2026, 11, 22)
SILENCE = 200
"""Samples below this are not speech."""


def sentences(config: Path) -> dict[str, set[str]]:
    """Everything that is said, by language of the voice."""
    site = load(config, NumberRules({}, fictional=True, stand_in=True)).site
    said: dict[str, set[str]] = defaultdict(set)
    for verbs in (turn.verbs for turn in prove(site, SINCE).walk.answers):
        for verb in verbs:
            for piece in verb.spoken if isinstance(verb, Gather) else (verb,):
                if isinstance(piece, Say):
                    said[piece.voice.code].add(piece.text)
    return said


def spoken_seconds(text: str, code: str) -> float:
    """How long espeak-ng speaks."""
    voice = {"en-US": "en-us", "es-US": "es-419"}.get(code, code.split("-")[0])
    command = ["espeak-ng", "-v", voice, "--stdout", text]
    audio = subprocess.run(command, check=True, capture_output=True).stdout  # noqa: S603
    with wave.open(io.BytesIO(audio)) as sound:
        samples = array.array("h", sound.readframes(sound.getnframes()))
        loud = [number for number, sample in enumerate(samples) if abs(sample) > SILENCE]
        return (loud[-1] - loud[0]) / sound.getframerate() if loud else 0.0


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=Path, default=Path("config"))
    arguments = parser.parse_args()
    if not shutil.which("espeak-ng"):
        sys.exit("espeak-ng is needed: apt-get install espeak-ng")
    print(f"{'voice':<7}{'texts':>6}{'spoken s':>10}{'estimate s':>12}{'total':>8}{'median':>8}{'least':>7}{'most':>7}")
    for code, texts in sentences(arguments.config).items():
        pairs = [(speech_seconds(text), spoken_seconds(text, code)) for text in sorted(texts)]
        ratios = [estimate / spoken for estimate, spoken in pairs]
        guessed, spoken = (sum(column) for column in zip(*pairs, strict=True))
        print(
            f"{code:<7}{len(pairs):>6}{spoken:>10.0f}{guessed:>12.0f}{100 * (guessed / spoken - 1):>+7.1f}%"
            f"{statistics.median(ratios):>8.2f}{min(ratios):>7.2f}{max(ratios):>7.2f}"
        )


if __name__ == "__main__":
    main()
