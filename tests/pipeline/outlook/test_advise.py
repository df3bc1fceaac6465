"""Advice: what the accounts decide, where the ranking flips against closed forms, the evaluation's conclusions."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import bench
from bench.citations import citations
from bench.cli import main
from bench.errors import OptionError
from bench.modelfile import load_model
from bench.pipeline.outlook.advise import HISTORIC, system_named
from bench.stykkpris.simulation.advising.arguments import ARGUMENTS, KINDS, kind_of
from bench.stykkpris.simulation.advising.drivers import Driver, drivers_of, fixed_share, fixed_share_of, inhabitants_of
from bench.stykkpris.simulation.advising.reasons import SETUP, payback, reasons_of
from bench.stykkpris.simulation.criteria import CRITERIA

ROLES = {"id": "enhet", "period": "aar", "cost": "kostnad", "outputs": ["timer"]}
QUICK = {"draws": 12, "years": range(2025, 2028)}


def accounts(
    units: int, years: int, *, fixed: float, spread: float, growth: float = 0.0, seed: int = 5
) -> pd.DataFrame:
    """Accounts with a known share of fixed cost and a known movement of volume."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(units):
        size = 20_000.0 * (1 + i % 3)
        for t in range(years):
            volume = size * (1.0 + growth) ** t * np.exp(rng.normal(0.0, spread))
            cost = 500.0 * (fixed * size + (1.0 - fixed) * volume)
            rows.append([f"E{i:02d}", 2024 - years + 1 + t, round(cost), round(volume)])
    return pd.DataFrame(rows, columns=["enhet", "aar", "kostnad", "timer"])


def written(frame: pd.DataFrame, folder: Path) -> Path:
    path = folder / "konto.csv"
    frame.to_csv(path, sep=";", index=False)
    return path


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> bench.pipeline.outlook.advise:
    path = written(accounts(8, 6, fixed=0.2, spread=0.08), tmp_path_factory.mktemp("client"))
    return bench.advise(path, roles=ROLES, inhabitants=40_000.0, **QUICK)


def bearing(driver: Driver, kind: str) -> str:
    return next(
        r.bearing for r in reasons_of([driver], setup=SETUP, cost=1e9) if r.kind == kind and r.driver != "payback"
    )


def known(key: str, value: float, low: float | None = None, high: float | None = None) -> Driver:
    return Driver(key, "s", value, value if low is None else low, value if high is None else high, "measured")


# -- drivers against what the accounts were made with ----------------------------------------------------------


@pytest.mark.parametrize("truth", [0.1, 0.5, 0.8])
def test_the_share_of_fixed_cost_is_found_and_its_band_covers(truth: float) -> None:
    hits = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        volume = np.exp(rng.normal(0.0, 0.08, (10, 6)))
        cost = (truth + (1.0 - truth) * volume) * np.exp(rng.normal(0.0, 0.01, (10, 6))) * 1.03 ** np.arange(6)
        found = fixed_share(cost, volume)
        assert found is not None
        hits += found[1] <= truth <= found[2]
    assert hits >= 31  # 36 expected of 40; the log-linear slope is a little off far from the mean


@pytest.mark.parametrize("noise", [0.01, 0.05, 0.3])
@pytest.mark.parametrize("truth", [0.0, 0.1, 0.9, 1.0])
def test_a_share_is_never_more_than_the_whole_and_the_band_of_shares_covers_as_often(
    truth: float, noise: float
) -> None:
    """What is told lies between 0 and 1; the truth is outside it no more often than outside the estimate's own band."""
    outside = told = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        volume = np.exp(rng.normal(0.0, 0.05, (6, 5)))
        cost = (truth + (1.0 - truth) * volume) * np.exp(rng.normal(0.0, noise, (6, 5)))
        found = fixed_share(cost, volume)
        driver = fixed_share_of("s", found)
        if driver.how == "unknown":
            assert driver.why is not None
            assert f"{100 * found.other:.1f} %" in driver.why[1]
            continue
        told += 1
        assert 0.0 <= driver.low <= driver.value <= driver.high <= 1.0
        assert (driver.low, driver.high) != (0.0, 1.0)
        outside += not driver.low <= truth <= driver.high
        assert (driver.low <= truth <= driver.high) == (found.low <= truth <= found.high)
    assert told > 0 or noise == 0.3  # with noise six times the movement of volume hardly anything can be told
    assert outside <= 0.25 * 60


