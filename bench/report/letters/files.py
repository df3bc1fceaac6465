"""Letters as Word and PDF files; the same letter gives the same bytes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from bench.errors import ResourceError
from bench.report.charts.images import to_png
from bench.report.fonts import FAMILY, FOLDER
from bench.report.letters.contents import Letter, Part
from bench.report.tables.page import Table

#: Width of a chart in a letter, mm.
_FIGURE = 150

#: A4, mm, and the size of letters in tables of a letter, points.
_PAPER, _SMALL = (210, 297), 8.5

#: Time of every entry of a Word file: letters carry no time of their own.
_TIME = (2000, 1, 1, 0, 0, 0)


def letter_files(letters: Iterable[Letter]) -> Iterator[tuple[str, str, bytes]]:
    """Yield every letter as Word and as PDF: (stage, file name, bytes).

    Raises
    ------
    ResourceError
        When the extra ``letters`` is not installed.
    """
    try:
        import docx  # noqa: F401
        import typst  # noqa: F401
    except ImportError as error:
        raise ResourceError(f"{error.name} is missing: pip install 'stykkpris[letters]'") from error
    for letter in letters:
        yield "letters", f"{letter.name}.docx", word_bytes(letter)
        yield "letters", f"{letter.name}.pdf", pdf_bytes(letter)


# -- Word ------------------------------------------------------------------------------------------------------------


def word_bytes(letter: Letter) -> bytes:
    """Return a letter as a Word file."""
    import datetime

    from docx import Document
    from docx.shared import Mm, Pt

    document = Document()
    style = document.styles["Normal"]
    style.font.name, style.font.size = "Arial", Pt(7 if letter.compact else 10)
    section = document.sections[0]
    section.page_width, section.page_height = Mm(_PAPER[0]), Mm(_PAPER[1])
    margin = _margin(letter.compact)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Mm(margin)
    style.paragraph_format.space_after, style.paragraph_format.line_spacing = Pt(3), 1.0
    if letter.compact:
        for name in ("Normal", "Heading 1", "Heading 2"):
            form = document.styles[name].paragraph_format
            form.space_before = form.space_after = Pt(1)
            form.line_spacing = 1.0
        for name, size in (("Heading 1", 12), ("Heading 2", 8.5)):
            document.styles[name].font.size = Pt(size)
    properties = document.core_properties
    properties.title, properties.author = letter.title, letter.sender
    properties.language = "nb-NO" if letter.language == "nb" else "en-GB"
    properties.created = properties.modified = datetime.datetime(2000, 1, 1)
    if letter.banner:
        document.add_paragraph().add_run(letter.banner).bold = True
    document.add_heading(letter.title, level=1)
    document.add_paragraph(letter.sender)
    for part in letter.parts:
        _word_part(document, part, letter.compact)
    buffer = io.BytesIO()
    document.save(buffer)
    return _timeless(buffer.getvalue())


def _margin(compact: bool) -> int:
    return 11 if compact else 20


def _word_part(document: Any, part: Part, compact: bool) -> None:
    from docx.shared import Mm, Pt

    if part.annex:
        document.add_page_break()
    document.add_heading(part.title, level=2)
    for paragraph in part.paragraphs:
        document.add_paragraph(paragraph)
    if part.figure is not None:
        picture = document.add_picture(io.BytesIO(to_png(part.figure.wide)), width=Mm(_FIGURE))
        picture._inline.docPr.set("descr", part.figure.alt)
    for table in part.tables:
        if table.caption != part.title:
            caption = document.add_paragraph()
            caption.add_run(table.caption).bold = True
            caption.paragraph_format.keep_with_next = True
            if not compact:
                caption.paragraph_format.space_before = Pt(4)
        _word_table(document, table, compact)


def _word_table(document: Any, table: Table, compact: bool) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.shared import Mm, Pt

    made = document.add_table(rows=1, cols=len(table.columns))
    made.style = "Light Grid Accent 1"
    for cell, title in zip(made.rows[0].cells, table.columns, strict=True):
        cell.text = title
    for row in table.rows:
        cells = made.add_row().cells
        for k, (cell, item) in enumerate(zip(cells, row, strict=True)):
            cell.text = item.text
            if table.numeric[k]:
                cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT
    made.autofit = False
    widths = _widths(table, _PAPER[0] - 2 * _margin(compact))
    for column, width in zip(made.columns, widths, strict=True):  # LibreOffice goes by the columns, Word by the cells
        column.width = Mm(width)
    for k, row in enumerate(made.rows):
        # A row stays whole, and the heads are said again on the next page.
        for name in ("w:cantSplit", "w:tblHeader") if k == 0 else ("w:cantSplit",):
            row._tr.get_or_add_trPr().append(OxmlElement(name))
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = Mm(width)
            for run in cell.paragraphs[0].runs if not compact else ():
                run.font.size = Pt(_SMALL)


def _widths(table: Table, room: float) -> list[float]:
    """Return the widths of the columns, mm: what the longest text needs, or the longest word where room is short."""
    letter = 0.235 * _SMALL  # mm a letter of this size takes, with what is around it
    whole, least = [], []
    for k, title in enumerate(table.columns):
        texts = [row[k].text for row in table.rows]
        words = [len(word) for text in (title, *texts) for word in text.split(" ")]
        head = max(len(word) for word in title.split() or [""])
        least.append(letter * max(words, default=0) + 6.0)
        whole.append(letter * max([head, *(len(text) for text in texts)]) + 6.0)
    if sum(whole) <= room:
        return whole
    if sum(least) >= room:
        return [width * room / sum(least) for width in least]
    share = (room - sum(least)) / (sum(whole) - sum(least))
    return [low + share * (high - low) for low, high in zip(least, whole, strict=True)]


def _timeless(data: bytes) -> bytes:
    """Return a zip file with one fixed time on every entry."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, _TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, old.read(name))
    return buffer.getvalue()


