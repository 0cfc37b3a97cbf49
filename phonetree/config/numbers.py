"""Phone numbers as staff write them, to E.164; and the numbers that nobody may be connected with."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import phonenumbers

from phonetree.config.document import Scalar, Table
from phonetree.config.reader import Findings, Section
from phonetree.core.characters import named, refusal
from phonetree.core.tree import Dialled, Dialling
from phonetree.errors import PeopleError, PhonetreeError, SettingsError, Where

EMERGENCY = frozenset({"911", "112", "999", "933", "000", "111", "110", "119"})
"""Emergency numbers and their test numbers. Bridged, they would get the helpline's address, not the caller's
(Twilio, voice/tutorials/emergency-calling-for-programmable-voice): say "hang up and dial" instead."""

FICTIONAL = re.compile(r"\+1\d{3}55501\d\d\Z")
"""Reserved for fiction: nobody answers there."""

_PREMIUM_EXCHANGE = "976"
"""Information services at the caller's expense, under each area code; the library takes them for usual numbers.
(California Public Utilities Commission, glossary, "976 Numbers": the local company charges the caller a fee, and shares
it with the service.)"""

_SERVICE_EXCHANGE = re.compile(r"555|[2-9]11")
"""Also under each area code, and nobody's phone: 555 is directory assistance (555-1212) and information services (555
NXX Assignment Guidelines), N11 is as 411 and 911 (Twilio, "Protecting you from nasty numbers", dials no N11). The 900s
and their like are known to the library. 958 and 959 are tests of the phone companies, without a charge, and in some
places usual exchanges."""

_WHERE_EXCHANGES_ARE_SPECIAL = frozenset({"US", "CA", "PR", "VI", "GU", "MP", "AS"})
"""Elsewhere under +1 people have numbers with these exchanges."""

_NOT_IN_A_NUMBER = re.compile(r"[^0-9 ()+.-]")
"""A letter would be dialled as the digit on its key: not the number that was meant."""

_SHORT = re.compile(r"[0-9]{2,4}|116[0-9]{3}")
"""Short numbers: those of more digits may be usual numbers that lack some. 116 are the services
of social value in Europe (Commission Decision 2007/116/EC)."""

_NORTH_AMERICA = 1
"""The country code of all countries there: a number of one is dialled in another as at home."""

_MEANT = {"o": ", where a zero may be meant", "l": ", where a one may be meant", "i": ", where a one may be meant"}

_OF_PEOPLE = frozenset(
    getattr(phonenumbers.PhoneNumberType, name)
    for name in ("FIXED_LINE", "MOBILE", "FIXED_LINE_OR_MOBILE", "VOIP", "TOLL_FREE")
)
"""The kinds of number that a caller may leave: none that costs more than a usual call."""

_STAND_IN = "+1617555{:04}"
_NAME = re.compile(r"\$([A-Z][A-Z0-9_]*)\Z")
_BARE_NAME = re.compile(r"[a-zA-Z]+_\w*\Z")


@dataclass(frozen=True, slots=True)
class NumberRules:
    """Where `$NAME` is looked up, and the rules outside live service.

    `fictional` allows 555-01xx numbers; `stand_in` gives a `$NAME` that is not set a fictional one and
    warns, so that files can be checked and tested on a machine without the personal numbers. `ours` are the numbers
    (E.164) that lead to the helpline itself: nobody can be rung there.

    `phones` are members' phones in the store, by the name that the files have for them: E.164, or "" for one that must
    not ring. They count where `names` has nothing, and for members alone. With them, a member without a phone is no
    problem: that member is not rung. None: there is no store, or no SECRET_KEY; then every `$NAME` has to be set.
    """

    names: Mapping[str, str]
    fictional: bool = False
    stand_in: bool = False
    ours: frozenset[str] = frozenset()
    phones: Mapping[str, str] | None = None

    def phone(self, name: str) -> str:
        """The number (E.164) of a phone in the store; "" when nobody may be rung there. In a demo everybody has one,
        until somebody adds or removes it."""
        made_up = _stand_in(name) if self.fictional and self.stand_in else ""
        return (self.phones or {}).get(name, made_up)


def read_number(section: Section, value: Scalar, rules: NumberRules, *, members: bool = False) -> str:
    """The number (E.164) that a scalar contains or names; "" and a problem if there is none. `members`: it is that of a
    member's phone, which may be in the store."""
    number = _read(section, value, rules, members=members)
    if number and number in rules.ours:
        what = f"the number in {value.text}" if value.text.startswith("$") else f"'{value.text}'"
        hint = "a call there would come back to this line; give another number"
        return _refuse(section, value, f"{what} is the helpline's own, or forwarded to it: {hint}")
    return number


