"""One screen of text about a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.report.voice import Voice
    from bench.results import RunResult


def summary(run: RunResult, *, language: str = "en") -> str:
    """Return what a run decided in at most one screen of plain text.

    Parameters
    ----------
    run : RunResult
    language : {"nb", "en"}

    Returns
    -------
    str
        Lines of at most 100 characters, without a line break at the end.
    """
    from bench.report.page import lead
    from bench.report.voice import Voice

    voice = Voice.of(run, language)
    t = voice.t
    lines = [voice.labels.model]
    if run.synthetic:
        lines.append(t("synthetic.banner"))
    lines += ["", *(f"• {sentence}" for sentence in lead(voice))]
    for scheme in voice.facts.schemes[:4]:
        lines += _prices(voice, scheme.key)
    checks, failed = len(run.checks), len(voice.facts.failed_checks)
    lines.append("")
    if checks:
        lines.append(t("summary.checks", ok=checks - failed, count=checks))
    lines.append(
        f"{t('summary.assumed', count=len(voice.facts.assumed))} {t('summary.warnings', count=len(run.warnings))}"
    )
    return "\n".join(line.replace("\u00a0", " ")[:100].rstrip() for line in lines)


def _prices(voice: Voice, key: str) -> list[str]:
    scheme = voice.facts.scheme(key)
    if not scheme.prices:
        return []
    n, labels = voice.n, voice.labels
    rows = [
        (labels.service(key, row["service"]), n.number(row["price"], 2), n.percent(row["change"], sign=True))
        for row in scheme.prices[:8]
    ]
    width = max(len(name) for name, _, _ in rows)
    head = voice.t("table.prices", scheme=labels.scheme(key), year=voice.facts.price_year)
    return ["", head, *(f"  {name:<{width}}  {price:>12}  {change:>8}" for name, price, change in rows)]
