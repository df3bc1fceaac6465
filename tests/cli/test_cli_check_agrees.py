"""`bench check` and `bench run` say the same of a file, rule by rule, and check's last line is the run that follows."""

from __future__ import annotations

import re
import shlex
from itertools import pairwise
from pathlib import Path

import pytest
from cli.test_cli_remedies import CASES, write
from click.testing import CliRunner, Result

from bench.cli import main
from bench.errors import ModelError
from bench.modelfile import Model, load_model
from bench.modelfile.setting import values_of
from bench.modelfile.values import Dated
from bench.reading import ACCEPTABLE_RULES
from bench.resources import model_names
from bench.results import RunResult

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


#: What each rule's file is checked and run with: without and with a model, with nothing and with everything accepted.
WAYS = ((None, False), ("min.toml", True), (None, True), ("min.toml", False))


@pytest.mark.parametrize("name", CASES)
def test_check_and_run_find_the_same_by_every_rule(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every rule that can be reported for a file, each in one of the four ways, its first rule in all of them."""
    case, rule = CASES[name], name.split(" ")[0]
    write(case.name, case.before)
    monkeypatch.setattr(RunResult, "save", lambda *arguments, **options: "nowhere")
    ways = WAYS if name == rule and rule in ACCEPTABLE_RULES else [WAYS[list(CASES).index(name) % 4]]
    for model, everything in ways:
        roles = [] if model else ["--id", "enhet", "--cost", case.cost, "--outputs", "timer", "--year", "2023"]
        options = [*roles, *case.options, *(["--accept", ",".join(ACCEPTABLE_RULES)] if everything else [])]
        checked = bench("check", case.name, *(("--model", model) if model else ()), *options)
        ran = bench("run", model or "average-cost", case.name, *options, "--out", "ut")
        assert said(checked) == said(ran)
        assert checked.exit_code == ran.exit_code


#: Numbers that may be below zero: what a party pays or gives back.
SIGNED = re.compile(
    r"correction\..*\.(rate|amount|value)|receipt\..*\.rate|parameter\.|optional\.|case\.|alternative\."
)


def number_keys() -> dict[str, tuple[str, str]]:
    """Every number key that a bundled model states, with one model and the key as it is written there."""
    found: dict[str, tuple[str, str]] = {}
    for name in model_names():
        for key, _, value in load_model(name).walk():
            plain = value.entries[0].value if isinstance(value, Dated) else value
            if isinstance(plain, (int, float)) and not isinstance(plain, bool) and not SIGNED.search(key):
                general = re.sub(r"\b(scheme|service|class|component)\.[^.]+\.", r"\1.*.", key)
                found.setdefault(general, (name, key))
    return found


def refusal(model: Model, key: str, text: str) -> ModelError | None:
    try:
        model.with_values(values_of({key: text}))
    except ModelError as error:
        return error
    return None


def test_every_number_of_a_model_has_a_range_and_is_refused_outside_it() -> None:
    keys = number_keys()
    assert len(keys) > 60
    models = {name: load_model(name) for name in {name for name, _ in keys.values()}}
    tried = {(key, text): refusal(models[name], key, text) for name, key in keys.values() for text in ("-5e6", "nan")}
    assert [one for one, error in tried.items() if error is None] == []
    for (key, _), error in tried.items():
        assert error is not None
        assert key.rpartition(".")[2] in str(error)


@pytest.mark.parametrize(
    ("model", "key"),
    [
        ("kristiansand", "norm.tolerance=2"), ("kristiansand", "benchmark.amount=-5e6"),
        ("kristiansand", "requirement.general=1.5"), ("kristiansand", "scheme.*.price.gain=-1"),
        ("bodo-dea", "frontier.floor=3"), ("average-cost", "scheme.*.settlement.keep_surplus=2"),
    ],
)  # fmt: skip
def test_a_number_outside_its_range_is_refused_by_check_and_run_alike(folder: Path, model: str, key: str) -> None:
    (folder / "f.csv").write_text(BROKEN["good"], encoding="utf-8")
    checked = bench("check", "f.csv", "--model", model, "--set", key)
    ran = bench("run", model, "f.csv", "--set", key, "--out", "ut")
    assert (checked.exit_code, ran.exit_code) == (4, 4)
    assert checked.output == ran.output
    # What was typed is named, and not the line of the file that it replaced.
    assert f"{model}.toml with --set {key.split('=')[0]}, key " in checked.output
    assert key.split("=")[0].rpartition(".")[2] in checked.output


@pytest.mark.parametrize("rule", ["no-input", "no-output"])
@pytest.mark.parametrize("language", ["en", "nb"])
def test_a_unit_that_cannot_be_scored_is_refused_at_its_cell_although_accepted(
    folder: Path, rule: str, language: str
) -> None:
    (folder / "f.csv").write_text(BROKEN[rule], encoding="utf-8")
    line = ("f.csv", *ROLES, "--accept", "no-input,no-output", "--language", language)
    refused = bench("check", *line), bench("run", "average-cost", *line, "--out", "ut")
    for result in refused:
        assert result.exit_code == 3
        assert f"[{rule}] f.csv {'C7' if rule == 'no-input' else 'D7'}" in result.output
        assert "--leave-out C" in result.output
        assert "--accept no-" not in result.output
    assert bench("run", "average-cost", *line, "--leave-out", "C", "--out", "ut").exit_code == 0
