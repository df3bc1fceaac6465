"""Budget, orders and price growth of a client's own: read cell by cell, used, and nothing ignored in silence.

Expected amounts are sums of prices times volumes done by hand from the rows of the files below.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

import bench
from bench.cli import main
from bench.errors import DataError
from bench.pipeline.further import read_further

openpyxl = pytest.importorskip("openpyxl")

#: Cost is 400 an hour and 90 a visit; every unit the same, so that prices are exactly those by hand.
HOURS = {"Nord": (10_000, 11_000), "Sør": (20_000, 20_000), "Øst": (15_000, 14_000)}
VISITS = {"Nord": (500, 800), "Sør": (900, 700), "Øst": (600, 1_100)}
YEARS = (2023, 2024)
MODEL = """
[meta]
name = "egen"
title = { nb = "Egen", en = "Own" }
sources = []
description = { nb = "Egen", en = "Own" }
[data]
id = "enhet"
period = "aar"
cost = "kostnad"
[frontier]
method = "none"
[indexation]
deflator = { value = 0.0, status = "assumed", source = "none" }
[rounding]
price = "none"
amount = "ore-half-up"
reference = "assumed"
[purchaser]
holder = "purchaser"
budget = "table"
[[scheme]]
id = "hjem"
label = { nb = "Hjem", en = "Home" }
[scheme.price]
source = "average-cost"
lag = 1
start = "contemporaneous"
[scheme.volume]
basis = "allocated"
[scheme.settlement]
keep_surplus = { value = 1.0, status = "assumed", source = "all" }
carry_deficit = { value = 1.0, status = "assumed", source = "all" }
[[scheme.service]]
id = "timer"
label = { nb = "Timer hjemme", en = "Hours at home" }
measure = { nb = "time", en = "hour" }
weight = { value = 400, status = "assumed", source = "cost of an hour" }
[[scheme.service]]
id = "besok"
label = { nb = "Besøk", en = "Visits" }
measure = { nb = "besøk", en = "visit" }
weight = { value = 90, status = "assumed", source = "cost of a visit" }
"""


def accounts() -> list[list[object]]:
    rows: list[list[object]] = [["enhet", "aar", "kostnad", "timer", "besok"]]
    for unit in HOURS:
        for k, year in enumerate(YEARS):
            hours, visits = HOURS[unit][k], VISITS[unit][k]
            rows.append([unit, year, 400 * hours + 90 * visits, hours, visits])
    return rows


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    text = "\n".join(";".join(map(str, row)) for row in accounts())
    (tmp_path / "data.csv").write_text(f"{text}\n", encoding="utf-8")
    (tmp_path / "egen.toml").write_text(MODEL, encoding="utf-8")
    return tmp_path


def run(folder: Path, budget: str | None) -> bench.results.RunResult:
    tables = {}
    if budget is not None:
        (folder / "budsjett.csv").write_text(budget, encoding="utf-8")
        tables = {"budget": folder / "budsjett.csv"}
    return bench.pipeline.run_file(folder / "egen.toml", folder / "data.csv", tables=tables)


NEXT = "aar;tjeneste;budsjettert_volum\n2025;timer;44000\n2025;besok;2700\n"


def test_the_next_years_bill_is_ordered_volumes_at_the_new_prices(folder):
    found = run(
        folder, "År;Tjeneste;Bestilt volum;Budsjett (1000 kr)\n2025;timer;45 000;17 500\n2025;Besøk;2 500;250\n"
    )
    lines = found.bill.set_index("service")
    assert lines["price"].tolist() == pytest.approx([400.0, 90.0])
    assert lines["basis"].tolist() == ["ordered", "ordered"]
    assert lines["amount"].tolist() == [400 * 45_000, 90 * 2_500]
    assert lines["budget"].tolist() == [17_500_000, 250_000]
    assert lines["difference"].tolist() == [500_000, -25_000]
    assert any(issue.rule == "measure" and "1000 kr" in issue.message for issue in found.warnings)


def test_a_budget_of_volumes_is_at_the_price_it_was_made_with(folder):
    lines = run(folder, NEXT).bill.set_index("service")
    assert lines["basis"].tolist() == ["budget", "budget"]
    assert lines["budget"].tolist() == [400 * 44_000, 90 * 2_700]
    assert lines["difference"].tolist() == [0.0, 0.0]


def test_orders_against_the_budgets_volumes(folder):
    text = "aar;tjeneste;budsjettert_volum;bestilt_volum\n2025;timer;44000;46000\n2025;besok;2700;2700\n"
    lines = run(folder, text).bill.set_index("service")
    assert lines["difference"].tolist() == [400 * 2_000, 0.0]


def test_without_a_budget_the_bill_is_at_last_years_volumes(folder):
    (folder / "egen.toml").write_text(MODEL.replace('budget = "table"', 'budget = "growth"'), encoding="utf-8")
    lines = run(folder, None).bill.set_index("service")
    assert lines["basis"].tolist() == ["last-year", "last-year"]
    assert lines["amount"].tolist() == [400 * 45_000, 90 * 2_600]
    assert lines["budget"].isna().all()


def test_page_and_memo_hold_the_bill_against_the_budget(folder):
    found = run(folder, "aar;tjeneste;bestilt_volum;budsjett\n2025;timer;45000;17500000\n2025;besok;2500;250000\n")
    found.save("resultat", language="nb")
    texts = [path.read_text(encoding="utf-8").replace("\u00a0", " ") for path in Path("resultat").rglob("*.html")]
    page = next(text for text in texts if "Regningen for 2025 mot budsjettet" in text)
    table = page[page.index("Regningen for 2025 mot budsjettet") :]
    for amount in ("18 000", "17 500", "500", "225", "250", "18 225", "17 750", "475"):
        assert f">{amount}<" in table[: table.index("</table>")]
    memo = next(text for text in texts if "Budsjettet er på" in text)
    said = memo[memo.index("Budsjettet er på") :]
    assert "over det" in said[: said.index("</")]


def test_a_service_the_budget_forgets_is_named(folder):
    with pytest.raises(DataError, match="says nothing of 'besok'"):
        run(folder, "aar;tjeneste;budsjettert_volum\n2025;timer;44000\n")


@pytest.mark.parametrize(
    ("text", "rule", "said"),
    [
        (NEXT + "2025;timr;10\n", "unused-row", "did you mean"),
        (NEXT + "2019;timer;10\n2019;besok;10\n", "unused-budget", "2019"),
        ("aar;tjeneste;budsjettert_volum;kommune\n2025;timer;44000;X\n2025;besok;2700;X\n", "unused-column", "kommune"),
        (
            "aar;tjeneste;budsjettert_volum;budsjett\n2024;timer;44000;17000000\n2024;besok;2700;240000\n",
            "unused-budget",
            "amounts of 'hjem' in 2024",
        ),
    ],
)
def test_nothing_in_a_budget_is_ignored_in_silence(folder, text, rule, said):
    found = [issue for issue in run(folder, text).warnings if issue.rule == rule]
    assert found
    assert said in " ".join(f"{issue.message} {issue.column}" for issue in found)


@pytest.mark.parametrize(
    ("text", "cell", "said"),
    [
        ("aar;tjeneste;budsjettert_volum\n2025;timer;mange\n", "C2", "number"),
        ("aar;tjeneste;budsjettert_volum\n2025;timer;-5\n", "C2", "negative"),
        ("aar;tjeneste;budsjettert_volum\n25;timer;5\n", "A2", "year"),
        ("aar;tjeneste;budsjettert_volum\n2025;;5\n", "B2", "name"),
        ("aar;tjeneste;budsjettert_volum\n2025;timer;22000\n2025;timer;23000\n", "", "twice"),
        ("aar;tjeneste;antall\n2025;timer;5\n", "", "budget_volume"),
        ("aar;tjeneste;budsjett (EUR)\n2025;timer;5\n2025;besok;5\n", "C1", "EUR"),
    ],
)
def test_a_wrong_cell_of_a_budget_is_named(folder, text, cell, said):
    with pytest.raises(DataError) as caught:
        run(folder, text)
    issue = caught.value.issues[0]
    assert said in f"{issue.message} {issue.remedy} {issue.column}"
    assert issue.cell == cell


@pytest.mark.parametrize(
    ("text", "growth"),
    [
        ("aar;kostnadsvekst\n2024;0,03\n2025;0,025\n", {2024: 0.03, 2025: 0.025}),
        ("År;Deflator (prosent)\n2024;3,0\n2025;2,5\n", {2024: 0.03, 2025: 0.025}),
        ("År;Indeks\n2023;100\n2024;103\n2025;105,575\n", {2024: 0.03, 2025: 0.025}),
    ],
)
def test_growth_of_prices_in_shares_per_cent_or_levels(tmp_path, text, growth):
    path = tmp_path / "indeks.csv"
    path.write_text(text, encoding="utf-8")
    frame = read_further("index", path, decimal=",").frame
    assert dict(zip(frame["year"].astype(int), frame["growth"], strict=True)) == pytest.approx(growth)


def test_a_growth_that_is_no_share_is_refused(tmp_path):
    path = tmp_path / "indeks.csv"
    path.write_text("aar;vekst\n2024;3,0\n", encoding="utf-8")
    with pytest.raises(DataError, match="300%"):
        read_further("index", path)


def test_a_workbook_with_budget_and_index_is_mapped_and_run_without_python(folder):
    """From messy sheets to a verified folder: map, check, new, run, verify."""
    book = openpyxl.Workbook()
    book.active.title = "Regnskap"
    for row in accounts():
        book.active.append(row)
    sheet = book.create_sheet("Budsjett 2025")
    for row in (
        ["Vedtatt budsjett", None, None, None, None],
        ["År", "Tjeneste", "Budsjettert volum", "Budsjett (1000 kr)", "Merknad"],
        [2025, "Timer", 44_000, 17_700, "flere brukere"],
        [2025, "Besok", 2_700, 250, None],
    ):
        sheet.append(row)
    sheet = book.create_sheet("Deflator")
    for row in (["År", "Lønns- og prisvekst (prosent)"], [2024, 5.0], [2025, 4.0]):
        sheet.append(row)
    book.save("klient.xlsx")
    runner = CliRunner()
    for line in (
        "map klient.xlsx --yes --out mapping.toml --cost kostnad",
        "check klient.xlsx --map mapping.toml",
        "new klient.xlsx --map mapping.toml --out modell.toml",
        "run modell.toml klient.xlsx --map mapping.toml --out resultat",
        "verify resultat",
    ):
        answer = runner.invoke(main, line.split())
        assert answer.exit_code == 0, f"{line}\n{answer.output}"
    mapping = Path("mapping.toml").read_text(encoding="utf-8")
    assert 'sheet = "Budsjett 2025"' in mapping
    assert 'budget_amount = "Budsjett (1000 kr)"' in mapping
    assert 'growth = "Lønns- og prisvekst (prosent)"' in mapping
    model = Path("modell.toml").read_text(encoding="utf-8")
    assert 'budget = "table"' in model
    assert 'source = "table"' in model
    bill = pd.read_csv(next(Path("resultat").rglob("bill.csv")), sep=";", decimal=",", encoding="utf-8-sig")
    assert bill["budget"].tolist() == [17_700_000, 250_000]
    assert (bill["amount"] == (bill["volume"] * bill["price"]).round(2)).all()
    total = sum(400 * h[1] + 90 * VISITS[u][1] for u, h in HOURS.items())
    done = {"timer": 45_000, "besok": 2_600}
    by_price = sum(done[s] * p for s, p in zip(bill["service"], bill["price"], strict=True))
    assert by_price == pytest.approx(1.04 * total)  # next year's prices are last year's cost with the sheet's growth


PLAN = "aar;tjeneste;{column}\n2025;timer;{timer}\n2025;besok;{besok}\n"
ACCOUNTS = {"timer": 45_000, "besok": 2_600, "cost": 400 * 45_000 + 90 * 2_600}


@pytest.mark.parametrize("factor", [10, 100, 1000, 0.1, 0.01])
@pytest.mark.parametrize("column", ["budsjettert_volum", "bestilt_volum", "budsjett"])
def test_a_plan_in_another_measure_than_the_accounts_is_refused_at_its_cell(folder, column, factor):
    right = {"timer": 44_000, "besok": 2_700}
    if column == "budsjett":
        right = {"timer": 17_000_000, "besok": 250_000}
    wrong = PLAN.format(column=column, **{name: round(number * factor) for name, number in right.items()})
    with pytest.raises(DataError) as caught:
        run(folder, wrong)
    found = [issue for issue in caught.value.issues if issue.severity == "error"]
    assert {issue.rule for issue in found} == {"power-of-ten"}
    assert [issue.cell for issue in found] == (["C2"] if column == "budsjett" else ["C2", "C3"])
    back = f"divide it by {factor:,}" if factor > 1 else f"multiply it by {round(1 / factor)}"
    assert all(issue.remedy.startswith(back) for issue in found)
    (folder / "budsjett.csv").write_text(wrong, encoding="utf-8")
    kept = bench.pipeline.run_file(
        folder / "egen.toml", folder / "data.csv", tables={"budget": folder / "budsjett.csv"},
        read={"accept": ["power-of-ten"]},
    )  # fmt: skip
    assert any(issue.rule == "power-of-ten" for issue in kept.warnings)
    assert kept.bill["volume" if column == "bestilt_volum" else "budget"].sum() > 0  # used as it stands
    if column == "bestilt_volum":
        assert kept.bill["volume"].tolist() == [round(number * factor) for number in right.values()]


@pytest.mark.parametrize("share", [0.3, 0.7, 1.0, 1.6, 3.0])
def test_a_plan_that_grows_or_shrinks_is_none_of_it(folder, share):
    text = PLAN.format(column="bestilt_volum", timer=round(45_000 * share), besok=round(2_600 * share))
    assert not [issue for issue in run(folder, text).warnings if issue.rule == "power-of-ten"]


def test_one_unit_of_a_budget_in_another_measure_is_named(folder):
    rows = [(unit, "timer", HOURS[unit][1]) for unit in HOURS] + [(unit, "besok", VISITS[unit][1]) for unit in HOURS]
    rows[1] = ("Sør", "timer", 200_000)
    text = "aar;enhet;tjeneste;bestilt_volum\n" + "".join(f"2025;{u};{s};{v}\n" for u, s, v in rows)
    with pytest.raises(DataError) as caught:
        run(folder, text)
    (found,) = [issue for issue in caught.value.issues if issue.severity == "error"]
    assert (found.rule, found.unit, found.cell) == ("power-of-ten", "Sør", "D3")


@pytest.mark.parametrize("months", [12, 4])
def test_months_are_a_share_of_the_year(folder, months):
    def text(times: int) -> str:
        lines = [f"2024;{m};timer;{3_750 * times}\n2024;{m};besok;{217 * times}\n" for m in range(1, months + 1)]
        return "aar;maaned;tjeneste;vedtatt_volum\n" + "".join(lines)

    (folder / "m.csv").write_text(text(1), encoding="utf-8")
    bench.pipeline.run_file(folder / "egen.toml", folder / "data.csv",
                            tables={"budget": _plan(folder), "months": folder / "m.csv"})  # fmt: skip
    (folder / "m.csv").write_text(text(10), encoding="utf-8")
    with pytest.raises(DataError, match="volume of the months is about 10 times"):
        bench.pipeline.run_file(folder / "egen.toml", folder / "data.csv",
                                tables={"budget": _plan(folder), "months": folder / "m.csv"})  # fmt: skip


def _plan(folder: Path) -> Path:
    (folder / "b.csv").write_text(NEXT, encoding="utf-8")
    return folder / "b.csv"
