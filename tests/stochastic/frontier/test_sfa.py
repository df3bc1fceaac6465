"""`bench.sfa` on tables: forms, what a frontier says in the table's measures, surfaces, bad data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bench
from bench.errors import DataError, OptionError
from bench.stochastic.forms import frontier_design


def table(n=200, seed=0, prices=False):
    rng = np.random.default_rng(seed)
    hours, visits = np.exp(rng.normal(size=(2, n)) * 0.6 + 2.0)
    wage, rent = np.exp(0.2 * rng.normal(size=(2, n)))
    noise = 0.1 * rng.normal(size=n) + 0.3 * np.abs(rng.normal(size=n))
    cost = 40 * hours**0.6 * visits**0.3 * (wage**0.7 * rent**0.3 if prices else 1.0) * np.exp(noise)
    return pd.DataFrame(
        {
            "unit": [f"home {k}" for k in range(n)],
            "cost": cost,
            "hours": hours,
            "visits": visits,
            "wage": wage,
            "rent": rent,
            "travel": rng.normal(size=n),
            "year": 2024,
        }
    )


def units(frame, **roles):
    roles = {"inputs": ["cost"], "outputs": ["hours", "visits"], "environment": ["travel"], **roles}
    return bench.Units.from_frame(frame, id="unit", **roles)


@pytest.mark.parametrize("form", ["cobb-douglas", "translog", "quadratic"])
def test_marginal_cost_is_the_derivative_of_efficient_cost(form):
    frame = table()
    f = bench.sfa(units(frame), kind="cost", form=form)
    marginal = f.marginal_costs().pivot(index="unit", columns="output", values="marginal_cost").loc[frame["unit"]]
    for output in ("hours", "visits"):
        step = 1e-5 * frame[output]
        value = {}
        for sign in (1, -1):
            moved = frame.assign(**{output: frame[output] + sign * step})
            x = frontier_design(units(moved), kind="cost", form=form).X @ f.params.to_numpy()[: f.design.X.shape[1]]
            value[sign] = x if form == "quadratic" else np.exp(x)
        slope = (value[1] - value[-1]) / (2 * step)
        assert marginal[output].to_numpy() == pytest.approx(slope.to_numpy(), rel=1e-6)
    assert (f.marginal_costs()["std_error"] > 0).all()


def test_marginal_cost_errors_match_the_spread_of_draws():
    f = bench.sfa(units(table()), kind="cost", form="translog")
    rng = np.random.default_rng(1)
    k = f.design.X.shape[1]
    draws = rng.multivariate_normal(f.params.to_numpy()[:k], f.cov.to_numpy()[:k, :k], size=4000)
    row = 7
    slope = f.design.gradient(0)[row] @ draws.T
    level = np.exp(f.design.X[row] @ draws.T) / f.design.variables[0].level[row]
    spread = (slope * level).std()
    assert f.marginal_costs()["std_error"].iloc[row] == pytest.approx(spread, rel=0.08)


def test_homogeneity_in_prices_holds():
    frame = table(prices=True)
    f = bench.sfa(units(frame, input_prices=["wage", "rent"]), kind="cost", form="translog")
    double = frame.assign(wage=2 * frame["wage"], rent=2 * frame["rent"], cost=2 * frame["cost"])
    g = bench.sfa(units(double, input_prices=["wage", "rent"]), kind="cost", form="translog")
    assert g.params.to_numpy() == pytest.approx(f.params.to_numpy(), abs=1e-9)
    assert g.fitted.to_numpy() == pytest.approx(2 * f.fitted.to_numpy(), rel=1e-9)
    assert f.shape_violations()["property"].tolist()[-1] == "concavity"


def test_normalisation_moves_coefficients_and_nothing_else():
    data = units(table())
    raw, mean = (bench.sfa(data, kind="cost", normalise=rule) for rule in ("none", "mean"))
    assert mean.efficiency.to_numpy() == pytest.approx(raw.efficiency.to_numpy(), abs=1e-10)
    logs = np.log(data.Y).mean(axis=0)
    at_mean = raw.params["ln hours"] + raw.params["½ ln hours²"] * logs[0]
    at_mean += raw.params["ln hours × ln visits"] * logs[1]
    assert mean.params["ln hours"] == pytest.approx(at_mean, rel=1e-8)
    given = bench.sfa(data, kind="cost", normalise=np.exp(logs))
    assert given.params.to_numpy() == pytest.approx(mean.params.to_numpy(), rel=1e-8, abs=1e-10)


def test_returns_to_scale():
    f = bench.sfa(units(table()), kind="cost", form="cobb-douglas")
    scale = f.returns_to_scale()
    assert scale["returns_to_scale"].iloc[0] == pytest.approx(1 / (f.params["ln hours"] + f.params["ln visits"]))
    assert scale["returns_to_scale"].iloc[0] == pytest.approx(1 / 0.9, abs=3 * scale["std_error"].iloc[0])


def test_distance_functions_find_the_technology():
    rng = np.random.default_rng(4)
    n = 2000
    y = np.exp(rng.normal(size=(n, 2)) * 0.5)
    x2 = np.exp(rng.normal(size=n) * 0.5)
    u = 0.3 * np.abs(rng.normal(size=n))
    # x1^0.6 x2^0.4 = y1^0.5 y2^0.4 at the frontier: ln D = u more input than needed.
    ratio = x2
    x1 = y[:, 0] ** 0.5 * y[:, 1] ** 0.4 * ratio**-0.4 * np.exp(u + 0.1 * rng.normal(size=n))
    data = bench.Units.from_arrays(np.column_stack([x1, x1 * ratio]), y)
    f = bench.sfa(data, kind="input-distance", form="cobb-douglas")
    assert f.params[["ln x2", "ln y1", "ln y2"]].to_numpy() == pytest.approx([-0.4, 0.5, 0.4], abs=0.02)
    assert np.corrcoef(f.efficiency, np.exp(-u))[0, 1] > 0.8
    assert f.returns_to_scale()["returns_to_scale"].iloc[0] == pytest.approx(1 / 0.9, abs=0.05)
    g = bench.sfa(data, kind="output-distance", form="cobb-douglas")
    assert g.efficiency.between(0, 1).all()


def test_index_follows_the_table():
    frame = table()
    f = bench.sfa(units(frame.sample(frac=1, random_state=1)), kind="cost")
    g = bench.sfa(units(frame), kind="cost")
    assert f.efficiency.loc["home 7"] == pytest.approx(g.efficiency.loc["home 7"], abs=1e-9)
    assert list(g.efficiency.index) == list(frame["unit"])


def test_surfaces():
    f = bench.sfa(units(table()), kind="cost", form="translog", environment=["travel"], u=["travel"])
    text = str(f.summary())
    for piece in ("Frontier", "ln σu²", "travel", "Log-likelihood", "gamma", "LR test"):
        assert piece in text
    assert r"\begin{tabular}" in f.summary().to_latex()
    assert "<table" in f._repr_html_()
    assert "translog" in repr(f)
    assert list(f.to_frame().columns) == ["efficiency", "lower", "upper", "inefficiency", "frontier", "residual"]
    assert (f.to_frame()["lower"] <= f.efficiency).all()
    assert (f.to_frame()["upper"] >= f.efficiency).all()
    for chart in ("caterpillar", "efficiency", "residual", "marginal-costs"):
        assert f.plot(chart).to_dict()["$schema"]
    with pytest.raises(OptionError, match="caterpillar"):
        f.plot("bars")


def test_workbook(tmp_path):
    f = bench.sfa(units(table()), kind="cost", form="cobb-douglas")
    path = f.to_excel(tmp_path / "fit.xlsx")
    sheets = pd.read_excel(path, sheet_name=None, engine="openpyxl")
    assert sheets["coefficients"]["estimate"].to_numpy() == pytest.approx(f.params.to_numpy())
    assert len(sheets["marginal costs"]) == 2 * len(f.units)


def test_clusters_and_other_covariances():
    frame = pd.concat([table(seed=s).assign(year=2020 + s) for s in range(3)])
    data = bench.Units.from_frame(frame, id="unit", period="year", inputs=["cost"], outputs=["hours", "visits"])
    f = bench.sfa(data, kind="cost", form="cobb-douglas", covariance="clustered")
    assert f.covariance_kind == "clustered"
    assert f.std_errors["ln hours"] != pytest.approx(np.sqrt(f.covariance("hessian").loc["ln hours", "ln hours"]))
    assert "period" in f.marginal_costs().columns


def test_wrong_data_states_the_remedy():
    frame = table()
    zero = frame.assign(visits=np.where(frame.index == 3, 0.0, frame["visits"]))
    with pytest.raises(DataError, match=r"home 3.*no logarithm.*quadratic"):
        bench.sfa(units(zero), kind="cost")
    assert bench.sfa(units(zero), kind="cost", form="quadratic").efficiency.between(0, 1).all()
    with pytest.raises(DataError, match="one output, not 2"):
        bench.sfa(units(frame), kind="production")
    with pytest.raises(DataError, match="did you mean 'travel'"):
        bench.sfa(units(frame), kind="cost", u=["travl"])
    with pytest.raises(DataError, match="must be a list"):
        bench.sfa(units(frame), kind="cost", u="travel")
    with pytest.raises(DataError, match="period column"):
        bench.sfa(units(frame), kind="cost", panel="pitt-lee")
    with pytest.raises(OptionError, match="translog"):
        bench.sfa(units(frame), kind="cost", form="tranlog")
    with pytest.raises(OptionError, match="between 0 and 1"):
        bench.sfa(units(frame), kind="cost").efficiency_interval(95)
    with pytest.raises(DataError, match="need a cost frontier"):
        bench.sfa(units(frame, outputs=["hours"], inputs=["cost"]), kind="production").marginal_costs()


@pytest.mark.parametrize(
    "options",
    [
        {"u": ["travel"]},
        {"u": ["travel"], "distribution": "rayleigh"},
        {"mu": ["travel"], "distribution": "truncated-normal"},
        {"u": ["travel"], "distribution": "truncated-normal-scaled"},
    ],
)
def test_marginal_effects_are_derivatives_of_expected_inefficiency(options):
    from bench.stochastic.likelihood.sfa_distributions import distribution

    rng = np.random.default_rng(5)
    frame = table(n=600)
    frame["cost"] *= np.exp(0.4 * np.exp(0.5 * frame["travel"]) * np.abs(rng.normal(size=600)))
    f = bench.sfa(units(frame), kind="cost", form="cobb-douglas", **options)
    law = distribution(options.get("distribution", "half-normal"))

    def expected(travel):
        u = f.params["lnsig2u:const"] + f.params.get("lnsig2u:travel", 0.0) * travel
        m = f.params.get(f"{law.label}:const", 0.0) + f.params.get(f"{law.label}:travel", 0.0) * travel
        sigma = np.exp(0.5 * u)
        return sigma * law.moments(m / sigma if law.location == "mean" else m)[0]

    effects = f.marginal_effects()["travel"].to_numpy()
    for row in (0, 11, 97):
        z = frame["travel"].iloc[row]
        assert effects[row] == pytest.approx((expected(z + 1e-5) - expected(z - 1e-5)) / 2e-5, rel=1e-5)


def test_marginal_effects_need_covariates():
    with pytest.raises(DataError, match=r"u=\[...\]"):
        bench.sfa(units(table()), kind="cost").marginal_effects()