def test_one_year_or_still_volume_tells_nothing_of_fixed_cost() -> None:
    assert fixed_share(np.ones((10, 1)), np.ones((10, 1))) is None
    assert fixed_share(np.random.default_rng(1).random((10, 6)) + 1.0, np.ones((10, 6))) is None


def test_drivers_of_known_accounts(found) -> None:
    drivers = {driver.key: driver for driver in found.drivers}
    assert drivers["units"].value == 8
    assert drivers["inhabitants"].value == 40_000
    assert drivers["fixed_share"].value == pytest.approx(0.2, abs=0.02)
    # A level drawn anew every year moves by √2 times its spread from one year to the next.
    assert drivers["volatility"].value == pytest.approx(0.08 * np.sqrt(2.0), rel=0.25)


# -- where the ranking flips, against closed forms --------------------------------------------------------------


def test_the_map_of_risk_flips_at_half_fixed_cost(found) -> None:
    """Left with f·s under a price and (1 − f)·s under a grant: the price is safer below one half, whatever s is."""
    one = found.maps[0]
    price, grant = one.values[..., 0], one.values[..., 1]
    assert one.systems == ("unit-price", HISTORIC)
    for r, share in enumerate(one.rows[1].tolist()):
        assert (one.best[r] == (0 if share < 0.5 else 1)).all()
        ratio = (price[r] / grant[r]).mean()
        assert ratio == pytest.approx(share / (1.0 - share), rel=0.25)


def test_the_map_of_need_is_who_carries_growth_and_decline(found) -> None:
    """Uncovered of a unit's cost ``c(f + (1−f)V)`` is what exceeds ``cV`` under a price and its grant under a grant.

    Need is a walk with the volume's own movement, so the mean is taken over a log-normal ``V`` by Gauss–Hermite. A
    price that is last year's average has the scheme's cost per volume; units dearer than it carry the difference.
    """
    one = found.maps[1]
    spread = next(driver.value for driver in found.drivers if driver.key == "volatility")
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    systems = dict(zip(found.still.names, found.still.systems, strict=True))
    scheme = systems[HISTORIC].played.schemes[0]
    base, hours = scheme.setting.data.cost[:, -1, None], scheme.setting.need
    grant = systems[HISTORIC].played.real(scheme["income"][..., 0])[0, 0] / scheme["income"][0, 0, 0]
    grants = scheme["income"][0, 0][:, None] * grant
    price = systems["unit-price"].played.schemes[0]
    level = systems["unit-price"].played.real(price["prices"][..., 0])[0, 0]
    paid = hours * level
    for r, fixed in enumerate(one.rows[1].tolist()):
        for c, growth in enumerate(one.columns[1].tolist()):
            expected = np.zeros(2)
            years = range(1, len(found.comparison.systems[0].played.years) + 1)
            for t in years:
                sd = spread * np.sqrt(t)
                volume = (1.0 + growth) ** t * np.exp(sd * nodes - sd**2 / 2.0)
                cost = base * (fixed + (1.0 - fixed) * volume)
                for s, income in enumerate((paid * volume, grants)):
                    short = np.maximum(cost - income, 0.0).sum(axis=0) @ weights
                    expected[s] += short / (cost.sum(axis=0) @ weights) / len(years)
            assert one.values[r, c] == pytest.approx(expected, rel=0.25, abs=0.004)
    rises, falls = one.best[0], one.best[-1]
    assert (rises[-1], falls[0]) == (0, 1)  # growth at little fixed cost for the price, decline at much for the grant
    assert len({int(place) for place in one.best.ravel()} - {-1}) == 2


