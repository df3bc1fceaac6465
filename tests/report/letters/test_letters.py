from __future__ import annotations

import io
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

pytest.importorskip("docx")
pytest.importorskip("typst")

from docx import Document

import bench
from bench.cli import main
from bench.report.edition import Edition
from bench.report.letters.contents import decision_letters, memo_letter, validation_letters
from bench.report.letters.files import pdf_bytes, word_bytes
from bench.report.words.memo import memo
from bench.results import RunResult


def _word_text(data: bytes) -> str:
    document = Document(io.BytesIO(data))
    words = [paragraph.text for paragraph in document.paragraphs]
    words += [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join(words)


def test_every_unit_has_a_letter_with_its_own_numbers(run: RunResult, language: str) -> None:
    edition = Edition.of(run, language)
    letters = list(decision_letters(edition))
    assert len(letters) == len({letter.name for letter in letters}) == 20
    units = {unit.key: unit for unit in edition.facts.units}
    for letter in letters[:3]:
        unit = next(unit for key, unit in units.items() if key in letter.title)
        text = _word_text(word_bytes(letter))
        assert unit.settlement is not None
        assert edition.n.kroner(unit.settlement["result"], sign=True) in text
        assert edition.n.kroner(unit.settlement["closing_balance"], sign=True) in text
        assert edition.n.kroner(unit.requirements[0]["requirement_nok"]) in text
        assert edition.n.kroner(unit.norm["norm"]) in text
        assert ("Oppdiktede data" if language == "nb" else "Made-up data") in text


def test_the_same_letter_is_the_same_bytes(run: RunResult) -> None:
    letter = next(decision_letters(Edition.of(run, "nb")))
    assert word_bytes(letter) == word_bytes(letter)
    assert pdf_bytes(letter) == pdf_bytes(letter)
    assert pdf_bytes(letter).startswith(b"%PDF")


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is not installed")
def test_nothing_in_a_name_is_markup(run: RunResult, tmp_path: Path) -> None:
    evil = '#strong("x") \\ "y"'
    units = replace(run.units, frame=run.units.frame.replace("Grim", evil))
    again = bench.run(run.model, units, tables=dict(run.tables))
    letter = next(letter for letter in decision_letters(Edition.of(again, "en")) if evil in letter.title)
    path = tmp_path / "letter.pdf"
    path.write_bytes(pdf_bytes(letter))
    text = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True, text=True).stdout
    assert '#strong("x")' in text


def test_a_validation_letter_holds_the_data_and_no_score(run: RunResult, language: str) -> None:
    letters = list(validation_letters(run.model, run.units, language))
    assert len(letters) == 20
    text = _word_text(word_bytes(letters[0]))
    own = run.units.frame[run.units.frame["unit"] == run.units.frame["unit"].iloc[0]]
    edition = Edition.of(run, language)
    for value in own["cost"]:
        assert edition.n.plain(value) in text
    score = run.efficiency[run.efficiency["unit"] == own["unit"].iloc[0]]["efficiency"]
    assert not any(edition.n.percent(value) in text for value in score if value < 1)


