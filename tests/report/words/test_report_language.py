from __future__ import annotations

import re
import string
from pathlib import Path

import pytest
from report.report_texts import EN, NB, TEXTS

import bench.report
from bench.errors import OptionError
from bench.report.words.texts import Texts

FOLDER = Path(bench.report.__file__).parent
SOURCES = [
    path
    for path in (*FOLDER.rglob("*.py"), *FOLDER.rglob("templates/*"))
    if path.is_file() and path.relative_to(FOLDER).as_posix() != "words/texts.py"
]
#: Groups looked up by a word that comes from the engine.
OPEN_GROUPS = ("source.", "status.", "rule.", "option.", "measure.", "provenance.", "parameter.", "method.", "forward.",
               "analysis_table.", "screen.")  # fmt: skip


def _placeholders(text: str) -> set[str]:
    return {name.partition("|")[0] for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_say_the_same_with_the_same_values() -> None:
    for key, (nb, en) in TEXTS.items():
        assert nb.strip(), key
        assert en.strip(), key
        assert _placeholders(nb) == _placeholders(en), key


def test_both_tables_have_the_same_keys_in_the_same_order() -> None:
    assert list(NB) == list(EN)


def test_every_key_asked_for_exists() -> None:
    for path in SOURCES:
        for key in re.findall(r'\bt\("([a-z_.\-]+)"', path.read_text()):
            if key.endswith("."):
                assert any(text.startswith(key) for text in TEXTS), f"{path.name}: {key}"
            else:
                assert key in TEXTS, f"{path.name}: {key}"


def test_every_text_is_asked_for() -> None:
    code = "\n".join(path.read_text() for path in SOURCES)
    literal = set(re.findall(r'["\']([a-z_\-]+\.[a-z_.\-]+)["\']', code))
    prefixes = {*re.findall(r'[f(]"([a-z_]+\.)(?:\{|")', code), "figure.", "col."}
    # In Python f"what.key.{key}", in a template "what.why." ~ why.
    built = tuple(re.findall(r'["\']((?:[a-z_\-]+\.)+[a-z_\-]*)(?:\{|["\'] ~)', code))
    words = set(re.findall(r'"([a-z_\-]+)"', code))
    for key in TEXTS:
        group, _, rest = key.partition(".")
        by_prefix = f"{group}." in prefixes and (group == "figure" or rest.split(".")[-1] in words)
        by_prefix = by_prefix or key.startswith(("sim.", "cmp.", "what.", "trace."))
        assert key in literal or by_prefix or key.startswith((*OPEN_GROUPS, *built)), f"{key} is never used"


def test_a_missing_text_is_a_fault_and_an_unknown_word_is_not() -> None:
    texts = Texts("nb")
    with pytest.raises(KeyError):
        texts("col.no_such_column")
    assert texts.known("status", "nowhere") == ""
    assert texts.known("status", "assumed") == "antatt"


def test_language_is_an_option() -> None:
    with pytest.raises(OptionError):
        Texts("no")


#: Values that are numbers of things; what follows them agrees with them.
COUNTS = ("count", "total", "shown", "failed", "ok", "open", "full", "plus", "draws", "half", "rows", "all")


def test_words_agree_with_their_number() -> None:
    """A plural after a number, or a verb that depends on it, is written twice: for one and for all other numbers."""
    alike = {"en": "units|rows|services|reconciliations|criteria|draws|years|combinations|are|have|were|hold|fail",
             "nb": "enheter|rader|tjenester|avstemminger|kriterier|trekninger|kombinasjoner"}  # fmt: skip
    for language, table in (("en", EN), ("nb", NB)):
        bare = re.compile(rf"\{{({'|'.join(COUNTS)})\}} ({alike[language]})\b")
        for key, text in table.items():
            assert not bare.search(text), f"{key}: {text}"
            for name, one, many in re.findall(r"\{(\w+)\|([^{}|]*)\|([^{}|]*)\}", text):
                assert name in COUNTS, key
                assert one != many, key


@pytest.mark.parametrize("language", ["nb", "en"])
@pytest.mark.parametrize("count", [0, 1, 2, "1", "1 234"])
def test_one_is_one_and_everything_else_is_many(language: str, count: int | str) -> None:
    t = Texts(language)
    singular = {"nb": "Det står", "en": "is assumed, not documented. It comes"}[language]
    said = t("risk.assumed", count=count, total=19)
    assert said.startswith(f"{count} ")
    assert (singular in said) == (str(count) == "1")
    assert "|" not in said
