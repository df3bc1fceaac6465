"""`RunResult`: what one run of the whole engine produced, as frames that reports and programs read.

A leaf module without computation: the pipeline fills it, reports read it. Money is in NOK, amounts in the settlement
are exact to the øre (rounded by the model's named rule), shares are fractions, never per cent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from bench.errors import OptionError
from bench.presenting import table_html
from bench.typing import Progress

if TYPE_CHECKING:
    import pandas as pd

    from bench.errors import Issue
    from bench.units import Units

#: Columns of each frame, in order; a frame may carry more to the right, never fewer.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    # one row per scheme, service (and price class) and year in which the price is valid
    "prices": (
        "scheme",
        "service",
        "price_class",
        "measure",
        "year",
        "price",
        "previous_price",
        "change",
        "cost_year",
        "deflator",
        "volume",
        "cost",
        "source",
        "formula",
    ),
    # one row per scheme and year: the price identity
    "schemes": (
        "scheme",
        "year",
        "weighted_volume",
        "cost",
        "income",
        "result",
        "unit_cost",
        "price_level",
        "deflator",
        "next_price_level",
    ),
    # one row per unit and year
    "settlement": (
        "scheme",
        "unit",
        "year",
        "activity_income",
        "block_income",
        "refund",
        "corrections",
        "income",
        "cost",
        "result",
        "opening_balance",
        "kept",
        "carried",
        "returned_to_payer",
        "dispensation",
        "dispensation_payer",
        "closing_balance",
    ),
    # one row per unit, year and service: how activity_income came about
    "settlement_lines": (
        "scheme",
        "unit",
        "year",
        "service",
        "price_class",
        "volume_basis",
        "volume",
        "price",
        "income",
    ),
    # one row per year, scheme and service: the purchaser's volume budget against what was decided
    "purchaser": (
        "year",
        "scheme",
        "service",
        "budget_volume",
        "actual_volume",
        "budget_price",
        "price",
        "budget",
        "expenditure",
        "variance",
        "volume_variance",
        "price_variance",
    ),
    # one row per scheme and service of the price year: what is ordered at the new prices, against the budget, NOK
    "bill": (
        "year",
        "scheme",
        "service",
        "volume",
        "basis",
        "price",
        "previous_price",
        "amount",
        "budget",
        "difference",
    ),
    # one row per unit, year and correction of income, NOK
    "corrections": ("scheme", "unit", "year", "correction", "amount"),
    # one row per unit, year and receipt: money from others to the budget holder, NOK
    "receipts": ("scheme", "unit", "year", "receipt", "paid_by", "amount", "earmarked", "purpose"),
    # one row per scheme, year and purse: whose money it is, NOK
    "payers": ("scheme", "year", "paid_by", "income", "receipts", "net"),
    # one row per scheme, year and party: how what units do not keep or carry is shared
    "sharing": ("scheme", "year", "party", "amount"),
    # one row per unit, year and period of payment; adds up to the year's income
    "payments": ("scheme", "unit", "year", "period", "amount"),
    # one row per scheme, year and month: the purchaser's forecast, and what would close a shortfall
    "follow_up": (
        "scheme",
        "year",
        "month",
        "budget_to_date",
        "expenditure_to_date",
        "budget",
        "forecast",
        "shortfall",
        "reported",
        "cut_volume",
        "cut_quality",
        "add_money",
    ),
    # one row per unit and year in the frontier
    "efficiency": ("scheme", "unit", "year", "efficiency", "score", "super_efficiency", "scale_efficiency", "is_peer"),
    # ``share`` is of the intensities λ; ``norm_share`` is of the norm in NOK, and is what a unit is told
    "peers": ("scheme", "unit", "year", "peer", "peer_year", "intensity", "share", "norm_share"),
    "multipliers": ("scheme", "unit", "year", "column", "role", "multiplier"),
    # one row per scheme, year and variant: units per dimension, and what that leaves of the frontier's answers
    "frontier_size": (
        "scheme",
        "year",
        "variant",
        "units",
        "inputs",
        "outputs",
        "per_dimension",
        "efficient",
        "by_default",
        "price_width",
    ),
    # one row per unit a screen found: nothing is removed without one
    "screens": ("scheme", "unit", "year", "variant", "test", "round", "statistic", "limit", "action"),
    # one row per decision and row the frontier is made of: its score, corrected for bias, with an interval
    "inference": (
        "scheme",
        "unit",
        "year",
        "variant",
        "estimate",
        "corrected",
        "lower",
        "upper",
        "method",
        "decision_year",
    ),
    # one row per unit of a decision year: its rank, with ends that hold for all units at once, and its chances
    "ranks": (
        "scheme",
        "unit",
        "year",
        "variant",
        "rank",
        "lower",
        "upper",
        "best_quarter",
        "below_requirement",
        "requirement",
    ),
    # one row per unit and condition: how it differs from the unit's own peers, and what that is worth in points
    "conditions": (
        "scheme",
        "unit",
        "year",
        "variant",
        "condition",
        "value",
        "peer_value",
        "difference",
        "coefficient",
        "correction",
        "limited",
    ),
    "coefficients": ("scheme", "year", "variant", "condition", "coefficient", "standard_error", "rows"),
    # several conditions as one, and how it is made of them
    "composites": ("scheme", "unit", "year", "variant", "composite", "value"),
    "loadings": ("scheme", "year", "variant", "composite", "condition", "loading", "share"),
    # one row per unit and year: cost norms in NOK
    "norms": (
        "scheme",
        "unit",
        "year",
        "cost",
        "average_norm",
        "best_practice_norm",
        "dea_norm",
        "norm",
        "efficiency",
        "potential",
    ),
    # one row per unit, year and line that is added to its cost before units are compared, NOK
    "cost_adjustments": ("scheme", "unit", "year", "line", "rate", "amount", "reason", "source"),
    # one row per unit: what it would gain by recording a share more than it made, NOK
    "over_recording": (
        "scheme",
        "unit",
        "year",
        "share",
        "paid",
        "efficiency",
        "efficiency_after",
        "norm_change",
        "others_norm_change",
    ),
    # peers as they may be published: shares rounded, names withheld where they would tell a cost
    "published_peers": ("scheme", "unit", "year", "peer", "peer_year", "norm_share"),
    # one row per service, year of a full-cost price and line of its calculation, in the order they are worked out
    "full_cost": ("scheme", "service", "year", "line", "amount"),
    # benchmark price per service by source: the level that was found, and beside it the price that buys a stated total
    "benchmark_prices": ("scheme", "service", "measure", "source", "price", "calibrated_price", "scale", "total"),
    # one row per unit and requirement year
    "requirements": (
        "scheme",
        "unit",
        "year",
        "base_cost",
        "individual",
        "general",
        "requirement",
        "requirement_nok",
        "allowed_cost",
    ),
    # one row per scheme, where the truth is known: NOK asked of those who have nothing to give, and left untaken
    "decision_error": (
        "scheme",
        "base_year",
        "efficient",
        "required",
        "required_of_efficient",
        "required_beyond",
        "potential",
        "not_required",
    ),
    # where the truth is known: both errors of every combination, evidence and share of the frontier in the price, NOK
    "decision_tradeoff": (
        "scheme",
        "base_year",
        "combination",
        "evidence",
        "frontier_share",
        "stated",
        "efficient",
        "required",
        "required_of_efficient",
        "required_beyond",
        "potential",
        "not_required",
        "dominated_by",
    ),
    # one row per unit of the cost year: the figures the model file works out by formulas and shows
    "figures": ("unit", "year"),
    # one row per unit and year in which a requirement lowers a price or grant; shares are of the scheme's gap
    "requirement_effect": (
        "scheme",
        "unit",
        "year",
        "feeds",
        "cost_year",
        "individual_nok",
        "general_nok",
        "required_nok",
        "frontier_share",
        "gap_share",
        "gap_share_so_far",
    ),
    # one row per unit with accounts: the share of a permanent saving of its own that it keeps, its own weights counted
    "kept_savings": (
        "scheme",
        "unit",
        "year",
        "price_share",
        "norm_weight",
        "own_norm_share",
        "kept_share",
        "benchmarked",
    ),
    # one row per analysis, scheme and table it looked at; what it found is a frame of its own, ``analysis_<id>``
    "analyses": (
        "analysis",
        "scheme",
        "method",
        "function",
        "guide",
        "first_year",
        "last_year",
        "rows",
        "inputs",
        "outputs",
        "keys",
        "result_rows",
    ),
    # every parameter value the model used
    "assumptions": ("key", "scheme", "from", "value", "status", "source"),
    # every identity asserted in this run
    "checks": ("check", "scheme", "year", "left", "right", "difference", "tolerance"),
}


#: More lines of settlement (units × years × services) than this make a report large: 500 units, 5 years, 10 services.
LARGE = 25_000


@dataclass(frozen=True, slots=True)
class Withheld:
    """What the report of a run holds back so that no small count can be read or worked out.

    Attributes
    ----------
    threshold : int
        Volumes above zero and below this are small.
    units : tuple of str
        Units of which no number is shown, those with a small count and those that hide them in sums.
    schemes : tuple of str
        Schemes too small to hide a unit in: of these only prices are shown.
    """

    threshold: int
    units: tuple[str, ...]
    schemes: tuple[str, ...]


def empty_frame(name: str) -> pd.DataFrame:
    """Return a frame of a run without rows."""
    import pandas as pd

    return pd.DataFrame(columns=list(COLUMNS[name]))


class Face(Protocol):
    """How a result shows itself: its text, its files, its first chart, its folder.

    Whoever makes a result hands it one, so that results are data and reach no report themselves.
    """

    def summary(self, result: Any, language: str = "en") -> str:
        """Return the result in one screen of text."""

    def files(self, result: Any, language: str, written: Sequence[str] = ()) -> Iterator[tuple[str, str, bytes]]:
        """Yield every file of the report in one language as (stage, path in the folder, bytes)."""

    def plot(self, result: Any, language: str) -> Any:
        """Return the first chart, drawn."""

    def notebook(self, result: Any) -> str:
        """Return the result as a notebook shows it: HTML with tables, the first chart and the warnings."""

    def save(self, result: Any, directory: str | Path, **options: Any) -> Path:
        """Write the folder; see :meth:`Result.save`."""


class Result:
    """A result that can be saved: as page, tables, charts, the sources it was made from and the manifest."""

    __slots__ = ()

    synthetic: bool
    sources: Mapping[str, bytes]
    manifest: Mapping[str, Any]
    face: Face | None

    def files(self, language: str, written: Sequence[str] = ()) -> Iterator[tuple[str, str, bytes]]:
        """Yield every file of the report in one language as (stage, path in the folder, bytes).

        ``written`` are all languages of the folder: pages lead from one to the other where there are several.
        """
        return self._shown().files(self, language, written)

    def plot(self, language: str = "nb") -> Any:
        """Return the first chart of the page, drawn."""
        return self._shown().plot(self, language)

    def summary(self, language: str = "en") -> str:
        """Return the result in one screen of text."""
        return self._shown().summary(self, language)

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return every frame by name; none where a result keeps none."""
        return {}

    def size(self) -> int:
        """Return about how many steps the report takes in one language."""
        return 1

    def save(
        self,
        directory: str | Path,
        *,
        language: str | Sequence[str] = "nb",
        formats: Sequence[str] = ("csv",),
        overwrite: bool = False,
        inputs: Iterable[str | Path] = (),
        progress: Progress | None = None,
    ) -> Path:
        """Write page, tables, charts, sources and manifest to a folder.

        Everything is written aside and put in place at the end, so a failure leaves nothing half-written.

        Parameters
        ----------
        directory : path
            Must not exist, unless ``overwrite``.
        language : {"nb", "en"} or several of them
            ``"nb,en"`` writes both, each in its own folder, with the sources and one manifest at the top.
        formats : sequence of {"csv", "parquet"}
            Of the tables; ``"parquet"`` is written beside ``"csv"``.
        overwrite : bool
            Replace an earlier report in the folder, if every file in it is as it was written.
        inputs : iterable of path
            Files the result was made from; a folder that holds one is not replaced.
        progress : callable, optional
            Called with ``(stage, done, total)``.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        OptionError
            When the result was not made by :func:`bench.run`, :func:`bench.simulate` or :func:`bench.compare`.
        """
        options = {
            "language": language,
            "formats": formats,
            "overwrite": overwrite,
            "inputs": inputs,
            "progress": progress,
        }
        return self._shown().save(self, directory, **options)

    def _repr_html_(self) -> str:
        """Return what a notebook shows; the first table where the result was made without a face."""
        if self.face is not None:
            return self.face.notebook(self)
        tables = ((name, frame) for name, frame in self.frames().items() if len(frame))
        name, frame = next(tables, ("", None))
        return f"<p>{escape(repr(self))}</p>" if frame is None else table_html(frame, name)

    def _shown(self) -> Face:
        if self.face is None:
            raise OptionError("only results of bench.run, bench.simulate and bench.compare can be shown and saved")
        return self.face


