"""What a model file may not say: refused with file, key and line."""

from __future__ import annotations

import copy
import json
import tomllib
from datetime import date
from pathlib import Path

import pytest

import bench
from bench.errors import ModelError, ResourceError
from bench.modelfile import Dated, diff, json_schema, load_model, parse_model
from bench.modelfile.lines import key_lines
from bench.modelfile.model import build

MODELS = Path(__file__).resolve().parents[2] / "models"
TEXT = (MODELS / "kristiansand.toml").read_text(encoding="utf-8")


def line_of(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if part in line)


def refused(old: str, new: str) -> tuple[ModelError, str]:
    assert old in TEXT
    text = TEXT.replace(old, new, 1)
    with pytest.raises(ModelError) as caught:
        parse_model(text, "k.toml")
    assert caught.value.file == "k.toml"
    return caught.value, text


def test_every_bundled_model_loads_and_lists_only_sourced_documented_values():
    for path in sorted(MODELS.glob("*.toml")):
        model = bench.load_model(path)
        assert model.name == path.stem
        table = model.assumptions()
        documented = table[table["status"] == "documented"]
        assert (documented["source"].str.len() > 0).all()
        assert set(table["status"]) <= {"documented", "assumed", "scenario"}


def test_unknown_key_names_the_nearest():
    error, text = refused('orientation = "input"', 'orientaton = "input"')
    assert error.key == "frontier.orientaton"
    assert error.line == line_of(text, "orientaton")
    assert "did you mean 'orientation'" in str(error)


def test_unknown_key_in_an_inline_table():
    error, text = refused("weight = { value = 190, status", "weight = { value = 190, statsu")
    assert error.key.endswith("weight.statsu")
    assert error.line == line_of(text, "statsu")


def test_unknown_option():
    error, text = refused('periods = "pooled"', 'periods = "pooles"')
    assert error.key == "frontier.periods"
    assert error.line == line_of(text, '"pooles"')


def test_overlapping_dates():
    error, _ = refused(
        "[scheme.settlement.dispensation_rule]",
        "[[scheme.settlement.keep_surplus]]\nfrom = 2003-01-01\nvalue = 0.5\n[scheme.settlement.dispensation_rule]",
    )
    assert error.key == "scheme[1].settlement.keep_surplus"
    assert "in force on 2003-01-01" in str(error)


def test_a_value_in_force_on_no_date_that_is_needed():
    error, text = refused("from = 2003-01-01\nvalue = 0.90", "from = 2005-01-01\nvalue = 0.90")
    assert error.line == line_of(text, "[[scheme.settlement.keep_surplus]]")
    assert "no value is in force on 2003-01-01" in str(error)


def test_a_gap_between_two_values():
    first = "from = 2003-01-01\nto = 2004-12-31\nvalue = 0.90\n"
    second = "[[scheme.settlement.keep_surplus]]\nfrom = 2006-01-01\nvalue = 0.90"
    error, _ = refused("from = 2003-01-01\nvalue = 0.90", first + second)
    assert "2005-01-01" in str(error)


def test_shares_that_do_not_sum():
    mix = '[scheme.volume]\nbasis = "allocated"\n[scheme.mix]\nactivity = 0.5\nblock = 0.4'
    error, text = refused('[scheme.volume]\nbasis = "allocated"', mix)
    assert "must sum to 1, not 0.9" in str(error)
    assert error.line == line_of(text, "[scheme.mix]")


def test_a_service_without_a_price():
    error, text = refused('[scheme.price]\nsource = "average-cost"', '[scheme.price]\nsource = "tender"')
    assert "service 'hjemmehjelp_timer' has no price" in str(error)
    assert error.line == line_of(text, "[[scheme.service]]")


def test_a_unit_in_two_schemes():
    text = TEXT.replace('id = "omsorg"', 'id = "omsorg"\nunits = ["A", "B"]', 1)
    text = text.replace('id = "helse"', 'id = "helse"\nunits = ["B"]', 1)
    with pytest.raises(ModelError, match="unit 'B' is in the schemes omsorg and helse") as caught:
        parse_model(text, "k.toml")
    assert caught.value.line == line_of(text, 'units = ["B"]')


def test_a_scheme_twice():
    error, text = refused('id = "helse"', 'id = "omsorg"')
    assert "stands twice" in str(error)
    assert error.line is not None
    assert text.splitlines()[error.line - 1] == 'id = "omsorg"'


def test_documented_needs_a_source():
    told = next(line for line in TEXT.splitlines() if line.startswith("source") and "90 prosent" in line)
    error, _ = refused(f"{told}\n\n[[scheme.settlement.carry", "\n[[scheme.settlement.carry")
    assert "needs a source" in str(error)


def test_a_basis_for_nothing():
    error, _ = refused('keys = ["indexation.source"]', 'keys = ["indexation.sauce"]')
    assert "did you mean 'indexation.source'" in str(error)


@pytest.mark.parametrize("value", ['"0.9"', "true", "nan", "[]"])
def test_a_number_is_a_number(value):
    error, _ = refused("value = 0.90", f"value = {value}")
    assert error.key.startswith("scheme[1].settlement.keep_surplus")


