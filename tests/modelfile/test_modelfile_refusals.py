"""What grants, sharing, corrections and alternatives may not say: refused with file, key and line."""

from __future__ import annotations

from pathlib import Path

import pytest

import bench
from bench.errors import DataError, ModelError, ResourceError
from bench.modelfile import parse_model
from bench.modelfile.lines import key_lines
from bench.modelfile.model import build
from bench.stykkpris import settle
from bench.stykkpris.cases import case_units

MODELS = Path(__file__).resolve().parents[2] / "models"


def refused(name: str, old: str, new: str, count: int = 1) -> tuple[ModelError, str]:
    """Load a bundled file with one passage changed; it must be refused with file, key and a line."""
    text = (MODELS / f"{name}.toml").read_text(encoding="utf-8")
    assert old in text
    changed = text.replace(old, new, count)
    with pytest.raises(ModelError) as caught:
        parse_model(changed, f"{name}.toml")
    error = caught.value
    assert error.file == f"{name}.toml"
    assert error.key
    assert error.line is not None
    assert 1 <= error.line <= len(changed.splitlines())
    return error, changed.splitlines()[error.line - 1]


@pytest.mark.parametrize(
    ("name", "old", "new", "message", "key"),
    [
        (
            "criteria-block",
            "weight = { value = 0.6,",
            "weight = { value = 0.7,",
            "must sum to 1, not 1.1",
            "scheme[1].block",
        ),
        (
            "hospital-sharing",
            "share = { value = 0.5,",
            "share = { value = 0.6,",
            "must sum to 1, not 1.1",
            "scheme[1].settlement",
        ),
        ("isf", "activity = { value = 0.5,", "activity = { value = 0.4,", "must sum to 1, not 0.9", "scheme[1].mix"),
        ("drammen", "total_share = ", "total = 1.0\ntotal_share = ", "either total or total_share", "scheme[1].block"),
        (
            "resource-intensive",
            "from = 2021-01-01",
            "from = 2020-01-01",
            "two values are in force on 2020-01-01",
            "scheme[1].correction[1].threshold",
        ),
        (
            "resource-intensive",
            "from = 2020-01-01",
            "from = 2020-07-01",
            "no value is in force on 2020-01-01",
            "scheme[1].correction[1].threshold",
        ),
        (
            "asker-2006",
            "price = { value = 40,",
            "weight = { value = 40,",
            "service 'besok' has no price",
            "scheme[1].service[2]",
        ),
        (
            "stavanger",
            "weight = { value = 1.0,",
            "policy_factor = { value = 1.0,",
            "service 'tildelte_timer' has no weight",
            "scheme[1].service[1]",
        ),
        (
            "kristiansand",
            'source = "average-cost"',
            'source = "tender"\nupdate = "cost-keys"',
            "take update out",
            "scheme[1].price",
        ),
        (
            "kristiansand",
            'source = "average-cost"',
            'source = "previous"\nupdate = "revenue-keys"',
            "take update out",
            "scheme[1].price",
        ),
        ("moss", 'id = "kontrakt"', 'id = "sykehjem"', "scheme 'sykehjem' stands twice", "scheme[3].id"),
        (
            "moss",
            "keep_surplus = { value = 0.0,",
            "keep_surplus = { value = 1.5,",
            "between 0 and 1",
            "scheme[1].settlement",
        ),
        ("moss", 'treatment = "refund"', 'treatment = "refnd"', "'refund'", "scheme[1].mix.component[1].treatment"),
        ("sio-a-rates", 'column = "ekstra_reisetimer"\n', "", "needs column", "scheme[1].correction[2]"),
        (
            "sio-a-rates",
            'status = "documented"\nsource = "sio2021, ch. 2.1: «oppad begrenset til 28 mill. kr pr. år»"',
            'status = "documented"',
            "needs a source",
            "cap",
        ),
        ("bodo-dea", 'rts = "vrs"\n', "", "rts", "frontier"),
        ("bodo-dea", 'besok = ["besok"]', 'besok = ["besøk"]', "no service 'besøk'", "frontier.outputs.besok"),
        ("self-cost", "fund_years = { value = 5,", "fund_years = { value = 0,", "1 or more", "scheme[1].price"),
        ("hamar", "times =", "tims =", "did you mean 'times'", "scheme[1].block.criterion[2].tims"),
        ("resource-intensive", 'name = "vestvagoy"', 'name = "Vestvågøy"', "pattern", "alternative[1].name"),
    ],
)
def test_refused_with_file_key_and_line(name, old, new, message, key):
    error, _ = refused(name, old, new)
    assert message in str(error)
    assert key in error.key


def test_units_named_in_two_schemes():
    text = (MODELS / "moss.toml").read_text(encoding="utf-8").replace('scheme = "ordning"\n', "", 1)
    text = text.replace('id = "hjemmetjenester"', 'id = "hjemmetjenester"\nunits = ["Nord", "Sør"]', 1)
    text = text.replace('id = "sykehjem"', 'id = "sykehjem"\nunits = ["Sør"]', 1)
    with pytest.raises(ModelError, match="unit 'Sør' is in the schemes hjemmetjenester and sykehjem") as caught:
        parse_model(text, "moss.toml")
    assert caught.value.line == key_lines(text)["scheme", 1, "units"]


