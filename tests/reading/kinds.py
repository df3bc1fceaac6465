"""Small files by kind, each with the outcome that a careful reader of the file decides on before it is read.

An outcome is a number that costs are multiplied by (``1e3``: the file says thousands), or the rules by which the file
is refused, or both: then either is right, and silence about a factor is not.
"""

# ruff: noqa: E501
from __future__ import annotations

import datetime as dt
import io
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import openpyxl
from reading.xlsb import xlsb

COSTS, HOURS, NAMES = (1200, 980, 1010, 1100), (2400, 2100, 1900, 2000), ("Nordre", "Søndre", "Østre", "Vestre")
ROWS = [list(row) for row in zip(NAMES, COSTS, HOURS, strict=True)]
HEAD = ["enhet", "kostnad", "timer"]


@dataclass(frozen=True)
class Case:
    """One file, how it is read, and what is right.

    ``factor`` is None where the file must be refused; ``rules`` are those of which one must be named when it is.
    """

    data: bytes
    factor: float | None
    rules: frozenset[str] = frozenset()
    cost: str = "kostnad"
    hours: str = "timer"
    id: str = "enhet"
    costs: Sequence[float] = COSTS
    volumes: Sequence[float] = HOURS
    options: dict[str, Any] = field(default_factory=dict)
    warns: str = ""
    dialect: str = ""


def case(data: bytes | str, factor: float | None, *rules: str, **more: Any) -> Case:
    """Make a case of text or bytes."""
    return Case(data.encode("utf-8") if isinstance(data, str) else data, factor, frozenset(rules), **more)


def csv(head: Sequence[Any] = HEAD, rows: Sequence[Sequence[Any]] = ROWS, above: str = "", below: str = "") -> str:
    """Return a file with semicolons."""
    lines = [";".join(map(str, row)) for row in (head, *rows)]
    return above + "\n".join(lines) + "\n" + below


def xlsx(
    rows: Sequence[Sequence[Any]] = (HEAD, *ROWS),
    change: Callable[[Any], None] = lambda sheet: None,
    others: Callable[[Any], None] = lambda book: None,
) -> bytes:
    """Return a workbook with one sheet, changed before it is saved."""
    book, made = openpyxl.Workbook(), io.BytesIO()
    sheet = book.active
    sheet.title = "Data"
    for row in rows:
        sheet.append(list(row))
    change(sheet)
    others(book)
    book.save(made)
    return made.getvalue()


def xls(
    rows: Sequence[Sequence[Any]] = (HEAD, *ROWS),
    change: Callable[[Any], None] = lambda sheet: None,
    formats: dict[tuple[int, int], str] | None = None,
    others: Callable[[Any], None] = lambda book: None,
) -> bytes:
    """Return a workbook of the old kind (BIFF8)."""
    import xlwt

    book, made = xlwt.Workbook(), io.BytesIO()
    sheet = book.add_sheet("Data")
    for i, row in enumerate(rows):
        for j, cell in enumerate(row):
            code = (formats or {}).get((i, j))
            if code is None:
                sheet.write(i, j, cell)
            else:
                sheet.write(i, j, cell, xlwt.easyxf(num_format_str=code))
    change(sheet)
    others(book)
    book.save(made)
    return made.getvalue()


def ods(
    cells: Sequence[Sequence[str]], *, styles: str = "", columns: str = "", attributes: Sequence[str] = ()
) -> bytes:
    """Return an OpenDocument workbook; cells are XML, ``attributes`` those of each row."""
    import zipfile

    rows = "".join(
        f"<table:table-row {attributes[k] if k < len(attributes) else ''}>{''.join(row)}</table:table-row>"
        for k, row in enumerate(cells)
    )
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{urn}:1.0"'
        for name, urn in (
            ("office", "office"), ("table", "table"), ("text", "text"), ("style", "style"), ("number", "datastyle"),
            ("fo", "xsl-fo-compatible"),
        )
    )  # fmt: skip
    spaces += ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces} office:version="1.2">'
        f"<office:automatic-styles>{styles}</office:automatic-styles>"
        f'<office:body><office:spreadsheet><table:table table:name="Data">{columns}{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr(
            "META-INF/manifest.xml",
            '<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            '<manifest:file-entry manifest:full-path="/" manifest:media-type='
            '"application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>',
        )
    return made.getvalue()


def word(text: str, inside: str = "") -> str:
    """Return an ods cell with a text."""
    return f'<table:table-cell office:value-type="string">{inside}<text:p>{text}</text:p></table:table-cell>'


def number(value: float, kind: str = "float", more: str = "") -> str:
    """Return an ods cell with a number."""
    return f'<table:table-cell office:value-type="{kind}" office:value="{value}" {more}><text:p>{value}</text:p></table:table-cell>'


def jsonstat(unit: Any, *, label: str = "kostnad", top: dict[str, Any] | None = None, version: str = "2.0") -> bytes:
    """Return a JSON-stat 2 data set whose cost has this unit."""
    content = {
        "version": version, "class": "dataset", "label": "Omsorg", "id": ["enhet", "what"], "size": [4, 2],
        "role": {"metric": ["what"]}, "value": [number for row in ROWS for number in row[1:]],
        "dimension": {
            "enhet": {"label": "enhet", "category": {"index": list(NAMES)}},
            "what": {"category": {"index": ["k", "t"], "label": {"k": label, "t": "timer"},
                                  "unit": {"k": unit, "t": {"base": "timer"}}}},
        },
        **(top or {}),
    }  # fmt: skip
    return json.dumps(content).encode("utf-8")


def jsonstat1(unit: Any) -> bytes:
    """Return a JSON-stat 1 data set."""
    two = json.loads(jsonstat(unit))
    dimension = {**two["dimension"], "id": two["id"], "size": two["size"], "role": two["role"]}
    return json.dumps({"data": {"label": "Omsorg", "dimension": dimension, "value": two["value"]}}).encode("utf-8")


def px(
    words: str = "", units: str = "", values: str = "1200 2400 980 2100 1010 1900 1100 2000", page: str = "utf-8"
) -> bytes:
    """Return a PC-Axis file."""
    names = ",".join(f'"{name}"' for name in NAMES)
    text = (
        f'CHARSET="ANSI";\nAXIS-VERSION="2013";\nCODEPAGE="{page}";\nMATRIX="D";\n{units}TITLE="Drift etter enhet";\n'
        f'STUB="enhet";\nHEADING="statistikkvariabel";\nVALUES("enhet")={names};\n'
        f'VALUES("statistikkvariabel")="kostnad","timer";\n{words}DATA=\n{values};\n'
    )
    return text.encode(page)


# -- the kinds ----------------------------------------------------------------------------------------------------

KINDS: dict[str, Case] = {}


def add(kind: str, name: str, made: Case) -> None:
    """Put a case on the list."""
    key = f"{kind}: {name}"
    assert key not in KINDS, key
    KINDS[key] = made


