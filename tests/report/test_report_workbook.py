from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report.report_builder import DEFLATORS, build_run, without
from report.report_office import needs_chromium, needs_soffice, recalculated, rendered
from report.report_texts import TEXTS

from bench.report.edition import Edition
from bench.report.workbook.build import workbook_bytes
from bench.report.workbook.sheet import Book
from bench.results import RunResult


def _open(run: RunResult, language: str = "nb", *, values: bool = False) -> Any:
    return openpyxl.load_workbook(io.BytesIO(workbook_bytes(Edition.of(run, language))), data_only=values)


@pytest.fixture(scope="module")
def formulas(run: RunResult) -> Any:
    return _open(run)


def _rows(sheet: Any, heading: str) -> Iterator[dict[str, Any]]:
    """The rows of the table whose header holds a heading, as dicts of cells."""
    head: list[str] = []
    for row in sheet.iter_rows():
        if heading in [cell.value for cell in row]:
            head = [cell.value for cell in row]
        elif head:
            if row[0].value is None:
                return
            yield dict(zip(head, row, strict=True))


def _find(sheet: Any, heading: str, **wanted: Any) -> dict[str, Any]:
    found = [row for row in _rows(sheet, heading) if all(row[key].value == value for key, value in wanted.items())]
    assert len(found) == 1
    return found[0]


def test_sheets_in_order(formulas: Any) -> None:
    assert formulas.sheetnames[:10] == [
        *(
            "Les meg",
            "Forutsetninger",
            "Data",
            "Priser",
            "Volum",
            "Oppgjør",
            "Krav",
            "Bestiller",
            "Effektivitet",
            "Prisbok",
        )
    ]
    assert len(formulas.sheetnames) == 10 + 20 + 1
    assert formulas.sheetnames[-1] == "Kontroll"


def test_every_sheet_says_that_the_data_are_made_up(run: RunResult, language: str) -> None:
    banner = TEXTS["synthetic.banner"][language == "en"]
    book = _open(run, language)
    assert {sheet.cell(2, 1).value for sheet in book} == {banner}
    real = _open(build_run(synthetic=False), language)
    assert {sheet.cell(2, 1).value for sheet in real} == {None}


def test_prices_and_settlement_are_formulas(formulas: Any) -> None:
    row = _find(formulas["Priser"], "Klassefaktor", Tjeneste="Langtidsdøgn", År=2005)
    assert row["Pris"].value.startswith("=ROUND(")
    level = _find(formulas["Priser"], "Neste prisnivå", Ordning="Omsorgsenheter", År=2006)
    assert level["Prisnivå"].value.startswith("=Priser!")
    assert level["Kostnad"].value.startswith("=SUM(Data!")
    settled = _find(formulas["Oppgjør"], "Utgående saldo", Enhet="Grim", År=2006)
    for name in ("Inntekt", "Resultat", "Beholdt", "Båret", "Til betaler", "Inngående saldo", "Utgående saldo"):
        assert str(settled[name].value).startswith("="), name


def test_the_numbers_shown_before_calculation_are_the_engines(run: RunResult) -> None:
    sheet = _open(run, values=True)["Oppgjør"]
    wanted = run.settlement.set_index(["unit", "year"])
    rows = list(_rows(sheet, "Utgående saldo"))
    assert len(rows) == len(run.settlement)
    for row in rows:
        line = wanted.loc[(row["Enhet"].value, row["År"].value)]
        assert row["Resultat"].value == line["result"]
        assert row["Utgående saldo"].value == line["closing_balance"]


def test_every_price_result_and_requirement_is_checked(run: RunResult, formulas: Any) -> None:
    found = [row["Hva"].value for row in _rows(formulas["Kontroll"], "Hva")]
    assert sum(text.startswith("Pris:") for text in found) == len(run.prices)
    assert sum(text.startswith("Resultat:") for text in found) == len(run.settlement)
    assert sum(text.startswith("Tillatt kostnad:") for text in found) == len(run.requirements)
    assert sum(text.startswith("Volumavvik:") for text in found) == len(run.purchaser)


def test_the_workbook_carries_no_time_of_its_own(run: RunResult) -> None:
    assert _open(run).properties.created.year == 2007
    undated = replace(run, manifest={})
    assert _open(undated).properties.created.year == 2000


def test_text_from_the_data_is_never_a_formula(run: RunResult) -> None:
    evil = "=HYPERLINK(1)"
    frames = {
        name: getattr(run, name).replace("Grim", evil)
        for name in ("settlement", "settlement_lines", "requirements", "norms")
    }
    units = replace(run.units, frame=run.units.frame.replace("Grim", evil))
    book = _open(replace(run, units=units, **frames))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value == evil]
    assert cells
    assert {cell.data_type for cell in cells} == {"s"}


