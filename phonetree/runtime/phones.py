"""Members' phones of the store, polled in the background, so that turns do not query them.

While the store is unavailable the last known ones ring. A server that starts meanwhile rings those of its environment
alone, and the others as soon as it has read them.
"""

from dataclasses import dataclass, replace

from phonetree import log
from phonetree.config.numbers import NumberRules
from phonetree.errors import StoreError
from phonetree.runtime.sites import Sites
from phonetree.settings import Settings
from phonetree.store.database import Store
from phonetree.store.phones import Phones

POLL_SECONDS = 5.0


def phones_in(store: Store | None, settings: Settings) -> Phones | None:
    """The phones of a store; None without a store, or without the key that they are sealed with."""
    return Phones(store, settings.secrets) if store and settings.secrets else None


def number_rules(settings: Settings, phones: Phones | None) -> NumberRules:
    """The rules of a server that starts, with the phones that ring now, as far as the store says."""
    rules = NumberRules(settings.names, fictional=settings.demo, stand_in=settings.demo)
    if phones is None:
        return rules
    try:
        return replace(rules, phones=phones.followed().numbers)
    except StoreError:
        return replace(rules, phones={})


@dataclass
class PhonePoller:
    """Polls the phones, and passes changes to the sites. `digest` is that of the phones that were read last, ""
    before."""

    phones: Phones
    sites: Sites
    digest: str = ""
    _tried: tuple[str, str] = "", ""

    def poll(self) -> None:
        """Polls once. When the store is unavailable nothing changes: the worker reports that."""
        try:
            found = self.phones.followed()
        except StoreError:
            return
        trying = found.digest, self.sites.current.revision
        first = not self._tried[0] and found.numbers == self.sites.rules.phones  # known since the start
        same = first or (self._tried[0] == trying[0] and (self._tried == trying or not self.sites.waiting))
        if same and not self.sites.phones_due:
            self._tried, self.digest = trying, found.digest
            return
        before, self._tried = self.sites.unkept, trying
        self.sites.follow(found.numbers)
        self.digest = found.digest
        if self.sites.unkept and self.sites.unkept != before:
            log.warning("phones", problems=[str(problem) for problem in self.sites.unkept])
        if before and not self.sites.unkept:
            log.info("phones", problem="over")

    @property
    def unkept(self) -> str:
        """What staff are told of promises that are broken, in a sentence; "" when all are kept."""
        if not self.sites.unkept:
            return ""
        first = self.sites.unkept[0].text
        begin = (
            "A member's phone was added, and does not ring yet" if self.sites.waiting else "A member's phone is gone"
        )
        return f"{begin}: {first}"
