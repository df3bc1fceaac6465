"""The energy regulator's revenue cap, every step against a plain computation that knows nothing of the engine.

The rules are those of the regulator's published scripts, written out here once more with pandas, numpy and linprog; the
data are the bundled made-up companies with drawn bootstrap scores of this test's own.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from scipy.optimize import linprog
from scipy.stats import chi2

import bench
from bench import resources
from bench.cli import main
from bench.errors import DataError
from bench.pipeline import run_file

RHO, FACTOR, SYSTEM, DECIDED = 0.7, 1.01, 0.45, 9_500_000.0
LIMIT = 0.4
README = resources.model_path("nve-yardstick").parent / "README.md"
CUSTOMERS = [7.2, 15.2, 72.8, 123.7, 413.3, 901.9]
WEIGHTS = np.array([12.0, 419.0, 147.0])
GROUPS = {
    "leafinc": ["ldz_incline", "ldz_prod", "ldz_snow_trees", "ldz_forest_broadleaf"],
    "coast": ["ldz_salt", "ldz_coast_wind", "ldz_water"],
    "frost": ["ldz_snowdrift", "ldz_snow_400", "ldz_wind_99", "ldz_frosthours"],
}
OUTPUTS = {"ld": ["ld_sub", "ld_hv", "ld_ss"], "rd": ["rd_wv.ol", "rd_wv.uc", "rd_wv.sc", "rd_wv.ss"]}


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """The bundled file, with a drawn score for every company, one of them far off; a second company of each special
    class; two companies that came after the first year."""
    frame = pd.read_csv(resources.dataset("nve-yardstick").path(), sep=";", decimal=",")
    rng = np.random.default_rng(5)
    drawn = dict(zip(frame["orgn"].unique(), rng.uniform(0.55, 0.95, frame["orgn"].nunique()), strict=True))
    drawn[900000 + 17 * 12] = 30.0  # a slip of the pen: no regression should hear it
    frame["ld_bs.correst"] = frame["orgn"].map(drawn)
    frame[["rd_cga_tidl", "rd_coord"]] = rng.integers(0, 400, (len(frame), 2))
    frame["rd_class"] = 0
    frame.loc[frame["orgn"] == 900000 + 17 * 20, "rd_class"] = 2
    none = frame["orgn"] == 900000 + 17 * 30  # a company without local distribution
    frame.loc[none, [c for c in frame.columns if c.startswith("ld_")]] = 0
    late = frame["orgn"].isin([900000 + 17 * 14, 900000 + 17 * 21]) & (frame["y"] < 2022)
    return frame[~late].reset_index(drop=True)


@pytest.fixture(scope="module")
def run(table, tmp_path_factory):
    path = tmp_path_factory.mktemp("nve") / "selskap.csv"
    table.to_csv(path, index=False, sep=";", decimal=",")
    return run_file("nve-yardstick", path)


def dea(x, Y, xref, Yref):
    """Input efficiency and intensities under constant returns, one program per unit."""
    scores, lam = np.zeros(len(x)), np.zeros((len(x), len(xref)))
    for i in range(len(x)):
        c = np.r_[1.0, np.zeros(len(xref))]
        upper = np.block([[np.array([[-x[i]]]), xref[None, :]], [np.zeros((Y.shape[1], 1)), -Yref.T]])
        found = linprog(c, A_ub=upper, b_ub=np.r_[0.0, -Y[i]], method="highs")
        scores[i], lam[i] = found.x[0], found.x[1:]
    return scores, lam


@pytest.fixture(scope="module")
def plain(table):
    """Every step of the rule, in its order."""
    d, B, R = table.copy(), 2024, 2026
    series = {name: dict(_by_year(name)) for name in ("wacc", "labour", "cpi")}
    L, P, r = series["labour"], series["cpi"], series["wacc"]
    up_l = d["y"].map(lambda y: L[B] / L[y])
    up_p = d["y"].map(lambda y: P[B] / P[y])
    for t in ("ld", "rd", "t"):
        pension = (d[f"{t}_pens"] + d[f"{t}_pens.eq"] + d[f"{t}_impl"]) * up_l
        d[f"{t}_pension"] = pension.groupby(d["orgn"]).transform("mean")
        items = d[f"{t}_OPEXxS"] + d[f"{t}_sal"] - d[f"{t}_sal.cap"] - d[f"{t}_391"]
        d[f"{t}_opex"] = items * up_l + d[f"{t}_pension"]
        d[f"{t}_quality"] = d[f"{t}_cens"] * up_p
        d[f"{t}_own"] = FACTOR * d[f"{t}_bv.sf"]
    d["planning"] = (d["rd_cga"] + d["rd_cga_tidl"] + d["rd_coord"]) * up_l
    d["rd_opex"] -= d["planning"]
    for t in ("ld", "rd"):
        d[f"{t}_all"] = FACTOR * (d[f"{t}_bv.sf"] + d[f"{t}_bv.gf"])
        d[f"{t}_totex"] = (
            d[f"{t}_opex"] + d[f"{t}_all"] * r[B] + d[f"{t}_dep.sf"] + d[f"{t}_dep.gf"] + d[f"{t}_quality"]
        )
    d["ld_totex"] += d["ld_nl"] * SYSTEM
    mean = d.groupby("orgn")[["ld_totex", "rd_totex", *OUTPUTS["ld"], *OUTPUTS["rd"]]].mean()
    now = d[d["y"] == B].set_index("orgn")
    out = {}
    now["ld_cb"] = (
        now["ld_opex"] * L[R] / L[B] + now["ld_own"] * r[R] + now["ld_dep.sf"] + now["ld_quality"] * P[R] / P[B]
    ) + now["ld_nl"] * now["pnl.rc"]
    gone = (now["rd_all"] == 0) & (now["rd_dep.sf"] + now["rd_dep.gf"] == 0) & (now["rd_nl"] == 0)
    now.loc[gone & (now["rd_OPEXxS"] == 0), "rd_opex"] = 0.0
    now["rd_cb"] = (
        now["rd_opex"] * L[R] / L[B] + now["rd_own"] * r[R] + now["rd_dep.sf"] + now["rd_quality"] * P[R] / P[B]
    )
    classes = {"ld": _ld_classes(d, now), "rd": _rd_classes(d, now, mean)}
    norm = {}
    for t in ("ld", "rd"):
        kind = classes[t]
        ids = [k for k in now.index if kind[k] in ("e", "d")]
        common = [k for k in ids if kind[k] == "e"]
        xb, Yb = np.rint(mean.loc[ids, f"{t}_totex"]), np.rint(mean.loc[ids, OUTPUTS[t]])
        xe, Ye = np.rint(now.loc[ids, f"{t}_totex"]), np.rint(now.loc[ids, OUTPUTS[t]])
        score, lam = pd.Series(0.0, ids), pd.DataFrame(0.0, ids, ids)
        for k in ids:
            ref = common if kind[k] == "e" else [*common, k]
            s, w = dea(xe[[k]].to_numpy(), Ye.loc[[k]].to_numpy(), xb[ref].to_numpy(), Yb.loc[ref].to_numpy())
            score[k], lam.loc[k, ref] = s[0], w[0]
        share = lam * xb
        share = share.div(share.sum(axis=1), axis=0)
        out[t] = {"ids": ids, "score": score, "share": share, "xb": xb, "Yb": Yb}
        final = score
        if t == "ld":
            final = _corrected(out[t], now, score, share)
        cb, key = now.loc[ids, f"{t}_cb"], now.loc[ids, f"{t}_all"]
        raw = final * cb
        norm[t] = pd.Series(0.0, now.index)
        norm[t][ids] = raw + (cb.sum() - raw.sum()) * key / key.sum()
        out[t] |= {"final": final, "norm": norm[t]}
        for k in now.index:
            if kind[k] == "b":
                norm[t][k] = now.loc[k, f"{t}_cb"]
            if kind[k] == "c":
                w = WEIGHTS if t == "ld" else np.ones(4)
                best = (now.loc[k, OUTPUTS[t]] @ w / now.loc[k, f"{t}_totex"]) / (
                    np.rint(mean.loc[k, OUTPUTS[t]]) @ w / np.rint(mean.loc[k, f"{t}_totex"])
                )
                norm[t][k] = best * now.loc[k, f"{t}_cb"]
    beside = now["rd_nl"] * now["pnl.rc"] + now["planning"] * L[R] / L[B]
    t_cost = now["t_opex"] * L[R] / L[B] + now["t_quality"] * P[R] / P[B] + now["t_dep.sf"] + now["t_own"] * r[R]
    cost = now["ld_cb"] + now["rd_cb"] + beside + t_cost
    before = norm["ld"] + norm["rd"] + beside + t_cost
    cap = (1 - RHO) * cost + RHO * before
    own = now["ld_own"] + now["rd_own"] + now["t_own"]
    total = sum(now[f"{t}_opex"] + now[f"{t}_quality"] for t in ("ld", "rd", "t")) + now["planning"]
    total = round((total + (now["ld_nl"] + now["rd_nl"]) * now["ap.t_2"]).sum())
    f1 = (cap.sum() - cost.sum()) / own.sum()
    f2 = (DECIDED - total) * ((1 + r[B]) * (1 + r[B + 1]) - 1) / own.sum()
    last = before - own * (f1 + f2) / RHO
    groups = [f"ld_customers_{g}" for g in range(1, 7)]
    more = now[groups] - d[d["y"] == B - 1].set_index("orgn").reindex(now.index)[groups]
    growth = (more @ CUSTOMERS).clip(lower=0)
    out |= {"cap": (1 - RHO) * cost + RHO * last, "cost": cost, "f1": f1, "f2": f2, "classes": classes, "total": total}
    return out | {"growth": 5000 / RHO * growth / growth.sum()}


def _by_year(name):
    entries = bench.load_model("nve-yardstick").parameter[name].entries
    return [(entry.from_.year, entry.value) for entry in entries]


def _ld_classes(d, now):
    empty = d[(d[["ld_sub", "ld_hv", "ld_ss", "ld_totex"]] == 0).all(axis=1)]["orgn"].unique()
    kind = {}
    for k, row in now.iterrows():
        nothing = row["ld_own"] == row["ld_dep.sf"] == row["ld_nl"] == row["ld_OPEXxS"] == 0
        kind[k] = "a" if nothing else "b" if row["ld_class"] == 2 or k in empty else "c" if row["ld_sub"] < 500 else "e"
    return kind


def _rd_classes(d, now, mean):
    sums = d[OUTPUTS["rd"]].sum(axis=1)
    empty = d[(sums == 0) | (d["rd_own"] == 0)]["orgn"].unique()
    kind = {}
    for k, row in now.iterrows():
        nothing = row["rd_all"] == row["rd_dep.sf"] + row["rd_dep.gf"] == row["rd_nl"] == row["rd_OPEXxS"] == 0
        small = row[OUTPUTS["rd"]].sum() < 4000 or row["rd_wv.ol"] == 0
        kind[k] = "a" if nothing else "b" if row["rd_class"] == 2 or k in empty else "c" if small else "e"
        if kind[k] == "e" and mean.loc[k, "rd_totex"] < 50000:
            kind[k] = "d"
    return kind


def _corrected(found, now, score, share):
    ids = found["ids"]
    z = pd.DataFrame({"forest": now.loc[ids, "ldz_forest_mixed_conf"]})
    for name, columns in GROUPS.items():
        block = now.loc[ids, columns]
        standard = (block - block.mean()) / block.std(ddof=1)
        values, vectors = np.linalg.eigh(standard.T @ standard)
        first = vectors[:, values.argmax()]
        z[name] = standard @ (first * np.sign(first[0]))
    xb, Yb = found["xb"].to_numpy(), found["Yb"].to_numpy()
    _, lam = dea(xb, Yb, xb, Yb)
    w = lam * xb
    w = w / w.sum(axis=1, keepdims=True)
    y = now.loc[ids, "ld_bs.correst"].to_numpy()
    difference = z.to_numpy() - w @ z.to_numpy()
    near = _near(np.column_stack([y, difference]))
    b = np.linalg.lstsq(np.column_stack([np.ones(len(ids)), difference])[near], y[near], rcond=None)[0]
    found |= {"z": z, "b": b, "far": [k for k, kept in zip(ids, near, strict=True) if not kept]}
    correction = (z.to_numpy() - share.to_numpy() @ z.to_numpy()) @ b[1:]
    return score - np.clip(correction, -LIMIT, LIMIT)


def _near(rows):
    """Rows near enough to be in the regression: the published search, with distances against a quantile of squares."""
    n, p = rows.shape

    def distance(base):
        away = rows - base.mean(axis=0)
        return np.sqrt(np.einsum("ij,jk,ik->i", away, np.linalg.inv(np.cov(base.T)), away))

    inside = np.argsort(distance(rows))[: 4 * p]
    while True:
        r, h = len(inside), (n + p + 1) // 2
        c = max(0, (h - r) / (h + r)) + 1 + (p + 1) / (n - 1) + 2 / (n - 1 - 3 * p)
        kept = distance(rows[inside]) < c * chi2.ppf(0.85, p)
        if kept.sum() == r:
            return kept
        inside = np.flatnonzero(kept)


def test_classes_are_those_of_the_rule(run, plain):
    names = {"out": "a", "average": "b", "own-history": "c", "own-peer-only": "d", "": "e"}
    for scheme, kinds in plain["classes"].items():
        rows = run.efficiency[run.efficiency["scheme"] == scheme].set_index("unit")["rule"]
        assert {int(unit): names[rule] for unit, rule in rows.items()} == kinds
        assert len(set(kinds.values())) >= 4, scheme  # the data show nearly every class


@pytest.mark.parametrize("scheme", ["ld", "rd"])
def test_scores_and_shares_of_the_norm(run, plain, scheme):
    found, ids = plain[scheme], plain[scheme]["ids"]
    rows = run.efficiency[run.efficiency["scheme"] == scheme].set_index("unit").loc[[str(k) for k in ids]]
    assert rows["score"].to_numpy() == pytest.approx(found["score"].to_numpy(), abs=1e-9)
    assert rows["efficiency"].to_numpy() == pytest.approx(found["final"].to_numpy(), abs=1e-9)
    peers = run.peers[run.peers["scheme"] == scheme]
    shares = peers.pivot_table(index="unit", columns="peer", values="norm_share", aggfunc="sum", fill_value=0.0)
    expected = found["share"].rename(index=str, columns=str)
    shares = shares.reindex(index=expected.index, columns=expected.columns, fill_value=0.0)
    assert np.abs(shares - expected).to_numpy().max() < 1e-9
    assert (rows["score"] > 1).any() or scheme == "rd"  # a company can beat the frontier of means


def test_composites_and_coefficients(run, plain):
    found = plain["ld"]
    b = run.coefficients.set_index("condition")["coefficient"]
    assert b[["constant", "ldz_forest_mixed_conf", "leafinc", "coast", "frost"]].to_numpy() == pytest.approx(
        found["b"], abs=1e-9
    )
    assert found["far"] == [900000 + 17 * 12]
    assert (run.coefficients["rows"] == len(found["ids"]) - 1).all()
    wide = run.composites.pivot(index="unit", columns="composite", values="value").loc[[str(k) for k in found["ids"]]]
    for name in GROUPS:
        assert wide[name].to_numpy() == pytest.approx(found["z"][name].to_numpy(), abs=1e-9)


def test_norms_factors_and_caps(run, plain):
    figures = run.figures.set_index(run.figures["unit"].astype(int))
    for scheme in ("ld", "rd"):
        expected = plain[scheme]["norm"].loc[figures.index]
        assert figures[f"{scheme}_norm"].to_numpy() == pytest.approx(expected.to_numpy(), rel=1e-9, abs=1e-6)
    assert (figures["cost_of_year"] == plain["total"]).all()
    assert figures["factor_2"].to_numpy() == pytest.approx(np.full(len(figures), plain["f2"]), rel=1e-9)
    assert figures["factor_1"].to_numpy() == pytest.approx(np.full(len(figures), plain["f1"]), abs=1e-12)
    assert figures["cap"].to_numpy() == pytest.approx(plain["cap"].loc[figures.index].to_numpy(), rel=1e-9)
    supplement = plain["growth"].loc[figures.index].to_numpy()
    assert figures["growth_supplement"].to_numpy() == pytest.approx(supplement, rel=1e-9)
    assert len(run.checks) >= 1
    assert (run.checks["difference"].abs() <= run.checks["tolerance"]).all()


def test_norms_sum_to_the_cost_bases_they_are_calibrated_to(run, plain):
    for scheme in ("ld", "rd"):
        rows = run.norms[run.norms["scheme"] == scheme].set_index("unit").loc[[str(k) for k in plain[scheme]["ids"]]]
        assert rows["norm"].sum() == pytest.approx(rows["cost"].sum(), rel=1e-12)
        assert rows["uncalibrated_norm"].sum() < rows["norm"].sum()


def test_a_company_without_a_drawn_score_is_named(table, tmp_path):
    gone = table.copy()
    gone.loc[gone["orgn"] == 900017, "ld_bs.correst"] = 0
    gone.to_csv(tmp_path / "f.csv", index=False, sep=";", decimal=",")
    with pytest.raises(DataError, match="has none for a unit") as caught:
        run_file("nve-yardstick", tmp_path / "f.csv")
    assert [issue.unit for issue in caught.value.issues] == ["900017"]


def test_an_empty_cell_is_zero_where_the_model_says_so(table, tmp_path):
    """Missing cost is none: the same run as with the zeros written out, and a warning that counts them."""
    text = table.astype(object)
    text.loc[text["ld_impl"] == 0, "ld_impl"] = ""
    text.to_csv(tmp_path / "tom.csv", index=False, sep=";", decimal=",")
    table.to_csv(tmp_path / "full.csv", index=False, sep=";", decimal=",")
    blank, full = (run_file("nve-yardstick", tmp_path / name) for name in ("tom.csv", "full.csv"))
    pd.testing.assert_frame_equal(blank.figures, full.figures)
    assert "empty-as-zero" in {issue.rule for issue in blank.warnings}


def test_later_rows_and_rows_before_the_window_change_nothing(table, run, tmp_path):
    more = pd.concat([table, table[table["y"] == 2024].assign(y=2025), table[table["y"] == 2020].assign(y=2019)])
    more.loc[more["y"].isin((2019, 2025)), "ld_OPEXxS"] *= 3
    more.to_csv(tmp_path / "f.csv", index=False, sep=";", decimal=",")
    rules = bench.load_model("nve-yardstick").with_values({"decision.cost_year": 2024})
    again = run_file(rules, tmp_path / "f.csv")
    pd.testing.assert_frame_equal(again.figures, run.figures)


def test_the_regulators_own_form_is_read_as_it_is(table, plain, tmp_path):
    """A numbered first column, names, columns nobody asks for, rows in any order, conditions, prices, classes and drawn
    scores in the row of the cost year only, a company that is gone by then."""
    form = table.copy()
    form.insert(2, "comp", [f"NETT {unit} AS" for unit in form["orgn"]])
    form["ld_elhub"] = form["ld_hvoh"] = np.arange(len(form))
    once = [c for c in form.columns if c.startswith("ldz_") or c in ("pnl.rc", "ap.t_2", "ld_class", "ld_bs.correst")]
    form.loc[form["y"] != 2024, once] = np.nan
    gone = form[(form["orgn"] == 900034) & (form["y"] < 2023)].assign(orgn=999999, comp="NETT BORTE AS")
    pd.concat([form, gone]).sample(frac=1.0, random_state=1).to_csv(tmp_path / "grunnlagsdata.csv")
    figures = run_file("nve-yardstick", tmp_path / "grunnlagsdata.csv").figures.set_index("unit")
    figures.index = figures.index.astype(int)
    assert set(figures.index) == set(plain["cap"].index)
    assert figures["cap"].to_numpy() == pytest.approx(plain["cap"].loc[figures.index].to_numpy(), rel=1e-9)


def test_parameters_of_a_decision_are_set_by_year(table, run, tmp_path):
    """The dated numbers of the cap year from the command line: own capital earns the stated rate, no more moves."""
    table.to_csv(tmp_path / "f.csv", index=False)
    line = (
        "parameter.wacc=[{ from = 2024-01-01, value = 0.0745 }, { from = 2025-01-01, value = 0.0731 }, "
        "{ from = 2026-01-01, value = 0.0922 }]"
    )
    assert line in README.read_text(encoding="utf-8")
    out = tmp_path / "ut"
    done = CliRunner().invoke(main, ["run", "nve-yardstick", str(tmp_path / "f.csv"), "--out", str(out), "--set", line])
    assert done.exit_code == 0, done.output
    moved = pd.read_csv(out / "tabeller" / "figures.csv", sep=";", decimal=",").set_index("unit")
    before = run.figures.set_index(run.figures["unit"].astype(int)).loc[moved.index]
    # Tables state twelve digits, so a difference of two costs is known to that share of the costs.
    stated = 1e-11 * float(moved["cost"].abs().max())
    assert (moved["cost"] - before["cost"]).to_numpy() == pytest.approx(0.02 * before["rab_own"].to_numpy(), abs=stated)


def test_an_outsiders_file_says_the_same_by_other_names(table, run, tmp_path):
    """Companies renamed, rows and columns in another order, columns that are not read, decimal comma, cp1252."""
    rng = np.random.default_rng(9)
    names = {orgn: f"Nettselskap Ø{k}" for k, orgn in enumerate(table["orgn"].unique())}
    other = table.assign(orgn=table["orgn"].map(names), merknad="godkjent", ukjent=1.5)
    other = other.sample(frac=1.0, random_state=3)[list(rng.permutation(other.columns))]
    other.to_csv(tmp_path / "andre.csv", index=False, sep=";", decimal=",", encoding="cp1252")
    found = run_file("nve-yardstick", tmp_path / "andre.csv").figures.set_index("unit")
    known = run.figures.assign(unit=[names[type(table["orgn"].iloc[0])(u)] for u in run.figures["unit"]])
    known = known.set_index("unit")
    assert set(found.index) == set(known.index)
    assert found.loc[known.index, "cap"].to_numpy() == pytest.approx(known["cap"].to_numpy(), rel=1e-9)


def test_a_wrong_cell_is_named_by_its_place_in_the_file_where_others_are_empty(table, tmp_path):
    """Empty cells that count as zero take no other cell's address away."""
    text = table.astype(object)
    text.iloc[3, text.columns.get_loc("ld_impl")] = ""
    text.iloc[7, text.columns.get_loc("rd_OPEXxS")] = "ukjent"
    text.to_csv(tmp_path / "feil.csv", index=False, sep=";", decimal=",")
    with pytest.raises(DataError) as caught:
        run_file("nve-yardstick", tmp_path / "feil.csv")
    (issue,) = [one for one in caught.value.issues if one.severity == "error"]
    assert (issue.rule, issue.file, issue.column, issue.value) == ("missing-value", "feil.csv", "rd_OPEXxS", "ukjent")
    number = text.columns.get_loc("rd_OPEXxS")
    letters = (chr(64 + number // 26) if number >= 26 else "") + chr(65 + number % 26)
    assert issue.cell == f"{letters}9"


def test_another_cap_year_is_the_same_decision_three_years_later(table, run, tmp_path):
    """Years of the file and of every dated parameter moved by three: the caps of 2029 are those of 2026."""
    table.assign(y=table["y"] + 3).to_csv(tmp_path / "senere.csv", index=False)
    rules = bench.load_model("nve-yardstick")
    later = {
        f"parameter.{name}": [{"from": date(year + 3, 1, 1), "value": value} for year, value in _by_year(name)]
        for name in ("wacc", "labour", "cpi")
    }
    again = run_file(rules.with_values(later), tmp_path / "senere.csv").figures
    assert set(again["year"]) == set(run.figures["year"] + 3)
    both = again.assign(year=again["year"] - 3, unit=again["unit"].astype(str))
    pd.testing.assert_frame_equal(both, run.figures.assign(unit=run.figures["unit"].astype(str)), check_dtype=False)


def test_the_growth_supplement_by_hand(table, tmp_path):
    """Two companies grow, one shrinks in all and one grows in one group while it shrinks more in another.

    5 000/0.7 is shared by 10 households (152) and 2 manufacturers (1 803.8); the maximum is on the company's sum.
    """
    groups = [f"ld_customers_{k}" for k in range(1, 7)]
    file = table.copy()
    file[groups] = 100
    one, two, less, mixed = file["orgn"].unique()[:4]
    now = file["y"] == 2024
    file.loc[now & (file["orgn"] == one), "ld_customers_2"] = 110
    file.loc[now & (file["orgn"] == two), "ld_customers_6"] = 102
    file.loc[now & (file["orgn"] == less), "ld_customers_1"] = 50
    file.loc[now & (file["orgn"] == mixed), ["ld_customers_1", "ld_customers_6"]] = [120, 99]
    file.to_csv(tmp_path / "vekst.csv", index=False)
    found = run_file("nve-yardstick", tmp_path / "vekst.csv").figures.set_index("unit")["growth_supplement"]
    found.index = found.index.astype(int)
    whole = 10 * 15.2 + 2 * 901.9
    assert found[one] == pytest.approx(5000 / 0.7 * 152.0 / whole, rel=1e-12)
    assert found[two] == pytest.approx(5000 / 0.7 * 1803.8 / whole, rel=1e-12)
    assert (found.drop([one, two]) == 0.0).all()
    assert found.sum() == pytest.approx(5000 / 0.7, rel=1e-12)