@given(st.lists(st.text(max_size=50), min_size=1, max_size=12))
@settings(deadline=None, max_examples=40)
def test_sheet_names_are_always_allowed(names: list[str]) -> None:
    edition = Edition.of(_TINY, "nb")
    book = Book(edition)
    made = [book.sheet(name, "t").name for name in names]
    assert len({name.lower() for name in made}) == len(names)
    assert all(0 < len(name) <= 31 and not set(name) & set("[]:*?/\\") for name in made)
    openpyxl.load_workbook(io.BytesIO(book.close()))


_TINY = without(build_run(), "settlement", "settlement_lines", "requirements", "norms", "efficiency", "peers")


@pytest.mark.parametrize(
    "gone", [("prices", "schemes", "settlement", "settlement_lines"), ("efficiency", "norms", "peers")]
)
def test_stages_a_model_does_not_have_are_left_out(run: RunResult, gone: tuple[str, ...], language: str) -> None:
    names = _open(without(run, *gone), language).sheetnames
    assert (TEXTS["sheet.prices"][language == "en"] in names) is ("prices" not in gone)
    assert (TEXTS["sheet.efficiency"][language == "en"] in names) is ("efficiency" not in gone)


# -- opened in LibreOffice -------------------------------------------------------------------------------------------


def _errors(book: Any) -> list[str]:
    cells = (cell for sheet in book for row in sheet.iter_rows() for cell in row)
    return [f"{c.parent.title}!{c.coordinate} {c.value}" for c in cells if str(c.value).startswith(("#", "Err:"))]


def _deviations(book: Any, name: str = "Kontroll") -> list[tuple[Any, ...]]:
    verdicts = [row for row in book[name].iter_rows(min_row=8, values_only=True) if row[0]]
    assert len(verdicts) > 100
    return [row for row in verdicts if row[5] != "OK"]


@pytest.mark.office
@needs_soffice
def test_opened_the_workbook_recomputes_the_engines_numbers(folders: dict[str, Path], tmp_path: Path) -> None:
    book = recalculated(folders["nb"] / "arbeidsbok.xlsx", tmp_path)
    assert _errors(book) == []
    assert _deviations(book) == []
    assert book["Kontroll"]["B5"].value == 0
    # The verdicts are LibreOffice's own: differences are numbers, and formulas gave what the engine wrote.
    rows = [row for row in book["Kontroll"].iter_rows(min_row=8, values_only=True) if row[0]]
    assert all(abs(row[2] - row[1]) <= row[4] for row in rows)


@pytest.mark.office
@needs_soffice
def test_changing_deflator_volume_and_share_moves_what_follows(
    run: RunResult, folders: dict[str, Path], tmp_path: Path
) -> None:
    source = tmp_path / "changed.xlsx"
    book = openpyxl.load_workbook(folders["nb"] / "arbeidsbok.xlsx")
    deflator = _find(book["Forutsetninger"], "Startnivå", Ordning="Omsorgsenheter", År=2005)
    deflator["Deflator til neste pris"].value = 1 + DEFLATORS[2005] + 0.01
    helse = _find(book["Forutsetninger"], "Startnivå", Ordning="Helseenheter", År=2006)
    helse["Andel av overskudd som beholdes"].value = 0.5
    line = _find(book["Volum"], "Prisklasse", Enhet="Avlastning", År=2006, Tjeneste="Avlastningsdøgn")
    old_volume = line["Volum"].value
    line["Volum"].value = old_volume + 1000
    book.save(source)
    made = recalculated(source, tmp_path / "lo")
    assert _errors(made) == []

    levels = run.schemes.set_index(["scheme", "year"])
    care = _find(made["Priser"], "Neste prisnivå", Ordning="Omsorgsenheter", År=2006)
    ratio = (1 + DEFLATORS[2005] + 0.01) / (1 + DEFLATORS[2005])
    assert care["Prisnivå"].value == pytest.approx(levels.loc[("care", 2006), "price_level"] * ratio, rel=1e-12)
    price = _find(made["Priser"], "Klassefaktor", Tjeneste="Langtidsdøgn", År=2006)["Pris"].value
    assert price == pytest.approx(round(levels.loc[("care", 2006), "price_level"] * ratio * 1280, 2), abs=0.0101)
    # The next price follows cost, not this year's price: the change in deflator does not carry over.
    assert care["Neste prisnivå"].value == pytest.approx(levels.loc[("care", 2006), "next_price_level"], rel=1e-12)

    old = levels.loc[("disability", 2006)]
    grown = old["weighted_volume"] + 1000 * 2400
    moved = _find(made["Priser"], "Neste prisnivå", Ordning="Enheter for funksjonshemmede", År=2006)
    assert moved["Neste prisnivå"].value == pytest.approx(old["deflator"] * old["cost"] / grown, rel=1e-12)

    before = run.settlement.set_index(["unit", "year"]).loc[("Psykiatri sentrum", 2006)]
    after = _find(made["Oppgjør"], "Utgående saldo", Enhet="Psykiatri sentrum", År=2006)
    assert after["Beholdt"].value == pytest.approx(before["result"] * 0.5, abs=0.006)
    assert after["Til betaler"].value == pytest.approx(before["result"] * 0.5, abs=0.006)
    assert made["Kontroll"]["B5"].value == len(_deviations(made)) > 0


