"""Every key a model file may state does something: it is read by the engine, or told in the report.

The test plays the bundled models, their cases and some rare choices, and notes which fields of which sections are read
by code that computes or writes. Reading by what treats all keys alike (walking, listing, validating) does not count.
"""

from __future__ import annotations

import sys
import typing
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

import bench
from bench.modelfile import load_model, parse_model
from bench.modelfile.base import Section, Text
from bench.modelfile.model import Model
from bench.modelfile.values import Dated, Entry
from bench.stykkpris import run_cases

MODELS = sorted(path.stem for path in (Path(__file__).resolve().parents[2] / "models").glob("*.toml"))

#: Modules and functions that treat every key alike.
ALIKE = ("bench.modelfile.keys", "bench.modelfile.checks", "bench.modelfile.base", "bench.modelfile.texts.diff")
LISTING = ("frontier_for", "known_keys", "_rows")

#: Keys that are words for readers, not rules; the second test finds them where readers are.
TOLD = {
    ("Meta", "title"),
    ("Scheme", "label"),
    ("Service", "label"),
    ("Meta", "description"),
    ("Meta", "sources"),
    ("Rounding", "reference"),
    ("Exemption", "reason"),
    ("Reference", "reason"),
    ("Adjustment", "reason"),
    ("Dispensation", "reason"),
    ("PriceClass", "reason"),
    ("Component", "name"),
    ("Receipt", "name"),
    ("Alternative", "title"),
    ("Case", "title"),
}
#: Names of further tables, read all at once; and the last year values must be in force, which is a check in itself.
ELSEWHERE = {
    ("Tables", "budget"),
    ("Tables", "months"),
    ("Tables", "index"),
    ("Tables", "truth"),
    ("Meta", "last_year"),
}

RARE = """
[meta]
name = "rare"
title = { nb = "Sjelden", en = "Rare" }
description = { nb = "Et eksempel på sjeldne valg", en = "An example of rare choices" }
sources = ["rare.txt"]
[data]
id = "unit"
period = "year"
cost = "cost"
[frontier]
method = ["dea", "sfa"]
rts = "vrs"
combine = "mean"
super_efficiency = true
periods = "window"
window = 2
[[frontier.screen]]
test = "iqr"
factor = 0.2
action = "remove"
repeat = false
efficient_score = 1.0
inefficient = "own"
[[frontier.screen]]
test = "cook"
limit = 9.0
[[adjustment]]
line = "vat"
where = "cost > 0"
units = ["U01"]
rate = { value = 0.02, source = "made up" }
reason = "value added tax"
[[adjustment]]
line = "overhead"
units = ["U02"]
amount = { value = 1.0, source = "made up" }
reason = "central services"
[over_recording]
share = 0.01
[publication]
step = 0.1
protection = 0.1
[norm]
source = "frontier"
calibrate = "budget"
total = 60000.0
[benchmark]
total = "budget"
amount = 50000.0
[requirement]
first_year = 2026
years = 2
[[requirement.exemption]]
unit = "U01"
reason = "moved house"
from = 2026-01-01
to = 2026-12-31
[indexation]
source = "wage-price"
wage = 0.03
price = 0.02
wage_share = 0.6
final = 0.03
correct = true
[rounding]
reference = "the council's rule"
[report]
small_counts = 2
counts = ["v_decided"]
[[scheme]]
id = "s"
label = { nb = "S", en = "S" }
[scheme.price]
own_excluded = true
calibrate = true
frontier_share = 0.1
frontier_reference = "norm"
accounts = "estimate"
estimate_column = "guess"
true_up = true
true_up_interest = 0.01
reserves = "outside"
reserve_column = "spent"
[[scheme.price.class]]
name = "private"
units = ["U02"]
factor = 1.03
reason = { nb = "moms", en = "value added tax" }
[[scheme.service]]
id = "v"
label = { nb = "V", en = "V" }
measure = { nb = "time", en = "hour" }
weight = 1.0
allocated = "v_decided"
[[scheme.mix.component]]
name = { nb = "Husleie", en = "Rent" }
column = "rent"
treatment = "refund"
[scheme.settlement]
keep_surplus = 1.0
carry_deficit = 1.0
cap = 0.2
[[scheme.settlement.dispensation]]
unit = "U03"
share = 0.5
payer = "council"
reason = "the flood"
from = 2024-01-01
"""