def held_as(value: Scalar, rules: NumberRules) -> str:
    """The name under which the store holds the number that a scalar names; "" when the store does not decide it: it is
    written in the file, or set in the environment, or there is no store."""
    name = _NAME.match(value.text)
    if not name or rules.phones is None:
        return ""
    try:
        return "" if rules.names.get(name[1], "").strip() else name[1]
    except SettingsError:
        return ""  # `read_number` reports it


def _read(section: Section, value: Scalar, rules: NumberRules, *, members: bool) -> str:
    name = _NAME.match(value.text)
    if not name and (value.text.startswith("$") or _BARE_NAME.match(value.text)):
        meant = "$" + re.sub("[^A-Z0-9]+", "_", value.text.upper()).strip("_")
        written = f"write {meant}" if _NAME.match(meant) else "write $ and capital letters, like $ADVOCATE_1"
        return _refuse(section, value, f"'{value.text}' is not a name; {written}")
    if not name:
        return _parse(section, value, value.text, f"'{value.text}'", fictional=rules.fictional)
    try:
        number = rules.names.get(name[1], "").strip()
    except SettingsError as error:  # its file cannot be read, or it has a character that no setting may have
        section.problem(value.where, str(error))
        return ""
    if bad := refusal(number):
        return _refuse(section, value, f"{value.text} {bad}")
    if number:
        what, fictional = f"the number in {value.text}", rules.fictional or rules.stand_in
        found = _parse(section, value, number, what, fictional=fictional)
        if not rules.fictional and FICTIONAL.match(found):
            section.warn(value.where, f"{what} is fictional (555-01xx), which a server refuses; set the real one")
        return found
    if not rules.stand_in:
        section.problem(value.where, f"{value.text} is not set; set {name[1]} in the server's environment")
        return ""
    besides = ", or from the console's page People" if members else ""
    section.warn(value.where, f"{value.text} is not set here; on the server it comes from the environment{besides}")
    return _stand_in(value.text)


def number_of(text: str, option: str, *, fictional: bool) -> str:
    """The number (E.164) in a command's option. Raises PhonetreeError when it is not one that can be shown."""
    findings, where = Findings(), Where(option)
    section = Section(Table((), where), "", findings)
    number = _parse(section, Scalar(text, where), text, f"'{text}'", fictional=fictional)
    if findings.problems:
        raise PhonetreeError(str(findings.problems[0]))
    return number


def phone_of(text: str, like: str, *, fictional: bool) -> str:
    """The number (E.164) of a phone that somebody typed; without a country code, it is in the country of the number
    `like`. Raises PeopleError that says what is wrong, without the number."""
    return _typed(text, like, "write the member's own number", fictional=fictional)


def callers_number(text: str, like: str, *, fictional: bool) -> str:
    """The number (E.164) that a caller left and somebody typed, if it is that of a person's phone in the country of the
    number `like`. Raises PeopleError that says what is wrong, without the number."""
    number = _typed(text, like, "it is never called from here", fictional=fictional)
    if FICTIONAL.match(number):
        return number
    parsed = phonenumbers.parse(number, None)
    if _region(parsed) != _region(phonenumbers.parse(like, None)):
        raise PeopleError("that number is in another country; only numbers of the helpline's own are called from here")
    if phonenumbers.number_type(parsed) not in _OF_PEOPLE:
        raise PeopleError(
            "that is a special number, which may cost more; only people's own phones are called from here"
        )
    return number


def dialled(numbers: Iterable[str], home: str) -> Dialling:
    """How numbers (E.164; others stay out) are written and dialled in the country of the number `home`: at home as is
    usual there, with a trunk prefix where there is one, others with the prefix of calls abroad, where there is a single
    one (in Brazil, say, it depends on the company)."""
    if not home.startswith("+"):
        return {}
    there = phonenumbers.parse(home, None).country_code or 0
    found = {each: phonenumbers.parse(each, None) for each in numbers if each.startswith("+")}
    return {
        each: _dialled(number, there)
        for each, number in found.items()
        if not number.country_code == there == _NORTH_AMERICA
    }


def _dialled(number: phonenumbers.PhoneNumber, home: int) -> Dialled:
    if number.country_code == home:
        national = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
        return Dialled(national, national)
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    region = phonenumbers.region_code_for_country_code(home)
    return Dialled(written, phonenumbers.format_out_of_country_calling_number(number, region))


def country_of(number: str) -> str:
    """The ISO code of the country of a number (E.164); "" if that is not known."""
    return (phonenumbers.region_code_for_number(phonenumbers.parse(number, None)) or "") if number else ""


