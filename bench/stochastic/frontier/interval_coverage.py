"""How often printed intervals of efficiency held the truth where it is known, and what is said where that is seldom.

The shares are of ``python benchmarks/bench_sfa_coverage.py --replicates 500`` (200 rows, seed 1), which stand in the
guide with their designs. Intervals treat the coefficients as known (Horrace & Schmidt 1996), which costs most where
the distribution can hardly be told from the intercept.
"""

from __future__ import annotations

from bench.errors import Issue

#: Share of 95 % intervals of efficiency that held the truth, by distribution and panel structure; 500 samples each.
MEASURED = {
    ("half-normal", ""): 0.91,
    ("exponential", ""): 0.94,
    ("truncated-normal", ""): 0.55,
    ("half-normal", "pitt-lee"): 0.93,
}

#: Below this share an interval is too narrow to go without a warning.
ENOUGH = 0.9


def coverage_issues(distribution: str, structure: str) -> tuple[Issue, ...]:
    """Return a warning where intervals like these held the truth too seldom.

    Examples
    --------
    >>> [issue.rule for issue in coverage_issues("truncated-normal", "")]
    ['interval-coverage']
    >>> coverage_issues("half-normal", "")
    ()
    """
    share = MEASURED.get((distribution, structure), 1.0)
    if share >= ENOUGH:
        return ()
    return (
        Issue(
            "interval-coverage",
            f"95 % intervals of efficiency like these held the truth in {share:.0%} of 500 simulated samples of 200 "
            "rows",
            "use distribution='half-normal' or 'exponential', or read the interval as much too narrow",
            severity="warning",
        ),
    )
