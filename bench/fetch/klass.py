"""Municipalities and KOSTRA groups by year from Klass, Statistics Norway's classifications.

Source: Klass API guide (data.ssb.no/api/klass/v1/api-guide.html): ``changes``, ``codesAt`` and ``correspondsAt`` of
classifications 131 (municipalities) and 112 (KOSTRA groups).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from bench.errors import ResourceError
from bench.fetch.client import Answer, Client
from bench.fetch.municipalities import Change, Changes

KLASS = "https://data.ssb.no/api/klass/v1"
_MUNICIPALITIES, _GROUPS = 131, 112


class Klass:
    """Ask Klass.

    Parameters
    ----------
    client : Client
    server : str
    """

    def __init__(self, client: Client, server: str = KLASS):
        self._client, self.server = client, server.rstrip("/")
        self.answers: list[Answer] = []

    def changes(self, first: int, last: int) -> Changes:
        """Return every change of a municipality's code from the year after ``first`` to ``last``.

        A code that goes on and takes others in is no change of its own in Klass; it is found among the codes of the day
        before, so that a sum over the municipalities that became one counts all of them.
        """
        query = {"from": f"{first}-01-02", "to": f"{last}-01-02"}
        said = self._list(f"classifications/{_MUNICIPALITIES}/changes", query, "codeChanges")
        found = set()
        for part in said:
            old, new = part.get("oldCode"), part.get("newCode")
            if old and new:
                found.add(Change(date.fromisoformat(str(part["changeOccurred"])).year, str(old), str(new)))
        for year in sorted({change.year for change in found}):
            before = {"date": (date(year, 1, 1) - timedelta(days=1)).isoformat()}
            codes = self._list(f"classifications/{_MUNICIPALITIES}/codesAt", before, "codes")
            there = {str(part["code"]) for part in codes}
            found |= {Change(year, one.new, one.new) for one in found if one.year == year and one.new in there}
        return Changes(tuple(sorted(found)), "Klass 131")

    def groups(self, years: Sequence[int]) -> dict[tuple[str, int], str]:
        """Return the KOSTRA group of every municipality on 1 January of each year.

        Raises
        ------
        ResourceError
            When Klass has no table for a year.
        """
        found = {}
        for year in years:
            query = {"targetClassificationId": str(_GROUPS), "date": f"{year}-01-01"}
            path = f"classifications/{_MUNICIPALITIES}/correspondsAt"
            for part in self._list(path, query, "correspondenceItems", f"KOSTRA groups of {year}"):
                found[str(part["sourceCode"]), year] = str(part["targetCode"])
        return found

    def _list(self, path: str, query: dict[str, str], key: str, what: str = "") -> list[dict[str, Any]]:
        answer = self._client.get(f"{self.server}/{path}", query, missing=True)
        if answer is None:
            raise ResourceError(f"{self.server}/{path} has no {what or key} for {query}")
        self.answers.append(answer)
        try:
            return list(json.loads(answer.content)[key])
        except (ValueError, KeyError, TypeError):
            raise ResourceError(f"{answer.address} did not answer as Klass does: no {key!r}") from None
