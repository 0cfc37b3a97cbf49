"""Public answers of the current minute, kept as they were given: giving one again takes no more than a refusal.

A client that asks for the page and goes at once can do so faster than Flask answers; whatever is made for each of
its requests is made in place of turns.
"""

from collections.abc import Callable
from datetime import datetime

from granian.rsgi import Scope

from phonetree.core.tree import Site
from phonetree.rsgi import Answer
from phonetree.web.limits import MOST_READY, MOST_READY_CHARACTERS
from phonetree.web.pages import minute

Asked = tuple[str, str, str, str]
"""All that a public answer depends on: method, path, query and languages."""

Answers = dict[Asked, Answer]


def asked_by(scope: Scope) -> Asked:
    """What a request asks for."""
    return scope.method, scope.path, scope.query_string, scope.headers.get("accept-language", "")


class Ready:
    """The answers of one minute and site. `current` says which these are."""

    def __init__(self, current: Callable[[], tuple[Site, datetime]]) -> None:
        self._current = current
        self._site: Site | None = None
        self._minute = 0
        self._answers: Answers = {}

    def answers(self) -> Answers:
        """Those of now. Take them before an answer is made, and keep it there: it may be of an earlier minute."""
        site, now = self._current()
        if site is not self._site or minute(now) != self._minute:
            self._site, self._minute, self._answers = site, minute(now), {}
        return self._answers


def keep(answers: Answers, asked: Asked, answer: Answer) -> None:
    """Keeps an answer, in place of the oldest if there are too many."""
    if answer.status != 200 or answer.file or sum(map(len, asked)) > MOST_READY_CHARACTERS:
        return
    if len(answers) >= MOST_READY:
        del answers[next(iter(answers))]
    answers[asked] = answer
