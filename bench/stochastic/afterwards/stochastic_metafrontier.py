"""Stochastic metafrontier: groups with their own technology under one envelope.

Each group gets its own stochastic frontier; the metafrontier lies over all of them (below, for cost). A unit's
distance to the metafrontier is then its efficiency within the group times the technology gap of the group at its
place.

``"stochastic"`` (Huang, Huang & Liu 2014) estimates the metafrontier from the groups' frontiers by stochastic
frontier analysis again, so that their estimation errors are noise; ``"linear"`` and ``"quadratic"`` (Battese, Rao &
O'Donnell 2004) envelop them with the least sum of distances or of squares.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from bench.errors import DataError, Issue, OptionError
from bench.options import one_of
from bench.presenting import Presented, Summary
from bench.stochastic.forms import frontier_design
from bench.stochastic.frontier.reading import frontier_value
from bench.stochastic.frontier.result import SfaResult
from bench.stochastic.frontier.sfa import sfa
from bench.stochastic.search.deterministic import linear_envelope, quadratic_envelope
from bench.stochastic.search.estimate import fit
from bench.stochastic.search.outcome import Estimate
from bench.typing import FloatArray

if TYPE_CHECKING:
    from bench.units import Units

METHODS = ("stochastic", "linear", "quadratic")


@dataclass(frozen=True, slots=True, eq=False)
class MetafrontierResult(Presented):
    """Group frontiers and the metafrontier over them.

    Attributes
    ----------
    units : Units
    method : {"stochastic", "linear", "quadratic"}
    labels : array (n,)
        Group of each row.
    groups : mapping of label to SfaResult
    names : tuple of str
        Regressors of the metafrontier.
    beta : array (k,)
    gap_ratio : array (n,)
        Technology gap ratio, share in (0, 1]: the group's frontier against the metafrontier.
    group_efficiency : array (n,)
    estimate : Estimate or None
        Second step of the stochastic method.
    """

    units: Units
    method: str
    labels: npt.NDArray[Any]
    groups: Mapping[str, SfaResult]
    names: tuple[str, ...]
    beta: FloatArray
    gap_ratio: FloatArray
    group_efficiency: FloatArray
    estimate: Estimate | None

    @property
    def params(self) -> pd.Series[float]:
        """Coefficients of the metafrontier."""
        return pd.Series(self.beta, index=list(self.names), name="estimate")

    @property
    def efficiency(self) -> pd.Series[float]:
        """Efficiency against the metafrontier: efficiency in the group times the technology gap ratio."""
        return pd.Series(self.group_efficiency * self.gap_ratio, index=self.units.index, name="efficiency")

    @property
    def technology_gap(self) -> pd.Series[float]:
        """Technology gap ratio by row."""
        return pd.Series(self.gap_ratio, index=self.units.index, name="technology_gap")

    def to_frame(self) -> pd.DataFrame:
        """Return one row per unit: group, efficiency in the group, technology gap ratio and their product."""
        return pd.DataFrame(
            {
                "group": self.labels,
                "group_efficiency": self.group_efficiency,
                "technology_gap": self.gap_ratio,
                "efficiency": self.efficiency,
            },
            index=self.units.index,
        )

    def summary(self) -> Summary:
        """Return means by group and the metafrontier's coefficients; text, HTML and LaTeX."""
        frame = self.to_frame()
        means = frame.groupby("group", sort=True)[["group_efficiency", "technology_gap", "efficiency"]].mean()
        rows = tuple(
            (str(label), *(f"{value:.4f}" for value in row))
            for label, row in zip(means.index, means.to_numpy(), strict=True)
        )
        coefficients = tuple((name, f"{value:.6g}", "", "") for name, value in zip(self.names, self.beta, strict=True))
        facts = (("Observations", str(len(self.units))), ("Groups", str(len(self.groups))), ("Method", self.method))
        header = ("", "in the group", "technology gap", "metafrontier")
        sections = (("Mean efficiency", rows), ("Metafrontier", coefficients))
        return Summary("Stochastic metafrontier", facts, header, sections)

    def __repr__(self) -> str:
        return f"MetafrontierResult({self.method}, {len(self.groups)} groups, {len(self.units)} rows)"


def stochastic_metafrontier(
    units: Units,
    groups: Sequence[Any],
    *,
    method: str = "stochastic",
    distribution: str = "half-normal",
    **options: Any,
) -> MetafrontierResult:
    """Fit a frontier per group and a metafrontier over them.

    Parameters
    ----------
    units : Units
    groups : sequence of length n
        Group of each row.
    method : {"stochastic", "linear", "quadratic"}
    distribution : str
        Of inefficiency within the groups (and of the gap, by the stochastic method).
    **options
        ``kind``, ``form``, ``environment`` and ``homogeneous``, as for :func:`bench.sfa`; forms in logs.

    Raises
    ------
    DataError
        Groups that do not match the rows, fewer than two groups, a group too small for its own frontier.
    OptionError
        A quadratic form: the technology gap is a ratio.

    Examples
    --------
    >>> import bench
    >>> rng = np.random.default_rng(0)
    >>> x = np.exp(rng.normal(size=400))
    >>> better = np.arange(400) < 200
    >>> y = x**0.5 * np.exp(0.3 * better + 0.05 * rng.normal(size=400) - np.abs(0.2 * rng.normal(size=400)))
    >>> meta = stochastic_metafrontier(
    ...     bench.Units.from_arrays(x, y), np.where(better, "A", "B"), method="linear", form="cobb-douglas"
    ... )
    >>> gap = meta.to_frame().groupby("group")["technology_gap"].mean()
    >>> bool(gap["A"] > 0.9 > gap["B"])
    True
    """
    way = one_of(method, METHODS, "method")
    for name in options:
        one_of(name, ("kind", "form", "environment", "homogeneous"), "option")
    labels = np.array([str(label) for label in groups])
    _refuse(units, labels)
    design = frontier_design(units, **options)
    if not design.logs:
        raise OptionError("a technology gap is a ratio: take form='translog' or 'cobb-douglas'")
    values, efficiency = np.empty(len(labels)), np.empty(len(labels))
    found: dict[str, SfaResult] = {}
    for label in sorted(set(labels.tolist())):
        rows = labels == label
        try:
            part = sfa(units.take(rows), distribution=distribution, **options)
        except DataError as error:
            raise DataError(
                [Issue("group", f"group {label!r}: {issue.message}", issue.remedy) for issue in error.issues]
            ) from error
        found[label] = part
        values[rows] = frontier_value(part)
        efficiency[rows] = part.efficiency.to_numpy()
    sign = design.sign
    estimate = None
    if way == "stochastic":
        kind = "production" if sign > 0 else "cost"
        estimate = fit(values, design.X, kind=kind, distribution=distribution, names=design.names)
        beta = estimate.params[estimate.slices["frontier"]]
        ratio = np.asarray(estimate.posterior.efficiency(), dtype=np.float64)
    else:
        envelop = linear_envelope if way == "linear" else quadratic_envelope
        beta, gap = envelop(sign * design.X, sign * values)
        ratio = np.exp(-np.maximum(gap, 0.0))
    return MetafrontierResult(units, way, labels, found, design.names, beta, ratio, efficiency, estimate)


def _refuse(units: Units, labels: npt.NDArray[Any]) -> None:
    if len(labels) != len(units):
        raise DataError(f"groups has length {len(labels)}, but the table has {len(units)} rows")
    if len(set(labels)) < 2:
        raise DataError("a metafrontier needs at least two groups: with one, use bench.sfa")
