"""Every remedy that can be printed for a file is followed to the letter, and the right number comes out.

The truth is the file's own: four units whose costs are 4,290,000 and whose hours are 8,400 in all, whatever is done to the
file before. A remedy that names an option is typed as it is printed; one that asks for the file to be changed has the
change made. A rule that the program can report without a remedy followed here fails the last test.
"""

# ruff: noqa: E501
from __future__ import annotations

import ast
import datetime as dt
import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from reading.kinds import xlsx

import bench
import bench.pipeline
import bench.table_rules
from bench.cli import main

NAMES, COSTS, HOURS = (
    ("Nordre", "Søndre", "Østre", "Vestre"),
    (1_200_000, 980_000, 1_010_000, 1_100_000),
    (2400, 2100, 1900, 2000),
)
TABLE = [[name, cost, hours] for name, cost, hours in zip(NAMES, COSTS, HOURS, strict=True)]
HEAD = ["enhet", "kostnad", "timer"]
ROWS = "".join(f"{n};{c};{h}\n" for n, c, h in TABLE)
GOOD = "enhet;kostnad;timer\n" + ROWS
COST, VOLUME = 4_290_000, 8_400
THOUSANDS = "".join(f"{n};{c // 1000};{h}\n" for n, c, h in TABLE)
#: Two years alike: sums are of one year, so that what is settled is seen in the last.
LONG = "enhet;aar;kostnad;timer\n" + "".join(f"{n};{year};{c};{h}\n" for year in (2022, 2023) for n, c, h in TABLE)
PERIOD = ("--period", "aar")
#: Rows in kroner among rows in thousands, as a column of measures says.
MIXED = "enhet;kostnad;timer;målenhet\n" + "".join(
    f"{n};{c // 1000 if k % 2 else c};{h};{'1000 kr' if k % 2 else 'kr'}\n" for k, (n, c, h) in enumerate(TABLE)
)


@dataclass(frozen=True)
class Followed:
    """A file with a problem, and what its remedy says to do.

    ``type`` is the place of the option in the remedy that is typed, counted from 0; ``says`` are words of a remedy that asks
    for ``after``, the file as changed; ``add`` and ``drop`` are options that words of the remedy ask for.
    """

    before: str | bytes
    type: int | None = None
    says: str = ""
    after: str | bytes | None = None
    add: Sequence[str] = ()
    drop: Sequence[str] = ()
    options: Sequence[str] = ()
    cost: str = "kostnad"
    name: str = "a.csv"
    encoding: str = "utf-8"
    truth: tuple[float, float] = (COST, VOLUME)
    roles: dict[str, str] = field(default_factory=dict)


def changed(
    change: Callable[[Any], Any] = lambda sheet: None, rows: Any = (HEAD, *TABLE), others: Any = lambda book: None
) -> bytes:
    return xlsx(rows, lambda sheet: change(sheet) and None, lambda book: others(book) and None)


def put(**cells: Any) -> Callable[[Any], None]:
    def change(sheet: Any) -> None:
        for cell, value in cells.items():
            sheet[cell] = value

    return change


def formula(sheet: Any) -> None:
    sheet["B2"] = "=600000*2"


def hidden(sheet: Any) -> None:
    sheet.row_dimensions[6].hidden = True


def hidden_column(sheet: Any) -> None:
    sheet.column_dimensions["C"].hidden = True


def second(title: str = "Ark2", rows: Any = (HEAD, *TABLE)) -> Callable[[Any], None]:
    def change(book: Any) -> None:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)

    return change


def secret(book: Any) -> None:
    second("Skjult")(book)
    book["Skjult"].sheet_state = "hidden"


def stray(sheet: Any) -> None:
    sheet["XFD1048576"] = "x"