def test_the_map_of_payback_is_setting_up_over_the_yearly_gain(found) -> None:
    one = found.maps[2]
    cost = found.comparison.systems[0].played.schemes[0].setting.data.cost[:, -1].sum()
    per_head = cost / 40_000.0
    for r, inhabitants in enumerate(one.rows[1].tolist()):
        for c, gain in enumerate(one.columns[1].tolist()):
            assert one.values[r, c, 0] == pytest.approx(SETUP / (inhabitants * per_head * gain))
    assert payback(10e6, np.array([0.0, 5e6])).tolist() == [np.inf, 2.0]


# -- a pair of the reader's own ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def chosen(tmp_path_factory: pytest.TempPathFactory) -> bench.pipeline.outlook.advise:
    path = written(accounts(6, 6, fixed=0.2, spread=0.08), tmp_path_factory.mktemp("client"))
    flips = ["volatility,fixed_share", "common,fixed_share", "gain,setup", "inhabitants,horizon"]
    return bench.advise(path, roles=ROLES, systems=["unit-price"], inhabitants=4e4, flip=flips, **QUICK)


def test_a_readers_pair_turns_where_the_closed_form_says(chosen) -> None:
    """Left with f·s under a price, (1 − f)·s under a grant, one unit's volume or all that move."""
    assert [one.key for one in chosen.maps] == [
        "volatility_fixed_share", "common_fixed_share", "gain_setup", "inhabitants_horizon"
    ]  # fmt: skip
    for one in chosen.maps[:2]:
        assert one.criterion == "unit_risk"
        for c, share in enumerate(one.columns[1].tolist()):
            assert (one.best[:, c] == (0 if share < 0.5 else 1)).all(), one.key
            ratio = (one.values[:, c, 0] / one.values[:, c, 1]).mean()
            assert ratio == pytest.approx(share / (1.0 - share), rel=0.25)
    assert "share of fixed cost" not in chosen.maps[0].note[1]
    assert "yearly growth of need" in chosen.maps[0].note[1]


def test_a_readers_map_of_payback_is_what_is_paid_over_what_is_saved(chosen) -> None:
    gain, people = chosen.maps[2:]
    cost = chosen.comparison.systems[0].played.schemes[0].setting.data.cost[:, -1].sum()
    for r, saved in enumerate(gain.rows[1].tolist()):
        for c, amount in enumerate(gain.columns[1].tolist()):
            assert gain.values[r, c].tolist() == pytest.approx([amount / (cost * saved), 5.0])
    for r, inhabitants in enumerate(people.rows[1].tolist()):
        for c, horizon in enumerate(people.columns[1].tolist()):
            wanted = SETUP / (0.01 * cost * inhabitants / 4e4)
            assert people.values[r, c].tolist() == pytest.approx([wanted, horizon])
    assert "1 %" in people.note[1]
    assert "a quarter" in gain.note[1]


@pytest.mark.parametrize(
    ("flip", "said"),
    [
        ("volatlity,growth", "did you mean 'volatility'"),
        ("units,growth", "counted in the file"),
        ("growth", "two different drivers"),
        ("growth,growth", "two different drivers"),
        ("fixed_share,gain", "different questions"),
        ("inhabitants,gain", "--inhabitants"),
    ],
)
def test_a_pair_that_cannot_be_mapped_is_refused_before_anything_is_played(flip: str, said: str) -> None:
    with pytest.raises(OptionError, match=said) as caught:
        bench.advise("no such file", flip=[flip])
    if "inhabitants" not in said:
        assert "fixed_share, volatility, common, growth" in str(caught.value)


