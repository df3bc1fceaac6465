"""Makes `data.csv` and `dataset.toml`: forty made-up network companies over five years, in kNOK.

Run from the folder: `python make_data.py`. The figures have the form of the Norwegian regulator's file and are
nobody's. Cost follows outputs with a known efficiency and conditions that make networks dearer, so that the correction
has something to find. The drawn scores are those of the model itself, so that a run of it need not draw again.
"""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

import numpy as np

from bench.pipeline import run_file

SEED = 20261
COMPANIES = 40
YEARS = (2020, 2021, 2022, 2023, 2024)
HERE = Path(__file__).resolve().parent
#: Column of drawn scores.
DRAWN = "ld_bs.correst"
#: Shares of the six customer groups.
GROUPS = (0.14, 0.74, 0.08, 0.03, 0.0005, 0.0095)

#: Columns after company and year: measure, bokmål, English.
COLUMNS = {
    "ld_OPEXxS": ("kNOK", "Lokalt nett: andre driftskostnader", "Local: other operating cost"),
    "ld_sal": ("kNOK", "Lokalt nett: lønn", "Local: wages"),
    "ld_sal.cap": ("kNOK", "Lokalt nett: aktivert lønn", "Local: capitalised wages"),
    "ld_pens": ("kNOK", "Lokalt nett: pensjonskostnad", "Local: pension cost"),
    "ld_pens.eq": ("kNOK", "Lokalt nett: pensjon ført mot egenkapital", "Local: pensions booked over equity"),
    "ld_impl": ("kNOK", "Lokalt nett: implementeringseffekt", "Local: implementation effect"),
    "ld_391": ("kNOK", "Lokalt nett: internt arbeid (konto 391)", "Local: internal work (account 391)"),
    "ld_cens": ("kNOK", "Lokalt nett: kvalitetskostnad (KILE)", "Local: quality cost"),
    "ld_bv.sf": ("kNOK", "Lokalt nett: bokført verdi, egenfinansiert", "Local: book value, own-financed"),
    "ld_bv.gf": ("kNOK", "Lokalt nett: bokført verdi, kundefinansiert", "Local: book value, customer-financed"),
    "ld_dep.sf": ("kNOK", "Lokalt nett: avskrivning, egenfinansiert", "Local: depreciation, own-financed"),
    "ld_dep.gf": ("kNOK", "Lokalt nett: avskrivning, kundefinansiert", "Local: depreciation, customer-financed"),
    "ld_nl": ("MWh", "Lokalt nett: nettap", "Local: losses"),
    "ld_sub": ("kunder", "Lokalt nett: kunder", "Local: customers"),
    "ld_hv": ("km", "Lokalt nett: høyspentnett", "Local: high-voltage network"),
    "ld_ss": ("stasjoner", "Lokalt nett: nettstasjoner", "Local: substations"),
    "rd_OPEXxS": ("kNOK", "Regionalt nett: andre driftskostnader", "Regional: other operating cost"),
    "rd_sal": ("kNOK", "Regionalt nett: lønn", "Regional: wages"),
    "rd_sal.cap": ("kNOK", "Regionalt nett: aktivert lønn", "Regional: capitalised wages"),
    "rd_pens": ("kNOK", "Regionalt nett: pensjonskostnad", "Regional: pension cost"),
    "rd_pens.eq": ("kNOK", "Regionalt nett: pensjon ført mot egenkapital", "Regional: pensions booked over equity"),
    "rd_impl": ("kNOK", "Regionalt nett: implementeringseffekt", "Regional: implementation effect"),
    "rd_391": ("kNOK", "Regionalt nett: internt arbeid (konto 391)", "Regional: internal work (account 391)"),
    "rd_cga": ("kNOK", "Regionalt nett: utredning og koordinering", "Regional: planning and coordination cost"),
    "rd_cens": ("kNOK", "Regionalt nett: kvalitetskostnad (KILE)", "Regional: quality cost"),
    "rd_bv.sf": ("kNOK", "Regionalt nett: bokført verdi, egenfinansiert", "Regional: book value, own-financed"),
    "rd_bv.gf": ("kNOK", "Regionalt nett: bokført verdi, kundefinansiert", "Regional: book value, customer-financed"),
    "rd_dep.sf": ("kNOK", "Regionalt nett: avskrivning, egenfinansiert", "Regional: depreciation, own-financed"),
    "rd_dep.gf": ("kNOK", "Regionalt nett: avskrivning, kundefinansiert", "Regional: depreciation, customer-financed"),
    "rd_nl": ("MWh", "Regionalt nett: nettap", "Regional: losses"),
    "rd_wv.ol": ("vektet", "Regionalt nett: luftlinjer", "Regional: overhead lines, weighted"),
    "rd_wv.uc": ("vektet", "Regionalt nett: jordkabler", "Regional: underground cables, weighted"),
    "rd_wv.sc": ("vektet", "Regionalt nett: sjøkabler", "Regional: sea cables, weighted"),
    "rd_wv.ss": ("vektet", "Regionalt nett: stasjoner", "Regional: stations, weighted"),
    "t_OPEXxS": ("kNOK", "Transmisjon: andre driftskostnader", "Transmission: other operating cost"),
    "t_sal": ("kNOK", "Transmisjon: lønn", "Transmission: wages"),
    "t_sal.cap": ("kNOK", "Transmisjon: aktivert lønn", "Transmission: capitalised wages"),
    "t_pens": ("kNOK", "Transmisjon: pensjonskostnad", "Transmission: pension cost"),
    "t_pens.eq": ("kNOK", "Transmisjon: pensjon ført mot egenkapital", "Transmission: pensions booked over equity"),
    "t_impl": ("kNOK", "Transmisjon: implementeringseffekt", "Transmission: implementation effect"),
    "t_391": ("kNOK", "Transmisjon: internt arbeid (konto 391)", "Transmission: internal work (account 391)"),
    "t_cens": ("kNOK", "Transmisjon: kvalitetskostnad (KILE)", "Transmission: quality cost"),
    "t_bv.sf": ("kNOK", "Transmisjon: bokført verdi, egenfinansiert", "Transmission: book value, own-financed"),
    "t_dep.sf": ("kNOK", "Transmisjon: avskrivning, egenfinansiert", "Transmission: depreciation, own-financed"),
    "pnl.rc": ("NOK/kWh", "Tapspris i rammeåret", "Price of losses in the cap year"),
    "ap.t_2": ("NOK/kWh", "Tapspris brukt to år før", "Price of losses used two years ago"),
    "ldz_forest_mixed_conf": ("andel", "Bland- og barskog", "Mixed and coniferous forest"),
    "ldz_incline": ("grader", "Helning", "Incline"),
    "ldz_prod": ("indeks", "Skog med høy bonitet", "Forest of high yield"),
    "ldz_snow_trees": ("mm", "Snø på trær", "Snow on trees"),
    "ldz_forest_broadleaf": ("andel", "Løvskog", "Broadleaf forest"),
    "ldz_salt": ("indeks", "Saltpåvirkning", "Salt"),
    "ldz_coast_wind": ("m/s", "Vind langs kysten", "Wind on the coast"),
    "ldz_water": ("andel", "Vann", "Water"),
    "ldz_snowdrift": ("indeks", "Snødrev", "Snowdrift"),
    "ldz_snow_400": ("mm", "Snø over 400 mm", "Snow above 400 mm"),
    "ldz_wind_99": ("m/s", "Vind, 99-prosentil", "Wind, 99th percentile"),
    "ldz_frosthours": ("timer", "Frosttimer", "Hours of frost"),
    "ld_class": (
        "kode",
        "Klasse: 0 etter regelen, 1 uten ramme, 2 snitt, 3 egen historie, 4 bare eget mønster",
        "Class: 0 by the rule, 1 no cap, 2 average, 3 own history, 4 own peer only",
    ),
    "rd_class": ("kode", "Klasse i regionalt nett, som ld_class", "Class in regional distribution, as ld_class"),
    "ld_customers_1": ("kunder", "Kunder: fritidsboliger", "Customers: leisure homes"),
    "ld_customers_2": ("kunder", "Kunder: husholdninger", "Customers: households"),
    "ld_customers_3": ("kunder", "Kunder: jordbruk, bygg og tjenester", "Customers: farming, building and services"),
    "ld_customers_4": ("kunder", "Kunder: forsyning, transport, handel", "Customers: utilities, transport, retail"),
    "ld_customers_5": ("kunder", "Kunder: bergverk", "Customers: mining"),
    "ld_customers_6": ("kunder", "Kunder: industri", "Customers: manufacturing"),
    DRAWN: (
        "andel",
        "Effektivitet korrigert for skjevhet, trukket før; 0 utenfor DEA",
        "Efficiency corrected for bias, drawn earlier; 0 outside DEA",
    ),
}  # fmt: skip


