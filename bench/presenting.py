"""How results are handed out: one workbook writer for the tables of every method."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

#: A unit called ``=A1`` is a name, not a formula, and an address is a text.
PLAIN_TEXT = {"options": {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}}


def write_workbook(sheets: Mapping[str, pd.DataFrame], path: str | Path) -> Path:
    """Write an Excel workbook with one sheet per table, every text as it stands, and return its path.

    Parameters
    ----------
    sheets : mapping of str to DataFrame
        By the name of the sheet; columns as they are, the index left out.
    path : path

    Examples
    --------
    >>> import pandas as pd, tempfile
    >>> table = pd.DataFrame({"unit": ["=1+1"], "efficiency": [0.9]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     print(write_workbook({"result": table}, Path(folder) / "result.xlsx").name)
    result.xlsx
    """
    import pandas as pd

    target = Path(path)
    with pd.ExcelWriter(target, engine="xlsxwriter", engine_kwargs=PLAIN_TEXT) as writer:
        for name, frame in sheets.items():
            frame.to_excel(writer, sheet_name=name, index=False)
            writer.sheets[name].freeze_panes(1, 0)
            writer.sheets[name].autofit()
    return target
