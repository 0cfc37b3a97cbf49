"""What holds of every command: its help needs nothing, wrong usage is 2, a signal that asks to stop is 0, and whatever
file an option names, the answer is a sentence."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pytest

from phonetree.__main__ import KNOWN_PROBLEM, main
from phonetree.commands import phonetree
from phonetree.commands.files import MOST_BYTES
from phonetree.commands.work import voicemail
from tests.support.commands import inner
from tests.support.databases import tables
from tests.support.lines import ROOT, VPR
from tests.support.mail import PASSPHRASE, mailbox, pair
from tests.support.programs import environ, free_port, start, until

WRONG_USAGE = 2


def _all(
    command: click.Command = phonetree, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command and every command of a group."""
    yield path, command
    for name, each in inner(command).items():
        yield from _all(each, (*path, name))


COMMANDS = [pytest.param(path, id=" ".join(path) or "phonetree") for path, _ in _all()]


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, where no setting can be used."""
    folder = tmp_path / "empty"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("DATABASE_URL", "nonsense")
    monkeypatch.setenv("PHONETREE_CONFIG_FILE", "/nonexistent")
    return folder


@pytest.mark.parametrize("path", COMMANDS)
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_needs_no_settings_no_files_and_no_database(
    path: tuple[str, ...], option: str, empty: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*path, option]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Usage: phonetree")
    assert not path or f"Example: scripts/phonetree {' '.join(path)}" in " ".join(said.split())
    assert not list(empty.iterdir())


@pytest.mark.parametrize("path", COMMANDS)
def test_wrong_usage_is_2(path: tuple[str, ...], empty: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*path, "--no-such-option"]) == WRONG_USAGE
    assert "No such option" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["chekc"], "No such command"),
        (["voicemail", "lsit"], "No such command"),
        (["voicemail", "claim"], "Missing argument"),
        (["override", "add", "shut", "--until", "today"], "is not one of"),
        (["serve", "--port", "0"], "is not in the range"),
        (["serve", "--demo", "--host", "0.0.0.0"], "a demo listens only on this machine"),  # noqa: S104
        (["counts", "--port", "8080"], "--port names a demo; add --demo"),
        (["hours", "--days", "many"], "is not a valid integer"),
    ],
)
def test_wrong_usage_is_said(
    arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("PHONETREE_CONFIG", str(VPR))
    assert main(arguments) == WRONG_USAGE
    assert said in capsys.readouterr().err


# -- signals


def _process(folder: Path, *arguments: str, **settings: str) -> "subprocess.Popen[bytes]":
    """A command as a process of its own, with a keyboard at which nothing is typed; what it writes goes to `log`."""
    command = [sys.executable, "-m", "phonetree", *arguments]
    with (folder / "log").open("w") as log:
        env = environ("https://tree.example.org", **settings)
        return subprocess.Popen(command, cwd=folder, env=env, stdin=subprocess.PIPE, stdout=log, stderr=log)  # noqa: S603


def _serving(folder: Path) -> "subprocess.Popen[bytes]":
    return start(folder, free_port(), environ("https://tree.example.org"), "--demo")


def _working(folder: Path) -> "subprocess.Popen[bytes]":
    return _process(folder, "worker", DATABASE_URL=f"sqlite:///{folder}/none.db")


def _calling(folder: Path) -> "subprocess.Popen[bytes]":
    return _process(folder, "call", "--at", "2026-11-23 10:00")


def _asking(folder: Path) -> "subprocess.Popen[bytes]":
    return _process(folder, "keys", "create", "director", "--out", "director.key.json", TWILIO_AUTH_TOKEN="")


@pytest.mark.long
@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM], ids=lambda asked: asked.name)
@pytest.mark.parametrize(
    ("begin", "ready"),
    [
        pytest.param(_serving, "demo helpline answers", id="serve"),
        pytest.param(_working, '"task": "database"', id="worker"),
        pytest.param(_calling, "a key (0-9", id="call"),
    ],
)
def test_a_signal_that_asks_to_stop_is_0(
    begin: Callable[[Path], "subprocess.Popen[bytes]"], ready: str, asked: signal.Signals, tmp_path: Path
) -> None:
    (tmp_path / "config").symlink_to(VPR)
    with begin(tmp_path) as program:
        log = tmp_path / "log"
        until(lambda: ready in log.read_text() or program.poll() is not None, log.read_text())
        program.send_signal(asked)
        assert program.wait(30) == 0, log.read_text()
    assert "Traceback" not in log.read_text()


def test_a_keyboard_that_is_gone_is_a_known_problem(tmp_path: Path) -> None:
    with _asking(tmp_path) as program:
        program.communicate(b"")
        assert program.returncode == KNOWN_PROBLEM
    assert "Nothing was done." in (tmp_path / "log").read_text()
    assert not list(tmp_path.glob("*.json"))


# -- files

BAD = {
    "missing": "nowhere/at/all",
    "a folder": "folder",
    "through a file": "file/below",
    "not text": "latin",
    "endless": "/dev/zero",
    "full": "/dev/full",
    "too long": "x" * 300,
    "unreadable": "secret/file",
}
"""Paths that cannot be what an option wants, made by the fixture `folder`."""

OPENS = "--key a.key.json --passphrase-file passphrase"
READS = [
    "--settings {bad} check",
    "voicemail save {message} out.wav --passphrase-file passphrase --key {bad}",
    "voicemail play {message} --passphrase-file passphrase --key {bad}",
    "voicemail reseal --passphrase-file passphrase --key {bad}",
    "voicemail save {message} out.wav --key a.key.json --passphrase-file {bad}",
    "keys create x --out x.key.json --passphrase-file {bad}",
    "keys passphrase {bad}",
    "call --golden {bad}",
    "changes {bad} config",
    "changes config {bad}",
    "publish --note x {bad}",
    "export {bad}",
    "check --config {bad}",
    "hours --config {bad}",
    "tree --config {bad}",
    "prove --config {bad}",
    "fallback --config {bad}",
    "call --keys 1 --config {bad}",
    "phrases --language pt --config {bad}",
    "override list --config {bad}",
    "override add open --until today --config {bad}",
    "override cover Ada --until today --config {bad}",
]
WRITES = [
    "call --at 2026-11-23T10:00 --keys hangup --save {bad}",
    "keys create x --passphrase-file passphrase --out {bad}",
    f"voicemail save {{message}} {{bad}} {OPENS}",
    "phrases --language pt --out {bad}",
    "init {bad} --yes",
]
TRIED = [
    *((line, kind) for line in READS for kind in BAD),
    *((line, kind) for line in WRITES for kind in BAD if kind not in ("not text", "endless", "full")),
]
"""Every option and argument that names a file or a folder. What is there may be written over; a full disk is below."""
TRIED.remove(("init {bad} --yes", "a folder"))  # which is what it wants, if it is empty


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A staff machine with one message, and every kind of bad path."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", tables("sqlite", tmp_path))
    monkeypatch.setenv("PHONETREE_KEYS", str(tmp_path / "keys"))
    (tmp_path / "config").symlink_to(VPR)
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "a.pem").write_bytes(pair()[2].public)
    (tmp_path / "a.key.json").write_text(pair()[2].private, encoding="utf-8")
    (tmp_path / "passphrase").write_text(f"{PASSPHRASE}\n", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "latin").write_bytes("é".encode("latin-1"))
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "file").touch()
    monkeypatch.setattr(voicemail, "PLAYERS", (("true",),))
    monkeypatch.setattr(click, "prompt", lambda *_, **__: PASSPHRASE)
    return tmp_path


@contextmanager
def _nobody(folder: Path) -> Iterator[None]:
    """Somebody who may do nothing in the folder `secret`, whoever runs the tests."""
    (folder / "secret").chmod(0)
    if os.geteuid():
        yield
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, 65534, 65534, follow_symlinks=False)
    for parent in [folder, *folder.parents][:-1]:
        parent.chmod(parent.stat().st_mode | 0o11)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_every_option_that_names_a_file_is_tried() -> None:
    for path, command in _all():
        for parameter in command.params:
            assert not isinstance(parameter.type, click.File), "it opens by itself, and its faults are wrong usage"
            if not isinstance(parameter.type, click.Path) or path == ("counts",):
                continue  # counts does without the files
            assert not parameter.type.exists
            lines = [line for line in (*READS, *WRITES) if line.startswith(" ".join(path))]
            assert any("{bad}" in line and parameter.opts[0] in (*line.split(), *ARGUMENTS) for line in lines), path


ARGUMENTS = ("old", "new", "file", "folder")


@pytest.mark.parametrize(("line", "kind"), TRIED)
def test_a_file_that_cannot_be_used_is_a_sentence(
    line: str, kind: str, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    message = _message(folder) if "{message}" in line else ""
    words = line.format(bad=BAD[kind], message=message).split()
    before = _names(folder)
    if kind == "unreadable":
        main(line.format(bad=BAD["missing"], message=message).split())  # what is imported late is imported now
        capfd.readouterr()
        with _nobody(folder):
            status = main(words)
    else:
        status = main(words)
    said = capfd.readouterr()
    assert status == KNOWN_PROBLEM, said
    assert "Traceback" not in said.err + said.out
    assert BAD[kind] in said.err + said.out, "it names the file"
    assert _names(folder) == before, "nothing is left half done"


def _message(folder: Path) -> str:
    with mailbox("sqlite", folder) as box:
        box.leave(2)
        box.collector.round(1_800_000_000)
        return box.voicemails.listed()[0].id


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if not path.name.startswith("phonetree.db"))


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ["tree"],
        ["prove"],
        ["check"],
        ["hours"],
        ["changes", "config", "config"],
        ["fallback"],
        ["call", "--at", "2026-11-23 10:00", "--keys", "hangup"],
        ["call", "--at", "2026-11-23 10:00", "--keys", "hangup", "--save", "/dev/full"],
    ],
    ids=" ".join,
)
def test_a_full_disk_is_a_sentence(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "config").symlink_to(VPR)
    command = [sys.executable, "-m", "phonetree", *arguments]
    target = os.devnull if "/dev/full" in arguments else "/dev/full"
    with Path(target).open("w") as full:
        env = environ("https://tree.example.org")
        ran = subprocess.run(command, cwd=tmp_path, env=env, stdout=full, stderr=subprocess.PIPE, check=False)  # noqa: S603
    said = ran.stderr.decode()
    assert ran.returncode == KNOWN_PROBLEM, said
    assert "Traceback" not in said
    assert "disk" in said


def test_a_private_file_is_whole_or_not_there(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A disk that gets full in the midst of it; and a public key whose private one could not be kept."""
    real = os.fdopen

    def full(number: int, *arguments: object) -> object:
        real(number, "wb").close()
        return Path("/dev/full").open("wb", buffering=0)

    monkeypatch.setattr(os, "fdopen", full)
    assert main(["keys", "create", "x", "--passphrase-file", "passphrase", "--out", "x.key.json"]) == KNOWN_PROBLEM
    assert capsys.readouterr().err == "x.key.json cannot be written: the disk is full\n"
    assert not (folder / "x.key.json").exists()
    assert not (folder / "keys" / "x.pem").exists()


def test_a_file_of_any_size_is_not_read_whole(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "large").write_bytes(b"x" * (MOST_BYTES + 1))
    assert main(["call", "--golden", "large"]) == KNOWN_PROBLEM
    assert capsys.readouterr().err == "large is larger than 1024 kB; this cannot be the right file\n"
