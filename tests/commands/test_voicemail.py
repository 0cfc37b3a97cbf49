"""From the README: a message left in the demo is listed, heard and handled by commands; and what they refuse."""

from pathlib import Path

import pytest

from phonetree.__main__ import KNOWN_PROBLEM, main
from phonetree.commands.work import voicemail
from phonetree.mailbox.notices import Notices, channels
from phonetree.simulator.provider import sound
from phonetree.store.keys import SealingKeys
from tests.support.databases import address
from tests.support.mail import PASSPHRASE, Mailbox, mailbox, pair

NOW = 1_800_000_000


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A staff machine: a private key's file, the public keys, a passphrase, the database's address."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", address("sqlite", tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PHONETREE_KEYS", str(tmp_path / "keys"))
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "advocates.pem").write_bytes(pair()[2].public)
    (tmp_path / "advocates.key.json").write_text(pair()[2].private, encoding="utf-8")
    (tmp_path / "passphrase").write_text(f"{PASSPHRASE}\n", encoding="utf-8")
    return tmp_path


KEY = ["--key", "advocates.key.json", "--passphrase-file", "passphrase"]


def _left(box: Mailbox, *seconds: int) -> list[str]:
    for number, length in enumerate(seconds):
        box.leave(length, f"CA{number:032x}")
    box.collector.round(NOW)
    return [message.id for message in reversed(box.voicemails.listed())]


def test_a_message_is_listed_saved_claimed_handled_and_deleted(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with mailbox("sqlite", folder) as box:
        held = box.leave(2)
        box.collector.round(NOW)
        (message,) = box.voicemails.listed()
    assert main(["voicemail", "list"]) == 0
    listed = capsys.readouterr().out
    assert listed.startswith(message.id[:8])
    assert listed.rstrip().endswith("2 s  new")
    assert main(["voicemail", "save", message.id[:6], "heard.wav", *KEY]) == 0
    assert (folder / "heard.wav").read_bytes() == held.sound
    assert (folder / "heard.wav").stat().st_mode & 0o077 == 0
    assert main(["voicemail", "claim", message.id, "--who", "Ada"]) == 0
    capsys.readouterr()
    for verb in ("claim", "handled"):
        assert main(["voicemail", verb, message.id, "--who", "Bo"]) == KNOWN_PROBLEM
        assert "the message is already claimed by Ada" in capsys.readouterr().err
    assert main(["voicemail", "release", message.id]) == 0
    assert main(["voicemail", "handled", message.id, "--who", "Bo"]) == 0
    assert main(["voicemail", "handled", message.id, "--who", "Ada"]) == KNOWN_PROBLEM
    assert main(["voicemail", "release", message.id]) == 0
    assert capsys.readouterr().out.endswith("2 s  new\n")
    assert main(["voicemail", "release", message.id]) == KNOWN_PROBLEM
    assert main(["voicemail", "handled", message.id, "--who", "Bo"]) == 0
    capsys.readouterr()
    assert main(["voicemail", "list"]) == 0
    assert capsys.readouterr().out == "No message is waiting.\n"
    assert main(["voicemail", "list", "--all"]) == 0
    assert "handled by Bo" in capsys.readouterr().out
    assert main(["voicemail", "delete", message.id, "--yes"]) == 0
    assert main(["voicemail", "save", message.id, "again.wav", *KEY]) == KNOWN_PROBLEM
    assert "no message begins with that id" in capsys.readouterr().err


def test_play_gives_the_sound_to_a_program_and_to_no_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with mailbox("sqlite", folder) as box:
        (message,) = _left(box, 2)
    player = folder / "player"
    player.write_text(f"#!/bin/sh\ncat > {folder}/piped\n")
    player.chmod(0o755)
    command = voicemail
    monkeypatch.setattr(command, "PLAYERS", ((str(player),),))
    assert main(["voicemail", "play", message, *KEY]) == 0
    assert (folder / "piped").read_bytes() == sound(2, 301)
    monkeypatch.setattr(command, "PLAYERS", (("no-such-program",),))
    assert main(["voicemail", "play", message, *KEY]) == KNOWN_PROBLEM


def test_what_is_not_right_is_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with mailbox("sqlite", folder) as box:
        first, _ = _left(box, 2, 2)
    (folder / "wrong").write_text("another passphrase\n")
    wrong = ["--key", "advocates.key.json", "--passphrase-file", "wrong"]
    assert main(["voicemail", "save", first, "x.wav", *wrong]) == KNOWN_PROBLEM
    assert "wrong passphrase" in capsys.readouterr().err
    (folder / "x.wav").touch()
    assert main(["voicemail", "save", first, "x.wav", *KEY]) == KNOWN_PROBLEM
    assert "it already exists" in capsys.readouterr().err
    assert main(["voicemail", "save", "", "y.wav", *KEY]) == KNOWN_PROBLEM
    assert "more than one message" in capsys.readouterr().err
    assert not (folder / "y.wav").exists()


def test_without_a_schema_every_command_names_the_one_that_makes_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["voicemail", "list"]) == KNOWN_PROBLEM
    assert "run: scripts/phonetree migrate" in capsys.readouterr().err
    assert main(["migrate"]) == 0
    assert main(["migrate"]) == 0
    assert main(["voicemail", "list"]) == 0


