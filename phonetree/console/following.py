"""Whether the servers answer with what staff see: each reports what it follows."""

from collections.abc import Iterable
from dataclasses import dataclass

from phonetree.store.kept import Kept
from phonetree.store.servers import Server


@dataclass(frozen=True, slots=True)
class Following:
    """How many servers answer calls, and how many of them with all that stands at short notice, and nothing else."""

    servers: int
    with_it: int

    @property
    def all(self) -> bool:
        """Whether nothing is waited for."""
        return self.servers == self.with_it

    @property
    def words(self) -> str:
        """The same in a sentence."""
        if not self.servers:
            return "No server reports, so nobody knows whether calls are answered."
        if self.all:
            return (
                "The server answers with this."
                if self.servers == 1
                else f"All {self.servers} servers answer with this."
            )
        if self.servers == 1:
            return "The server does not answer with this yet; that takes a few seconds."
        return f"{self.with_it} of {self.servers} servers answer with this so far; that takes a few seconds."


def following(servers: Iterable[Server], kept: Iterable[Kept], now: int) -> Following:
    """How far the servers are with what stands."""
    stands = {(each.number, int(each.override.ends.timestamp())) for each in kept}
    found = [{one for one in each.report.overrides if one[1] > now} == stands for each in servers]
    return Following(len(found), sum(found))