@pytest.mark.parametrize(("language", "held"), [("nb", "Holdt fast: "), ("en", "Held: ")])
def test_the_command_maps_a_readers_pair_and_the_folder_is_verified(tmp_path: Path, language: str, held: str) -> None:
    path = written(accounts(4, 4, fixed=0.2, spread=0.08), tmp_path)
    args = ["advise", str(path), "--id", "enhet", "--period", "aar", "--cost", "kostnad", "--outputs", "timer"]
    args += ["--system", "unit-price", "--draws", "3", "--years", "2025:2025", "--flip", "volatility,growth"]
    done = CliRunner().invoke(main, [*args, "--language", language, "--out", str(tmp_path / "ut")])
    assert done.exit_code == 0, done.output
    assert held in done.output
    folder = tmp_path / "ut"
    page = next(folder.glob("*.html")).read_text(encoding="utf-8")
    assert held in page
    assert '"volatility,growth"' in (folder / "manifest.json").read_text(encoding="utf-8")
    assert list(folder.rglob("map_volatility_growth.csv"))
    assert CliRunner().invoke(main, ["verify", str(folder)]).exit_code == 0


# -- the evaluation's chapter 6 as cases -------------------------------------------------------------------------


def shortly(found: bench.pipeline.advise, language: str = "en") -> str:
    """The conclusion of an advice."""
    text = found.summary(language)
    return text[: text.index("\n## ", text.index("\n## ") + 1)]


CLIENTS = {
    # A small municipality with three units, half of its cost fixed: only its size decides, against the price.
    "three units": (accounts(3, 5, fixed=0.5, spread=0.06), 4_200.0, "fixed grant", "against", {"inhabitants"}),
    # A city with sixty zones where need grows 3 % a year: everything speaks for the price.
    "sixty zones": (
        accounts(60, 6, fixed=0.1, spread=0.05, growth=0.03), 90_000.0, "unit price", "for",
        {"units", "fixed_share", "growth", "volatility", "inhabitants"},
    ),
    # Full nursing homes, no more volume in one year than in another: price and grant come to the same.
    "full homes": (accounts(5, 6, fixed=0.7, spread=0.004), None, None, "either", {"volatility"}),
}  # fmt: skip


@pytest.mark.parametrize("name", CLIENTS)
def test_three_clients_get_three_answers(name: str, tmp_path: Path) -> None:
    """What decides, and which way, follows from how the accounts were made."""
    frame, people, fits, bearing, drivers = CLIENTS[name]
    path = written(frame, tmp_path)
    found = bench.advise(path, roles=ROLES, systems=["unit-price", "user-choice", HISTORIC], inhabitants=people,
                         draws=4, years=range(2025, 2026))  # fmt: skip
    decided = {r.driver for r in found.reasons if r.kind == "price" and r.bearing == bearing and r.driver != "payback"}
    assert decided == drivers
    said = shortly(found)
    verdict = re.search(r"What the accounts decide speaks for ([a-z ]+) \(", said)
    assert (None if verdict is None else verdict[1]) == fits
    assert ("the same in practice here" in said) == (bearing == "either")
    assert "This would change the answer: " in said
    value = {driver.key: driver.value for driver in found.drivers}["units"]
    if fits is not None:
        assert (f"number of units ({value:.0f})" in said) == ("units" in drivers)
    bokmaal = shortly(found, "nb")
    assert "Det ville endret svaret: " in bokmaal
    assert len(bokmaal.splitlines()) == len(said.splitlines())


def test_user_choice_has_its_own_reasons_and_those_of_the_price_it_needs(found) -> None:
    own = [reason for reason in found.reasons if reason.kind == "choice"]
    price = {reason.driver: reason.bearing for reason in found.reasons if reason.kind == "price"}
    assert {reason.driver: reason.bearing for reason in own} == price | {"user_weight": "unclear"}
    assert all(citation.passages for reason in own for citation in citations(reason.source))
    assert any("heavy the users" in text[1] for text in found.unknown)
    row = found.fits().set_index("system").loc["user-choice"]
    assert row["speaks_for"] > 0