@pytest.mark.office
@needs_soffice
def test_rules_beyond_the_pure_ones_still_agree(run: RunResult, tmp_path: Path) -> None:
    """Price classes, a lag of two years, a share of the price, caps, interest and costs held outside."""
    odd = _odd(run)
    source = tmp_path / "odd.xlsx"
    source.write_bytes(workbook_bytes(Edition.of(odd, "en")))
    book = recalculated(source, tmp_path / "lo")
    assert _errors(book) == []
    assert _deviations(book, "Checks") == []


def _odd(run: RunResult) -> RunResult:
    prices = run.prices.copy()
    health = prices["scheme"] == "health"
    private = prices[health].assign(price_class="private")
    private[["price", "previous_price"]] = (private[["price", "previous_price"]] * 1.05).round(2)
    prices.loc[prices["scheme"] == "disability", "cost_year"] = prices["year"] - 2
    lines = run.settlement_lines.copy()
    own = lines["unit"] == "Psykiatri øst"
    lines.loc[own, "price_class"] = "private"
    lines.loc[own, "price"] = (lines.loc[own, "price"] * 1.05).round(2)
    care = lines["scheme"] == "care"
    lines.loc[care, "income"] = (lines["volume"] * lines["price"] * 0.5).round(2)
    settlement = run.settlement.copy()
    settlement["interest"] = 100.0
    settlement["closing_balance"] = settlement["closing_balance"] + 100.0
    settlement.loc[settlement["unit"] == "Lund", "kept"] = 12345.0
    settlement["returned_to_payer"] = settlement["result"] - settlement["kept"] - settlement["carried"]
    settlement["closing_balance"] = (
        settlement["opening_balance"] + settlement["kept"] + settlement["carried"] + settlement["dispensation"] + 100.0
    )
    schemes = run.schemes.assign(cost_base=run.schemes["cost"] - 5e5)
    import pandas as pd

    return replace(
        run,
        prices=pd.concat([prices, private], ignore_index=True),
        settlement_lines=lines,
        settlement=settlement,
        schemes=schemes,
    )


# -- opened in a browser ---------------------------------------------------------------------------------------------


@pytest.mark.office
@needs_chromium
def test_charts_become_interactive_without_a_network(folders: dict[str, Path], tmp_path: Path) -> None:
    page = folders["nb"] / "rapport.html"
    document = rendered(page, tmp_path)
    static = page.read_text(encoding="utf-8").count('class="chart"')
    assert static == 7
    assert document.count("vega-embed") >= static
    # The picture is replaced, not doubled: one drawing per chart.
    assert document.count('class="marks"') == static


# -- corrections, grants and ties ------------------------------------------------------------------------------------


def _given(run: RunResult) -> RunResult:
    """Every unit has two corrections and every care unit a grant, which make up the amounts of the settlement."""
    import pandas as pd

    settlement = run.settlement.copy()
    settlement["corrections"] = 1500.25
    care = settlement["scheme"] == "care"
    settlement.loc[care, "block_income"] = 1000.0 * (settlement["year"] - 2000)
    settlement["income"] = settlement[["activity_income", "block_income", "refund", "corrections"]].sum(axis=1).round(2)
    settlement["result"] = (settlement["income"] - settlement["cost"]).round(2)
    settlement["kept"] = settlement["result"].clip(lower=0.0)
    settlement["carried"] = settlement["result"].clip(upper=0.0)
    settlement["returned_to_payer"] = 0.0
    keys = settlement[["scheme", "unit", "year"]]
    corrections = pd.concat(
        [keys.assign(correction="Travel", amount=2000.25), keys.assign(correction="VAT", amount=-500.0)]
    )
    return replace(run, settlement=settlement, corrections=corrections)


