"""Files that are no private key's: what Python and the browser both have to refuse."""

import json
from typing import Any

from tests.support.mail import pair

MINE = pair()[2].private


def changed(**fields: Any) -> str:
    """My key's file with other fields; None takes one away."""
    whole = {**json.loads(MINE), **fields}
    return json.dumps({name: value for name, value in whole.items() if value is not None})


_KDF, _CIPHER = json.loads(MINE)["kdf"], json.loads(MINE)["cipher"]
NO_KEY_FILES = {
    "empty": "",
    "no JSON": "-----BEGIN PUBLIC KEY-----",
    "cut": MINE[:-200],
    "null": "null",
    "deep": "[" * 60_000,
    "a number": "7",
    "a list": "[]",
    "a text": '"phonetree sealing key 1"',
    "huge": MINE + " " * 70_000,
    "another format": changed(format="phonetree sealing key 2"),
    "no format": changed(format=None),
    "no id": changed(id=None),
    "an odd id": changed(id="../../../../etc"),
    "a name that is a table": changed(name={"a": 1}),
    "no kdf": changed(kdf=None),
    "another kdf": changed(kdf={**_KDF, "name": "scrypt"}),
    "another hash": changed(kdf={**_KDF, "hash": "SHA-1"}),
    "a salt that is no base64": changed(kdf={**_KDF, "salt": "?"}),
    "no rounds": changed(kdf={**_KDF, "iterations": 0}),
    "fewer than no rounds": changed(kdf={**_KDF, "iterations": -1}),
    "half a round": changed(kdf={**_KDF, "iterations": 0.5}),
    "rounds in words": changed(kdf={**_KDF, "iterations": "many"}),
    "rounds for a year": changed(kdf={**_KDF, "iterations": 10_000_001}),
    "rounds for ever": changed(kdf={**_KDF, "iterations": 10**30}),
    "rounds that are true": changed(kdf={**_KDF, "iterations": True}),
    "rounds without end": changed(kdf={**_KDF, "iterations": float("inf")}),
    "endless rounds": changed(kdf={**_KDF, "iterations": 1e300}),
    "another cipher": changed(cipher={**_CIPHER, "name": "AES-CBC"}),
    "no iv": changed(cipher={**_CIPHER, "iv": ""}),
    "a short iv": changed(cipher={**_CIPHER, "iv": "AAAA"}),
    "no wrapped key": changed(wrapped=None),
    "a wrapped key that is no base64": changed(wrapped="nothing like it!"),
    "a public key": pair()[2].public.decode(),
}
