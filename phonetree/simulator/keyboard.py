"""A caller at a keyboard."""

from collections.abc import Callable, Sequence

from phonetree.simulator.caller import ASKING_SECONDS, AT_ONCE_SECONDS, Act, HangUp, Press, Speak, Wait, seconds, speech
from phonetree.simulator.transcript import Line
from phonetree.simulator.twiml import Pause, Said

HELP = "a key (0-9 * #), Enter to stay silent, h to hang up"
AT_THE_TONE = "the tone; how many seconds do you speak? (20, or 20sx to hang up then; h: hang up at once)"

LONGEST_SPEECH_SECONDS = 600
"""Longer than any message can be."""


class Keyboard:
    """Shows the call live and asks what the caller does. `typed` has the answers as the steps of a script."""

    def __init__(self, show: Callable[[str], None], ask: Callable[[str], str]) -> None:
        self.hangs_up_at: float | None = None
        self.typed: list[str] = []
        self._show = show
        self._ask = ask
        self._shown: str | None = None

    def listen(self, line: Line) -> None:
        """Shows a line of the transcript, unless its words were shown before the question."""
        if line.what == "hears" and self._shown is not None:
            self._shown = None
        elif line.what != "presses":
            self._show(str(line))

    def asked(self, said: Sequence[Said | Pause], wait: int) -> Act:
        if wait < ASKING_SECONDS:
            return Wait()
        for piece in said:
            if isinstance(piece, Said):
                self._show(f"    {piece.text}")
        self._shown = "words"
        answer = self._answer(HELP)
        if answer == "h":
            self.typed.append("hangup")
            return HangUp(seconds(said))
        if answer:
            self.typed.append(answer)
            return Press(answer, max(AT_ONCE_SECONDS, seconds(said)))
        self.typed.append("wait")
        return Wait()

    def recorded(self) -> Speak:
        while True:
            answer = self._ask(f"  {AT_THE_TONE}").strip().lower()
            step = _speech_step(answer)
            spoken = speech(step)
            if spoken and spoken.seconds <= LONGEST_SPEECH_SECONDS:
                self.typed.append(step)
                return spoken
            self._show(f"    '{answer}' is not understood; write 0 to {LONGEST_SPEECH_SECONDS}, such as 20 or 20s#")

    def _answer(self, prompt: str) -> str:
        while True:
            answer = self._ask(f"  {prompt}").strip().lower()
            if answer in ("", "h") or (len(answer) == 1 and answer in "0123456789*#"):
                return answer
            self._show(f"    '{answer}' is not one key; one at a time")


def _speech_step(answer: str) -> str:
    """The script step for an answer at the tone: a bare number ends with #, Enter is silence."""
    if answer == "h":
        return "0sx"
    return f"{answer}s#" if answer.isdecimal() else answer or "0s"