def test_a_map_between_systems_of_the_readers_own(tmp_path: Path) -> None:
    path = written(accounts(4, 4, fixed=0.2, spread=0.08), tmp_path)
    asked = {"roles": ROLES, "systems": ["unit-price", "blended"], "draws": 2, "years": range(2025, 2026)}
    found = bench.advise(path, **asked, flip=["volatility,fixed_share"], between=["blended", "unit-price"])
    assert found.maps[0].systems == ("blended", "unit-price")
    with pytest.raises(OptionError, match="no system 'moss' here; there are: average-cost, unit-price, blended"):
        bench.advise(path, **asked, between=["moss", "blended"])


def test_small_municipalities_and_single_units_have_little_to_gain() -> None:
    """Ch. 6.1: unit prices fit large municipalities; with one unit the gain falls away."""
    assert bearing(inhabitants_of(9_000.0), "price") == "against"
    assert bearing(inhabitants_of(76_000.0), "price") == "for"
    assert bearing(inhabitants_of(20_000.0), "price") == "unclear"
    assert bearing(inhabitants_of(None), "price") == "unclear"
    assert bearing(known("units", 1), "price") == "against"
    assert bearing(known("units", 13), "price") == "for"


def test_fixed_cost_speaks_for_the_grant_and_an_uncertain_share_decides_nothing() -> None:
    """Ch. 6.2: prices are best suited for services with a low share of fixed cost."""
    assert bearing(known("fixed_share", 0.1, 0.0, 0.2), "price") == "for"
    assert bearing(known("fixed_share", 0.8, 0.7, 0.9), "price") == "against"
    assert bearing(known("fixed_share", 0.8, 0.7, 0.9), "grant") == "for"
    assert bearing(known("fixed_share", 0.4, 0.1, 0.7), "price") == "unclear"


def test_capacity_that_is_always_full_makes_price_and_grant_the_same() -> None:
    """Ch. 6.2: a rate per bed-day in a full nursing home is in practice a grant."""
    assert bearing(known("volatility", 0.005, 0.003, 0.008), "price") == "either"
    assert bearing(known("volatility", 0.10, 0.08, 0.12), "price") == "for"


def test_need_that_changes_fast_speaks_for_prices() -> None:
    assert bearing(known("growth", 0.037), "price") == "for"
    assert bearing(known("growth", 0.003), "price") == "against"
    assert bearing(known("growth", -0.03), "price") == "for"  # need that falls fast moves money as well
    assert bearing(known("growth", 0.003, -0.01, 0.016), "price") == "unclear"
    assert bearing(known("growth", 0.03, 0.01, 0.05), "price") == "unclear"


def test_the_two_by_two_of_table_2_1_comes_out_of_the_rules() -> None:
    """Table 2.1: follows activity or not × looks back at cost or forward, by who bears which risk."""
    kinds = {
        name: kind_of(load_model(name)) for name in ("cost-refund", "incremental-block", "criteria-block", "unit-price")
    }
    assert list(kinds.values()) == ["refund", "incremental", "grant", "price"]
    table = bench.compare(list(dict.fromkeys(["kristiansand", *kinds])), draws=2, years=range(2007, 2009)).to_frame()
    risk = table.set_index("criterion").loc[["cost_risk", "activity_risk"], list(kinds)].round(1)
    activity = {"cost-refund": 0.0, "unit-price": 0.0, "criteria-block": 1.0}
    forward = {"cost-refund": 0.0, "incremental-block": 0.0, "criteria-block": 1.0, "unit-price": 1.0}
    assert {name: risk.loc["activity_risk", name] + 0.0 for name in activity} == activity
    assert {name: risk.loc["cost_risk", name] for name in forward} == forward
    assert kind_of(load_model("drammen")) == "orders"


# -- the advice itself -------------------------------------------------------------------------------------------


def test_every_argument_is_rated_for_every_kind_and_cites_its_passage() -> None:
    for argument in ARGUMENTS:
        assert set(argument.ratings) == set(KINDS)
        assert all(citation.passages for citation in citations(argument.source))
        assert citations(argument.source)


