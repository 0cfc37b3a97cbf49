"""How an edit changes the hours, in sentences for staff: days, shifts, outside lines."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import groupby
from typing import assert_never

from phonetree.core.schedule import Day, Names, Span, Week, first_name
from phonetree.core.tree import Always, During, HelplineHours, Hours, Language, OwnHours, Resource, Site, Team
from phonetree.proof.moments import DAYS

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def changed_hours(old: Site, new: Site, since: date) -> Iterator[str]:
    """A sentence for each change of the helpline's hours in the `DAYS` from `since` on, and of any other hours."""
    if str(old.schedule.zone) != str(new.schedule.zone):
        yield f"The helpline's time zone is now {new.schedule.zone}; it was {old.schedule.zone}."
    yield from _weeks("", old.schedule.week, new.schedule.week)
    yield from _dates(old, new, since)
    for line, before in lines_of_both(old, new):
        yield from _hours(f"{named(new, line.names)}: ", before.hours, line.hours)
    for team, was in teams_of_both(old, new):
        yield from _hours(f"Team '{team.id}': ", was.hours, team.hours)
        shifts = {member.known_as: member.shifts for member in was.members}
        for member in team.members:
            several = sum(one.known_as == member.known_as for one in new.members) > 1
            whose = f"{member.name} in team '{team.id}'" if several else member.name
            yield from _hours(f"{whose}: ", shifts.get(member.known_as, member.shifts), member.shifts)


def lines_of_both(old: Site, new: Site) -> Iterator[tuple[Resource, Resource]]:
    """The outside lines that both sites have, by number: the new one and the old one."""
    known = {line.number: line for line in old.resources.values()}
    return ((line, known[line.number]) for line in new.resources.values() if line.number in known)


def teams_of_both(old: Site, new: Site) -> Iterator[tuple[Team, Team]]:
    """The teams that both sites have, by name, or by members if renamed: the new one and the old one."""
    renamed = {team.members: team for team in old.teams.values() if team.id not in new.teams}
    for team in new.teams.values():
        before = old.teams.get(team.id) or renamed.get(team.members)
        if before:
            yield team, before


# -- the helpline's days


def _dates(old: Site, new: Site, since: date) -> Iterator[str]:
    """Special days that differ; consecutive days with the same change are one."""
    found: dict[str, list[date]] = {}
    for was, now in zip(old.schedule.days(since, DAYS), new.schedule.days(since, DAYS), strict=True):
        for change in _day(old, new, was, now) if was.special or now.special else ():
            found.setdefault(change, []).append(now.date)
    runs = [(first, last, change) for change, dates in found.items() for first, last in _runs(dates)]
    for first, last, change in sorted(runs, key=lambda run: run[0]):
        spoken = spoken_date(first) if first == last else f"{spoken_date(first)} to {spoken_date(last)}"
        yield f"{spoken}: {change}"


def _runs(dates: list[date]) -> Iterator[tuple[date, date]]:
    """Consecutive dates, each with the first and the last."""
    for _, run in groupby(enumerate(dates), key=lambda item: item[1] - timedelta(days=item[0])):
        found = [each for _, each in run]
        yield found[0], found[-1]


def _day(old: Site, new: Site, was: Day, now: Day) -> Iterator[str]:
    """How a day differs: its hours with its name, and the reason that callers hear in other languages."""
    first = new.first_language
    before, after = (_spans(day.spans) + _in_brackets(named(new, day.names)) for day in (was, now))
    if before != after:
        yield f"{after}, was {before}."
    for language, info in new.languages.items() if was.names and now.names else ():
        known = language in old.languages and not (language == first and before != after)
        if known and was.names.get(language) != now.names.get(language):
            reason, reason_before = _reason(new, now.names, language), _reason(old, was.names, language)
            yield f'the reason in {info.name} is "{reason}", was "{reason_before}".'


def _in_brackets(name: str) -> str:
    return f" ({name})" if name else ""


def _reason(site: Site, names: Names, language: Language) -> str:
    """What callers hear as {closure}."""
    return names.get(language) or site.phrases[language]["a_closure"]


def spoken_date(day: date) -> str:
    """A date as staff read it: "Monday 30 November 2026"."""
    return f"{WEEKDAYS[day.weekday()]} {day.day} {day:%B %Y}"


def named(site: Site, names: Names) -> str:
    """A name in the site's first language, or as it is; "" if there is none."""
    return names.get(site.first_language) or first_name(names)


# -- weeks


def _weeks(whose: str, old: Week, new: Week) -> Iterator[str]:
    """Weekdays that differ; consecutive ones with the same change are one."""
    pairs = [(_spans(was), _spans(now)) for was, now in zip(old.days, new.days, strict=True)]
    for (was, now), run in groupby(range(7), key=lambda day: pairs[day]):
        if was != now:
            yield f"{whose}{_run(list(run))}: {now}, was {was}."


def _run(days: list[int]) -> str:
    """Consecutive weekdays in words."""
    if len(days) == len(WEEKDAYS):
        return "every day"
    return f"{WEEKDAYS[days[0]]}s" + (f" to {WEEKDAYS[days[-1]]}s" if len(days) > 1 else "")


def _spans(spans: tuple[Span, ...]) -> str:
    return f"open {_listed(spans)}" if spans else "closed"


def _listed(spans: tuple[Span, ...]) -> str:
    return " and ".join(span.words for span in spans)


def _hours(whose: str, old: Hours, new: Hours) -> Iterator[str]:
    if old == new:
        return
    if isinstance(old, OwnHours) and isinstance(new, OwnHours):
        yield from _weeks(whose, old.week, new.week)
    else:
        yield f"{whose}open {_spoken(new)}, was open {_spoken(old)}."


def _spoken(hours: Hours) -> str:
    match hours:
        case OwnHours(week):
            runs = [(_run(list(days)), spans) for spans, days in groupby(range(7), key=lambda day: week.days[day])]
            return "; ".join(f"{run} {_listed(spans)}" for run, spans in runs if spans)
        case HelplineHours(inside):
            return "during the helpline's hours" if inside else "outside the helpline's hours"
        case Always():
            return "always"
        case During(usual):
            return _spoken(usual)
        case _:
            assert_never(hours)
