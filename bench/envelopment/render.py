"""The summary of an envelopment run as text, HTML and LaTeX from one table, and its workbook."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import numpy as np

from bench.envelopment.core.solution import EFFICIENT, Solution

Row = tuple[str, str]


@dataclass(frozen=True, slots=True, repr=False)
class Summary:
    """A title and sections of labelled values.

    Attributes
    ----------
    title : str
    sections : tuple of (heading, rows)
        Each row is a label and a value, both text.
    """

    title: str
    sections: tuple[tuple[str, tuple[Row, ...]], ...]

    def __str__(self) -> str:
        rows = [row for _, part in self.sections for row in part]
        left = max(len(label) for label, _ in rows)
        right = max(len(value) for _, value in rows)
        lines = [self.title, "=" * len(self.title)]
        for heading, part in self.sections:
            lines += ["", heading, "-" * len(heading)]
            lines += [f"{label:<{left}}  {value:>{right}}" for label, value in part]
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        body = "".join(
            f'<tr><th colspan="2" style="text-align:left">{escape(heading)}</th></tr>'
            + "".join(
                f'<tr><td style="text-align:left">{escape(label)}</td><td>{escape(value)}</td></tr>'
                for label, value in part
            )
            for heading, part in self.sections
        )
        return f"<table><caption>{escape(self.title)}</caption><tbody>{body}</tbody></table>"

    def to_latex(self) -> str:
        """Return a ``tabular`` environment."""
        lines = [r"\begin{tabular}{lr}", rf"\multicolumn{{2}}{{l}}{{{_latex(self.title)}}} \\", r"\hline"]
        for heading, part in self.sections:
            lines.append(rf"\multicolumn{{2}}{{l}}{{\textit{{{_latex(heading)}}}}} \\")
            lines += [rf"{_latex(label)} & {_latex(value)} \\" for label, value in part]
        return "\n".join([*lines, r"\end{tabular}"])


def _latex(text: str) -> str:
    return "".join({"&": r"\&", "%": r"\%", "_": r"\_", "#": r"\#", "<": "$<$", "≤": r"$\le$"}.get(c, c) for c in text)


def summarise(result: Solution) -> Summary:
    """Return the summary of a run."""
    shares = result.efficiency.to_numpy()
    scored = shares[np.isfinite(shares)]
    units = result.units
    own = result.reference is units
    options = [
        ("returns to scale", result.rts),
        ("orientation", result.orientation),
        ("inputs", ", ".join(units.inputs)),
        ("outputs", ", ".join(units.outputs)),
        ("units", str(len(units))),
        ("reference", "the units themselves" if own else f"{len(result.reference)} other units"),
        ("super-efficiency", "yes" if result.super_efficiency else "no"),
        ("certificate (worst residual)", f"{result.certificate.worst:.1e}"),
    ]
    if len(result.groups) > 1:
        options.append(("frontiers", f"{len(result.groups)}, one per period"))
    numbers = [("efficient units", f"{int(result.efficient.sum())} of {len(units)}")]
    if len(scored) < len(units):
        numbers.append(("units without a score", str(len(units) - len(scored))))
    if len(scored):
        quantiles = np.quantile(scored, [0, 0.25, 0.5, 0.75, 1])
        names = ("minimum", "first quartile", "median", "third quartile", "maximum")
        numbers += [("mean efficiency", f"{scored.mean():.4f}")]
        numbers += [(name, f"{value:.4f}") for name, value in zip(names, quantiles, strict=True)]
    sections = [("Options", tuple(options)), ("Efficiency", tuple(numbers)), ("Bands", tuple(_bands(scored)))]
    return Summary("Data envelopment analysis", tuple(sections))


def _bands(shares: np.ndarray) -> list[Row]:
    """Count units per tenth of efficiency, with the efficient ones (and those beyond 1) apart."""
    inside = shares[shares < 1 - EFFICIENT]
    rows = []
    for low in range(10):
        count = int(((inside >= low / 10) & (inside < (low + 1) / 10)).sum())
        if count or (len(inside) and low / 10 >= inside.min()):
            rows.append((f"{low / 10:.1f} ≤ E < {(low + 1) / 10:.1f}", _share(count, len(shares))))
    equal = int((np.abs(shares - 1) <= EFFICIENT).sum())
    rows.append(("E = 1", _share(equal, len(shares))))
    beyond = int((shares > 1 + EFFICIENT).sum())
    if beyond:
        rows.append(("E > 1", _share(beyond, len(shares))))
    return rows


def _share(count: int, total: int) -> str:
    return f"{count} ({100 * count / total:.1f} %)" if total else "0"