#: Names of the cost column that state a measure, and the factor.
SURE = {
    "kostnad [1000 kr]": 1e3, "kostnad – tusen kr": 1e3, "Kostnad i 1000 NOK": 1e3, "Kostnad (kNOK)": 1e3,
    "kostnad, KNOK": 1e3, "kostnad i kkr": 1e3, "kostnad (mill kr)": 1e6, "kostnad (mill.kr.)": 1e6,
    "Cost (NOK million)": 1e6, "Cost (NOK m)": 1e6, "Cost (NOKm)": 1e6, "Cost NOK '000": 1e3, "Cost (NOK 000s)": 1e3,
    "Cost (in thousands)": 1e3, "Cost in thousand NOK": 1e3, "kostnad (hele kroner)": 1.0, "kostnad (hele kr)": 1.0,
    "kostnad (i hele tusen)": 1e3, "kostnad (1.000 kr)": 1e3, "kostnad (1,000 NOK)": 1e3, "kostnad (kr 1000)": 1e3,
    "kostnad (i 1000)": 1e3, "kostnad_1000_kr": 1e3, "KOSTNAD_MNOK": 1e6, "kostnad x 1000 kr": 1e3,
    "kostnad (10^3 kr)": 1e3, "kostnad (10³ kr)": 1e3, "kostnad (´000 kr)": 1e3, "kostnad (000 kr)": 1e3,
    "kostnader (millionar kroner)": 1e6, "Kostnad (mrd. kr)": 1e9, "kostnad (øre)": 1e-2, "kostnad (1000-kr)": 1e3,
    "kostnad i tusenkroner": 1e3, "kostnad (1000-kroner)": 1e3, "kostnad(1000kr)": 1e3, "kostnad (kr 1 000)": 1e3,
    "kostnad (1000 2023-kr)": 1e3, "Netto driftsutgifter (1000 kr), konsern": 1e3, "kostnad (t.kr.)": 1e3,
    "kostnad (tkr.)": 1e3, "kostnad (kr i 1000)": 1e3, "kostnad (kr i hele tusen)": 1e3, "kostnad TKR": 1e3,
    "Driftsutgifter, tusen kroner": 1e3, "utgift i mill. kr.": 1e6, "kostnad (mkr)": 1e6, "kostnad (Mkr)": 1e6,
    "kostnad (mnok)": 1e6, "kostnad i milliarder": 1e9, "Total cost (thousand NOK)": 1e3, "Cost, NOK thousands": 1e3,
    "Cost (thousands of NOK)": 1e3, "Cost (millions of NOK)": 1e6, "kostnad (hundre kr)": 1e2, "kostnad (100 kr)": 1e2,
    "kostnad (i kr)": 1.0, "kostnad, NOK": 1.0, "kostnad (tusen)": 1e3, "kostnad (tusener kroner)": 1e3,
    "kostnad i tusen": 1e3, "kostnad 1000 kr": 1e3, "kostnad (tall i 1000 kr)": 1e3, "kostnad (beløp i tusen kr)": 1e3,
    "kostnad (1000 kr eks. mva.)": 1e3, "kostnad (ekskl. mva, 1000 kr)": 1e3, "kostnad [tkr, 2023-priser]": 1e3,
}  # fmt: skip
for name, factor in SURE.items():
    add("header", name, case(csv(["enhet", name, "timer"]), factor, cost=name))

#: Names that can be a measure or something else: asked about, or left alone where what stands before says what it is.
ASKED = ("kostnad_1000", "kostnad 1000", "kostnad (1000)", "kostnad (k)", "kostnad (t)", "kostnad (m)", "kostnad k")
for name in ASKED:
    add("asked", name, case(csv(["enhet", name, "timer"]), None, "unclear-measure", cost=name))

#: Names in which nothing is a measure.
NEITHER = (
    "kostnad per 1000 innbyggere", "kostnad pr. bruker (kr)", "kostnad konto 1000", "kostnad (konto 1000)",
    "kostnad (art 010-099)", "kostnad, funksjon 254", "kostnad ekskl. mva.", "kostnad T1", "kostnad ansvar 1000",
    "kostnad avd. 1000", "kostnad kto 1000-4990", "kostnad 2023", "kostnad (eks. pensjon)", "kostnad m/mva",
    "kostnad kap. 1000", "kostnad prosjekt 1000", "kostnad sone 1000", "kostnad, K1", "kostnad (2000)",
    "kostnad over 1000 kr", "kostnad tiltak under 1 mill. kr", "kostnad per 1000 kr lønn",
)  # fmt: skip
for name in NEITHER:
    add("no measure", name, case(csv(["enhet", name, "timer"]), 1.0, cost=name))

#: Foreign currencies: refused until they are stated.
FOREIGN = {
    "Kosten in TEUR": ("EUR", 1e3), "Kosten (T€)": ("EUR", 1e3), "Kosten (Tsd. €)": ("EUR", 1e3),
    "Kosten (in Tsd. Euro)": ("EUR", 1e3), "Kosten Mio. EUR": ("EUR", 1e6), "Kostnad (MSEK)": ("SEK", 1e6),
    "Kostnad (TSEK)": ("SEK", 1e3), "Udgifter (1.000 DKK)": ("DKK", 1e3), "Cost (£k)": ("GBP", 1e3),
    "cost ($m)": ("USD", 1e6), "Cost (€ million)": ("EUR", 1e6), "Cost (USD thousand)": ("USD", 1e3),
    "Costs k€": ("EUR", 1e3), "Cost EUR": ("EUR", 1.0), "Kosten (1000 €)": ("EUR", 1e3), "Cost (US$ mn)": ("USD", 1e6),
    "Kosten (TCHF)": ("CHF", 1e3), "cost (£m)": ("GBP", 1e6), "Kosten (EUR)": ("EUR", 1.0),
}  # fmt: skip
for name, (code, factor) in FOREIGN.items():
    file = csv(["enhet", name, "timer"])
    add("foreign", name, case(file, None, "foreign-currency", cost=name))
    add("foreign, stated", name, case(file, factor, cost=name, options={"currency": code}))

#: Titles above a table, and the factor of its amounts.
TITLES = {
    "Tall i 1000 kr": 1e3, "Beløp i 1 000 kroner": 1e3, "Alle tall i mill. kr": 1e6, "(tall i tusen)": 1e3,
    "Regnskapstall i hele tusen": 1e3, "Tall i hele kroner": 1.0, "NOK thousands": 1e3, "Amounts in NOK '000": 1e3,
    "All amounts in TNOK": 1e3, "Tall i MNOK": 1e6, "(i 1000)": 1e3, "1000 kr": 1e3, "Kroner i tusen": 1e3,
    "Alle beløp er oppgitt i 1000 kr.": 1e3, "Beløpene er i tusen kroner": 1e3, "Beløp er oppgitt i NOK 1000": 1e3,
    "Måleenhet: 1000 kr": 1e3, "Benevning: mill. kr": 1e6, "Alle tall er oppgitt i tusen kroner": 1e3,
    "Figures in thousands": 1e3, "in thousands of NOK": 1e3, "Regnskap 2023. Beløp i 1000 kroner.": 1e3,
    "Beløp i tkr, faste 2023-priser": 1e3, "KOSTRA 2023 (1000 kr)": 1e3, "Regnskap 1000-årsjubileet": 1.0,
    "Rapport for Nordre sone, konto 1000": 1.0, "Kroner": 1.0, "Beløp i NOK": 1.0, "Skala: 1000": 1e3,
    "Tall i 000 kr": 1e3, "(Beløp i kr. 1.000)": 1e3, "Utgifter i mill.": 1e6, "(mill. kr)": 1e6,
}  # fmt: skip
for name, factor in TITLES.items():
    also = [] if factor == 1.0 or re.search(r"kr|NOK|beløp", name, re.IGNORECASE) else ["unclear-measure"]
    add("title", name, case(csv(above=f"{name};;\n\n"), factor, *also))
