"""Signatures: the vectors of the documentation, and every way to fail."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import Headers, MultiDict

from phonetree.provider.signature import HEADER, Verifier
from phonetree.simulator.transport import sign

FIELDS = {
    "CallSid": "CA1234567890ABCDE",
    "Caller": "+14158675310",
    "Digits": "1234",
    "From": "+14158675310",
    "To": "+18005551212",
}
VECTOR = "L/OH5YylLD5NRKLltdqwSvS0BnU="
SITE = Verifier("https://example.com", "12345")


def accepts(
    signature: str | None, fields: dict[str, str], query: str = "foo=1&bar=2", path: str = "/myapp.php"
) -> bool:
    headers = Headers({HEADER: signature} if signature is not None else {})
    return SITE.accepts(path, query, MultiDict(fields), b"", headers)


def test_the_documented_vector_is_accepted() -> None:
    assert accepts(VECTOR, FIELDS)


def test_the_simulator_signs_as_documented() -> None:
    assert sign("12345", "https://example.com/myapp.php?foo=1&bar=2", FIELDS) == VECTOR


@pytest.mark.parametrize("signature", [None, "", " ", "x", VECTOR[:-1], VECTOR.lower(), VECTOR + "=", "é"])
def test_any_other_signature_is_refused(signature: str | None) -> None:
    assert not accepts(signature, FIELDS)


@pytest.mark.parametrize(
    ("query", "path"),
    [("foo=1&bar=3", "/myapp.php"), ("bar=2&foo=1", "/myapp.php"), ("", "/myapp.php"), ("foo=1&bar=2", "/myapp.php/"),
     ("foo=1&bar=2", "/other")],
)  # fmt: skip
def test_another_address_is_refused(query: str, path: str) -> None:
    assert not accepts(VECTOR, FIELDS, query, path)


def test_every_field_is_covered_also_new_and_empty_ones() -> None:
    assert not accepts(VECTOR, {**FIELDS, "CallToken": "x"})
    assert not accepts(VECTOR, {name: value for name, value in FIELDS.items() if name != "Digits"})
    extended = {**FIELDS, "FromZip": "", "Neu": "ä & <"}
    assert accepts(sign("12345", "https://example.com/myapp.php?foo=1&bar=2", extended), extended)


def test_another_token_is_refused() -> None:
    assert not accepts(sign("12346", "https://example.com/myapp.php?foo=1&bar=2", FIELDS), FIELDS)


def test_repeated_fields_are_signed_once_each_in_order() -> None:
    fields = MultiDict(
        [("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234"), ("Digits", "1234")]
    )
    text = "https://example.com/aDigits1234Digits5678SidCA123SidAccountAC123"
    import base64
    import hmac

    signature = base64.b64encode(hmac.new(b"12345", text.encode(), hashlib.sha1).digest()).decode()
    assert SITE.accepts("/a", "", fields, b"", Headers({HEADER: signature}))


def test_a_body_that_is_no_form_is_signed_by_its_hash() -> None:
    body = b'{"a": 1}'
    query = f"bodySHA256={hashlib.sha256(body).hexdigest()}"
    signature = sign("12345", f"https://example.com/a?{query}", {})
    assert SITE.accepts("/a", query, MultiDict(), body, Headers({HEADER: signature}))
    assert not SITE.accepts("/a", query, MultiDict(), b'{"a": 2}', Headers({HEADER: signature}))


@given(
    st.dictionaries(
        st.text(min_size=1, alphabet=st.characters(codec="utf-8")), st.text(alphabet=st.characters(codec="utf-8"))
    )
)
def test_the_simulator_and_the_verifier_agree_on_any_fields(fields: dict[str, str]) -> None:
    assert accepts(sign("12345", "https://example.com/a", fields), fields, "", "/a")
