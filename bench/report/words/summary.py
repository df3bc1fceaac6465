"""One screen of text about a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.report.edition import Edition
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
    from bench.report.edition import Edition
    from bench.report.pages.run import lead

    edition = Edition.of(run, language)
    t = edition.t
    lines = [edition.labels.model]
    if run.synthetic:
        lines.append(t("synthetic.banner"))
    lines += ["", *(f"• {sentence}" for sentence in lead(edition))]
    for scheme in edition.facts.schemes[:4]:
        lines += _prices(edition, scheme.key)
    checks, failed = len(run.checks), len(edition.facts.failed_checks)
    lines.append("")
    if checks:
        lines.append(t("summary.checks", ok=checks - failed, count=checks))
    lines.append(
        f"{t('summary.assumed', count=len(edition.facts.assumed))} {t('summary.warnings', count=len(run.warnings))}"
    )
    return "\n".join(line.replace("\u00a0", " ")[:100].rstrip() for line in lines)


def _prices(edition: Edition, key: str) -> list[str]:
    scheme = edition.facts.scheme(key)
    if not scheme.prices:
        return []
    n, labels = edition.n, edition.labels
    rows = [
        (labels.service(key, row["service"]), n.number(row["price"], 2), n.percent(row["change"], sign=True))
        for row in scheme.prices[:8]
    ]
    width = max(len(name) for name, _, _ in rows)
    head = edition.t("table.prices", scheme=labels.scheme(key), year=edition.facts.price_year)
    return ["", head, *(f"  {name:<{width}}  {price:>12}  {change:>8}" for name, price, change in rows)]
