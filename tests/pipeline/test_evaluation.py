"""Table 2.1 and chapter 6 of the evaluation, sentence by sentence: each comes out of a run, or says why it cannot.

The claims stand in ``datasets/econ2006/claims.toml``. What a claim's own text says in numbers is worked out here from
runs on the six districts and the other small worlds, and must stand in the text in both languages.
"""

from __future__ import annotations

import html
import os
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import bench
from bench import resources
from bench.citations import citations, works
from bench.modelfile import Model, load_model
from bench.modelfile.model import build
from bench.pipeline.jobs import file_job
from bench.report.words.advice import DRIVERS
from bench.stykkpris import settle
from bench.stykkpris.simulation import criterion_values
from bench.stykkpris.simulation.advising.claims import claims
from bench.stykkpris.simulation.advising.reasons import SETUP, SETUP_BUDGET, payback
from bench.stykkpris.simulation.criteria import CRITERIA
from bench.stykkpris.simulation.criterion_values import System
from bench.units import Units

SOURCES = Path(os.environ.get("BENCH_SOURCES", Path(bench.__file__).parent.parent.parent / "shared" / "sources"))

#: What a claim's text must say: numbers with the decimals it says them with.
Numbers = list[tuple[float, int]]
LEVEL = 1.03 ** np.arange(5)


@cache
def districts() -> pd.DataFrame:
    return pd.read_csv(resources.dataset("idealtyper").path(), sep=";", decimal=",").drop(columns="ordning")


def units_of(frame: pd.DataFrame) -> Units:
    extra = [name for name in frame.columns if name not in ("enhet", "aar", "kostnad", "timer")]
    return Units.from_frame(frame, id="enhet", period="aar", inputs=["kostnad"], outputs=["timer"], extra=extra)


