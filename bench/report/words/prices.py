"""What the section about prices says first: one explanation per way the schemes of a run are paid."""

from __future__ import annotations

import numpy as np

from bench.report.edition import Edition
from bench.stykkpris.rules.sources import SOURCES

#: Source of a price -> the text that explains it; a scheme without prices has none.
_EXPLAINED = {
    "average-cost": "intro.average_cost",
    "frontier": "intro.frontier",
    "tender": "intro.stated",
    "time-study": "intro.stated",
    "negotiated": "intro.stated",
    "national-rate": "intro.stated",
    "full-cost": "intro.stated",
    "previous": "intro.previous",
    **{source: f"intro.{source}" for source in SOURCES},
}
_GRANT = "intro.grants"


def price_intros(edition: Edition) -> list[str]:
    """Return an explanation per way of paying; it names its schemes unless it holds for all of them."""
    found = {edition.t(key): keys for key, keys in _explanations(edition).items()}
    for scheme in edition.facts.schemes:
        for text in _moved_by(edition, scheme.key):
            found.setdefault(text, []).append(scheme.key)
    schemes = [scheme.key for scheme in edition.facts.schemes]
    return [
        text
        if keys == schemes
        else edition.t(
            "intro.of_schemes", schemes=", ".join(edition.labels.scheme(scheme) for scheme in keys), text=text
        )
        for text, keys in found.items()
    ]


def _moved_by(edition: Edition, key: str) -> list[str]:
    """What else than its source moves a scheme's price in its year: a share of the frontier, a requirement."""
    model, year = edition.facts.run.model, edition.facts.price_year
    scheme = next((part for part in getattr(model, "scheme", ()) if part.id == key), None)
    if scheme is None or not isinstance(year, (int, np.integer)) or scheme.price.source != "average-cost":
        return []
    texts = []
    share = scheme.price.frontier_share.at(int(year))
    if share:
        texts.append(edition.t("intro.frontier_share", share=edition.n.percent(share)))
    required = model.requirement is not None and model.requirement.feeds in ("price", "unit-price")
    if required or scheme.price.requirement.at(int(year)):
        texts.append(edition.t("intro.required"))
    return texts


def price_and_requirement(edition: Edition) -> list[str]:
    """Return how prices come about and what a requirement takes out of them, as the model has it."""
    t, found = edition.t, price_intros(edition)
    feeds = _feeds(edition)
    if feeds in ("price", "unit-price"):
        return found if any(t("intro.required") in text for text in found) else [*found, t("intro.required")]
    if feeds:
        found.append(t(f"memo.hang.{feeds}"))
    if feeds == "information" and "average-cost" in edition.labels.price_sources.values():
        found.append(t("memo.hang.later"))
    return found


def effect_intro(edition: Edition) -> str:
    """Return what income less cost of the units is, and whether their requirement is in it."""
    t, feeds = edition.t, _feeds(edition)
    said = t("memo.effect.intro", last=edition.facts.year)
    return f"{said} {t(f'memo.effect.{feeds}')}" if feeds else said


def _feeds(edition: Edition) -> str:
    """What a requirement is taken out of; nothing where no unit has one."""
    rule = getattr(edition.facts.run.model, "requirement", None)
    return str(rule.feeds) if rule is not None and len(edition.facts.run.requirements) else ""


def price_heading(edition: Edition) -> str:
    """Return the last part of the section's heading: prices, grants, or both."""
    found = _explanations(edition)
    if _GRANT not in found:
        return "prices"
    return "grants" if len(found) == 1 else "prices_and_grants"


def _explanations(edition: Edition) -> dict[str, list[str]]:
    """Text to the schemes it holds for, prices before grants."""
    found: dict[str, list[str]] = {}
    for scheme in edition.facts.schemes:
        key = _EXPLAINED.get(edition.labels.price_sources.get(scheme.key, ""))
        if key:
            found.setdefault(key, []).append(scheme.key)
    granted = [scheme.key for scheme in edition.facts.schemes if edition.facts.has_grant(scheme.key)]
    return {**found, _GRANT: granted} if granted else found
