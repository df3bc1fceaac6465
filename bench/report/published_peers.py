"""Peers in a report that is to be published: every file names them as far as ``[publication]`` lets it.

The frame ``published_peers`` says what may be told. A folder that held the exact shares in another file, the
intensities in the trace of a number, or the sum of them in the share a unit keeps of a saving, would tell the rest.
So a report is made from a run in which they are not at hand: not the exact peers, and of units with a name withheld not
what gives the peers back (their multipliers, which make every peer's cost of its volumes; how they differ from their
peers). The result in memory is whole.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.results import RunResult, empty_frame

if TYPE_CHECKING:
    import pandas as pd

#: Frames of which the rows of a unit give its peers back.
_LEANING = ("multipliers", "conditions")

#: Sums of the intensities that other units lean on a unit with; where one leans, the sum is its intensity.
_SUMS = ("norm_weight", "own_norm_share")


def without_told_peers(run: RunResult) -> RunResult:
    """Return the run without what tells more of peers than ``published_peers``; itself where no rule is stated."""
    rule = run.model.publication
    if rule is None:
        return run
    told = run.published_peers
    hidden = told[told["peer"] == ""]
    keys = set(zip(hidden["scheme"], hidden["unit"], hidden["year"], strict=True))
    leaning: dict[str, Any] = {name: _without(getattr(run, name), keys) for name in _LEANING}
    return replace(run, peers=empty_frame("peers"), kept_savings=_rounded(run.kept_savings, rule.step), **leaning)


def _without(frame: pd.DataFrame, keys: set[tuple[Any, ...]]) -> pd.DataFrame:
    """Return a frame without the rows of some units and years."""
    if not keys or not len(frame):
        return frame
    there = [key in keys for key in zip(frame["scheme"], frame["unit"], frame["year"], strict=True)]
    kept: pd.DataFrame = frame[~np.asarray(there)].reset_index(drop=True)
    return kept


def _rounded(kept: pd.DataFrame, step: float) -> pd.DataFrame:
    """Return the shares kept of a saving to the step, without the sums of intensities they are made of."""
    if not len(kept):
        return kept
    share = kept["kept_share"].astype(float)
    return kept.assign(**dict.fromkeys(_SUMS), kept_share=np.floor(share / step + 0.5) * step)
