"""Peers as they may be published: shares of the norm, rounded, without what would tell another unit's cost."""

from __future__ import annotations

import pandas as pd

from bench.modelfile import Model
from bench.norms.publication import publishable_shares
from bench.results import COLUMNS, empty_frame


def published_peers(model: Model, peers: pd.DataFrame) -> pd.DataFrame:
    """Return the publishable version of a run's peers: columns of ``COLUMNS["published_peers"]``.

    Peers whose name is withheld are one row of their unit together, with the peer left empty.
    """
    rule = model.publication
    if rule is None or not len(peers):
        return empty_frame("published_peers")
    label = list(zip(peers["scheme"], peers["peer"], peers["peer_year"], strict=True))
    found = publishable_shares(peers["norm_share"].to_numpy(), label, step=rule.step, protection=rule.protection)
    frame = peers[["scheme", "unit", "year", "peer", "peer_year"]].assign(
        norm_share=found.share, exact=peers["norm_share"]
    )
    named = frame[found.named].drop(columns="exact")
    hidden = frame[~found.named].groupby(["scheme", "unit", "year"], sort=False)["exact"].sum().reset_index()
    hidden["norm_share"] = (hidden["exact"] / rule.step + 0.5).astype(int) * rule.step
    told = pd.concat([named, hidden.drop(columns="exact").assign(peer="", peer_year=0)], ignore_index=True)
    order = {
        key: place
        for place, key in enumerate(dict.fromkeys(zip(frame["scheme"], frame["unit"], frame["year"], strict=True)))
    }
    place = [order[key] for key in zip(told["scheme"], told["unit"], told["year"], strict=True)]
    told = told.assign(place=place).sort_values(["place", "norm_share"], ascending=[True, False], kind="stable")
    return told[list(COLUMNS["published_peers"])].reset_index(drop=True)
