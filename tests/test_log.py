"""The log has fixed fields, and no words of anybody else."""

import ast
import json
import logging
import re
from collections.abc import Iterator

import pytest
import requests

from phonetree import log
from tests.support.lines import ROOT

SOURCES = sorted((ROOT / "phonetree").rglob("*.py"))
SECRET = "+16175550123"


@pytest.fixture
def _libraries() -> Iterator[None]:
    root = logging.getLogger()
    before = root.handlers
    log.take_in_libraries()
    yield
    root.handlers = before
    logging.captureWarnings(capture=False)


def _lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def _calls() -> list[tuple[str, str, set[str]]]:
    """Every call of the log: file, event, and its fields."""
    found = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = ast.unparse(node.func)
            if name in ("log.info", "log.warning", "log.failure", "failure"):
                fields = {keyword.arg or "**" for keyword in node.keywords}
                found.append((path.name, ast.unparse(node.args[0]).strip("'"), fields))
    return found


def test_every_line_that_the_code_writes_has_known_fields_and_is_documented() -> None:
    text = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")
    calls = _calls()
    assert len(calls) > 10
    for file, event, fields in calls:
        assert fields <= set(log.FIELDS), (file, event)
        assert event in ("name", "self.name") or re.search(rf"^\|.*`{event}`.*\|", text, re.MULTILINE), (file, event)
    for name, meaning in log.FIELDS.items():
        assert f"| `{name}` | {meaning} |" in text


def test_a_field_that_is_not_known_is_left_out(capfd: pytest.CaptureFixture[str]) -> None:
    log.info("published", revision="r", caller=SECRET)
    (line,) = _lines(capfd.readouterr().err)
    assert list(line) == ["timestamp", "level", "event", "revision"]


@pytest.mark.usefixtures("_libraries")
def test_libraries_leave_their_place_and_no_words(capfd: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("urllib3.connectionpool").warning("retrying /Calls/%s", SECRET)
    logging.getLogger("urllib3.connectionpool").info("not worth a line")
    logging.getLogger("py.warnings").warning("about %s", SECRET)
    try:
        raise ValueError(SECRET)  # noqa: TRY301
    except ValueError:
        logging.getLogger("flask").exception("on /voice/%s", SECRET)
    found = capfd.readouterr()
    assert found.out == ""
    assert SECRET not in found.err
    assert [(line["event"], line["what"], line["level"]) for line in _lines(found.err)] == [
        ("library", "urllib3.connectionpool", "warning"),
        ("library", "py.warnings", "warning"),
        ("library", "flask", "error"),
    ]
    assert "test_libraries_leave" in str(_lines(found.err)[2]["where"])


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("'+1 617 555 01' is not a phone number", "(a number) is not a phone number"),
        ("'617-5550' is not a phone number", "(a number) is not a phone number"),
        ("'(617) 555.0123': unknown", "(a number): unknown"),
        ("'name' is 'Ada +16175550123'", "'name' is 'Ada (a number)'"),
        ("call 16175550123 now", "call (a number) now"),
        ("'+1 617–555–0151' is not a number", "'(a number)' is not a number"),
        ("'617·555·0151' is not a number", "'(a number)' is not a number"),
        ("'617‑555‑0151' is not a number", "'(a number)' is not a number"),
        ("'617_555_0199' is not one of", "'(a number)' is not one of"),
        ("'617, 555, 0199' is not one of", "'(a number)' is not one of"),
        ("'9:00-17:00, 18:00-02:00' overlap", "'9:00-17:00, 18:00-02:00' overlap"),
        ("routing.yaml:14:11: '2027-02-30' is not a date", "routing.yaml:14:11: '2027-02-30' is not a date"),
        ("'x' holds (U+00A0, no-break space); remove it", "'x' holds (U+00A0, no-break space); remove it"),
        ("'x' holds (U+200B, zero width space)", "'x' holds (U+200B, zero width space)"),
        ("'x' holds (U+E0067, tag latin small letter g)", "'x' holds (U+E0067, tag latin small letter g)"),
        ("call U+16175550123, or U+617555, or U+6175, 0123", "call U(a number), or U(a number), or U(a number)"),
        ("'27.11.2026' is not a date", "'27.11.2026' is not a date"),
        ("'11/27/2026' is not a date", "'11/27/2026' is not a date"),
        ("'2026/11/27' is not a date", "'2026/11/27' is not a date"),
        ("from 2026-12-24 to 2027-01-01, 2027-01-02", "from 2026-12-24 to 2027-01-01, 2027-01-02"),
        ("when open (2026-11-30 09:30), in 'en'", "when open (2026-11-30 09:30), in 'en'"),
        ("'9-17' is not a span of time", "'9-17' is not a span of time"),
        ("'9.00-17.00' is not a span", "'9.00-17.00' is not a span"),
        ("'9:00 - 5:00' runs over midnight", "'9:00 - 5:00' runs over midnight"),
        (
            "'617 253' is not a phone number; write it like +1 617 253 2300",
            "(a number) is not a phone number; write it like +1 617 253 2300",
        ),
        ("short; use +1 800 273 8255, or say", "short; use +1 800 273 8255, or say"),
        ("'x' is like +1 617 253 23001", "'x' is like (a number)"),
        ("'+1 617 253 2300' is the helpline's own", "(a number) is the helpline's own"),
        ("'27.11.20261' is not a phone number", "(a number) is not a phone number"),
        ("'617.55.0123' is not a phone number", "(a number) is not a phone number"),
        ("'617-5550' and '61-75-5501' are none", "(a number) and (a number) are none"),
        ("'9:00-25:00' on 2026-11-23 has 3000 characters", "'9:00-25:00' on 2026-11-23 has 3000 characters"),
    ],
)
def test_a_problem_is_logged_without_the_numbers_that_it_quotes(
    text: str, masked: str, capfd: pytest.CaptureFixture[str]
) -> None:
    log.warning("problems", problems=[text], kept="r")
    log.warning("worker", task="x", problem=text)
    first, second = _lines(capfd.readouterr().err)
    assert (first["problems"], second["problem"]) == ([masked], masked)


def test_the_examples_of_problems_are_those_that_are_not_masked() -> None:
    sentences = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "phonetree" / "config").glob("*.py"))
    shown = set(re.findall(r"(?:like|as|use) (\+1(?: \d+)+)", sentences))
    assert shown == set(log.EXAMPLES)


def test_an_error_leaves_its_kind_and_where_it_was_never_its_words(capfd: pytest.CaptureFixture[str]) -> None:
    try:
        raise requests.ConnectionError(SECRET)  # noqa: TRY301
    except requests.ConnectionError as error:
        log.failure("turn", error)
    (line,) = _lines(capfd.readouterr().err)
    assert line["what"] == "ConnectionError"
    assert SECRET not in json.dumps(line)
