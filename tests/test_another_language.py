"""A language that the product does not speak, from its file of phrases to a call and a page; complete, and in part."""

import re
import shlex
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from shutil import copytree

import pytest

from phonetree.__main__ import KNOWN_PROBLEM, main
from phonetree.config.override import read_override
from phonetree.config.promises import broken_promises
from phonetree.config.site import heard_of, load, made_of, revision_of
from phonetree.core import engine
from phonetree.core.schedule import Override
from phonetree.core.verbs import Gather, Say, Verbs
from phonetree.core.wording import Speaker
from phonetree.errors import ConfigError, OverrideError, StoreError
from phonetree.runtime.sites import Sites
from phonetree.runtime.watch import watcher
from phonetree.simulator.golden import Golden
from phonetree.store.database import Store
from phonetree.store.migrate import migrate
from phonetree.store.revisions import Revisions
from phonetree.store.schema import SCHEMA
from tests.support.databases import KINDS, store
from tests.support.lines import NAMES, ROOT, RULES, direct, play
from tests.support.programs import until
from tests.support.server import DAY, Server

pytestmark = pytest.mark.slow

PORTUGUESE = ROOT / "tests" / "sites" / "portuguese"
NIGHT = datetime(2026, 11, 24, 4, 30, tzinfo=UTC)
SINCE = date(2026, 11, 22)
TOLD = "Algumas partes estão só em English."

PARTLY = (
    ("name: português}", "name: português, fallback: en}"),
    ("{en: for our number, pt: para ouvir o nosso número}", "{en: for our number}"),
    ("        pt: Nosso número é {helpline.number}. Você pode escrever para {helpline.email}.\n", ""),
    ("{en: the crisis line, pt: a linha de crise}", "{en: the crisis line}"),
    ("{en: English and Portuguese, pt: inglês e português}", "{en: English and Portuguese}"),
    (", pt: Todo mundo pode.}", "}"),
)
"""Edits that leave Portuguese in part."""


def edited(folder: Path, *edits: tuple[str, str]) -> Path:
    """A copy of the site with some of its routing replaced."""
    config = Path(copytree(PORTUGUESE, folder / "config"))
    path = config / "routing.yaml"
    text = path.read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")
    return config


def phrased(config: Path, old: str, new: str) -> None:
    """An edit of the file of phrases."""
    path = config / "phrases" / "pt.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def spoken(verbs: Verbs) -> list[tuple[str, str]]:
    """What is said, each with the language of its voice."""
    said = (piece for verb in verbs if isinstance(verb, Gather) for piece in verb.spoken)
    return [(piece.voice.code, piece.text) for piece in said if isinstance(piece, Say)]


def heard(config: Path, keys: str, folder: Path) -> str:
    """A call by day."""
    words = {"at": "2026-11-23 10:00", "keys": keys, "config": str(config)}
    lines = str(play(Golden("", words), direct, folder).transcript)
    return " ".join(lines.split())


# -- complete


def test_the_site_is_complete_and_keeps_every_promise() -> None:
    site = load(PORTUGUESE, RULES).site
    assert broken_promises(site, PORTUGUESE, SINCE) == ()
    assert all("pt" in text for text in site.texts)
    assert site.languages["pt"].fallback is None


def test_the_page_is_in_the_language_too() -> None:
    server = Server(PORTUGUESE)
    page = server.client.get("/pt").text
    assert '<html lang="pt">' in page
    assert "Há conselheiras na linha agora, até 5 da tarde." in page
    assert "Segunda-feira a sexta-feira, das 9 da manhã às 5 da tarde" in page
    assert "inglês e português" in page
    assert '<a href="/pt" lang="pt" hreflang="pt">Português</a>' in server.client.get("/en").text
    assert re.findall('<span lang="(.*?)">(.*?)<', page) == [("en", "English")], "the key that changes the language"
    assert server.client.get("/", headers={"Accept-Language": "pt-PT,pt;q=0.9"}).text == page
    told = server.client.get("/status.json").json
    assert told["text"]["pt"] == "Há conselheiras na linha agora, até 5 da tarde."  # type: ignore[index]
    server.now = NIGHT
    assert "A próxima conselheira atende amanhã às 9 da manhã." in server.client.get("/pt").text


# -- in part


