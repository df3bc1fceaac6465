"""`bench check` and `bench run` say the same of a file, rule by rule, and check's last line is the run that follows."""

from __future__ import annotations

import re
import shlex
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bench.cli import main
from bench.modelfile import load_model

HEAD = "enhet;aar;kostnad;timer\n"
GOOD = "A;2023;100;10\nB;2023;120;11\nC;2023;90;9\nA;2024;101;10\nB;2024;122;11\nC;2024;91;9\n"
ROLES = ("--id", "enhet", "--period", "aar", "--cost", "kostnad", "--outputs", "timer")

#: A file for each rule that reading, the table and the settlement apply to a client's data.
BROKEN = {
    "good": HEAD + GOOD,
    "duplicate-unit": HEAD + GOOD + "A;2024;101;10\n",
    "empty-cell": HEAD + GOOD.replace("C;2024;91;9", "C;2024;;9"),
    "not-a-number": HEAD + GOOD.replace("C;2024;91;9", "C;2024;x1;9"),
    "negative-value": HEAD + GOOD.replace("C;2024;91;9", "C;2024;91;-9"),
    "no-output": HEAD + GOOD.replace("C;2024;91;9", "C;2024;91;0"),
    "no-input": HEAD + GOOD.replace("C;2024;91;9", "C;2024;0;9"),
    "scale-jump": HEAD + GOOD.replace("C;2024;91;9", "C;2024;91000;9"),
    "missing-column": HEAD.replace("timer", "timar") + GOOD,
    "period-not-a-year": HEAD + GOOD.replace("2024", "Q4"),
    "year-out-of-range": HEAD + GOOD.replace("2024", "99999"),
    "amount-too-large": HEAD + re.sub(r";(\d+);(\d+)\n", r";\g<1>0000000000000;\2\n", GOOD),
    "number-out-of-range": HEAD + GOOD.replace(";91;", ";1e-200;"),
    "ambiguous-number": HEAD + GOOD.replace(";91;", ";1.234;").replace(";101;", ";1.101;"),
    "near-duplicate-name": HEAD + GOOD + "Solheim;2023;100;9\nSOLHEIM;2024;100;9\n",
    "total-row": HEAD + GOOD + "Sum;2023;310;30\nSum;2024;314;30\n",
    "gap": HEAD + GOOD.replace("B;2023;120;11\n", ""),
    "one year": HEAD + "".join(GOOD.splitlines(keepends=True)[:3]),
    "no rows": HEAD,
    "empty": "",
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    text = load_model("average-cost").source.decode().replace('id = "output"', 'id = "timer"', 1)
    columns = 'id = "enhet"\nperiod = "aar"\ncost = "kostnad"'
    (tmp_path / "min.toml").write_text(text.replace('id = "unit"\ncost = "cost"', columns, 1), encoding="utf-8")
    return tmp_path


def bench(*arguments: str) -> Result:
    result = CliRunner().invoke(main, list(arguments))
    assert "Traceback" not in result.output
    assert "a fault in the program" not in result.output
    return result


def said(result: Result) -> set[tuple[str, str]]:
    """Return what was found: severity and rule, with the place."""
    found = re.findall(r"(error|warning):? (\[[a-z-]+\] [^:→]*)", result.output)
    return {(severity, " ".join(rest.split())) for severity, rest in found}


@pytest.mark.parametrize("accept", [(), ("--accept", "negative-value,no-output,no-input,scale-jump,total-row")])
@pytest.mark.parametrize("model", [None, "min.toml"])
@pytest.mark.parametrize("rule", BROKEN)
def test_check_and_run_find_the_same(folder: Path, rule: str, model: str | None, accept: tuple[str, ...]) -> None:
    (folder / "f.csv").write_text(BROKEN[rule], encoding="utf-8")
    roles = () if model else ROLES
    checked = bench("check", "f.csv", *(("--model", model) if model else ()), *roles, *accept)
    ran = bench("run", model or "average-cost", "f.csv", *roles, *accept, "--out", "ut")
    assert said(checked) == said(ran)
    assert checked.exit_code == ran.exit_code
    assert (folder / "ut").exists() == (checked.exit_code == 0)
    if rule in ("good", "gap", "one year"):
        assert checked.exit_code == 0
    elif " " not in rule and not accept and rule != "empty":
        assert rule in checked.output


@pytest.mark.parametrize(
    "options",
    [
        ROLES,
        (*ROLES, "--accept", "no-output", "--set", "rounding.price=krone-half-up", "--decimal", ","),
        ("--model", "min.toml"),
        ("--model", "min.toml", "--set", "scheme.*.settlement.keep_surplus=0.5"),
        (),
    ],
)
def test_the_last_line_of_check_is_a_run_that_works(folder: Path, options: tuple[str, ...]) -> None:
    (folder / "min fil.csv").write_text(BROKEN["good"], encoding="utf-8")
    checked = bench("check", "min fil.csv", *options)
    assert checked.exit_code == 0, checked.output
    line = checked.output.splitlines()[-1].strip()
    assert line.startswith("bench run ")
    ran = bench(*shlex.split(line)[1:])
    assert ran.exit_code == 0, ran.output
    assert (folder / "resultat" / "manifest.json").is_file()
    for flag, value in pairwise(options):
        if flag == "--set":
            assert value.split("=")[0] in (folder / "resultat" / "manifest.json").read_text(encoding="utf-8")
