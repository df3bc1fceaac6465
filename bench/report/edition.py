"""`Edition`: facts, texts, number formats and labels of one report in one language, passed as one thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.report.charts.drawing import Body, Figure, drawn
from bench.report.facts import Facts, facts
from bench.report.small_counts import published
from bench.report.words.labels import Labels
from bench.report.words.numbers import Numbers
from bench.report.words.texts import KRONER, Texts

if TYPE_CHECKING:
    from bench.results import RunResult


@dataclass(frozen=True, slots=True)
class Edition:
    """One run told in one language.

    Attributes
    ----------
    facts : Facts
    t : Texts
        Texts by key.
    n : Numbers
        Number formats.
    labels : Labels
        Names of schemes, services and parameters.
    written : tuple of str
        All languages of the folder.
    """

    facts: Facts
    t: Texts
    n: Numbers
    labels: Labels
    written: tuple[str, ...] = ()

    @classmethod
    def of(cls, run: RunResult, language: str, written: Sequence[str] = ()) -> Edition:
        """Prepare what may be shown of a run in a language; ``written`` are all languages of the folder."""
        run = published(run)
        source = run.units.source
        texts = Texts(language, source.dialect.get("currency", KRONER) if source is not None else KRONER)
        numbers = Numbers(texts.language, texts.currency)
        return cls(facts(run), texts, numbers, Labels.of(run, texts), tuple(written))

    @property
    def others(self) -> list[Texts]:
        """The texts of the other languages of the folder."""
        return [Texts(language) for language in self.written if language != self.language]

    @property
    def language(self) -> str:
        """``"nb"`` or ``"en"``."""
        return self.t.language

    @property
    def sum_word(self) -> str:
        """What a sum over the units shown is called; it is no scheme's where some are held back."""
        return self.t("chart.sum_shown" if self.facts.run.holds_back else "chart.sum")

    def share(self, margin: float | None) -> str:
        """Return a result as per cent of income; a dash where the share means nothing."""
        return "\u2013" if margin is None else self.n.percent(margin, sign=True)

    def figure(self, key: str, body: Body, **values: Any) -> Figure:
        """Draw a chart with its texts; a made-up data set is named in the subtitle."""
        subtitle = self.t(f"figure.{key}.subtitle", **values)
        if self.facts.run.synthetic:
            subtitle = f"{self.t('synthetic.short')} {subtitle}"
        return drawn(
            self.t(f"figure.{key}.file"),
            self.t(f"figure.{key}.title", **values),
            subtitle,
            self.t(f"figure.{key}.alt", **values),
            self.t(f"figure.{key}.reading", **values),
            body,
        )
