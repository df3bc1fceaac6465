"""Data cloud: known answers, another solver, and what is refused."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from pulp_oracle import data

import bench
from bench.envelopment.outliers.data_cloud import data_cloud, wilson_outliers
from bench.errors import DataError, OptionError


def test_data_cloud_by_determinants() -> None:
    X, Y = data(4, n=9)
    found = data_cloud(X, Y, deletions=2)
    D = np.hstack([X, Y])
    whole = np.linalg.det(D.T @ D)
    for count in (1, 2):
        shares = sorted(
            (np.linalg.det(np.delete(D, list(s), 0).T @ np.delete(D, list(s), 0)) / whole, s)
            for s in combinations(range(9), count)
        )
        assert found.smallest[count - 1] == pytest.approx(shares[0][0])
        assert tuple(found.units[count - 1]) == shares[0][1]
        np.testing.assert_allclose(
            found.ratios[count - 1], np.log([share / shares[0][0] for share, _ in shares[:25]]), atol=1e-9
        )


def test_data_cloud_does_not_depend_on_measures_and_names_what_has_no_volume() -> None:
    X, Y = data(5, n=12)
    scaled = wilson_outliers(bench.Units.from_arrays(X * [1e6, 1, 1e-6], Y), deletions=2)
    plain = wilson_outliers(bench.Units.from_arrays(X, Y), deletions=2)
    np.testing.assert_allclose(scaled["share"], plain["share"], rtol=1e-9)
    assert scaled["units"].tolist() == plain["units"].tolist()
    with pytest.raises(DataError, match="combination"):
        data_cloud(np.hstack([X, X[:, :1]]), Y)
    with pytest.raises(DataError, match="no volume"):
        data_cloud(X[:4], Y[:4])
    with pytest.raises(OptionError, match="deletions"):
        wilson_outliers(bench.Units.from_arrays(X, Y), deletions=0)


def test_reference_data_cloud(public, expected) -> None:
    """R Benchmarking 0.33, ``outlierC.ap`` (Wilson 1993): units exactly, shares and log ratios at 1e-6."""
    table = expected("outlier")
    for name, deletions in (("charnes1981", 3), ("milkProd", 3)):
        part = table[table["dataset"] == name]
        found = data_cloud(public[name].X, public[name].Y, deletions)
        for count in range(1, deletions + 1):
            own = part[part["unit"] == f"ndel{count}"]
            rows = own[own["quantity"].str.startswith("imat")]["value"].astype(float).astype(int)
            assert (np.asarray(found.units[count - 1]) + 1).tolist() == sorted(rows)
            share = own[own["quantity"] == "r0"]["value"].astype(float).item()
            assert found.smallest[count - 1] == pytest.approx(share, rel=1e-6)
            ratio = part[part["unit"].str.startswith(f"ndel{count}_row")]["value"].astype(float)
            np.testing.assert_allclose(found.ratios[count - 1][: len(ratio)], ratio, atol=1e-6)
