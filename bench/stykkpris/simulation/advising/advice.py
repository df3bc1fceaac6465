"""`Advice`: which financing systems fit a client's accounts, why, and what would change the answer.

Each criterion is measured, simulated or argued, with its source. There is no total score unless the reader weighs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.results import Face, Result
from bench.stykkpris.simulation.advising.arguments import ARGUMENTS, Kind, Pair, kind_of
from bench.stykkpris.simulation.advising.claims import claims
from bench.stykkpris.simulation.advising.drivers import Driver
from bench.stykkpris.simulation.advising.flip_map import FlipMap
from bench.stykkpris.simulation.advising.reasons import Reason
from bench.stykkpris.simulation.compare import Comparison
from bench.stykkpris.simulation.criteria import CRITERIA, Criterion
from bench.stykkpris.simulation.delivered import Delivered

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, eq=False)
class Advice(Result):
    """What fits, why, and what would change it.

    Attributes
    ----------
    comparison : Comparison
        The systems the file can carry, with behaviour as assumed.
    still : Comparison
        The same without behaviour: what does not hang on assumptions.
    drivers : tuple of Driver
    reasons : tuple of Reason
    maps : tuple of FlipMap
    refused : mapping of system to (why, remedy)
        Systems the file cannot carry.
    unknown : tuple of pair of str
        What the data cannot tell.
    users : tuple of Delivered
        What was delivered of what was decided, by service.
    weights : mapping of criterion to float
        As the reader weighs; empty for no score.
    """

    comparison: Comparison
    still: Comparison
    drivers: tuple[Driver, ...]
    reasons: tuple[Reason, ...]
    maps: tuple[FlipMap, ...]
    refused: Mapping[str, tuple[str, str]]
    unknown: tuple[Pair, ...]
    users: tuple[Delivered, ...] = ()
    weights: Mapping[str, float] = field(default_factory=dict)
    synthetic: bool = False
    sources: Mapping[str, bytes] = field(default_factory=dict)
    manifest: Mapping[str, Any] = field(default_factory=dict)
    face: Face | None = field(default=None, repr=False)

    @property
    def kinds(self) -> dict[str, Kind]:
        """Kind of every system."""
        pairs = zip(self.comparison.names, self.comparison.systems, strict=True)
        return {name: kind_of(system.model) for name, system in pairs}

    def criteria(self) -> pd.DataFrame:
        """Return the table of criteria × systems with uncertainty, one row per criterion and system.

        Returns
        -------
        DataFrame
            ``criterion, how, system, value, p5, p95, rating, source``: simulated criteria have a value with a 90 %
            band over the worlds, measured ones a value, argued ones a rating.
        """
        import pandas as pd

        rows: list[list[Any]] = []
        for criterion in CRITERIA:
            for name, value in zip(self.comparison.names, self.comparison.values[criterion.key], strict=True):
                mean = float(np.mean(value))
                low, high = (mean, mean) if np.ndim(value) == 0 else np.quantile(value, (0.05, 0.95)).tolist()
                how = "measured" if np.ndim(value) == 0 else "simulated"
                rows.append([criterion.key, how, name, mean, low, high, "", criterion.cited])
        nothing = float("nan")
        for argument in ARGUMENTS:
            for name, kind in self.kinds.items():
                rating = argument.ratings[kind]
                rows.append([argument.key, "argued", name, nothing, nothing, nothing, rating, argument.source])
        columns = ["criterion", "how", "system", "value", "p5", "p95", "rating", "source"]
        return pd.DataFrame(rows, columns=columns)

    def fits(self) -> pd.DataFrame:
        """Return what the drivers say of every system: counts of reasons, never a score.

        Returns
        -------
        DataFrame
            ``system, kind, speaks_for, speaks_against, either, unclear``.
        """
        import pandas as pd

        rows = []
        for name, kind in self.kinds.items():
            own = [reason.bearing for reason in self.reasons if reason.kind == kind]
            rows.append([name, kind, *(own.count(word) for word in ("for", "against", "either", "unclear"))])
        return pd.DataFrame(rows, columns=["system", "kind", "speaks_for", "speaks_against", "either", "unclear"])

    def hangs_on_behaviour(self) -> list[str]:
        """Return the criteria whose best system is another without the assumed behaviour."""
        return [c.key for c in CRITERIA if self.comparison.best(c) != self.still.best(c)]

    def certain(self, criterion: Criterion) -> bool:
        """Return whether the best system beats the next in 95 % of the worlds; true where there is nothing random."""
        found = [np.asarray(value) for value in self.comparison.values[criterion.key]]
        best = self.comparison.best(criterion)
        if len(best) != 1:
            return False
        (first,) = best
        sign = {"lower": 1.0, "higher": -1.0}.get(criterion.direction)
        worth = [np.abs(value) if sign is None else sign * value for value in found]
        others = [value for at, value in enumerate(worth) if at != first]
        return all(float(np.mean(worth[first] < other)) >= 0.95 for other in others)

    def score(self) -> pd.DataFrame:
        """Return the reader's own weighing: weight times place between worst (0) and best (1), summed.

        Empty without weights. The places are of the means; where two are alike both get theirs.
        """
        import pandas as pd

        total = np.zeros(len(self.comparison.names))
        by_key = {criterion.key: criterion for criterion in CRITERIA}
        for key, weight in self.weights.items():
            means = np.array([float(np.mean(value)) for value in self.comparison.values[key]])
            worth = {"lower": -means, "zero": -np.abs(means)}.get(by_key[key].direction, means)
            span = worth.max() - worth.min()
            total += weight * ((worth - worth.min()) / span if span > 0.0 else np.ones_like(worth))
        frame = pd.DataFrame({"system": self.comparison.names, "score": total})
        return frame.sort_values("score", ascending=False, kind="stable") if self.weights else frame.iloc[:0]

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return every frame by name."""
        import pandas as pd

        drivers = pd.DataFrame([[d.scheme, d.key, d.value, d.low, d.high, d.how] for d in self.drivers])
        drivers.columns = pd.Index(["scheme", "driver", "value", "p5", "p95", "how"])
        reasons = pd.DataFrame(
            [[r.scheme, r.driver, r.kind, r.bearing, r.text[1], r.turns[1], r.source] for r in self.reasons],
            columns=["scheme", "driver", "kind", "bearing", "reason", "turns", "source"],
        )
        refused = pd.DataFrame(
            [[name, why, remedy] for name, (why, remedy) in self.refused.items()], columns=["system", "why", "remedy"]
        )
        made = {"criteria": self.criteria(), "fits": self.fits(), "drivers": drivers, "reasons": reasons}
        if self.users:
            made["users"] = pd.DataFrame([asdict(row) for row in self.users])
        made["claims"] = pd.DataFrame(
            [[c.id, c.driver, c.criterion, c.said[1], c.outcome[1], bool(c.shown), c.source] for c in claims()],
            columns=["claim", "driver", "criterion", "said", "outcome", "tried", "source"],
        )
        made |= {f"map_{one.key}": one.to_frame() for one in self.maps}
        return made | {"refused": refused, **({"score": self.score()} if self.weights else {})}

    def summary(self, language: str = "en") -> str:
        """Return the advice in one screen of text: what fits, why, what would change it."""
        return self._shown().summary(self, language)

    def to_frame(self) -> pd.DataFrame:
        """Return the table of criteria × systems."""
        return self.criteria()

    def __repr__(self) -> str:
        return f"Advice({', '.join(self.comparison.names)})"
