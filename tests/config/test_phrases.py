"""The problems of a file of phrases, each at its place."""

from pathlib import Path
from shutil import copytree

import pytest

from phonetree.config.phrases import LONGEST_PHRASE
from phonetree.config.site import load
from phonetree.errors import ConfigError
from tests.support.lines import ROOT, RULES

PORTUGUESE = ROOT / "tests" / "sites" / "portuguese"
FILE = "phrases/pt.yaml"
GONE = "; translate them here; this adds any that are not in the file: scripts/phonetree phrases --language pt"


def edited(folder: Path, old: str, new: str) -> Path:
    config = Path(copytree(PORTUGUESE, folder / "config"))
    path = config / FILE
    text = path.read_text(encoding="utf-8")
    assert old in text, old
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return config


def _problems(config: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(config, RULES)
    told = [str(problem).replace(f" --config {config}", "") for problem in caught.value.problems]
    return [each.replace(f"{config}/", "") for each in told]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "{label}, pressione {key}",
            "{etiqueta}, pressione {key}",
            "phone: 'choice' has to hold {key} and {label}, as the original does: {label}, press {key}.",
        ),
        (
            "{label}, pressione {key}",
            "{label:>9999999}, pressione {key}",
            "phone: 'choice' has a brace that is not around a field's name alone; write fields plainly, like "
            "{name}, and no other braces; the original: {label}, press {key}.",
        ),
        (
            "das {start} às {end}",
            "das {start} às",
            "page: 'times' has to hold {end} and {start}, as the original does: {start} to {end}",
        ),
        (
            "das {start} às {end}",
            "das {start.real} às {end}",
            "page: 'times' has a brace that is not around a field's name alone; write fields plainly, like "
            "{name}, and no other braces; the original: {start} to {end}",
        ),
        (
            ", sábado, domingo",
            ", sábado",
            "phone: 'weekdays' has to list 7 names with commas between them",
        ),
        (
            "Essa tecla",
            "tecla " * 100,
            f"phone: 'wrong_key' has 622 characters; at most {LONGEST_PHRASE} are allowed, so leave out what can wait",
        ),
        ('"ponto"', '"  "', "phone: 'dot' is empty; write what callers hear, such as: dot"),
        ('"ponto"', "ponto # ou não", "phone: a # begins a comment here"),
    ],
)
def test_what_is_wrong_in_a_phrase_is_told_at_its_line(old: str, new: str, said: str, tmp_path: Path) -> None:
    config = edited(tmp_path, old, new)
    (problem,) = _problems(config)
    file, line, column, told = problem.split(":", 3)
    assert told.strip().startswith(said), problem
    written = (config / file).read_text(encoding="utf-8").splitlines()[int(line) - 1][int(column) - 1 :]
    assert written.startswith("#" if "#" in new else '"')


def test_an_empty_or_absent_phrase_is_one_problem_with_the_command(tmp_path: Path) -> None:
    config = edited(tmp_path, '  dot: "ponto"', '  dot: ""')
    assert _problems(config) == [f"{FILE}: language 'pt' lacks 1 of the product's 114 phrases: dot{GONE}"]
    path = config / FILE
    path.write_text(path.read_text(encoding="utf-8").partition("\npage:")[0], encoding="utf-8")
    assert _problems(config) == [
        f"{FILE}: language 'pt' lacks 65 of the product's 114 phrases: dot, leave, leave_help, leave_keys, "
        f"leave_two_more and 60 more{GONE}"
    ]


def test_a_misspelt_name_is_told_and_one_that_is_not_needed_any_more_is_advice(tmp_path: Path) -> None:
    problems = _problems(edited(tmp_path, "  thanks:", "  thank:"))
    assert problems[0] == f"{FILE}: language 'pt' lacks 1 of the product's 114 phrases: thanks{GONE}"
    assert problems[1].endswith("phone: 'thank' is not one of the product's phrases; did you mean 'thanks'?")
    config = edited(tmp_path / "old", "\nphone:\n", '\nphone:\n  of_before: "Antes."\n')
    (warning,) = (each for each in load(config, RULES).warnings if each.where.file.endswith(FILE))
    assert warning.text == "phone: 'of_before' is not one of the product's phrases"


def test_a_file_that_cannot_be_read_is_one_problem(tmp_path: Path) -> None:
    (problem,) = _problems(edited(tmp_path, '"{label}, pressione', '"{label}", pressione'))
    assert problem.startswith(f"{FILE}:")
    assert "lacks" not in problem


def test_routing_words_phrases_of_the_phone_differently_and_has_the_last_word(tmp_path: Path) -> None:
    config = edited(tmp_path, "phone:", "phone:")
    routing = config / "routing.yaml"
    text = routing.read_text(encoding="utf-8")
    routing.write_text(f"{text}phrases:\n  pt: {{dot: pontinho}}\n", encoding="utf-8")
    assert load(config, RULES).site.phrases["pt"]["dot"] == "pontinho"


def test_a_file_may_word_a_language_of_the_product_differently(tmp_path: Path) -> None:
    config = edited(tmp_path, "phone:", "phone:")
    (config / "phrases" / "en.yaml").write_text('page:\n  outside: "Another line."\n', encoding="utf-8")
    site = load(config, RULES).site
    assert site.page_words["en"]["outside"] == "Another line."
    assert site.page_words["en"]["emergency"] == "In an emergency call"


def test_the_name_of_the_other_language_may_be_written_as_one_says_it(tmp_path: Path) -> None:
    config = edited(tmp_path, "só em {language}", "só em inglês")
    assert load(config, RULES).site.phrases["pt"]["partly"].endswith("só em inglês.")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("Polly.Camila-Neural", "Camila", "'Camila' is no voice; write one of the provider's, such as Polly"),
        ("Polly.Camila-Neural", "...", "'...' is no voice"),
        ("pt-BR", "ptBR", "'ptBR' is no code; write the language and the country, such as fr-CA"),
        ("pt-BR", "br", "'br' is no code"),
        ("pt-BR", "...", "'...' is no code"),
    ],
)
def test_a_voice_or_code_that_cannot_be_one_is_refused(old: str, new: str, said: str, tmp_path: Path) -> None:
    config = Path(copytree(ROOT / "tests" / "sites" / "portuguese", tmp_path / "config"))
    routing = config / "routing.yaml"
    text = routing.read_text(encoding="utf-8")
    assert old in text
    routing.write_text(text.replace(old, new), encoding="utf-8")
    assert said in "\n".join(_problems(config))
