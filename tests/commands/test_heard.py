"""What commands say of what callers hear where that is in the store: never the folder's files in its place, unless
callers hear those."""

import json
import shlex
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from shutil import copytree

import pytest

from phonetree.__main__ import KNOWN_PROBLEM, main
from phonetree.commands.work import doctor
from phonetree.commands.work.reading import load_heard
from phonetree.commands.work.serve import _tell_if_another_helpline
from phonetree.config.site import contents_of, revision_of
from phonetree.core.schedule import Kind, Override
from phonetree.runtime.prover import Prover
from phonetree.settings import PROGRAM
from phonetree.store.database import Store
from phonetree.store.overrides import Overrides
from phonetree.store.revisions import Revisions
from phonetree.store.servers import Report, Servers
from tests.support.databases import tables
from tests.support.lines import VPR
from tests.support.proving import asked
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


def _found(id_: str) -> list[tuple[str, str, str]]:
    return [(one.verdict, one.text, one.hint) for one in doctor.examine() if one.id == id_]


def test_the_doctor_says_that_another_helpline_answers_than_the_folders_and_what_to_do(
    run: Run, published: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ((verdict, text, hint),) = _found("helpline")
    name = "MIT Violence Prevention & Response"
    assert verdict == "wrong"
    assert text == (
        f"callers hear '{name}' at +16172532301, from the database; the files in config are those of "
        f"'{name}' at +16172532300"
    )
    monkeypatch.setattr(Prover, "_ask", lambda _, question: asked(question))
    command = hint.partition(": ")[2].partition(";")[0]
    assert command.startswith(f"{PROGRAM} publish config --note ")
    assert command.endswith(f" --over {published}")
    run(*shlex.split(command)[1:])
    assert _found("helpline") == []


def test_so_does_the_log_of_a_server_that_starts(published: str, capsys: pytest.CaptureFixture[str]) -> None:
    _tell_if_another_helpline(load_heard(Path("config")).loaded.site, Path("config"))
    line = json.loads(capsys.readouterr().err)
    assert (line["level"], line["event"]) == ("warning", "helpline")
    assert "the files in config are those of" in line["problem"]
    assert f"--over {published};" in line["problem"]


def test_it_is_told_by_the_name_where_the_folders_number_is_not_set_here(published: str) -> None:
    routing = Path("config/routing.yaml")
    _edit(f"number: {OLD}", "number: $HELPLINE_NUMBER")
    assert _found("helpline") == []
    assert published
    _edit("  name: MIT Violence", "  name: Our Violence")
    ((_, text, _),) = _found("helpline")
    assert text.endswith("the files in config are those of 'Our Violence Prevention & Response'")
    routing.write_bytes(b"go: nowhere")
    ((verdict, text, _),) = _found("helpline")
    assert verdict == "advice"
    assert "while the database is away has no files to answer with: config/routing.yaml:1:5: " in text


def _edit(old: str, new: str) -> None:
    routing = Path("config/routing.yaml")
    text = routing.read_text(encoding="utf-8")
    assert old in text
    routing.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.usefixtures("run")
def test_what_is_said_of_a_revision_of_the_store_is_at_no_place_of_the_folder() -> None:
    routing = Path("config/routing.yaml").read_bytes()
    first = _publish(routing.replace(b"    verified: 2026-11-22\n", b""))
    advised = [text for _, text, _ in _found("advice")]
    assert any(text.startswith("the database's routing.yaml:") for text in advised)
    assert not any("config/" in text for text in advised)
    _publish(b"go: nowhere", over=first)
    ((_, text, hint),) = _found("files")
    assert text.startswith("the database's routing.yaml:1:5: ")
    assert hint == f"{PROGRAM} export draft, then {PROGRAM} check --config draft shows them all"


def test_the_doctor_says_that_servers_answer_with_another_revision_than_the_newest(
    published: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, now = _store(), int(time.time())
    servers = Servers(store)
    servers.tell("one", Report(published, place="left, port 1"), now)
    assert _found("servers") == [("ok", "server processes that report: 1", "")]
    old, refused = "0" * 12, "the database: the revision that callers hear is not in the database any more"
    for name in ("one", "two"):
        servers.tell(name, Report(old, problems=(refused,), place="left, port 1"), now)
    told = f"servers answer with revision {old}, and the newest in the database is {published}"
    assert _found("servers") == [("wrong", told, refused)]
    store.close()
    monkeypatch.setenv("PHONETREE_SOURCE", "files")
    assert _found("servers") == [("ok", "server processes that report: 2", "")]


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
