"""Letters as Word and PDF files; the same letter gives the same bytes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bench.errors import ResourceError
from bench.report.fonts import FAMILY, FOLDER
from bench.report.letters.contents import Letter, Part
from bench.report.tables.page import Table

#: Time of every entry of a Word file: letters carry no time of their own.
_TIME = (2000, 1, 1, 0, 0, 0)


def write_letters(letters: Iterable[Letter], folder: Path) -> list[Path]:
    """Write every letter as Word and as PDF to a folder, and return the files.

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
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for letter in letters:
        for ending, data in (("docx", word_bytes(letter)), ("pdf", pdf_bytes(letter))):
            path = folder / f"{letter.name}.{ending}"
            path.write_bytes(data)
            made.append(path)
    return made


# -- Word ------------------------------------------------------------------------------------------------------------


def word_bytes(letter: Letter) -> bytes:
    """Return a letter as a Word file."""
    import datetime

    from docx import Document
    from docx.shared import Pt

    document = Document()
    style = document.styles["Normal"]
    style.font.name, style.font.size = "Arial", Pt(10)
    properties = document.core_properties
    properties.title, properties.author = letter.title, letter.sender
    properties.language = "nb-NO" if letter.language == "nb" else "en-GB"
    properties.created = properties.modified = datetime.datetime(2000, 1, 1)
    if letter.banner:
        document.add_paragraph().add_run(letter.banner).bold = True
    document.add_heading(letter.title, level=1)
    document.add_paragraph(letter.sender)
    for part in letter.parts:
        _word_part(document, part)
    buffer = io.BytesIO()
    document.save(buffer)
    return _timeless(buffer.getvalue())


def _word_part(document: Any, part: Part) -> None:
    if part.annex:
        document.add_page_break()
    document.add_heading(part.title, level=2)
    for paragraph in part.paragraphs:
        document.add_paragraph(paragraph)
    for table in part.tables:
        document.add_paragraph().add_run(table.caption).bold = True
        _word_table(document, table)


def _word_table(document: Any, table: Table) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH

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


def pdf_bytes(letter: Letter) -> bytes:
    """Return a letter as a PDF."""
    import typst

    text = _HEAD.format(
        family=FAMILY, title=_string(letter.title), sender=_string(letter.sender), language=_string(letter.language)
    )
    if letter.banner:
        text += f"#strong({_string(letter.banner)})\n\n"
    text += f"#heading(level: 1, {_string(letter.title)})\n#text({_string(letter.sender)})\n\n"
    for part in letter.parts:
        text += _typst_part(part)
    places: list[Any] = [str(FOLDER)]
    made: bytes = typst.compile(text.encode(), font_paths=places)
    return made


def _typst_part(part: Part) -> str:
    text = "#pagebreak()\n" if part.annex else ""
    text += f"#heading(level: 2, {_string(part.title)})\n"
    for paragraph in part.paragraphs:
        text += f"#par({_string(paragraph)})\n\n"
    for table in part.tables:
        text += f"#strong({_string(table.caption)})\n\n{_typst_table(table)}\n\n"
    return text


def _typst_table(table: Table) -> str:
    sides = ", ".join("right" if numeric else "left" for numeric in table.numeric)
    head = ", ".join(f"strong({_string(title)})" for title in table.columns)
    cells = ", ".join(_string(cell.text) for row in table.rows for cell in row)
    return (
        f"#text(size: 8.5pt, table(columns: {len(table.columns)}, align: ({sides},), stroke: 0.4pt + gray, inset: 4pt, "
        f"table.header({head}), {cells}))"
    )


def _string(text: str) -> str:
    """Return a text as a literal: nothing in it can be markup."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ").replace("\r", " ")
    return f'"{escaped}"'
