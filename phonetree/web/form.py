"""The fields of a form, read once: the signature is over all of them, a turn needs a few.

As werkzeug reads them (the tests hold it to that), at a fraction of the cost, whatever a client has escaped: this comes
before a request is known to be genuine. What no form of the provider has is refused: a broken escape, and bytes that
are no UTF-8.
"""

from binascii import a2b_qp

Fields = list[tuple[str, str]]
"""By name and value, in order; a name may be repeated."""

_IS, _AND = b"\xfe", b"\xff"
"""What stands for "=" and "&" while escapes are decoded: bytes that no text in UTF-8 has."""


def is_form(content_type: str) -> bool:
    """Whether a body of this type has fields."""
    return _kind(content_type) == "application/x-www-form-urlencoded"


def is_multipart(content_type: str) -> bool:
    """Whether a body of this type has fields in another form, which the provider does not use."""
    return _kind(content_type) == "multipart/form-data"


def fields_in(form: bytes) -> Fields:
    """The fields of a form. Raises ValueError for what is no text."""
    form.decode()
    plain = _unescaped(form.replace(b"=", _IS).replace(b"&", _AND).replace(b"+", b" "))
    if (plain.count(_IS), plain.count(_AND)) != (form.count(b"="), form.count(b"&")):
        raise ValueError("bytes that are no UTF-8")
    pairs = (pair.partition(_IS) for pair in plain.split(_AND) if pair)
    return [(name.decode(), value.replace(_IS, b"=").decode()) for name, _, value in pairs]


def _unescaped(escaped: bytes) -> bytes:
    """Without "=" to begin with, this is quoted-printable (RFC 2045) but for the character that begins an escape, and
    for line breaks that are escaped."""
    if b"%" not in escaped:
        return escaped
    plain = a2b_qp(escaped.replace(b"%", b"="))
    if len(plain) != len(escaped) - 2 * escaped.count(b"%") or b"%\n" in escaped or b"%\r" in escaped:
        raise ValueError("a broken escape")
    return plain


def _kind(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()
