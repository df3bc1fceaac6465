"""How many units a frontier has per dimension, and what that leaves of its answers: efficient by default, wide prices.

With few units and many services most units are efficient because nobody is like them, and prices may lie almost
anywhere. A frontier that decides money there does so for a reason that is written down, or not at all.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bench.modelfile import FrontierOptions, Model
from bench.pipeline.scores.methods import Choice, Measured
from bench.pipeline.scores.sample import Sample
from bench.tolerances import EFFICIENT
from bench.typing import BoolArray, FloatArray


def size_row(choice: Choice, sample: Sample, found: Measured) -> dict[str, Any]:
    """Return how large a sample is for its frontier, as a row of ``frontier_size``.

    ``by_default`` counts units that are efficient and nobody else's peer: nothing in the data says that they are better
    than anyone (Tulkens 1993, Journal of Productivity Analysis 4, 183-210). ``price_width`` is the widest range of a
    price over the optimal multipliers, weighed by volume, as a share of the price.
    """
    table = sample.evaluated
    names = table.frame[table.id].to_numpy(dtype=object)
    units = int(sample.reference.frame[sample.reference.id].nunique())
    efficient = (found.efficiency >= 1.0 - EFFICIENT) & _of_the_year(sample)
    by_default = 0
    if found.peers is not None:
        others = found.peers[(found.peers["unit"] != found.peers["peer"]).to_numpy()]
        by_default = int((efficient & ~np.isin(names, others["peer"].unique())).sum())
    dimensions = len(choice.inputs) + len(choice.outputs)
    return {
        "year": sample.year,
        "variant": choice.id,
        "units": units,
        "inputs": len(choice.inputs),
        "outputs": len(choice.outputs),
        "per_dimension": units / dimensions,
        "efficient": int(efficient.sum()),
        "by_default": by_default if found.peers is not None else np.nan,
        "price_width": _price_width(found, table.Y),
    }


def _of_the_year(sample: Sample) -> BoolArray:
    """Rows of the year told of: a frontier of several years at once has a row per unit and year."""
    table = sample.evaluated
    if table.period is None:
        return np.ones(len(table), dtype=np.bool_)
    rows = np.asarray(table.frame[table.period].to_numpy() == sample.year)
    return rows if rows.any() else np.ones(len(table), dtype=np.bool_)


def _price_width(found: Measured, volumes: FloatArray) -> float:
    if found.prices is None or found.price_low is None or found.price_high is None:
        return float("nan")
    ends = (found.price_low, found.price_high)
    prices, low, high = (
        (np.where(volumes > 0.0, values, 0.0) * volumes).sum(axis=0) for values in (found.prices, *ends)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        width = (high - low) / prices
    known = width[prices > 0.0]
    return float(known.max()) if known.size else float("nan")


def refuse_small(model: Model, scheme: str, options: FrontierOptions, row: dict[str, Any]) -> None:
    """Refuse a frontier of too few units per dimension that decides money without a stated reason.

    Raises
    ------
    ModelError
        With what the few units leave of its answers.
    """
    if row["per_dimension"] >= options.least_ratio or options.small_reason or not model.feeds_money(scheme):
        return
    said = []
    if np.isfinite(row["by_default"]):
        said.append(f"{row['by_default']} of {row['efficient']} efficient units are so by default")
    if np.isfinite(row["price_width"]):
        said.append(f"prices range over {100 * row['price_width']:.0f} per cent of themselves and are as good")
    elif row["price_width"] == np.inf:
        said.append("some price has no upper limit")
    told = f" ({'; '.join(said)})" if said else ""
    shape = f"{row['units']} units for {row['inputs']} input and {row['outputs']} outputs"
    raise model.refuse(
        f"scheme {scheme!r}, {row['year']}: {shape} of the variant {row['variant']!r} are {row['per_dimension']:.2g} "
        f"a dimension, fewer than frontier.least_ratio = {options.least_ratio:g}{told}: a frontier decides money "
        "only for a reason; state it in frontier.small_reason, add services up in frontier.outputs, or let the price "
        "be source = 'average-cost'",
        ("frontier", "least_ratio") if "least_ratio" in model.frontier.model_fields_set else ("frontier",),
    )