def test_the_table_has_every_criterion_for_every_system_with_how_and_source(found) -> None:
    table = found.criteria()
    assert set(table["criterion"]) == {c.key for c in CRITERIA} | {a.key for a in ARGUMENTS}
    assert set(table["how"]) == {"measured", "simulated", "argued"}
    assert table.groupby("criterion")["system"].nunique().eq(len(found.comparison.names)).all()
    assert (table["source"] != "").all()
    simulated = table[table["how"] == "simulated"]
    assert (simulated["p5"] <= simulated["value"] + 1e-12).all()
    assert (simulated["value"] <= simulated["p95"] + 1e-12).all()


def test_a_system_the_file_cannot_carry_is_named_with_the_remedy(found) -> None:
    why, remedy = found.refused["criteria-block"]
    for column in ("andel_80_pluss", "innbyggere"):  # all at once, not one a time
        assert column in why
        assert column in remedy
    assert "--extra" in remedy
    assert "criteria-block" not in found.comparison.names


@pytest.mark.parametrize("language", ["nb", "en"])
def test_the_text_begins_with_what_it_comes_to_and_explains_its_marks(found, language: str) -> None:
    text = found.summary(language)
    at = 0 if language == "nb" else 1
    heads = [line for line in text.splitlines() if line.startswith("## ")]
    assert heads[0] == f"## {('Kort sagt', 'In short')[at]}"
    assert not re.search(r"(?<![\w,])-\d", text)  # a minus is a minus
    assert ("? kilden sier det ikke", "? the source does not say")[at] in text
    assert ("(regnskapet = 100)", "(accounts = 100)")[at] in text
    at_criteria = heads.index(f"## {('Kriterier og systemer', 'Criteria and systems')[at]}")
    table = text[text.index(heads[at_criteria]) : text.index(heads[at_criteria + 1])]
    rows = [line.split(" | ")[1:] for line in table.splitlines() if line.startswith("| ")][2:]
    assert rows
    assert not [row for row in rows if all(cell.strip(" |") == "." for cell in row)]
    assert ("Uten tall for noe av systemene", "Without a number for any of the systems")[at] in table
    assert ("ramme etter kriterier", "grant by criteria")[at] not in text  # historic shares are no criteria


def test_one_year_makes_no_cost_sure(tmp_path: Path) -> None:
    """Volume does not move in any world, so what is sure is what a rule does by its form, not who is cheapest."""
    path = written(accounts(6, 1, fixed=0.2, spread=0.2), tmp_path)
    found = bench.advise(path, roles=ROLES, systems=["unit-price", "cost-refund"], draws=5, years=range(2025, 2027))
    text = found.summary("en")
    short = text[text.index("## In short") : text.index("## What the accounts speak for")]
    assert "real unit cost" not in short
    assert "real expenditure" not in short
    assert "speak for unit price: number of units" in short


def test_no_score_unless_the_reader_weighs(found, tmp_path: Path) -> None:
    assert found.score().empty
    path = written(accounts(4, 4, fixed=0.2, spread=0.08), tmp_path)
    weighed = bench.advise(path, roles=ROLES, systems=["unit-price", "cost-refund"],
                           weights={"incentive_power": 1.0}, **QUICK)  # fmt: skip
    assert weighed.score().iloc[0]["system"] == "unit-price"
    assert weighed.score().iloc[-1]["score"] == 0.0
    with pytest.raises(OptionError, match="incentive_power"):
        bench.advise(path, roles=ROLES, weights={"incentive_pwer": 1.0}, **QUICK)
    with pytest.raises(OptionError, match="0 or more"):
        bench.advise(path, roles=ROLES, weights={"incentive_power": -1.0}, **QUICK)


