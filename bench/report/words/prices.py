"""What the section about prices says first: one explanation per way the schemes of a run are paid."""

from __future__ import annotations

from bench.report.edition import Edition

#: Source of a price -> the text that explains it; a scheme without prices has none.
_EXPLAINED = {
    "average-cost": "intro.average_cost",
    "best-practice": "intro.best_practice",
    "frontier": "intro.frontier",
    "tender": "intro.stated",
    "time-study": "intro.stated",
    "negotiated": "intro.stated",
    "national-rate": "intro.stated",
    "previous": "intro.previous",
}
_GRANT = "intro.grants"


def price_intros(edition: Edition) -> list[str]:
    """Return an explanation per way of paying; it names its schemes unless it holds for all of them."""
    found = _explanations(edition)
    schemes = [scheme.key for scheme in edition.facts.schemes]
    return [
        edition.t(key)
        if keys == schemes
        else edition.t(
            "intro.of_schemes",
            schemes=", ".join(edition.labels.scheme(scheme) for scheme in keys),
            text=edition.t(key),
        )
        for key, keys in found.items()
    ]


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
