"""`publish` and `export`: every byte goes there and back, and nothing of somebody else's is replaced by accident."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest

from phonetree.__main__ import KNOWN_PROBLEM, main
from phonetree.runtime import comparing
from phonetree.runtime.prover import Prover
from phonetree.store.database import Store
from phonetree.store.revisions import Revisions
from tests.support.databases import tables
from tests.support.lines import ROOT, VPR
from tests.support.proving import asked

pytestmark = pytest.mark.slow

Run = Callable[..., str]

ODD = "\r\n# a comment  \r\n#\ttabs, \"quotes\" and 'quotes'\n"


@pytest.fixture(autouse=True)
def _proved_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proofs are made in this process, and once."""
    monkeypatch.setattr(Prover, "_ask", lambda _, question: asked(question))


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in a folder with a server's settings; returns what it says."""
    monkeypatch.chdir(tmp_path)
    copytree(VPR, tmp_path / "config")
    for name, value in {
        "DATABASE_URL": tables("sqlite", tmp_path / "var"),
        "PHONETREE_SOURCE": "store",
        "SECRET_KEY": "s" * 40,
        "ADVOCATE_1": "+16172535555",
        "ADVOCATE_2": "+16172535556",
    }.items():
        monkeypatch.setenv(name, value)

    def said(*arguments: str, status: int = 0) -> str:
        found = main(list(arguments))
        out = "".join(capsys.readouterr())
        assert found == status, out
        return out

    return said


def _edit(folder: str, old: str, new: str, name: str = "routing.yaml") -> None:
    path = Path(folder, name)
    text = path.read_bytes().decode()
    assert old in text
    path.write_bytes(text.replace(old, new).encode())


def _published() -> list[tuple[str, str]]:
    store = Store(f"sqlite:///{Path.cwd()}/var/phonetree.db")
    try:
        return [(each.author, each.note) for each in Revisions(store).history()]
    finally:
        store.close()


def test_there_and_back_every_byte_is_kept(run: Run) -> None:
    for name in ("hours.yaml", "routing.yaml"):
        path = Path("config", name)
        path.write_bytes(path.read_bytes() + ODD.encode())
    assert "Every server answers with it within seconds." in run(
        "publish", "config", "--note", "the first", "--who", "Ada"
    )
    Path("config/audio").mkdir()
    Path("config/audio/x.mp3").write_bytes(b"x")
    run("export", "new/draft")
    for name in ("hours.yaml", "routing.yaml", "audio/x.mp3"):
        assert Path("new/draft", name).read_bytes() == Path("config", name).read_bytes()
    said = run("publish", "new/draft", "--note", "again")
    assert "published by Ada" in said
    assert "Nothing was done." in said
    assert _published() == [("Ada", "the first")]


def test_phrases_of_a_language_come_before_the_language_and_stay_after_it(run: Run) -> None:
    run("publish", "config", "--note", "the first")
    own = "  pt: {voice: Polly.Camila-Neural, code: pt-BR, name: português, fallback: en}\n  es:\n    voice:"
    run("export", "new")
    _edit("config", "  es:\n    voice:", own)
    told = run("publish", "config", "--note", "Portuguese", "--over", "x", status=KNOWN_PROBLEM)
    steps = "scripts/phonetree export DIR, then scripts/phonetree phrases --language pt --config DIR, and once it is"
    assert f"to translate them: {steps} translated scripts/phonetree publish DIR --note TEXT" in told
    run("phrases", "--language", "pt", "--config", "new")
    translated = (ROOT / "tests" / "sites" / "portuguese" / "phrases" / "pt.yaml").read_bytes()
    Path("new/phrases/pt.yaml").write_bytes(translated)
    assert "'pt' is not one of the languages" in run("check", "--config", "new")
    run("publish", "new", "--note", "the phrases")
    run("export", "spoken")
    _edit("spoken", "  es:\n    voice:", own)
    run("publish", "spoken", "--note", "Portuguese")
    _edit("spoken", own, "  es:\n    voice:")
    run("publish", "spoken", "--note", "not yet")
    run("export", "after")
    assert Path("after/phrases/pt.yaml").read_bytes() == translated


