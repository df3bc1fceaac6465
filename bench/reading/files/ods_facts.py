"""What an OpenDocument workbook says beside its values: hidden rows, formats, comments and page headers.

Source: OpenDocument 1.3, part 3, sections 9 (tables), 14.1 (annotations), 16.27 to 16.29 (number and cell styles).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from bench.reading.addresses import a1
from bench.reading.files.entities import unescaped
from bench.reading.files.workbook_facts import CellFormat, Remark, SheetFacts, attributes_of, refuse_stretched
from bench.reading.values.measures import heard

_TABLE = re.compile(rb"<table:table(?=[\s>])([^>]*)>(.*?)</table:table>", re.DOTALL)
_TOKEN = re.compile(
    rb"<table:(?:table-row\b(?P<row>[^>]*)>|(?:covered-)?table-cell\b(?P<cell>[^>]*?)/?>)"
    rb"|<office:annotation\b[^>]*>(?P<note>.*?)</office:annotation>",
    re.DOTALL,
)
_COLUMN = re.compile(rb"<table:table-column\b([^>]*?)/?>")
_CELL_STYLE = re.compile(rb"<style:style\b([^>]*)>")
_NUMBER_STYLE = re.compile(rb"<number:(?:number|currency|percentage)-style\b([^>]*)>(.*?)</number:", re.DOTALL)
_WORDS = re.compile(rb"<number:(?:text|currency-symbol)\b[^>]*>(.*?)</number:(?:text|currency-symbol)>", re.DOTALL)
_DISPLAY = re.compile(rb'number:display-factor="(\d+)"')
_PAGE = re.compile(rb"<style:(?:header|footer)\b[^>]*>(.*?)</style:(?:header|footer)>", re.DOTALL)
_PARAGRAPH = re.compile(rb"<text:p\b[^>]*>(.*?)</text:p>", re.DOTALL)


def ods_facts(content: bytes, styles: bytes = b"") -> dict[str, SheetFacts]:
    """Return what the sheets of an ods workbook say beside their values.

    Parameters
    ----------
    content, styles : bytes
        The parts ``content.xml`` and ``styles.xml``.

    Raises
    ------
    DataError
        Rule ``stray-cell``.
    """
    formats = _formats(styles + content)
    pages = tuple(
        Remark("page header", "", text) for part in _PAGE.findall(styles + content) if (text := _paragraphs(part))
    )
    return {
        _plain(attributes_of(match[1]).get("table:name", "")): _sheet(
            match[2], attributes_of(match[1]).get("table:name", ""), formats, pages
        )
        for match in _TABLE.finditer(content)
    }


def _plain(text: str) -> str:
    return unescaped(text)


def _paragraphs(xml: bytes) -> str:
    texts = [re.sub(rb"<[^>]*>", b"", one).decode("utf-8", "replace") for one in _PARAGRAPH.findall(xml)]
    return _plain(" ".join(texts)).strip()


def _formats(xml: bytes) -> dict[str, CellFormat]:
    """Return the formats that say anything, by the name of the cells' style."""
    numbers = {}
    parts = re.split(rb"(?=<number:(?:number|currency|percentage)-style\b)", xml)
    for part in parts[1:]:
        end = re.search(rb"</number:(?:number|currency|percentage)-style>", part)
        body = part[: end.start()] if end else part[:2000]
        head, _, inner = body.partition(b">")
        words = " ".join(word.decode("utf-8", "replace") for word in _WORDS.findall(inner)).strip()
        said = heard(words) or heard(f"(i {words})") if words else None
        shown = _DISPLAY.search(inner)
        numbers[attributes_of(head).get("style:name", "")] = CellFormat(
            shown=float(shown[1]) if shown else 1.0,
            factor=said.factor if said else 1.0,
            currency=said.currency if said else "",
        )
    found = {}
    for match in _CELL_STYLE.finditer(xml):
        made = attributes_of(match[1])
        form = numbers.get(made.get("style:data-style-name", ""))
        if form is not None and form.says:
            found[made.get("style:name", "")] = form
    return found


def _sheet(xml: bytes, sheet: str, formats: Mapping[str, CellFormat], pages: tuple[Remark, ...]) -> SheetFacts:
    hidden_columns: set[int] = set()
    defaults: dict[int, str] = {}
    position = 0
    for match in _COLUMN.finditer(xml):
        made = attributes_of(match[1])
        count = int(made.get("table:number-columns-repeated", "1"))
        places = range(position, min(position + count, 16_384))
        if made.get("table:visibility") in ("collapse", "filter"):
            hidden_columns.update(places)
        if made.get("table:default-cell-style-name") in formats:
            defaults.update(dict.fromkeys(places, made["table:default-cell-style-name"]))
        position += count
    hidden_rows: set[int] = set()
    percents: list[tuple[int, int]] = []
    special: dict[int, dict[CellFormat, list[int]]] = {}
    remarks: list[Remark] = []
    cells: set[tuple[int, int]] = set()
    row, rows, column, last, hidden = 0, 1, 0, 0, False
    for match in _TOKEN.finditer(xml):
        if match["row"] is not None:
            made = attributes_of(match["row"])
            row += rows if row else 1
            rows = int(made.get("table:number-rows-repeated", "1"))
            hidden = made.get("table:visibility") in ("collapse", "filter")
            column = 0
        elif match["note"] is not None:
            remarks.append(Remark("comment", a1(max(row, 1), last), _paragraphs(match["note"])))
        else:
            made = attributes_of(match["cell"])
            count, kind = int(made.get("table:number-columns-repeated", "1")), made.get("office:value-type", "")
            last = column
            if kind:
                cells.add((row + rows - 1, column + count))
                if hidden:
                    hidden_rows.update(range(row, row + rows))
                lines = range(row, row + min(rows, 1000))
                for place in range(column, min(column + count, 16_384)):
                    if kind == "percentage":
                        percents += [(line, place) for line in lines]
                    form = _form(made, kind, formats, defaults.get(place, ""))
                    if form is not None:
                        special.setdefault(place, {}).setdefault(form, []).extend(lines)
            column += count
    refuse_stretched(cells, sheet)
    return SheetFacts(
        frozenset(hidden_rows), frozenset(hidden_columns), tuple(percents), special, {}, (*remarks, *pages)
    )


def _form(made: Mapping[str, str], kind: str, formats: Mapping[str, CellFormat], default: str) -> CellFormat | None:
    """Return what a cell's style says of its number, or the currency its kind names."""
    if kind not in ("float", "currency", "percentage"):
        return None
    form = formats.get(made.get("table:style-name", default))
    if form is not None:
        return form
    said = heard(made.get("office:currency", "")) if kind == "currency" else None
    return CellFormat(currency=said.currency) if said is not None else None
