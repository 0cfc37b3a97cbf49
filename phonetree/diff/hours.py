"""How an edit changes the hours, in sentences for staff: days, shifts, outside lines."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import groupby
from typing import assert_never

from phonetree.core.schedule import Day, Names, Span, Week
from phonetree.core.tree import Always, During, HelplineHours, Hours, OwnHours, Resource, Site, Team
from phonetree.proof.moments import DAYS

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def changed_hours(old: Site, new: Site, since: date) -> Iterator[str]:
    """A sentence for each change of the helpline's hours in the `DAYS` from `since` on, and of any other hours."""
    if str(old.schedule.zone) != str(new.schedule.zone):
        yield f"The helpline's time zone is now {new.schedule.zone}; it was {old.schedule.zone}."
    yield from _weeks("", old.schedule.week, new.schedule.week)
    yield from _dates(old, new, since)
    for line, before in lines_of_both(old, new):
        yield from _hours(f"{_name(line.names)}: ", before.hours, line.hours)
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
    days = zip(old.schedule.days(since, DAYS), new.schedule.days(since, DAYS), strict=True)
    special = [(is_.date, _day(was), _day(is_)) for was, is_ in days if was.special or is_.special]
    changed = [(day, f"{now}, was {was}.") for day, was, now in special if was != now]
    for _, run in groupby(enumerate(changed), key=lambda item: (item[1][0] - timedelta(days=item[0]), item[1][1])):
        (first, change), *_, (last, _) = [entry for _, entry in run] * 2
        spoken = spoken_date(first) if first == last else f"{spoken_date(first)} to {spoken_date(last)}"
        yield f"{spoken}: {change}"


def _day(day: Day) -> str:
    name = _name(day.names)
    return _spans(day.spans) + (f" ({name})" if name else "")


def spoken_date(day: date) -> str:
    """A date as staff read it: "Monday 30 November 2026"."""
    return f"{WEEKDAYS[day.weekday()]} {day.day} {day:%B %Y}"


def _name(names: Names) -> str:
    return next(iter(names.values()), "")


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