add(
    "title",
    "beside the table",
    case(xlsx([[*HEAD, None, "Tall i 1000 kr"], *ROWS]), 1e3, "unclear-measure", "unnamed-column"),
)
add("title", "of euros", case(csv(above="Angaben in Tsd. EUR;;\n\n"), None, "foreign-currency"))
add("title", "of a currency alone", case(csv(above="Valuta: EUR;;\n\n"), None, "foreign-currency"))
add(
    "title",
    "of kroner, in another currency",
    case(csv(above="Alle Beträge in T€;;\n\n"), 1e3, options={"currency": "EUR"}),
)
add("title", "over the column", case(csv(above=";1000 kr;antall\n"), 1e3))
add("note", "below", case(csv(below="\nTall i 1000 kr;;\n"), 1e3, options={"accept": ["note-row"]}))
add(
    "note",
    "below, as a sentence",
    case(csv(below="\nAlle beløp er i tusen kroner.;;\n"), 1e3, options={"accept": ["note-row"]}),
)
add("note", "source in two cells", case(csv(below="Kilde:;SSB tabell 12209;\n"), None, "note-row"))
add(
    "note",
    "source in two cells, left out",
    case(csv(below="Kilde:;SSB tabell 12209;\nSist oppdatert:;2024-06-15;\n"), 1.0, options={"accept": ["note-row"]}),
)
add("note", "with a star", case(csv(below="* Foreløpige tall;;\n"), 1.0, options={"accept": ["note-row"]}))
add("note", "printed on", case(csv(below="Utskriftsdato;01.02.2024;\n"), 1.0, options={"accept": ["note-row"]}))

#: The row under the header.
UNDER = {
    ";1000 kr;timer": 1e3, "Måleenhet;tkr;antall": 1e3, "benevning;(i 1000 kr);(stk)": 1e3, ";[tkr];[timer]": 1e3,
    ";NOK 1000;h": 1e3, ";MNOK;timer": 1e6, ";mill. kr;timer": 1e6, ";1 000 kr;timer": 1e3, ";hele tusen;timer": 1e3,
    ";hele kr;timer": 1.0, "-;1000 kr;-": 1e3, "tekst;kr;tall": 1.0, "Enhet:;i tusen;timer": 1e3, ";kr i 1000;t": 1e3,
    "(navn);(mill.);(timer)": 1e6, ";kr.;stk.": 1.0, ";000 kr;timer": 1e3, "Measure;NOK thousand;hours": 1e3,
    "[-];[NOK];[h]": 1.0, "text;number;number": 1.0, ";(1000);(antall)": 1e3,
}  # fmt: skip
for name, factor in UNDER.items():
    add("measure row", name, case(csv(rows=[name.split(";"), *ROWS]), factor))
add("measure row", ";Tsd. EUR;Tage", case(csv(rows=[["", "Tsd. EUR", "Tage"], *ROWS]), None, "foreign-currency"))

#: A column that says the measure of each row.
PER_ROW = {
    "1000 kr": 1e3, "tkr": 1e3, "kr": 1.0, "NOK": 1.0, "mill. kr": 1e6, "MNOK": 1e6, "1000": 1e3, "tusen": 1e3,
    "timer": 1.0, "plasser": 1.0, "hele kr": 1.0,
}  # fmt: skip
for title in ("målenhet", "benevning", "Måleenhet", "unit", "skala"):
    for name, factor in PER_ROW.items():
        rows = [[*row, name] for row in ROWS]
        if (title in ("målenhet", "benevning")) or name in ("1000 kr", "1000"):
            also = ["unclear-measure"] if name in ("1000", "tusen") else []
            add("measure column", f"{title} {name}", case(csv([*HEAD, title], rows), factor, *also))
mixed = [
    [row[0], row[1] if k % 2 else row[1] * 1000, row[2], "1000 kr" if k % 2 else "kr"] for k, row in enumerate(ROWS)
]
add("measure column", "differs by row", case(csv([*HEAD, "målenhet"], mixed), 1e3))
rows = [[row[0], row[1], row[2], "EUR" if k == 2 else "NOK"] for k, row in enumerate(ROWS)]
add("measure column", "one in euros", case(csv([*HEAD, "valuta"], rows), None, "foreign-currency"))
rows = [[row[0], row[1], row[2], "1000 kr"] for row in ROWS]
add(
    "measure column", "called enhet beside navn", case(csv(["navn", "kostnad", "timer", "enhet"], rows), 1e3, id="navn")
)
rows = [[row[0], row[1], row[2], "plasser" if k == 2 else "timer"] for k, row in enumerate(ROWS)]
add("measure column", "volumes of two measures", case(csv([*HEAD, "målenhet"], rows), None, "mixed-measures"))

#: The unit of a quantity in JSON-stat.
UNITS = {
    "1000 kr": 1e3, "mill. kr": 1e6, "kr": 1.0, "1 000 kr": 1e3, "tusen kr": 1e3, "NOK 1000": 1e3, "1000 NOK": 1e3,
    "Tusen kroner": 1e3, "kr (1 000)": 1e3, "1000": 1e3, "mill.": 1e6, "NOK": 1.0, "kroner": 1.0,
}  # fmt: skip
for name, factor in UNITS.items():
    add(
        "json-stat unit",
        name,
        case(
            jsonstat({"base": name, "decimals": 0}), factor, *(["unclear-measure"] if name in ("1000", "mill.") else [])
        ),
    )
add("json-stat unit", "euros", case(jsonstat({"base": "1000 EUR"}), None, "foreign-currency"))
add("json-stat unit", "multiplier", case(jsonstat({"base": "kr", "multiplier": 3}), 1e3))
add("json-stat unit", "multiplier of nought", case(jsonstat({"base": "kr", "multiplier": 0}), 1.0))
add("json-stat unit", "multiplier as text", case(jsonstat({"base": "kr", "multiplier": "3"}), 1e3))
add("json-stat unit", "multiplier of two", case(jsonstat({"base": "kr", "multiplier": 2}), 1e2))
add(
    "json-stat unit",
    "multiplier beside the word",
    case(jsonstat({"base": "1000 kr", "multiplier": 3}), 1e3, "measure-conflict", "unclear-measure"),
)
add("json-stat unit", "in the label", case(jsonstat({}, label="kostnad (1000 kr)"), 1e3, cost="kostnad (1000 kr)"))
add("json-stat unit", "in a note", case(jsonstat({}, top={"note": ["Tall i 1000 kr"]}), 1e3))
add("json-stat unit", "in the title", case(jsonstat({}, top={"label": "Utgifter (1000 kr) etter enhet"}), 1e3))
add("json-stat unit", "version 1", case(jsonstat1({"base": "1000 kr"}), 1e3))
add("json-stat unit", "version 1, type", case(jsonstat1({"type": "currency", "base": "kr", "multiplier": 3}), 1e3))
two = json.loads(jsonstat({"base": "kr"}))
add(
    "json-stat",
    "a collection",
    case(json.dumps({"version": "2.0", "class": "collection", "link": {"item": [two]}}), 1.0, "jsonstat"),
)

#: PC-Axis.
add("pc-axis", "units", case(px(units='UNITS="1000 kr";\n'), 1e3))
add("pc-axis", "units in two languages", case(px(units='UNITS="1000 kr";\nUNITS[en]="NOK 1000";\n'), 1e3))
add(
    "pc-axis",
    "units by quantity",
    case(px(words='CONTVARIABLE="statistikkvariabel";\nUNITS("kostnad")="1000 kr";\nUNITS("timer")="timer";\n'), 1e3),
)
add("pc-axis", "units of euros", case(px(units='UNITS="1000 EUR";\n'), None, "foreign-currency"))
add("pc-axis", "a note", case(px(words='NOTE="Alle beløp i 1000 kr";\n'), 1e3))
add("pc-axis", "a long note in two strings", case(px(words='NOTE="Alle beløp "\n"i 1000 kr";\n'), 1e3))
add("pc-axis", "with kroner", case(px(units='UNITS="kr";\n'), 1.0))
add(
    "pc-axis",
    "with keys for rows",
    case(px(words='KEYS("enhet")=VALUES;\n', values='"Nordre",1200 2400\n"Søndre",980 2100\n'), None, "not-a-table"),
)
add("pc-axis", "latin letters", case(px(page="iso-8859-15"), 1.0))
add("pc-axis", "a missing value", case(px(values='1200 2400 ".." 2100 1010 1900 1100 2000'), None, "missing-value"))

