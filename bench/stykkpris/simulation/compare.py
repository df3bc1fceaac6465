"""`Comparison`: several financing systems on the same accounts and in the same worlds, criterion by criterion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.results import Face, Result
from bench.stykkpris.simulation.advising.flip_map import FlipMap
from bench.stykkpris.simulation.criteria import CRITERIA, DECIMALS, GROUPS, Criterion, Form, measured
from bench.stykkpris.simulation.criterion_values import System
from bench.typing import FloatArray

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, eq=False)
class Comparison(Result):
    """Several systems on the same data and in the same worlds.

    Attributes
    ----------
    systems : tuple of System
        The first is the one the others are measured against.
    values : mapping of criterion to list of arrays
        A number per draw, or one number, for every system.
    names : tuple of str
        What the systems are called in tables; distinct.
    maps : tuple of FlipMap
        Where the ranking flips over two drivers; those that were asked for.
    """

    systems: tuple[System, ...]
    values: Mapping[str, list[FloatArray]]
    names: tuple[str, ...]
    maps: tuple[FlipMap, ...] = ()
    synthetic: bool = False
    sources: Mapping[str, bytes] = field(default_factory=dict)
    manifest: Mapping[str, Any] = field(default_factory=dict)
    face: Face | None = field(default=None, repr=False)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per criterion, one column per system: means over the draws."""
        import pandas as pd

        rows = []
        for criterion in CRITERIA:
            means = [float(np.mean(value)) for value in self.values[criterion.key]]
            rows.append([criterion.group, criterion.key, criterion.direction, *means])
        return pd.DataFrame(rows, columns=["group", "criterion", "better", *self.names])

    def differences(self) -> pd.DataFrame:
        """Return the paired difference to the first system with its 90 % band, for criteria with a number per draw."""
        import pandas as pd

        rows = []
        for criterion in CRITERIA:
            first, *rest = self.values[criterion.key]
            for name, other in zip(self.names[1:], rest, strict=True):
                if np.ndim(first) == 0 or np.ndim(other) == 0:
                    continue
                gap = other - first
                low, high = np.quantile(gap, (0.05, 0.95))
                rows.append([criterion.group, criterion.key, name, float(gap.mean()), float(low), float(high)])
        return pd.DataFrame(rows, columns=["group", "criterion", "system", "difference", "p5", "p95"])

    def formulas(self, language: str = "en") -> pd.DataFrame:
        """Return name, formula, direction and chapter of every criterion."""
        import pandas as pd

        at = 0 if language == "nb" else 1
        rows = [[c.key, c.name[at], c.formula[at], c.direction, c.chapter] for c in CRITERIA]
        return pd.DataFrame(rows, columns=["criterion", "name", "formula", "better", "chapter"])

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return every frame by name."""
        import pandas as pd

        from bench.stykkpris.simulation.stability import to_frame

        def tagged(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
            parts = [frame.assign(system=name) for name, frame in zip(self.names, frames, strict=True)]
            return pd.concat(parts, ignore_index=True)

        made = {
            "criteria": self.to_frame(),
            "differences": self.differences(),
            "formulas": self.formulas(),
            "stability": tagged([to_frame(system.stability) for system in self.systems]),
            "incentives": tagged(
                [pd.concat([p.to_frame() for p in system.power], ignore_index=True) for system in self.systems]
            ),
            "schemes": tagged([system.played.frame("schemes") for system in self.systems]),
            "payer": tagged([system.played.frame("payer") for system in self.systems]),
            "assumptions": self.systems[0].played.frame("assumptions"),
        }
        return made | {f"map_{one.key}": one.to_frame() for one in self.maps}

    def best(self, criterion: Criterion) -> set[int]:
        """Return the systems that stand best on a criterion; none where direction or difference is missing."""
        means = np.array([float(np.mean(value)) for value in self.values[criterion.key]])
        if criterion.direction == "none" or not np.isfinite(means).all() or len(means) < 2:
            return set()
        shown = np.round(means, DECIMALS[criterion.form])
        worth = {"lower": -shown, "higher": shown, "zero": -np.abs(shown)}[criterion.direction]
        best = set(np.flatnonzero(worth == worth.max()).tolist())
        return best if len(best) < len(means) else set()

    def summary(self, language: str = "en") -> str:
        """Return the table of criteria as text."""
        at = 0 if language == "nb" else 1
        width = max(len(c.name[at]) for c in CRITERIA)
        head = " " * (width + 4) + "  ".join(f"{name:>18.18}" for name in self.names)
        lines, group = [head], ""
        for criterion in CRITERIA:
            if criterion.group != group:
                group = criterion.group
                lines.append(GROUPS[group][at])
            means = [float(np.mean(value)) for value in self.values[criterion.key]]
            cells = "  ".join(f"{written(value, criterion.form, language):>18}" for value in means)
            lines.append(f"  {criterion.name[at]:<{width}}  {cells}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"Comparison({', '.join(self.names)})"


def written(value: float, form: Form, language: str) -> str:
    """Return a number of a criterion in plain text."""
    if not np.isfinite(value):
        return "."
    if form == "answer" and value in (0.0, 1.0):
        return {"nb": ("nei", "ja")}.get(language, ("no", "yes"))[int(value)]
    if form in ("percent", "root"):
        text = f"{round(100 * value, 1) + 0.0:.1f} %"
    else:
        text = f"{100 * value:.1f}" if form == "index" else f"{value:,.0f}".replace(",", " ")
    return text.replace(".", ",") if language == "nb" else text


def compared(systems: Sequence[System], names: Sequence[str]) -> Comparison:
    """Return the comparison of systems that were played on the same data with the same seed."""
    values = {criterion.key: [measured(criterion, system) for system in systems] for criterion in CRITERIA}
    return Comparison(tuple(systems), values, tuple(names))
