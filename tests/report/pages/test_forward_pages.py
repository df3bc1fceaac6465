"""Simulation, comparison and advice: the sentences say what the frames say, and the charts speak our words."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import bench
from bench.report.charts.simulation import prospects
from bench.report.pages import advice, compare, simulation
from bench.report.pages.forward import Words
from bench.report.words.numbers import MINUS, Numbers
from bench.resources import dataset
from bench.stykkpris.simulation.advising.advice import Advice
from bench.stykkpris.simulation.compare import Comparison
from bench.stykkpris.simulation.criteria import CRITERIA
from bench.stykkpris.simulation.result import SimulationResult

_SVG = "{http://www.w3.org/2000/svg}"
MODELS = ("kristiansand", "user-choice", "stavanger", "cost-refund", "criteria-block")


@pytest.fixture(scope="module", params=MODELS)
def played(request: pytest.FixtureRequest) -> SimulationResult:
    model = bench.load_model(request.param)
    if request.param not in ("kristiansand", "stavanger"):  # the ideal types with twenty units, not with six
        model = model.applied_to(bench.load_model("kristiansand"))
    return bench.simulate(model, years=range(2007, 2012), seed=3, draws=40)


@pytest.fixture(scope="module")
def compared() -> Comparison:
    return bench.compare(["kristiansand", "self-cost", "cost-refund"], years=range(2007, 2011), seed=2, draws=60)


@pytest.fixture(scope="module", params=["nb", "en"])
def words(request: pytest.FixtureRequest) -> Words:
    return Words(request.param)


def shares(text: str) -> list[float]:
    """The per cents of a sentence as shares."""
    found = re.findall(rf"([+{MINUS}]?)(\d[\d.,]*)\s?%", text)
    return [(-1 if sign == MINUS else 1) * float(number.replace(",", ".")) / 100 for sign, number in found]


def told(played: SimulationResult, words: Words) -> list[str]:
    names = simulation.scheme_names(played, words)
    return simulation.conclusion(played, words, names, played.incentives(), played.stability())


def test_the_payers_sentence_is_the_frames(played: SimulationResult, words: Words) -> None:
    frame = played.frame("payer")
    real = frame[frame["measure"] == "real_expenditure"].set_index("year")["mean"]
    sentence = told(played, words)[0]
    moved = float((played.real(played.payer())[:, -1] / played.real(played.payer())[:, 0]).mean()) - 1
    assert real.iloc[-1] / real.iloc[0] - 1 == pytest.approx(moved, abs=0.003)  # a mean of ratios, a ratio of means
    numbers = shares(sentence)
    assert str(played.years[-1]) in sentence
    assert str(played.years[0]) in sentence
    if len(numbers) == 3:
        assert numbers[0] == pytest.approx(abs(moved), abs=0.0006)
        up = {"nb": "høyere", "en": "higher"}[words.language] in sentence
        assert up is bool(moved > 0)
    assert numbers[-2] - 0.0006 <= moved <= numbers[-1] + 0.0006


def test_every_schemes_sentence_is_the_frames(played: SimulationResult, words: Words) -> None:
    frame = played.frame("schemes")
    for scheme, one, calm, sentence in zip(
        played.schemes, played.incentives(), played.stability(), told(played, words)[1:], strict=True
    ):
        rows = frame[(frame["scheme"] == scheme.scheme.id) & (frame["measure"] == "unit_cost_index")]
        last = rows[rows["year"] == played.years[-1]].iloc[0]
        numbers = shares(sentence)
        if "om lag like mye" not in sentence and "about as much" not in sentence:
            assert numbers.pop(0) == pytest.approx(abs(last["mean"] - 1), abs=0.0006)
            less = {"nb": "mindre", "en": "less"}[words.language] in sentence
            assert less is bool(last["mean"] < 1)
        assert numbers[0] == pytest.approx(last["p5"] - 1, abs=0.0006)
        assert numbers[1] == pytest.approx(last["p95"] - 1, abs=0.0006)
        # The units: counted again from the paths, not by the sentence's own means.
        margins = []
        for i, present in enumerate(scheme.present):
            income = scheme["income"][:, -1, i]
            if present and (income != 0).any():
                margins.append(scheme.result[income != 0, -1, i] / income[income != 0])
        sure = [sum(np.quantile(m, 0.05) > 0 for m in margins), sum(np.quantile(m, 0.95) < 0 for m in margins)]
        count = re.search(r"(?:Av|Of) (\d+) (?:enheter|units)[^.]*?\b(\d+)\b[^.]*?\b(\d+) (?:nesten|almost)", sentence)
        assert count, sentence
        assert [int(group) for group in count.groups()] == [len(margins), *sure]
        assert Numbers(words.language).percent(one.mean, 0) in sentence
        assert one.units[int(np.argmin(np.where(one.present, one.power, 9)))] in sentence
        dies = {"nb": "dør ut:", "en": "dies out:"}[words.language] in sentence
        assert dies is (calm.verdict == "stable")
        if calm.safe_spending is not None:
            assert Numbers(words.language).percent(calm.safe_spending, 0) in sentence


def test_a_prospect_is_sure_only_where_the_draws_agree(played: SimulationResult) -> None:
    for scheme in played.schemes:
        for one in prospects(scheme):
            assert one.low <= one.middle <= one.high
            assert one.sign == (1 if one.low > 0 else -1 if one.high < 0 else 0)


def test_the_comparison_says_what_the_draws_agree_on(compared: Comparison, words: Words) -> None:
    names = compare.titles(compared, words)
    said = compare.conclusion(compared, words, names)
    frame = compared.differences()
    by_key = {criterion.key: criterion for criterion in CRITERIA}
    but = {"nb": ", men dårligere på ", "en": ", but worse on "}[words.language]
    for name, sentence in zip(compared.names[1:], said, strict=False):
        first, _, rest = sentence.partition(but)
        worse = rest.split(". ")[0]
        for row in frame[frame["system"] == name].to_dict("records"):
            criterion = by_key[row["criterion"]]
            called = words.pick(criterion.name)
            called = called[0].lower() + called[1:]
            if criterion.direction not in ("lower", "higher"):
                assert called not in sentence
                continue
            if not (row["p5"] > 0 or row["p95"] < 0):
                assert f"{called} (" not in sentence
                continue
            better = (row["difference"] < 0) is (criterion.direction == "lower")
            part = first if better else worse
            assert called in part, (called, sentence)
            size = abs(100 * row["difference"]) if criterion.form != "number" else abs(row["difference"])
            shown = re.search(re.escape(called) + r" \(([\d.,]+)", part)
            assert shown, (called, part)
            assert float(shown.group(1).replace(",", ".")) == pytest.approx(size, abs=0.051)


def test_shares_differ_by_percentage_points(compared: Comparison, words: Words) -> None:
    part = next(part for part in compare.sections(compared, words) if part.key == "differences")
    forms = {words.pick(criterion.name): criterion.form for criterion in CRITERIA}
    for row in part.tables[0].rows:
        text = row[2].text
        assert "%" not in text
        word = {"nb": "prosentpoeng", "en": "percentage points"}[words.language]
        assert (word in text) is (forms[row[0].text] in ("percent", "root"))


def test_a_system_that_is_best_on_everything_is_said_to_be(words: Words) -> None:
    same = bench.compare(["cost-refund", "cost-refund"], years=range(2025, 2027), seed=1, draws=3)
    last = compare.conclusion(same, words, compare.titles(same, words))[-1]
    assert last == words("cmp.lead.trade")  # no criterion tells two equal systems apart


def test_no_word_of_the_trade_reaches_a_director(played: SimulationResult, compared: Comparison) -> None:
    for language, jargon in (("nb", "rot|røtter|eigen|jacobi|gain"), ("en", "root|eigen|jacobi|radius")):
        words = Words(language)
        pages = [
            simulation.page(played, words, simulation.sections(played, words, played.incentives(), played.stability())),
            compare.page(compared, words, compare.sections(compared, words)),
        ]
        for page in pages:
            seen = re.sub(r"<(style|script)\b.*?</\1>", " ", page, flags=re.S)
            text = re.sub(r"<[^>]+>", " ", seen)
            assert not re.search(rf"\b({jargon})\w*\b", text, flags=re.I), re.search(rf"\b({jargon})\w*\b", text, re.I)
            assert "vega" not in page.lower()
            assert "unsafe-eval" not in page


def test_the_charts_are_drawn_in_the_pages_language(
    played: SimulationResult, compared: Comparison, words: Words
) -> None:
    parts = simulation.sections(played, words, played.incentives(), played.stability())
    parts += compare.sections(compared, words)
    for figure in (figure for part in parts for figure in part.figures):
        for drawing in (ET.fromstring(figure.wide), ET.fromstring(figure.narrow)):
            _, _, width, height = map(float, str(drawing.get("viewBox")).split())
            assert drawing.get("role") == "img"
            assert drawing.get("aria-label")
            texts = [drawing.get("aria-label") or "", *(element.text or "" for element in drawing.iter())]
            assert not re.search(r"\b[a-z]+_[a-z]+\b", " ".join(texts)), figure.key
            for element in drawing.iter():
                for key, most in (("x", width), ("y", height), ("cx", width), ("cy", height)):
                    value = element.get(key)
                    assert value is None or -1 <= float(value) <= most + 1, (figure.key, element.tag, key, value)


def test_the_spans_are_those_of_the_paths(played: SimulationResult) -> None:
    words = Words("en")
    parts = simulation.sections(played, words, played.incentives(), played.stability())
    figure = next(figure for part in parts if part.key == "units" for figure in part.figures)
    shown = {title.text for title in ET.fromstring(figure.wide).iter(f"{_SVG}title")}
    n = words.numbers
    for scheme in played.schemes:
        for i, unit in enumerate(scheme.units):
            income = scheme["income"][:, -1, i]
            if not scheme.present[i] or not (income != 0).all():
                continue
            low, middle, high = np.quantile(scheme.result[:, -1, i] / income, (0.05, 0.5, 0.95))
            said = (
                f"{unit}: {n.percent(middle, sign=True)} ({n.percent(low, sign=True)} – {n.percent(high, sign=True)})"
            )
            assert said in shown


@pytest.fixture(scope="module")
def advised() -> Advice:
    data = dataset("kristiansand")
    return bench.advise(
        data.path(), "kristiansand", tables={"index": data.path("indeks")}, draws=8, years=range(2007, 2010),
        inhabitants=76_000, systems=["unit-price", "criteria-block", "cost-refund"],
    )  # fmt: skip


def test_the_advice_says_what_its_reasons_say(advised: Advice, words: Words) -> None:
    from bench.report.words.advice import DRIVERS
    from bench.stykkpris.simulation.advising.arguments import KINDS

    said = advice.conclusion(advised, words.language)
    for reason in advised.reasons:
        if reason.bearing not in ("for", "against") or reason.kind == "choice":  # said of the price it is built on
            continue
        if reason.kind not in advised.kinds.values():  # no system of this kind is on the table
            continue
        side = {
            "nb": {"for": "taler for", "against": "taler mot"},
            "en": {"for": "speak for", "against": "speak against"},
        }
        start = f"{side[words.language][reason.bearing]} {words.pick(KINDS[reason.kind])}:"
        sentence = next(one for one in said if start in one)
        assert words.pick(DRIVERS[reason.driver]).lower() in sentence.lower()
    page = advice.page(advised, words, advice.sections(advised, words))
    text = re.sub(r"<[^>]+>", " ", re.sub(r"<(style|script)\b.*?</\1>", " ", page, flags=re.S))
    for system in advised.comparison.systems:
        assert system.model.title(words.language).split(":")[0] in text
        assert f" {system.model.name} " not in text
    for scheme in advised.comparison.systems[0].model.scheme:
        assert scheme.label.get(words.language) in text


def test_the_advice_folder_has_a_page_and_the_text(advised: Advice, words: Words) -> None:
    names = [name for _, name, _ in advice.files(advised, words.language)]
    assert words("forward.page") in names
    assert {"nb": "raad.md", "en": "advice.md"}[words.language] in names
    assert any(name.endswith("fits.svg") for name in names)
