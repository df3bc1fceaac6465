"""What a letter says: one to each unit with its decision, and one with its data before anything is computed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from bench.report.charts.curve import curve_figure
from bench.report.charts.drawing import Figure
from bench.report.edition import Edition
from bench.report.facts import UnitFacts, rows
from bench.report.pages.memo import alternatives_table, bill_sentence, effect_table, tornado_table
from bench.report.tables.page import SMALL, Cell, Table, price_card, table
from bench.report.tables.unit import unit_tables
from bench.report.words.advice import listed
from bench.report.words.memo import memo
from bench.report.words.numbers import Numbers
from bench.report.words.prices import effect_intro, price_and_requirement
from bench.report.words.remarks import questions
from bench.report.words.texts import Texts

if TYPE_CHECKING:
    import pandas as pd

    from bench.modelfile import Model
    from bench.typing import FloatArray
    from bench.units import Units


#: What stands between the outputs of a specification.
_AND = " + "


@dataclass(frozen=True, slots=True)
class Part:
    """A heading with paragraphs, a chart and tables; an annex starts on a page of its own."""

    title: str
    paragraphs: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    annex: bool = False
    figure: Figure | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter.

    Attributes
    ----------
    name : str
        File name without ending.
    compact : bool
        Set close, so that it stays on one A4.
    language, title, sender, banner : str
        ``banner`` says that the data are made up, where they are.
    parts : tuple of Part
    """

    name: str
    language: str
    title: str
    sender: str
    banner: str
    parts: tuple[Part, ...] = field(default_factory=tuple)
    compact: bool = False


class Required(Protocol):
    """Requirements under every specification: a :class:`bench.pipeline.spec_requirements.RequiredUnder`."""

    @property
    def year(self) -> int:
        """First year of the requirement."""

    @property
    def share(self) -> FloatArray:
        """Array (specifications, units), of the cost."""

    @property
    def nok(self) -> FloatArray:
        """Array (specifications, units)."""


class Curve(Protocol):
    """Scores of the units of a scheme under every specification: a :class:`bench.pipeline.specs.SpecificationCurve`."""

    @property
    def scheme(self) -> str:
        """The scheme."""

    @property
    def year(self) -> int:
        """The year of the data."""

    @property
    def scores(self) -> FloatArray:
        """Array (specifications, units); missing where a unit has no score."""

    @property
    def specs(self) -> pd.DataFrame:
        """One row per specification: the choices it is made of."""

    @property
    def units(self) -> pd.DataFrame:
        """One row per unit, in the order of the columns of ``scores``."""

    @property
    def required(self) -> Required | None:
        """What the requirement would have been under each."""


def decision_letters(edition: Edition, curves: Sequence[Curve] = ()) -> Iterator[Letter]:
    """Yield a letter to every unit: price, requirement, norm, what may be appealed, and annexes.

    ``curves`` are the specification curves of its schemes, of which each unit sees its own.
    """
    by_scheme = {curve.scheme: curve for curve in curves}
    for unit in edition.facts.units:
        if unit.settlement or unit.requirements or unit.norm:
            yield _decision(edition, unit, by_scheme.get(unit.scheme))


def memo_letter(edition: Edition) -> Letter:
    """Return the decision memo as a letter: what is asked, the bill, prices, who gains and loses, what matters."""
    t, facts = edition.t, edition.facts
    found = memo(edition)
    parts = [Part(t("memo.resolution"), tuple(f"{k}. {line}" for k, line in enumerate(found.resolution, start=1)))]
    if found.bill:
        said, made = (bill_sentence(edition, found.bill),), alternatives_table(edition, found.bill)
        parts.append(Part(t("memo.bill", year=facts.price_year), said, (made,)))
    prices = tuple(price_card(edition, scheme) for scheme in facts.schemes if scheme.prices)
    if prices:
        parts.append(Part(t("book.title", year=facts.price_year), (), prices))
    if found.most:
        effect = t("memo.effect", year=facts.price_year)
        intro = (effect_intro(edition),)
        parts.append(Part(effect, intro, (effect_table(edition, found),)))
        parts.append(Part(t("memo.hang"), tuple(price_and_requirement(edition))))
    if found.swings:
        parts.append(Part(t("memo.tornado"), (t("memo.tornado.intro"),), (tornado_table(edition, found),)))
    parts.append(Part(t("memo.wrong"), (*([found.interval] if found.interval else []), *found.risks)))
    title = f"{t('memo.kind')}: {edition.labels.model}"
    name = t("file.memo").removesuffix(".html")
    return replace(_letter(t, name, title, edition, parts), compact=True)


