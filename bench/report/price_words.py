"""What the section about prices says first: one explanation per way the schemes of a run are paid."""

from __future__ import annotations

from bench.report.voice import Voice

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


def price_intros(voice: Voice) -> list[str]:
    """Return an explanation per way of paying; it names its schemes unless it holds for all of them."""
    found = _explanations(voice)
    schemes = [scheme.key for scheme in voice.facts.schemes]
    return [
        voice.t(key)
        if keys == schemes
        else voice.t(
            "intro.of_schemes",
            schemes=", ".join(voice.labels.scheme(scheme) for scheme in keys),
            text=voice.t(key),
        )
        for key, keys in found.items()
    ]


def price_heading(voice: Voice) -> str:
    """Return the last part of the section's heading: prices, grants, or both."""
    found = _explanations(voice)
    if _GRANT not in found:
        return "prices"
    return "grants" if len(found) == 1 else "prices_and_grants"


def _explanations(voice: Voice) -> dict[str, list[str]]:
    """Text to the schemes it holds for, prices before grants."""
    found: dict[str, list[str]] = {}
    for scheme in voice.facts.schemes:
        key = _EXPLAINED.get(voice.labels.price_sources.get(scheme.key, ""))
        if key:
            found.setdefault(key, []).append(scheme.key)
    granted = [scheme.key for scheme in voice.facts.schemes if voice.facts.has_grant(scheme.key)]
    return {**found, _GRANT: granted} if granted else found