#: A chain of variants with screens, rules, a limit on values, intervals and identities.
CHAIN = """
[meta]
name = "chain"
title = { nb = "Kjede", en = "Chain" }
stage = "norms"
[data]
id = "unit"
period = "year"
cost = "cost"
[decision]
cost_year = 2025
lag = 1
window = 3
[parameter]
rho = 0.6
[[figure]]
id = "cap"
formula = "(1 - rho) * cost + rho * norm(\\"s\\")"
label = { nb = "Ramme", en = "Cap" }
after_norms = true
show = true
[[identity]]
name = "caps are paid"
left = "total(cap)"
right = "total((1 - rho) * cost) + rho * total(norm(\\"s\\"))"
tolerance = 1e-9
[frontier]
rts = "crs"
periods = "separate"
combine = "mean"
bgh = true
super_efficiency = true
[[frontier.variant]]
id = "a"
method = "dea"
inputs = ["cost"]
outputs = { v = ["v"] }
weight = 2.0
[[frontier.variant]]
id = "b"
method = "dea"
rts = "crs"
[[frontier.variant.restriction]]
of = "v"
per = "w"
low = 0.1
high = 9.0
reason = "an hour is worth more than a tenth of the other"
[[frontier.variant]]
id = "c"
method = "cols"
kind = "cost"
form = "cobb-douglas"
[[analysis]]
id = "cross"
method = "directional"
title = { nb = "Avstander", en = "Distances" }
schemes = ["s"]
periods = "separate"
direction = "inputs"
[[analysis]]
id = "least-squares"
method = "cols"
kind = "cost"
[[analysis]]
id = "out"
method = "super-efficiency"
orientation = "input"
[[frontier.screen]]
test = "dominance"
level = 0.05
action = "report"
[[frontier.screen]]
test = "iqr"
factor = 1.5
action = "report"
repeat = true
[[frontier.screen]]
test = "order-m"
threshold = 0.3
[[frontier.screen]]
test = "wilson"
deletions = 1
[[frontier.unit_rule]]
kind = "average"
units = ["U02"]
reason = "moved house"
source = "made up"
from = 2025-01-01
to = 2025-12-31
[frontier.inference]
replicates = 100
ranks = true
requirement = 0.9
[frontier.bonus]
limit = 0.05
variants = ["a"]
[norm]
source = "frontier"
calibrate = "cost"
key = "cost"
[[scheme]]
id = "s"
label = { nb = "S", en = "S" }
[[scheme.service]]
id = "v"
label = { nb = "V", en = "V" }
measure = { nb = "time", en = "hour" }
allocated = "v_decided"
[[scheme.service]]
id = "w"
label = { nb = "W", en = "W" }
measure = { nb = "time", en = "hour" }
allocated = "guess"
"""

#: Who may be a peer: fixed years, named units, a formula and a gate of quality, at which the requirement rests too.
REFERENCE = """
[frontier.reference]
years = [2023, 2024]
units = ["U01", "U02", "U03", "U04", "U05"]
where = "cost > 0"
reason = "fixed for the period"
[quality]
column = "rent"
better = "lower"
floor = 30.0
rest = true
fall = 0.1
[requirement]
first_year = 2026
years = 2
"""

#: Two schemes without a scheme column, one with a price per service.
TWO = """
[meta]
name = "two"
title = { nb = "To", en = "Two" }
[data]
id = "unit"
period = "year"
cost = "cost"
[[scheme]]
id = "a"
label = { nb = "A", en = "A" }
units = ["U01"]
[scheme.price]
update = "cost-keys"
[[scheme.service]]
id = "v_decided"
label = { nb = "V", en = "V" }
measure = { nb = "time", en = "hour" }
cost_key = 1.0
[scheme.settlement]
keep_surplus = 1.0
carry_deficit = 1.0
[[scheme]]
id = "b"
label = { nb = "B", en = "B" }
units = ["U02"]
[scheme.price]
source = "none"
[scheme.block]
kind = "lump-sum"
total = 1000.0
indexed_from = 2023
[scheme.settlement]
keep_surplus = 1.0
carry_deficit = 1.0
[indexation]
deflator = 0.0
"""


def sections(kind: type[Section] = Model, seen: set[type[Section]] | None = None) -> set[type[Section]]:
    """Every section a model file can have."""
    seen = set() if seen is None else seen
    if kind not in seen:
        seen.add(kind)
        for info in kind.model_fields.values():
            for inner in _inside(info.annotation):
                sections(inner, seen)
    return seen


def _inside(annotation: object) -> Iterator[type[Section]]:
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from _inside(argument)


def _own_fields(kind: type[Section]) -> set[str]:
    return {name for name in kind.model_fields if name in kind.__annotations__}


def _reader() -> tuple[str, str]:
    """Module and function that reads a field, outside comprehensions and this test."""
    frame = sys._getframe(2)
    while frame.f_code.co_name.startswith("<") and frame.f_back is not None:
        frame = frame.f_back
    return str(frame.f_globals.get("__name__", "")), frame.f_code.co_name