def test_a_share_above_one():
    error, _ = refused("value = 0.90", "value = 90")
    assert "between 0 and 1" in str(error)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("gain = -0.5", "gain must be between 0 and 2"),
        ("frontier_share = 1.5\nk = 1", "frontier_share must be between 0 and 1"),
        ("frontier_share = 0.5", "needs either k or quantile"),
        ("requirement = 2", "requirement must be between 0 and 1"),
        ("fund_years = 0", "fund_years must be 1 or more"),
        ("lag = -1", "greater than or equal to 0"),
        ('accounts = "estimate"', "needs estimate_column"),
        ('reserves = "outside"', "needs reserve_column"),
    ],
)
def test_price_values_out_of_range(line, message):
    base = (MODELS / "average-cost.toml").read_text(encoding="utf-8").replace("lag = 1\n", "")
    text = base.replace('source = "average-cost"', f'source = "average-cost"\n{line}', 1)
    with pytest.raises(ModelError, match=message) as caught:
        parse_model(text)
    assert caught.value.key.startswith("scheme[1].price")


def test_a_block_share_needs_a_block_grant():
    error, _ = refused('[scheme.volume]\nbasis = "allocated"', "[scheme.mix]\nactivity = 0.5\nblock = 0.5")
    assert "block.kind is 'none'" in str(error)


def test_every_problem_is_told_at_once():
    text = TEXT.replace("orientation =", "orientaton =", 1).replace("holder =", "holdr =", 1)
    with pytest.raises(ModelError, match=r"(?s)orientaton.*also purchaser.holdr \(line"):
        parse_model(text)


def test_not_toml_and_not_there():
    with pytest.raises(ModelError, match="not valid TOML"):
        parse_model("[meta", "x.toml")
    with pytest.raises(ResourceError):
        bench.load_model("no-such-model")
    with pytest.raises(ResourceError):
        bench.load_model("no-such-file.toml")


def test_lines_survive_strings_and_brackets():
    text = 'a = """\nb = 1\n"""\nc = [\n  "]", # d = 2\n]\n"e f".g = 3\n'
    text += '[[h]]\ni = { j = "}" }\n[h.k]\nl = 1\n[[h]]\n[h.k]\nl = 2\n'
    lines = key_lines(text)
    assert lines[("c",)] == 4
    assert ("b",) not in lines
    assert ("d",) not in lines
    assert lines[("e f", "g")] == 7
    assert lines[("h", 0, "k", "l")] == 11
    assert lines[("h", 1, "k", "l")] == 14


def test_dated_values_by_year():
    value = Dated.model_validate(
        [
            {"from": date(2005, 7, 1), "value": 3.0},
            {"from": date(2003, 1, 1), "value": 1.0},
            {"from": date(2004, 1, 1), "value": 2.0, "status": "documented", "source": "s"},
        ]
    )
    assert [value.at(year) for year in range(2003, 2007)] == [1.0, 2.0, 2.0, 3.0]
    assert value.uncovered(range(2001, 2005)) == [2001, 2002]
    assert value.since(2006) == 2005


def test_a_value_error_at_run_time_names_the_file_and_line():
    model = parse_model(TEXT, "k.toml")
    with pytest.raises(ModelError) as caught:
        model.value("scheme.omsorg.settlement.keep_surplus", 1999)
    assert caught.value.file == "k.toml"
    assert caught.value.line == line_of(TEXT, "[[scheme.settlement.keep_surplus]]")


def test_values_by_key():
    model = parse_model(TEXT)
    assert model.value("scheme.omsorg.settlement.keep_surplus", 2004) == 0.9
    assert model.value("scheme.omsorg.service.langtidsdogn.weight", 2004) == 1050.0
    assert model.value("scheme.omsorg.price.gain") == 1.0
    assert model.value("purchaser.holder") == "purchaser"
    with pytest.raises(ModelError, match="no value"):
        model.value("scheme.omsorg.price.gian")


def test_other_values_become_scenarios():
    model = parse_model(TEXT).with_values({"scheme.omsorg.price.gain": 0.5, "scheme.helse.price.source": "previous"})
    table = model.assumptions().set_index("key")
    assert table.loc["scheme.omsorg.price.gain", "status"] == "scenario"
    assert model.value("scheme.helse.price.source") == "previous"
    with pytest.raises(ModelError):
        model.with_values({"scheme.omsorg.price.gian": 0.5})
    with pytest.raises(ModelError, match="no 'omsrog'"):
        model.with_values({"scheme.omsrog.price.gain": 0.5})


def test_a_value_in_every_scheme():
    model = parse_model(TEXT).with_values({"scheme.*.price.gain": 0.5})
    assert [scheme.price.gain.at(2004) for scheme in model.scheme] == [0.5] * 3


def test_a_correction_is_reached_by_its_name():
    key = "scheme.omsorg.correction.top-up-for-small-nursing-homes.amount"
    assert parse_model(TEXT).with_values({key: 1.0}).value(key) == 1.0


