"""A frontier of any method, or of several combined, as a function of accounts: what a run does, draw by draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from bench.catalogue import METHODS
from bench.errors import BenchError, EstimationError, ModelError
from bench.modelfile import FrontierOptions, Model, cost_weights
from bench.pipeline.asking.library import Request, asked, shares
from bench.pipeline.loop.dea_measure import DeaMeasure
from bench.pipeline.scores.combination import combined_scores
from bench.pipeline.scores.methods import Choice, choice_of, request_of
from bench.pipeline.scores.own_reference import excludes_own
from bench.stykkpris.scheme_data import SchemeData
from bench.typing import FloatArray
from bench.units import Units


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One variant: a measure of its own for DEA, the library for every other method.

    Attributes
    ----------
    choice : Choice
    outputs : array (K, outputs)
        What a unit of each service counts in each output of the variant.
    dea : DeaMeasure or None
    """

    choice: Choice
    outputs: FloatArray
    dea: DeaMeasure | None


@dataclass(frozen=True, slots=True, eq=False)
class VariantMeasure(DeaMeasure):
    """Cost norms by the model's variants and their combination, draw by draw.

    Attributes
    ----------
    units : tuple of str
        Names of the scheme's units, in the order of its arrays.
    parts : tuple of Part
    combine : str
    best_in_one : bool
        Whoever is best in one variant gets the full score.
    """

    units: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    combine: str = "best"
    best_in_one: bool = False

    def capped(self, plain: FloatArray, year: int) -> FloatArray:
        """Return combined scores as they are: those of DEA are capped before they are combined."""
        return plain

    def least(self, cost: FloatArray, outputs: FloatArray, n: int, year: int) -> FloatArray:
        """Return the cost each unit's volumes should have, array (n,)."""
        here = (cost > 0.0) & (outputs > 0.0).any(axis=-1)
        scores = {part.choice.id: self._score(part, cost, outputs, n, year, here) for part in self.parts}
        weights = {part.choice.id: part.choice.weight for part in self.parts}
        combined = combined_scores(scores, self.combine, weights, best_in_one=self.best_in_one)
        return np.asarray(cost[:n] * np.where(here[:n], combined, 1.0))

    def _score(self, part: Part, cost: FloatArray, volumes: FloatArray, n: int, year: int, here: Any) -> FloatArray:
        made = volumes @ part.outputs
        if part.dea is not None:
            with np.errstate(invalid="ignore", divide="ignore"):
                plain = part.dea.least(cost, made, n, year) / cost[:n]
            return part.dea.capped(np.where(here[:n], plain, 1.0), year)
        rows = np.flatnonzero(here)
        found = self._asked(part.choice, cost, made, n, year, rows)
        score = np.ones(n)
        now = rows < n
        score[rows[now]] = found[now]
        if np.isnan(score).any():
            name = self.units[int(np.argmax(np.isnan(score)))]
            raise _unmeasured(part.choice, f"it has no score for {name} in {year}")
        return score

    def _asked(self, choice: Choice, cost: FloatArray, made: FloatArray, n: int, year: int, rows: Any) -> FloatArray:
        past = len(cost) // n - 1
        block = rows // n  # the year itself comes first, and earlier years after it from the oldest on
        when = np.where(block == 0, year, year - past + block - 1)
        frame = pd.DataFrame({"unit": [self.units[row % n] for row in rows], "year": when})
        frame[choice.inputs[0]] = cost[rows]
        for place, name in enumerate(choice.outputs):
            frame[name] = made[rows, place]
        table = Units.from_frame(
            frame, id="unit", period="year", inputs=list(choice.inputs), outputs=list(choice.outputs)
        )
        try:
            return _fitted(request_of(choice, 1), table)
        except BenchError as error:
            raise _unmeasured(choice, f"{year}: {error}") from error


def _fitted(request: Request, table: Units) -> FloatArray:
    if request.method in ("sfa", "stoned"):
        found = asked(request, table).found
        return np.asarray(found.efficiency.reindex(table.index), dtype=np.float64)
    return shares(request, table)[0]


def _unmeasured(choice: Choice, why: str) -> EstimationError:
    return EstimationError(
        f"the variant {choice.id!r} cannot be measured again in a simulated year ({why}): let frontier = 'standing' in "
        "the simulation, or leave the variant out"
    )


def variant_measure(model: Model, data: SchemeData, options: FrontierOptions, plain: DeaMeasure) -> VariantMeasure:
    """Return the variants of a scheme's norm as one measure.

    Parameters
    ----------
    model : Model
    data : SchemeData
    options : FrontierOptions
        Of the scheme, with defaults.
    plain : DeaMeasure
        What the norm's own options say.

    Raises
    ------
    ModelError
        For a variant that looks at columns a simulation has no accounts of.
    """
    source = model.norm.source
    chosen = [variant for variant in model.frontier.variants if source in ("frontier", variant.method)]
    if source != "frontier":
        chosen = chosen[:1]
    parts = []
    for variant in chosen:
        choice = choice_of(model, data.scheme.id, options, variant)
        _refuse(model, data, options, choice, variant.columns())
        outputs = output_matrix(model, data, choice.outputs)
        dea = None
        if choice.method == "dea":
            assert choice.rts is not None
            dea = DeaMeasure(
                choice.rts, outputs, plain.years, plain.tolerance, plain.floors, plain.own_share, False, plain.limit
            )
        parts.append(Part(choice, outputs, dea))
    single = source != "frontier"
    return VariantMeasure(
        rts=plain.rts,
        outputs=np.eye(len(data.services)),
        years=plain.years,
        tolerance=plain.tolerance,
        floors=plain.floors,
        own_share=plain.own_share,
        calibrate=plain.calibrate,
        limit=plain.limit,
        units=tuple(str(unit) for unit in data.units),
        parts=tuple(parts),
        combine="best" if single else model.frontier.combine,
        best_in_one=not single and model.frontier.bgh,
    )


def _refuse(model: Model, data: SchemeData, options: FrontierOptions, choice: Choice, columns: Sequence[str]) -> None:
    """Refuse what the accounts of a simulated year do not hold, and what a run would refuse."""
    cost = data.scheme.cost or model.data.cost
    why = ""
    fitted = choice.method == "dea" or METHODS[choice.method].room == "stochastic"
    if choice.inputs != (cost,):
        why = "has other inputs than the cost, and a simulation has no accounts of them"
    elif choice.environment or [name for name in columns if name != cost]:
        why = "looks at columns that a simulation has no accounts of"
    elif choice.restriction:
        why = "limits values, which a simulation does not measure again"
    elif not fitted and excludes_own(model, data.scheme.id, options):
        why = "leaves no unit out of its own reference in a simulated year: state frontier.own = 'included'"
    if why:
        raise ModelError(
            f"the variant {choice.id!r} {why}: let frontier = 'standing' in the simulation",
            file=model.file,
            key="frontier.variant" if model.frontier.variant else "frontier.method",
        )


def output_matrix(model: Model, data: SchemeData, groups: Mapping[str, Sequence[str]]) -> FloatArray:
    """Return what each service counts in each output, array (K, outputs): its cost weight where several add up."""
    volumes = dict(zip(data.services, data.volume[:, 0].sum(axis=0).tolist(), strict=True))
    weights = cost_weights(data.scheme, data.years[-1], volumes, float(data.cost[:, 0].sum()))
    made = np.zeros((len(data.services), len(groups)))
    for column, services in enumerate(groups.values()):
        for name in services:
            if name in data.services:
                made[data.services.index(name), column] = weights[name] if len(services) > 1 else 1.0
    return made