def test_what_cannot_be_fetched_is_shown(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with mailbox("sqlite", folder, keys=()) as box:
        box.leave(2)
        box.collector.round(NOW)
    assert main(["voicemail", "list"]) == 0
    assert "One message could not be fetched, 1 times since" in capsys.readouterr().out


def test_a_channel_on_which_notices_do_not_arrive_is_shown(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PHONETREE_NOTIFY", "json://127.0.0.1:9/")
    with mailbox("sqlite", folder) as box:
        _left(box, 2)
        Notices(box.store, box.voicemails, channels("json://127.0.0.1:9/")).round(NOW)
    assert main(["voicemail", "list"]) == 0
    assert "Notices are not arriving by json (1 attempts)" in capsys.readouterr().out


@pytest.mark.slow
def test_keys_of_the_console_count_as_those_of_files_do(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    public, _, made = pair("Ada")
    secret = "a secret of the tests, of enough characters"
    with mailbox("sqlite", folder) as box:
        (message,) = _left(box, 2)
        kept = SealingKeys(box.store, (secret,))
        kept.add(public.id, made.public, "0" * 32, "Ada", NOW)
        kept.approve(public.id, "the admin", NOW)
    assert main(["voicemail", "reseal", *KEY, "--who", "Ada"]) == KNOWN_PROBLEM
    assert "cannot be verified here, and would open nothing any more; set SECRET_KEY" in capsys.readouterr().err
    monkeypatch.setenv("SECRET_KEY", secret)
    assert main(["keys", "list"]) == 0
    assert [line.split()[1] for line in capsys.readouterr().out.splitlines()] == ["advocates", "Ada"]
    assert main(["voicemail", "reseal", *KEY, "--who", "Ada"]) == 0
    assert "1 messages were resealed for advocates, Ada." in capsys.readouterr().out
    (folder / "ada.key.json").write_text(made.private, encoding="utf-8")
    assert main(["voicemail", "save", message, "1.wav", "--key", "ada.key.json", *KEY[2:]]) == 0
    assert (folder / "1.wav").read_bytes() == sound(2, 301)


@pytest.mark.slow
def test_staff_come_and_go(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A new key hears new messages; after resealing old ones too; a key that is taken away hears nothing new."""
    with mailbox("sqlite", folder) as box:
        (message,) = _left(box, 2)
    (folder / "new").write_text("a long new passphrase\n")
    assert main(["keys", "create", "director", "--passphrase-file", "new"]) == 0
    assert main(["keys", "create", "director", "--passphrase-file", "new"]) == KNOWN_PROBLEM
    assert (folder / "director.key.json").stat().st_mode & 0o077 == 0
    assert main(["keys", "list"]) == 0
    assert [line.split()[1] for line in capsys.readouterr().out.splitlines()[-2:]] == ["advocates", "director"]
    director = ["--key", "director.key.json", "--passphrase-file", "new"]
    assert main(["voicemail", "save", message, "1.wav", *director]) == KNOWN_PROBLEM
    assert "it was sealed for another key" in capsys.readouterr().err
    (folder / "keys" / "advocates.pem").unlink()
    assert main(["voicemail", "reseal", *KEY, "--who", "Ada"]) == 0
    assert "1 messages were resealed for director." in capsys.readouterr().out
    assert main(["staff", "actions"]) == 0
    done = capsys.readouterr().out
    assert done.endswith("  Ada  messages were resealed for director\n")
    assert len(done.splitlines()) == 1, "what was done about messages is not among it"
    assert main(["voicemail", "save", message, "2.wav", *director]) == 0
    assert (folder / "2.wav").read_bytes() == sound(2, 301)
    assert main(["voicemail", "save", message, "3.wav", *KEY]) == KNOWN_PROBLEM
