"""The evaluation of SIO by the rules: Tables 7-5, 7-6, 7-7, 7-9, 7-11 and the worked example, differences explained.

Printed figures from 002_4453633f7c0fd7b7.txt through the bundled data set ``sio``; Table 7-4 and the cap are in
``test_model_sio_a.py``.
"""

from __future__ import annotations

import pytest

import bench
from bench import resources
from bench.modelfile.showing import example_case
from bench.reading import read_table
from bench.stykkpris import settle
from bench.stykkpris.cases import case_units

MILLION = 1e6

#: Yearly growth in need 2015–2021, ch. 7.2.1, printed with one decimal; the national rate moves the withdrawal.
LOCAL = {"Lillesand": 0.024, "Bjørnafjorden Os": 0.037, "Stjørdal": 0.026, "Selbu": 0.003, "Indre Østfold": 0.022}
NATIONAL = 0.007
HALF_A_TENTH = 0.0005


@pytest.fixture(scope="module")
def printed():
    table = read_table(resources.dataset("sio").path("tabeller")).to_frame()
    return table.assign(key=table["tabell"].astype(str))


@pytest.fixture(scope="module")
def grants():
    frame = bench.run(bench.load_model("sio-a")).units.frame
    return {(row.kommune, row.aar): row.aktivitetstilskudd / MILLION for row in frame.itertuples()}


def values(printed, name):
    part = printed[(printed["key"] == name) & printed["verdi"].map(lambda text: str(text) not in ("-", ".."))]
    numbers = part["verdi"].map(lambda text: float(str(text).replace(",", ".")))
    return dict(zip(zip(part["enhet"], part["aar"].astype(str), part["variabel"], strict=True), numbers, strict=True))


def rates(**changes):
    """The rules on the figures of one of their cases, with other values."""
    model = bench.load_model("sio-a-rates")
    settings = {"indexation.deflator": 0.0, "scheme.kommuner.correction.income-supplement.rate": 0.0}
    return model.with_values(settings | changes)


def one_year(model, **columns):
    """One municipality in 2021 with nothing but what is stated."""
    case = example_case(bench.load_model("sio-a-rates"))
    data = {name: [0] for name in case.data} | {"kommune": ["A"], "aar": [2021], "avgiftssone": [1]}
    changed, units = case_units(model, case.model_copy(update={"data": data | columns}))
    return settle(changed, units)


# -- the worked example --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("places", "cost", "grant", "surplus"), [(10, 10, 12.0, 2.0), (12, 12, 14.4, 2.4)])
def test_ten_places_and_two_more(places, cost, grant, surplus):
    result = one_year(rates(), nettoutgift=[cost * MILLION], plasser=[places], uttrekksgrunnlag=[10 * MILLION])
    assert result.settlement["activity_income"].tolist() == [grant * MILLION]
    assert result.settlement["result"].tolist() == [surplus * MILLION]


def test_hours_at_the_printed_rates():
    result = one_year(rates(), helsetimer=[1000], praktiske_timer=[1000])
    assert result.settlement_lines.set_index("service")["income"].to_dict() == {
        "helsetimer": 566000.0, "praktiske_timer": 437000.0, "plasser": 0.0,
    }  # fmt: skip


# -- Table 7-5 -----------------------------------------------------------------------------------------------


def test_parts_of_table_7_5_add_up_to_the_extra_transfers(printed):
    """258 + 531 + 136 and 374 for low unit cost; where activity gets up to 100, unit cost gets 274."""
    part = printed[printed["key"] == "7-5"]
    v = {(post, kind): float(x) for post, kind, x in zip(part["post"], part["variabel"], part["verdi"], strict=True)}
    known = sum(v[post, "anslag"] for post in ("Inntektspåslag", "Demografigevinst", "Ressurskrevende tjenester"))
    activity, cost = "Økning i aktivitetsnivå", "Lavere enhetskostnader enn satser i forsøk"
    assert known + v[activity, "anslag, lavt"] + v[cost, "anslag, høyt"] == v["Totalt", "anslag"] == 1299
    assert known + v[activity, "anslag, høyt"] + v[cost, "anslag, lavt"] == 1299


def test_unit_cost_of_2017_explains_the_residual(printed, grants):
    """Table 7-12 on the activity grants of Table 7-2: 385 million, against the residual 374 of Table 7-5.

    Deviations are printed in whole per cent: half a point of the grants is 33 million, so 374 is well inside.
    Indre Østfold was not surveyed and is left out.
    """
    part = printed[(printed["key"] == "7-12") & (printed["post"] == "I alt (vektet gjennomsnitt)")]
    below = {unit: -float(x) / 100 for unit, x in zip(part["enhet"], part["verdi"], strict=True)}
    below["Bjørnafjorden/Os"] = below.pop("Os")
    total = {unit: sum(x for (name, _), x in grants.items() if name == unit) for unit in below}
    gain = sum(below[unit] * total[unit] for unit in below)
    rounding = 0.005 * sum(total.values())
    assert gain == pytest.approx(385, abs=1)
    assert rounding == pytest.approx(33, abs=1)
    assert abs(gain - 374) < rounding


