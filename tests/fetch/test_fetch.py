"""Public statistics by ``bench fetch``, against an office on the loopback address whose numbers are known.

Counts of municipalities: Prop. 127 S (2021–2022), Table 3.1 (municipalities by county from 2024); 109 municipalities
became 43 on 1 January 2020 (Statistics Norway, «Store endringer i kommunekartet»); KS's list of large mergers.
"""

from __future__ import annotations

import csv
import json
import socket
from collections import Counter
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from fetch.office import amount, office

import bench
from bench.cli import main
from bench.errors import ResourceError
from bench.fetch import Client, Klass, PxWeb, bundled_changes
from bench.resources import dataset

SELECT = ["--select", "KOKart0000=AGD10", "--select", "ContentsCode=KOSbelop0000"]


@pytest.fixture
def server():
    with office() as running:
        yield running


@pytest.fixture
def fetched(server, tmp_path, monkeypatch):
    """Run ``bench fetch 12362`` in a folder of its own; the file it wrote is ``ut.json``."""
    monkeypatch.chdir(tmp_path)

    def call(*words, out="ut.json", code=0, select=SELECT):
        fixed = ["--server", server.pxweb, "--klass-server", server.klass, "--cache", "kept"]
        line = ["fetch", "12362", *fixed, *select, *([] if out is None else ["--out", out, "--overwrite"]), *words]
        answer = CliRunner().invoke(main, line)
        assert answer.exit_code == code, answer.output
        return answer.output

    return call


def cells(path="ut.json"):
    """Return the file's numbers by municipality, year and name of the column, read by the JSON-stat rules alone."""
    content = json.loads(Path(path).read_text(encoding="utf-8"))
    (places, years, what) = (content["dimension"][code]["category"] for code in content["id"])
    names = [what["label"][code] for code in what["index"]]
    width = len(names)
    return {
        (place, year, name): content["value"][(i * len(years["index"]) + j) * width + k]
        for i, place in enumerate(places["index"])
        for j, year in enumerate(years["index"])
        for k, name in enumerate(names)
    }


def belop(place, function, year):
    return amount(place, function, "AGD10", "KOSbelop0000", str(year))


# -- the numbers ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["v2", "v1"])
def test_numbers_and_measures_are_those_of_the_office(fetched, server, version):
    words = ["--municipalities", "4204,0301", "--years", "2022:2025", "--functions", "care"]
    fetched(*words, *(["--server", server.pxweb_1] if version == "v1" else []))
    found = cells()
    for place in ("4204", "0301"):
        for year in (2022, 2023, 2024, 2025):
            home = [belop(place, code, year) for code in (("254",) if year < 2024 else ("257", "258"))]
            assert found[place, str(year), "253 Helse- og omsorgstjenester i institusjon: Beløp (1000 kr)"] == belop(
                place, "253", year
            )
            assert found[place, str(year), "254 / 257 / 258: Beløp (1000 kr)"] == sum(home)
    assert len(found) == 2 * 4 * 4
    units = bench.read_units("ut.json", id="kommunenummer", period="aar", inputs=[next(iter(found))[2]], outputs=[])
    assert units.X.ravel()[0] == belop("4204", "234", 2022) * 1000


def test_provenance_names_table_question_time_licence_address_and_hash(fetched, server):
    fetched("--municipalities", "4204", "--years", "2024", "--functions", "253")
    said = json.loads(Path("ut.json").read_text(encoding="utf-8"))["extension"]["provenance"]
    assert said["table"] == "12362"
    assert said["server"] == server.pxweb
    assert said["licence"] == "https://www.ssb.no/en/diverse/lisens"
    assert said["updated"] == "2026-06-15T06:00:00Z"
    assert said["question"]["municipalities"] == ["4204"]
    assert said["answers"][0]["address"].startswith(f"{server.pxweb}/tables/12362/data?")
    assert len(said["answers"][0]["sha256"]) == 64
    assert datetime.fromisoformat(said["fetched"]) <= datetime.now(UTC)
    assert json.loads(said["answers"][0]["question"]) in server.questions


def test_a_renumbered_municipality_keeps_its_numbers(fetched):
    said = fetched("--municipalities", "3101", "--years", "2019:2025", "--functions", "253")
    codes = {year: "0101" if year < 2020 else "3001" if year < 2024 else "3101" for year in range(2019, 2026)}
    assert [value for _, value in sorted(cells().items())] == [belop(codes[y], "253", y) for y in range(2019, 2026)]
    assert "Other numbers in earlier years: 3101" in said


