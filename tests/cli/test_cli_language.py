"""Findings in bokmål and English: every sentence has both, one cause is one line, and what is typed works in either."""

from __future__ import annotations

import ast
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import bench
from bench.cli import main
from bench.report.words.findings import in_language, is_known

ROOT = Path(bench.__file__).parent
SOURCES = [
    *ROOT.glob("reading/**/*.py"), ROOT / "units.py", ROOT / "table_rules.py", *ROOT.glob("stykkpris/**/*.py"),
    *ROOT.glob("pipeline/*.py"),
]  # fmt: skip
#: Where the message and the remedy stand among the arguments of what makes a finding.
PLACES = {"Issue": (1, 2), "issue": (1, 2), "add": (1, 2), "Problem": (2, 3), "_unclear": (2,), "_wrong": (0,)}
#: Sentences put together of parts, each of which is tried in whole by the files of test_reading_kinds.
PUT_TOGETHER = {
    "{} number{} written with an exponent; digits may have been lost",
    "{} zero ({})",
    "the value is {} {}",
    "all {}s are zero",
    "call it {}",
}


def texts(node: ast.expr | None) -> list[str]:
    """The texts an expression can be, with {} for what differs."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.JoinedStr):
        return ["".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)]
    if isinstance(node, ast.IfExp):
        return [*texts(node.body), *texts(node.orelse)]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [a + b for a in texts(node.left) for b in texts(node.right) or ["{}"]]
    return []


def assigned(tree: ast.AST) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target, value in (
                zip(node.targets[0].elts, node.value.elts, strict=False)
                if isinstance(node.targets[0], ast.Tuple) and isinstance(node.value, ast.Tuple)
                else [(node.targets[0], node.value)]
            ):
                if isinstance(target, ast.Name):
                    found.setdefault(target.id, []).extend(texts(value))
    return found


def sentences() -> Iterator[tuple[str, str]]:
    """Every message and remedy that the source writes, with its file."""
    for path in SOURCES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for function in ast.walk(tree):
            if not isinstance(function, ast.FunctionDef):
                continue
            names = assigned(function)
            for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
                called = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
                for place in PLACES.get(called, ()):
                    told = call.args[place] if len(call.args) > place else None
                    for text in names.get(told.id, []) if isinstance(told, ast.Name) else texts(told):
                        yield path.name, text


def test_every_sentence_of_a_finding_is_in_both_languages() -> None:
    found = {text for _, text in sentences() if any(map(str.isalpha, text.replace("{}", "")))}
    assert len(found) > 200
    lacking = [text for text in found - PUT_TOGETHER if not is_known(text.replace("{}", "«x»"), "nb")]
    assert lacking == []


def test_what_differs_stays_as_it_is() -> None:
    assert in_language("there is no column 'timar' (did you mean 'timer'?)", "nb") == (
        "det er ingen kolonne 'timar' (mente du 'timer'?)"
    )
    said = "the file says '1000 kr' (header B1): the numbers are multiplied by 1 000"
    assert in_language(said, "nb") == "filen sier '1000 kr' (overskrift B1): tallene er ganget med 1 000"
    assert in_language(said, "en") == said


ROLES = ("--id", "enhet", "--cost", "kostnad", "--outputs", "timer", "--year", "2023")
ROWS = "A;1200000;2400\nB;980000;2100\nC;1010000;1900\nD;1100000;2000\n"
FILE = f"enhet;kostnad;timer\n{ROWS}E;N/A;1\nF;N/A;1\nG;N/A;1\nSum;4290000;8400\nTotalt;4290000;8400\n"


def bench_(*arguments: str) -> Result:
    result = CliRunner().invoke(main, list(arguments))
    assert "fault in the program" not in result.output
    return result


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "f.csv").write_text(FILE, encoding="utf-8")
    return "f.csv"


def test_one_cause_is_one_line_with_a_count(file: str) -> None:
    lines = [line for line in bench_("check", file, *ROLES).output.splitlines() if "error [" in line]
    assert [re.findall(r"\[([a-z-]+)\]", line)[0] for line in lines] == ["missing-value", "total-row"]
    assert "× 3: and B7, B8" in lines[0]
    assert "--leave-out Sum --leave-out Totalt" in lines[1]
    every = [line for line in bench_("check", file, *ROLES, "--all").output.splitlines() if "error [" in line]
    assert len(every) == 5
    content = json.loads(bench_("check", file, *ROLES, "--format", "json").stdout)
    assert [issue["cell"] for issue in content["issues"]] == ["B6", "B7", "B8", "A9", "A10"]


def test_the_language_moves_words_and_nothing_else(file: str) -> None:
    both = {language: bench_("check", file, *ROLES, "--language", language) for language in ("nb", "en")}
    assert both["nb"].exit_code == both["en"].exit_code == 3
    rules = {language: re.findall(r"\[[a-z-]+\]", result.output) for language, result in both.items()}
    assert rules["nb"] == rules["en"]
    assert "oppgi tallet" in both["nb"].output
    assert "Feil: 5 problemer i dataene." in both["nb"].output
    assert not re.search(r"\b(the|value|missing|error|column)\b", both["nb"].output.replace("missing-value", ""))
    ran = bench_("run", "average-cost", file, *ROLES, "--language", "nb", "--out", "ut")
    assert "ingenting er skrevet" in ran.output
    assert "nothing was written" in bench_("run", "average-cost", file, *ROLES, "--out", "ut").output


@pytest.mark.parametrize("language", ["nb", "en"])
def test_a_remedy_can_be_typed_in_either_language(file: str, language: str) -> None:
    Path(file).write_text(FILE.replace("E;N/A;1\nF;N/A;1\nG;N/A;1\n", ""), encoding="utf-8")
    line = ["check", file, *ROLES, "--language", language]
    remedy = next(one for one in bench_(*line).output.splitlines() if "[total-row]" in one).split("→")[1]
    typed = re.findall(r"--leave-out (?:'[^']*'|[^\s,]+)", remedy)
    result = bench_(*line, *shlex.split(" ".join(typed)))
    assert result.exit_code == 0, result.output
    assert "bench run average-cost f.csv" in result.output.splitlines()[-1]
    assert ("Neste:" if language == "nb" else "Next:") in result.output
