"""Whether the servers answer with what staff see: each reports what it follows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from phonetree.store.kept import Kept
from phonetree.store.servers import Server


@dataclass(frozen=True, slots=True)
class Silence:
    """How many servers do not report any more, of how many, and since when ("11:45"), if any."""

    silent: int = 0
    servers: int = 0
    since: str = ""

    @property
    def words(self) -> str:
        """The same in a sentence, without its full stop; "" if all report."""
        if not self.silent:
            return ""
        if self.silent < self.servers:
            have = "has" if self.silent == 1 else "have"
            return f"{self.silent} of {self.servers} servers {have} not reported since {self.since}"
        if self.silent == 1:
            return f"The server has not reported since {self.since}"
        return f"No server has reported since {self.since}"


NONE_SILENT = Silence()


@dataclass(frozen=True, slots=True)
class Following:
    """How many servers answer calls, how many of them with all that stands at short notice, or with a revision, and
    nothing else; and those that do not report any more. `withheld` says that the others will not answer with it, for a
    promise that it breaks."""

    servers: int
    with_it: int
    silence: Silence = NONE_SILENT
    withheld: bool = False

    @property
    def all(self) -> bool:
        """Whether nothing is waited for."""
        return self.servers == self.with_it

    @property
    def well(self) -> bool:
        """Whether all servers are there, and answer with it."""
        return self.all and self.servers > 0 and not self.silence.silent

    @property
    def words(self) -> str:
        """The same in a sentence."""
        silent, there = self.silence.silent, self.servers
        if not there:
            return f"{self.silence.words or 'No server reports'}."
        if there == 1 and not silent:
            return (
                "The server answers with this."
                if self.all
                else f"The server does not answer with this yet; {self._when}"
            )
        if self.well:
            return "Both servers answer with this." if there == 2 else f"All {there} servers answer with this."
        answer = f"answer{'s' if self.with_it == 1 else ''} with this{'' if self.all else ' so far'}"
        more = (
            f"{silent} {'has' if silent == 1 else 'have'} not reported since {self.silence.since}."
            if silent
            else self._when
        )
        return f"{self.with_it} of {there + silent} servers {answer}; {more}"

    @property
    def _when(self) -> str:
        return _NOT_YET if self.withheld else _SOON


_SOON = "that takes a few seconds."
_NOT_YET = "callers hear an earlier revision until the broken promise is put right."


def following(servers: Iterable[Server], kept: Iterable[Kept], now: int, silence: Silence = NONE_SILENT) -> Following:
    """How far the servers are with what stands: those that report, and beside them those that do not."""
    stands = {(each.number, int(each.override.ends.timestamp())) for each in kept}
    found = [{one for one in each.report.overrides if one[1] > now} == stands for each in servers]
    return Following(len(found), sum(found), silence)


def following_revision(servers: Iterable[Server], revision: str, silence: Silence) -> Following:
    """How many servers answer with a revision."""
    found = [each.report.revision == revision for each in servers]
    return Following(len(found), sum(found), silence)


def last_seen(silent: Sequence[Server]) -> int:
    """The minute since which none of these has reported."""
    return max(each.seen_at for each in silent)
