"""Every bundled model has a page, made of its own file: nothing the file says for readers is missing from it."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

import bench
from bench import resources
from bench.cli import main
from bench.modelfile.texts.page import model_page

NAMES = list(resources.model_names())


@pytest.mark.parametrize("language", ["nb", "en"])
@pytest.mark.parametrize("name", NAMES)
def test_a_models_page_says_what_its_file_says(name, language):
    model = bench.load_model(name)
    text = model_page(model, language)
    told = [model.meta.title, model.meta.description, *model.meta.note, *(case.title for case in model.case)]
    told += [scheme.label for scheme in model.scheme]
    told += [service.label for scheme in model.scheme for service in scheme.service]
    for part in told:
        assert part is None or part.get(language).strip() in text
    for source in model.meta.sources:
        assert source in text
    frame = model.assumptions()
    documented = frame[(frame["status"] == "documented") & (frame["source"] != "")]
    for source in set(documented["source"]):
        assert source.replace("|", "/").replace("\n", " ") in text
    for row in frame[frame["value"].map(lambda value: type(value) is float)].to_dict("records"):
        if str(row["key"]).split(".")[0] not in ("case", "alternative", "data"):
            assert f"| {row['value']:.10g} |" in text, row["key"]
    for variant in model.frontier.variants:
        assert f"`{variant.id}`" in text
    for alternative in model.alternative:
        assert f"`{name}@{alternative.name}`" in text
    assert f"bench run {name} " in text
    assert "None" not in text


def test_a_case_is_told_with_its_outcome():
    text = model_page(bench.load_model("stykkpris-malestokk"), "en")
    assert "`prices.price` (service = timer, year = 2022) is to be 547.58" in text


def test_the_command_shows_pages_of_methods_and_of_models_in_the_language_asked_for():
    asked = [("nve-yardstick", "nb"), ("nve-yardstick", "en"), ("kristiansand@frontier", "en"), ("dea", "nb")]
    pages = [CliRunner().invoke(main, ["explain", name, "--language", language]) for name, language in asked]
    assert [page.exit_code for page in pages] == [0] * 4
    assert pages[0].output.startswith(f"# {bench.load_model('nve-yardstick').title('nb')}")
    assert pages[1].output.startswith(f"# {bench.load_model('nve-yardstick').title('en')}")
    assert bench.load_model("kristiansand@frontier").meta.note[0].en in pages[2].output
    assert pages[3].output == CliRunner().invoke(main, ["explain", "dea"]).output
    gone = CliRunner().invoke(main, ["explain", "kristiansund"])
    assert gone.exit_code != 0
    assert "no guide page" in gone.output
