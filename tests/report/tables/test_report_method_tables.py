"""Methods side by side and the purchaser's follow-up, on the real run."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

import bench
from bench.report.edition import Edition
from bench.report.tables.methods import follow_up_table, method_tables, rank_correlation


@pytest.fixture(scope="module")
def edition():
    model = bench.load_model("kristiansand").with_values(
        {"frontier.method": ["dea", "sfa"], "frontier.combine": "mean", "norm.source": "frontier"}
    )
    return Edition.of(bench.run(model), "nb")


def test_rank_correlation_is_scipys():
    rng = np.random.default_rng(2)
    scores = rng.integers(0, 6, (40, 3)).astype(float)
    assert rank_correlation(scores) == pytest.approx(spearmanr(scores).statistic)


def test_scores_stand_side_by_side_with_their_difference(edition):
    scheme = next(scheme for scheme in edition.facts.schemes if scheme.key == "omsorg")
    scores, correlation = method_tables(edition, scheme)
    assert scores.columns == ("Enhet", "DEA", "SFA", "Mellom høyeste og laveste, prosentpoeng")
    assert len(scores.rows) == 13
    found = edition.facts.run.efficiency.query("unit == 'Vestlia' and year == 2006").iloc[0]
    row = next(row for row in scores.rows if row[0].text == "Vestlia")
    spread = abs(found["efficiency_dea"] - found["efficiency_sfa"])
    assert row[-1].text == edition.n.number(100 * spread, 1)
    assert correlation.rows[0][1].text == "1,00"


def test_one_method_needs_no_comparison():
    edition = Edition.of(bench.run("kristiansand"), "nb")
    assert method_tables(edition, edition.facts.schemes[0]) == []


def test_the_shortfall_of_2004_is_seen_after_april(edition):
    """003_d89321ded97a3ce6.txt, ch. 4.3: about 6 million NOK a year, found in the first third of 2004."""
    table = follow_up_table(edition)
    total = next(row for row in table.rows if row[0].text == "2004" and row[1].tone == "total")
    assert total[2].text == "4"
    assert 5700 < float(total[3].text.replace("\xa0", "").replace(" ", "").replace(",", ".")) < 6300
