"""One renderer for the tables of a fit: text as in Stata's output, HTML and LaTeX."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape


@dataclass(frozen=True, slots=True, repr=False)
class Table:
    """A title, facts, a table of numbers and notes.

    Attributes
    ----------
    title : str
    facts : tuple of (str, str)
        Labelled values above the table.
    header : tuple of str
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
        widths = [max(len(cell) for cell in column) for column in zip(self.header, *rows, strict=True)]
        widths[0] = max(widths[0], *(len(heading) for heading, _ in self.sections))
        line = "-" * (sum(widths) + 2 * (len(widths) - 1))
        text = [self.title, *self._fact_lines(len(line)), line, _row(self.header, widths), line]
        for heading, part in self.sections:
            if heading:
                text.append(heading)
            text += [_row(row, widths) for row in part]
            text.append(line)
        return "\n".join([*text, *self.notes])

    __repr__ = __str__

    def _fact_lines(self, width: int) -> list[str]:
        left = max((len(label) for label, _ in self.facts), default=0)
        return [f"{label:<{left}} = {value}" for label, value in self.facts]

    def _repr_html_(self) -> str:
        facts = "".join(f"<tr><td>{escape(a)}</td><td>{escape(b)}</td></tr>" for a, b in self.facts)
        head = "".join(f"<th>{escape(cell)}</th>" for cell in self.header)
        body = ""
        for heading, part in self.sections:
            if heading:
                body += f'<tr><th colspan="{len(self.header)}" style="text-align:left">{escape(heading)}</th></tr>'
            body += "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in part)
        notes = "".join(f"<p>{escape(note)}</p>" for note in self.notes)
        return (
            f"<table><caption>{escape(self.title)}</caption><tbody>{facts}</tbody></table>"
            f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{notes}"
        )

    def to_latex(self) -> str:
        """Return a ``tabular`` environment: the numbers, then the facts (such as observations) and the notes."""
        count = len(self.header)
        lines = [rf"\begin{{tabular}}{{l{'r' * (count - 1)}}}", r"\hline"]
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
    "−": "$-$", "<": "$<$", ">": "$>$",
}  # fmt: skip


def _latex(text: str) -> str:
    return "".join(_LATEX.get(character, character) for character in text)