def test_corrections_are_listed_and_the_data_add_them_up(run: RunResult) -> None:
    book = _open(_given(run), "en")
    listed = [row for row in _rows(book["Corrections"], "Correction") if row["Unit"].value == "Lund"]
    assert [(row["Year"].value, row["Correction"].value, row["Amount"].value) for row in listed[:2]] == [
        (2003, "Travel", 2000.25),
        (2003, "VAT", -500.0),
    ]
    data = _find(book["Data"], "Corrections", Unit="Lund", Year=2003)
    assert str(data["Corrections"].value).startswith("=SUM(Corrections!")
    plain = _find(_open(run, "en")["Data"], "Corrections", Unit="Lund", Year=2003)
    assert isinstance(plain["Corrections"].value, int | float)  # nothing is listed: the sum is the cell to change


def test_grants_have_a_sheet_where_there_are_grants(run: RunResult) -> None:
    book = _open(_given(run), "en", values=True)
    rows = list(_rows(book["Grants"], "Covers of the cost"))
    assert {row["Scheme"].value for row in rows} == {"Care units"}
    lund = next(row for row in rows if (row["Unit"].value, row["Year"].value) == ("Lund", 2004))
    assert lund["Block grant"].value == 4000.0
    assert lund["Share of the scheme's grant"].value == pytest.approx(1 / 13)
    assert lund["Change"].value == pytest.approx(4 / 3 - 1)
    assert "Grants" not in _open(run, "en").sheetnames


@pytest.mark.office
@needs_soffice
def test_corrections_and_grants_recompute(run: RunResult, tmp_path: Path) -> None:
    source = tmp_path / "given.xlsx"
    source.write_bytes(workbook_bytes(Edition.of(_given(run), "en")))
    book = openpyxl.load_workbook(source)
    row = next(r for r in _rows(book["Corrections"], "Correction") if r["Unit"].value == "Lund")
    row["Amount"].value = 3000.25
    book.save(source)
    made = recalculated(source, tmp_path / "lo")
    assert _errors(made) == []
    assert _find(made["Data"], "Corrections", Unit="Lund", Year=2003)["Corrections"].value == 2500.25
    assert _find(made["Settlement"], "Closing balance", Unit="Lund", Year=2003)["Corrections"].value == 2500.25
    grants = list(_rows(made["Grants"], "Covers of the cost"))
    shares = [r["Share of the scheme's grant"].value for r in grants if r["Year"].value == 2005]
    assert sum(shares) == pytest.approx(1.0)


_EVEN = ("ore-half-even", "krone-half-even")


@pytest.mark.office
@needs_soffice
@pytest.mark.parametrize("rule", [*_EVEN, "ore-half-up", "krone-half-up", "ten-ore-half-up", "ten-kroner-half-up"])
def test_a_spreadsheet_rounds_ties_as_the_engine_does(rule: str, tmp_path: Path) -> None:
    """Volumes times prices that end on a half, just beside one, negative and large; against exact decimals."""
    import xlsxwriter

    from bench.report.workbook.sheet import rounded, rounded_value
    from bench.stykkpris.rounding import decimal, round_amount, times

    size = {"krone": 1.0, "ten-kroner": 10.0, "ten-ore": 0.1, "ore": 0.01}[rule.rsplit("-half", 1)[0]]
    volumes = [0.5, 1.5, 2.5, 3.5, 1234.5, 1235.5, 0.49, 0.51, -0.5, -1.5, -2.5, 86421357.5, 86421358.5, 7.0, 1.0625]
    cases = [(volume, price * size) for volume in volumes for price in (1.0, 3.0, 5.0)]
    cases += [(67.25, 0.1), (1.005, 1.0), (2.675, 1.0), (8.135, 3.0), (0.145, 1.0), (1e7 + 0.125, 1.0)]
    source = tmp_path / "ties.xlsx"
    book = xlsxwriter.Workbook(source)
    sheet = book.add_worksheet("Ties")
    for row, (volume, price) in enumerate(cases):
        sheet.write_number(row, 0, volume)
        sheet.write_number(row, 1, round(price, 4))
        sheet.write_formula(row, 2, "=" + rounded(f"A{row + 1}*B{row + 1}", rule))
    book.close()
    made = recalculated(source, tmp_path / "lo")["Ties"]
    for row, (volume, price) in enumerate(cases, start=1):
        exact = round_amount(times(decimal(volume), decimal(round(price, 4))), rule)
        assert made.cell(row, 3).value == pytest.approx(float(exact), abs=1e-9, rel=1e-15), (volume, price)
        assert rounded_value(volume * round(price, 4), rule) == float(exact)