def test_five_per_cent_below_the_rates_is_about_300_million(grants):
    """Ch. 7.1.4: 'about five per cent lower … about 300 million'.

    Five per cent of the grants of the four municipalities in the trial from 2016, those surveyed in 2017 on the way
    in, is 323 million, 300 to one digit. With Selbu and Indre Østfold it would be 383.
    """
    first = ("Lillesand", "Stjørdal", "Bjørnafjorden/Os", "Hobøl")
    assert 0.05 * sum(x for (name, _), x in grants.items() if name in first) == pytest.approx(323, abs=1)
    assert 0.05 * sum(grants.values()) == pytest.approx(383, abs=1)


# -- Table 7-6 -----------------------------------------------------------------------------------------------


def gain_by_rule(growth, withdrawal=100 * MILLION):
    """Demography gain of 2021 by the rules, for a withdrawal of 100 million in 2015, fixed prices."""
    key = "scheme.kommuner.correction.free-income-by-own-need.growth"
    return float(one_year(rates(**{key: growth}), uttrekksgrunnlag=[withdrawal]).settlement["corrections"].sum())


@pytest.mark.parametrize(("name", "share"), [("Lillesand", 0.1102), ("Bjørnafjorden Os", 0.2008), ("Stjørdal", 0.1238)])
def test_gain_is_local_less_national_growth_over_six_years(name, share):
    gain = gain_by_rule(LOCAL[name]) / (100 * MILLION)
    assert gain == pytest.approx((1 + LOCAL[name]) ** 6 - (1 + NATIONAL) ** 6, abs=1e-9)
    assert gain == pytest.approx(share, abs=5e-5)
    assert gain_by_rule(NATIONAL) == 0.0


def test_slow_local_growth_is_a_loss():
    """Selbu's 0.3 per cent is below the national rate: with 2015 as base its gain would be negative.

    Table 7-6 prints 1.5 and 0.4 million, because Selbu's withdrawal is of 2019 and the source uses its yearly growth.
    """
    assert gain_by_rule(LOCAL["Selbu"]) < 0


@pytest.mark.parametrize(("name", "ratio"), [("Lillesand", 0.952), ("Stjørdal", 1.042)])
def test_table_7_6_in_2021(printed, name, ratio):
    """The rule on the printed withdrawal of 2021 comes within 6 per cent of the printed gain.

    What remains: growth is printed with one decimal, and half a tenth in both rates is 6 per cent of Lillesand's
    gain; Table 7-3 prints the withdrawal together with the refund forgone, which makes the rule too high; the source
    moves need year by year, and only the end of six years at the average rate is the same.
    """
    frame = bench.run(bench.load_model("sio-a")).units.frame.set_index(["kommune", "aar"])
    withdrawal = frame.loc[(name, 2021), "uttrekk_og_refusjon"] / (1 + NATIONAL) ** 6  # 2021 prices, need of 2015
    gain = values(printed, "7-6")[(name, "2021", "beløp")] * MILLION
    assert gain_by_rule(LOCAL[name], withdrawal) / gain == pytest.approx(ratio, abs=0.005)
    spread = (1 + LOCAL[name] + HALF_A_TENTH) ** 6 - (1 + NATIONAL - HALF_A_TENTH) ** 6
    assert abs(ratio - 1) < spread / ((1 + LOCAL[name]) ** 6 - (1 + NATIONAL) ** 6) - 1 + 0.005


def test_bjornafjorden_gains_less_than_six_years_of_its_growth(printed):
    """On the joint withdrawal of 2021 the rule gives 91 million, the table 68.9 (61.8 Os and 7.1 Fusa).

    Fusa came with the merger of 2020 and its withdrawal is of 2019, so only two years of growth count for it.
    """
    frame = bench.run(bench.load_model("sio-a")).units.frame.set_index(["kommune", "aar"])
    joint = frame.loc[("Bjørnafjorden/Os", 2021), "uttrekk_og_refusjon"] / (1 + NATIONAL) ** 6
    v = values(printed, "7-6")
    table = v["Bjørnafjorden Os", "2021", "beløp"] + v["Bjørnafjorden Fusa", "2021", "beløp"]
    assert gain_by_rule(LOCAL["Bjørnafjorden Os"], joint) / MILLION == pytest.approx(91, abs=0.5)
    assert table == pytest.approx(68.9)


def test_sums_of_table_7_6(printed):
    """Years and municipalities add up to 531.2 within rounding; Table 7-5 prints 531."""
    v = values(printed, "7-6")
    names = sorted({name for name, _, _ in v} - {"SUM"})
    for year in [str(y) for y in range(2016, 2022)]:
        rounding = 0.05 * (len(names) + 1)
        assert sum(v[name, year, "beløp"] for name in names) == pytest.approx(v["SUM", year, "beløp"], abs=rounding)
    assert round(v["SUM", "2016-2021", "beløp"]) == 531


