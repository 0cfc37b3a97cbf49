"""A private key stays with whoever made it: it lands in no image, no repository and on no server by accident."""

import fnmatch
import subprocess
from pathlib import Path

import pytest

from phonetree.__main__ import KNOWN_PROBLEM, main
from tests.support.lines import ROOT


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A staff machine: a home folder, and a configuration elsewhere."""
    home = tmp_path / "home"
    (home / "checkout" / "inner").mkdir(parents=True)
    (home / "checkout" / ".git").mkdir()
    (home / "worktree").mkdir()
    (home / "worktree" / ".git").write_text("gitdir: elsewhere\n")
    (home / "link").symlink_to(home / "checkout")
    (tmp_path / "config" / "inner").mkdir(parents=True)
    (tmp_path / "phrase").write_text("a long new passphrase\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PHONETREE_CONFIG", str(tmp_path / "config"))
    return tmp_path


def _create(*more: str) -> int:
    return main(["keys", "create", "director", "--passphrase-file", "phrase", *more])


@pytest.mark.slow
def test_it_is_kept_at_home_unless_said_otherwise(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _create() == 0
    private = folder / "home" / "director.key.json"
    assert private.stat().st_mode & 0o077 == 0
    said = capsys.readouterr().out
    assert str(private) in said
    assert "to the server, into the folder `keys` beside the two files" in said
    assert [path.name for path in (folder / "config").rglob("*.*")] == ["director.pem"]
    assert main(["keys", "create", "second", "--passphrase-file", "phrase", "--out", "~/other.key.json"]) == 0
    assert (folder / "home" / "other.key.json").exists()


@pytest.mark.parametrize(
    "place",
    [
        "home/checkout",
        "home/checkout/inner",
        "home/worktree",
        "home/link",
        "config",
        "config/inner",
        str(ROOT),
        f"{ROOT}/docs",
    ],
)
def test_it_is_not_written_where_others_could_get_it(
    place: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = Path(place) / "director.key.json"
    assert _create("--out", str(out)) == KNOWN_PROBLEM
    said = capsys.readouterr().err
    assert "choose another place with --out" in said
    assert not out.exists()
    assert not list((folder / "config").rglob("*.pem")), "no message is sealed for it"


def test_it_is_not_made_on_the_server(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "x")
    assert _create() == KNOWN_PROBLEM
    assert "this is the server" in capsys.readouterr().err
    assert not list((folder / "home").glob("*.json"))


@pytest.mark.parametrize("path", ["director.key.json", "config/keys/a.key.json", "new-a.key.json", "message.wav"])
def test_git_does_not_take_it(path: str) -> None:
    ignored = subprocess.run(["git", "check-ignore", "--no-index", path], cwd=ROOT, capture_output=True, check=False)  # noqa: S603, S607
    if ignored.returncode == 128:
        pytest.skip("this is no git checkout")
    assert ignored.returncode == 0


def test_an_image_does_not_take_it() -> None:
    """The last pattern that fits counts (Docker, build context, .dockerignore)."""
    patterns = (ROOT / ".dockerignore").read_text().split()
    fitting = [each for each in patterns if fnmatch.fnmatch("config/keys/a.key.json", each.lstrip("!"))]
    assert fitting[-1] == "**/*.key.json"


def test_changing_the_passphrase_leaves_one_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _create() == 0
    typed = iter(["a long new passphrase", "another long passphrase"])
    monkeypatch.setattr("click.prompt", lambda *_, **__: next(typed))
    assert main(["keys", "passphrase", str(folder / "home" / "director.key.json")]) == 0
    assert [path.name for path in (folder / "home").glob("*.*")] == ["director.key.json"]
