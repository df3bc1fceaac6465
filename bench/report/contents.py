"""Every file of a run's report folder in one language."""

from __future__ import annotations

from collections.abc import Iterator

from bench.report.charts.images import to_png
from bench.report.charts.run_charts import figures
from bench.report.edition import Edition
from bench.report.pages import run as pages
from bench.report.pages.memo import memo_page
from bench.report.tables import files as tables
from bench.report.tables.page import unit_file
from bench.report.workbook.build import workbook_bytes


def run_files(edition: Edition) -> Iterator[tuple[str, str, bytes]]:
    """Yield every file as (stage, path in the folder, bytes)."""

    t = edition.t
    charts = figures(edition)
    for chart in charts.values():
        base = f"{t('folder.charts')}/{chart.key}"
        yield "charts", f"{base}.svg", chart.wide.encode()
        yield "charts", f"{base}.png", to_png(chart.wide)
    yield "page", t("file.memo"), memo_page(edition).encode()
    yield "page", t("file.report"), pages.report_page(edition, charts).encode()
    if any(scheme.prices for scheme in edition.facts.schemes):
        yield "price book", f"{t('file.book')}.html", pages.price_book_page(edition).encode()
        yield "price book", f"{t('file.book')}.csv", tables.price_book_bytes(edition)
    for name, frame in edition.facts.run.frames().items():
        yield "tables", f"{t('folder.tables')}/{name}.csv", tables.frame_bytes(frame, edition.language)
    yield "tables", f"{t('folder.tables')}/{t('file.readme')}", tables.readme(edition)
    for unit in edition.facts.shown:
        yield "units", f"{t('folder.units')}/{unit_file(edition, unit)}", pages.unit_page(edition, unit).encode()
    yield "workbook", t("file.workbook"), workbook_bytes(edition)