# -- PDF -------------------------------------------------------------------------------------------------------------

_HEAD = """#set document(title: {title}, author: {sender}, date: none)
#set page(paper: "a4", margin: 20mm, numbering: "1")
#set text(font: ("{family}", "Arial", "Liberation Sans", "DejaVu Sans"), size: 10pt, lang: {language})
#show heading: set block(above: 1.2em, below: 0.6em)
"""

#: What makes a letter close: its margins and its letters.
_CLOSE = """#set page(margin: 13mm, numbering: none)
#set text(size: {size}pt)
#set par(leading: 0.45em, spacing: 0.6em)
#show heading: set block(above: 0.8em, below: 0.4em)
#show heading.where(level: 1): set text(size: 1.1em)
#show heading.where(level: 2): set text(size: 0.9em)
"""

#: Columns that two tables may have together to stand side by side.
_NARROW = 6

#: Sizes of the letters of one that stays on one A4, the largest that fits.
_SIZES = (9.0, 8.5, 8.0, 7.5, 7.0, 6.5, 6.0)


def pdf_bytes(letter: Letter) -> bytes:
    """Return a letter as a PDF."""
    if not letter.compact:
        return _compiled(_closed_up(letter), 0.0)
    return next((data for size in _SIZES if (data := _one_page(letter, size))), _compiled(letter, _SIZES[-1]))


def _one_page(letter: Letter, size: float) -> bytes:
    """Return the letter at a size of letters, or nothing where it takes more than a page."""
    return b"" if _pages(letter, size) > 1 else _compiled(letter, size)


def _closed_up(letter: Letter) -> Letter:
    """Return a letter whose annexes go on where it ends, when it takes more than the page it should.

    A break would leave most of the second page empty.
    """
    first = next((k for k, part in enumerate(letter.parts) if part.annex), len(letter.parts))
    if first == len(letter.parts) or _pages(replace(letter, parts=letter.parts[:first]), 0.0) == 1:
        return letter
    return replace(letter, parts=tuple(replace(part, annex=False) for part in letter.parts))


def _pages(letter: Letter, size: float) -> int:
    import typst

    compile_: Any = typst.compile
    pages = compile_(_source(letter, size).encode(), format="svg", font_paths=[str(FOLDER)])
    return len(pages) if isinstance(pages, list) else 1


def _compiled(letter: Letter, size: float) -> bytes:
    import typst

    compile_: Any = typst.compile
    made: bytes = compile_(_source(letter, size).encode(), font_paths=[str(FOLDER)])
    return made


def _source(letter: Letter, size: float) -> str:
    """Return a letter as Typst's source; ``size`` is that of the letters of a close one."""
    text = _HEAD.format(
        family=FAMILY, title=_string(letter.title), sender=_string(letter.sender), language=_string(letter.language)
    )
    if size:
        text += _CLOSE.format(size=size)
    if letter.banner:
        text += f"#strong({_string(letter.banner)})\n\n"
    text += f"#heading(level: 1, {_string(letter.title)})\n#text({_string(letter.sender)})\n\n"
    for part in letter.parts:
        text += _typst_part(part, size)
    return text


def _typst_part(part: Part, size: float) -> str:
    text = "#pagebreak()\n" if part.annex else ""
    said = f"#heading(level: 2, {_string(part.title)})\n"
    for paragraph in part.paragraphs:
        said += f"#par({_string(paragraph)})\n\n"
    if part.figure is not None:
        drawing = f'bytes({_string(part.figure.wide)}), format: "svg", alt: {_string(part.figure.alt)}'
        said = f"#block(breakable: false)[{said}#image({drawing}, width: {_FIGURE}mm)]\n\n"
    text += said
    narrow = len(part.tables) == 2 and sum(len(made.columns) for made in part.tables) <= _NARROW
    if (size and len(part.tables) > 1) or narrow:  # side by side
        cells = ", ".join(f"[{_caption(made)}{_typst_table(made, size)}]" for made in part.tables)
        columns = min(3, len(part.tables))
        return f"{text}#grid(columns: ({('1fr, ' if size else 'auto, ') * columns}), gutter: 8pt, {cells})\n\n"
    for table in part.tables:
        named = "" if table.caption == part.title else _caption(table)
        text += f"{named}{_typst_table(table, size)}\n\n"
    return text


def _caption(table: Table) -> str:
    """A table's name, close above it and on its page."""
    return f"#block(below: 0.5em, sticky: true, strong({_string(table.caption)}))\n"


def _typst_table(table: Table, size: float) -> str:
    sides = ", ".join("right" if numeric else "left" for numeric in table.numeric)
    head = ", ".join(f"strong({_string(title)})" for title in table.columns)
    cells = ", ".join(_string(cell.text) for row in table.rows for cell in row)
    return (
        f"#text(size: {size - 0.5 if size else 8.5}pt, table(columns: {len(table.columns)}, align: ({sides},), "
        f"stroke: 0.4pt + gray, inset: {2 if size else 4}pt, "
        f"table.header({head}), {cells}))"
    )


def _string(text: str) -> str:
    """Return a text as a literal: nothing in it can be markup."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ").replace("\r", " ")
    return f'"{escaped}"'
