"""What an analysis found is a table of the folder, a section of the page and a sheet of the workbook."""

from __future__ import annotations

import io

import openpyxl
import pandas as pd
import pytest
from pipeline.reach_cases import given
from pipeline.test_reachable import TEXT

import bench
from bench.modelfile import parse_model

SECTION = """
[[analysis]]
id = "tiers"
method = "context-dependent"
rts = "crs"
title = { nb = "Hvem er best i hvilken klasse?", en = "Who is best in which tier?" }
[[analysis]]
id = "front"
method = "cols"
form = "cobb-douglas"
"""


def test_an_analysis_reaches_the_reader_whole():
    run = bench.run(parse_model(TEXT.format(frontier="", section=SECTION, norm=""), "naa.toml"), given())
    files = {path: data for _, path, data in run.files("en")}
    table = pd.read_csv(io.BytesIO(files["tables/analysis_tiers.csv"]))
    assert table["progress"].to_numpy() == pytest.approx(run.described["tiers"]["progress"].to_numpy(), rel=1e-12)
    made = pd.read_csv(io.BytesIO(files["tables/analyses.csv"]))
    assert made["function"].tolist() == ["bench.envelopment.context_dependent", "bench.stochastic.cols"]
    page = files["report.html"].decode()
    section = page[page.index('<section id="analyses"') :]
    assert "Who is best in which tier?" in section
    assert "No price, norm or requirement is built on them" in section
    (book,) = [data for path, data in files.items() if path.endswith(".xlsx")]
    workbook = openpyxl.load_workbook(io.BytesIO(book))
    (name,) = [name for name in workbook.sheetnames if name.startswith("tiers")]
    cells = [cell for row in workbook[name].iter_rows(values_only=True) for cell in row if isinstance(cell, float)]
    assert run.described["tiers"]["progress"].iloc[0] in cells