def test_a_merged_municipality_is_refused_summed_or_left_out(fetched):
    words = ["--municipalities", "4204,3101", "--years", "2019:2021", "--functions", "253"]
    said = fetched(*words, code=2)
    assert "4204 Kristiansand" in said
    assert "1001, 1017, 1018" in said
    assert "--changed sum" in said
    assert "years from 2020" in said
    fetched(*words, "--changed", "sum")
    name = "253 Helse- og omsorgstjenester i institusjon: Beløp (1000 kr)"
    assert cells()["4204", "2019", name] == sum(belop(code, "253", 2019) for code in ("1001", "1017", "1018"))
    assert cells()["4204", "2020", name] == belop("4204", "253", 2020)
    said = fetched(*words, "--changed", "leave-out")
    assert {place for place, *_ in cells()} == {"3101"}
    assert "4204 Kristiansand is left out" in said


def test_a_share_is_never_summed(fetched):
    per_head = ["--select", "KOKart0000=AGD10", "--select", "ContentsCode=KOSbelopinnbygge0000"]
    words = ["--municipalities", "4204", "--functions", "253", "--changed", "sum"]
    said = fetched(*words, "--years", "2019:2020", code=2, select=per_head)
    assert "no sum" in said
    assert "per innbygger" in said
    said = fetched("--municipalities", "4204", "--functions", "254", "--years", "2024", code=2, select=per_head)
    assert "257 + 258" in said
    fetched(*words, "--years", "2020:2023", select=per_head)


def test_a_divided_municipality_has_no_past(fetched):
    said = fetched("--municipalities", "1580", "--years", "2023:2024", "--functions", "253", code=2)
    assert "1507" in said
    assert "years from 2024" in said
    said = fetched("--municipalities", "1580", "--years", "2023:2024", "--functions", "253", "--changed", "sum", code=2)
    assert "no one can say" in said
    fetched("--municipalities", "1580", "--years", "2024", "--functions", "253")


def test_every_municipality_leaves_out_aggregates_and_those_that_ended(fetched):
    said = fetched("--municipalities", "all", "--years", "2024:2025", "--functions", "253")
    assert {place for place, *_ in cells()} == {"0301", "4204", "3101", "1508", "1580"}
    for code in ("EAK", "EAKUO", "EKA42", "EKG12"):
        assert code in said
    fetched("--municipalities", "all", "--years", "2021:2022", "--functions", "253")
    assert {place for place, *_ in cells()} == {"0301", "4204", "3001", "1507"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--municipalities", "EAK", "--years", "2024"], "aggregate"),
        (["--municipalities", "0101", "--years", "2024"], "ask for 3101"),
        (["--municipalities", "4205", "--years", "2024"], "no municipality 4205"),
        (["--municipalities", "4204", "--years", "2031"], "no value '2031'"),
        (["--municipalities", "4204", "--years", "2018:2024"], "--changes klass"),
        (["--municipalities", "4204", "--years", "2022:2024", "--functions", "257"], "--functions 254"),
        (["--municipalities", "4204", "--years", "2024", "--select", "KOKart=AGD10"], "did you mean 'KOKart0000'"),
        (["--municipalities", "4204", "--years", "2024", "--select", "ContentsCode=KOSbelop"], "KOSbelop0000"),
    ],
)
def test_what_is_not_there_is_named_with_what_is(fetched, words, said, tmp_path):
    functions = [] if "--functions" in words else ["--functions", "253"]
    assert said in fetched(*words, *functions, code=2)
    assert not (tmp_path / "ut.json").exists()


def test_a_variable_that_is_not_chosen_is_listed(fetched):
    said = fetched("--municipalities", "4204", "--years", "2024", "--functions", "253", code=2, select=[])
    assert "--select KOKart0000=VALUE" in said
    assert "AGD2 (Netto driftsutgifter)" in said
    assert "--select ContentsCode=VALUE" in said


# -- politeness ----------------------------------------------------------------------------------------------


def test_questions_keep_within_the_cells_of_a_call(fetched, server):
    server.cells = 10
    fetched("--municipalities", "4204,0301,3101", "--years", "2024:2025", "--functions", "care")
    sizes = []
    for question in server.questions:
        size = 1
        for part in question["selection"]:
            size *= len(part["valueCodes"])
        sizes.append(size)
    assert max(sizes) <= 10
    split = cells()
    server.cells = 800_000
    fetched("--municipalities", "4204,0301,3101", "--years", "2024:2025", "--functions", "care", "--refresh")
    assert cells() == split


