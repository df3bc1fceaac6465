"""How results are handed out: one summary (text, HTML, LaTeX) and one workbook writer for every method."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from bench.errors import Issue

#: A unit called ``=A1`` is a name, not a formula, and an address is a text.
PLAIN_TEXT = {"options": {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}}


@dataclass(frozen=True, slots=True, repr=False)
class Summary:
    """A title, facts, a table of numbers and notes: as text, HTML and LaTeX.

    Attributes
    ----------
    title : str
    facts : tuple of (str, str)
        Labelled values above the table.
    header : tuple of str
        Empty where the columns need no names, as for labelled values.
    sections : tuple of (heading, rows)
        Each row is a tuple of text, one per column of the header.
    notes : tuple of str
    """

    title: str
    facts: tuple[tuple[str, str], ...]
    header: tuple[str, ...]
    sections: tuple[tuple[str, tuple[tuple[str, ...], ...]], ...]
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        rows = [row for _, part in self.sections for row in part]
        table = [self.header, *rows] if self.header else rows
        widths = [max(len(cell) for cell in column) for column in zip(*table, strict=True)]
        widths[0] = max(widths[0], *(len(heading) for heading, _ in self.sections))
        line = "-" * (sum(widths) + 2 * (len(widths) - 1))
        text = [self.title, *self._fact_lines(), line, *([_row(self.header, widths), line] if self.header else [])]
        for heading, part in self.sections:
            if heading:
                text.append(heading)
            text += [_row(row, widths) for row in part]
            text.append(line)
        return "\n".join([*text, *self.notes])

    __repr__ = __str__

    def _fact_lines(self) -> list[str]:
        left = max((len(label) for label, _ in self.facts), default=0)
        return [f"{label:<{left}} = {value}" for label, value in self.facts]

    @property
    def columns(self) -> int:
        """How many columns the table of numbers has."""
        return len(self.header) or max(len(row) for _, part in self.sections for row in part)

    def _repr_html_(self) -> str:
        facts = "".join(f"<tr><td>{escape(a)}</td><td>{escape(b)}</td></tr>" for a, b in self.facts)
        head = "".join(f"<th>{escape(cell)}</th>" for cell in self.header)
        body = ""
        for heading, part in self.sections:
            if heading:
                body += f'<tr><th colspan="{self.columns}" style="text-align:left">{escape(heading)}</th></tr>'
            body += "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in part)
        notes = "".join(f"<p>{escape(note)}</p>" for note in self.notes)
        named = f"<thead><tr>{head}</tr></thead>" if head else ""
        caption = f"<caption>{escape(self.title)}</caption>"
        above = f"<table>{caption}<tbody>{facts}</tbody></table><table>" if facts else f"<table>{caption}"
        return f"{above}{named}<tbody>{body}</tbody></table>{notes}"

    def to_frame(self) -> pd.DataFrame:
        """Return one row per line: its section and its cells as text."""
        import pandas as pd

        header = self.header or ("label", *("value",) * (self.columns - 1))
        names = ["section", *(name or "name" for name in header)]
        blank = ("",) * (self.columns - 2)
        rows = [("", *fact, *blank) for fact in self.facts]
        rows += [(heading, *row) for heading, part in self.sections for row in part]
        rows += [("note", note, "", *blank) for note in self.notes]
        return pd.DataFrame(rows, columns=names)

    def to_latex(self) -> str:
        """Return a ``tabular`` environment: the numbers, then the facts (such as observations) and the notes."""
        count = self.columns
        title = rf"\multicolumn{{{count}}}{{l}}{{{_latex(self.title)}}} \\"
        lines = [rf"\begin{{tabular}}{{l{'r' * (count - 1)}}}", title, r"\hline"]
        if self.header:
            lines += [" & ".join(_latex(cell) for cell in self.header) + r" \\", r"\hline"]
        for heading, part in self.sections:
            if heading:
                lines.append(rf"\multicolumn{{{count}}}{{l}}{{\textit{{{_latex(heading)}}}}} \\")
            lines += [" & ".join(_latex(cell) for cell in row) + r" \\" for row in part]
        lines.append(r"\hline")
        wide = rf"\multicolumn{{{count - 1}}}{{l}}"
        lines += [f"{_latex(label)} & {wide}{{{_latex(value)}}} \\\\" for label, value in self.facts]
        if self.notes:
            lines.append(r"\hline")
        whole = rf"\multicolumn{{{count}}}{{p{{\linewidth}}}}"
        lines += [rf"{whole}{{\footnotesize {_latex(note)}}} \\" for note in self.notes]
        return "\n".join([*lines, r"\hline", r"\end{tabular}"])


def _row(cells: tuple[str, ...], widths: list[int]) -> str:
    first, *rest = (
        f"{cell:<{w}}" if k == 0 else f"{cell:>{w}}" for k, (cell, w) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join([first, *rest])


_LATEX = {
    "&": r"\&", "%": r"\%", "_": r"\_", "#": r"\#", "^": r"\^{}", "½": r"$\frac12$", "²": r"$^2$",
    "×": r"$\times$", "σ": r"$\sigma$", "λ": r"$\lambda$", "γ": r"$\gamma$", "μ": r"$\mu$", "χ": r"$\chi$",
    "−": "$-$", "≤": r"$\le$", "<": "$<$", ">": "$>$",
}  # fmt: skip


def _latex(text: str) -> str:
    return "".join(_LATEX.get(character, character) for character in text)


class Presented:
    """A result that shows itself in a notebook as its summary, and is written as a workbook."""

    __slots__ = ()

    def summary(self) -> Summary:
        """Return what was found; text, HTML and LaTeX."""
        raise NotImplementedError

    def to_frame(self) -> pd.DataFrame:
        """Return the table of the result."""
        raise NotImplementedError

    def to_excel(self, path: str | Path) -> Path:
        """Write a workbook with the table and the summary, and return its path."""
        return write_workbook({"result": with_labels(self.to_frame()), "summary": self.summary().to_frame()}, path)

    def _repr_html_(self) -> str:
        """Return the summary, and where the table has an efficiency per row also its first rows and their profile."""
        frame = with_labels(self.to_frame())
        html = self.summary()._repr_html_()
        if "efficiency" in frame.columns:
            html += table_html(frame, f"First rows of {len(frame)}") + profile_html(frame["efficiency"], "efficiency")
        return html


class PresentedTest(Presented):
    """A test of a hypothesis: a frozen dataclass whose plain values are what it says, by name; warnings are notes."""

    __slots__ = ()

    def _values(self) -> dict[str, object]:
        names = [field.name for field in fields(self) if field.name != "warnings"]  # type: ignore[arg-type]
        values = {name: getattr(self, name) for name in names}
        return {name: value for name, value in values.items() if isinstance(value, str | int | float | tuple)}

    def to_frame(self) -> pd.DataFrame:
        """Return one row: a column per value."""
        import pandas as pd

        return pd.DataFrame([self._values()])

    def summary(self) -> Summary:
        """Return the values by name; text, HTML and LaTeX."""
        rows = tuple((name.replace("_", " "), _said(value)) for name, value in self._values().items())
        notes = tuple(str(issue) for issue in getattr(self, "warnings", ()))
        return Summary("Test of a hypothesis", (), (), (("", rows),), notes)

    def _repr_html_(self) -> str:
        return self.summary()._repr_html_()


def _said(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


#: Rows of a table that a notebook shows.
_SHOWN = 12


def table_html(frame: pd.DataFrame, caption: str, *, most: int = _SHOWN) -> str:
    """Return the first rows of a table for a notebook: every text escaped, and how many rows are left out.

    Examples
    --------
    >>> import pandas as pd
    >>> made = table_html(pd.DataFrame({"unit": ["<b>A</b>", "B"], "cost": [1234567.0, 0.25]}), "Units", most=1)
    >>> "&lt;b&gt;A&lt;/b&gt;" in made, "1,234,567" in made, "1 more row" in made
    (True, True, True)
    """
    left = len(frame) - most
    shown = frame.head(most)
    forms = {}
    for name, column in shown.items():
        values = column.to_numpy()
        if values.dtype.kind == "f" and bool((values[values == values] % 1 == 0).all()) and frame.columns.is_unique:
            forms[name] = "{:,.0f}".format  # a column of whole numbers has no decimals
    made = shown.to_html(
        index=False, border=0, na_rep="", float_format=_figure, formatters=forms, justify="left"
    )  # fmt: skip
    more = f"<p>{left:,} more row{'s' if left != 1 else ''}</p>" if left > 0 else ""
    return made.replace(">", f"><caption>{escape(caption)}</caption>", 1) + more


#: Width and height of a profile, and bars that it has at most.
_WIDE, _HIGH, _BARS = 600, 140, 300


def profile_html(values: Iterable[float], name: str) -> str:
    """Return the values as bars, the highest first, as an image of its own; nothing where fewer than two are known.

    Of more values than there is room for, every one is part of a bar: each bar is the mean of its share of them.

    Examples
    --------
    >>> made = profile_html([0.5, 1.0, float("nan")], "efficiency")
    >>> 'alt="efficiency of 2 rows, from 0.5 to 1"' in made
    True
    """
    import base64

    import numpy as np

    known = np.sort(np.asarray([value for value in values if math.isfinite(value)], dtype=np.float64))[::-1]
    if len(known) < 2:
        return ""
    bars = [float(part.mean()) for part in np.array_split(known, min(len(known), _BARS))]
    top, low = max(0.0, bars[0]), min(0.0, bars[-1])
    span, step = (top - low) or 1.0, _WIDE / len(bars)
    rows = []
    for place, value in enumerate(bars):
        upper, lower = ((top - edge) / span * _HIGH for edge in (max(value, 0.0), min(value, 0.0)))
        width = max(step - min(2.0, 0.2 * step), 0.5)
        rows.append(f'<rect x="{place * step:.2f}" y="{upper:.2f}" width="{width:.2f}" height="{lower - upper:.2f}"/>')
    said = f"{name} of {len(known):,} rows, from {known[-1]:.4g} to {known[0]:.4g}"
    drawing = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-8 -8 {_WIDE + 16} {_HIGH + 16}" width="{_WIDE + 16}" '
        f'height="{_HIGH + 16}"><rect x="-8" y="-8" width="100%" height="100%" fill="#ffffff"/>'
        f'<g fill="#0072b2">{"".join(rows)}</g></svg>'
    )
    code = base64.b64encode(drawing.encode()).decode()
    source = f"data:image/svg+xml;base64,{code}"
    image = f'<img style="max-width:100%" alt="{escape(said)}" src="{source}">'
    return f'<figure style="margin:.5em 0">{image}<figcaption>{escape(said)}</figcaption></figure>'


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1e4 else f"{value:,.2f}" if abs(value) >= 100.0 else f"{value:.4g}"


def warnings_html(warnings: Sequence[Issue], *, most: int = 6) -> str:
    """Return what the reader must know, the worst first; nothing where there is nothing."""
    if not warnings:
        return ""
    order = sorted(warnings, key=lambda issue: issue.severity)
    lines = "".join(f"<li>{escape(str(issue))}</li>" for issue in order[:most])
    more = f"<li>and {len(order) - most} more in .warnings</li>" if len(order) > most else ""
    return f"<p><b>{len(order)} warning{'s' if len(order) != 1 else ''}</b></p><ul>{lines}{more}</ul>"


def with_labels(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with the labels of its rows as columns; a plain numbering is left out."""
    import pandas as pd

    plain = isinstance(frame.index, pd.RangeIndex) and frame.index.name is None
    return frame if plain else frame.reset_index()


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
