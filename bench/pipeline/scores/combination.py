"""Several variants' scores as one: a word, or a tree such as ``max(mean(dea.totex, dea.standard), sfa.totex)``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.errors import ModelError
from bench.formulas import parse_formula
from bench.modelfile.sections.chain import COMBINING_FUNCTIONS
from bench.norms import combine_scores
from bench.tolerances import EFFICIENT
from bench.typing import FloatArray


@dataclass(frozen=True, slots=True)
class _Scores:
    """Scores by variant, as the setting of a formula."""

    by_variant: Mapping[str, FloatArray]

    def value(self, name: str) -> FloatArray:
        return self.by_variant[name]

    def value_in(self, name: str, year: int) -> FloatArray:
        raise ModelError("a combination has no years: scores are those of the row", key="frontier.combine")

    def call(self, function: str, arguments: list[Any]) -> Any:
        if function in ("kth", "quantile"):
            place, *parts = arguments
            block = np.stack([np.asarray(part, dtype=np.float64) for part in parts])
            if function == "quantile":
                return np.quantile(block, float(place), axis=0)
            if not 1 <= int(place) <= len(parts):
                raise ModelError(f"kth({place:g}, …) has {len(parts)} scores to choose between", key="frontier.combine")
            return -np.sort(-block, axis=0)[int(place) - 1]
        block = np.stack([np.asarray(part, dtype=np.float64) for part in arguments])
        return block.mean(axis=0) if function == "mean" else block.max(axis=0)


def combined_scores(
    by_variant: Mapping[str, FloatArray], rule: str, weights: Mapping[str, float], *, best_in_one: bool = False
) -> FloatArray:
    """Combine variants' efficiencies unit by unit.

    Parameters
    ----------
    by_variant : mapping of str to array (n,)
    rule : str
        ``best`` and ``max`` (the most lenient), ``min``, ``mean`` (by the variants' weights), or a formula of variants
        with max, min, mean, best, kth(k, …) and quantile(q, …).
    weights : mapping of str to float
    best_in_one : bool
        Whoever is best in one variant gets the full score: the German Federal Court's reading of best of four.

    Examples
    --------
    >>> scores = {"a": np.array([0.9, 0.7]), "b": np.array([0.8, 0.9]), "c": np.array([0.6, 1.0])}
    >>> combined_scores(scores, "max(mean(a, b), c)", {}).round(3).tolist()
    [0.85, 1.0]
    >>> combined_scores(scores, "kth(2, a, b, c)", {}).tolist()
    [0.8, 0.9]
    """
    if rule == "mean":
        parts = np.stack(list(by_variant.values()))
        share = np.array([weights.get(name, 1.0) for name in by_variant])
        found = np.asarray((share[:, None] * parts).sum(axis=0) / share.sum())
    elif rule in ("best", "max", "min"):
        found = np.stack(list(by_variant.values())).min(axis=0) if rule == "min" else _best(by_variant)
    else:
        parsed = parse_formula(rule, functions=COMBINING_FUNCTIONS)
        found = np.asarray(parsed.work_out(_Scores(by_variant)), dtype=np.float64)
    if best_in_one:
        best = np.stack([scores >= 1.0 - EFFICIENT for scores in by_variant.values()]).any(axis=0)
        found = np.where(best, np.maximum(found, 1.0), found)
    return found


def _best(by_variant: Mapping[str, FloatArray]) -> FloatArray:
    known = list(by_variant.values())
    if any(np.isnan(scores).any() for scores in known):
        return np.asarray(np.stack(known).max(axis=0))
    return combine_scores(known, "best")
