"""Signatures: the vectors of the documentation, every way to fail, and what the provider's library says."""

import hashlib
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict

from phonetree.provider.signature import Verifier
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
BYTES = b"\xff\x00"
HASH = hashlib.sha256(b"x").hexdigest()


def accepts(signature: str, fields: dict[str, str], query: str = "foo=1&bar=2", path: str = "/myapp.php") -> bool:
    return SITE.accepts(signature, path, query, fields.items(), b"")


def test_the_documented_vector_is_accepted() -> None:
    assert accepts(VECTOR, FIELDS)


def test_the_simulator_signs_as_documented() -> None:
    assert sign("12345", "https://example.com/myapp.php?foo=1&bar=2", FIELDS) == VECTOR


@pytest.mark.parametrize("signature", ["", " ", "x", VECTOR[:-1], VECTOR.lower(), VECTOR + "=", "é"])
def test_any_other_signature_is_refused(signature: str) -> None:
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
    fields = [("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234"), ("Digits", "1234")]
    text = "https://example.com/aDigits1234Digits5678SidCA123SidAccountAC123"
    assert SITE.accepts(sign("12345", text, {}), "/a", "", fields, b"")


def test_a_body_that_is_no_form_is_signed_by_its_hash() -> None:
    body = b'{"a": 1}'
    query = f"bodySHA256={hashlib.sha256(body).hexdigest()}"
    signature = sign("12345", f"https://example.com/a?{query}", {})
    assert SITE.accepts(signature, "/a", query, (), body)
    assert SITE.accepts(signature, "/a", query, [("a", "1")], body), "the hash is of whatever the body has"
    assert not SITE.accepts(signature, "/a", query, (), b'{"a": 2}')
    assert not SITE.accepts(sign("12345", "https://example.com/a?bodySHA256=x", {}), "/a", "bodySHA256=x", (), body)


@pytest.mark.parametrize(
    ("query", "expected"), [(f"bodySHA256={HASH}&bodySHA256=x", True), (f"bodySHA256=x&bodySHA256={HASH}", False)]
)
def test_of_two_hashes_the_first_counts(query: str, expected: bool) -> None:
    signature = sign("12345", f"https://example.com/a?{query}", {})
    assert SITE.accepts(signature, "/a", query, (), b"x") is expected
    assert RequestValidator("12345").validate(f"https://example.com/a?{query}", "x", signature) is expected


def test_the_hash_is_of_the_bytes_whatever_they_are() -> None:
    query = f"bodySHA256={hashlib.sha256(BYTES).hexdigest()}"
    assert SITE.accepts(sign("12345", f"https://example.com/a?{query}", {}), "/a", query, (), BYTES)


ADDRESSES = [
    "https://example.com", "https://example.com:8443", "https://example.com:443", "http://example.com",
    "http://example.com:8080", "https://example.com/below", "https://example.com:8443/below", "http://127.0.0.1:5000",
    "https://[2001:db8::1]", "HTTPS://Example.com",
]  # fmt: skip
odd = st.text(st.characters())  # with surrogates, which nobody can sign
names = st.one_of(st.sampled_from(["Digits", "digits", "Digit", "To", "ToCity", "", "&", "a=b", "+"]), odd)
values = st.one_of(st.sampled_from(["", " ", "+16175550123", "a&b=c", "é", "\ufffd", "\U0001f4de", "\x00"]), odd)
pairs = st.lists(st.tuples(names, values), max_size=12)
queries = st.one_of(
    st.sampled_from(["", "menu=a&misses=1", "a", "a=%00", "xbodySHA256=1", "bodySHA256", "bodySHA256=", "a=bodySHA256",
                     "bodySHA256=x", "bodySHA256=&bodySHA256=x", f"bodySHA256={HASH}", f"a=1&bodySHA256={HASH}",
                     f"bodySHA256=x&bodySHA256={HASH}", f"bodySHA256={HASH}&bodySHA256=x"]),
    st.text(st.characters(min_codepoint=33, max_codepoint=255, exclude_characters="#"), max_size=30),
)  # fmt: skip


@pytest.mark.slow
@settings(max_examples=500)
@given(
    public_url=st.sampled_from(ADDRESSES),
    signed_at=st.sampled_from(ADDRESSES),
    token=st.sampled_from(["12345", "old", "another"]),
    path=st.sampled_from(["/voice", "/voice/a/en/b/ask", "/voice/%C3%A9"]),
    query=queries,
    fields=pairs,
    signed=st.one_of(st.none(), pairs),
    body=st.sampled_from(["", "{}", "x"]),
)
def test_what_the_library_accepts_and_nothing_else(
    public_url: str, signed_at: str, token: str, path: str, query: str,
    fields: list[tuple[str, str]], signed: list[tuple[str, str]] | None, body: str,
) -> None:  # fmt: skip
    """Signed by the library over these fields or other ones, at this address or another: with a port, without one."""
    asked = f"{path}?{query}" if query else path
    hashed = "bodySHA256" in parse_qs(query)
    library, verifier = RequestValidator(token), Verifier(public_url, "12345", "old")
    try:
        over = MultiDict(() if hashed else fields if signed is None else signed)
        signature = library.compute_signature(urlsplit(signed_at).geturl() + asked, over)
        expected = library.validate(public_url + asked, body if hashed else MultiDict(fields), signature)
    except UnicodeEncodeError:
        assume(not hashed)
        with pytest.raises(UnicodeEncodeError):
            verifier.accepts(VECTOR, path, query, [*fields, *(signed or ())], body.encode())
        return
    accepted = verifier.accepts(signature, path, query, fields, body.encode())
    assert accepted is (expected and token != "another")


def test_two_thousand_fields() -> None:
    fields = [(f"f{number % 300}", str(number)) for number in range(2000)]
    signature = RequestValidator("12345").compute_signature("https://example.com/a", MultiDict(fields))
    assert SITE.accepts(signature, "/a", "", fields, b"")
    assert not SITE.accepts(signature, "/a", "", fields[1:], b"")


def test_a_port_is_dropped_from_an_address_of_numbers_too() -> None:
    """The library cuts such an address at its first colon."""
    verifier = Verifier("https://[2001:db8::1]:8443", "12345")
    for host in ("[2001:db8::1]", "[2001:db8::1]:8443"):
        assert verifier.accepts(sign("12345", f"https://{host}/a", {}), "/a", "", (), b"")
    assert not verifier.accepts(sign("12345", "https://[2001:db8::1]:443/a", {}), "/a", "", (), b"")


@given(
    st.dictionaries(
        st.text(min_size=1, alphabet=st.characters(codec="utf-8")), st.text(alphabet=st.characters(codec="utf-8"))
    )
)
def test_the_simulator_and_the_verifier_agree_on_any_fields(fields: dict[str, str]) -> None:
    assert accepts(sign("12345", "https://example.com/a", fields), fields, "", "/a")