def _robustness(edition: Edition, unit: UnitFacts) -> list[Part]:
    """Return how certain the unit's number is: each method, and the interval where there is one."""
    t, n = edition.t, edition.n
    body: list[list[Cell | str]] = []
    for name, value in (unit.efficiency or {}).items():
        if name.startswith("efficiency_") and value is not None:
            method = name.removeprefix("efficiency_")
            body.append([t.known("method", method) or method, n.percent(value)])
    frame = edition.facts.run.inference
    own = rows(frame[frame["unit"] == unit.key]) if len(frame) else []
    last = max((row["year"] for row in own), default=None)
    for row in own:
        if row["year"] == last:
            for column in ("corrected", "lower", "upper"):
                if row[column] is not None:
                    body.append([f"{t(f'letter.{column}')} ({row['method']})", n.percent(row[column])])
    if not body:
        return []
    made = table(t("table.norm"), [(t("col.method"), False), (t("col.efficiency"), True)], body)
    return [Part(t("letter.robust"), (t("letter.robust_text"),), (made,))]


def _curve(edition: Edition, unit: UnitFacts, curve: Curve | None) -> list[Part]:
    """Return the unit's score, and requirement, under every combination of choices that could have been made."""
    names = [] if curve is None else curve.units["unit"].astype(str).tolist()
    if curve is None or unit.key not in names:
        return []
    at = names.index(unit.key)
    row = curve.units.iloc[at]
    known = [float(score) for score in curve.scores[:, at] if score == score]
    if len(known) < 2:
        return []
    t, n = edition.t, edition.n
    said = {
        "count": n.number(len(known)),
        "year": curve.year,
        "low": n.percent(row["lowest"]),
        "middle": n.percent(row["median"]),
        "high": n.percent(row["highest"]),
        "same": n.percent(row["same_class"], 0),
    }
    lines = [t("letter.curve_text", **said)]
    decided = (unit.efficiency or {}).get("efficiency") if (unit.efficiency or {}).get("year") == curve.year else None
    title, reading = "letter.curve", "letter.curve_reading"
    required = _required_text(edition, unit, curve, at)
    if required:
        lines += required
        known = [float(value) for value in curve.required.share[:, at] if value == value] if curve.required else []
        decided, title, reading = unit.requirements[0]["requirement"], "letter.curve_required", "letter.curve_points"
    figure = curve_figure(
        "curve",
        known,
        decided,
        (t(reading), "", " ".join(lines)),
        axis=lambda value: n.percent(value, 1 if required else 0),
        decided_label=t("letter.curve_decided"),
    )
    return [Part(t(title), tuple(lines), (_specifications(edition, unit, curve, at),), figure=figure)]


def _required_text(edition: Edition, unit: UnitFacts, curve: Curve, at: int) -> list[str]:
    """Say between what the unit's requirement lies under the combinations, and what was decided."""
    if curve.required is None or not unit.requirements:
        return []
    share, nok = curve.required.share[:, at], curve.required.nok[:, at]
    known = np.flatnonzero(np.isfinite(share))
    if len(known) < 2:
        return []
    t, n = edition.t, edition.n
    order = known[np.argsort(nok[known], kind="stable")]
    ends = {
        name: f"{n.kroner(float(nok[spec]))} ({n.percent(float(share[spec]), 2)})"
        for name, spec in (("low", order[0]), ("high", order[-1]))
    }
    decided = unit.requirements[0]
    middle, half = float(np.median(nok[known])), float(np.median(share[known]))
    lines = [
        t(
            "letter.curve_required_text",
            year=curve.required.year,
            middle=f"{n.kroner(middle)} ({n.percent(half, 2)})",
            decided=f"{n.kroner(decided['requirement_nok'])} ({n.percent(decided['requirement'], 2)})",
            **ends,
        )
    ]
    rule = edition.facts.run.model.requirement
    if rule is not None and rule.evidence == "interval":
        lines.append(t("letter.curve_interval"))
    return lines