# -- workbooks: what stands beside the cells ------------------------------------------------------------------------


def note_on(cell: str, text: str) -> Callable[[Any], None]:
    """Return a change that puts a comment on a cell."""

    def change(sheet: Any) -> None:
        from openpyxl.comments import Comment

        sheet[cell].comment = Comment(text, "Regnskap")

    return change


def page_header(text: str, where: str = "oddHeader") -> Callable[[Any], None]:
    """Return a change that writes a page header or footer."""

    def change(sheet: Any) -> None:
        getattr(sheet, where).center.text = text

    return change


def formatted(cells: Sequence[str], code: str) -> Callable[[Any], None]:
    """Return a change that gives cells a format."""

    def change(sheet: Any) -> None:
        for cell in cells:
            sheet[cell].number_format = code

    return change


def info(*texts: str, title: str = "Les meg", hidden: bool = False) -> Callable[[Any], None]:
    """Return a change that adds a sheet with texts."""

    def change(book: Any) -> None:
        sheet = book.create_sheet(title)
        for text in texts:
            sheet.append([text])
        if hidden:
            sheet.sheet_state = "hidden"

    return change


def attribute(rows: Sequence[int], **values: Any) -> Callable[[Any], None]:
    """Return a change that sets what rows are: hidden, of no height."""

    def change(sheet: Any) -> None:
        for row in rows:
            for name, value in values.items():
                setattr(sheet.row_dimensions[row], name, value)

    return change


EXTRA = [*ROWS, ["Gammel (nedlagt)", 999, 1500]]
BOTH = ["unclear-measure"]
add("beside", "comment on the header", case(xlsx(change=note_on("B1", "Tall i 1000 kr")), 1e3, *BOTH))
add("beside", "comment on the header, of another column", case(xlsx(change=note_on("C1", "Vedtakstimer, antall")), 1.0))
add("beside", "comment on a cell", case(xlsx(change=note_on("B3", "I 1000 kr")), None, *BOTH))
add("beside", "comment on the corner", case(xlsx(change=note_on("A1", "Alle beløp i 1000 kr")), 1e3, *BOTH))
add("beside", "page header", case(xlsx(change=page_header("Alle tall i 1000 kr")), 1e3, *BOTH))
add("beside", "page footer", case(xlsx(change=page_header("Beløp i mill. kr", "oddFooter")), 1e6, *BOTH))
add("beside", "page header without measure", case(xlsx(change=page_header("Regnskap 2023 side &P")), 1.0))
add("beside", "note on another sheet", case(xlsx(others=info("Om tallene", "Alle beløp er i 1000 kr.")), 1e3, *BOTH))
add("beside", "note on a hidden sheet", case(xlsx(others=info("Alle tall i tusen kroner", hidden=True)), 1e3, *BOTH))
add("beside", "another sheet without measure", case(xlsx(others=info("Om tallene", "Foreløpige tall")), 1.0))
add(
    "beside",
    "table on another sheet with its own measure",
    case(
        xlsx(
            others=lambda book: [
                book.create_sheet("Budsjett").append(r) for r in (["post", "budsjett (1000 kr)"], ["x", 1])
            ]
        ),
        1.0,
    ),
)
add(
    "beside",
    "xls comment-free page header",
    case(xls(change=lambda s: s.set_header_str(b"Alle tall i 1000 kr")), 1e3, *BOTH),
)
add(
    "beside",
    "ods annotation",
    case(
        ods(
            [
                [
                    word("enhet"),
                    word("kostnad", "<office:annotation><text:p>Tall i 1000 kr</text:p></office:annotation>"),
                    word("timer"),
                ],
                *([word(n), number(c), number(h)] for n, c, h in ROWS),
            ]
        ),
        1e3,
        *BOTH,
    ),
)

add(
    "hidden",
    "row",
    case(
        xlsx([HEAD, *EXTRA], attribute([6], hidden=True)),
        1.0,
        costs=(*COSTS, 999),
        volumes=(*HOURS, 1500),
        warns="hidden-row",
    ),
)


def _outline(sheet: Any) -> None:
    sheet.row_dimensions.group(6, 6, hidden=True)


add(
    "hidden",
    "row in a closed outline",
    case(xlsx([HEAD, *EXTRA], _outline), 1.0, costs=(*COSTS, 999), volumes=(*HOURS, 1500), warns="hidden-row"),
)


def _filtered(sheet: Any) -> None:
    sheet.auto_filter.ref = "A1:C6"
    sheet.row_dimensions[6].hidden = True


add(
    "hidden",
    "row by a filter",
    case(xlsx([HEAD, *EXTRA], _filtered), 1.0, costs=(*COSTS, 999), volumes=(*HOURS, 1500), warns="hidden-row"),
)


def _xls_hidden(sheet: Any) -> None:
    sheet.row(5).hidden = True


add(
    "hidden",
    "xls row",
    case(xls([HEAD, *EXTRA], _xls_hidden), 1.0, costs=(*COSTS, 999), volumes=(*HOURS, 1500), warns="hidden-row"),
)
add(
    "hidden",
    "ods row",
    case(
        ods(
            [[word(t) for t in HEAD], *([word(n), number(c), number(h)] for n, c, h in EXTRA)],
            attributes=["", "", "", "", "", 'table:visibility="filter"'],
        ),
        1.0,
        costs=(*COSTS, 999),
        volumes=(*HOURS, 1500),
        warns="hidden-row",
    ),
)


add(
    "hidden",
    "xlsb row",
    case(
        xlsb({"Data": [HEAD, *EXTRA]}, hidden_rows=[6]), 1.0, costs=(*COSTS, 999), volumes=(*HOURS, 1500),
        warns="hidden-row",
    ),
)  # fmt: skip
add("hidden", "xlsb column", case(xlsb({"Data": [HEAD, *ROWS]}, hidden_columns=[1]), 1.0, warns="hidden-column"))
add("xlsb", "page header", case(xlsb({"Data": [HEAD, *ROWS]}, header="&CAlle tall i 1000 kr"), 1e3, *BOTH))
add("xlsb", "comment", case(xlsb({"Data": [HEAD, *ROWS]}, comments={(1, 1): "i 1000 kr"}), 1e3, *BOTH))


def _hidden_column(sheet: Any) -> None:
    sheet.column_dimensions["B"].hidden = True


add("hidden", "column", case(xlsx(change=_hidden_column), 1.0, warns="hidden-column"))

B, C = [f"B{k}" for k in range(2, 6)], [f"C{k}" for k in range(2, 6)]
FORMATS = {'#,##0 "kr"': 1.0, '#,##0 "tkr"': 1e3, '#,##0.0 "mill."': 1e6, '"kr" #,##0': 1.0, '#,##0 "1000 kr"': 1e3,
           '#,##0.0,,"M"': 1.0, '#,##0\\ "TNOK"': 1e3, '_-"kr"\\ * #,##0.00_-': 1.0, '#,##0,': 1.0}  # fmt: skip
for code, factor in FORMATS.items():
    add("format", code, case(xlsx(change=formatted(B, code)), factor))
    add("format of xls", code, case(xls(formats={(k, 1): code for k in range(1, 5)}), factor))
    add(
        "format of xlsb", code, case(xlsb({"Data": [HEAD, *ROWS]}, formats={(k, 1): code for k in range(2, 6)}), factor)
    )
