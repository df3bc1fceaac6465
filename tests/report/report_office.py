"""LibreOffice and the browser, for tests that open what was written."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

SOFFICE = shutil.which("soffice")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

needs_soffice = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")


def recalculated(source: Path, folder: Path) -> Any:
    """Return the workbook with every formula computed by LibreOffice, not by us.

    The values written beside the formulas are taken out first, so that equality is a real test.
    """
    import openpyxl

    folder.mkdir(parents=True, exist_ok=True)
    stripped = folder / "stripped.xlsx"
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(stripped, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            if name.startswith("xl/worksheets/sheet"):
                data = re.sub(rb"(</f>)<v>[^<]*</v>", rb"\1", data)
                assert b"</f><v>" not in data
            new.writestr(name, data)
    profile = f"-env:UserInstallation=file://{folder}/profile"
    out = folder / "out"
    subprocess.run(
        [str(SOFFICE), profile, "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", out, stripped],
        check=True,
        capture_output=True,
        timeout=180,
    )
    return openpyxl.load_workbook(out / stripped.name, data_only=True)


def rendered(page: Path, folder: Path) -> str:
    """Return a page's document after its scripts have run."""
    made = subprocess.run(
        [
            str(CHROMIUM),
            *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
            *("--disable-component-update", "--disable-sync", f"--user-data-dir={folder}"),
            *("--virtual-time-budget=8000", "--dump-dom", f"file://{page}"),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    return made.stdout.decode()
