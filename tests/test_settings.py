"""Settings: each that is missing or malformed is named, and no secret is shown."""

from pathlib import Path

import pytest

from phonetree.errors import SettingsError
from phonetree.settings import PROGRAM, become_demo, program, public_url, read, take_lines

GOOD = {
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "very secret",
    "PHONETREE_PUBLIC_URL": "https://tree.example.org/",
}


def test_good_settings_are_read() -> None:
    settings = read(GOOD)
    assert settings.public_url == "https://tree.example.org"
    assert settings.config == Path("config")
    assert not settings.demo
    assert "very secret" not in repr(settings)


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_missing_setting_is_named(name: str, value: str | None) -> None:
    environ = {key: text for key, text in GOOD.items() if key != name} | ({} if value is None else {name: value})
    with pytest.raises(SettingsError, match=f"^{name} is not set; it is "):
        read(environ)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("TWILIO_ACCOUNT_SID", "SK123", "begins with AC"),
        ("PHONETREE_PUBLIC_URL", "tree.example.org", "write a full address"),
        ("PHONETREE_PUBLIC_URL", "http://tree.example.org", "only be sent over https"),
        ("PHONETREE_PUBLIC_URL", "https://u:p@tree.example.org", "remove user"),
        ("PHONETREE_PUBLIC_URL", "https://tree.example.org/?a=1", "remove user"),
        ("PHONETREE_PUBLIC_URL", "https://tree.example\n.org", "write a full address"),
        ("PHONETREE_PUBLIC_URL", "https://tree.example\u200b.org", "zero width space"),
        ("PHONETREE_PROVIDER_URL", "https://api.example .org", "write an address"),
        ("PHONETREE_NOTIFY", "mailto://a@example.org\u202e", "right-to-left override"),
        ("TWILIO_AUTH_TOKEN", "very secret\x00", "a control character"),
        ("TWILIO_AUTH_TOKEN", "very secret\udcff", "half of a character"),
        ("PHONETREE_PUBLIC_URL", "https://[", "write a full address"),
        ("PHONETREE_PUBLIC_URL", "https://tree.example.org:99999", "write a full address"),
        ("PHONETREE_PUBLIC_URL", "very secret", "write a full address"),
        ("PHONETREE_FALLBACK_URL", "//[", "begins with https"),
        ("PHONETREE_PROVIDER_URL", "http://u:very secret@x", "write an address"),
        ("PHONETREE_STATUS_TOKEN", "short", "16 characters or more"),
        ("SECRET_KEY", "very secret", "32 characters or more"),
        ("SECRET_KEY_OLD", "x" * 32, "SECRET_KEY is not set, but SECRET_KEY_OLD is"),
        ("DATABASE_URL", "mysql://u:very secret@x/y", "write it like sqlite"),
    ],
)
def test_a_malformed_setting_is_named(name: str, value: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said) as caught:
        read({**GOOD, name: value})
    assert name in str(caught.value)
    assert "very secret" not in str(caught.value)


def test_all_that_is_wrong_is_said_at_once_one_a_line() -> None:
    wrong = {
        "TWILIO_ACCOUNT_SID": "SK1",
        "PHONETREE_PUBLIC_URL": "nonsense",
        "DATABASE_URL": "nonsense",
        "PHONETREE_PROVIDER_URL": "nonsense",
        "PHONETREE_KEEP_DAYS": "many",
        "PHONETREE_KEEP_HANDLED_DAYS": "few",
        "PHONETREE_CALL_RECORDS": "burn",
        "PHONETREE_BACKGROUND": "maybe",
        "PHONETREE_FALLBACK_URL": "nonsense",
        "PHONETREE_STATUS_TOKEN": "short",
        "PHONETREE_NOTIFY_FILE": "/nonexistent",
        "PHONETREE_KEYS_FILE": "/nonexistent",
        "PHONETREE_CONFIG_FILE": "/nonexistent",
        "TWILIO_AUTH_TOKEN_OLD_FILE": "/nonexistent",
        "SECRET_KEY": "short",
        "SECRET_KEY_OLD": "short",
    }
    with pytest.raises(SettingsError) as caught:
        read(wrong)
    assert {line.split()[0] for line in str(caught.value).splitlines()} == {*wrong, "TWILIO_AUTH_TOKEN"}
    assert caught.value.problems == tuple(str(caught.value).splitlines())