add("format", "of euros", case(xlsx(change=formatted(B, '#,##0.00 "€"')), None, "foreign-currency"))
add("format", "one cell in euros", case(xlsx(change=formatted(["B3"], "[$€-407] #,##0.00")), None, "foreign-currency"))
add(
    "format",
    "one cell in thousands by its words",
    case(xlsx(change=formatted(["B3"], '#,##0 "tkr"')), None, "unclear-measure", "measure-conflict"),
)


def timed(code: str, made: Callable[[float], Any]) -> Callable[[Any], None]:
    """Return a change that makes hours of times."""

    def change(sheet: Any) -> None:
        for k, hours in enumerate(HOURS, 2):
            sheet[f"C{k}"] = made(hours)
            sheet[f"C{k}"].number_format = code

    return change


for code in ("[h]:mm", "[hh]:mm:ss", "[h]", "[t]:mm"):
    add(
        "hours",
        code,
        case(
            xlsx(change=timed(code, (lambda h: h / 24) if code == "[t]:mm" else lambda h: dt.timedelta(hours=h))),
            1.0,
            "not-a-number",
        ),
    )
add("hours", "[mm] minutes", case(xlsx(change=timed("[mm]", lambda h: dt.timedelta(hours=h))), 1.0, "not-a-number"))
add("hours", "written in text", case(csv(rows=[[n, c, f"{h}:30"] for n, c, h in ROWS]), None, "not-a-number"))
for code in ("[h]:mm", "[hh]:mm:ss"):
    timed_rows = [[n, float(c), h / 24] for n, c, h in ROWS]
    made = xlsb({"Data": [HEAD, *timed_rows]}, formats={(k, 2): code for k in range(2, 6)})
    add("hours", f"xlsb {code}", case(made, 1.0, "not-a-number"))
add(
    "xlsb", "subtotals", case(xlsb({"Data": [HEAD, *ROWS[:2], ["Sum nord", 2180, 4500], *ROWS[2:]]}), None, "total-row")
)
add(
    "hours",
    "xls",
    case(
        xls([HEAD, *([n, c, h / 24] for n, c, h in ROWS)], formats={(k, 2): "[h]:mm" for k in range(1, 5)}),
        1.0,
        "not-a-number",
    ),
)
add(
    "hours",
    "ods",
    case(
        ods(
            [
                [word(t) for t in HEAD],
                *(
                    [
                        word(n),
                        number(c),
                        f'<table:table-cell office:value-type="time" office:time-value="PT{h}H00M00S"><text:p>{h}:00</text:p></table:table-cell>',
                    ]
                    for n, c, h in ROWS
                ),
            ]
        ),
        1.0,
        "not-a-number",
    ),
)


def percented(values: Sequence[Any], code: str = "0.0 %") -> Callable[[Any], None]:
    """Return a change that adds shares in per cent."""

    def change(sheet: Any) -> None:
        sheet["D1"] = "andel"
        for k, value in enumerate(values, 2):
            sheet[f"D{k}"] = value
            if not isinstance(value, str):
                sheet[f"D{k}"].number_format = code

    return change


SHARE = {"cost": "kostnad", "hours": "andel"}
add(
    "per cent",
    "formatted",
    case(xlsx(change=percented([0.05, 0.053, 0.07, 0.1])), 1.0, **SHARE, volumes=(0.05, 0.053, 0.07, 0.1)),
)
add(
    "per cent",
    "formatted and written",
    case(xlsx(change=percented([0.05, "5,3 %", 0.07, "10 %"])), 1.0, **SHARE, volumes=(0.05, 0.053, 0.07, 0.1)),
)
add(
    "per cent",
    "xls formatted and written",
    case(
        xls(
            [[*HEAD, "andel"], *([*r, a] for r, a in zip(ROWS, [0.05, "5,3 %", 0.07, "10 %"], strict=True))],
            formats={(1, 3): "0.0%", (3, 3): "0.0%"},
        ),
        1.0,
        **SHARE,
        volumes=(0.05, 0.053, 0.07, 0.1),
    ),
)
add(
    "per cent",
    "one without the sign",
    case(
        csv([*HEAD, "andel"], [[*r, a] for r, a in zip(ROWS, ("5 %", "5,3", "7 %", "10 %"), strict=True)]),
        None,
        "mixed-percent",
        **SHARE,
    ),
)
add(
    "per cent",
    "a whole number without the format",
    case(xlsx(change=percented([0.05, 0.053, 0.07, "10"])), None, "mixed-percent", **SHARE),
)


def dated(cells: dict[str, Any]) -> Callable[[Any], None]:
    """Return a change that puts values in cells."""

    def change(sheet: Any) -> None:
        for cell, value in cells.items():
            sheet[cell] = value

    return change


add("dates", "a volume", case(xlsx(change=dated({"C3": dt.datetime(2024, 3, 12)})), None, "not-a-number"))
add("dates", "a cost", case(xlsx(change=dated({"B3": dt.date(2024, 1, 9)})), None, "not-a-number"))
add("dates", "a name", case(xlsx(change=dated({"A3": dt.datetime(2024, 3, 12)})), None, "date-as-name"))
add(
    "dates",
    "a volume in text",
    case(csv(rows=[[n, c, "mar.12" if h == 2100 else h] for n, c, h in ROWS]), None, "not-a-number"),
)
add(
    "dates",
    "xls name",
    case(
        xls(
            [HEAD, *([dt.date(2024, 3, 12) if n == "Søndre" else n, c, h] for n, c, h in ROWS)],
            formats={(2, 0): "d. mmm"},
        ),
        None,
        "date-as-name",
    ),
)

# -- tables -------------------------------------------------------------------------------------------------------

LINES = "\n".join(";".join(map(str, row)) for row in ROWS) + "\n"
GROUPS = ";Sykehjem;;Hjemmetjeneste;\n;kostnad;timer;kostnad;timer\n"
TWO = "".join(f"{n};{c};{h};{c * 2};{h * 2}\n" for n, c, h in ROWS)
add("two rows", "groups in text", case("enhet" + GROUPS + TWO, 1.0, cost="Sykehjem kostnad", hours="Sykehjem timer"))
add(
    "two rows",
    "groups in text, second",
    case(
        GROUPS.replace("\n;", "\nenhet;", 1) + TWO,
        2.0,
        cost="Hjemmetjeneste kostnad",
        hours="Hjemmetjeneste timer",
        volumes=[2 * h for h in HOURS],
        dialect="-",
    ),
)
add(
    "two rows",
    "years above",
    case(
        ";2022;;2023;\nenhet;kostnad;timer;kostnad;timer\n" + TWO,
        None,
        "wide-years",
        "missing-column",
        "duplicate-column",
    ),
)
add(
    "two rows",
    "years above, one used",
    case(";2022;;2023;\nenhet;kostnad;timer;kostnad;timer\n" + TWO, 1.0, cost="2022 kostnad", hours="2022 timer"),
)
add(
    "two rows",
    "duplicates",
    case(
        "enhet;kostnad;timer;kostnad\n" + "".join(f"{n};{c};{h};{c * 2}\n" for n, c, h in ROWS),
        None,
        "duplicate-column",
    ),
)
add(
    "two rows",
    "duplicates by case",
    case(
        "enhet;kostnad;timer;Kostnad\n" + "".join(f"{n};{c};{h};{c * 2}\n" for n, c, h in ROWS),
        1.0,
        "duplicate-column",
        "near-duplicate-column",
        warns="near-duplicate-column",
    ),
)


def _three(sheet: Any) -> None:
    sheet.insert_rows(1, 3)
    sheet["A1"] = "Regnskap pleie og omsorg"
    sheet.merge_cells("A1:C1")
    sheet["B2"], sheet["B3"], sheet["C3"] = "Drift 2023", "beløp", "antall"
    sheet.merge_cells("B2:C2")
    sheet["A3"] = "enhet"
    for cell in ("A4", "B4", "C4"):
        sheet[cell] = {"A4": "", "B4": "1000 kr", "C4": "timer"}[cell]