def test_of_two_who_began_from_the_same_revision_the_second_is_shown_both_changes(run: Run) -> None:
    run("publish", "config", "--note", "the first")
    run("export", "hers"), run("export", "his")
    _edit("hers", "for crisis lines", "for help lines")
    _edit("his", "date: 2026-11-27", "date: 2026-11-30", "hours.yaml")
    said = run("publish", "hers", "--note", "softer words", "--who", "Ada")
    assert "For help lines" in said, "it says what callers hear differently"
    said = run("publish", "his", "--note", "another day", "--who", "Ben", status=KNOWN_PROBLEM)
    assert "published by Ada" in said
    assert "softer words" in said
    there, here = said.partition("What changed there since:")[2].split("What changes here:")
    assert "For help lines" in there
    assert "30 November" in here
    assert len(_published()) == 2
    over = said.split("--over ")[1].strip()
    run("publish", "his", "--note", "another day", "--over", "0" * 12, status=KNOWN_PROBLEM)
    run("publish", "his", "--note", "another day", "--who", "Ben", "--over", over)
    assert _published()[0] == ("Ben", "another day")
    run("export", "old", "--revision", over)
    assert b"for help lines" in Path("old/routing.yaml").read_bytes()


def test_an_edit_is_published_and_an_old_revision_brought_back_as_the_operators_page_says(run: Run) -> None:
    export, publish, export_old, publish_old, publish_ours = (words for _, words in _shown("Publish"))
    run("publish", "config", "--note", "the first")
    run(*export)
    old = Path("draft/.revision").read_text().strip()
    _edit("draft", "for crisis lines", "for help lines")
    newest = run(*publish).rpartition("Published as revision ")[2].partition(".")[0]
    listed = run(*export_old, status=KNOWN_PROBLEM)
    assert f"\n{old}, published by " in listed
    said = run(*(old if each == "OLD" else each for each in export_old))
    assert f"old has revision {old}; the newest is {newest}, published by Ada " in said
    assert said.endswith(f"publish old --note TEXT --over {newest}\n")
    run("publish", "old", "--note", "without the name of the newest", status=KNOWN_PROBLEM)
    assert "Published as revision" in run(*(newest if each == "NEWEST" else each for each in publish_old))
    assert Path("old/routing.yaml").read_bytes() == Path("config/routing.yaml").read_bytes()
    assert [note for _, note in _published()] == ["As before Monday", "Closed on 23 December", "the first"]
    copytree(VPR, "our-line")
    _edit("our-line", "  name: MIT Violence", "  name: Our Violence")
    run(*(old if each == "NEWEST" else each for each in publish_ours))
    assert _published()[0][1] == "Our own line"


def _shown(title: str) -> list[tuple[str, list[str]]]:
    """The commands of a section of the operators' page: the database that is set for it, and its words."""
    page = (ROOT / "docs" / "running.md").read_text(encoding="utf-8").partition(f"\n## {title}\n")[2]
    lines = re.findall(
        r"^ {4,}(?:DATABASE_URL=(\S+) )?scripts/phonetree (.+)$", page.partition("\n## ")[0], re.MULTILINE
    )
    return [(database, shlex.split(words)) for database, words in lines]