def companies(rng: np.random.Generator) -> list[dict[str, float]]:
    """Rows of every company and year."""
    size = np.exp(rng.uniform(np.log(1500.0), np.log(120000.0), COMPANIES))
    size[0] = 310.0  # measured by its own history
    wooded, coast, cold = (rng.uniform(0.0, 1.0, COMPANIES) for _ in range(3))
    waste = 1.0 + rng.gamma(1.6, 0.11, COMPANIES)
    regional = rng.uniform(0.0, 1.0, COMPANIES) < 0.7
    regional[:3] = (False, True, True)
    rows = []
    for k in range(COMPANIES):
        density = rng.uniform(0.04, 0.11)
        lines = rng.uniform(2500.0, 24000.0) if k > 2 else (0.0, 2600.0, 14000.0)[k]
        z = conditions(rng, wooded[k], coast[k], cold[k])
        prices = {"pnl.rc": round(0.58 + 0.2 * rng.random(), 5), "ap.t_2": round(0.42 + 0.2 * rng.random(), 5)}
        for t, year in enumerate(YEARS):
            growth = 1.011**t
            sub, hv, ss = size[k] * growth, size[k] * density, size[k] * density * rng.uniform(0.62, 0.68)
            need = (2.0 * sub + 42.0 * hv + 28.0 * ss) * (1.0 + 0.22 * wooded[k] + 0.12 * coast[k] + 0.10 * cold[k])
            row = {"orgn": 900000 + 17 * k, "y": year}
            row |= task("ld", rng, need * waste[k] * 1.045**t * rng.uniform(0.96, 1.05))
            row |= {"ld_nl": 0.055 * sub * 18 * rng.uniform(0.95, 1.05), "ld_sub": sub, "ld_hv": hv, "ld_ss": ss}
            wv = lines * np.array([1.0, 0.12, 0.05 * (k % 3 == 0), 0.9]) * growth if regional[k] else np.zeros(4)
            row |= task("rd", rng, wv.sum() * 2.9 * waste[(k + 7) % COMPANIES] * 1.04**t * rng.uniform(0.96, 1.05))
            row["rd_cga"] = 0.02 * row["rd_OPEXxS"]
            row |= {"rd_nl": 0.9 * wv.sum() * rng.uniform(0.95, 1.05)}
            row |= dict(zip(("rd_wv.ol", "rd_wv.uc", "rd_wv.sc", "rd_wv.ss"), wv, strict=True))
            sent = task("t", rng, 21000.0 * 1.04**t if k == 5 else 0.0)
            row |= {name: value for name, value in sent.items() if not name.endswith(".gf")}
            row |= prices | z
            row |= {"ld_class": 2.0 * (k == 9), "rd_class": 0.0}
            row |= {f"ld_customers_{group}": share * sub for group, share in enumerate(GROUPS, 1)}
            rows.append(row)
    return rows