@pytest.mark.parametrize("language", ["nb", "en"])
def test_the_command_says_what_fits_and_its_folder_is_verified(tmp_path: Path, language: str) -> None:
    path = written(accounts(4, 4, fixed=0.2, spread=0.08), tmp_path)
    args = ["advise", str(path), "--id", "enhet", "--period", "aar", "--cost", "kostnad", "--outputs", "timer"]
    args += ["--system", "unit-price", "--system", "historic-block", "--draws", "5", "--years", "2025:2026"]
    args += ["--language", language, "--out", str(tmp_path / "ut")]
    done = CliRunner().invoke(main, args)
    assert done.exit_code == 0, done.output
    name, said = {"nb": ("raad.md", "Hva dataene ikke kan si"), "en": ("advice.md", "What the data cannot tell")}[
        language
    ]
    page = (tmp_path / "ut" / name).read_text(encoding="utf-8")
    assert said in page
    assert page.strip() in done.output
    assert "--inhabitants" in page
    assert "econ2006" not in page
    assert CliRunner().invoke(main, ["verify", str(tmp_path / "ut")]).exit_code == 0


def test_what_a_source_says_of_itself_is_never_the_readers_own_figure(found) -> None:
    """10 million for services of 180 is 1.11 % a year over five years whatever the reader's size; the amount is not."""
    (own,) = [r for r in reasons_of([], setup=None, cost=1e9) if (r.driver, r.kind) == ("payback", "price")]
    assert "not your figure" in own.text[1]
    assert "0.20 %" in own.text[1]  # 10 million of 5 · 1,000 million
    assert "55.6 million" in own.text[1]  # 1,000 · 10/180
    assert "1.11 %" in own.text[1]
    assert own.bearing == "unclear"  # one way it is little, the other not
    (stated,) = [r for r in reasons_of([], setup=4e6, cost=1e9) if (r.driver, r.kind) == ("payback", "price")]
    assert "as stated" in stated.text[1]
    assert stated.bearing == "for"
    assert "not your figure" in found.maps[2].note[1]
    shown = {c.key: c.name[1] for c in CRITERIA}
    for key in ("setup", "staff", "yearly", "transition"):
        assert "the source's municipality" in shown[key]


def test_values_that_are_set_are_heard_and_move_the_readers_own_system_alone(tmp_path: Path) -> None:
    path = str(written(accounts(4, 4, fixed=0.2, spread=0.08), tmp_path))
    asked = {"roles": ROLES, "systems": ["unit-price"], **QUICK}
    plain = bench.advise(path, **asked).comparison
    kept = bench.advise(path, settings={"scheme.*.settlement.keep_surplus": "0.5"}, **asked).comparison
    power = {c: [float(v) for v in c.values["incentive_power"]] for c in (plain, kept)}
    assert power[kept][0] < 0.9 * power[plain][0]
    assert power[kept][1] == power[plain][1]
    grown = bench.advise(path, settings={"indexation.deflator": "0.10"}, **asked).comparison
    for system in grown.systems:
        assert set(system.played.schemes[0].setting.growth.decided.values()) == {0.10}
    args = [
        "advise",
        path,
        "--id",
        "enhet",
        "--period",
        "aar",
        "--cost",
        "kostnad",
        "--outputs",
        "timer",
        "--draws",
        "3",
    ]
    args += ["--system", "unit-price", "--years", "2025:2026", "--set", "scheme.*.settlement.keep_surplus=0.5"]
    done = CliRunner().invoke(main, [*args, "--out", str(tmp_path / "ut")])
    assert done.exit_code == 0, done.output
    assert CliRunner().invoke(main, ["verify", str(tmp_path / "ut")]).exit_code == 0
    wrong = CliRunner().invoke(main, [*args[:-1], "scheme.*.settlement.kep=0.5"])
    assert wrong.exit_code != 0
    assert "keep_surplus" in wrong.output


def test_a_bundled_system_takes_the_files_own_index() -> None:
    """A bundled model that happens to read the file's columns would else bring its own assumed growth."""
    model = system_named(HISTORIC)
    assert model.scheme[0].block.kind == "historic-share"
    assert model.scheme[0].columns == ()


