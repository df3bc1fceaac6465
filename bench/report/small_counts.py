"""Small counts: what the report of a run holds back so that a volume of a few persons is neither shown nor worked out.

A volume above zero and below the threshold is small. It stands in an amount (price times volume), in an income, a
norm, a result and a balance, and a handful of these give it back. So a unit with a small count is held back whole. What
is left of a total when the shown units are taken off is the sum over those held back; so that it is never one unit's
own, each sum with a small count in it has at least two units held back with a volume there, and together they reach
the threshold: further units are held back for that, the smallest first. A scheme in which that cannot be had shows its
prices alone. Rows of other units that state how they lean on one held back (peers, multipliers, what peers have) go
with it, and so does all that is worked out anew from the data: formulas of the workbook, sliders, traces, sources.

Every file of a folder is made from what :func:`published` returns, so nothing held back is at hand to be written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from bench.errors import Issue
from bench.report.published_peers import without_told_peers
from bench.results import RunResult, Withheld

if TYPE_CHECKING:
    import pandas as pd

    from bench.modelfile import Model
    from bench.units import Units

#: Units that a sum over those held back has at least.
FEWEST = 2

#: A total that is shown: scheme, price class, service and year.
Total = tuple[str, str, str, Any]

#: Frames in which a row of one unit says something of others.
_LEANING = ("peers", "published_peers", "multipliers", "conditions")

#: What is left of the prices of a scheme that is held back.
_PRICE_COLUMNS = (
    *("scheme", "service", "price_class", "measure", "year", "price", "previous_price", "change"),
    *("cost_year", "deflator", "source"),
)

#: Tables beside the accounts that hold nothing of a unit.
_COMMON_TABLES = ("index",)


def withheld(model: Model, units: Units, lines: pd.DataFrame) -> Withheld | None:
    """Return what is held back; None where the model has no such rule.

    Parameters
    ----------
    model : Model
        ``report.small_counts`` is the threshold, ``report.counts`` the columns it is about.
    units : Units
        The data of the run.
    lines : DataFrame
        Settlement lines: volumes by price class.
    """
    threshold = model.report.small_counts
    if threshold == 0:
        return None
    found = chosen(_totals(model, units, lines), threshold)
    return Withheld(threshold, tuple(sorted(found[0])), tuple(sorted(found[1])))


def chosen(totals: Mapping[Total, Mapping[str, float]], threshold: float) -> tuple[set[str], set[str]]:
    """Return the units and the schemes that are held back.

    Parameters
    ----------
    totals : mapping of (scheme, price class, service, year) to mapping of str to float
        The volume of each unit in each total that is shown.
    threshold : float

    Examples
    --------
    C hides A's three; where there is nobody else, the scheme is held back:

    >>> hidden, held = chosen({("s", "", "users", 2024): {"A": 3.0, "B": 90.0, "C": 40.0}}, 5)
    >>> sorted(hidden), held
    (['A', 'C'], set())
    >>> chosen({("s", "", "users", 2024): {"A": 3.0}}, 5)
    ({'A'}, {'s'})
    """
    small = {key for key, volumes in totals.items() if any(0 < volume < threshold for volume in volumes.values())}
    units = {unit for key in small for unit, volume in totals[key].items() if 0 < volume < threshold}
    schemes: set[str] = set()
    for key in sorted(small, key=str):
        positive = {unit: volume for unit, volume in totals[key].items() if volume > 0}
        left = sorted((volume, unit) for unit, volume in positive.items() if unit not in units)
        while not _hidden(positive, units, threshold):
            if not left:
                schemes.add(key[0])
                break
            units.add(left.pop(0)[1])
    members = {unit for key, volumes in totals.items() if key[0] in schemes for unit in volumes}
    return units | members, schemes


def _hidden(positive: Mapping[str, float], units: set[str], threshold: float) -> bool:
    """Tell whether the sum over those held back is no unit's own and is not small itself."""
    back = [volume for unit, volume in positive.items() if unit in units]
    return len(back) >= FEWEST and sum(back) >= threshold


def _totals(model: Model, units: Units, lines: pd.DataFrame) -> dict[Total, dict[str, float]]:
    frame = units.frame
    columns = [name for name in model.report.counts or model.output_columns() if name in frame.columns]
    schemes = [""] * len(frame) if units.scheme is None else frame[units.scheme].astype(str)
    years = [""] * len(frame) if units.period is None else frame[units.period]
    totals: dict[Total, dict[str, float]] = {}
    for name in columns:
        for scheme, year, unit, volume in zip(schemes, years, frame[units.id], frame[name], strict=True):
            totals.setdefault((scheme, "", name, year), {})[str(unit)] = abs(float(volume))
    named = {(s.id, service.id): service.column for s in model.scheme for service in s.service}
    for row in lines.to_dict("records"):
        column = named.get((str(row["scheme"]), str(row["service"])), str(row["service"]))
        if column in columns or not model.report.counts:
            key = (str(row["scheme"]), str(row["price_class"]), f"line {row['service']}", row["year"])
            volumes = totals.setdefault(key, {})
            volumes[str(row["unit"])] = volumes.get(str(row["unit"]), 0.0) + abs(float(row["volume"]))
    return totals