def test_a_unit_in_two_price_classes():
    more = '[[scheme.price.class]]\nname = "to"\nunits = ["Privat sone"]\n\n[scheme.volume]'
    error, _ = refused("asker-2002", "[scheme.volume]", more)
    assert "Privat sone is in the price classes privat and to" in str(error)


def test_a_model_on_data_that_are_not_there():
    raw = bench.load_model("hamar").raw
    del raw["meta"]["data_case"]
    raw["meta"]["data_of"] = "kristiansund"
    with pytest.raises(ResourceError, match="kristiansand"):
        bench.run(build(raw, "h.toml", {}))


def test_a_year_the_grant_needs_and_the_data_lack():
    model = bench.load_model("hamar")
    case = next(case for case in model.case if case.name == "half-of-a-surplus-whole-deficit")
    late = {name: values[2:] for name, values in case.data.items()}
    changed, units = case_units(model, case.model_copy(update={"data": late}))
    with pytest.raises(DataError, match="needs the accounts of 2003"):
        settle(changed, units)


def test_a_supplementary_grant_needs_someone_who_holds_the_budget():
    refused_error, line = refused("kristiansand", 'holder = "purchaser"', 'holder = "provider"')
    assert "needs a purchaser who holds the budget" in str(refused_error)
    assert refused_error.key == "purchaser"
    assert line == "[purchaser]"


ALTERNATIVE = """
[[alternative]]
name = "other"
title = { nb = "En annen", en = "Another" }

[alternative.set]
"scheme.hjemmetjenester.settlement.keep_surplus" = 0.5
"scheme.hjemmetjenester.settlement.carry_deficit" = 1.5
"""


def test_an_alternative_that_is_wrong_names_its_own_line():
    text = (MODELS / "asker-2002.toml").read_text(encoding="utf-8") + ALTERNATIVE
    with pytest.raises(ModelError) as caught:
        parse_model(text, "asker-2002.toml").with_alternative("other")
    assert caught.value.file == "asker-2002.toml"
    assert "carry_deficit" in caught.value.key
    assert caught.value.line is not None
    assert text.splitlines()[caught.value.line - 1].endswith('carry_deficit" = 1.5')


def test_what_an_alternative_leaves_alone_keeps_its_line():
    whole, other = bench.load_model("asker-2002"), bench.load_model("asker-2002@as-intended")
    own = ("alternative", 0, "set", "scheme.hjemmetjenester.settlement.keep_surplus")
    assert other.lines["scheme", 0, "settlement", "keep_surplus"] == whole.lines[own]
    assert other.lines["scheme", 0, "price", "source"] == whole.lines["scheme", 0, "price", "source"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("scheme.omsorg.price.lag", -1),
        ("scheme.omsorg.price.lagg", 1),
        ("scheme.*.settlement.keep_surplus", 1.5),
        ("frontier.rts", "abc"),
        ("requirement.individual_share", -0.5),
        ("norm.calibrate", {"to": "cost", "by": "cost", "keys": 1}),
    ],
)
def test_a_value_set_for_the_run_names_the_option_and_no_line_of_the_file(key, value):
    """The file's line holds another value, or no such key: it would send the reader to the wrong place."""
    with pytest.raises(ModelError) as caught:
        bench.load_model("stykkpris-malestokk").with_values({key: value})
    assert f"stykkpris-malestokk.toml with --set {key}," in str(caught.value)
    assert caught.value.line is None


def test_a_value_of_the_file_beside_one_that_is_set_keeps_its_line():
    changed = bench.load_model("stykkpris-malestokk").with_values({"frontier.rts": "vrs"})
    assert changed.refuse("no", ("frontier", "rts")).line is None
    assert changed.refuse("no", ("frontier", "periods")).line is not None
    with pytest.raises(ModelError, match=r"line \d+, key basis.*\(with --set frontier\)"):  # its screens are no more
        changed.with_values({"frontier": {"method": "dea", "rts": "crs"}})


def test_a_zone_without_a_factor_names_the_line_of_its_correction():
    """The data have a zone that the file does not: found while the year is settled."""
    text = (MODELS / "sio-a-rates.toml").read_text(encoding="utf-8")
    model = parse_model(text, "sio-a-rates.toml")
    frame = case_units(model, model.case[0])[1].frame.assign(avgiftssone=9.0)
    units = bench.Units.from_frame(frame, **model.read_options())
    with pytest.raises(ModelError, match="the zone 9 has no factor") as caught:
        bench.run(model, units)
    assert caught.value.file == "sio-a-rates.toml"
    assert caught.value.line is not None
    assert text.splitlines()[caught.value.line - 1] == "[[scheme.correction.zone]]"
