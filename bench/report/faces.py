"""How results show themselves: a run, a simulation and a comparison, each with its text, files, chart and folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class RunFace:
    """The face of a run: :class:`bench.results.Face`.

    Attributes
    ----------
    trace : callable, optional
        Gives the trees of numbers, for pages that open them: (result, asked) to trees.
    """

    trace: Callable[[Any, Any], list[Any]] | None = None

    def summary(self, result: Any, language: str = "en") -> str:
        """Return the run in one screen of text."""
        from bench.report.words.summary import summary

        return summary(result, language=language)

    def files(self, result: Any, language: str, written: Sequence[str] = ()) -> Iterator[tuple[str, str, bytes]]:
        """Yield every file of the report in one language as (stage, path in the folder, bytes)."""
        from bench.report.contents import run_files
        from bench.report.edition import Edition

        return run_files(Edition.of(result, language, written))

    def plot(self, result: Any, language: str) -> Any:
        """Return the page's first chart."""
        from bench.report.charts.run_charts import figures
        from bench.report.edition import Edition

        return next(iter(figures(Edition.of(result, language)).values()), None)

    def notebook(self, result: Any) -> str:
        """Return the run as a notebook shows it."""
        from bench.report.notebook import run_html

        return run_html(result, self.plot(result, "en"))

    def save(self, result: Any, directory: str | Path, **options: Any) -> Path:
        """Write the folder."""
        return _save(result, directory, **options)


@dataclass(frozen=True, slots=True)
class LettersFace(RunFace):
    """The face of a run that is told in letters; ``curves`` are the specification curves of its schemes."""

    curves: Sequence[Any] = ()

    def files(self, result: Any, language: str, written: Sequence[str] = ()) -> Iterator[tuple[str, str, bytes]]:
        """Yield the memo and every unit's letter, as Word and PDF."""
        from bench.report.edition import Edition
        from bench.report.letters.contents import decision_letters, memo_letter
        from bench.report.letters.files import letter_files

        edition = Edition.of(result, language, written)
        return letter_files([memo_letter(edition), *decision_letters(edition, self.curves)])


@dataclass(frozen=True, slots=True)
class PlainFace:
    """The face of what has no page: tables of specifications, and letters with the data alone."""

    def summary(self, result: Any, language: str = "en") -> str:
        """Return what it is, and its tables in full."""
        tables = (f"{name}\n{frame.to_string(index=False)}" for name, frame in result.frames().items())
        return "\n\n".join([repr(result), *tables])

    def files(self, result: Any, language: str, written: Sequence[str] = ()) -> Iterator[tuple[str, str, bytes]]:
        """Yield every table as CSV, or every unit's letter as Word and PDF."""
        from bench.manifest import file_name
        from bench.report.letters.contents import validation_letters
        from bench.report.letters.files import letter_files
        from bench.report.tables.files import frame_bytes

        if not result.frames():
            made = validation_letters(result.model, result.units, language, synthetic=result.synthetic)
            yield from letter_files(made)
        taken: set[str] = set()
        for name, frame in result.frames().items():
            path = file_name(f"{name}.csv", taken)
            taken.add(path.casefold())
            yield "tables", path, frame_bytes(frame, language)

    def plot(self, result: Any, language: str) -> Any:
        """Return nothing: there is no chart."""
        return None

    def notebook(self, result: Any) -> str:
        """Return its tables as a notebook shows them."""
        from bench.report.notebook import page_html

        return page_html(result, repr(result), None)

    def save(self, result: Any, directory: str | Path, **options: Any) -> Path:
        """Write the folder."""
        return _save(result, directory, **options)


@dataclass(frozen=True, slots=True)
class PageFace:
    """The face of a simulation, a comparison, an advice or an analysis of a file, which have a page of their own."""

    page: Literal["simulation", "compare", "advice", "analysis"]

    def summary(self, result: Any, language: str = "en") -> str:
        """Return the result in one screen of text."""
        text: str = self._page().text(result, language)
        return text

    def files(self, result: Any, language: str, written: Sequence[str] = ()) -> Iterator[tuple[str, str, bytes]]:
        """Yield every file of the report in one language as (stage, path in the folder, bytes)."""
        found: Iterator[tuple[str, str, bytes]] = self._page().files(result, language, written)
        return found

    def plot(self, result: Any, language: str) -> Any:
        """Return the page's first chart."""
        return self._page().chart(result, language)

    def notebook(self, result: Any) -> str:
        """Return the result as a notebook shows it."""
        from bench.report.notebook import page_html

        return page_html(result, result.summary("en"), self.plot(result, "en"))

    def _page(self) -> Any:
        from bench.report.pages import advice, analysis, compare, simulation

        return {"simulation": simulation, "compare": compare, "advice": advice, "analysis": analysis}[self.page]

    def save(self, result: Any, directory: str | Path, **options: Any) -> Path:
        """Write the folder."""
        return _save(result, directory, **options)


def _save(result: Any, directory: str | Path, **options: Any) -> Path:
    from bench.report.saving import save

    return save(result, directory, **options)