def test_callers_are_told_before_they_hear_another_language(tmp_path: Path) -> None:
    config = edited(tmp_path, *PARTLY)
    assert broken_promises(load(config, RULES).site, config, SINCE) == ()
    told = heard(config, "7,2,1", tmp_path)
    assert f"presses 7 0:12 hears [pt-BR] {TOLD} Harbour Line. Há conselheiras na linha." in told
    assert "[en-US] For English, press 7. For our number, press 2. [pt-BR] Para deixar uma mensagem" in told
    assert "[en-US] Our number is 6 1 7, 5 5 5, 0 1 5 0. You can write to help at example dot org. [pt-BR] Har" in told
    assert told.count(TOLD) == 1
    assert TOLD not in heard(config, "1", tmp_path / "english")
    assert TOLD not in heard(edited(tmp_path / "all", PARTLY[0]), "7,1", tmp_path / "all"), "nothing is lacking"


def test_a_call_that_starts_over_or_begins_in_such_a_language_is_told_too(tmp_path: Path) -> None:
    site = load(edited(tmp_path, *PARTLY), RULES).site
    again = spoken(engine.start_again(site, DAY, "pt").verbs)
    assert [code for code, _ in again[:2]] == ["pt-BR", "pt-BR"]
    assert again[1][1] == TOLD
    first = edited(
        tmp_path / "first",
        *PARTLY,
        ("  en: {voice: Polly.Joanna-Neural}\n", ""),
        ("fallback: en}\n", "fallback: en}\n  en: {voice: Polly.Joanna-Neural}\n"),
    )
    site = load(first, RULES).site
    assert site.first_language == "pt"
    assert spoken(engine.start(site, DAY).verbs)[0] == ("pt-BR", TOLD)


def test_the_proof_finds_a_call_that_is_not_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = edited(tmp_path, *PARTLY)
    monkeypatch.setattr(engine, "_in_part", lambda here: ())
    problems = [problem.text for problem in broken_promises(load(config, RULES).site, config, SINCE)]
    assert problems
    assert all("callers are not told that 'pt' is spoken in part only" in problem for problem in problems)


def test_the_page_says_so_and_marks_what_is_in_another_language(tmp_path: Path) -> None:
    page = Server(edited(tmp_path, *PARTLY), now=NIGHT).client.get("/pt").text
    assert f'<p class="small">{TOLD}</p>' in page
    assert 'lang="en">For our number</a>' in page
    assert '<span lang="en">Our number is </span>' in page
    assert '<h3><span lang="en">The crisis line</span></h3>' in page
    assert 'Ligue para <span lang="en">the crisis line</span>' in page
    assert 'Idiomas: <span lang="en">English and Portuguese</span>.' in page
    assert '<p><span lang="en">Everybody can.</span></p>' in page
    assert "<p>Harbour Line. A próxima conselheira atende amanhã às 9 da manhã.</p>" in page
    assert "só em" not in Server(PORTUGUESE).client.get("/pt").text


def test_short_notice_may_be_in_the_other_language_only(tmp_path: Path) -> None:
    site = load(edited(tmp_path, *PARTLY), RULES).site
    until_then = (DAY - timedelta(minutes=1), DAY + timedelta(hours=1))
    made = read_override(site, None, until_then, {"en": "A storm is near."}, DAY)
    with pytest.raises(OverrideError, match="missing in português"):
        read_override(load(PORTUGUESE, RULES).site, None, until_then, {"en": "A storm is near."}, DAY)
    server = Server(tmp_path / "config")
    server.sites.override((Override(*until_then, None, made.words),))
    assert '<p class="notice"><span lang="en">A storm is near.</span></p>' in server.client.get("/pt").text
    changed = engine.change_language(server.sites.current, "welcome", "pt", DAY)
    assert spoken(changed.verbs)[:2] == [("pt-BR", TOLD), ("en-US", "A storm is near.")]


def test_what_is_filled_into_a_text_is_in_the_language_of_the_text(tmp_path: Path) -> None:
    config = edited(tmp_path, *PARTLY, ("        pt: Harbour Line. A próxima conselheira atende {next_opening}.\n", ""))
    site = load(config, RULES).site
    say = site.nodes["night"].say  # type: ignore[union-attr]
    assert Speaker(site, "pt", NIGHT).text(say or {}) == "Harbour Line. The next advocate is here tomorrow at 9 AM."


LACKING = tuple(edit for edit in PARTLY if "fallback" not in edit[1])