# -- Table 7-7 -----------------------------------------------------------------------------------------------


def test_sums_of_table_7_7(printed):
    """136.1 million in all, 136 in Table 7-5; Bjørnafjorden's 2020 is not computed but taken from 2019."""
    v = values(printed, "7-7")
    what = "beløp"
    names = sorted({name for name, _, _ in v} - {"SUM"})
    for year in [str(y) for y in range(2016, 2021)]:
        total = sum(v.get((name, year, what), 0.0) for name in names)
        assert total == pytest.approx(v["SUM", year, what], abs=0.05 * (len(names) + 1))
    assert v["Bjørnafjorden/Os", "2020", what] == v["Bjørnafjorden/Os", "2019", what]
    assert round(v["SUM", "2016-2020", what]) == 136


def test_the_gain_of_table_7_7_is_growth_in_own_share():
    """By the rule of the grant: 10 million more wage cost for the same users raises the own share by 2 million.

    In the trial the state pays that too, so it is the gain. A higher threshold raises the own share of every user.
    """
    model = bench.load_model("resource-intensive")
    case = example_case(model)
    data = {"kommune": ["A", "A"], "aar": [2020, 2021], "lonnsutgift": [40e6, 50e6], "brukere": [10, 10]}
    same = model.with_alternative("2020-kept")
    changed, units = case_units(same, case.model_copy(update={"data": data}))
    share = -settle(changed, units).settlement.set_index("year")["result"]
    assert share[2021] - share[2020] == pytest.approx(2 * MILLION)
    lower, units = case_units(model.with_alternative("vestvagoy"), case.model_copy(update={"data": data}))
    less = -settle(lower, units).settlement.set_index("year")["result"]
    assert share[2020] - less[2020] == pytest.approx(0.8 * 10 * 70000)


# -- Tables 7-9 and 7-11 -------------------------------------------------------------------------------------


def deflators(before, after, change):
    """Interval of price growth at which two printed grants (whole millions) give a printed real change (per cent)."""
    low = (after - 0.5) / (before + 0.5) / (1 + (change + 0.5) / 100)
    high = (after + 0.5) / (before - 0.5) / (1 + (change - 0.5) / 100)
    return low, high


def test_table_7_11_is_table_7_2_at_one_deflator(printed, grants):
    """Real change of the activity grant 2017–2020: all three follow from Table 7-2 with prices up by 9 per cent.

    The deflator itself is not printed; that one number serves three municipalities is the check.
    """
    part = printed[(printed["key"] == "7-11") & (printed["post"] == "Aktivitetstilskudd")]
    change = {unit: float(x) for unit, x in zip(part["enhet"], part["verdi"], strict=True)}
    units = ("Lillesand", "Bjørnafjorden/Os", "Stjørdal")
    spans = [deflators(grants[unit, 2017], grants[unit, 2020], change[unit]) for unit in units]
    low, high = max(a for a, _ in spans), min(b for _, b in spans)
    assert low < high
    assert low < 1.09 < high


def test_table_7_9_is_table_7_2_but_for_bjornafjorden(grants):
    """Real change 2017–2021: 11 and −2 per cent meet at prices up by 11.7 per cent, 2.8 a year as in 2017–2020.

    Bjørnafjorden's printed 51 and 22 per cent are those of Table 7-11, which ends in 2020: with 2021 the same
    deflator gives 57.
    """
    lillesand = deflators(grants["Lillesand", 2017], grants["Lillesand", 2021], 11)
    stjordal = deflators(grants["Stjørdal", 2017], grants["Stjørdal", 2021], -2)
    low, high = max(lillesand[0], stjordal[0]), min(lillesand[1], stjordal[1])
    assert low < high
    assert pytest.approx((low + high) / 2, abs=0.01) == 1.09 ** (4 / 3)
    real = grants["Bjørnafjorden/Os", 2021] / grants["Bjørnafjorden/Os", 2017] / ((low + high) / 2) - 1
    assert round(100 * real) == 57
    assert round(100 * (grants["Bjørnafjorden/Os", 2020] / grants["Bjørnafjorden/Os", 2017] / 1.09 - 1)) == 51


@pytest.mark.parametrize(
    ("name", "printed_change", "by_average"), [("Lillesand", 11, 10), ("Bjørnafjorden Os", 16, 16), ("Stjørdal", 9, 11)]
)
def test_need_in_table_7_9_against_the_average_growth(name, printed_change, by_average):
    """Need 2017–2021 by four years of the average 2015–2021: exact for Os, 1 and 2 points off for the others.

    Growth was not even: Stjørdal grew faster before 2017, Lillesand after. The yearly path is only in a figure.
    """
    assert round(100 * ((1 + LOCAL[name]) ** 4 - 1)) == by_average
    assert abs(printed_change - by_average) <= 2