@pytest.mark.parametrize("moment", ["2", "date"])
def test_a_server_that_puts_off_is_waited_for(server, tmp_path, moment):
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True) if moment == "date" else moment
    server.put_off = [(429, {"Retry-After": later}), (503, {})]
    waits = []
    client = Client(tmp_path, wait=waits.append)
    assert json.loads(client.get(f"{server.pxweb}/config").content)["maxDataCells"] == 800_000
    assert len(waits) == 2
    assert waits[0] == 2 if moment == "2" else 27 < waits[0] <= 30
    assert all(agent.startswith("stykkpris/") for agent in server.agents)


def test_too_long_a_wait_and_too_many_are_errors(server, tmp_path):
    server.put_off = [(429, {"Retry-After": "4000"})]
    with pytest.raises(ResourceError, match="4000 seconds"):
        Client(tmp_path, wait=lambda seconds: None).get(f"{server.pxweb}/config")
    server.put_off = [(503, {})] * 5
    with pytest.raises(ResourceError, match="5 times"):
        Client(tmp_path, wait=lambda seconds: None).get(f"{server.pxweb}/config")


def test_calls_keep_to_the_limit_the_server_states(server, tmp_path):
    server.headers = {"x-ratelimit-policy": "3;w=60s"}
    now, waits = [0.0], []

    def wait(seconds):
        waits.append(seconds)
        now[0] += seconds

    client = Client(tmp_path, wait=wait, clock=lambda: now[0])
    for number in range(7):
        client.get(f"{server.pxweb}/config", {"n": str(number)})
    assert waits == [60.0, 60.0]


# -- memory --------------------------------------------------------------------------------------------------


def test_what_was_fetched_once_needs_no_server_again(fetched, server, monkeypatch, tmp_path):
    words = ["--municipalities", "4204,3101", "--years", "2022:2024", "--functions", "care", "--groups"]
    fetched(*words)
    first = (tmp_path / "ut.json").read_bytes()
    asked = len(server.asked)

    def refused(*_):
        raise AssertionError("a network was used")

    monkeypatch.setattr(socket.socket, "connect", refused)
    fetched(*words, "--offline")
    fetched(*words)
    assert (tmp_path / "ut.json").read_bytes() == first
    assert len(server.asked) == asked
    assert "not been fetched before" in fetched(
        "--municipalities", "4204", "--years", "2021", *words[4:], "--offline", code=2
    )


def test_an_answer_that_was_changed_on_disk_is_asked_for_again(fetched, server, tmp_path):
    words = ["--municipalities", "4204", "--years", "2024", "--functions", "253"]
    fetched(*words)
    first = cells()
    for path in (tmp_path / "kept").glob("*.answer"):
        path.write_bytes(path.read_bytes().replace(b"1", b"2"))
    fetched(*words)
    assert cells() == first
    for path in (tmp_path / "kept").glob("*.answer"):
        path.write_bytes(b"{")
    fetched(*words, "--offline", code=2)


def test_an_unreachable_server_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    client = Client(tmp_path, wait=lambda seconds: None)
    with pytest.raises(ResourceError, match="cannot be reached"):
        PxWeb(client, f"http://127.0.0.1:{port}").configured()


def test_a_file_that_exists_is_kept(fetched, tmp_path):
    (tmp_path / "ut.json").write_text("mine", encoding="utf-8")
    line = ["fetch", "12362", "--municipalities", "4204", "--years", "2024", "--out", "ut.json"]
    answer = CliRunner().invoke(main, line)
    assert answer.exit_code == 2
    assert (tmp_path / "ut.json").read_text(encoding="utf-8") == "mine"


# -- municipalities and groups -------------------------------------------------------------------------------