def finding(held: Withheld) -> Issue:
    """Return what the reader is told: what is held back, and by what rule."""
    if not (held.units or held.schemes):
        return Issue("small-counts", f"no volume is below {held.threshold}: nothing is withheld", severity="warning")
    what = f"units: {', '.join(held.units)}"
    if held.schemes:
        what += f"; of these schemes only prices are shown: {', '.join(name or 'all' for name in held.schemes)}"
    return Issue(
        "small-counts",
        f"volumes below {held.threshold} are withheld, with all numbers of their units and of units that hide them in "
        f"sums ({what})",
        "sums over all units stand; the workbook has no formulas, the pages no sliders and traces, and the accounts "
        "are not copied: bench verify takes them by --source",
        severity="warning",
    )


def published(run: RunResult) -> RunResult:
    """Return the run as its report may show it; the run itself where nothing is held back.

    Rows of units held back are not there, sums over all units are. Frames of schemes held back are empty but for
    their prices. Peers are told as far as the model lets them be.
    """
    held = run.withheld
    if held is None or not run.holds_back:
        return without_told_peers(run)
    hide = _Hiding.of(run, held)
    face: Any = None if run.face is None else replace(cast(Any, run.face), trace=None)
    own: dict[str, Any] = {
        name: hide.frame(name, frame) for name, frame in run.frames().items() if not name.startswith("analysis_")
    }
    shown = replace(
        run,
        **own,
        described={name: hide.frame(name, frame) for name, frame in run.described.items()},
        units=hide.data(run.units),
        warnings=tuple(issue for issue in run.warnings if hide.says_nothing(issue)),
        tables={name: table for name, table in run.tables.items() if name in _COMMON_TABLES},
        sources=kept_sources(run),
        manifest=hide.manifest(run.manifest),
        face=face,
    )
    return without_told_peers(shown)  # last: who leans on a unit held back is read off the exact peers


def kept_sources(run: RunResult) -> dict[str, bytes]:
    """Return the sources that are copied: models and price growth, unless the model's own example is the data."""
    if not run.holds_back:
        return dict(run.sources)
    example = run.synthetic and "dataset" not in run.manifest["options"]
    roles = [f"table.{name}" for name in _COMMON_TABLES] + ([] if example else ["model"])
    names = {run.manifest["sources"][role]["name"] for role in roles if role in run.manifest["sources"]}
    return {name: data for name, data in run.sources.items() if name in names}


class _Hiding:
    """Takes what is held back out of frames, findings and data."""

    def __init__(self, units: Iterable[str], schemes: Iterable[str], leaning: set[tuple[str, str, Any]]):
        self.units, self.leaning = set(units), leaning
        self.schemes = set(schemes)

    @classmethod
    def of(cls, run: RunResult, held: Withheld) -> _Hiding:
        """Find the rows that lean on a unit held back."""
        peers = run.peers
        there = peers["peer"].astype(str).isin(held.units)
        rows = peers[there]
        keys = zip(rows["scheme"].astype(str), rows["unit"].astype(str), rows["year"], strict=True)
        return cls(held.units, held.schemes, set(keys))

    def frame(self, name: str, frame: pd.DataFrame) -> pd.DataFrame:
        """Return a frame without the rows held back."""
        if not len(frame):
            return frame
        keep = ~self._names_a_unit(frame)
        if name in _LEANING:
            keep &= [key not in self.leaning for key in _keys(frame)]
        if self.schemes and name != "assumptions" and "scheme" in frame.columns:
            scheme = frame["scheme"].fillna("").astype(str)
            gone = scheme.isin({*self.schemes, ""}) | ("" in self.schemes)
            if name == "prices":
                frame = frame.copy()
                frame.loc[gone, [c for c in frame.columns if c not in _PRICE_COLUMNS]] = None
            else:
                keep &= ~gone
        kept: pd.DataFrame = frame[keep].reset_index(drop=True)
        return kept

    def _names_a_unit(self, frame: pd.DataFrame) -> Any:
        """Rows in which a cell is the name of a unit held back."""
        import numpy as np

        found = np.zeros(len(frame), dtype=bool)
        for column in frame.columns:
            if frame[column].dtype.kind not in "iufb":
                found |= frame[column].map(lambda cell: isinstance(cell, str) and cell in self.units).to_numpy(bool)
        return found

    def data(self, units: Units) -> Units:
        """Return the table without the units held back."""
        kept = units.frame[~units.frame[units.id].astype(str).isin(self.units)].reset_index(drop=True)
        return replace(units, frame=kept, warnings=())

    def says_nothing(self, issue: Issue) -> bool:
        """Tell whether a finding names no unit held back and shows no cell that may be one's."""
        if issue.rule == "small-counts":
            return True
        words = (issue.unit, issue.value, issue.message, issue.remedy)
        named = any(unit in text for unit in self.units for text in words)
        return not named and not ((issue.cell or issue.value) and not issue.unit)

    def manifest(self, manifest: Mapping[str, Any]) -> dict[str, Any]:
        """Return the manifest without findings that show a cell."""
        options = dict(manifest["options"])
        if "findings" in options:
            options["findings"] = [one for one in options["findings"] if self.says_nothing(Issue(**one))]
        return {**manifest, "options": options}


def _keys(frame: pd.DataFrame) -> list[tuple[str, str, Any]]:
    return list(zip(frame["scheme"].astype(str), frame["unit"].astype(str), frame["year"], strict=True))
