"""Times as staff say them: "17:00", "tomorrow 9:00", "Monday 9:00"; and the ends that are proposed for an override."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytz
from pytz.tzinfo import BaseTzInfo

from phonetree.core.schedule import Kind, Schedule, midnight, which_of_two
from phonetree.errors import OverrideError

OTHER = "other"
"""The choice of an end that is typed."""

NOW = "now"

YEARS = range(2000, 2100)
"""Those that can be meant. Beyond them moments cannot be reckoned with."""

DAY = timedelta(days=1)

FIRST_YEAR, LAST_YEAR = 2000, 2200
"""Of a moment that makes sense; the clock of others cannot be reckoned with."""


@dataclass(frozen=True, slots=True)
class Ending:
    """An end that can be chosen: its name in a form, its words, and the moment (None: it is typed); and when it begins,
    if that is later."""

    name: str
    words: str
    moment: datetime | None
    begins: datetime | None = None

    @property
    def value(self) -> str:
        """The choice in a form: with its moments, so that a form that was opened earlier means what it showed."""
        if self.moment is None:
            return self.name
        return f"{self.begins.isoformat() if self.begins else NOW}/{self.moment.isoformat()}"


def clock(moment: datetime) -> str:
    """The time of day: "9:00"; one that comes twice, since the clocks go back, says which."""
    return f"{moment.hour}:{moment:%M}{which_of_two(moment)}"


def day_words(day: date, today: date) -> str:
    """A day: "today", "tomorrow", "Monday", or with its date."""
    days = (day - today).days
    if days in (0, 1):
        return ("today", "tomorrow")[days]
    if 1 < days < 7:
        return f"{day:%A}"
    written = f"{day:%A} {day.day} {day:%B}"
    return written if day.year == today.year else f"{written} {day.year}"


def when(moment: datetime, now: datetime) -> str:
    """A moment, both in the helpline's time: "17:00", "tomorrow 9:00". Midnight ends the day before."""
    if (moment.hour, moment.minute, moment.second) == (0, 0, 0) and moment > now:
        before = moment.date() - DAY
        return "midnight" if before == now.date() else f"{day_words(before, now.date())} midnight"
    if moment.date() == now.date():
        return clock(moment)
    return f"{day_words(moment.date(), now.date())} {clock(moment)}"


def long_ago(moment: datetime, now: datetime) -> str:
    """A moment that is over, both in the helpline's time: "today 14:03", "Monday 23 November, 14:03"."""
    return f"{past_day(moment.date(), now.date())}{' ' if now.date() - moment.date() <= DAY else ', '}{clock(moment)}"


def past_day(day: date, today: date) -> str:
    """A day that is over, or today."""
    return "yesterday" if today - day == DAY else day_words(day, today)


def stretch_words(begins: datetime, ends: datetime, now: datetime) -> str:
    """From when to when: "until 17:00", "from tomorrow 9:00 until tomorrow 12:00"."""
    until = f"until {when(ends, now)}"
    if begins <= now + timedelta(minutes=1):
        return until
    if ends.date() == begins.date() != now.date():
        until = f"until {clock(ends)}"
    return f"from {when(begins, now)} {until}"


def endings(schedule: Schedule, now: datetime) -> tuple[Ending, ...]:
    """The ends that are proposed for an override that begins now (in the helpline's time), the likeliest first."""
    found = []
    status = schedule.status(now)
    if status.kind is Kind.OPEN and status.until:
        found.append(Ending("hours", f"until {when(status.until, now)}, when the line closes", status.until))
    if status.next_opening:
        found.append(
            Ending("opening", f"until the next opening, {when(status.next_opening, now)}", status.next_opening)
        )
        if closes := schedule.status(status.next_opening).until:
            opens = status.next_opening
            words = f"not now: {day_words(opens.date(), now.date())}, from {clock(opens)} until {clock(closes)}"
            found.append(Ending("next", words, closes, opens))
    found.append(Ending("today", "until the end of today", midnight(schedule.zone, now.date() + DAY)))
    for hours in (1, 4):
        moment = schedule.zone.normalize(now.replace(second=0, microsecond=0) + timedelta(hours=hours))
        words = f"for {hours} hour{'s' if hours > 1 else ''}, until {when(moment, now)}"
        found.append(Ending(f"{hours}h", words, moment))
    return (*found, Ending(OTHER, "until ...", None))


def chosen(value: str) -> tuple[datetime | None, datetime]:
    """The moments of a choice: when it begins (None: now), and its end. Raises OverrideError."""
    begins, _, ends = value.partition("/")
    try:
        return None if begins == NOW else aware(begins), aware(ends)
    except (ValueError, OverflowError):
        raise OverrideError(["choose until when"]) from None


def aware(text: str) -> datetime:
    """The moment in a value that one of our forms had. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None or not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(text)
    return moment


def typed(text: str, zone: BaseTzInfo, what: str) -> datetime:
    """The moment in a field of a form, "2026-11-23T14:00", in the helpline's time. Raises OverrideError that names
    `what` it is."""
    try:
        moment = datetime.fromisoformat(text).replace(tzinfo=None)
        if moment.year not in YEARS:
            raise OverrideError([f"{what}: choose a day of this century"])
        return zone.localize(moment, is_dst=None)
    except pytz.AmbiguousTimeError:
        told = f"{what}: that time comes twice, because the clocks go back; choose one before or after that hour"
        raise OverrideError([told]) from None
    except pytz.NonExistentTimeError:
        raise OverrideError([f"{what}: there is no such time, because the clocks change; choose another"]) from None
    except ValueError:
        raise OverrideError([f"{what}: choose a day and a time"]) from None


def for_a_field(moment: datetime) -> str:
    """A moment as a form's field has it."""
    return f"{moment:%Y-%m-%dT%H:%M}"
