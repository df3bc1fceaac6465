"""Workbooks calculated by LibreOffice, many in one process, against the values they were written with."""

from __future__ import annotations

import io
import re
import subprocess
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from report.report_office import SOFFICE


def without_values(data: bytes) -> bytes:
    """Take out the values beside the formulas, so that LibreOffice must compute them."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            if name.startswith("xl/worksheets/sheet"):
                part = re.sub(rb"(</f>)<v>[^<]*</v>", rb"\1", part)
            new.writestr(name, part)
    return buffer.getvalue()


def recalculate(books: Mapping[str, bytes], folder: Path) -> dict[str, Any]:
    """Return every workbook as LibreOffice computes it; one process for all."""
    import openpyxl

    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, data in books.items():
        path = folder / f"{name}.xlsx"
        path.write_bytes(without_values(data))
        paths.append(path)
    out = folder / "out"
    subprocess.run(
        [
            *(str(SOFFICE), f"-env:UserInstallation=file://{folder}/profile", "--headless"),
            *("--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(out), *map(str, paths)),
        ],
        check=True,
        capture_output=True,
        timeout=570,
    )
    return {name: openpyxl.load_workbook(out / f"{name}.xlsx", data_only=True, read_only=True) for name in books}


def differing(data: bytes, computed: Any) -> list[str]:
    """Return the cells, of all sheets, where LibreOffice gives something else than what was written."""
    import openpyxl

    found = []
    written = openpyxl.load_workbook(io.BytesIO(data), data_only=True, read_only=True)
    assert written.sheetnames == computed.sheetnames
    for name in written.sheetnames:
        ours, theirs = written[name].iter_rows(), computed[name].iter_rows()
        for row, other in zip(ours, theirs, strict=False):
            for cell, made in zip(row, other, strict=False):
                a, b = cell.value, made.value
                if isinstance(a, int | float) and isinstance(b, int | float):
                    same = abs(a - b) <= 1e-6 + 1e-9 * max(abs(a), abs(b))
                else:
                    same = (a or "") == (b or "")
                if not same:
                    found.append(f"{name}!{cell.coordinate}: {a!r}, LibreOffice {b!r}")
    return found