def on(rules: str | Model, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a system's settlement on districts, a row per unit and year."""
    model = rules if isinstance(rules, Model) else load_model(rules)
    model = model.only_schemes(["omsorg"]) if len(model.scheme) > 1 else model
    raw = model.raw
    raw["data"] = {"id": "enhet", "period": "aar", "cost": "kostnad", "inputs": ["kostnad"]}
    return settle(build(raw, "x.toml", {}), units_of(frame)).settlement


def table(rules: str | Model, frame: pd.DataFrame, column: str = "income") -> pd.DataFrame:
    return on(rules, frame).pivot_table(index="unit", columns="year", values=column)


def changed(rules: str, **values: Any) -> Model:
    """A model with values set; its key parts are parted by two underscores."""
    return load_model(rules).with_values({key.replace("__", "."): value for key, value in values.items()})


def average_cost(top_up: bool = False, rent: str = "price") -> Model:
    """Average cost of the year before as the price, whole; rent inside it or refunded."""
    raw = changed("user-choice", scheme__alle__choice__on=False, scheme__alle__volume__basis="allocated").raw
    scheme = raw["scheme"][0]
    scheme["choice"] = {"on": False}
    scheme["mix"] = {
        "activity": 1.0, "block": 0.0, "refund": 0.0,
        "component": [{"name": {"nb": "Husleie", "en": "Rent"}, "column": "husleie", "treatment": rent}],
    }  # fmt: skip
    if top_up:
        scheme["correction"] = [TOP_UP | {"funded_by": "scheme"}]
    return build(raw, "average.toml", {})


#: The fixed cost without rent, 1.5 million a unit, to units below the mean of 20,000 hours.
TOP_UP: dict[str, Any] = {
    "name": {"nb": "Små enheter", "en": "Small units"}, "kind": "small-unit-topup", "column": "timer",
    "reference": 20_000, "amount": 1_500_000, "indexed_from": 2020,
}  # fmt: skip


def with_top_up(rules: str) -> Model:
    raw = load_model(rules).raw
    raw["scheme"][0]["correction"] = [TOP_UP]
    return build(raw, f"{rules}.toml", {})


def without_saving() -> pd.DataFrame:
    frame = districts().copy()
    here = (frame["enhet"] == "Nord") & (frame["aar"] >= 2022)
    frame["kostnad"] += np.where(here, 1e6 * 1.03 ** (frame["aar"] - 2022), 0.0)
    return frame


def without_hours() -> pd.DataFrame:
    frame = districts().copy()
    here = (frame["enhet"] == "Sør") & (frame["aar"] >= 2023)
    for column, amount in (("timer", 2_000.0), ("utforte_timer", 2_000.0), ("kostnad", 400 * 2_000.0)):
        moved = amount * 1.03 ** (frame["aar"] - 2020) if column == "kostnad" else amount
        frame[column] = frame[column] - np.where(here, moved, 0.0)
    return frame


@cache
def effects(rules: str) -> tuple[float, float, float]:
    """What Sør's hours bring in 2023, and what Nord's saving takes in 2022 and the year after, NOK million."""
    found = table(rules, districts())
    hours = (found - table(rules, without_hours())).loc["Sør", 2023]
    saving = (table(rules, without_saving()) - found).loc["Nord"]
    return float(hours) / 1e6, float(saving[2022]) / 1e6, float(saving[2023]) / 1e6


def fixed(unit: str) -> float:
    truth = pd.read_csv(resources.dataset("idealtyper").path("fasit"), sep=";", decimal=",")
    row = truth[(truth["enhet"] == unit) & (truth["aar"] == 2020)].iloc[0]
    hours = districts().query("enhet == @unit and aar == 2020")["timer"].iloc[0]
    return float((row["fast"] + row["husleie_2020"]) / hours)


def per_inhabitant() -> float:
    frame = file_job("run", ["kristiansand"], None).units.frame
    return float(frame.loc[frame["aar"] == 2004, "driftskostnad"].sum()) / 76_000.0


def half_price() -> pd.DataFrame:
    return bench.run("isf").settlement.pivot_table(index="unit", columns="year", values="result")


def too_much(unit: str) -> float:
    """What a whole price pays beyond what ten per cent more points cost, NOK million of 2021."""
    whole = changed("isf", scheme__somatikk__mix__activity=1.0, scheme__somatikk__mix__block=0.0)
    frame = bench.run(whole).settlement.set_index(["unit", "year"])
    before, after = frame.loc[(unit, 2020)], frame.loc[(unit, 2021)]
    more = after["activity_income"] - before["activity_income"] * 47_182.0 / 45_808.0
    return float(more - (after["cost"] - 1.03 * before["cost"])) / 1e6


def dear() -> tuple[float, float, float]:
    """Price at which Fjell breaks even, what that costs more and its share."""
    plain = table("unit-price", districts())[2021]
    price = 1.03 * 4_900_000 / 6_000
    whole = changed("unit-price", scheme__alle__price__start_markup=price / 515.0 - 1.0)
    found = on(whole, districts()).query("year == 2021").set_index("unit")
    assert abs(found.loc["Fjell", "result"]) < 100.0  # the price is in øre
    assert (found["result"].drop("Fjell") > 0.0).all()
    more = float(found["income"].sum() - plain.sum())
    return price, more / 1e6, 100.0 * more / float(plain.sum())


def numbers_needed(model: Model) -> float:
    frame = districts()
    raw = model.raw
    raw["data"] = {"id": "enhet", "period": "aar", "cost": "kostnad", "inputs": ["kostnad"]}
    shaped = build(raw, "x.toml", {})
    played = bench.simulate(shaped, units_of(frame), years=range(2025, 2026), seed=1, draws=2)
    return float(np.mean(criterion_values.numbers(System(shaped, played, (), (), ()))))


def split_by_hours() -> pd.DataFrame:
    raw = load_model("criteria-block@follows-accounts").only_schemes(["omsorg"]).raw
    raw["scheme"][0]["block"]["criterion"] = [{"column": "timer", "weight": 1.0}]
    return table(build(raw, "hours.toml", {}), districts())


def ordered() -> tuple[float, float]:
    """What ten per cent more ordered brings in Drammen's case, per cent: by its grant, and by a unit price."""
    job = file_job("run", ["drammen"], None)
    frame = job.units.frame.copy()
    frame.loc[frame[job.units.period] >= 2004, "vedtatte_timer"] *= 1.1
    more = Units.from_frame(
        frame, id=job.units.id, period=job.units.period, scheme=job.units.scheme, inputs=list(job.units.inputs),
        outputs=list(job.units.outputs), extra=list(job.units.extra), accept=["no-output"],
    )  # fmt: skip
    found = []
    for model in (job.model, load_model("unit-price").applied_to(job.model)):
        paid = [bench.run(model, units).settlement.query("year == 2004")["income"].sum() for units in (job.units, more)]
        found.append(100.0 * (paid[1] / paid[0] - 1.0))
    return found[0], found[1]


def rent_effect(unit: str) -> float:
    own, refunded = (on(average_cost(rent=rent), districts()) for rent in ("price", "refund"))
    gap = (own.set_index(["unit", "year"])["result"] - refunded.set_index(["unit", "year"])["result"]).loc[unit, 2021]
    return float(gap) / 1e6


def kept_by_nord(rent: str) -> float:
    model = average_cost(rent=rent)
    results = [table(model, frame, "result").loc["Nord", 2022] for frame in (districts(), without_saving())]
    return float(results[0] - results[1]) / 1e6


def moved_by_average() -> tuple[float, float]:
    found = table(average_cost(), districts(), "result")[2021]
    alone = table(average_cost(), districts().query("enhet == 'Nord'"), "result")[2021]
    assert found.sum() == pytest.approx(0.0, abs=1.0)  # last year's average: one's deficit is another's surplus
    return float(found.clip(lower=0.0).sum()) / 1e6, float(alone.abs().sum()) / 1e6


def average_results() -> Numbers:
    found = table(average_cost(), districts(), "result")[2021]
    return [((found < 0).sum(), 0), (-found["Fjell"] / 1e6, 3), ((found > 0).sum(), 0), (found["Sentrum"] / 1e6, 3)]


def no_growth() -> float:
    raw = load_model("incremental-block").raw
    raw["scheme"][0]["block"]["need"] = 0.0
    return float(table(build(raw, "still.toml", {}), districts(), "result")[2021].abs().max()) / 1e6


def still_hours() -> float:
    paid = table("unit-price", districts()).loc["Sentrum"]
    return float(np.abs(paid - paid[2021] * LEVEL[:4]).max()) / 1e6


def topped_up(rules: str) -> float:
    run = on(with_top_up(rules), districts())
    return float(run.query("year == 2021")["corrections"].sum()) / 1e6


def hour_prices() -> Numbers:
    grant = split_by_hours()[2021] / districts().query("aar == 2021").set_index("enhet")["timer"]
    assert grant.max() - grant.min() < 0.01
    price = bench.run("unit-price").prices.set_index("year").loc[2021, "price"]
    return [(grant.iloc[0], 2), (price, 2)]


def years_of_payback(inhabitants: float) -> float:
    return float(payback(SETUP, 0.01 * inhabitants * per_inhabitant()))


#: Claim -> the numbers its text says, worked out.
TRIED: dict[str, Callable[[], Numbers]] = {
    "table-cost-refund": lambda: [(effects("cost-refund")[0], 3), (effects("cost-refund")[1], 3)],
    "table-incremental": lambda: [(effects("incremental-block")[0], 3), (effects("incremental-block")[2], 3)],
    "table-criteria": lambda: [(effects("criteria-block")[0], 3), (max(effects("criteria-block")[1:]), 3)],
    "table-unit-price": lambda: [(effects("unit-price")[0], 3), (max(effects("unit-price")[1:]), 3)],
    "large-municipalities": lambda: [(years_of_payback(13e3), 1), (years_of_payback(114e3), 1)],
    "setup-needs-volume": lambda: [(SETUP / (0.01 * 5.0) / 1e6, 0)],
    "setup-is-considerable": lambda: [(SETUP / 1e6, 0), (SETUP_BUDGET / 1e6, 0), (100.0 * SETUP / SETUP_BUDGET, 1)],
    "setup-may-fall": lambda: [(100.0 * float(payback(5e6, 1e6) / payback(10e6, 1e6)), 0)],
    "steering-between-units": lambda: [(value, 3) for value in moved_by_average()],
    "what-cannot-be-influenced": lambda: [
        (-rent_effect("Fjell"), 2),
        (rent_effect("Nord"), 2),
        (kept_by_nord("price"), 2),
        (kept_by_nord("refund"), 2),
    ],
    "little-fixed-cost": lambda: [
        (100.0 * 8_000_000 / 9_900_000, 0),
        (effects("unit-price")[0] - effects("cost-refund")[0], 3),
        (effects("cost-refund")[0] - effects("criteria-block")[0], 3),
    ],
    "much-fixed-cost": lambda: [(too_much("Øst"), 2), (too_much("Nord"), 2)],
    "average-price-moves-income": average_results,
    "price-for-the-dearest": lambda: [(515.0, 2), (dear()[0], 2), (dear()[1], 2), (dear()[2], 0)],
    "historic-cost-fits-the-fixed": lambda: [(no_growth(), 3)],
    "combined": lambda: [(float(half_price().loc["Nord", [2021, 2022]].abs().max()) / 1e6, 3)],
    "capacity-always-used": lambda: [(still_hours(), 3)],
    "full-home-is-a-grant": lambda: [
        (100.0 * 24_000 / 120_000, 0),
        (float(table("unit-price", districts()).loc["Nord", 2021]) / 1e6, 2),
        (float(table("criteria-block", districts()).loc["Nord", 2021]) / 1e6, 2),
    ],
    "small-units-cost-more": lambda: [(fixed("Fjell"), 0), (fixed("Sentrum"), 0)],
    "more-to-small-units": lambda: [
        (-float(table(average_cost(top_up=top_up, rent="refund"), districts(), "result").loc["Fjell", 2021]) / 1e6, 2)
        for top_up in (False, True)
    ],
    "tailoring": lambda: [(numbers_needed(with_top_up("cost-refund")) - numbers_needed(load_model("cost-refund")), 0)],
    "small-units-favour-neither": lambda: [(topped_up("unit-price"), 3), (topped_up("criteria-block"), 3)],
    "care-services": lambda: [
        (sum(len(scheme.service) for scheme in load_model("kristiansand").scheme), 0),
        (len([scheme for scheme in load_model("kristiansand").scheme if scheme.price.source != "none"]), 0),
    ],
    "allotted-by-need": lambda: [(value, 0) for value in ordered()],
    "need-that-hardly-varies": lambda: [
        (float((split_by_hours()[2021] - table(average_cost(), districts())[2021]).abs().max()) / 1e6, 3)
    ],
    "two-names": hour_prices,
}


@pytest.mark.parametrize("claim", [one for one in claims() if one.shown], ids=lambda one: one.id)
def test_what_a_claim_says_is_shown_comes_out(claim) -> None:
    for value, decimals in TRIED[claim.id]():
        said = f"{round(float(value), decimals) + 0.0:.{decimals}f}"
        nb, en = claim.shown
        assert re.search(rf"(?<![\d,]){re.escape(said.replace('.', ','))}(?![\d])", nb), (claim.id, said, nb)
        assert re.search(rf"(?<![\d.]){re.escape(said)}(?![\d])", en), (claim.id, said, en)


def test_every_claim_is_tried_or_says_why_it_cannot_be() -> None:
    assert set(TRIED) == {one.id for one in claims() if one.shown}
    assert len({one.id for one in claims()}) == len(claims())
    for one in claims():
        assert all(one.said)
        assert all(one.outcome)
        assert citations(one.source)
        assert all(citation.passages for citation in citations(one.source))
        assert one.driver in ("", *DRIVERS)
        assert one.criterion in ("", *(criterion.key for criterion in CRITERIA))


@pytest.mark.parametrize("language", ["nb", "en"])
def test_advice_and_comparison_cite_the_claims(language: str) -> None:
    """Each with its passage; an advice says what the reader's own accounts bear on."""
    at = 0 if language == "nb" else 1
    frame = districts()[["enhet", "aar", "kostnad", "timer"]]
    units = Units.from_frame(frame, id="enhet", period="aar", inputs=["kostnad"], outputs=["timer"])
    model = load_model("average-cost").with_roles(id="enhet", period="aar", cost="kostnad", outputs=["timer"])
    asked: dict[str, Any] = {"years": range(2025, 2026), "seed": 1, "draws": 3}
    advice = bench.advise(units, model, systems=["cost-refund"], flip=["gain,setup"], inhabitants=40_000.0, **asked)
    compared = bench.compare([model, "cost-refund"], units, **asked)
    pages = [next(content.decode() for _, name, content in one.files(language) if name.endswith(".html"))
             for one in (advice, compared)]  # fmt: skip
    text = advice.summary(language)
    for one in claims():
        passage = citations(one.source)[0].passages[0]
        assert one.said[at] in html.unescape(pages[0])
        assert (one.said[at] in text) is bool(one.driver)
        assert (one.said[at] in html.unescape(pages[1])) is bool(one.criterion)
        assert passage in html.unescape(pages[0])
    assert len(advice.frames()["claims"]) == len(claims())


# -- against the text itself ---------------------------------------------------------------------------------------


def squeezed(text: str) -> str:
    return "".join(letter.lower() for letter in text if not re.match(r"[\s\-\u00ad\u2010\u2013]", letter))


def sentences(text: str) -> list[str]:
    """The sentences of chapter 6: headings, page numbers and running heads are none."""
    chapter = text[text.index(" 6 Generelle momenter") :]
    chapter = re.sub(r"\n\s+\d+\s*\n|\n- ECON Analyse -\s*\n", "\n", chapter)
    heads = r"^ ?\d(\.\d)? [A-Z]|^(Evaluering av finansieringssystemer|Faste vs\.|Tjenester der kapa|Smådriftsdulemper)"
    lines = [line.strip() for line in chapter.split("\n") if not re.match(heads, line)]
    return [part for part in re.split(r"(?<=\.)\s+(?=[A-ZÆØÅ])", " ".join(lines)) if part.strip()]


@pytest.mark.skipif(not SOURCES.is_dir(), reason="the source texts are not beside this checkout")
def test_every_sentence_of_chapter_6_is_a_claim_or_an_aside() -> None:
    text = (SOURCES / works()["econ2006"].text).read_text(encoding="utf-8")
    found = sentences(text)
    assert len(found) == 39
    file = resources.resource_folder("datasets") / "econ2006" / "claims.toml"
    asides = re.findall(r'\[\[aside\]\]\nsource = "(.*)"', file.read_text(encoding="utf-8"))
    passages = [
        p for source in [one.source for one in claims()] + asides for c in citations(source) for p in c.passages
    ]
    left = [part for part in found if not any(squeezed(p) in squeezed(part) for p in passages)]
    assert left == []
    whole = squeezed(text)
    assert [p for p in passages if squeezed(p) not in whole] == []