BAD = GOOD.replace
EXTRA = "Gammel;999000;1500\n"
STAT = (
    '{"version": "2.0", "class": "dataset", "id": ["enhet", "what"], "size": [4, 2], "role": {"metric": ["what"]}, '
    '"value": [1200000, 2400, 980000, 2100, 1010000, 1900, 1100000, 2000], "dimension": {"enhet": {"category": {"index": '
    '["Nordre", "Søndre", "Østre", "Vestre"]}}, "what": {"category": {"index": ["k", "t"], "label": {"k": "kostnad", "t": '
    '"timer"}}}}}'
)
SEX = (
    '{"version": "2.0", "class": "dataset", "id": ["enhet", "kjonn", "what"], "size": [4, 3, 2], "role": {"metric": ["what"]}, '
    '"value": ['
    + ", ".join(f"{c // 2}, {h // 2}, {c // 2}, {h // 2}, {c}, {h}" for _, c, h in TABLE)
    + '], "dimension": '
    '{"enhet": {"category": {"index": ["Nordre", "Søndre", "Østre", "Vestre"]}}, "kjonn": {"category": {"index": '
    '["Menn", "Kvinner", "Totalt"]}}, "what": {"category": {"index": ["k", "t"], "label": {"k": "kostnad", "t": "timer"}}}}}'
)

