"""The parts of a small model with two services, hours and visits: a test states only what it is about."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

import bench

_DATA = """
[data]
id = "enhet"
period = "aar"
cost = "kostnad"
"""
_SETTLED = """
[scheme.settlement]
keep_surplus = 1.0
carry_deficit = 1.0
"""
_SERVICES = {
    "timer": 'label = {{ nb = "Timer", en = "Hours" }}\nmeasure = {{ nb = "time", en = "hour" }}',
    "besok": 'label = {{ nb = "Besøk", en = "Visits" }}\nmeasure = {{ nb = "besøk", en = "visit" }}',
}


def template(
    sections: str,
    *,
    data: str = "",
    price: str | None = None,
    stage: str | None = None,
    hours: str = "",
    visits: str | None = "",
    scheme: str = "",
    more: str = "",
    name: str = "egen",
) -> str:
    """Return the text of a model with one scheme, to be filled in by ``format``: braces that stay are doubled.

    Parameters
    ----------
    sections : str
        What the test is about: frontier, norm, requirement, indexation, …
    data : str
        More of ``[data]``.
    price : str, optional
        Of ``[scheme.price]``. Without one the scheme has no price, and the model ends at its norms.
    stage : str, optional
        Of ``[meta]``, where it does not follow from that.
    hours, visits : str
        More of each service, such as its weight; no visits at all with None.
    scheme, more : str
        Further sections of the scheme, before its services, and of the model, after them.
    name : str
        Of the model.
    """
    last = ("norms" if price is None else None) if stage is None else stage
    head = f'[meta]\nname = "{name}"\ntitle = {{{{ nb = "Egen", en = "Own" }}}}' + (
        f'\nstage = "{last}"' if last else ""
    )
    parts = [head, _DATA + data, sections, '[[scheme]]\nid = "s"\nlabel = {{ nb = "S", en = "S" }}', scheme]
    if price is not None:
        parts.append(f"[scheme.price]\n{price}{_SETTLED}")
    for service, own in (("timer", hours), ("besok", visits)):
        if own is not None:
            parts.append(f'[[scheme.service]]\nid = "{service}"\n{_SERVICES[service]}\n{own}')
    return "\n".join([*parts, more]) + "\n"


def units(frame: pd.DataFrame, **more: Sequence[str]) -> bench.Units:
    """Return the units of a table with the columns of such a model; ``more`` are columns in other roles."""
    return bench.Units.from_frame(
        frame, id="enhet", period="aar", inputs=["kostnad"], outputs=["timer", "besok"], **more
    )
