"""An override by staff: checked like an edit before it is stored."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from phonetree.config.promises import broken_by, not_late, told_once
from phonetree.config.reader import suggest
from phonetree.config.site import overridden
from phonetree.core.characters import refusal
from phonetree.core.rota import Gap, gaps, rota
from phonetree.core.schedule import COVER_LEAD_SECONDS, Accepted, Cover, Kind, Override, dated
from phonetree.core.speech import speech_seconds, whole_seconds
from phonetree.core.tree import Connect, NodeId, Site
from phonetree.errors import LeftAloneError, OverrideError, Problem

MOST_DAYS = 31
"""Anything longer belongs in hours.yaml, where everybody sees it."""

MOST_PROOFS = 20
"""How many proofs to make in order to find which overrides break a promise together: newer ones wait meanwhile."""

LATE_SECONDS = 120
"""How long ago an override may begin: whoever makes it chose that as now."""

UNPROVED_SECONDS = 600
"""How far ahead to look whether somebody can be rung, while nothing is proved: longer than a proof takes."""

LONGEST_WORDS = 500
"""Characters: far more than can be said in time."""

LONGEST_WORDS_SECONDS = 15.0
"""Callers hear the words before the menu on every call."""


def read_override(
    site: Site,
    kind: Kind | None,
    stretch: tuple[datetime, datetime],
    words: Mapping[str, str],
    now: datetime,
) -> Override:
    """The requested override, between the moments of `stretch`. Raises OverrideError with every problem."""
    words = {language: " ".join(text.split()) for language, text in words.items()}
    if problems := (*_times(kind, *stretch, now), *_words(site, kind, words)):
        raise OverrideError(problems)
    return Override(*stretch, kind, words)


def read_cover(site: Site, away: str, by: str, stretch: tuple[datetime, datetime], now: datetime) -> Override:
    """The requested cover: the member `by` ("": nobody) takes the place of the member `away`. It begins when every
    server knows it, at the earliest. Raises OverrideError with every problem."""
    if problems := (*_times(None, *stretch, now), *_members(site, away, by)):
        raise OverrideError(problems)
    begins = max(stretch[0], now.replace(microsecond=0) + timedelta(seconds=COVER_LEAD_SECONDS))
    if stretch[1] <= begins:
        raise OverrideError(["it would be over before every server knows it; choose a later end"])
    return Override(begins, stretch[1], None, {}, Cover(away, by))


def _members(site: Site, away: str, by: str) -> Iterator[str]:
    numbers: dict[str, set[str]] = {}
    for member in site.members:
        numbers.setdefault(member.name, set()).add(member.number)
    for name in (away, by) if by else (away,):
        if name not in numbers:
            yield f"'{name}' is not a member of a team{suggest(name, numbers)}"
        elif len(numbers[name]) > 1:
            yield f"several members with different phones are called '{name}'; tell them apart in routing.yaml"
        elif name == by and "" in numbers[name]:
            yield f"'{name}' has no phone that could be rung; confirm one on the console's page People"
    if away == by:
        yield f"'{away}' cannot take their own place; choose somebody else"


def _times(kind: Kind | None, begins: datetime, ends: datetime, now: datetime) -> Iterator[str]:
    if ends <= begins:
        yield f"it ends ({dated(ends)}) before it begins; choose a later end"
    elif ends <= now:
        yield f"it is already over ({dated(ends)}); choose a later end"
    elif begins < now - timedelta(seconds=LATE_SECONDS):
        yield f"it begins in the past ({dated(begins)}); choose from now, or a later time"
    if ends - begins > timedelta(days=MOST_DAYS):
        yield (
            f"it lasts longer than {MOST_DAYS} days; choose an earlier end. What lasts is written as closed days or "
            "other hours under Schedule in the console, or in hours.yaml, and for a member in routing.yaml"
        )
    if kind is Kind.HOLIDAY:
        yield "an override is open or closed; write holidays and closures into hours.yaml"


def _words(site: Site, kind: Kind | None, words: Mapping[str, str]) -> Iterator[str]:
    if kind is None and not words:
        yield "it changes nothing and says nothing; choose open or closed, or give words"
    for language, text in words.items():
        info, called = site.languages.get(language), _called(site, language)
        said = info.pronunciation.aloud(text) if info else text
        if not info:
            yield f"'{language}' is not one of the languages{suggest(language, site.languages)}"
        if not text:
            yield f"the words in {called} are empty; write what callers hear"
        elif set("{}") & set(text):
            yield f"the words in {called} have a brace; nothing is filled in here, so write plain words"
        elif bad := refusal(text):
            yield f"what is said in {called} {bad}"
        elif len(text) > LONGEST_WORDS:
            yield (
                f"the words in {called} have {len(text)} characters; at most {LONGEST_WORDS} are allowed, so leave "
                "out what can wait"
            )
        elif len(said) > LONGEST_WORDS:
            yield f"the words in {called} are {len(said)} characters as they are said; leave out what can wait"
        elif (seconds := speech_seconds(said)) > LONGEST_WORDS_SECONDS:
            yield (
                f"the words in {called} take {whole_seconds(seconds)} s to say; every caller hears them first, so "
                f"leave out what can wait (at most {LONGEST_WORDS_SECONDS:.0f} s)"
            )
    for language in site.languages if words else ():
        if site.language_of(words, language) not in words:
            yield f"the words are missing in {_called(site, language)}; write them in every language"


def _called(site: Site, language: str) -> str:
    """A language by its name and code, "español (es)"; as it was written if there is no such one."""
    info = site.languages.get(language)
    return f"{info.name} ({language})" if info else f"'{language}'"


def check(
    site: Site, override: Override, others: tuple[Override, ...], proof: Callable[[Site], tuple[Problem, ...]]
) -> tuple[str, ...]:
    """Raises LeftAloneError when this override, with the `others`, would leave callers with nobody to ring and that was
    not accepted; OverrideError when it would break a promise that is kept without it. `proof` says which ones a site
    breaks. Returns what takes more seconds than is promised: staff are told, and the override is made."""
    new, asked = left_alone(site, override, others)
    if _not_accepted(asked, (override,)):
        raise LeftAloneError([alone(site, gap) for gap in new], sorted({one.node for one in asked}))
    broken = broken_by((override, *others), site, proof, others)
    if refusing := not_late(broken):
        raise OverrideError(told_once(refusing))
    return told_once(broken)


Broken = Callable[[tuple[Override, ...]], tuple[Problem, ...]]
"""Which promises several overrides break together."""


def apart(
    overrides: tuple[Override, ...], broken: Broken, suspects: Callable[[], tuple[Override, ...]] = tuple
) -> tuple[tuple[Override, ...], tuple[tuple[Override, tuple[Problem, ...]], ...]]:
    """Those of overrides, newest first, that can be in force together; and those left out, each with the promises that
    it would break. The `suspects` are left out if that is enough.

    None may keep the others from being in force, since callers have to hear that the line is closed. Each was checked
    with the others of its time; they may break a promise together after one was ended, or two were made at once. Then
    covers are left out rather than what opens or closes the line, and newer ones rather than older ones. If it takes
    too many proofs to find out which, all that are newer than what is known to be good are left out.
    """
    if not (problems := broken(overrides)):
        return overrides, ()
    suspected = suspects()
    others = tuple(each for each in overrides if each not in suspected)
    if suspected and others and not broken(others):
        return others, tuple((each, problems) for each in suspected)
    hours = [each for each in reversed(overrides) if not each.cover]
    in_force, left_out = _leaving_out(overrides, hours, [], broken)
    covers = [each for each in reversed(overrides) if each.cover]
    in_force, more = _leaving_out(overrides, covers, in_force, broken)
    return _ordered(overrides, in_force), (*left_out, *more)


def _leaving_out(
    overrides: tuple[Override, ...], more: list[Override], in_force: list[Override], broken: Broken
) -> tuple[list[Override], list[tuple[Override, tuple[Problem, ...]]]]:
    """Those of `more`, oldest first, that can be in force beside others, with these; and those left out."""
    left_out: list[tuple[Override, tuple[Problem, ...]]] = []
    proofs = 0
    while more and (problems := broken(_ordered(overrides, [*in_force, *more]))):
        good, bad = 0, len(more)
        while bad - good > 1:  # bisect: so many of the oldest are good, so many are not
            middle = (good + bad) // 2
            if found := broken(_ordered(overrides, [*in_force, *more[:middle]])):
                bad, problems = middle, found
            else:
                good = middle
            proofs += 1
        in_force, one, more = [*in_force, *more[:good]], more[good], more[bad:]
        left_out.append((one, problems))
        if proofs >= MOST_PROOFS:
            return in_force, [*left_out, *((each, problems) for each in more)]
    return [*in_force, *more], left_out


def _ordered(overrides: tuple[Override, ...], some: list[Override]) -> tuple[Override, ...]:
    return tuple(each for each in overrides if each in some)


def unproved(
    site: Site, overrides: tuple[Override, ...], now: datetime, seconds: float = UNPROVED_SECONDS
) -> tuple[tuple[Override, ...], tuple[tuple[Override, str], ...]]:
    """Those of overrides, newest first, that a server may answer with until they are proved; and those left out, each
    with why: the newest covers because of which nobody could be rung soon, while the line is open, although nobody
    accepted that. Whatever opens or closes the line is in force."""
    soon = now + timedelta(seconds=seconds)
    in_force = tuple(each for each in overrides if not each.cover)
    left_out: list[tuple[Override, str]] = []
    for one in reversed(tuple(each for each in overrides if each.cover)):
        if one.begins < soon and now < one.ends:
            until_then = replace(one, begins=max(one.begins, now), ends=min(one.ends, soon))
            _, asked = left_alone(site, until_then, in_force)
            if missing := _not_accepted(asked, (one, *in_force)):
                left_out.append((one, alone(site, missing[0])))
                continue
        in_force = tuple(each for each in overrides if each is one or each in in_force)
    return in_force, tuple(left_out)


def leaving_alone(site: Site, overrides: tuple[Override, ...]) -> tuple[Override, ...]:
    """The newest covers because of which nobody could be rung at any time, although nobody accepted that: found
    without a proof."""
    if not overrides:
        return ()
    first, last = min(each.begins for each in overrides), max(each.ends for each in overrides)
    return tuple(each for each, _ in unproved(site, overrides, first, (last - first).total_seconds())[1])


def _not_accepted(asked: Iterable[Accepted], overrides: tuple[Override, ...]) -> list[Accepted]:
    """What staff did not accept with any of these overrides."""
    return [
        one
        for one in asked
        if not any(
            each.begins <= one.begins and one.ends <= each.ends and any(held.holds(one) for held in each.accepted)
            for each in overrides
        )
    ]


def accepting(site: Site, override: Override, others: tuple[Override, ...], offered: Iterable[Accepted]) -> Override:
    """An override with what staff accepted of what it asks for: the gaps as they are, within those that were
    offered to them."""
    _, asked = left_alone(site, override, others)
    offers = tuple(offered)
    return replace(override, accepted=tuple(one for one in asked if any(each.holds(one) for each in offers)))


def accepting_nodes(
    site: Site, override: Override, others: tuple[Override, ...], nodes: tuple[NodeId, ...]
) -> Override:
    """The same with every gap in which callers come to one of these nodes. Raises OverrideError about those that are
    not nodes."""
    if unknown := [f"'{node}' is not a node{suggest(node, site.nodes)}" for node in nodes if node not in site.nodes]:
        raise OverrideError(unknown)
    _, asked = left_alone(site, override, others)
    return replace(override, accepted=tuple(one for one in asked if one.node in nodes))


def not_accepted(site: Site, override: Override, others: tuple[Override, ...]) -> list[Accepted]:
    """What staff did not accept of what an override asks for."""
    return _not_accepted(left_alone(site, override, others)[1], (override, *others))


def left_alone(site: Site, override: Override, others: tuple[Override, ...]) -> tuple[list[Gap], tuple[Accepted, ...]]:
    """When nobody in a team can be rung because of an override, while the line is open; and what staff have to accept
    for that: the nodes that callers come to then."""
    new = _new_gaps(site, override, others, (override, *others))
    come_to: dict[str, set[NodeId]] = {}
    for node in site.nodes.values():
        if isinstance(node, Connect):
            come_to.setdefault(node.team, set()).add(node.otherwise)
    return new, tuple(
        Accepted(gap.team, gap.begins, gap.ends, node) for gap in new for node in sorted(come_to.get(gap.team, ()))
    )


def away_then(override: Override, others: tuple[Override, ...]) -> list[tuple[datetime, datetime]]:
    """When whoever takes a place is away by one of the `others`: they are rung in that place all the same."""
    by = override.cover.by if override.cover else ""
    found: list[tuple[datetime, datetime]] = []
    absences = [each for each in others if by and each.cover and each.cover.away == by]
    for each in sorted(absences, key=lambda absence: absence.begins):
        begins, ends = max(each.begins, override.begins), min(each.ends, override.ends)
        if found and begins <= found[-1][1]:
            found[-1] = found[-1][0], max(ends, found[-1][1])
        elif begins < ends:
            found.append((begins, ends))
    return found


def only_away(site: Site, override: Override, others: tuple[Override, ...]) -> list[Gap]:
    """When, because of a cover, only whoever takes the place can be rung in a team, and is away."""
    by = override.cover.by if override.cover else ""
    absent = tuple(Override(*stretch, None, {}, Cover(by)) for stretch in away_then(override, others))
    if not absent:
        return []
    return _new_gaps(site, override, (override, *others), (*absent, override, *others))


def _new_gaps(site: Site, override: Override, before: tuple[Override, ...], after: tuple[Override, ...]) -> list[Gap]:
    """The gaps that there are under some overrides, and not under others, while one of them lasts."""
    known, found = (gaps(overridden(site, some), override.begins, override.ends) for some in (before, after))
    return [
        gap
        for gap in found
        if not any(one.team == gap.team and one.begins <= gap.begins and gap.ends <= one.ends for one in known)
    ]


def changes_something(site: Site, override: Override, others: tuple[Override, ...]) -> bool:
    """Whether callers meet anything else because of an override: closing a closed line changes nothing, nor does
    saying again what is said."""
    edges = {moment for each in others for moment in (each.begins, each.ends)}
    moments = [override.begins, *(each for each in edges if override.at(each))]
    before, after = (
        (
            [changed.schedule.words(each) for each in moments],
            [(each.begins, each.met) for each in rota(changed, override.begins, override.ends)],
        )
        for changed in (overridden(site, others), overridden(site, (override, *others)))
    )
    return before != after


def alone(site: Site, gap: Gap | Accepted) -> str:
    """A gap in words."""
    begins, ends = (dated(moment.astimezone(site.schedule.zone)) for moment in (gap.begins, gap.ends))
    return f"nobody in team '{gap.team}' can be rung from {begins} to {ends}, while the line is open"