add("two rows", "title, group, name and measure", case(xlsx(change=_three), 1e3, cost="beløp", hours="antall"))

for names in (("kostnad 2022", "kostnad 2023", "timer 2022", "timer 2023"), ("kostnad_22", "kostnad_23", "timer_22", "timer_23"),
              ("R2022 kostnad", "R2023 kostnad", "R2022 timer", "R2023 timer"), ("kostnad (2022)", "kostnad (2023)", "timer (2022)", "timer (2023)"),
              ("2022 kostnad", "2023 kostnad", "2022 timer", "2023 timer"), ("kostnad2022", "kostnad2023", "timer2022", "timer2023"),
              ("kostnad 2022 (1000 kr)", "kostnad 2023 (1000 kr)", "timer 2022", "timer 2023"),
              ("kostnad 31.12.2022", "kostnad 31.12.2023", "timer 31.12.2022", "timer 31.12.2023")):  # fmt: skip
    text = ";".join(["enhet", *names]) + "\n" + "".join(f"{n};{c};{c + 1};{h};{h + 1}\n" for n, c, h in ROWS)
    add(
        "years",
        names[0],
        Case(
            text.encode(),
            None,
            frozenset(["wide-years"]),
            options={"inputs": [names[0], names[1]], "outputs": [names[2], names[3]]},
        ),
    )

HEADINGS = f"{ROWS[0][0]};1200;2400\n{ROWS[1][0]};980;2100\n"
add("heading", "padded", case("enhet;kostnad;timer\nSykehjem;;\n" + LINES, None, "group-heading"))
add(
    "heading",
    "padded, left out",
    case("enhet;kostnad;timer\nSykehjem:;;\n" + LINES, 1.0, options={"accept": ["group-heading"]}),
)
add(
    "heading",
    "with a dash",
    case("enhet;kostnad;timer\nSykehjem;-;-\n" + LINES, None, "group-heading", "no-input", "no-output"),
)
add(
    "heading",
    "in capitals in the middle",
    case(
        "enhet;kostnad;timer\n" + HEADINGS + "HJEMMETJENESTE;;\nØstre;1010;1900\nVestre;1100;2000\n",
        None,
        "group-heading",
    ),
)
add(
    "heading",
    "header once more",
    case(
        "enhet;kostnad;timer\n" + HEADINGS + "enhet;kostnad;timer\nØstre;1010;1900\nVestre;1100;2000\n",
        None,
        "repeated-header",
    ),
)
add(
    "heading",
    "header once more, left out",
    case(
        "enhet;kostnad;timer\n" + HEADINGS + "\nenhet;kostnad;timer\nØstre;1010;1900\nVestre;1100;2000\n",
        1.0,
        options={"accept": ["repeated-header"]},
    ),
)

BIG = [[n, c * 1000, h] for n, c, h in ROWS]
TOTAL = [4_290_000, 8400]
for label in (
    "Sum",
    "I alt",
    "Kommunen samlet",
    "Totalt",
    "Sum hele kommunen",
    "Grand Total",
    "Alle enheter",
    "Σ",
    "TOTAL:",
    "Kommunen",
    "Til sammen",
    "SUM ENHETER",
):
    add("total", label, case(csv(rows=[*BIG, [label, *TOTAL]]), None, "total-row"))
for label in ("Snitt", "Gjennomsnitt", "Median", "Average", "Landsgjennomsnitt", "Kommunesnitt"):
    add("total", f"mean {label}", case(csv(rows=[*BIG, [label, 1_072_500, 2100]]), None, "total-row"))
add("total", "above, rounded", case(csv(rows=[["Kommunen", 4_290_001, 8400], *BIG]), None, "total-row"))
add(
    "total",
    "one column rounded to thousands",
    case(csv(rows=[*[[n, c + 0.4, h] for n, c, h in BIG], ["Alle", 4_290_002, 8400]]), None, "total-row"),
)
NESTED = [
    ["Sykehjem", 2_180_000, 4500],
    ["  Nordre", 1_200_000, 2400],
    ["  Søndre", 980_000, 2100],
    ["Hjemmetjeneste", 2_110_000, 3900],
    ["  Østre", 1_010_000, 1900],
    ["  Vestre", 1_100_000, 2000],
]
add("total", "indented", case(csv(rows=NESTED), None, "total-row"))
add("total", "by hyphens", case(csv(rows=[[n.replace("  ", "- "), c, h] for n, c, h in NESTED]), None, "total-row"))
add("total", "below its parts", case(csv(rows=[*NESTED[1:3], NESTED[0], *NESTED[4:], NESTED[3]]), None, "total-row"))
add("total", "three levels", case(csv(rows=[["Omsorg", 4_290_000, 8400], *NESTED]), None, "total-row"))


def _indents(sheet: Any) -> None:
    from openpyxl.styles import Alignment

    for row in (3, 4, 6, 7):
        sheet[f"A{row}"].alignment = Alignment(indent=1)


