"""The background work of a server, or of a `worker`, assembled from the settings."""

from collections.abc import Callable
from datetime import datetime

from phonetree.config.site import overridden
from phonetree.core.tree import Site
from phonetree.core.turn import Outcome
from phonetree.errors import ProviderError
from phonetree.mailbox.collector import Collector
from phonetree.mailbox.keys import sealing_keys
from phonetree.mailbox.notices import Notices, channels
from phonetree.mailbox.reminders import ReminderRounds
from phonetree.provider import live
from phonetree.provider.account import Remark
from phonetree.provider.rest import Provider
from phonetree.runtime.alerts import Alerts
from phonetree.runtime.phones import phones_in
from phonetree.runtime.sites import Sites
from phonetree.runtime.worker import Retention, Worker
from phonetree.settings import Settings
from phonetree.store.counts import Counts
from phonetree.store.database import Store
from phonetree.store.heartbeat import Heartbeat
from phonetree.store.kept import standing
from phonetree.store.keys import SealingKeys
from phonetree.store.overrides import Overrides
from phonetree.store.reminders import Reminders
from phonetree.store.revisions import Revisions
from phonetree.store.servers import Servers
from phonetree.store.upkeep import Upkeep
from phonetree.store.voicemails import Voicemails


def background(
    settings: Settings,
    store: Store,
    sites: Sites,
    counts: Counts,
    alerts: Alerts,
    now: Callable[[], datetime],
    *,
    collects: bool = True,
    publishes: bool = True,
) -> Worker:
    """The worker over a store. Raises SettingsError, opens nothing.

    `collects` is whether the mailbox's work is done here; `publishes` whether calls are answered here.
    """
    voicemails, revisions, heartbeat = Voicemails(store), Revisions(store), Heartbeat(store)
    servers, phones, kept_keys = Servers(store), phones_in(store, settings), SealingKeys(store, settings.secrets)
    provider = Provider(settings.provider_url, settings.account_sid, settings.auth_token)

    def local_now() -> datetime:
        return now().astimezone(sites.current.schedule.zone)

    def shown() -> bool:
        shown = not any(remark.wrong for remark in live.caller_id(provider, sites.current.helpline))
        alerts.caller_id(shown=shown)
        return shown

    def look(at: int) -> None:
        site = sites.current
        for about, remarks in (
            ("caller id", lambda: live.caller_id(provider, site.helpline)),
            ("number", lambda: live.number(provider, site.helpline, settings.public_url, settings.fallback_url)),
            ("fallback", lambda: live.hosted_fallback(site, settings.fallback_url)),
        ):
            servers.look(about, _wrong(remarks), at)

    collector = Collector(
        provider,
        voicemails,
        lambda: sites.current.helpline,
        lambda: sealing_keys(settings.keys, kept_keys),
        settings.keep_call_records,
        lambda began: _count_fallback(heartbeat, counts, began, local_now()),
    )

    def with_covers() -> Site:
        kept = Overrides(store).kept(int(now().timestamp()))
        return overridden(sites.current, standing(kept))

    reminders = ReminderRounds(Reminders(store, settings.secrets), with_covers, channels(settings.notify))
    return Worker(
        store,
        voicemails,
        Notices(store, voicemails, channels(settings.notify)),
        Retention(settings.keep_days, settings.keep_handled_days),
        Upkeep(store),
        collector if collects else None,
        lambda stopping: counts.release(store, local_now(), stopping=stopping),
        (lambda at: revisions.keep(sites.current.revision, sites.contents, "the files", at)) if publishes else None,
        shown=shown if collects else lambda: True,
        remind=reminders.round if collects else None,
        look=look if collects else lambda _: None,
        tidy_phones=phones.tidy if phones else lambda _: None,
        tidy_keys=kept_keys.tidy,
    )


def _wrong(look: Callable[[], list[Remark]]) -> list[tuple[str, str]]:
    """What a look at the provider found wrong, each with what to do; or that it could not be looked at."""
    try:
        return [(remark.text, remark.hint) for remark in look() if remark.wrong]
    except ProviderError as error:
        return [(f"it could not be looked at: {error}", "scripts/phonetree doctor shows more")]


def _count_fallback(heartbeat: Heartbeat, counts: Counts, began: int, now: datetime) -> None:
    """Counts a call that began while no server answered: it heard the fallback. `now` is in the helpline's time."""
    if any(outage.holds(began) for outage in heartbeat.outages(int(now.timestamp()))):
        counts.add(Outcome.FALLBACK, now)