def test_a_setting_may_lie_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from a file\n", encoding="utf-8")
    environ = {key: text for key, text in GOOD.items() if key != "TWILIO_AUTH_TOKEN"}
    assert read({**environ, "TWILIO_AUTH_TOKEN_FILE": str(tmp_path / "token")}).auth_token == "from a file"
    with pytest.raises(SettingsError, match="TWILIO_AUTH_TOKEN_FILE names a file that cannot be read"):
        read({**environ, "TWILIO_AUTH_TOKEN_FILE": str(tmp_path / "nothing")})
    (tmp_path / "one").write_text("+16175550101", encoding="utf-8")
    assert read({**GOOD, "ADVOCATE_1_FILE": str(tmp_path / "one")}).names.get("ADVOCATE_1") == "+16175550101"


def test_the_old_key_comes_after_the_new_one() -> None:
    new, old = "n" * 32, "o" * 32
    assert read(GOOD).secrets == ()
    assert read({**GOOD, "SECRET_KEY": f" {new}\n"}).secrets == (new,)
    both = read({**GOOD, "SECRET_KEY": new, "SECRET_KEY_OLD": old})
    assert both.secrets == (new, old)
    assert new not in repr(both)


def test_a_demo_makes_up_its_secrets_each_time() -> None:
    one, two = (become_demo("http://127.0.0.1:8080", None, {}) for _ in range(2))
    assert one.demo
    assert one.auth_token != two.auth_token
    assert one.secrets != two.secrets


def test_a_file_that_begins_with_a_byte_order_mark_is_told(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"\xef\xbb\xbf+16175550101\n")
    with pytest.raises(SettingsError, match="ADVOCATE_1 holds a character that cannot be seen") as caught:
        read({**GOOD, "ADVOCATE_1_FILE": str(tmp_path / "one")}).names.get("ADVOCATE_1")
    assert "0101" not in str(caught.value)


def test_a_file_of_settings_is_read_as_systemd_reads_it() -> None:
    text = '# the account\nTWILIO_ACCOUNT_SID=AC1\n\nADVOCATE_1="+1 617 555 0101"\nADVOCATE_2=+1 617 555 0102\n'
    environ = {"TWILIO_ACCOUNT_SID": "AC2"}
    take_lines(text, "file", environ)
    assert environ == {
        "TWILIO_ACCOUNT_SID": "AC2",  # what is set already stays
        "ADVOCATE_1": "+1 617 555 0101",
        "ADVOCATE_2": "+1 617 555 0102",
    }


def test_a_line_that_is_no_setting_is_named_and_not_shown() -> None:
    with pytest.raises(SettingsError) as caught:
        take_lines("TWILIO_AUTH_TOKEN=x\na very secret line\nexport A=1\n", "file", {})
    assert str(caught.value).splitlines() == [f"file:{number}: is not a setting; write NAME=value" for number in (2, 3)]


def test_the_public_address_alone_may_be_missing_but_not_malformed() -> None:
    assert public_url({}) is None
    assert public_url(GOOD) == "https://tree.example.org"
    with pytest.raises(SettingsError):
        public_url({"PHONETREE_PUBLIC_URL": "nonsense"})


def test_messages_name_the_command_that_works_where_the_product_is(tmp_path: Path) -> None:
    assert PROGRAM == "scripts/phonetree", "also for a server that systemd starts without the script"
    assert program(tmp_path) == "python -m phonetree", "an image has no scripts, and its environment on the path"
