"""How often printed intervals of efficiency held the truth where it is known, and what is said where that is seldom.

The shares are of ``python benchmarks/bench_sfa_coverage.py --replicates 500`` (200 rows, seed 1), which stand in the
guide with their designs, and for the panels with a path or unit effects of ``--only panels --replicates 100`` (60 units
over 5 years). Intervals treat the coefficients as known (Horrace & Schmidt 1996), which costs most where the
distribution can hardly be told from the intercept, or persistent inefficiency from the effect of the unit.
"""

from __future__ import annotations

from bench.errors import Issue

#: Share of 95 % intervals of efficiency that held the truth, by distribution and panel structure.
MEASURED = {
    ("half-normal", ""): 0.91,
    ("exponential", ""): 0.94,
    ("truncated-normal", ""): 0.55,
    ("half-normal", "pitt-lee"): 0.93,
    ("half-normal", "battese-coelli-1992"): 0.93,
    ("half-normal", "true-random"): 0.899,
    ("half-normal", "four-components"): 0.74,
}

#: Samples behind those shares where there were not 500 of 200 rows.
_SAMPLES = dict.fromkeys(("battese-coelli-1992", "true-random", "four-components"), "100 simulated samples of 300 rows")

#: What can be done about it, by panel structure.
_REMEDY = {
    "": "use distribution='half-normal' or 'exponential', or take the bootstrap of the guide sfa_bootstrap",
    "true-random": "read the interval as a little too narrow: it takes the coefficients as known",
    "four-components": "read the interval as much too narrow: lasting inefficiency is hardly told from a unit's effect",
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
            f"95 % intervals of efficiency like these held the truth in {100 * share:.3g}% of "
            f"{_SAMPLES.get(structure, '500 simulated samples of 200 rows')}",
            _REMEDY[structure],
            severity="warning",
        ),
    )