@dataclass(frozen=True, slots=True, eq=False)
class RunResult(Result):
    """Everything one run produced.

    Attributes
    ----------
    model : object
        The validated model (:class:`bench.modelfile.Model`).
    units : Units
        The data the run used.
    prices, schemes, settlement, settlement_lines, purchaser, bill, corrections, sharing, payments, follow_up, \
receipts, payers, efficiency, peers, multipliers, frontier_size, screens, inference, ranks, conditions, \
coefficients, composites, loadings, norms, full_cost, benchmark_prices, figures, requirements, \
decision_error, decision_tradeoff, requirement_effect, kept_savings, cost_adjustments, over_recording, \
published_peers, assumptions, checks : DataFrame
        Columns as in :data:`COLUMNS`; empty where the model has no such stage.
    analyses : DataFrame
        What each analysis was made from.
    described : Mapping of str to DataFrame
        What each analysis of the model found, by its id; coefficients and tests as ``id_coefficients``, ``id_tests``.
    warnings : tuple of Issue
        What the reader must know: findings in the data, weak frontiers, synthetic data.
    manifest : Mapping
        Hashes and versions, options and seeds.
    synthetic : bool
        True when the data set says it is made up; printed on every output.
    sources : Mapping of str to bytes
        The model file and every data file by name; saved beside the result so that it can be verified anywhere.
    tables : Mapping of str to DataFrame
        Further tables of the data set that the run used: ``budget``, ``months``, ``index``.
    face : Face, optional
        How it shows itself.
    withheld : Withheld, optional
        What its report holds back; the frames here are whole.
    """

    model: Any
    units: Units
    prices: pd.DataFrame
    schemes: pd.DataFrame
    settlement: pd.DataFrame
    settlement_lines: pd.DataFrame
    purchaser: pd.DataFrame
    corrections: pd.DataFrame
    sharing: pd.DataFrame
    payments: pd.DataFrame
    follow_up: pd.DataFrame
    efficiency: pd.DataFrame
    peers: pd.DataFrame
    multipliers: pd.DataFrame
    norms: pd.DataFrame
    benchmark_prices: pd.DataFrame
    requirements: pd.DataFrame
    assumptions: pd.DataFrame
    checks: pd.DataFrame
    warnings: tuple[Issue, ...]
    manifest: Mapping[str, Any]
    bill: pd.DataFrame = field(default_factory=lambda: empty_frame("bill"))
    kept_savings: pd.DataFrame = field(default_factory=lambda: empty_frame("kept_savings"))
    decision_tradeoff: pd.DataFrame = field(default_factory=lambda: empty_frame("decision_tradeoff"))
    cost_adjustments: pd.DataFrame = field(default_factory=lambda: empty_frame("cost_adjustments"))
    over_recording: pd.DataFrame = field(default_factory=lambda: empty_frame("over_recording"))
    published_peers: pd.DataFrame = field(default_factory=lambda: empty_frame("published_peers"))
    frontier_size: pd.DataFrame = field(default_factory=lambda: empty_frame("frontier_size"))
    screens: pd.DataFrame = field(default_factory=lambda: empty_frame("screens"))
    inference: pd.DataFrame = field(default_factory=lambda: empty_frame("inference"))
    ranks: pd.DataFrame = field(default_factory=lambda: empty_frame("ranks"))
    conditions: pd.DataFrame = field(default_factory=lambda: empty_frame("conditions"))
    coefficients: pd.DataFrame = field(default_factory=lambda: empty_frame("coefficients"))
    composites: pd.DataFrame = field(default_factory=lambda: empty_frame("composites"))
    loadings: pd.DataFrame = field(default_factory=lambda: empty_frame("loadings"))
    full_cost: pd.DataFrame = field(default_factory=lambda: empty_frame("full_cost"))
    receipts: pd.DataFrame = field(default_factory=lambda: empty_frame("receipts"))
    payers: pd.DataFrame = field(default_factory=lambda: empty_frame("payers"))
    decision_error: pd.DataFrame = field(default_factory=lambda: empty_frame("decision_error"))
    figures: pd.DataFrame = field(default_factory=lambda: empty_frame("figures"))
    requirement_effect: pd.DataFrame = field(default_factory=lambda: empty_frame("requirement_effect"))
    analyses: pd.DataFrame = field(default_factory=lambda: empty_frame("analyses"))
    described: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    synthetic: bool = False
    sources: Mapping[str, bytes] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    face: Face | None = field(default=None, repr=False)
    withheld: Withheld | None = None

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return every frame by name, in the order of the flow."""
        found = {f"analysis_{name}": frame for name, frame in self.described.items()}
        return {**{name: getattr(self, name) for name in COLUMNS}, **found}

    @property
    def holds_back(self) -> bool:
        """Whether its report shows less than the frames here."""
        return self.withheld is not None and bool(self.withheld.units or self.withheld.schemes)

    @property
    def is_large(self) -> bool:
        """Whether its report leaves out what neither a browser nor a spreadsheet can hold."""
        return len(self.settlement_lines) > LARGE

    def size(self) -> int:
        """Return about how many steps the report takes in one language."""
        return 6 + len(self.units.unit_names)

    def __repr__(self) -> str:
        return f"RunResult({getattr(self.model, 'name', '')}: {self.units!r})"


@dataclass(frozen=True, slots=True, eq=False)
class FileAnalysis(Result):
    """What one method found in one file.

    Attributes
    ----------
    kind : {"dea", "sfa"}
    title : str
    text : str
        The summary, for the screen.
    html : str
        The same as tables of a page.
    tables : Mapping of str to DataFrame
    warnings : tuple of Issue
    programs : Mapping of str to bytes
        Linear programs by path in the folder.
    file : str
        Name the owner gave the file.
    manifest, sources, synthetic, face
        As of any result.
    """

    kind: Literal["dea", "sfa"]
    title: str
    text: str
    html: str
    tables: Mapping[str, pd.DataFrame]
    warnings: tuple[Issue, ...]
    manifest: Mapping[str, Any]
    sources: Mapping[str, bytes]
    programs: Mapping[str, bytes] = field(default_factory=dict)
    synthetic: bool = False
    face: Face | None = field(default=None, repr=False)

    @property
    def file(self) -> str:
        """The name the owner gave the file."""
        return str(self.manifest["sources"]["data"]["title"])

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return every table by name."""
        return dict(self.tables)