def _region(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.region_code_for_number(number) or f"+{number.country_code}"


def _typed(text: str, like: str, instead: str, *, fictional: bool) -> str:
    """`instead` is what to do about an emergency number."""
    if re.sub(r"[^\d]", "", text) in EMERGENCY | {"988"}:
        raise PeopleError(f"that is an emergency number; {instead}")
    findings, where = Findings(), Where("")
    section, typed = Section(Table((), where), "", findings), Scalar(text, where)
    number = _parse(section, typed, _with_country(text, like), "this", fictional=fictional)
    if findings.problems:
        raise PeopleError(findings.problems[0].text)
    return number


def _with_country(text: str, like: str) -> str:
    text = text.strip()
    if text.startswith("+") or _NOT_IN_A_NUMBER.search(text):
        return text
    try:
        region = phonenumbers.region_code_for_number(phonenumbers.parse(like, None))
        return phonenumbers.format_number(
            phonenumbers.parse(text, region), phonenumbers.PhoneNumberFormat.INTERNATIONAL
        )
    except phonenumbers.NumberParseException:
        return text


def _stand_in(name: str) -> str:
    """A fictional number for each name: 555-0100 plus the digits at the end of the name."""
    ending = re.search(r"(\d{1,2})\Z", name)
    return _STAND_IN.format(100 + (int(ending[1]) if ending else sum(map(ord, name)) % 90 + 10))


def _parse(section: Section, value: Scalar, text: str, what: str, *, fictional: bool) -> str:
    """`what` is how problems refer to the number: never by its digits if it is from the environment."""
    bare = re.sub(r"[^\d]", "", text)
    if bare in EMERGENCY:
        hint = "an emergency number is never bridged; say in a prompt to hang up and dial it"
        return _refuse(section, value, f"{what}: {hint}")
    if bare == "988":
        return _refuse(
            section, value, f"{what}: short numbers cannot be bridged; use +1 800 273 8255, or say to dial 988"
        )
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        number = None
    wrong = _NOT_IN_A_NUMBER.search(text) if bare and not (number and number.extension) else None
    if wrong:
        return _refuse(section, value, f"{what} {_stray(wrong[0])}; write digits only")
    if _is_short(bare, number):
        hint = "give the long number of the service, or say in a text which number to dial"
        return _refuse(
            section, value, f"{what}: a short number is only for phones in its country, and cannot be rung here; {hint}"
        )
    if number is None:
        return _refuse(
            section, value, f"{what} is not a phone number; write it with + and the country code, like +1 617 253 2300"
        )
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if FICTIONAL.match(e164):
        return e164 if fictional else _refuse(section, value, f"{what} is fictional (555-01xx); write the real one")
    if number.extension:
        return _refuse(section, value, f"{what} has an extension, which cannot be dialled; give a direct number")
    if not phonenumbers.is_valid_number(number):
        return _refuse(section, value, f"{what} is not a number that exists; check its digits")
    exchange = _exchange(number)
    if exchange == _PREMIUM_EXCHANGE or phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.PREMIUM_RATE:
        return _refuse(section, value, f"{what} is a premium-rate number; callers are never sent there")
    if _SERVICE_EXCHANGE.fullmatch(exchange):
        hint = "which may cost more; callers are never sent there"
        return _refuse(section, value, f"{what} is a service of the phone companies, like directory assistance, {hint}")
    return e164


def _is_short(bare: str, number: phonenumbers.PhoneNumber | None) -> bool:
    """Whether the digits are those of a short number such as 016 or 116 123, with a country code or without."""
    if number and phonenumbers.is_valid_number(number):
        return False  # whole numbers of small countries are not longer
    return _SHORT.fullmatch(bare.removeprefix(str(number.country_code)) if number else bare) is not None


def _exchange(number: phonenumbers.PhoneNumber) -> str:
    """The three digits after an area code, where they can make a number a special one; otherwise "". Toll-free numbers
    have no area code: theirs tell nothing."""
    in_an_area = phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE
    special = phonenumbers.region_code_for_number(number) in _WHERE_EXCHANGES_ARE_SPECIAL
    return str(number.national_number)[3:6] if in_an_area and special else ""


def _stray(sign: str) -> str:
    """The problem with a character that no number has. A single letter reveals nothing about the number."""
    if sign.isalpha():
        return f"has the letter '{sign}'{_MEANT.get(sign.lower(), '')}"
    return (
        f"has the character '{sign}'" if sign.isprintable() else f"has a character that cannot be seen ({named(sign)})"
    )


def _refuse(section: Section, value: Scalar, text: str) -> str:
    section.problem(value.where, text)
    return ""
