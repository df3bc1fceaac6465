"""What a file says about its own measures is heard: every number here is computed by hand from the file's text."""

from __future__ import annotations

import io
import json
import re

import openpyxl
import pytest

from bench import read_units
from bench.errors import DataError
from bench.pipeline import run_file
from bench.reading import check_file
from bench.reading.values.measures import heard

ROWS = "A;1200;2400\nB;980;2100\nC;1010;1900\nD;1100;2000\n"


def read(text, cost="kostnad", **options):
    source = text if isinstance(text, io.BytesIO) else io.BytesIO(text.encode("utf-8"))
    return read_units(source, id="enhet", inputs=[cost], outputs=options.pop("outputs", ["timer"]), **options)


def rules(text, **options):
    with pytest.raises(DataError) as caught:
        read(text, **options)
    return sorted({issue.rule for issue in caught.value.issues if issue.severity == "error"})


def workbook(rows, formats=None, title="Data", change=lambda sheet: None):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    for cell, form in (formats or {}).items():
        sheet[cell].number_format = form
    change(sheet)
    made = io.BytesIO()
    book.save(made)
    made.seek(0)
    return made


@pytest.mark.parametrize(
    ("name", "factor"),
    [
        ("kostnad (1000 kr)", 1e3),
        ("kostnad (1 000 kr)", 1e3),
        ("kostnad i tusen kroner", 1e3),
        ("kostnad tkr", 1e3),
        ("kostnad TNOK", 1e3),
        ("kostnad_1000kr", 1e3),
        ("NOK 1000", 1e3),
        ("kostnad (mill. kr)", 1e6),
        ("kostnad MNOK", 1e6),
        ("kostnad, mrd. kr", 1e9),
        ("kostnad (kr)", 1.0),
        ("kostnad per 1000 innbyggere", 1.0),
        ("kostnad over 1000 kr", 1.0),
        ("kostnad", 1.0),
    ],
)
def test_the_header_states_the_measure(name, factor):
    units = read(f"enhet;{name};timer\n{ROWS}", cost=name)
    assert units.X.ravel().tolist() == [factor * number for number in (1200, 980, 1010, 1100)]
    assert units.Y.ravel().tolist() == [2400, 2100, 1900, 2000]
    assert any(issue.rule == "measure" for issue in units.warnings) == (factor != 1.0)


@pytest.mark.parametrize(
    ("text", "currency"),
    [("Kosten Tsd. EUR", "EUR"), ("cost ($)", "USD"), ("kostnad (1000 SEK)", "SEK"), ("cost (£000)", "GBP")],
)
def test_another_currency_is_refused_until_it_is_stated(text, currency):
    file = f"enhet;{text};timer\n{ROWS}"
    assert rules(file, cost=text) == ["foreign-currency"]
    units = read(file, cost=text, currency=currency)
    assert units.source.dialect["currency"] == currency


@pytest.mark.parametrize(
    ("text", "factor"),
    [
        ("kostnad (100 000 kr)", 1e5), ("kostnad (10 000 kr)", 1e4), ("hundre tusen kroner", 1e5),
        ("1 000 000 kr", 1e6),
        ("(mill. faste kroner)", 1e6), ("(mill. 2020-kr)", 1e6), ("(1000 2015-kr)", 1e3), ("tusen norske kroner", 1e3),
        ("i millionar kroner", 1e6), ("mn NOK", 1e6), ("1e3 kr", 1e3), ("kostnad_tusen", 1e3), ("kostnad_mill", 1e6),
        ("kostnad_1000", 1e3), ("kostnad (x1000)", 1e3), ("Beløp i hele 1000", 1e3), ("Tall x 1000", 1e3),
        ("i tusener", 1e3), ("kostnad_ore", 1e-2), ("Kostnad per 2020, 1000 kr", 1e3), ("Beløp: tusen", 1e3),
    ],
)  # fmt: skip
def test_words_for_a_measure(text, factor):
    assert heard(text).factor == factor


@pytest.mark.parametrize("word", ["tusen", "1000", "i tusen", "(1000 kr)"])
def test_a_row_of_measures_without_a_currency(word):
    units = read(f"enhet;kostnad;timer\n;{word};timer\n{ROWS}")
    assert (units.X[0, 0], units.Y[0, 0]) == (1_200_000, 2400)


def test_two_statements_that_differ_are_a_conflict():
    file = f"Tall i 1000 kr;;\n\nenhet;kostnad (kr);timer\n{ROWS}"
    assert rules(file, cost="kostnad (kr)") == ["unclear-measure"]
    file = f"Tall i 1000 kr;;\n\nenhet;kostnad;timer\n{ROWS}".replace(";1200;", ";kr 1200;")
    assert rules(file) == ["unclear-measure"]


@pytest.mark.parametrize("form", ['0 "t"', '0 "m"'])
def test_letters_that_are_hours_or_metres_are_no_factor(form):
    rows = [("enhet", "kostnad", "timer"), ("A", 1200, 2400), ("B", 980, 2100)]
    assert read(workbook(rows, {"C2": form, "C3": form})).Y[0, 0] == 2400


def test_a_stated_scale_ends_the_matter():
    units = read(f"enhet;kostnad (1000 kr);timer\n{ROWS}", cost="kostnad (1000 kr)", scale={"kostnad (1000 kr)": 1})
    assert units.X[0, 0] == 1200
    assert read(f"enhet;kostnad;timer\n{ROWS}", scale={"kostnad": 1000}).X[0, 0] == 1_200_000
    assert rules(f"enhet;kostnad;timer\n{ROWS}", scale={"kostand": 1000}) == ["unknown-scale"]


