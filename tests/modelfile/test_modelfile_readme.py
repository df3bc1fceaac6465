"""The example in models/README.md is a model that loads, and its case holds."""

from __future__ import annotations

import re
from pathlib import Path

from bench.modelfile import parse_model
from bench.stykkpris import run_cases

README = Path(__file__).resolve().parents[2] / "models" / "README.md"


def fences(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README.read_text(encoding="utf-8"), re.S)


def test_the_commented_example_is_a_valid_model_with_a_true_case():
    example = next(text for text in fences("toml") if text.startswith("# example.toml"))
    model = parse_model(example, "example.toml")
    report = run_cases(model)
    assert len(report.frame) == 1
    assert report.ok, report.failures().to_string()


def test_the_python_examples_run():
    for text in fences("python"):
        exec(compile(text, str(README), "exec"), {})