#: By rule: the file, and its remedy as it is followed. A rule with several remedies has several, told apart by a word.
CASES: dict[str, Followed] = {
    "total-row": Followed(GOOD + "Kommunen samlet;4290000;8400\n", 0),
    "total-row by its sum": Followed(BAD("\n", "\nNord;2180000;4500\n", 1), 0),
    "total-row by its code": Followed("enhet;kostnad;timer\n" + "".join(f"{k} {n};{c};{h}\n" for k, (n, c, h) in zip((4201, 4202, 4203, 4204), TABLE, strict=True)) + "42 Agder;3000000;6000\n", 0),
    "total-name": Followed(GOOD + "Total Helse;1100000;2000\n", 0),
    "total-and-parts": Followed(SEX, 0, name="a.json"),
    "note-row": Followed(GOOD + "Kilde: regnskapet;;\n", 0),
    "group-heading": Followed(BAD("\n", "\nHjemmetjenester;;\n", 1), 0),
    "repeated-header": Followed(BAD("Østre", "enhet;kostnad;timer\nØstre"), 0),
    "unclear-measure": Followed("Alle tall i 1000;;\n\n" + "enhet;x1;timer\n" + THOUSANDS, 0, cost="x1", options=("--scale", "timer=1")),
    "unclear-measure by a name": Followed("enhet;kostnad 1000;timer\n" + THOUSANDS, 0, cost="kostnad 1000"),
    "unclear-measure of an account": Followed("enhet;kostnad (k);timer\n" + ROWS, 1, cost="kostnad (k)"),
    "measure-conflict": Followed(f"enhet;kostnad (1000 kr);timer\n;mill. kr;timer\n{THOUSANDS}", 0, cost="kostnad (1000 kr)"),
    "measure": Followed(f"enhet;kostnad (1000 kr);timer\n{ROWS}", 0, cost="kostnad (1000 kr)"),
    "own-measure": Followed(BAD("1200000", "1,2 mill"), says="write the whole amount in figures", after=GOOD),
    "foreign-currency": Followed(BAD("kostnad", "kostnad (EUR)"), 0, cost="kostnad (EUR)"),
    "mixed-currency": Followed(BAD("1200000", "100000 EUR").replace("980000", "980000 kr").replace("1010000", "1010000 kr"), says="write the whole column in one currency", after=GOOD),
    "mixed-measures": Followed("enhet;kostnad;timer;måleenhet\n" + "".join(f"{n};{c};{h};timer\n" for n, c, h in TABLE) + "Sentrum;500000;40;plasser\n", 0),
    "unknown-scale": Followed(GOOD, says="give factors for number columns with a role", after=GOOD, options=("--scale", "kostand=1000"), drop=("--scale", "kostand=1000")),
    "ambiguous-number": Followed("enhet;kostnad;timer\n" + "".join(f"{n};{c};{h / 1000:.3f}\n" for n, c, h in TABLE), 1),
    "ambiguous-number of a decimal": Followed("enhet;kostnad;timer\n" + "".join(f"{n};{c / 1e6 + 1:.3f};{h}\n" for n, c, h in TABLE), 0, truth=(COST / 1e6 + 4, VOLUME)),
    "mixed-number-formats": Followed(BAD("1200000", "1200000,5").replace("980000", "980000.5").replace("1010000", "1010000,0"), says="write the whole column in one way", after=GOOD),
    "mixed-percent": Followed("enhet;kostnad;timer;andel\n" + "".join(f"{n};{c};{h};{p}\n" for (n, c, h), p in zip(TABLE, ("5 %", "6", "7 %", "8 %"), strict=True)), says="give the whole column in per cent", after="enhet;kostnad;timer;andel\n" + "".join(f"{n};{c};{h};{p}\n" for (n, c, h), p in zip(TABLE, ("5 %", "6 %", "7 %", "8 %"), strict=True)), options=("--environment", "andel")),
    "mixed-decimals": Followed(BAD("1200000", "1200000,0").replace(";2400", ";2400.0"), says="check that the columns come from one source", after=GOOD),
    "scientific-notation": Followed(BAD("1200000", "1,2E+06"), says="format the column as a number", after=GOOD),
    "not-finite": Followed(BAD("1200000", "1e400"), says="give a finite number", after=GOOD),
    "not-a-number": Followed(BAD("1200000", "ca. 1200000"), says="give a number alone", after=GOOD),
    "not-a-number of a time": Followed(BAD("2400", "2400:00"), says="write it in hours with decimals", after=GOOD),
    "not-a-number of a date": Followed(changed(put(C3=dt.datetime(2024, 3, 12))), says="type the number again", after=changed(), name="a.xlsx"),
    "number-out-of-range": Followed(BAD("1200000", "1e-200"), says="correct the number", after=GOOD),
    "missing-value": Followed(BAD("1200000", "N/A"), says="give the number", after=GOOD),
    "suppressed-value": Followed(BAD("1200000", ":"), says="ask the owner of the figures", after=GOOD),
    "formula-error": Followed(changed(put(B2="#DIV/0!")), says="correct the formula", after=changed(), name="a.xlsx"),
    "uncalculated-formula": Followed(changed(formula), says="open the workbook in a spreadsheet, save it", after=changed(), name="a.xlsx"),
    "empty-cell": Followed(BAD("1200000", ""), says="give the number", after=GOOD),
    "empty-cell of a label": Followed(BAD("Nordre", ""), says="give every row a label", after=GOOD),
    "not-applicable": Followed(BAD("1200000", "."), says="give the number", after=GOOD),
    "negative-value": Followed(BAD("1200000", "-1200000"), says="correct the value", after=GOOD),
    "negative-value everywhere": Followed("enhet;kostnad;timer\n" + "".join(f"{n};{-c};{h}\n" for n, c, h in TABLE), 0),
    "no-input": Followed(GOOD + "Ny;0;10\n", 0, truth=(COST, VOLUME)),
    "no-output": Followed(GOOD + "Ny;10000;0\n", 0, truth=(COST, VOLUME)),
    "zero-volume": Followed("enhet;kostnad;timer;dager\n" + "".join(f"{n};{c};{h};{d}\n" for (n, c, h), d in zip(TABLE, (0, 5, 6, 7), strict=True)), says="check that nothing was produced", after="enhet;kostnad;timer;dager\n" + "".join(f"{n};{c};{h};{d}\n" for (n, c, h), d in zip(TABLE, (4, 5, 6, 7), strict=True)), roles={"--outputs": "timer,dager"}, truth=(COST, VOLUME + 22)),
    "duplicate-unit": Followed(LONG, says="name the period column", add=PERIOD, after=LONG),
    "duplicate-unit twice": Followed(LONG + "Nordre;2023;1;1\n", says="give one row per unit and period", after=LONG, options=PERIOD),
    "near-duplicate-name": Followed(LONG.replace("Nordre;2023", "NORDRE;2023"), says="write the name of a unit in one way", after=LONG, options=PERIOD),
    "near-duplicate-column": Followed("enhet;kostnad;timer;Kostnad\n" + "".join(f"{n};{c};{h};1\n" for n, c, h in TABLE), says="give each column a name of its own", after="enhet;kostnad;timer;budsjett\n" + "".join(f"{n};{c};{h};1\n" for n, c, h in TABLE)),
    "duplicate-column": Followed("enhet;kostnad;timer;kostnad\n" + "".join(f"{n};{c};{h};1\n" for n, c, h in TABLE), says="rename all but one", after="enhet;kostnad;timer;budsjett\n" + "".join(f"{n};{c};{h};1\n" for n, c, h in TABLE)),
    "two-roles": Followed(GOOD, says="give each column one role", options=("--environment", "kostnad"), drop=("--environment", "kostnad"), after=GOOD),
    "unit-in-two-schemes": Followed(LONG.replace("enhet;", "ordning;enhet;").replace("\n", "\nA;", 8).replace("\nA;", "\nB;", 1), says="correct the column", after=LONG.replace("enhet;", "ordning;enhet;").replace("\n", "\nA;", 8), options=(*PERIOD, "--scheme", "ordning")),
    "missing-column": Followed(BAD("kostnad", "kostnader"), says="columns are: enhet, kostnader", after=BAD("kostnad", "kostnader"), roles={"--cost": "kostnader"}),
    "no-rows": Followed("enhet;kostnad;timer\n", says="give at least one unit", after=GOOD),
    "no-header": Followed(ROWS.replace(";", " ").replace("Nordre", "1").replace("Søndre", "2").replace("Østre", "3").replace("Vestre", "4"), 0, add=("--id", "column 1", "--cost", "column 2", "--outputs", "column 3"), drop=("--id", "enhet", "--cost", "kostnad", "--outputs", "timer")),
    "ragged-row": Followed(BAD("1200000;2400", "1200000,0;2400;0"), says="quotation marks", after=GOOD),
    "ragged-row short": Followed(BAD("1200000;2400", "1200000"), says="write every cell", after=GOOD),
    "unnamed-column": Followed("enhet;kostnad;timer;\n" + "".join(f"{n};{c};{h};x\n" for n, c, h in TABLE), says="write its name in the header", after="enhet;kostnad;timer;merknad\n" + "".join(f"{n};{c};{h};x\n" for n, c, h in TABLE)),
    "blank-row": Followed(BAD("Østre", ";;\nØstre"), says="check that everything below belongs", after=GOOD),
    "hidden-row": Followed(changed(hidden, (HEAD, *TABLE, ["Gammel", 999000, 1500])), 0, name="a.xlsx"),
    "hidden-column": Followed(changed(hidden_column), says="check that it is meant to be used", after=changed(), name="a.xlsx"),
    "hidden-space": Followed(BAD("Nordre", "Nordre "), says="remove the spaces", after=GOOD),
    "damaged-text": Followed(GOOD.encode("mac-roman"), 0),
    "damaged-text twice": Followed(GOOD.encode().decode("cp1252", "replace"), says="correct the text where the file was made", after=GOOD),
    "encoding": Followed(GOOD.encode("latin-1"), says="save the file as UTF-8", after=GOOD, options=("--encoding", "utf-16"), drop=("--encoding", "utf-16")),
    "mixed-encodings": Followed(GOOD.encode() + "Å;1;1\n".encode("latin-1"), says="save the whole file anew as UTF-8", after=GOOD),
    "bad-quoting": Followed(BAD("Nordre;", '"Nordre;'), says="close every quoted cell", after=GOOD),
    "empty-file": Followed("", says="check that the right file was given", after=GOOD),
    "not-a-table": Followed(b"%PDF-1.7\n", says="give a CSV file", after=GOOD),
    "too-large": Followed("enhet;kostnad;timer" + ";x" * 20_000 + "\n", says="give a table of at most", after=GOOD),
    "jsonstat": Followed('{"version": "2.0"}', says="or as CSV or xlsx", after=GOOD),
    "corrupt-workbook": Followed(changed()[:3000], says="save it under a new name", after=changed(), name="a.xlsx"),
    "password": Followed(Path(__file__).parent.parent.joinpath("reading/files/locked.xlsx").read_bytes(), says="save it without a password", after=changed(), name="a.xlsx"),
    "stray-cell": Followed(changed(stray), says="delete the cell", after=changed(), name="a.xlsx"),
    "missing-sheet": Followed(changed(), says="sheets are: Data", after=changed(), add=("--sheet", "Data"), drop=("--sheet", "Dta"), options=("--sheet", "Dta"), name="a.xlsx"),
    "missing-sheet hidden": Followed(changed(put(A1="navn", B1="sum", C1="t"), others=secret), 0, name="a.xlsx"),
    "ambiguous-sheet": Followed(changed(others=second()), says="choose one with --sheet", add=("--sheet", "Data"), after=changed(others=second()), name="a.xlsx"),
    "sheet-left-out": Followed(changed(others=second("Om", [["Om tallene"]])), says="check that it holds no units", after=changed(), options=("--sheet", "*"), name="a.xlsx"),
    "wide-years": Followed("enhet;kostnad 2022;kostnad 2023;timer 2022;timer 2023\n" + "".join(f"{n};{c};{c};{h};{h}\n" for n, c, h in TABLE), 0, add=PERIOD, cost="kostnad"),
    "no-years": Followed(GOOD, says="only where the years stand in columns", after=GOOD, options=("--years-in-columns", "aar"), drop=("--years-in-columns", "aar")),
    "date-as-name": Followed(changed(put(A2=dt.datetime(2024, 2, 1))), says="write the name as text", after=changed(put(A2="1-2")), name="a.xlsx"),
    "two-digit-year": Followed(LONG.replace(";2022;", ";22;").replace(";2023;", ";23;"), says="write years with four digits", after=LONG, options=PERIOD),
    "mixed-period": Followed(LONG.replace("Nordre;2023", "Nordre;2023*"), says="write the year alone", after=LONG, options=PERIOD),
    "period-not-a-year": Followed(LONG.replace("2022", "Q1").replace("2023", "Q2"), says="write the year, such as 2025", after=LONG, options=PERIOD),
    "year-out-of-range": Followed(LONG.replace("2023", "99999"), says="write the year, such as 2025", after=LONG, options=PERIOD),
    "no-period": Followed(GOOD, says="name the column with the year", add=PERIOD, after=LONG, drop=("--year", "2023")),
    "vanishing-unit": Followed(LONG.replace(f"Vestre;2023;{COSTS[3]};{HOURS[3]}\n", ""), says="check whether it closed, merged or changed its name", after=LONG, options=PERIOD),
    "new-unit": Followed(LONG.replace(f"Vestre;2022;{COSTS[3]};{HOURS[3]}\n", ""), says="check whether it is new", after=LONG, options=PERIOD),
    "scale-jump": Followed(BAD("1200000", "1200"), says="check the measure", after=GOOD),
    "power-of-ten": Followed(LONG.replace(f"Nordre;2023;{COSTS[0]}", f"Nordre;2023;{COSTS[0]}0"), says="divide it by 10 in the file", after=LONG, options=PERIOD),
    "power-of-ten of a year": Followed("enhet;aar;kostnad;timer\n" + "".join(f"{n};{year};{c * (1 if year == 2022 else 100)};{h}\n" for year in (2022, 2023) for n, c, h in TABLE), 0, options=PERIOD),
    "power-of-ten accepted": Followed(LONG.replace(f"Nordre;2023;{COSTS[0]}", f"Nordre;2023;{COSTS[0]}0"), 0, options=PERIOD, truth=(COST + 9 * COSTS[0], VOLUME)),
    "power-of-ten without years": Followed(GOOD.replace(f"{COSTS[0]};", f"{COSTS[0]}00;") + "Midtre;1000000;2050\n", says="divide it by 100 in the file", after=GOOD + "Midtre;1000000;2050\n", truth=(COST + 1_000_000, VOLUME + 2050)),
    "scale-over-mixed": Followed(MIXED, says="out of scale", options=("--scale", "kostnad=1000"), drop=("--scale", "kostnad=1000"), after=MIXED),
    "year-conflict": Followed(f"Regnskap 2021;;;\n\n{LONG}", says="correct the title", after=f"Regnskap 2023;;;\n\n{LONG}", options=PERIOD),
    "amount-too-large": Followed(re.sub(r";(\d+);", r";\g<1>0000000000;", GOOD), says="correct the amount", after=GOOD),
    "unknown-unit": Followed(GOOD, says="or do not leave it out", options=("--leave-out", "Nodre"), drop=("--leave-out", "Nodre"), after=GOOD),
}  # fmt: skip