@pytest.mark.parametrize("title", ["Regnskap 2023 (tall i 1000 kr)", "Beløp i hele tusen kroner", "Alle beløp i tkr"])
def test_a_title_speaks_of_the_amounts_alone(title):
    units = read(f"{title};;\n\nenhet;kostnad;timer\n{ROWS}")
    assert (units.X[0, 0], units.Y[0, 0]) == (1_200_000, 2400)


def test_a_note_and_a_sheet_name_speak_too():
    units = read(f"enhet;kostnad;timer\n{ROWS}\nTall i mill. kr\n", accept=["note-row"])
    assert units.X[0, 0] == 1.2e9
    units = read(workbook([("enhet", "kostnad", "timer"), ("A", 1200, 2400), ("B", 980, 2100)], title="1000 kr"))
    assert units.X[0, 0] == 1_200_000


def test_what_is_not_clear_is_asked():
    assert rules(f"Alle tall i 1000;;\n\nenhet;x1;timer\n{ROWS}", cost="x1") == ["unclear-measure"]
    assert rules(f"Tall i mill. kr;;\n\nenhet;kostnad (1000 kr);timer\n{ROWS}", cost="kostnad (1000 kr)") == [
        "unclear-measure"
    ]
    text = f"Alle tall i 1000;;\n\nenhet;x1;timer\n{ROWS}"
    assert read(text, cost="x1", scale={"x1": 1000, "timer": 1}).X[0, 0] == 1_200_000


def test_a_row_of_measures_under_the_header():
    units = read("enhet;kostnad;timer\n;1000 kr;timer\n" + ROWS)
    assert (units.unit_names, units.X[0, 0]) == (["A", "B", "C", "D"], 1_200_000)
    assert units.source.dialect["measure_row"] == "2"


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ('#,##0 "kr"', 1200.0),
        ('#,##0 "tkr"', 1_200_000.0),
        ('#,##0.0 "mill. kr"', 1.2e9),
        ("#,##0,", 1200.0),  # shows thousands; the value is whole
        ("[$kr-414] #,##0.00", 1200.0),
    ],
)
def test_formats_of_cells(form, expected):
    rows = [("enhet", "kostnad", "timer"), ("A", 1200, 2400), ("B", 980, 2100)]
    assert read(workbook(rows, {"B2": form, "B3": form})).X[0, 0] == expected


def test_thousands_that_are_only_shown_are_not_multiplied_again():
    rows = [("enhet", "kostnad (1000 kr)", "timer"), ("A", 1_200_000, 2400), ("B", 980_000, 2100)]
    units = read(workbook(rows, {"B2": "#,##0,", "B3": "#,##0,"}), cost="kostnad (1000 kr)")
    assert units.X.ravel().tolist() == [1_200_000, 980_000]


def test_the_unit_of_a_json_stat_quantity():
    file = {
        "version": "2.0", "class": "dataset", "id": ["region", "what"], "size": [2, 2], "role": {"metric": ["what"]},
        "value": [1200, 2400, 980, 2100],
        "dimension": {
            "region": {"category": {"index": ["A", "B"]}},
            "what": {"category": {"index": ["u", "t"], "label": {"u": "utgift", "t": "timer"},
                                  "unit": {"u": {"base": "1000 kr"}, "t": {"base": "antall"}}}},
        },
    }  # fmt: skip
    made = io.BytesIO(json.dumps(file).encode())
    units = read_units(made, id="region", inputs=["utgift"], outputs=["timer"])
    assert units.X.ravel().tolist() == [1_200_000, 980_000]
    file["dimension"]["what"]["category"]["unit"]["u"] = {"label": "kr", "multiplier": 6}
    made = io.BytesIO(json.dumps(file).encode())
    assert read_units(made, id="region", inputs=["utgift"], outputs=["timer"]).X[0, 0] == 1.2e9


def test_the_check_of_a_file_says_what_it_heard():
    report = check_file(io.BytesIO(f"enhet;kostnad (1000 kr);timer\n{ROWS}".encode()))
    assert report.dialect["measure_of_kostnad (1000 kr)"] == "1000 kr (header B1): times 1 000"


@pytest.mark.parametrize(
    "text", ["timer", "Totalt", "utkant", "over 65 år", "per 1000 innbyggere", "plasser (K)", "tid", "kort", "rekke"]
)
def test_words_that_are_no_measure(text):
    assert heard(text) is None


def test_amounts_in_another_currency_are_never_called_kroner(tmp_path):
    """4,290 thousand euros on 8,400 days are 510.71 euros a day, and no page says kroner."""
    (tmp_path / "a.csv").write_text(f"enhet;Kosten Tsd. EUR;Tage\n{ROWS}", encoding="utf-8")
    roles = {"id": "enhet", "cost": "Kosten Tsd. EUR", "outputs": ["Tage"], "year": 2023}
    run = run_file("average-cost", tmp_path / "a.csv", roles=roles, read={"currency": "EUR"})
    assert run.prices["price"].iloc[-1] == pytest.approx(4_290_000 / 8400)
    for language in ("nb", "en"):
        page = next(data for _, name, data in run.files(language) if name.endswith((".html",))).decode()
        text = re.sub(r"<(style|script).*?</\1>|<[^>]*>", " ", page, flags=re.DOTALL)
        assert "EUR" in text
        assert not re.search(r"\bNOK\b|\bkr\b|\bkroner\b", text)
