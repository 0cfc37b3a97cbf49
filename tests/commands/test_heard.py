"""What commands say of what callers hear where that is in the store: never the folder's files in its place, unless
callers hear those."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from shutil import copytree

import pytest

from phonetree.__main__ import KNOWN_PROBLEM, main
from phonetree.commands.work import doctor
from phonetree.config.site import contents_of, revision_of
from phonetree.core.schedule import Kind, Override
from phonetree.store.database import Store
from phonetree.store.overrides import Overrides
from phonetree.store.revisions import Revisions
from tests.support.databases import tables
from tests.support.lines import VPR
from tests.support.server import DAY

SECRET = "s" * 40
AWAY = "postgresql://nobody@127.0.0.1:9/none"
NOT_KNOWN = "what callers hear is in the database (PHONETREE_SOURCE=store), but the database cannot be used: "
OLD, NEW = "+1 617 253 2300", "+1 617 253 2301"
"""The helpline's number in the folder, and in what is published."""
AT = f"{DAY:%Y-%m-%d} 22:00"

Run = Callable[..., tuple[str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command with the settings of a server whose database has nothing published yet; what it says, and what it
    says besides."""
    monkeypatch.chdir(tmp_path)
    copytree(VPR, tmp_path / "config")
    for name, value in {
        "DATABASE_URL": tables("sqlite", tmp_path / "var"),
        "PHONETREE_SOURCE": "store",
        "SECRET_KEY": SECRET,
        "ADVOCATE_1": "+16172535555",
        "ADVOCATE_2": "+16172535556",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(doctor, "broken_promises", lambda *_: ())

    def said(*arguments: str, status: int = 0) -> tuple[str, str]:
        found = main(list(arguments))
        out, besides = capsys.readouterr()
        assert found == status, (out, besides)
        return out, besides

    return said


@pytest.fixture
def published(run: Run) -> str:
    """A revision with another number than the folder's is published; its name."""
    there = Path("config/routing.yaml").read_bytes()
    assert OLD.encode() in there
    return _publish(there.replace(OLD.encode(), NEW.encode()))


def _publish(routing: bytes, over: str | None = None) -> str:
    contents = {**contents_of(Path("config")), "routing.yaml": routing}
    name, store = revision_of(contents), _store()
    Revisions(store, (SECRET,), strict=True).publish(name, contents, over, "Ada", "a new number", 1)
    store.close()
    return name


def _store() -> Store:
    return Store(f"sqlite:///{Path.cwd()}/var/phonetree.db")


def _files() -> list[str]:
    """What the doctor says of the files."""
    return [one.text for one in doctor.examine() if one.id in ("files", "promises")]


def _folder() -> str:
    return revision_of(contents_of(Path("config")))


def test_the_fallback_is_that_of_what_is_published_or_none(
    run: Run, published: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "+16172532301" in run("fallback")[0]
    assert "+16172532301" in run("fallback", "--config", str(Path("config").resolve()))[0], "the same folder"
    assert _files() == [
        f"the newest revision in the database is valid; this is revision {published}",
        "every promise to callers is kept",
    ]
    monkeypatch.setenv("DATABASE_URL", AWAY)
    out, besides = run("fallback", status=KNOWN_PROBLEM)
    assert out == ""
    assert NOT_KNOWN in besides
    (files,) = (one for one in doctor.examine() if one.id in ("files", "promises"))
    assert (files.verdict, files.hint) == ("wrong", "docs/wrong/database-away.md")
    assert files.text.startswith(NOT_KNOWN)
    monkeypatch.setenv("PHONETREE_SOURCE", "files")
    assert "+16172532300" in run("fallback")[0], "that of the folder, for who asks for it"


def test_while_nothing_is_published_it_is_the_folder_and_the_doctor_says_so(run: Run) -> None:
    assert "+16172532300" in run("fallback")[0]
    assert _files()[0] == (
        "nothing is published yet, so servers begin with the files of their folder; those here are valid; "
        f"this is revision {_folder()}"
    )


@pytest.mark.usefixtures("published")
def test_with_another_key_than_the_servers_nothing_is_said_of_the_folder(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "x" * 40)
    for command in (["fallback"], ["hours"], ["override", "list"]):
        out, besides = run(*command, status=KNOWN_PROBLEM)
        assert out == ""
        assert "no revision in the database was published with this SECRET_KEY" in besides
    (files,) = (one for one in doctor.examine() if one.id in ("files", "promises"))
    assert (files.verdict, files.hint) == ("wrong", "docs/operators.md lists every setting")


def test_a_revision_that_cannot_be_used_here_is_not_replaced_by_the_folder(run: Run) -> None:
    _publish(b"go: nowhere")
    for command in (["fallback"], ["hours"], ["override", "list"]):
        out, besides = run(*command, status=KNOWN_PROBLEM)
        assert out == ""
        assert "routing.yaml:1:5: " in besides


@pytest.mark.usefixtures("published")
def test_hours_without_the_database_say_what_they_leave_out_or_nothing(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, now = _store(), int(DAY.timestamp())
    opened = Override(DAY + timedelta(hours=11), DAY + timedelta(hours=13), Kind.OPEN, {})
    Overrides(store).add(opened, "Ada", "open", now)
    store.close()
    assert ": open" in run("hours", "--at", AT)[0]
    monkeypatch.setenv("DATABASE_URL", AWAY)
    out, besides = run("hours", "--at", AT, status=KNOWN_PROBLEM)
    assert out == ""
    assert NOT_KNOWN in besides
    monkeypatch.setenv("PHONETREE_SOURCE", "files")
    out, besides = run("hours", "--at", AT)
    assert ": closed" in out
    left_out = "Overrides, and phones that members added themselves, are left out: the database cannot be used: "
    assert besides.startswith(f"{left_out}nothing answers at its host and port")


def test_hours_open_the_database_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    there = Store.__init__

    def counted(self: Store, url: str) -> None:
        made.append(url)
        there(self, url)

    monkeypatch.setattr(Store, "__init__", counted)
    run("hours", "--at", AT)
    assert len(made) == 1


BY_THE_FOLDER = (["check"], ["tree"], ["prove"], ["call", "--keys", "1"])


def test_commands_that_go_by_the_folder_say_so_where_callers_hear_something_else(
    run: Run, published: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("tree", "--config", str(VPR))[1] == "", "a folder of one's own"
    routing = Path("config/routing.yaml")
    routing.write_bytes(b"go: nowhere")  # so that it is over soon
    for command in BY_THE_FOLDER:
        said = "".join(run(*command, status=KNOWN_PROBLEM))
        assert f"This is about the files in config. Callers hear others: revision {published} of the database," in said
    monkeypatch.setenv("DATABASE_URL", AWAY)
    for command in BY_THE_FOLDER:
        said = "".join(run(*command, status=KNOWN_PROBLEM))
        assert "Whether callers hear these is not known: the database cannot be used: " in said


def test_nothing_is_said_of_that_where_callers_hear_the_folder(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("tree")[1] == "", "nothing is published"
    _publish(Path("config/routing.yaml").read_bytes())
    assert run("tree")[1] == "", "the same is"
    _publish(b"go: nowhere", over=_folder())
    assert "Callers hear others" in run("tree")[1]
    monkeypatch.setenv("PHONETREE_SOURCE", "files")
    assert run("tree")[1] == "", "callers hear no revision"
