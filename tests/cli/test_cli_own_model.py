"""A model file and a table of one's own, through every command that takes a model."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bench.cli import main
from bench.modelfile import load_model

#: Cost and hours by unit and year; average cost of the first year is 2 100 000 / 5 500 NOK an hour.
ROWS = """Enhet;År;Kostnad;Timer
Bjørkelia;2023;1 200 000,50;3000
Åsheim;2023;900 000;2500
Bjørkelia;2024;1 250 000;3010
Åsheim;2024;930 000;2550
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with a model of one's own, a table in cp1252 and a budget table."""
    monkeypatch.chdir(tmp_path)
    text = load_model("average-cost").source.decode()
    columns = 'id = "Enhet"\nperiod = "År"\ncost = "Kostnad"'
    text = text.replace('id = "unit"\ncost = "cost"', columns, 1).replace('id = "output"', 'id = "Timer"', 1)
    text += '\n[[alternative]]\nname = "nedrundet"\n[alternative.title]\nnb = "Avrundet"\nen = "Rounded"\n'
    text += '[alternative.set]\n"rounding.price" = "krone-half-up"\n'
    (tmp_path / "min-modell.toml").write_bytes(b"\xef\xbb\xbf# min egen\r\n" + text.encode())
    (tmp_path / "klient.csv").write_bytes(ROWS.encode("cp1252"))
    return tmp_path


def bench(*arguments: str) -> Result:
    result = CliRunner().invoke(main, list(arguments))
    assert result.exit_code == 0, result.output
    return result


def test_run_keeps_the_model_as_its_owner_wrote_it_and_verifies(folder: Path) -> None:
    bench("run", "min-modell.toml", "klient.csv", "--out", "ut")
    assert (folder / "ut" / "kilder" / "model.toml").read_bytes() == (folder / "min-modell.toml").read_bytes()
    assert (folder / "ut" / "kilder" / "klient.csv").read_bytes() == (folder / "klient.csv").read_bytes()
    assert f"{2100000.5 / 5500:.7f}".replace(".", ",") in (folder / "ut" / "prisbok.csv").read_text("utf-8-sig")
    assert "verified" in bench("verify", "ut").output.splitlines()


def test_an_alternative_of_ones_own_model(folder: Path) -> None:
    bench("run", "min-modell.toml@nedrundet", "klient.csv", "--out", "ut")
    assert f";{round(2100000.5 / 5500)};" in (folder / "ut" / "prisbok.csv").read_text("utf-8-sig")
    assert "verified" in bench("verify", "ut").output.splitlines()


def test_the_other_commands_take_it_too(folder: Path) -> None:
    assert "0 errors" in bench("check", "klient.csv", "--model", "min-modell.toml").output
    assert bench("models", "min-modell.toml").output.startswith("# min egen")
    assert "min-modell.toml" in bench("models", "min-modell.toml", "--against", "cost-refund").output
    short = ("--draws", "2", "--years", "2025:2026")
    bench("simulate", "min-modell.toml", "klient.csv", *short, "--out", "framtid")
    bench("compare", "min-modell.toml", "cost-refund", "--file", "klient.csv", *short, "--out", "side")
    kept = json.loads((folder / "framtid" / "manifest.json").read_text(encoding="utf-8"))
    assert kept["sources"]["data"]["name"] == "klient.csv"
    assert (folder / "framtid" / "kilder" / "model.toml").read_bytes() == (folder / "min-modell.toml").read_bytes()
    for saved in ("framtid", "side"):
        assert "verified" in bench("verify", saved).output.splitlines()