@pytest.mark.parametrize("command", ["letters", "validate-pack"])
def test_the_commands_write_a_folder_per_language_and_never_over_another(command: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    model = "hospital-sharing"
    made = CliRunner().invoke(main, [command, model, "--out", str(out), "--language", "nb,en"])
    assert made.exit_code == 0, made.output
    for language in ("nb", "en"):
        files = sorted(path.suffix for path in (out / language).iterdir())
        assert files
        assert files.count(".docx") == files.count(".pdf") == len(files) / 2
    again = CliRunner().invoke(main, [command, model, "--out", str(out)])
    assert again.exit_code == 2
    assert "exists already" in again.output


@pytest.mark.skipif(shutil.which("pdfinfo") is None, reason="pdfinfo is not installed")
@pytest.mark.parametrize("name", ["kristiansand", "stykkpris-malestokk", "hamar", "stavanger"])
def test_the_memo_is_one_a4_in_word_and_pdf(name: str, language: str, tmp_path: Path) -> None:
    edition = Edition.of(bench.run(name), language)
    letter = memo_letter(edition)
    path = tmp_path / "memo.pdf"
    path.write_bytes(pdf_bytes(letter))
    told = subprocess.run(["pdfinfo", path], capture_output=True, text=True, check=True).stdout
    assert "Pages:           1\n" in told
    assert "A4" in told
    text = _word_text(word_bytes(letter))
    for sentence in memo(edition).resolution:
        assert sentence in text
    found = memo(edition)
    if found.bill:
        assert edition.n.money(found.bill.new) in text
    for effect in (*found.most, *found.least):
        assert edition.n.money(effect.room, sign=True) in text
    for swing in found.swings:
        assert edition.n.money(swing.up, sign=True) in text
    assert not re.search(r"[=∑θ]", text), "no formula"


def test_a_letter_says_how_certain_its_number_is(language: str) -> None:
    edition = Edition.of(bench.run("stykkpris-malestokk"), language)
    frame = edition.facts.run.efficiency
    last = frame[frame["year"] == frame["year"].max()].set_index("unit")
    for letter in list(decision_letters(edition))[:4]:
        unit = next(unit for unit in edition.facts.units if unit.key in letter.title)
        text = _word_text(word_bytes(letter))
        assert edition.t("letter.robust") in text
        for method in ("dea", "sfa"):
            value = last.loc[unit.key].get(f"efficiency_{method}")
            if value is not None and value == value:
                assert edition.n.percent(value) in text


def test_a_unit_sees_its_score_under_every_combination_of_choices(run: RunResult, language: str) -> None:
    """The numbers of the sentence are computed here from the curve's own scores; the chart is in both files."""
    import numpy as np

    from bench.pipeline.specs import curves_of

    edition = Edition.of(run, language)
    curves = {curve.scheme: curve for curve in curves_of(run)}
    assert set(curves) == {scheme.id for scheme in run.model.scheme}
    letters = list(decision_letters(edition, list(curves.values())))
    for unit, letter in zip(edition.facts.units, letters, strict=True):
        if unit.number not in (1, 15):
            continue
        curve = curves[unit.scheme]
        own = curve.scores[:, curve.units["unit"].tolist().index(unit.key)]
        own = own[np.isfinite(own)]
        (part,) = [part for part in letter.parts if part.figure is not None]
        for number in (own.min(), np.median(own), own.max()):
            assert edition.n.percent(float(number)) in part.paragraphs[0]
        assert str(own.size) in part.paragraphs[0]
        assert part.figure is not None
        assert part.figure.alt == " ".join(part.paragraphs)
        shapes = Document(io.BytesIO(word_bytes(letter))).inline_shapes
        assert len(shapes) == 1
        assert shapes[0]._inline.docPr.get("descr") == part.figure.alt
        plain = replace(letter, parts=tuple(replace(one, figure=None) for one in letter.parts))
        assert len(pdf_bytes(letter)) > len(pdf_bytes(plain)) + 1000


@pytest.mark.parametrize("rts", ["crs", "vrs"])
def test_a_unit_sees_the_requirement_of_every_combination(rts: str, language: str) -> None:
    """The whole model is run with the choices of a combination: its requirements are what the letter says of it."""
    from bench.pipeline.specs import curves_of

    model = bench.load_model("kristiansand")
    run = bench.run(model)
    other = bench.run(model.with_values({"frontier.rts": rts, "frontier.periods": "separate"}))
    edition = Edition.of(run, language)
    curves = curves_of(run)
    letters = {letter.title: letter for letter in decision_letters(edition, curves)}
    for curve in curves:
        assert curve.required is not None
        asked = other.requirements
        asked = asked[(asked["scheme"] == curve.scheme) & (asked["year"] == curve.required.year)].set_index("unit")
        for unit in list(asked.index)[:2]:
            part = next(p for p in letters[edition.t("letter.title", unit=unit)].parts if p.figure is not None)
            share = edition.n.percent(asked.loc[unit, "requirement"], 2)
            nok = edition.n.kroner(asked.loc[unit, "requirement_nok"])
            scale, everything = edition.t(f"option.{rts}"), edition.t("letter.all_count")
            found = [
                [cell.text for cell in row[-2:]]
                for row in part.tables[0].rows
                if [cell.text for cell in row[:3]] == [scale, everything, edition.t("screen.kept")]
            ]
            assert found == [[share, nok]], unit


@pytest.mark.parametrize("name", ["stykkpris-malestokk", "kristiansand", "nursing-nm"])
def test_the_decided_scores_give_the_decided_requirement(name: str) -> None:
    """Put where the curve's scores stand, the norms the run decided on ask for what the run asks for."""
    import numpy as np

    from bench.pipeline.schemes import scheme_data
    from bench.pipeline.spec_requirements import required_under
    from bench.pipeline.specs import curves_of

    run = bench.run(name)
    rule = run.model.requirement
    assert rule is not None
    for curve, data in zip(curves_of(run), scheme_data(run.model, run.units), strict=True):
        here = run.norms[(run.norms["scheme"] == curve.scheme) & (run.norms["year"] == curve.year)].set_index("unit")
        here = here.loc[curve.units["unit"]]
        norm = here["evidence_norm" if rule.evidence == "interval" else "norm"]
        scores = (norm / here["cost"] * run.model.norm.tolerance.at(curve.year)).to_numpy()
        found = required_under(run, data, scores[None, :])
        assert found is not None
        asked = run.requirements
        asked = asked[(asked["scheme"] == curve.scheme) & (asked["year"] == found.year)].set_index("unit")
        asked = asked.loc[curve.units["unit"]]
        np.testing.assert_allclose(found.share[0], asked["requirement"].to_numpy(), atol=1e-12)
        np.testing.assert_allclose(found.nok[0], asked["requirement_nok"].to_numpy(), atol=1e-6)


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is not installed")
def test_a_letter_that_runs_over_its_page_leaves_no_page_almost_empty(run: RunResult, tmp_path: Path) -> None:
    """The annexes go on where a long letter ends, and begin on a new page after a short one."""
    edition = Edition.of(run, "nb")
    letter = next(decision_letters(edition))
    heading = edition.t("letter.annex_numbers")
    longer = replace(letter.parts[0], paragraphs=(*letter.parts[0].paragraphs, *["Et avsnitt til."] * 12))
    for name, made in (("short", letter), ("long", replace(letter, parts=(longer, *letter.parts[1:])))):
        path = tmp_path / f"{name}.pdf"
        path.write_bytes(pdf_bytes(made))
        done = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, check=True)
        pages = done.stdout.decode().split("\f")
        assert heading in pages[1]
        before = pages[1].split(heading)[0].strip()
        assert bool(before) == (name == "long")


def test_no_number_is_broken_over_two_lines_in_word(run: RunResult) -> None:
    """Every column is as wide as its longest number, and the table as wide as the paper at most."""
    letter = next(decision_letters(Edition.of(run, "nb")))
    for table in Document(io.BytesIO(word_bytes(letter))).tables:
        widths = [cell.width.mm for cell in table.rows[0].cells]
        assert widths == [column.width.mm for column in table.columns]
        assert sum(widths) <= 170.5
        for row in table.rows[1:]:
            for width, cell in zip(widths, row.cells, strict=True):
                if cell.text and (cell.text[0].isdigit() or cell.text[0] in "+−"):
                    assert width > 1.5 * len(cell.text), cell.text