def _specifications(edition: Edition, unit: UnitFacts, curve: Curve, at: int) -> Table:
    """Return what each combination gives the unit when everybody is in the sample: score, and requirement."""
    t, n = edition.t, edition.n
    required = curve.required if curve.required is not None and unit.requirements else None
    whole = max((str(text) for text in curve.specs["outputs"]), key=lambda text: text.count(_AND))
    body: list[list[Cell | str]] = []
    for spec, row in enumerate(rows(curve.specs)):
        score = float(curve.scores[spec, at])
        if row["sample"] != "all" or score != score:
            continue
        line: list[Cell | str] = [
            t.known("option", row["rts"]) or row["rts"],
            _counted(edition, unit, str(row["outputs"]), whole),
            t.known("screen", row["outliers"]) or row["outliers"],
            n.percent(score),
        ]
        if required is not None:
            line += [n.percent(required.share[spec, at], 2), n.kroner(required.nok[spec, at])]
        body.append(line)
    heads = [(t("letter.scale"), False), (t("letter.counted"), False), (t("letter.extreme"), False)]
    heads.append((t("col.efficiency"), True))
    if required is not None:
        heads += [(t("col.requirement"), True), (t("col.requirement_nok"), True)]
    return table(t("letter.specifications"), heads, body)


def _counted(edition: Edition, unit: UnitFacts, outputs: str, whole: str) -> str:
    """Name the services that count: all, or all but those that are left out."""
    kept, every = outputs.split(_AND), whole.split(_AND)
    gone = [name for name in every if name not in kept]
    if not gone:
        return edition.t("letter.all_count")
    return edition.t(
        "letter.all_but", services=listed([_group(edition, unit, name) for name in gone], edition.language)
    )


def _group(edition: Edition, unit: UnitFacts, name: str) -> str:
    """Name a service, or a group of services: groups have only the name the model gives them."""
    services = edition.facts.run.model.output_groups(unit.scheme).get(name, (name,))
    if len(services) > 1:
        return edition.t("letter.group", name=name, count=len(services))
    label = edition.labels.service(unit.scheme, services[0])
    return label[:1].lower() + label[1:]


def _drivers(edition: Edition, unit: UnitFacts) -> list[Part]:
    """Return the conditions the frontier was corrected for, the unit's beside its peers'."""
    t, n, labels = edition.t, edition.n, edition.labels
    frame = edition.facts.run.conditions
    own = rows(frame[frame["unit"] == unit.key]) if len(frame) else []
    last = max((row["year"] for row in own), default=None)
    body: list[list[Cell | str]] = [
        [
            labels.column(row["condition"]),
            n.plain(row["value"], 3),
            n.plain(row["peer_value"], 3),
            n.number(None if row["correction"] is None else 100 * row["correction"], 2, sign=True),
        ]
        for row in own
        if row["year"] == last
    ]
    if not body:
        return []
    columns = [
        (t("col.condition"), False),
        (t("letter.own"), True),
        (t("letter.peers"), True),
        (t("letter.worth"), True),
    ]
    return [Part(t("letter.drivers"), (t("letter.drivers_text"),), (table(t("letter.drivers"), columns, body),))]


def _decision(edition: Edition, unit: UnitFacts, curve: Curve | None) -> Letter:
    t, n, facts = edition.t, edition.n, edition.facts
    said = [t("letter.dear", unit=unit.key)]
    scheme = facts.scheme(unit.scheme)
    if scheme.prices:
        said.append(t("letter.prices", year=facts.price_year, scheme=edition.labels.scheme(unit.scheme)))
    if unit.settlement:
        said.append(
            t(
                "letter.settled",
                year=facts.year,
                result=n.kroner(unit.settlement["result"], sign=True),
                balance=n.kroner(unit.settlement["closing_balance"], sign=True),
                returned=n.kroner(unit.settlement["returned_to_payer"]),
            )
        )
    if unit.requirements:
        first, last = unit.requirements[0], unit.requirements[-1]
        said.append(
            t(
                "letter.required",
                year=first["year"],
                amount=n.kroner(first["requirement_nok"]),
                share=n.percent(first["requirement"], 2),
                last=last["year"],
                allowed=n.kroner(last["allowed_cost"]),
            )
        )
    tables = {made.caption: made for made in unit_tables(edition, unit) if made.rows}
    norm = [made for made in tables.values() if made.caption in (t("table.norm"), t("table.peers"))]
    rest = [made for made in tables.values() if made not in norm]
    parts = [Part(t("letter.decision"), tuple(said), (_prices(edition, unit),) if scheme.prices else ())]
    if norm:
        parts.append(Part(t("letter.norm"), (t("letter.norm_text"), *_made_of(edition, unit)), tuple(norm)))
    parts.append(Part(t("letter.appeal"), (t("letter.appeal_text"), *(questions(edition, unit)))))
    parts.append(Part(t("letter.annex_numbers"), (), tuple(rest), annex=True))
    parts += [*_robustness(edition, unit), *_curve(edition, unit, curve), *_drivers(edition, unit)]
    parts.append(Part(t("letter.annex_method"), tuple(_method(edition))))
    return _letter(edition.t, f"{unit.number:03d}-{_slug(unit.key)}", t("letter.title", unit=unit.key), edition, parts)