@pytest.mark.parametrize("language", ["nb", "en"])
@pytest.mark.parametrize(
    "name", ["min-modell.toml", "./min-modell.toml", "min-modell.toml@nedrundet", "en mappe/m.toml"]
)
def test_it_is_explained_and_the_printed_lines_run(folder: Path, name: str, language: str) -> None:
    own = folder / "en mappe" / "m.toml"
    own.parent.mkdir()
    own.write_bytes((folder / "min-modell.toml").read_bytes())
    model = load_model(name)
    page = bench("explain", name, "--language", language).output
    assert page.startswith(f"# {model.title(language)}\n")
    rows = model.assumptions()
    words = {"nb": {"documented": "dokumentert", "assumed": "antatt"}, "en": {}}[language]
    for status, source in {*zip(rows["status"], rows["source"], strict=True)}:
        assert f"| {words.get(status, status)} | {source.replace('|', '/')} |" in page
    rounded = "krone-half-up" if "@" in name else "none"
    assert any(rounded in line for line in page.splitlines() if "Priser" in line or "Prices" in line)
    assert f"`{name.partition('@')[0]}@nedrundet`" in page
    lines = [shlex.split(line.strip())[1:] for line in page.splitlines() if line.startswith("    bench ")]
    assert [line[:2] for line in lines] == [["run", name]]  # it is a file of one's own already: nothing to copy
    bench(*({"FIL": "klient.csv", "FILE": "klient.csv"}.get(word, word) for word in lines[0]))


def test_explain_names_what_it_does_not_find_or_cannot_read(folder: Path) -> None:
    (folder / "feil.toml").write_text("[meta]\nname = 3\n", encoding="utf-8")
    asked = {"min-model.toml": "did you mean 'min-modell.toml'", "feil.toml": "feil.toml", "finnes": "min-modell.toml"}
    for name, said in asked.items():
        result = CliRunner().invoke(main, ["explain", name])
        assert result.exit_code in (2, 4), result.output
        assert said in result.output
    assert CliRunner().invoke(main, ["explain", "min-modell.toml@nedrund"]).exit_code in (2, 4)


def test_a_further_table_is_never_dropped(folder: Path) -> None:
    gone = CliRunner().invoke(main, ["run", "kristiansand", "--table", "budget=finnes-ikke.csv", "--out", "ut"])
    assert gone.exit_code == 2
    assert "finnes-ikke.csv" in gone.output
    assert not (folder / "ut").exists()
    from bench.resources import dataset

    budget = dataset("kristiansand").path("budsjett").read_bytes()
    (folder / "eget.csv").write_bytes(budget)
    bench("run", "kristiansand", "--table", "budget=eget.csv", "--out", "ut")
    assert (folder / "ut" / "kilder" / "eget.csv").read_bytes() == budget
    assert "verified" in bench("verify", "ut").output.splitlines()


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("min-model.toml", "did you mean 'min-modell.toml'"),
        ("min-modell.toml@nedrunda", "did you mean 'nedrundet'"),
        ("kristiansnad", "did you mean 'kristiansand'"),
    ],
)
def test_a_name_that_is_neither_names_the_nearest(folder: Path, name: str, says: str) -> None:
    refused = CliRunner().invoke(main, ["run", name, "klient.csv", "--out", "ut"])
    assert refused.exit_code in (2, 4)
    assert says in refused.output
    assert not (folder / "ut").exists()


def test_set_takes_any_value_and_is_recorded(folder: Path) -> None:
    settings = ("--set", "rounding.price=krone-half-up", "--set", "scheme.*.settlement.keep_surplus=0.5")
    bench("run", "min-modell.toml", "klient.csv", *settings, "--language", "nb,en", "--out", "ut")
    kept = json.loads((folder / "ut" / "manifest.json").read_text(encoding="utf-8"))
    assert kept["options"]["set"] == {
        "rounding.price": "krone-half-up",
        "scheme.*.settlement.keep_surplus": "0.5",
    }
    assert f";{round(2100000.5 / 5500)};" in (folder / "ut" / "nb" / "prisbok.csv").read_text("utf-8-sig")
    assumed = (folder / "ut" / "en" / "tables" / "assumptions.csv").read_text("utf-8")
    assert "scheme.all.settlement.keep_surplus,all,,0.5,scenario,set for this run" in assumed
    assert (folder / "ut" / "kilder" / "model.toml").read_bytes() == (folder / "min-modell.toml").read_bytes()
    assert "verified" in bench("verify", "ut").output.splitlines()