def test_what_callers_hear_is_published_again_after_a_restore_as_the_operators_page_says(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (before, export), (here, publish) = _shown("Restore")
    assert (before, here) == ("sqlite:///var/before/phonetree.db", "")
    run("publish", "config", "--note", "the first")
    Path("var/before").mkdir()
    backup = Path("var/phonetree.db").read_bytes()
    run("export", "draft")
    _edit("draft", "for crisis lines", "for help lines")
    run("publish", "draft", "--note", "softer words")
    Path("var/phonetree.db").replace("var/before/phonetree.db")
    Path("var/phonetree.db").write_bytes(backup)
    with monkeypatch.context() as there:
        there.setenv("DATABASE_URL", before)
        run(*export)
    told = run(*publish[:-2], status=KNOWN_PROBLEM)
    newest = told.rpartition("--over ")[2].strip()
    run(*(newest if each == "NEWEST" else each for each in publish))
    assert [note for _, note in _published()] == ["As before the restore", "the first"]
    assert b"for help lines" in Path("kept/routing.yaml").read_bytes()


def test_no_number_stands_in_a_note_or_an_author(run: Run) -> None:
    told = run("publish", "config", "--note", "Ana has 617 555 0144 now", status=2)
    assert "Invalid value for --note: it has a phone number in it" in told
    told = run("publish", "config", "--note", "new phones", "--who", "Ana 617 555 0144", status=2)
    assert "has a phone number in it" in told
    run("publish", "config", "--note", "hours of 2026-12-24 to 2027-01-01")


def test_what_is_published_is_said_although_the_changes_cannot_be(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> tuple[str, ...]:
        raise KeyError("crisis")

    run("publish", "config", "--note", "the first")
    run("export", "draft")
    _edit("draft", "for crisis lines", "for help lines")
    monkeypatch.setattr(comparing, "changes", broken)
    said = run("publish", "draft", "--note", "softer words")
    assert "This cannot be said: the changes could not be worked out because of a bug in phonetree" in said
    assert "Every server answers with it within seconds." in said
    assert len(_published()) == 2


def test_what_an_edit_may_not_do_publishing_may_not(run: Run) -> None:
    run("publish", "config", "--note", "the first")
    run("export", "draft")
    _edit("draft", "go: crisis}", "go: crisys}")
    assert "did you mean 'crisis'?" in run("publish", "draft", "--note", "x", status=KNOWN_PROBLEM)
    _edit("draft", "go: crisys}", "go: crisis}")
    end = "le comunico ahora.}\n      go: "
    _edit("draft", f"{end}barcc_now", f"{end}leave")
    said = run("publish", "draft", "--note", "x", status=KNOWN_PROBLEM)
    assert "a caller who reached nobody is hung up on" in said
    _edit("draft", f"{end}leave", f"{end}barcc_now")
    _edit("draft", "\nnodes:\n", "\npromises: [{when: open, keys: [2], reaches: voicemail}]\nnodes:\n")
    said = run("publish", "draft", "--note", "x", status=KNOWN_PROBLEM)
    assert "the call reaches menu 'crisis' when open, in 'en' (keys: 2). The promise: When open, whoever" in said
    assert len(_published()) == 1


def test_it_is_said_why_nothing_is_published_or_written(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    said = run("export", "draft", status=KNOWN_PROBLEM)
    assert "there is no revision in the database" in said
    assert "publish config --note TEXT" in said, "it says what to do"
    said = run("publish", "gone", "--note", "x", status=KNOWN_PROBLEM)
    assert "does not exist" in said
    assert "--config" not in said, "publish has no such option"
    assert "Invalid value for --note: it is empty" in run("publish", "config", "--note", " ", status=2)
    run("publish", "config", "--note", "the first")
    assert "is not empty" in run("export", "config", status=KNOWN_PROBLEM)
    said = run("export", "draft", "--revision", "0" * 12, status=KNOWN_PROBLEM)
    assert "no revision 000000000000" in said
    assert "the first" in said, "it says which there are"
    _edit("config", "for crisis lines", "for help lines")
    monkeypatch.delenv("SECRET_KEY")
    assert "SECRET_KEY is not set here" in run("publish", "config", "--note", "x", status=KNOWN_PROBLEM)
    monkeypatch.setenv("PHONETREE_SOURCE", "files")
    assert "PHONETREE_SOURCE is 'files' here" in run("publish", "config", "--note", "x", status=KNOWN_PROBLEM)
    assert len(_published()) == 1


def test_commands_about_the_line_read_what_callers_hear(run: Run) -> None:
    run("publish", "config", "--note", "the first")
    run("export", "draft")
    _edit("draft", "date: 2026-11-27", "date: 2026-11-30", "hours.yaml")
    run("publish", "draft", "--note", "another day")
    at = ("--at", "2026-11-30 10:00")
    assert ": holiday" in run("hours", *at).splitlines()[0]
    copytree(Path.cwd() / "config", "copy")
    assert ": open" in run("hours", *at, "--config", "copy").splitlines()[0], "a folder by its name"