def test_roles_from_outside():
    model = bench.load_model("average-cost")
    one = model.with_roles(id="u", cost="c", outputs=["y"], period="t")
    assert one.scheme[0].service[0].weight is not None
    many = model.with_roles(id="u", cost="c", outputs=["y", "z"], inputs=["c", "x"], scheme="s")
    assert [service.weight_rule for service in many.scheme[0].service] == ["equal-cost-share"] * 2
    assert many.read_options()["inputs"] == ["c", "x"]
    rows = many.assumptions()
    rule = rows[rows["key"].str.endswith("weight_rule")]
    assert set(rule["status"]) == {"assumed"}
    with pytest.raises(ModelError, match="at least one output"):
        model.with_roles(id="u", cost="c", outputs=[])


def test_diff_in_words():
    model = parse_model(TEXT)
    assert diff(model, model).empty
    changed = model.with_values({"scheme.omsorg.price.gain": 0.5, "scheme.omsorg.price.own_excluded": True})
    nb, en = diff(model, changed, "nb"), diff(model, changed, "en")
    assert len(nb) == len(en) == 2
    assert "ikke oppgitt (1)" in nb.iloc[:, 2].tolist()
    assert any("left out of its price" in text for text in en["meaning"])
    assert "ja" in nb.iloc[:, 3].tolist()


def test_rules_on_the_data_of_another_model():
    base, other = parse_model(TEXT), bench.load_model("average-cost")
    mixed = other.applied_to(base)
    assert mixed.scheme_ids == base.scheme_ids
    assert mixed.read_options()["outputs"] == base.read_options()["outputs"]
    assert mixed.value("scheme.omsorg.settlement.keep_surplus", 2004) == 1.0
    assert mixed.meta.dataset == "kristiansand"


MOSS_LIKE = """
[meta]
name = "stated"
title = { nb = "S", en = "S" }
[data]
id = "u"
cost = "c"
[[scheme]]
id = "s"
label = { nb = "S", en = "S" }
[scheme.price]
source = "tender"
[scheme.volume]
basis = "min"
[[scheme.mix.component]]
name = { nb = "Husleie", en = "Rent" }
column = "rent"
treatment = "refund"
[scheme.block]
kind = "criteria"
total_share = 0.1
[[scheme.block.criterion]]
column = "poor"
weight = 1.0
[scheme.settlement]
keep_surplus = 0.0
carry_deficit = 0.0
[[scheme.service]]
id = "level"
label = { nb = "N", en = "L" }
measure = { nb = "b", en = "u" }
price = 100
performed = "done"
[[scheme.correction]]
name = { nb = "Sone", en = "Zone" }
kind = "factor"
column = "zone"
[purchaser]
budget = "table"
"""


def test_what_the_data_cannot_carry_is_replaced_and_said():
    mixed = parse_model(MOSS_LIKE).applied_to(parse_model(TEXT))
    care = mixed.find_scheme("omsorg")
    assert (care.price.source, care.volume.basis, care.block.kind) == ("previous", "allocated", "criteria")
    assert care.mix.component == care.correction == ()
    assert care.settlement.keep_surplus.at(2004) == 0.0
    notes = [note.en for note in mixed.meta.note]
    assert len(notes) == 4
    assert "Correction left out, the data lack its column: Zone" in notes
    assert mixed.value("purchaser.budget") == "table"
    assert mixed.indexation == parse_model(TEXT).indexation


def test_the_json_schema_takes_every_bundled_model():
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(json.dumps(json_schema(), default=str))
    check = jsonschema.Draft202012Validator(schema)
    for path in sorted(MODELS.glob("*.toml")):
        tables = json.loads(json.dumps(tomllib.loads(path.read_text(encoding="utf-8")), default=str))
        assert [error.message for error in check.iter_errors(tables)] == []
        assert list(check.iter_errors({**tables, "schme": []}))


def test_the_json_schema_is_json_and_describes_dated_values():
    schema = json.loads(json.dumps(json_schema(), default=str))
    gain = schema["$defs"]["Price"]["properties"]["gain"]
    text = json.dumps(schema["$defs"].get("Dated", gain)) + json.dumps(gain)
    assert '"number"' in text
    assert "from" in json.dumps(schema)
    assert schema["additionalProperties"] is False


def test_stated_weights_are_not_replaced_in_silence():
    """Columns given apart make services of their own; those the model file weighs are named in the note."""
    own = load_model("average-cost").with_roles(id="unit", cost="cost", outputs=["days", "visits"])
    raw = copy.deepcopy(own._raw)
    for service, weight in zip(raw["scheme"][0]["service"], (3.0, 1.0), strict=True):
        service["weight"] = {"value": weight, "status": "assumed", "source": "made up"}
    weighed = build(raw, "own.toml", {})
    assert not weighed.meta.note
    moved = weighed.with_roles(id="unit", cost="cost", outputs=["hours"])
    (note,) = moved.meta.note
    assert note.en.endswith("Left out: days, visits.")
    assert note.nb.endswith("Utelatt: days, visits.")
    assert not own.with_roles(id="unit", cost="cost", outputs=["hours"]).meta.note