@pytest.mark.parametrize(
    ("setting", "code", "says"),
    [
        ("rounding.prise=x", 4, "did you mean"),
        ("scheme.andre.price.lag=1", 4, "no 'andre'"),
        ("rounding.price=0.5", 4, "rounding.price"),
        ("scheme.*.settlement.keep_surplus=2", 4, "keep_surplus"),
        ("rounding.price", 2, "KEY=VALUE"),
        ("norm.tolerance=[1", 2, "norm.tolerance"),
    ],
)
@pytest.mark.parametrize("command", ["run", "simulate", "compare"])
def test_a_setting_that_the_model_has_not_is_refused(
    folder: Path, command: str, setting: str, code: int, says: str
) -> None:
    given = ["min-modell.toml", *(["--file"] if command == "compare" else []), "klient.csv", "--set", setting]
    refused = CliRunner().invoke(main, [command, *given, "--out", "ut"])
    assert refused.exit_code == code, refused.output
    assert says in refused.output
    assert not (folder / "ut").exists()


def test_a_key_is_set_once(folder: Path) -> None:
    twice = ("--set", "scheme.*.price.lag=1", "--set", "scheme.*.price.lag=0")
    refused = CliRunner().invoke(main, ["run", "min-modell.toml", "klient.csv", *twice, "--out", "ut"])
    assert refused.exit_code == 2
    assert "set twice" in refused.output


def test_files_that_share_a_name_are_all_kept(folder: Path) -> None:
    for place, text in (("a", ROWS), ("b", "year,month,price\n")):
        (folder / place).mkdir()
        (folder / place / "data.csv").write_text(text, encoding="utf-8")
    from bench.resources import dataset

    data = dataset("kristiansand")
    (folder / "a" / "data.csv").write_bytes(data.path().read_bytes())
    (folder / "b" / "data.csv").write_bytes(data.path("budsjett").read_bytes())
    (folder / "model.toml").write_bytes(data.path("maaned").read_bytes())
    tables = ("--table", "budget=b/data.csv", "--table", "months=model.toml", "--table")
    bench("run", "kristiansand", "a/data.csv", *tables, f"index={data.path('indeks')}", "--out", "ut")
    kept = json.loads((folder / "ut" / "manifest.json").read_text(encoding="utf-8"))["sources"]
    for role, path in (("data", "a/data.csv"), ("table.budget", "b/data.csv"), ("table.months", "model.toml")):
        assert (folder / "ut" / "kilder" / kept[role]["name"]).read_bytes() == (folder / path).read_bytes()
    assert (folder / "ut" / "kilder" / "model.toml").read_bytes() == load_model("kristiansand").source
    assert "verified" in bench("verify", "ut").output.splitlines()


@pytest.mark.parametrize(("language", "said"), [("nb", "1 problem i dataene"), ("en", "1 problem in the data")])
def test_a_problem_in_the_data_is_not_told_as_columns_that_are_unclear(tmp_path, language, said):
    """The mapping is given, and names every column: to ask for it again leads nowhere."""
    file, mapping, out = tmp_path / "klient.csv", tmp_path / "mapping.toml", tmp_path / "modell.toml"
    file.write_text("enhet;aar;kostnad;timer\nA;2024;900000;1000\nB;2024;1200000;mye\n", encoding="utf-8")
    roles = ["--id", "enhet", "--period", "aar", "--cost", "kostnad", "--outputs", "timer", "--language", language]
    CliRunner().invoke(main, ["map", str(file), "--yes", "--out", str(mapping), *roles])
    assert mapping.is_file()
    result = CliRunner().invoke(
        main, ["new", str(file), "--map", str(mapping), "--out", str(out), "--language", language]
    )
    assert result.exit_code == 3
    assert said in result.output
    assert "D3" in result.output
    assert "--map" not in result.output
    assert not out.exists()
