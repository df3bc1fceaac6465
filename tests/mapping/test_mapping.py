"""From a messy file to a finished folder by the command line alone; sums are added up here from the rows written."""

from __future__ import annotations

import tomllib

import openpyxl
import pytest
from click.testing import CliRunner

import bench
from bench.cli import main
from bench.errors import DataError, ModelError
from bench.mapping import load_mapping, propose

UNITS = ("Nordre", "Søndre", "Østre", "Vestre", "Midtre", "Ytre", "Indre", "Havna")
#: By unit: cost in thousands 2022 and 2023, hours 2022 and 2023, bed-days 2022 and 2023, travel time.
ACCOUNTS = {
    unit: (7000 + 310 * k, 7200 + 305 * k, 9000 + 700 * k, 9100 + 690 * k, 400 + 45 * k, 410 + 44 * k, 5 + 3 * k)
    for k, unit in enumerate(UNITS)
}


def run(*arguments):
    result = CliRunner().invoke(main, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def years_in_columns(tmp_path):
    """Two header rows, years in columns, thousands, a total, a title, a note and a sheet of conditions."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Regnskap"
    sheet.append(["Pleie og omsorg – regnskap og volum"])
    sheet.append([])
    sheet.append([None, "Driftskostnad (1000 kr)", None, "Hjemmehjelp timer", None, "Institusjon døgn", None])
    for cells in ("B3:C3", "D3:E3", "F3:G3"):
        sheet.merge_cells(cells)
    sheet.append(["Enhet", 2022, 2023, 2022, 2023, 2022, 2023])
    for unit, values in ACCOUNTS.items():
        sheet.append([unit, *values[:6]])
    sheet.append(["Sum", *(sum(values[k] for values in ACCOUNTS.values()) for k in range(6))])
    sheet.append([])
    sheet.append(["Kilde: kommuneregnskapet"])
    conditions = book.create_sheet("Vilkår")
    conditions.append(["Enhet", "Reisetid (min)"])
    for unit, values in reversed(ACCOUNTS.items()):
        conditions.append([unit, values[6]])
    book.save(tmp_path / "klient.xlsx")
    return tmp_path


@pytest.fixture
def sheet_per_year(tmp_path):
    """One sheet a year, subtotals with indents, a total, amounts shown as kroner."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for k, year in enumerate((2022, 2023)):
        sheet = book.create_sheet(f"År {year}")
        sheet.append([f"Virksomhetsregnskap {year}"])
        sheet.append([])
        sheet.append(["Avdeling", "Netto utgift", "Timer"])
        rows = [("   " + unit, 1000 * values[k], values[2 + k]) for unit, values in ACCOUNTS.items()]
        for name, members in (("Sone nord", rows[:4]), ("Sone sør", rows[4:])):
            sheet.append([name, sum(row[1] for row in members), sum(row[2] for row in members)])
            for row in members:
                sheet.append(row)
        sheet.append(["Totalt", sum(row[1] for row in rows), sum(row[2] for row in rows)])
        for cell in sheet["B"][3:]:
            cell.number_format = '#,##0 "kr"'
    book.save(tmp_path / "klient.xlsx")
    return tmp_path


@pytest.fixture
def ledger(tmp_path):
    """A text file of an accounting system: code page, currency, a row of measures, headings, notes, a year above."""
    lines = ["Regnskap 2023;;;", "Virksomhet;Brutto driftsutgifter;Timer direkte;Merknad", ";kr;timer;"]
    for name, members in (("Hjemmetjenester", UNITS[:4]), ("Bofellesskap", UNITS[4:])):
        lines.append(f"{name};;;")
        lines += [
            f"{unit};kr {1000 * ACCOUNTS[unit][1]:,};{ACCOUNTS[unit][3]:,};".replace(",", " ") for unit in members
        ]
    lines += ["1) Ytre ble åpnet i mars.;;;", "Kilde: Agresso;;;"]
    (tmp_path / "klient.csv").write_bytes("\n".join(lines).encode("cp1252"))
    return tmp_path


@pytest.mark.parametrize(
    ("made", "file", "outputs"),
    [("years_in_columns", "klient.xlsx", 2), ("sheet_per_year", "klient.xlsx", 1), ("ledger", "klient.csv", 1)],
)
def test_from_a_messy_file_to_a_finished_folder(made, file, outputs, request, monkeypatch):
    folder = request.getfixturevalue(made)
    monkeypatch.chdir(folder)
    run("map", file, "--yes", "--out", "mapping.toml")
    run("check", file, "--map", "mapping.toml")
    run("new", file, "--map", "mapping.toml", "--out", "modell.toml")
    run("run", "modell.toml", file, "--map", "mapping.toml", "--out", "resultat")
    run("verify", "resultat")
    mapping = load_mapping("mapping.toml")
    units = bench.read_units(file, **_roles(mapping), **mapping.read())
    last = units.for_period(2023) if units.period else units
    assert last.unit_names == list(UNITS)
    assert last.X.sum() == 1000 * sum(values[1] for values in ACCOUNTS.values())
    assert last.Y[:, 0].tolist() == [values[3] for values in ACCOUNTS.values()]
    assert last.Y.shape[1] == outputs
    assert (folder / "resultat" / "kilder" / "mapping.toml").read_text() == (folder / "mapping.toml").read_text()
    if made == "years_in_columns":
        assert last.values(["Reisetid (min)"]).ravel().tolist() == [values[6] for values in ACCOUNTS.values()]
        assert {entry.unit: bool(entry.reason) for entry in mapping.leave_out} == {"Sum": True}
    if made == "ledger":
        assert mapping.roles.year == 2023


def _roles(mapping):
    roles = mapping.columns()
    roles.pop("year", None)
    cost = roles.pop("cost")
    return {**roles, "inputs": [cost, *roles.get("inputs", [])]}


def test_a_model_of_ones_own_keeps_its_weights(ledger, monkeypatch):
    """Roles in a mapping shape a general model; a model that has the columns already is left as it is."""
    monkeypatch.chdir(ledger)
    run("map", "klient.csv", "--yes")
    run("new", "klient.csv", "--map", "mapping.toml", "--out", "modell.toml")
    text = (ledger / "modell.toml").read_text(encoding="utf-8")
    text = text.replace("weight = { value = 1.0", "weight = { value = 2.5")
    (ledger / "modell.toml").write_text(text, encoding="utf-8")
    run("run", "modell.toml", "klient.csv", "--map", "mapping.toml", "--out", "resultat")
    kept = tomllib.loads((ledger / "resultat" / "kilder" / "model.toml").read_text(encoding="utf-8"))
    assert kept["scheme"][0]["service"][0]["weight"]["value"] == 2.5


def test_a_mapping_that_is_wrong_names_its_line(tmp_path):
    (tmp_path / "mapping.toml").write_text('[roles]\nid = "enhet"\n\n[layout]\nhedaer = 3\n', encoding="utf-8")
    with pytest.raises(ModelError, match="hedaer") as caught:
        load_mapping(tmp_path / "mapping.toml")
    assert caught.value.line == 5
    (tmp_path / "mapping.toml").write_text("[roles\n", encoding="utf-8")
    with pytest.raises(ModelError, match="not valid TOML"):
        load_mapping(tmp_path / "mapping.toml")


def test_a_mapping_that_no_longer_fits_its_file_names_the_line(ledger, monkeypatch):
    monkeypatch.chdir(ledger)
    run("map", "klient.csv", "--yes")
    text = (ledger / "mapping.toml").read_text(encoding="utf-8").replace('"Timer direkte"', '"Timer i alt"')
    (ledger / "mapping.toml").write_text(text, encoding="utf-8")
    line = next(k for k, line in enumerate(text.splitlines(), start=1) if "Timer i alt" in line)
    result = CliRunner().invoke(main, ["check", "klient.csv", "--map", "mapping.toml"])
    assert result.exit_code == 3
    assert f"mapping.toml, line {line}" in result.output


def test_a_sheet_that_lacks_a_unit_is_said_where_it_matters(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "Data"
    for row in [("enhet", "kostnad", "timer"), ("A", 1, 2), ("B", 3, 4)]:
        book.active.append(row)
    other = book.create_sheet("Vilkår")
    for row in [("enhet", "reisetid"), ("A", 7)]:
        other.append(row)
    book.save(tmp_path / "a.xlsx")
    roles = {"id": "enhet", "inputs": ["kostnad"], "outputs": ["timer"], "join": [{"sheet": "Vilkår", "by": ["enhet"]}]}
    with pytest.raises(DataError) as caught:
        bench.read_units(tmp_path / "a.xlsx", environment=["reisetid"], **roles)
    assert [(i.rule, i.sheet, i.unit) for i in caught.value.issues] == [("empty-cell", "Vilkår", "B")]
    other.append(("B", 8))
    other.append(("B", 9))
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(DataError, match="twice"):
        bench.read_units(tmp_path / "a.xlsx", environment=["reisetid"], **roles)


def test_a_name_whose_bytes_are_no_letters_is_not_written_down(tmp_path):
    """A mapping that named such a column could not be read again."""
    path = tmp_path / "mixed.csv"
    rows = "".join(f"S\u00f8r {k};2022;{3000 + 7 * k};{100 + k}\n" for k in range(5)).encode()
    path.write_bytes(b"enhet;\xe5r;kostnad;d\x8bgn\n" + rows)
    with pytest.raises(DataError, match="mixed-encodings"):
        propose(path).to_toml()


def test_a_volume_decided_and_performed_is_one_service(tmp_path):
    """Hours counted twice would be paid twice: the performed half is no service, and the mapping says so."""
    rows = ["Enhet;År;Regnskap;Vedtakstimer;Utførte timer;Besøk"]
    rows += [f"Sone {i};{2022 + t};{9_000_000 + 7_919 * i + t};{15_000 + 37 * i};{14_000 + 41 * i};{900 + i}"
             for i in range(5) for t in range(2)]  # fmt: skip
    path = tmp_path / "timer.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    made = propose(path)
    assert made.mapping.roles.outputs == ["Vedtakstimer", "Besøk"]
    assert made.mapping.roles.extra == ["Utførte timer"]
    assert any("one volume, and not a service more" in line for line in made.comments)
    asked = propose(path, outputs=["Vedtakstimer", "Utførte timer"])
    assert asked.mapping.roles.outputs == ["Vedtakstimer", "Utførte timer"]