@dataclass(frozen=True, slots=True, eq=False)
class Specifications(Result):
    """Every unit of a model's schemes under every combination of choices.

    Attributes
    ----------
    curves : tuple of bench.pipeline.specs.SpecificationCurve
        One per scheme.
    manifest, sources, synthetic, face
        As of any result.
    """

    curves: tuple[Any, ...]
    manifest: Mapping[str, Any]
    sources: Mapping[str, bytes]
    synthetic: bool = False
    face: Face | None = field(default=None, repr=False)

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return specifications, units, choices and cost drivers of every scheme, by ``scheme-table``."""
        names = ("specs", "units", "choices", "drivers")
        return {f"{curve.scheme}-{name}": getattr(curve, name) for curve in self.curves for name in names}

    def __repr__(self) -> str:
        told = ", ".join(f"{curve.scheme} {curve.year}: {len(curve.specs)}" for curve in self.curves)
        return f"Specifications({told})"


@dataclass(frozen=True, slots=True, eq=False)
class ReadData(Result):
    """Accounts as a model reads them, before anything is computed from them.

    Attributes
    ----------
    model : bench.modelfile.Model
    units : Units
    manifest, sources, synthetic, face
        As of any result.
    """

    model: Any
    units: Units
    manifest: Mapping[str, Any]
    sources: Mapping[str, bytes]
    synthetic: bool = False
    face: Face | None = field(default=None, repr=False)

    def __repr__(self) -> str:
        return f"ReadData({getattr(self.model, 'name', '')}: {self.units!r})"