def without(line: list[str], words: Sequence[str]) -> list[str]:
    """Return the command without these options."""
    kept = list(line)
    for flag, value in zip(words[::2], words[1::2], strict=True):
        place = next(k for k in range(len(kept) - 1) if kept[k] == flag and kept[k + 1] == value)
        del kept[place : place + 2]
    return kept


def offered(remedy: str) -> list[list[str]]:
    """The options that a remedy names, as a person would type them."""
    found = re.findall(r"--[a-z-]+ (?:'[^']*'|\"[^\"]*\"|[^\s,;]+|,)", remedy)
    return [shlex.split(one) for one in found]


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What `bench check` settled on the way, in the order of the checks."""
    made: list[Any] = []
    run = bench.pipeline.run_file

    def kept(*arguments: Any, **options: Any) -> Any:
        made.append(run(*arguments, **options))
        return made[-1]

    monkeypatch.setattr(bench.pipeline, "run_file", kept)
    return made


def write(name: str, content: str | bytes) -> None:
    Path(name).write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))


@pytest.mark.parametrize("name", CASES)
def test_a_remedy_that_is_followed_gives_the_right_number(name, tmp_path, monkeypatch, settled):
    monkeypatch.chdir(tmp_path)
    one, rule = CASES[name], name.split(" ")[0]
    write(one.name, one.before)
    line = ["check", one.name, "--id", "enhet", "--cost", one.cost, "--outputs", "timer", *one.options]
    line += [] if "--period" in one.options or "--period" in one.add else ["--year", "2023"]
    if rule == "no-period":
        line = without(line, one.drop) if "--year" in line else line
    if "--outputs" in one.roles:
        line = [*without(line, ["--outputs", "timer"]), *("--outputs", one.roles["--outputs"])]
    for turn in range(5):
        result = CliRunner().invoke(main, line)
        remedies = [part.split("→")[1] for part in result.output.splitlines() if f"[{rule}]" in part]
        if not remedies:
            break
        assert turn == 0 or rule not in ("no-period",), result.output
        if one.type is not None:
            options = offered(remedies[0])
            assert len(options) > one.type, remedies[0]
            line += [
                word
                for word in options[one.type]
                if options[one.type] not in (line[k : k + 2] for k in range(len(line)))
            ]
            if rule in ("measure", "total-name", "hidden-row", "total-and-parts") and turn:
                break
        else:
            assert one.says in remedies[0], remedies[0]
            assert one.after is not None
            write(one.name, one.after)
        if turn == 0:
            if rule != "no-period":
                line = without(line, one.drop)
            line += list(one.add)
            for flag, value in one.roles.items():
                if flag == "--cost":
                    line = [*without(line, ["--cost", one.cost]), flag, value]
    assert result.exit_code == 0, result.output
    last = settled[-1].settlement
    last = last[last["year"] == last["year"].max()]
    lines = settled[-1].settlement_lines
    lines = lines[lines["year"] == lines["year"].max()]
    assert last["cost"].sum() == pytest.approx(one.truth[0], rel=1e-12)
    assert lines["volume"].sum() == pytest.approx(one.truth[1], rel=1e-12)


def rules_in_code() -> set[str]:
    """Rules that reading a file can report, as the source writes them."""
    root = Path(bench.__file__).parent
    files = [*root.glob("reading/**/*.py"), root / "units.py", root / "table_rules.py", root / "pipeline/schemes.py"]
    found = set()
    for path in files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            place = {"Issue": 0, "issue": 0, "add": 0, "Problem": 1}.get(called)
            told = node.args[place] if place is not None and len(node.args) > place else None
            told = next((key.value for key in node.keywords if key.arg == "rule"), told)
            if isinstance(told, ast.Constant) and isinstance(told.value, str):
                found.add(told.value)
    return found | set(bench.table_rules._REMEDY)


def test_every_rule_has_a_remedy_that_is_followed():
    assert rules_in_code() == {name.split(" ")[0] for name in CASES}


def test_every_rule_stands_in_the_guide():
    page = Path(bench.__file__).parent.joinpath("guide/reading.md").read_text(encoding="utf-8")
    assert not {rule for rule in rules_in_code() if f"`{rule}`" not in page}


def test_one_column_is_suggested_to_name_the_units(tmp_path):
    (tmp_path / "a.csv").write_text("enhet;sone;kostnad;timer\nA;x;1;2\nA;y;2;3\nB;x;1;2\nB;y;2;3\n", encoding="utf-8")
    report = bench.reading.check_file(tmp_path / "a.csv")
    assert len([column for column in report.columns if column.role == "id"]) <= 1
