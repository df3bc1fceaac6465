"""Wilson's data cloud: which few units, taken away together, shrink the volume of the data most (Wilson 1993).

No frontier and no choice of technology is involved: the determinant of the data's cross products measures how far the
units spread in input-output space.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult
from bench.errors import DataError, OptionError
from bench.options import Periods
from bench.typing import FloatArray, IntArray
from bench.units import Units

#: Subsets whose determinants are computed at once.
_BLOCK = 1 << 15
#: Subsets beyond this number would take minutes; the caller is told before they start.
_MOST = 50_000_000


@dataclass(frozen=True, slots=True, eq=False)
class DataCloud:
    """Smallest remaining volumes by number of units taken away.

    Attributes
    ----------
    smallest : array (deletions,)
        Least share of the volume that is left.
    units : tuple of arrays of int
        The units of that subset.
    ratios : tuple of arrays
        For each number of deletions the log ratios of the next smallest shares to the smallest, ascending: a gap
        after the first few says that these subsets stand out.
    """

    smallest: FloatArray
    units: tuple[IntArray, ...]
    ratios: tuple[FloatArray, ...]


def data_cloud(X: FloatArray, Y: FloatArray, deletions: int = 3, keep: int = 25) -> DataCloud:
    """Return the shares of volume left after taking away every subset of up to ``deletions`` units.

    The share is det(D'D without the subset) / det(D'D) with D = (X, Y), which the matrix determinant lemma turns into
    the small determinant det(I − H) of the subset's block of the projection matrix; it does not depend on the measures.

    Parameters
    ----------
    X, Y : array (n, m), (n, s)
    deletions : int
        Largest subset.
    keep : int
        Log ratios to keep per size.

    Raises
    ------
    DataError
        Fewer units than measures, or measures that are combinations of others: the cloud has no volume.

    Examples
    --------
    >>> X = np.array([[1.0], [2.0], [3.0], [10.0]])
    >>> data_cloud(X, np.array([[1.0], [2.1], [2.9], [1.0]]), deletions=1).units[0].tolist()
    [3]
    """
    D = np.hstack([X, Y])
    size = np.sqrt((D**2).sum(axis=0))
    if len(D) <= D.shape[1] + deletions or (size == 0).any():
        raise DataError("the data cloud has no volume: too few units, or a measure that is zero everywhere")
    q, r = np.linalg.qr(D / size)
    if np.abs(np.diag(r)).min() < 1e-10:
        raise DataError("the data cloud has no volume: one measure is a combination of the others")
    H = q @ q.T
    smallest, units, ratios = [], [], []
    for count in range(1, deletions + 1):
        share, subset = _least_shares(H, count, keep)
        smallest.append(share[0])
        units.append(np.sort(subset))
        with np.errstate(divide="ignore"):
            ratios.append(np.log(share / share[0]) if share[0] > 0 else np.full(len(share), np.nan))
    return DataCloud(np.array(smallest), tuple(units), tuple(ratios))


def _least_shares(H: FloatArray, count: int, keep: int) -> tuple[FloatArray, IntArray]:
    """Return the ``keep`` smallest shares, ascending, and the subset of the smallest."""
    best_share, best_subset = np.empty(0), np.empty((0, count), dtype=np.int64)
    eye = np.eye(count)
    for block in _blocks(len(H), count):
        share = np.maximum(np.linalg.det(eye - H[block[:, :, None], block[:, None, :]]), 0.0)
        share, subset = np.concatenate([best_share, share]), np.concatenate([best_subset, block])
        order = np.argsort(share, kind="stable")[:keep]
        best_share, best_subset = share[order], subset[order]
    return best_share, best_subset[0]


def _blocks(n: int, count: int) -> Iterator[IntArray]:
    chunk: list[tuple[int, ...]] = []
    for subset in combinations(range(n), count):
        chunk.append(subset)
        if len(chunk) == _BLOCK:
            yield np.array(chunk, dtype=np.int64)
            chunk = []
    if chunk:
        yield np.array(chunk, dtype=np.int64)


@door("the data cloud", signs="any")
def wilson_outliers(units: Units, *, deletions: int = 3, periods: Periods | None = None) -> MethodResult:
    """Return, for each number of units taken away, which of them shrink the data cloud most.

    Parameters
    ----------
    units : Units
    deletions : int
        Largest number taken away together; the work grows as n to this power.
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.

    Returns
    -------
    MethodResult
        One row per number: ``share`` of the volume left, ``units``, and ``gap``, the log ratio of the second
        smallest share to it. Large gaps mark subsets that stand out.

    Raises
    ------
    OptionError
        A number below one, or one that would take more than 50 million subsets.
    DataError
        The cloud has no volume.

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[1.0], [2.0], [3.0], [10.0]], [[1.0], [2.1], [2.9], [1.0]])
    >>> wilson_outliers(units, deletions=1)["units"].tolist()
    ['4']
    """
    from math import comb

    import pandas as pd

    if deletions < 1 or comb(len(units), deletions) > _MOST:
        raise OptionError(f"deletions must be at least 1 and give at most {_MOST:,} subsets; got {deletions}")
    found = data_cloud(units.X, units.Y, deletions)
    names = units.names
    frame = pd.DataFrame(
        {
            "share": found.smallest,
            "units": [", ".join(names[int(k)] for k in subset) for subset in found.units],
            "gap": [ratio[1] if len(ratio) > 1 else np.nan for ratio in found.ratios],
        },
        index=pd.RangeIndex(1, deletions + 1, name="deleted"),
    )
    return MethodResult("Data cloud (Wilson 1993)", frame, found, "share", {"deletions": deletions})
