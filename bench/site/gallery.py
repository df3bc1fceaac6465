"""The gallery: every chart that runs, a simulation and a comparison draw, computed by the engine when it is built."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bench.modelfile import load_model
from bench.pipeline import run_file
from bench.pipeline.files import made_from
from bench.pipeline.jobs import file_job
from bench.report.charts.drawing import Figure
from bench.report.charts.run_charts import figures
from bench.report.edition import Edition
from bench.report.pages import compare as compare_page
from bench.report.pages import simulation as simulation_page

#: What is drawn: the command that makes it, and how it is made here.
RUNS = ("kristiansand", "stykkpris-malestokk")
FORWARD = (("simulate", ("kristiansand",)), ("compare", ("kristiansand", "hamar")))
YEARS, DRAWS, SEED = range(2007, 2012), 60, 1


@dataclass(frozen=True, slots=True)
class Shown:
    """A chart, and the command that draws it."""

    figure: Figure
    command: str


def results() -> list[tuple[str, Any]]:
    """Compute what the gallery shows, once for both languages: (command, result)."""
    made: list[tuple[str, Any]] = [(f"bench run {name}", run_file(name)) for name in RUNS]
    span = f"--years {YEARS[0]}:{YEARS[-1]} --draws {DRAWS}"
    for kind, names in FORWARD:
        job = file_job(kind, [load_model(name) for name in names], None)
        found = made_from(job, years=YEARS, draws=DRAWS, seed=SEED)
        made.append((f"bench {kind} {' '.join(names)} {span}", found))
    return made


def charts(made: list[tuple[str, Any]], language: str) -> Iterator[Shown]:
    """Yield the charts of the results in a language."""
    for command, result in made:
        if command.startswith("bench run"):
            found = list(figures(Edition.of(result, language)).values())
        elif command.startswith("bench simulate"):
            found = [simulation_page.chart(result, language)]
        else:
            found = [compare_page.chart(result, language)]
        for figure in found:
            yield Shown(figure, f"{command} --language {language} --out {'resultat' if language == 'nb' else 'result'}")