def test_without_the_site_saying_so_nothing_may_be_lacking(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(edited(tmp_path, *LACKING), RULES)
    assert len(caught.value.problems) == 5
    assert all("lacks its text in 'pt'" in problem.text for problem in caught.value.problems)


def test_many_lacking_texts_are_one_problem(tmp_path: Path) -> None:
    more = (", pt: Quem pode ligar}", "}"), (", pt: para falar com uma conselheira}", "}")
    with pytest.raises(ConfigError) as caught:
        load(edited(tmp_path, *LACKING, *more), RULES)
    (problem,) = caught.value.problems
    assert problem.text == (
        "language 'pt' lacks 7 texts, the first on lines 18, 23, 29, 30, 47; write them, or let them be heard in "
        "another language, such as {fallback: en}"
    )
    line = (tmp_path / "config" / "routing.yaml").read_text(encoding="utf-8").splitlines()[problem.where.line - 1]
    assert line.startswith("  pt: ")


# -- as docs/staff.md says it


def test_the_steps_of_the_document_end_in_a_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With nothing but what it and the command show; only the translations are ours."""
    copytree(ROOT / "tests" / "sites" / "mit", tmp_path / "config")
    monkeypatch.chdir(tmp_path)
    for name in NAMES:
        monkeypatch.setenv(name, f"+1617253000{name[-1]}")
    text = (ROOT / "docs" / "staff.md").read_text(encoding="utf-8")
    section = text.partition("\n## Another language\n")[2].partition("\n## ")[0]
    write, check, call = (line[22:] for line in section.splitlines() if line.startswith("    scripts/phonetree "))
    added, budgets = (block.partition("```")[0] for block in section.split("```yaml\n# routing.yaml\n")[1:])

    assert main(shlex.split(write)) == 0
    printed = capsys.readouterr().out
    assert f"\n{added}\n" in printed, "the command prints what the document shows"
    shown = section.partition("```text\n")[2].partition("```")[0]
    file = tmp_path / "config" / "phrases" / "pt.yaml"
    assert shown in file.read_text(encoding="utf-8")
    file.write_text((PORTUGUESE / "phrases" / "pt.yaml").read_text(encoding="utf-8"), encoding="utf-8")

    routing = tmp_path / "config" / "routing.yaml"
    text = routing.read_text(encoding="utf-8")
    language, key = (line for line in added.splitlines() if line.startswith("  "))
    for old, new in (
        ("\n\n# The helpline's own pages", f"\n{language}\n\n# The helpline's own pages"),
        ("\nalways:\n", f"\nalways:\n{key}\n"),
        ("mention: [8]", "mention: [8, 7]"),
        ("        es: Violence", "        pt: Violence Prevention do MIT. Há conselheiras.\n        es: Violence"),
        ("{label: {en: for an advocate,", "{label: {pt: para uma conselheira, en: for an advocate,"),
    ):
        assert old in text, old
        text = text.replace(old, new, 1)
    routing.write_text(text, encoding="utf-8")
    assert main(shlex.split(check)) == KNOWN_PROBLEM
    told = capsys.readouterr().out
    assert all("Help is seconds and one key away" in line for line in told.splitlines()[:-1]), told
    before = next(line for line in text.splitlines() if line.startswith("budgets:"))
    routing.write_text(text.replace(before, budgets.strip()), encoding="utf-8")
    assert main(shlex.split(check)) == 0
    assert " texts are not written in 'pt', and are given in 'en'" in capsys.readouterr().out
    assert main(shlex.split(call)) == 0
    lines = " ".join(capsys.readouterr().out.split())
    assert f"presses 7 0:23 hears [pt-BR] {TOLD} Violence Prevention do MIT. Há conselheiras." in lines
    assert "rings" in lines


# -- the file is a part of the revision


def test_an_edit_of_the_phrases_is_a_revision_and_is_live_within_seconds(tmp_path: Path) -> None:
    config = edited(tmp_path)
    sites = Sites(config, RULES)
    first = sites.current
    following = watcher(sites)
    following.start()
    try:
        phrased(config, "às {clock} da tarde", "às {clock} horas da tarde")
        until(lambda: sites.current.revision != first.revision)
        assert sites.current.phrases["pt"]["afternoon"] == "às {clock} horas da tarde"
        phrased(config, "às {clock} horas da tarde", "às {horas} da tarde")
        until(lambda: sites.problems != ())
    finally:
        following.stop()
    (problem,) = sites.problems
    assert problem.where.file.endswith("phrases/pt.yaml")
    assert "'afternoon' has to hold {clock}" in problem.text
    assert sites.revision(first.revision) is first
    (config / "phrases" / "pt.yaml").unlink()
    assert not sites.reload()
    assert "lacks 114 of the product's 114 phrases" in str(sites.problems[0])


def test_a_site_without_such_a_file_keeps_its_revision() -> None:
    """Calls in progress go on through an upgrade."""
    assert revision_of({"hours.yaml": b"a", "routing.yaml": b"b"}) == "59b271ae1bbc"
    assert revision_of({"hours.yaml": b"a", "routing.yaml": b"b", "phrases/pt.yaml": b""}) != "59b271ae1bbc"


def test_a_file_for_another_language_changes_nothing_for_callers_and_is_kept(tmp_path: Path) -> None:
    """In another revision, since it is one of the files; nothing has to be proved again for it."""
    config = edited(tmp_path)
    before = load(config, RULES)
    (config / "phrases" / "fr.yaml").write_text("not: [even, valid", encoding="utf-8")
    (config / "phrases" / "de.yaml").write_bytes(b"no: te\xfft")
    after = load(config, RULES)
    assert after.site.said == before.site.said
    assert after.contents == {**before.contents, "phrases/fr.yaml": b"not: [even, valid"}
    assert made_of(after.contents, config, RULES).site.revision == after.site.revision != before.site.revision
    assert heard_of(after.contents, after.site.languages) == before.contents
    more = " ".join(map(str, set(after.warnings) - set(before.warnings)))
    assert "'fr' is not one of the languages" in more
    assert "'de' is not one of the languages" in more


@pytest.mark.parametrize("kind", KINDS)
def test_another_server_goes_on_with_a_revision_of_other_phrases(kind: str, tmp_path: Path) -> None:
    config = edited(tmp_path)
    with store(kind, tmp_path) as opened:
        database = opened.engine.url.render_as_string(hide_password=False)
        first = Server(config, database=database)
        address = first.state("welcome", "ask", "pt")
        first.worker.publish(1)  # type: ignore[misc]
        phrased(config, "Essa tecla não é uma das opções.", "Outra tecla, por favor.")
        second = Server(config, database=database)
        assert second.sites.current.revision == first.sites.current.revision, "until the edit is proved"
        assert second.sites.reload()
        assert second.sites.current.revision != first.sites.current.revision
        assert "Essa tecla não é uma das opções." in second.post(address, Digits="5").text
        assert "Outra tecla" in second.post(second.state("welcome", "ask", "pt"), Digits="5").text
        second.worker.publish(2)  # type: ignore[misc]
        names = [sorted(files) for files in Revisions(opened).heard()]
        assert names == [["hours.yaml", "phrases/pt.yaml", "routing.yaml"]] * 2
        first.close()
        second.close()


def test_a_server_starts_in_spite_of_a_phrase_that_a_new_version_needs(tmp_path: Path) -> None:
    """As far as that is all, and it says so."""
    config = edited(tmp_path)
    phrased(config, '  thanks: "Obrigada. Sua mensagem foi gravada."', '  of_before: "Obrigada."')
    server = Server(config)
    assert [problem.text.partition(";")[0] for problem in server.sites.problems] == [
        "language 'pt' lacks 1 of the product's 114 phrases: thanks",
        "phone: 'of_before' is not one of the product's phrases",
    ]
    assert (
        "Thank you. Your message was recorded."
        in server.post(
            server.state("message", "recorded", "pt"), RecordingDuration="9", RecordingUrl="https://x.example.org/1"
        ).text
    )
    assert not server.sites.reload()
    assert server.client.get("/readyz").json["last_edit"] == "refused"  # type: ignore[index]
    phrased(config, "  of_before:", "  thanks:")
    assert server.sites.reload()
    phrased(config, '  thanks: "Obrigada."', '  thanks: "{x}"')
    with pytest.raises(ConfigError, match="'thanks' has"):
        Sites(config, RULES)


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_starts_with_the_phrases_of_the_store_when_the_file_is_broken(kind: str, tmp_path: Path) -> None:
    config = edited(tmp_path)
    with store(kind, tmp_path) as opened:
        loaded = load(config, RULES)
        Revisions(opened).keep(loaded.site.revision, loaded.contents, "Ada", 1)
        phrased(config, "{clock} da manhã", "{nada} da manhã")
        sites = Sites(config, RULES, None, Revisions(opened).heard)
    assert sites.current.revision == loaded.site.revision
    assert sites.problems


def test_a_store_before_the_migration_is_told_and_calls_go_on(database: str, tmp_path: Path) -> None:
    opened = Store(database)
    migrate(opened, "0003")
    loaded = load(PORTUGUESE, RULES)
    with pytest.raises(StoreError):
        Revisions(opened).keep(loaded.site.revision, loaded.contents, "Ada", 1)
    assert Revisions(opened).heard() == ()
    assert f"schema 0003, not {SCHEMA}; run:" in str(opened.problem())
    opened.close()
    server = Server(edited(tmp_path), database=database)
    assert "Harbour Line" in server.post("/voice").text
    assert "Harbour Line" in server.post("/voice/0123456789ab/pt/welcome/ask", Digits="1").text
    server.close()
