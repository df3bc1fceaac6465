"""A statistical office on the loopback address: PxWeb versions 1 and 2 and Klass, with made-up numbers.

Its answers have the forms that the interfaces document (PxWebApi 2 and 1, Klass API guide); the numbers come from
``amount`` below, which the tests compute again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlparse

NAMES = {
    "EAK": "Landet", "EAKUO": "Landet uten Oslo", "EKA42": "Agder", "EKG12": "KOSTRA-gruppe 12",
    "0301": "Oslo", "1001": "Kristiansand (-2019)", "1017": "Songdalen (-2019)", "1018": "Søgne (-2019)",
    "4204": "Kristiansand", "0101": "Halden (-2019)", "3001": "Halden (2020-2023)", "3101": "Halden",
    "1507": "Ålesund (2020-2023)", "1508": "Ålesund", "1580": "Haram", "9999": "Uoppgitt",
}  # fmt: skip
FUNCTIONS = {
    "234": "Aktivisering og servicetjenester", "253": "Helse- og omsorgstjenester i institusjon",
    "254": "Hjemmetjenester (-2023)", "257": "Hjemmetjenester - personellbase", "258": "Hjemmetjenester - ambulerende",
    "261": "Institusjonslokaler",
}  # fmt: skip
ARTS = {"AGD10": "Brutto driftsutgifter", "AGD2": "Netto driftsutgifter"}
CONTENTS = {"KOSbelop0000": "Beløp (1000 kr)", "KOSbelopinnbygge0000": "Beløp per innbygger (kr)"}
UNITS = {"KOSbelop0000": "1000 kr", "KOSbelopinnbygge0000": "kr"}
YEARS = [str(year) for year in range(2018, 2026)]
LIVED = {
    "1001": (0, 2019), "1017": (0, 2019), "1018": (0, 2019), "4204": (2020, 9999), "0101": (0, 2019),
    "3001": (2020, 2023), "3101": (2024, 9999), "1507": (2020, 2023), "1508": (2024, 9999), "1580": (2024, 9999),
}  # fmt: skip
VARIABLES = {
    "KOKkommuneregion0000": ("region", NAMES),
    "KOKfunksjon0000": ("funksjon", FUNCTIONS),
    "KOKart0000": ("art", ARTS),
    "ContentsCode": ("statistikkvariabel", CONTENTS),
    "Tid": ("år", {year: year for year in YEARS}),
}
CHANGES = [
    ("2020-01-01", "1001", "4204"), ("2020-01-01", "1017", "4204"), ("2020-01-01", "1018", "4204"),
    ("2020-01-01", "0101", "3001"), ("2020-01-01", "1129", "1108"), ("2020-01-01", "1102", "1108"),
    ("2020-01-01", "1141", "1103"), ("2024-01-01", "3001", "3101"), ("2024-01-01", "1507", "1508"),
    ("2024-01-01", "1507", "1580"),
]  # fmt: skip


def amount(place: str, function: str, art: str, contents: str, year: str) -> float | None:
    """Return the made-up number of a cell; None where a code was not in use."""
    first, last = LIVED.get(place, (0, 9999))
    spans = {"254": (0, 2023), "257": (2024, 9999), "258": (2024, 9999)}
    begins, ends = spans.get(function, (0, 9999))
    if not (first <= int(year) <= last and begins <= int(year) <= ends):
        return None
    size = sum(map(ord, place)) * 100 + int(function) + (1 if art == "AGD2" else 0)
    return size * 10 + int(year) if contents == "KOSbelop0000" else size / 8


def dataset(choice: dict[str, list[str]], *, values: bool = True) -> dict[str, Any]:
    """Return a JSON-stat 2.0 data set of a choice of values."""
    order = list(VARIABLES)
    dimension = {}
    for code in order:
        text, names = VARIABLES[code]
        category: dict[str, Any] = {
            "index": {value: place for place, value in enumerate(choice[code])},
            "label": {value: names[value] for value in choice[code]},
        }
        if code == "ContentsCode":
            category["unit"] = {value: {"base": UNITS[value], "decimals": 0} for value in choice[code]}
        dimension[code] = {"label": text, "category": category, "extension": {"elimination": False}}
    made: dict[str, Any] = {
        "version": "2.0", "class": "dataset", "source": "Statistisk sentralbyrå", "updated": "2026-06-15T06:00:00Z",
        "label": "12362: Utgifter til tjenesteområdene, kommunekonsern, etter region, funksjon, art, innhold og år",
        "role": {"time": ["Tid"], "geo": ["KOKkommuneregion0000"], "metric": ["ContentsCode"]},
        "id": order, "size": [len(choice[code]) for code in order], "dimension": dimension,
    }  # fmt: skip
    if values:
        cells = [amount(*key[:4], key[4]) for key in product(*(choice[code] for code in order))]
        made["value"] = cells
        made["status"] = {str(place): "." for place, cell in enumerate(cells) if cell is None}
    return made


@dataclass
class Office:
    """What the server does, and what it was asked."""

    address: str = ""
    cells: int = 800_000
    put_off: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)

    @property
    def pxweb(self) -> str:
        return f"{self.address}/pxwebapi/v2"

    @property
    def pxweb_1(self) -> str:
        return f"{self.address}/v0/no/table"

    @property
    def klass(self) -> str:
        return f"{self.address}/klass/v1"

    @property
    def questions(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, _, body in self.asked if body]


def _answer(office: Office, path: str, body: str) -> tuple[int, Any]:
    parts = urlparse(path)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    route = parts.path
    whole = {code: list(names) for code, (_, names) in VARIABLES.items()}
    if route == "/pxwebapi/v2/config":
        said = {"maxDataCells": office.cells, "maxCallsPerTimeWindow": 0, "timeWindow": 0}
        return 200, {**said, "license": "https://www.ssb.no/en/diverse/lisens", "apiVersion": "2.3.2"}
    if route == "/pxwebapi/v2/tables/12362/metadata":
        return 200, dataset(whole, values=False)
    if route == "/pxwebapi/v2/tables/12362/data":
        choice = {part["variableCode"]: part["valueCodes"] for part in json.loads(body)["selection"]}
        size = 1
        for values in choice.values():
            size *= len(values)
        if size > office.cells:
            return 400, {"type": "Parameter error", "title": "Too many cells selected", "status": 400}
        return 200, dataset(choice)
    if route == "/v0/no/table/" and parts.query.startswith("config"):
        return 200, {
            "maxValues": office.cells,
            "maxCells": office.cells,
            "maxCalls": 30,
            "timeWindow": 10,
            "CORS": True,
        }
    if route == "/v0/no/table/12362" and not body:
        variables = [
            {"code": code, "text": text, "values": list(names), "valueTexts": list(names.values())}
            | ({"time": True} if code == "Tid" else {})
            for code, (text, names) in VARIABLES.items()
        ]
        return 200, {"title": "12362: Utgifter til tjenesteområdene", "variables": variables}
    if route == "/v0/no/table/12362":
        asked = json.loads(body)
        assert asked["response"] == {"format": "json-stat2"}
        return 200, dataset({part["code"]: part["selection"]["values"] for part in asked["query"]})
    if route == "/klass/v1/classifications/131/changes":
        changes = [
            {"oldCode": old, "oldName": old, "oldShortName": "", "newCode": new, "newName": new, "newShortName": "",
             "changeOccurred": day}
            for day, old, new in CHANGES if query["from"] <= day < query["to"]
        ]  # fmt: skip
        return 200, {"codeChanges": changes}
    if route == "/klass/v1/classifications/131/codesAt":
        year = int(query["date"][:4])
        codes = [code for code, (first, last) in LIVED.items() if first <= year <= last] + ["0301", "1103"]
        return 200, {"codes": [{"code": code, "level": "1", "name": code} for code in codes]}
    if route == "/klass/v1/classifications/131/correspondsAt" and query["targetClassificationId"] == "112":
        if query["date"] < "2020":
            return 404, {"error": "Not Found", "message": "no correspondence table"}
        groups = {"4204": "EKG12", "3001": "EKG11", "3101": "EKG11", "0301": "EKG13"}
        return 200, {"correspondenceItems": [
            {"sourceCode": code, "sourceName": code, "sourceShortName": "", "targetCode": group, "targetName": group,
             "targetShortName": ""}
            for code, group in groups.items()
        ]}  # fmt: skip
    return 404, {"type": "Parameter error", "title": "Non-existent table", "status": 404}


@contextmanager
def office() -> Iterator[Office]:
    """Run the office until the block ends."""
    state = Office()

    class Handler(BaseHTTPRequestHandler):
        def _reply(self, body: str) -> None:
            state.asked.append((self.command, self.path, body))
            state.agents.add(self.headers.get("User-Agent", ""))
            extra: dict[str, str] = dict(state.headers)
            if state.put_off:
                code, more = state.put_off.pop(0)
                said: Any = {"title": "Too Many Requests"}
                extra |= more
            else:
                code, said = _answer(state, self.path, body)
            content = json.dumps(said, ensure_ascii=False).encode()
            self.send_response(code)
            for name, value in {"Content-Type": "application/json", **extra}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self) -> None:
            self._reply("")

        def do_POST(self) -> None:
            self._reply(self.rfile.read(int(self.headers["Content-Length"])).decode())

        def log_message(self, *parts: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
