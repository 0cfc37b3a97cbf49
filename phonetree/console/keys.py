"""Keys for each purpose, derived from SECRET_KEY: whoever learns one of them learns no other."""

from base64 import urlsafe_b64encode

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SESSIONS = b"phonetree console: sessions"
DEVICES = b"phonetree console: devices"
FACTORS = b"phonetree console: second factors"
RECOVERY = b"phonetree console: recovery codes"
KEPT = b"phonetree console: keys kept on devices"


def derived(secrets: tuple[str, ...], purpose: bytes) -> tuple[str, ...]:
    """The key for a purpose from SECRET_KEY, then that from SECRET_KEY_OLD; 32 bytes each, in URL-safe base 64."""
    return tuple(
        urlsafe_b64encode(HKDF(SHA256(), 32, salt=None, info=purpose).derive(secret.encode())).decode()
        for secret in secrets
    )
