"""Forms: what werkzeug reads in them, and what Flask would give a view."""

import re
from io import BytesIO
from urllib.parse import quote_from_bytes, unquote_to_bytes, urlencode

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from phonetree.web.form import fields_in, is_form, is_multipart

FORM = "application/x-www-form-urlencoded"
PIECES = [
    b"&", b"&&", b"=", b"==", b"+", b"%", b"%2", b"%2B", b"%26", b"%3d", b"%00", b"%C3%A9", b"%C3", b"%ff", b"%FF",
    b"%ED%A0%80", b"%u0041", b";", b"#", b"a", b"Digits", b"digits", b"To", b"=1", "é".encode(), b"\x00", b"\r\n", b" ",
]  # fmt: skip
text = st.lists(st.one_of(st.sampled_from(PIECES), st.text(st.characters(codec="utf-8"), max_size=3).map(str.encode)))
escaped = st.binary(max_size=40).map(lambda raw: quote_from_bytes(raw, safe="&=+%").encode())
bodies = st.one_of(text.map(b"".join), escaped, st.binary(max_size=40))


BROKEN = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def _is_text(form: bytes) -> bool:
    """Whether every escape is whole, and stands for text."""
    try:
        form.decode()
        unquote_to_bytes(form.replace(b"&", b" ").replace(b"=", b" ")).decode()
    except UnicodeDecodeError:
        return False
    return not BROKEN.search(form)


@pytest.mark.slow
@settings(max_examples=1000)
@given(bodies)
@example(b"Digits=1&digits=2&Digits=&Digits=1&Digits")
@example("a=\xe9%C3".encode() + b"%A9")
@example(b"a=%\nb&c=%\r\nd&e=%")
@example(b"a%FE1%FFb%FE2")
@example(b"a=%C3&b=%A9")
@example(b"a=%C3\xa9")
@example(b"&".join(b"f%d=%d" % (number, number) for number in range(2000)))
def test_a_form_is_read_as_by_werkzeug(body: bytes) -> None:
    if not _is_text(body):
        with pytest.raises(ValueError, match=r"escape|UTF-8|utf-8"):
            fields_in(body)
        return
    _, expected, _ = FormDataParser(silent=False).parse(BytesIO(body), FORM, len(body))
    read = fields_in(body)
    first = dict(reversed(read))
    assert sorted(read) == sorted(expected.items(multi=True))
    assert first == {name: expected[name] for name in expected}
    for name in expected:
        assert [value for each, value in read if each == name] == expected.getlist(name)


@given(st.lists(st.tuples(st.text(st.characters(codec="utf-8"), min_size=1), st.text(st.characters(codec="utf-8")))))
def test_what_was_written_is_read(fields: list[tuple[str, str]]) -> None:
    assert fields_in(urlencode(fields).encode()) == fields


kinds = st.lists(
    st.sampled_from(
        [FORM, FORM.upper(), "multipart/form-data", ";", " ", "charset=utf-8", "boundary=x", ",", "\t", "é"]
    ),
    max_size=5,
).map("".join)


@given(kinds)
def test_the_kind_of_a_body_is_that_which_werkzeug_sees(content_type: str) -> None:
    kind = parse_options_header(content_type)[0].lower()
    assert (is_form(content_type), is_multipart(content_type)) == (kind == FORM, kind == "multipart/form-data")
