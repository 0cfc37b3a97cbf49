"""Traces of a number or an id in data: as it is, cut, hashed, encoded."""

import base64
import hashlib
from collections.abc import Iterator

BEGINNING = 7
"""The shortest trace: the last seven digits of a number."""


def traces(text: str) -> Iterator[bytes]:
    """A number or an id as it might be kept: as it is, cut, hashed, encoded."""
    plain = text.lstrip("+").removeprefix("1") if text.startswith("+") else text
    for form in {text, plain, plain[-7:] if text.startswith("+") else text[2:]}:
        data = form.encode()
        yield data
        yield base64.b64encode(data).rstrip(b"=")[:-1]
        yield data.hex().encode()
        for algorithm in ("md5", "sha1", "sha256", "sha512", "blake2b"):
            digest = hashlib.new(algorithm, data)
            yield digest.digest()[:16]
            yield digest.hexdigest()[:16].encode()
            yield base64.b64encode(digest.digest())[:16]


def held(data: bytes, looked_for: set[bytes]) -> list[bytes]:
    """Those of many traces that are somewhere in the data: looked for by their beginnings, all at once."""
    beginnings: dict[bytes, list[bytes]] = {}
    for trace in looked_for:
        beginnings.setdefault(trace[:BEGINNING], []).append(trace)
    return [
        trace
        for start in range(len(data) - BEGINNING + 1)
        for trace in beginnings.get(data[start : start + BEGINNING], ())
        if data.startswith(trace, start)
    ]