add(
    "total",
    "indented by the format",
    case(xlsx([HEAD, *[[n.strip(), c // 1000, h] for n, c, h in NESTED]], _indents), None, "total-row"),
)
for label in ("Sum Omsorg AS", "Total Helse", "Samlet Omsorg AS", "Summa Care AB", "Total Omsorg Norge AS"):
    add("unit named so", label, case(csv(rows=[*BIG[:3], [label, 1_100_000, 2000]]), 1000.0, dialect="-"))
for label in ("Sum Nordre", "Total Sykehjem"):
    add(
        "total",
        f"of a part, {label}",
        case(csv(rows=[BIG[0], ["Nordre bo", 200_000, 400], [label, 1_400_000, 2800], *BIG[1:]]), None, "total-row"),
    )
KOSTRA = [
    ["0301 Oslo", 3_500_000, 700_000],
    ["1103 Stavanger", 980_000, 210_000],
    ["4204 Kristiansand", 870_000, 180_000],
    ["4201 Risør", 110_000, 21_500],
]
for label in (
    "EKG11 Kostragruppe 11",
    "EKA42 Agder",
    "EAKUO Landet uten Oslo",
    "EAK Landet",
    "EAFK",
    "42 Agder",
    "EAKU Landet",
    "KG13",
    "Kostragruppe 13",
    "Landet",
    "0 Hele landet",
    "EKA03",
    "Gjennomsnitt kostragruppe 11",
    "Fylket",
    "Norge",
):
    add(
        "ssb",
        label,
        case(
            csv(["region", "utgift", "døgn"], [*KOSTRA, [label, 900_000, 190_000]]),
            None,
            "total-row",
            id="region",
            cost="utgift",
            hours="døgn",
        ),
    )
STAT = json.loads(jsonstat({"base": "kr"}))
STAT["dimension"]["enhet"]["category"] = {
    "index": ["0301", "1103", "EAK", "4204"],
    "label": {"0301": "Oslo", "1103": "Stavanger", "EAK": "Landet", "4204": "Kristiansand"},
}
add("ssb", "code column of json-stat", case(json.dumps(STAT), None, "total-row"))

# -- amounts --------------------------------------------------------------------------------------------------------


def amounts(texts: Sequence[str], factor: float | None, *rules: str, **more: Any) -> Case:
    """Make a case of amounts of 1 200 000,50, 980 000, 1 010 000 and 1 100 000 as they are written."""
    rows = [[n, f'"{t}"', h] for n, t, h in zip(NAMES, texts, HOURS, strict=True)]
    return case(csv(rows=rows), factor, *rules, **{"costs": (1_200_000.5, 980_000, 1_010_000, 1_100_000), **more})


WRITTEN = {
    "kr first": ("kr 1 200 000,50", "kr 980 000,00", "kr 1 010 000,-", "kr 1 100 000"),
    "kr last": ("1 200 000,50 kr", "980 000 kr", "1 010 000 kr.", "1 100 000kr"),
    "kr. first": ("kr. 1.200.000,50", "kr. 980.000,00", "kr. 1.010.000,-", "kr. 1.100.000,-"),
    "NOK and points": ("NOK 1,200,000.50", "NOK 980,000.00", "NOK 1,010,000.00", "NOK 1,100,000.00"),
    "NOK last": ("1 200 000,50 NOK", "980 000,00 NOK", "1 010 000,00 NOK", "1 100 000,00 NOK"),
    "dash": ("1 200 000,50", "980 000,-", "1 010 000,–", "1 100 000,—"),
    "swedish dash": ("1 200 000,50", "980 000:-", "1 010 000:-", "1 100 000:-"),
    "swiss": ("1'200'000.50", "980'000.-", "1'010'000.–", "1'100'000.00"),
    "apostrophes": ("1’200’000.50", "980’000.00", "1’010’000.00", "1’100’000.00"),
    "narrow spaces": ("1\u202f200\u202f000,50", "980\u202f000", "1\u2009010\u2009000", "1\u00a0100\u00a0000"),
    "plus": ("+1 200 000,50", "+980 000,00", "+1 010 000", "1 100 000"),
    "english": ("1,200,000.50", "980,000.00", "1,010,000.00", "1,100,000.00"),
    "german": ("1.200.000,50", "980.000,00", "1.010.000,00", "1.100.000,00"),
    "no signs": ("1200000,50", "980000,00", "1010000,0", "1100000"),
    "space before the comma": ("1 200 000 ,50", "980 000", "1 010 000", "1 100 000"),
}  # fmt: skip
for name, texts in WRITTEN.items():
    more = ["not-a-number"] if name in ("swedish dash", "space before the comma") else []
    add("amount", name, amounts(texts, 1.0, *more))
NEGATIVE = {
    "brackets": "(45 000)", "brackets and comma": "(45 000,00)", "minus behind": "45 000,00-", "unicode minus": "−45 000",
    "en dash": "–45 000", "kr and brackets": "kr (45 000)", "minus and kr": "-kr 45 000", "kr and minus": "kr -45 000",
    "brackets around kr": "(kr 45 000,00)", "minus far behind": "45 000 -", "credit": "45 000,00 CR", "credit K": "45 000,00 K",
    "kredit": "45 000 kredit", "minus with space": "- 45 000", "em dash": "— 45 000",
}  # fmt: skip
for name, text in NEGATIVE.items():
    also = ["not-a-number"] if name in ("credit", "credit K", "kredit", "en dash", "em dash") else []
    add("negative", name, amounts(["1 200 000,50", text, "1 010 000", "1 100 000"], None, "negative-value", *also))
add("negative", "all are credits", case(csv(rows=[[n, -c, h] for n, c, h in BIG]), None, "negative-value"))
add(
    "negative",
    "debit marks",
    amounts(["1 200 000,50 D", "980 000,00 D", "1 010 000,00 D", "1 100 000,00 D"], 1.0, "not-a-number"),
)
ODD = ("1 200 k", "1,2 mill", "1200'", "1 200 000*", "1200000¹", "1200000 1)", "12 00 000", "1_200_000", "１２００", "0x1F",
       "1/2", "½", "<5", "ca. 1200", "~1200", "1200-1300", "TRUE", "Inf", "1e400", "1 200 000 SEK 5", "1.2.3", "1,2,3", "tusen", "12:30")  # fmt: skip
for text in ODD:
    add(
        "no amount",
        text,
        case(
            csv(rows=[[n, text if h == 2100 else f"{c},5", h] for n, c, h in ROWS]),
            None,
            "not-a-number",
            "own-measure",
            "not-finite",
            "missing-value",
            "suppressed-value",
            "ambiguous-number",
            "mixed-number-formats",
        ),
    )
for text in (
    "NA",
    "N/A",
    "NULL",
    "#N/A",
    "nan",
    "",
    "..",
    "n.d.",
    "k. A.",
    "mangler",
    "\\N",
    "#I/T",
    "None",
    "?",
    "–",
    "—",
    "ukjent",
    "NaN",
    "n/d",
    "i.a.",
):
    add(
        "missing",
        text or "blank",
        case(csv(rows=[[n, text if h == 2100 else c, h] for n, c, h in ROWS]), None, "missing-value", "empty-cell"),
    )
for text in ("#DIV/0!", "#REF!", "#VERDI!", "#NAVN?", "#VALUE!", "#NULL!", "#####"):
    add("missing", text, case(csv(rows=[[n, text if h == 2100 else c, h] for n, c, h in ROWS]), None, "formula-error"))
for text in (":", "<5", "*", "**"):
    add(
        "withheld",
        text,
        case(csv(rows=[[n, text if h == 2100 else c, h] for n, c, h in ROWS]), None, "suppressed-value"),
    )

POINTS = (1.2, 1.98, 1.01, 1.1)
POINT = csv(rows=[[n, f"{c:.3f}", h] for (n, _, h), c in zip(ROWS, POINTS, strict=True)])
add("ambiguous", "1.200 alone", case(POINT, None, "ambiguous-number"))
add("ambiguous", "1.200, decimal comma stated", case(POINT, 1e3, costs=POINTS, options={"decimal": ","}, dialect="-"))
add("ambiguous", "1.200, decimal point stated", case(POINT, 1.0, costs=POINTS, options={"decimal": "."}, dialect="-"))
add("ambiguous", "1,200 alone", case(POINT.replace(".", ","), None, "ambiguous-number"))
add(
    "ambiguous",
    "1.200 and 900",
    case(csv(rows=[["A", "1.200", 2400], ["B", "900", 2100], ["C", "1.010", 1900]]), None, "ambiguous-number"),
)
add(
    "ambiguous",
    "1.200 with 1.234.567",
    case(
        csv(rows=[["A", "1.200", 1], ["B", "1.234.567", 2], ["C", "1.010.000", 3]]),
        1.0,
        "scale-jump",
        costs=(1200, 1234567, 1010000),
        volumes=(1, 2, 3),
    ),
)
add(
    "ambiguous",
    "1.200 beside 12,5",
    case(
        csv(rows=[["A", "1.200", 2400], ["B", "912,5", 2100], ["C", "1.010", 1900]]),
        1.0,
        costs=(1200, 912.5, 1010),
        volumes=(2400, 2100, 1900),
    ),
)
add(
    "ambiguous",
    "both signs",
    case(csv(rows=[["A", "1200,5", 2400], ["B", "912.5", 2100], ["C", "1010,5", 1900]]), None, "mixed-number-formats"),
)
add(
    "ambiguous",
    "text in a workbook",
    case(xlsx([HEAD, ["A", "1.200", 2400], ["B", 980, 2100], ["C", 1010, 1900]]), None, "ambiguous-number"),
)
add("ambiguous", "volumes", case(csv(rows=[[n, c, f"{h / 1000:.3f}"] for n, c, h in ROWS]), None, "ambiguous-number"))
add(
    "ambiguous",
    "0.750",
    case(csv(rows=[["A", "0.750", 2400], ["B", "1.200", 2100]]), 1.0, costs=(0.75, 1.2), volumes=(2400, 2100)),
)

# -- formats and encodings ------------------------------------------------------------------------------------------

add("format of file", "utf-16", case(csv().encode("utf-16"), 1.0))
add("format of file", "utf-16 without mark", case(csv().encode("utf-16-le"), None, "not-a-table"))
add("format of file", "utf-8 with mark", case(csv().encode("utf-8-sig"), 1.0))
add("format of file", "latin-1", case(csv().encode("latin-1"), 1.0))
add("format of file", "mac roman", case(csv().encode("mac-roman"), 1.0, warns="damaged-text"))
add("format of file", "cp850", case(csv().encode("cp850"), 1.0, "encoding", "damaged-text", warns="damaged-text"))
add("format of file", "cp865", case(csv().encode("cp865"), 1.0, "encoding", "damaged-text", warns="damaged-text"))
add(
    "format of file",
    "twice encoded",
    case(csv().encode("utf-8").decode("cp1252", "replace"), 1.0, warns="damaged-text"),
)
add("format of file", "html entities", case(csv().replace("ø", "&oslash;").replace("Ø", "&Oslash;"), 1.0))
add("format of file", "tabs", case(csv().replace(";", "\t"), 1.0))
add("format of file", "bars", case(csv().replace(";", "|"), 1.0))
add("format of file", "commas", case(csv().replace(";", ","), 1.0))
add("format of file", "carets", case(csv().replace(";", "^"), None, "missing-column"))
add("format of file", "old Mac lines", case(csv().replace("\n", "\r"), 1.0))
add(
    "format of file",
    "Markdown",
    case(
        "| enhet | kostnad | timer |\n|---|---:|---:|\n" + "".join(f"| {n} | {c} | {h} |\n" for n, c, h in ROWS),
        1.0,
        "not-a-table",
    ),
)
add(
    "format of file",
    "JSON lines",
    case("".join(json.dumps(dict(zip(HEAD, r, strict=True))) + "\n" for r in ROWS), 1.0, "not-a-table"),
)
add("format of file", "JSON records", case(json.dumps([dict(zip(HEAD, r, strict=True)) for r in ROWS]), 1.0))
add(
    "format of file",
    "JSON of columns",
    case(
        json.dumps({h: {str(k): r[j] for k, r in enumerate(ROWS)} for j, h in enumerate(HEAD)}),
        1.0,
        "not-a-table",
        "jsonstat",
    ),
)
add("format of file", "SPSS", case(b"$FL2@(#) SPSS DATA FILE" + bytes(200), None, "not-a-table"))
add("format of file", "SPSS portable", case("ASCII SPSS PORT FILE".ljust(400), None, "not-a-table"))
add(
    "format of file",
    "SAS",
    case(bytes(12) + bytes.fromhex("c2ea8160b31411cfbd92080009c7318c181f1011") + bytes(300), None, "not-a-table"),
)
add(
    "format of file",
    "SAS transport",
    case("HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!".ljust(400), None, "not-a-table"),
)
add("format of file", "Feather", case(b"ARROW1\x00\x00" + bytes(100), None, "not-a-table"))
add("format of file", "SQLite", case(b"SQLite format 3\x00" + bytes(100), None, "not-a-table"))
add("format of file", "Access", case(b"\x00\x01\x00\x00Standard ACE DB\x00" + bytes(100), None, "not-a-table"))
add("format of file", "a picture", case(b"\x89PNG\r\n\x1a\n" + bytes(100), None, "not-a-table"))
add("format of file", "PDF", case("%PDF-1.7\n", None, "not-a-table"))
add("format of file", "HTML", case("<table><tr><th>enhet</th></tr></table>", None, "not-a-table"))
add(
    "format of file",
    "XML spreadsheet",
    case('<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?><Workbook/>', None, "not-a-table"),
)
add("format of file", "xls", case(xls(), 1.0))
add(
    "format of file",
    "ods",
    case(ods([[word(t) for t in HEAD], *([word(n), number(c), number(h)] for n, c, h in ROWS)]), 1.0),
)
add(
    "format of file",
    "ods in euros",
    case(
        ods(
            [
                [word(t) for t in HEAD],
                *([word(n), number(c, "currency", 'office:currency="EUR"'), number(h)] for n, c, h in ROWS),
            ]
        ),
        None,
        "foreign-currency",
    ),
)
add(
    "format of file",
    "ods header in thousands",
    case(
        ods(
            [
                [word("enhet"), word("kostnad (1000 kr)"), word("timer")],
                *([word(n), number(c), number(h)] for n, c, h in ROWS),
            ]
        ),
        1e3,
        cost="kostnad (1000 kr)",
    ),
)
add(
    "format of file",
    "xls header in thousands",
    case(xls([["enhet", "kostnad (1000 kr)", "timer"], *ROWS]), 1e3, cost="kostnad (1000 kr)"),
)
add(
    "format of file",
    "fixed width",
    case("enhet     kostnad  timer\n" + "".join(f"{n:<10}{c:<9}{h}\n" for n, c, h in ROWS), 1.0, "missing-column"),
)


def stata(label: str = "", table: str = "") -> bytes:
    """Return a Stata file with a label of the cost and of the data."""
    import pandas as pd

    made = io.BytesIO()
    frame = pd.DataFrame(ROWS, columns=HEAD)
    frame.to_stata(
        made,
        write_index=False,
        version=118,
        data_label=table or None,
        variable_labels={"kostnad": label} if label else None,
    )
    return made.getvalue()


def parquet(**options: Any) -> bytes:
    """Return a Parquet file."""
    import polars

    made = io.BytesIO()
    polars.DataFrame(ROWS, schema=HEAD, orient="row", **options).write_parquet(made)
    return made.getvalue()


add("format of file", "Parquet", case(parquet(), 1.0))
add("format of file", "a damaged Parquet file", case(parquet()[:60], None, "not-a-table"))
add("stata", "plain", case(stata(), 1.0))
add("stata", "label in thousands", case(stata("Brutto kostnad (1000 kr)"), 1e3))
add("stata", "label of the data", case(stata(table="Omsorg 2023, alle tall i 1000 kr"), 1e3))
add("stata", "label in euros", case(stata("Cost (EUR)"), None, "foreign-currency"))


def stacked(first: str, second: str, thousands: bool) -> bytes:
    """Return a workbook with a sheet per year, each with a title of its own."""

    def change(sheet: Any) -> None:
        sheet.title = "2022"
        sheet.insert_rows(1, 2)
        sheet["A1"] = first

    def others(book: Any) -> None:
        sheet = book.create_sheet("2023")
        sheet.append([second])
        sheet.append([])
        for row in (HEAD, *([n, c if thousands else c * 1000, h] for n, c, h in ROWS)):
            sheet.append(row)

    return xlsx(change=change, others=others)


STACK = {"sheet": "*", "period": "aar"}
add(
    "sheets",
    "both in thousands",
    Case(
        stacked("Tall i 1000 kr", "Tall i 1000 kr", True),
        1e3,
        costs=(*COSTS, *COSTS),
        volumes=(*HOURS, *HOURS),
        options=STACK,
    ),
)
add(
    "sheets",
    "one in thousands",
    Case(
        stacked("Tall i 1000 kr", "Regnskap", False),
        1e3,
        costs=(*COSTS, *COSTS),
        volumes=(*HOURS, *HOURS),
        options=STACK,
    ),
)
add(
    "sheets",
    "one in thousands, one in kroner",
    Case(
        stacked("Tall i 1000 kr", "Tall i kr", False),
        1e3,
        costs=(*COSTS, *COSTS),
        volumes=(*HOURS, *HOURS),
        options=STACK,
    ),
)
add(
    "sheets",
    "one silent and alike",
    Case(
        stacked("Tall i 1000 kr", "Regnskap", True), None, frozenset(["scale-jump", "unclear-measure"]), options=STACK
    ),
)