@pytest.fixture(scope="module")
def used() -> Iterator[set[tuple[str, str]]]:
    """Fields that are read while the models run, as (section, key)."""
    found: set[tuple[str, str]] = set()
    owner = {
        (kind, name): next(base.__name__ for base in kind.__mro__ if name in getattr(base, "__annotations__", {}))
        for kind in sections()
        for name in kind.model_fields
    }
    plain = Section.__getattribute__

    def watching(self: Section, name: str) -> object:
        key = (type(self), name)
        if key in owner:
            module, function = _reader()
            inside = module.startswith("bench.modelfile")
            skipped = module.startswith(ALIKE) or function in LISTING or (inside and function.startswith("_"))
            if module.startswith("bench.") and not skipped:
                found.add((owner[key], name))
        return plain(self, name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Section, "__getattribute__", watching)
        _play()
        yield found


def _full_cost() -> Model:
    """A scheme whose price is worked out from a post's cost and hours."""
    text = (
        RARE[: RARE.index("[data]")]
        + """
[data]
id = "unit"
period = "year"
cost = "cost"
[indexation]
deflator = 0.0
[[scheme]]
id = "s"
label = { nb = "S", en = "S" }
[scheme.price]
source = "full-cost"
[scheme.settlement]
keep_surplus = 1.0
carry_deficit = 1.0
[[scheme.service]]
id = "v_decided"
label = { nb = "V", en = "V" }
measure = { nb = "v", en = "v" }
full_cost = { wages = 500.0, hours = 1800.0, user_time = 0.6 }
"""
    )
    return parse_model(text, "full.toml")


def _play() -> None:
    for name in MODELS:
        run_cases(load_model(name))
    for name in ("kristiansand", "bodo-dea", "moss", "hamar", "sio-a-rates", "self-cost", "drammen", "cost-refund"):
        bench.run(load_model(name))
    load_model("resource-intensive").with_alternative("vestvagoy")
    bench.run(parse_model(RARE, "rare.toml"), _units())
    bench.run(parse_model(TWO, "two.toml"), _units(2))
    saved = bench.run(parse_model(CHAIN, "chain.toml"), _units())
    list(saved.files("nb"))
    bench.run(_with_reference(), _units())
    bench.run(_full_cost(), _units())
    cook = '[[frontier.screen]]\ntest = "cook"\nlimit = 9.0\n[frontier.inference]\nreplicates = 100\nranks = true\n'
    bench.run(parse_model(RARE.replace("[norm]", f"{cook}[norm]", 1), "screened.toml"), _units())
    drawing = {"replicates": 100, "column": "a column the table has not"}
    drawing = {f"frontier.by_scheme.ld.inference.{key}": value for key, value in drawing.items()}
    bench.run(load_model("nve-yardstick").with_values(drawing))
    choice = load_model("user-choice")
    bench.simulate(choice, years=range(2025, 2027), seed=1, draws=2)
    bench.compare(["stavanger"], years=range(2006, 2008), draws=2)


def _with_reference() -> Model:
    """The chain by one method, with peers of fixed years."""
    text = CHAIN[: CHAIN.index("[[frontier.variant]]")] + CHAIN[CHAIN.index("[norm]") :]
    return parse_model(text.replace('periods = "separate"', 'method = "dea"') + REFERENCE, "reference.toml")


def _units(count: int = 12) -> bench.Units:
    rows = [
        {
            "unit": f"U{k:02d}",
            "year": year,
            "cost": 1000.0 + 37 * k + 11 * (k % 3) * (year - 2022),
            "v_decided": 90.0 + k,
        }
        | {"guess": 1000.0 + 36 * k, "spent": 5.0, "rent": 20.0}
        for k in range(1, count + 1)
        for year in (2023, 2024, 2025)
    ]
    return bench.Units.from_frame(
        pd.DataFrame(rows),
        id="unit",
        period="year",
        inputs=["cost"],
        outputs=["v_decided"],
        extra=["guess", "spent", "rent"],
    )


def test_every_key_is_read_by_something_that_acts_on_it(used):
    texts = (Text, Dated, Entry)
    every = {(kind.__name__, name) for kind in sections() if not issubclass(kind, texts) for name in _own_fields(kind)}
    assert {key for key in every if key not in ELSEWHERE} - used - TOLD == set()


def test_the_watch_would_see_a_key_nobody_reads(used):
    """A key that is only listed (here: those that are words) is not seen as used."""
    assert used
    assert ("Exemption", "reason") not in used
    assert ("Frontier", "kind") in used


def test_words_for_readers_reach_them(tmp_path):
    run = bench.run(parse_model(RARE, "rare.toml"), _units())
    run.save(tmp_path / "out", language="en")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    for words in (
        "Rare",
        "An example of rare choices",
        "rare.txt",
        "the council&#39;s rule",
        "moved house",
        "the flood",
        "value added tax",
    ):
        assert words in page, words
    run = bench.run(_with_reference(), _units())
    run.save(tmp_path / "reference", language="en")
    assert "fixed for the period" in (tmp_path / "reference" / "report.html").read_text(encoding="utf-8")