def task(prefix: str, rng: np.random.Generator, cost: float) -> dict[str, float]:
    """Split a task's yearly cost into the items of the accounts."""
    wages = 0.22 * cost
    return {
        f"{prefix}_OPEXxS": 0.30 * cost,
        f"{prefix}_sal": wages,
        f"{prefix}_sal.cap": 0.18 * wages,
        f"{prefix}_pens": wages * rng.uniform(0.05, 0.14),
        f"{prefix}_pens.eq": wages * rng.uniform(-0.06, 0.06),
        f"{prefix}_impl": 0.0,
        f"{prefix}_391": 0.03 * wages,
        f"{prefix}_cens": cost * rng.uniform(0.02, 0.07),
        f"{prefix}_bv.sf": 2.9 * cost,
        f"{prefix}_bv.gf": 0.32 * cost,
        f"{prefix}_dep.sf": 0.115 * cost,
        f"{prefix}_dep.gf": 0.012 * cost,
    }


def conditions(rng: np.random.Generator, wooded: float, coast: float, cold: float) -> dict[str, float]:
    """Conditions of one company: one value for all years, noisy measures of what makes a network dear."""

    def near(value: float, scale: float) -> float:
        return round(scale * max(value + 0.15 * rng.normal(), 0.0), 4)

    return {
        "ldz_forest_mixed_conf": near(wooded, 0.6),
        "ldz_incline": near(0.5 * wooded + 0.3 * cold, 22.0),
        "ldz_prod": near(wooded, 0.4),
        "ldz_snow_trees": near(0.6 * wooded + 0.4 * cold, 310.0),
        "ldz_forest_broadleaf": near(wooded, 0.3),
        "ldz_salt": near(coast, 1.0),
        "ldz_coast_wind": near(coast, 9.0),
        "ldz_water": near(coast, 0.3),
        "ldz_snowdrift": near(cold, 40.0),
        "ldz_snow_400": near(cold, 600.0),
        "ldz_wind_99": near(cold, 24.0),
        "ldz_frosthours": near(cold, 2100.0),
    }