def test_changes_count_as_the_public_record_says():
    """Prop. 127 S (2021–2022), Table 3.1; 109 municipalities became 43 on 1 January 2020."""
    rows = list(csv.DictReader(dataset("kommuner").path("data").open(encoding="utf-8"), delimiter=";"))
    new = {row["ny"] for row in rows if row["aar"] == "2024"}
    counties = Counter(code[:2] for code in new)
    assert [counties[code] for code in ("31", "32", "33", "39", "40", "55", "56")] == [12, 21, 18, 6, 17, 21, 18]
    of_2020 = Counter(code[:2] for code in {row["ny"] for row in rows if row["aar"] == "2020"})
    assert [of_2020[code] for code in ("34", "42", "46")] == [46, 25, 43]
    into = {}
    for row in rows:
        if row["aar"] == "2020":
            into.setdefault(row["ny"], set()).add(row["gammel"])
    merged = [old for old in into.values() if len(old) > 1]
    assert len(merged) == 43
    assert len(set().union(*merged)) == 109


@pytest.mark.parametrize(
    ("code", "parts"),
    [  # KS, «Sammenslåtte kommuner» (2021)
        ("4204", {"1001", "1017", "1018"}),
        ("3301", {"0602", "0625", "0711"}),
        ("1108", {"1129", "1102"}),
        ("1103", {"1103", "1141", "1142"}),
        ("5001", {"5001", "5030"}),
    ],
)
def test_large_mergers_are_those_that_are_known(code, parts):
    origin = bundled_changes().origin(code, 2024, 2019)
    assert (set(origin.codes), origin.kind, origin.year) == (parts, "merged", 2020)


def test_klass_gives_the_same_as_the_bundled_table(server, tmp_path):
    klass = Klass(Client(tmp_path), server.klass)
    found = klass.changes(2018, 2025)
    for code, now, then in (("4204", 2025, 2018), ("3101", 2025, 2019), ("1580", 2024, 2023), ("1580", 2024, 2019)):
        there, here = found.origin(code, now, then), bundled_changes().origin(code, now, then)
        assert (there.kind, there.year) == (here.kind, here.year)
    assert found.origin("4204", 2025, 2018) == bundled_changes().origin("4204", 2025, 2018)
    # Stavanger went on under its number and took Finnøy in: Klass lists one change, and the code was there before.
    assert found.origin("1103", 2025, 2019).codes == ("1103", "1141")


def test_years_before_the_bundled_table_come_from_klass(fetched):
    fetched("--municipalities", "4204", "--years", "2018:2020", "--functions", "253", "--changes", "klass",
            "--changed", "sum")  # fmt: skip
    assert len(cells()) == 3


def test_groups_of_each_year_stand_beside_the_numbers(fetched):
    fetched("--municipalities", "4204,3101", "--years", "2023:2024", "--functions", "253", "--groups")
    found = cells()
    assert found["4204", "2023", "KOSTRA-gruppe"] == "EKG12"
    assert found["3101", "2023", "KOSTRA-gruppe"] == found["3101", "2024", "KOSTRA-gruppe"] == "EKG11"
    said = fetched("--municipalities", "3101", "--years", "2019:2020", "--functions", "253", "--groups", code=2)
    assert "KOSTRA groups of 2019" in said


def test_the_table_is_described(fetched):
    said = fetched("--describe", out=None, select=[])
    assert "KOKfunksjon0000" in said
    assert "257 (Hjemmetjenester - personellbase)" in said
    assert "must be chosen" in said


# -- all the way ---------------------------------------------------------------------------------------------


def test_from_the_office_to_a_finished_folder(fetched, server, tmp_path, monkeypatch):
    """Fetch, then check, new, run and verify with every network shut."""
    said = fetched("--municipalities", "all", "--years", "2022:2025", "--functions", "253,261,234")
    last = said.splitlines()[-1].split()
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("a network was used"))
    runner = CliRunner()
    assert last[:2] == ["bench", "check"]
    assert runner.invoke(main, last[1:]).exit_code == 0
    names = [name for place, year, name in cells() if (place, year) == ("0301", "2022")]
    mapping = (
        f'[roles]\nid = "kommunenummer"\nperiod = "aar"\ncost = "{names[0]}"\noutputs = ["{names[1]}", "{names[2]}"]\n'
    )
    (tmp_path / "mapping.toml").write_text(mapping, encoding="utf-8")
    for line in (
        ["new", "ut.json", "--map", "mapping.toml", "--out", "modell.toml"],
        ["run", "modell.toml", "ut.json", "--map", "mapping.toml", "--out", "resultat"],
        ["verify", "resultat"],
    ):
        answer = runner.invoke(main, line)
        assert answer.exit_code == 0, answer.output
    assert (tmp_path / "resultat" / "manifest.json").is_file()