def _made_of(edition: Edition, unit: UnitFacts) -> list[str]:
    """Say in one sentence what the norm is made of: NOK from each peer, the years of one together."""
    t, n = edition.t, edition.n
    if unit.peers_norm is None or not unit.peers or unit.on_frontier:
        return []
    parts = [
        t("letter.norm_part", amount=n.money(share * unit.peers_norm), peer=peer or t("peer.withheld"))
        for peer, share in unit.peer_shares
        if share >= SMALL
    ]
    return [t("letter.norm_made_of", norm=n.money(unit.peers_norm), parts=listed(parts, edition.language))]


def _letter(t: Texts, name: str, title: str, edition: Edition, parts: list[Part]) -> Letter:
    banner = t("synthetic.banner") if edition.facts.run.synthetic else ""
    return Letter(name, edition.language, title, edition.labels.model, banner, tuple(parts))


def _prices(edition: Edition, unit: UnitFacts) -> Table:
    t, n, labels = edition.t, edition.n, edition.labels
    classes = {str(row["price_class"]) for row in unit.lines}
    body: list[list[Cell | str]] = [
        [
            labels.service(unit.scheme, row["service"]),
            n.kroner(row["price"], 2),
            labels.measure(unit.scheme, row["service"], row["measure"]),
            n.percent(row["change"], sign=True),
        ]
        for row in edition.facts.scheme(unit.scheme).prices
        if str(row["price_class"]) in classes or not classes
    ]
    columns = [(t("col.service"), False), (t("col.price"), True), (t("col.per"), False), (t("col.change"), True)]
    return table(t("book.title", year=edition.facts.price_year), columns, body)


def _method(edition: Edition) -> list[str]:
    """Say which engine and which sources made the numbers."""
    t, manifest = edition.t, edition.facts.run.manifest
    versions = manifest.get("versions") or {}
    made = [t("letter.version", version=str(versions.get("stykkpris", "–")))]
    sources = manifest.get("sources") or {}
    for name, source in sorted(sources.items()):
        sha = source.get("sha256", "") if isinstance(source, dict) else ""
        if sha:
            made.append(t("letter.hash", name=name, sha=sha))
    return made


def validation_letters(model: Model, units: Units, language: str, *, synthetic: bool = False) -> Iterator[Letter]:
    """Yield a letter to every unit with its own data, to be confirmed before any score is computed."""
    t, n = Texts(language), Numbers(language)
    frame = units.frame
    columns = [name for name in frame.columns if name not in (units.id, units.period, units.scheme)]
    title = model.title(language)
    for number, (unit, own) in enumerate(frame.groupby(units.id, sort=False), start=1):
        periods = own[units.period].tolist() if units.period else [model.data.year]
        body: list[list[Cell | str]] = [
            [str(name), *(n.plain(value) for value in own[name].tolist())]
            for name in columns
            if own[name].notna().any()
        ]
        heads = [(t("col.column"), False), *((str(period), True) for period in periods)]
        parts = (
            Part(t("letter.validate"), (t("letter.dear", unit=unit), t("letter.validate_text"))),
            Part(t("letter.validate_data"), (), (table(t("letter.validate_data"), heads, body),)),
            Part(t("letter.validate_answer"), (t("letter.validate_answer_text"),)),
        )
        banner = t("synthetic.banner") if synthetic else ""
        yield Letter(
            f"{number:03d}-{_slug(str(unit))}", language, t("letter.validate_title", unit=unit), title, banner, parts
        )


def _slug(name: str) -> str:
    made = "".join(sign if sign.isalnum() else "-" for sign in name.lower()).strip("-")
    return made[:60] or "enhet"