def cell(name: str, value: float) -> str:
    """Number with decimal comma; whole numbers for money, volumes and codes."""
    if name in ("pnl.rc", "ap.t_2", DRAWN) or name.startswith("ldz_"):
        return f"{value:.9f}".rstrip("0").rstrip(".").replace(".", ",")
    return str(round(value))


def written(rows: list[dict[str, float]], names: list[str]) -> bytes:
    """Rows as the bytes of a text file."""
    lines = [";".join(names)] + [";".join(cell(name, row.get(name, 0.0)) for name in names) for row in rows]
    return ("\n".join(lines) + "\n").encode()


def drawn(data: bytes) -> dict[float, float]:
    """Bias-corrected score of every company in the local frontier, drawn by the model's own rule."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "companies.csv"
        path.write_bytes(data)
        found = run_file("nve-yardstick", path).inference
    return {float(unit): score for unit, score in zip(found["unit"], found["corrected"], strict=True) if score > 0}


def main() -> None:
    """Write both files."""
    rows = companies(np.random.default_rng(SEED))
    names = ["orgn", "y", *COLUMNS]
    scores = drawn(written(rows, [name for name in names if name != DRAWN]))
    for row in rows:
        row[DRAWN] = scores.get(row["orgn"], 0.0)
    data = written(rows, names)
    (HERE / "data.csv").write_bytes(data)
    text = (HERE / "about.toml").read_text(encoding="utf-8")
    text += f'\n[table.data]\nfile = "data.csv"\nsha256 = "{hashlib.sha256(data).hexdigest()}"\ncolumn = [\n'
    labels = {"orgn": ("label", "Selskap", "Company"), "y": ("label", "År", "Year")}
    for name, (measure, nb, en) in (labels | COLUMNS).items():
        text += f'  {{ name = "{name}", measure = "{measure}", description = {{ nb = "{nb}", en = "{en}" }} }},\n'
    (HERE / "dataset.toml").write_text(text + "]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