def test_what_is_tried_begins_after_the_last_accounts(tmp_path: Path) -> None:
    """A fixed grant is the last accounts indexed, whatever need was five years ago, and no balance comes along."""
    frame = accounts(6, 6, fixed=0.2, spread=0.05, growth=0.03)
    frame = frame[~((frame["enhet"] == "E05") & (frame["aar"] < 2023))]  # a unit of the last two years has its share
    found = bench.advise(written(frame, tmp_path), roles=ROLES, systems=["unit-price", HISTORIC], draws=3,
                         years=range(2025, 2027))  # fmt: skip
    at = found.comparison.names.index(HISTORIC)
    assert found.comparison.values["real_expenditure"][at] == pytest.approx(1.0, abs=1e-6)
    last = frame.query("aar == 2024").set_index("enhet")["kostnad"]
    grant = found.comparison.systems[at].played.schemes[0]["income"][0, 0]
    assert grant / last.to_numpy() == pytest.approx(np.full(6, grant.sum() / last.sum()), rel=1e-6)
    for system in found.comparison.systems[1:]:
        assert system.played.schemes[0].setting.first_year == 2025


def test_drivers_of_one_year_are_unknown() -> None:
    from bench.stykkpris.scheme_data import scheme_data

    model = load_model("average-cost").with_roles(**ROLES)
    frame = accounts(4, 1, fixed=0.2, spread=0.1).assign(kostnad=lambda f: f["kostnad"].astype(float))
    frame["timer"] = frame["timer"].astype(float)
    units = bench.Units.from_frame(frame, id="enhet", period="aar", inputs=["kostnad"], outputs=["timer"])
    drivers = {d.key: d for d in drivers_of(scheme_data(model, units)[0])}
    assert {key for key, driver in drivers.items() if driver.how == "unknown"} == {
        "fixed_share",
        "growth",
        "volatility",
    }


def test_performed_volume_is_asked_about_and_the_remedy_in_the_text_answers(tmp_path: Path) -> None:
    """Nine hours in ten are given: the page asks while only decided hours are read, and the options it names tell."""
    frame = accounts(6, 4, fixed=0.3, spread=0.08).rename(columns={"timer": "vedtakstimer"})
    frame["utforte_timer"] = 0.9 * frame["vedtakstimer"]
    path = written(frame, tmp_path)
    asking = {"roles": {**ROLES, "outputs": ["vedtakstimer"]}, "read": {"extra": ["utforte_timer"]}}
    few = {"draws": 2, "years": range(2025, 2026), "systems": ["unit-price", "blended"]}
    asked = " ".join(text[1] for text in bench.advise(path, **asking, **few).unknown)
    settings = dict(re.findall(r"--set '?(scheme[^ ']*?)=([^ ']*)", asked))
    assert set(settings) == {"scheme.*.volume.basis", "scheme.*.service.vedtakstimer.performed"}
    told = bench.advise(path, **asking, settings=settings, **few)
    (row,) = told.users
    assert row.how == "measured"
    assert row.share == pytest.approx(0.9)
    assert not any("performed" in text[1] for text in told.unknown)
    twice = bench.advise(path, roles={**ROLES, "outputs": ["vedtakstimer", "utforte_timer"]}, **few)
    assert any("counted as two services" in text[1] for text in twice.unknown)


def test_a_blend_is_not_judged_as_a_whole_price() -> None:
    """Chapter 6.2: where much is fixed a price fits badly; a price for the variable and a grant for the fixed fit."""
    much = known("fixed_share", 0.84, 0.79, 0.89)
    assert [bearing(much, kind) for kind in ("price", "grant", "blend")] == ["against", "for", "for"]
    assert bearing(known("fixed_share", 0.0, 0.0, 0.3), "blend") == "unclear"
    assert bearing(known("fixed_share", 1.0, 0.8, 1.0), "blend") == "unclear"
