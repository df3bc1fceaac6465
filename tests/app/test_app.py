from __future__ import annotations

import csv
import io
import os
import re
import signal
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest
from click.testing import CliRunner

pytest.importorskip("starlette")

from starlette.testclient import TestClient

import bench
from bench.app.command import KINDS, Asked
from bench.app.desk import MOST, Desk
from bench.app.forms import reading_of, settings_of, values_of
from bench.app.server import application
from bench.cli import main
from bench.errors import OptionError
from bench.modelfile import load_model
from bench.reading import read_units

TOKEN = "a-token-of-the-test"

TABLE = (
    "enhet;aar;kostnad;timer;besok\n"
    "Åsen;2024;900000;1000;200\nBakken;2024;1200000;1100;250\nÅsen;2025;950000;1020;210\nBakken;2025;1190000;1120;240\n"
)
ROLES = {"role:enhet": "id", "role:aar": "period", "role:kostnad": "cost", "role:timer": "outputs"}


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk()
    yield made
    made.close()
    assert not made.folder.exists()


def _client(desk: Desk, language: str = "nb", *, token: bool = True) -> TestClient:
    client = TestClient(application(desk, TOKEN, language), base_url="http://127.0.0.1:8000")
    if token:
        assert client.get("/", params={"token": TOKEN}).status_code == 200
    return client


def _wait(client: TestClient, desk: Desk, url: str) -> str:
    work = desk.works[url.rsplit("/", 1)[-1]]
    assert work.ended.wait(300), "the job does not end"
    return client.get(url).text


def _upload(client: TestClient, content: str | bytes, name: str = "klient.csv") -> Any:
    data = content.encode() if isinstance(content, str) else content
    return client.post("/files", files={"file": (name, data, "application/octet-stream")})


def _written(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def _unpacked(client: TestClient, key: str) -> dict[str, bytes]:
    archive = zipfile.ZipFile(io.BytesIO(client.get(f"/jobs/{key}/zip").content))
    return {name.split("/", 1)[1]: archive.read(name) for name in archive.namelist()}


# -- who is let in -------------------------------------------------------------------------------------------


def test_nobody_gets_in_without_the_token(desk: Desk) -> None:
    client = _client(desk, token=False)
    assert client.get("/").status_code == 403
    assert client.get("/", params={"token": "wrong"}).status_code == 403
    assert client.get("/", params={"token": "ø"}).status_code == 403
    assert _upload(client, TABLE).status_code == 403
    assert client.get("/progress.js").status_code == 403
    assert not desk.files


def test_another_host_or_page_gets_nothing(desk: Desk) -> None:
    client = _client(desk)
    for host in ("evil.example", "evil.example:8000", "127.0.0.1.evil.example:8000", "0.0.0.0:8000"):
        assert client.get("/", headers={"host": host}).status_code == 403
    for site in ("cross-site", "same-site"):  # a page on another port of this machine is of the same site
        assert client.post("/close", headers={"sec-fetch-site": site}).status_code == 403
        assert client.get("/", headers={"sec-fetch-site": site}).status_code == 403
    for origin in ("null", "http://127.0.0.1:9000", "https://127.0.0.1:8000"):
        assert client.post("/close", headers={"origin": origin}).status_code == 403
    assert client.post("/do/run", data={"model": "isf"}, headers={"origin": "http://evil.example"}).status_code == 403
    assert not desk.works


def test_two_windows_on_one_machine_have_cookies_of_their_own(desk: Desk) -> None:
    """A browser sends a cookie to every port of a machine: with one name the second window shuts the first one out."""
    client = _client(desk)
    assert [cookie.name for cookie in client.cookies.jar] == ["bench-8000"]


def test_a_page_may_reach_nothing_but_itself(desk: Desk) -> None:
    page = _client(desk).get("/")
    assert "default-src 'none'" in page.text
    assert "http://" not in page.text.replace("http-equiv", "")
    assert page.headers["x-frame-options"] == "DENY"
    assert page.headers["cross-origin-resource-policy"] == "same-origin"


def test_closing_deletes_everything_and_ends_the_server(desk: Desk) -> None:
    ended = []
    client = TestClient(application(desk, TOKEN, "nb", lambda: ended.append(True)), base_url="http://127.0.0.1:8000")
    client.get("/", params={"token": TOKEN})
    assert "slettet" in client.post("/close").text
    assert ended == [True]


def _opened(folder: Path) -> tuple[subprocess.Popen[str], str]:
    """The command itself, with uploads below ``folder``; the address it writes."""
    home = str(Path(bench.__file__).resolve().parents[1])
    process = subprocess.Popen(
        [sys.executable, "-m", "bench", "open", "--no-browser"],
        env={**os.environ, "PYTHONPATH": home, "TMPDIR": str(folder), "TEMP": str(folder), "TMP": str(folder)},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def _hand_in(address: str) -> None:
    """Hand in a table the moment the address is written: a browser may be quicker than the server."""
    with httpx.Client(follow_redirects=True, timeout=60) as client:
        assert client.get(address).status_code == 200
        assert client.post(address.split("/?")[0] + "/files", files={"file": ("a.csv", TABLE.encode())}).is_success


@pytest.mark.skipif(os.name == "nt", reason="signals of a terminal")
@pytest.mark.parametrize("ending", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_however_the_command_is_ended_the_uploads_are_deleted(ending: str, tmp_path: Path) -> None:
    process, address = _opened(tmp_path)
    _hand_in(address)
    assert list(tmp_path.glob("bench-open-*/*/a.csv"))
    process.send_signal(getattr(signal, ending))
    said = process.communicate(timeout=60)[0]
    assert not list(tmp_path.glob("bench-open-*"))
    assert "Traceback" not in said


@pytest.mark.skipif(os.name == "nt", reason="signals of a terminal")
def test_what_a_killed_session_left_is_deleted_by_the_next_and_a_living_one_is_let_be(tmp_path: Path) -> None:
    killed, address = _opened(tmp_path)
    _hand_in(address)
    killed.kill()
    killed.communicate(timeout=60)
    assert len(list(tmp_path.glob("bench-open-*/*/a.csv"))) == 1
    (tmp_path / "bench-open-mine").mkdir()  # of that name, and no session's
    first, address = _opened(tmp_path)
    _hand_in(address)
    second, _ = _opened(tmp_path)
    assert len(list(tmp_path.glob("bench-open-*/*/a.csv"))) == 1, "the killed one's is gone, the living one's is there"
    for process in (first, second):
        process.terminate()
        process.communicate(timeout=60)
    assert [path.name for path in tmp_path.glob("bench-open-*")] == ["bench-open-mine"]


# -- texts ---------------------------------------------------------------------------------------------------


def test_both_languages_have_the_same_texts_and_every_page_its_own() -> None:
    tables = [tomllib.loads(files("bench.app").joinpath(f"{n}.toml").read_text(encoding="utf-8")) for n in ("nb", "en")]
    assert list(tables[0]) == list(tables[1])
    assert not set(dir(dict)) & set(tables[0]), "a template would find the method instead of the text"
    for stage in ("reading", "solve", "settlement", "simulation", "comparison", "page", "workbook", "sources"):
        assert f"stage_{stage}" in tables[0]


@pytest.mark.parametrize("language", ["nb", "en"])
def test_every_form_is_shown_in_the_language(desk: Desk, language: str) -> None:
    client = _client(desk, language)
    _upload(client, TABLE)
    (found,) = desk.files.values()
    for kind in KINDS:
        page = client.get(f"/do/{kind}", params={"file": found.key})
        assert page.status_code == 200
        assert f'<html lang="{language}"' in page.text
        assert "built-in method" not in page.text
    back = client.post("/language/en", headers={"referer": f"http://127.0.0.1:8000/do/run?file={found.key}"})
    assert back.url.path == "/do/run"
    assert found.key in str(back.url)
    assert 'lang="en"' in back.text


# -- from a form to the command line -------------------------------------------------------------------------


def test_every_kind_becomes_the_words_that_its_command_takes(tmp_path: Path) -> None:
    """Click itself reads the words: an option that a command does not have is a usage error."""
    own = {"file": Path("klient.csv"), "mapping": Path("klient.csv.mapping.toml"), "settings": {"a.b": "1"}}
    for kind in KINDS:
        asked = Asked(kind, ("average-cost", "blended") if kind in ("compare", "advise") else ("average-cost",), **own)
        command = main.get_command(None, kind)  # type: ignore[arg-type]
        assert command is not None
        context = command.make_context(kind, [*asked.arguments()[1:], "--out", str(tmp_path / "out")])
        assert context.params["settings"] == {"a.b": "1"}
        assert context.params["mapping"] == "klient.csv.mapping.toml"


@pytest.mark.parametrize(("kind", "models"), [("run", ()), ("advise", ("unit-price",))])
def test_what_a_command_cannot_do_without_is_asked_for(kind: str, models: tuple[str, ...]) -> None:
    with pytest.raises(OptionError):
        Asked(kind, models).arguments()


def test_a_value_that_is_not_touched_is_not_set() -> None:
    known = values_of(load_model("kristiansand"), "nb")
    keep = next(value for value in known if value.key == "scheme.omsorg.settlement.keep_surplus")
    assert (keep.value, keep.status) == ("0,9", "documented")
    assert next(v for v in values_of(load_model("kristiansand"), "en") if v.key == keep.key).value == "0.9"
    shown = {f"set:{value.key}": value.value for value in known}
    assert settings_of(shown, known) == {}
    assert settings_of({**shown, f"set:{keep.key}": "0,5"}, known) == {keep.key: "0.5"}
    assert settings_of({**shown, "set": "a.b = 2\n\n"}, known) == {"a.b": "2"}
    with pytest.raises(OptionError, match="mye"):
        settings_of({**shown, f"set:{keep.key}": "mye"}, known)
    # What one language reads as a thousand and the other as one is refused, in either.
    with pytest.raises(OptionError, match="1000 or 1,000"):
        settings_of({**shown, f"set:{keep.key}": "1.000"}, known, "nb")
    with pytest.raises(OptionError, match=r"1250 or 1\.250"):
        settings_of({f"set:{keep.key}": "1,250"}, known, "en")
    with pytest.raises(OptionError, match="set twice"):
        settings_of({f"set:{keep.key}": "0.5", "set": f"{keep.key}=0.6"}, known)
    with pytest.raises(OptionError, match="KEY=VALUE"):
        settings_of({"set": "0.6"}, known)


def test_two_columns_cannot_both_name_the_unit() -> None:
    with pytest.raises(OptionError, match="cannot both be navnet på enheten"):
        reading_of([("role:a", "id"), ("role:b", "id")])


@pytest.mark.parametrize(
    ("field", "value"),
    [("scale:kostnad", "nan"), ("scale:kostnad", "1e999"), ("header", "inf"), ("header", "1,5"), ("year", "2024,5")],
)
def test_what_is_no_number_or_no_whole_one_is_refused(field: str, value: str) -> None:
    with pytest.raises(OptionError, match="number"):
        reading_of([(field, value)])


@pytest.mark.parametrize(("language", "wrong", "right"), [("nb", "1.000", "1000"), ("en", "1,000", "1 000")])
def test_a_factor_that_may_be_one_or_a_thousand_is_refused(language: str, wrong: str, right: str) -> None:
    with pytest.raises(OptionError, match="1000 or 1"):
        reading_of([("scale:kostnad", wrong)], language)
    assert reading_of([("scale:kostnad", right)], language)[0]["scale"] == {"kostnad": 1000.0}


# -- a file --------------------------------------------------------------------------------------------------


def test_a_problem_stands_in_its_cell_and_is_gone_when_the_column_is_not_used(desk: Desk) -> None:
    client = _client(desk)
    page = _upload(client, TABLE.replace("1100;250", "mye;250"))
    (found,) = desk.files.values()
    assert "mye" in page.text
    # The finding leads to its cell, and the name of a column to the field that says what it is.
    assert '<td id="cell--D3" class="bad"' in page.text
    assert '<a href="#cell--D3">' in page.text
    assert '<a href="#role-4">timer</a>' in page.text
    assert '<select id="role-4" name="role:timer"' in page.text
    assert not found.ready
    page = client.post(f"/files/{found.key}/reading", data={**ROLES, "role:timer": "", "role:besok": "outputs"})
    assert 'class="bad"' not in page.text
    assert found.ready
    assert found.proposal.mapping.roles.outputs == ["besok"]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_wrong_cell_is_corrected_in_the_window(desk: Desk, kind: str, tmp_path: Path) -> None:
    """The copy is then read as a file in which the owner had written the value."""
    client = _client(desk)
    rows = [line.split(";") for line in TABLE.replace("1100;250", "mye;250").splitlines()]
    if kind == "csv":
        content = "\n".join(";".join(row) for row in rows).encode()
    else:
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append([int(cell) if cell.isdigit() else cell for cell in row])
        book.save(tmp_path / "a.xlsx")
        content = (tmp_path / "a.xlsx").read_bytes()
    page = _upload(client, content, f"klient.{kind}")
    (found,) = desk.files.values()
    assert 'name="cell" value="D3"' in page.text
    sheet = "Sheet" if kind == "xlsx" else ""
    wrong = client.post(f"/files/{found.key}/cell", data={"sheet": sheet, "cell": "ZZ99", "value": "1"})
    assert wrong.status_code == 400
    assert 'role="alert"' in wrong.text
    page = client.post(f"/files/{found.key}/cell", data={"sheet": sheet, "cell": "D3", "value": "1100"})
    assert found.ready, page.text
    assert "D3: 1100" in page.text
    copy = tmp_path / f"copy.{kind}"
    copy.write_bytes(client.get(f"/files/{found.key}/copy").content)
    made = read_units(copy, id="enhet", period="aar", inputs=["kostnad"], outputs=["timer"])
    assert made.frame["timer"].tolist() == [1000.0, 1100.0, 1020.0, 1120.0]


@pytest.mark.parametrize(
    ("language", "said"), [("nb", "lagre den som xlsx eller csv"), ("en", "save it as xlsx or csv")]
)
def test_a_file_whose_cells_stay_closed_says_what_to_do(desk: Desk, language: str, said: str, tmp_path: Path) -> None:
    """A wrong cell of an ods workbook: the page says so, and the file saved as csv can be corrected there."""
    from odf.opendocument import OpenDocumentSpreadsheet
    from odf.table import Table, TableCell, TableRow
    from odf.text import P

    book, sheet = OpenDocumentSpreadsheet(), Table(name="Ark1")
    book.spreadsheet.addElement(sheet)
    for line in TABLE.replace("1100;250", "mye;250").splitlines():
        row = TableRow()
        sheet.addElement(row)
        for text in line.split(";"):
            kind = {"valuetype": "float", "value": text} if text.isdigit() else {"valuetype": "string"}
            cell = TableCell(**kind)
            cell.addElement(P(text=text))
            row.addElement(cell)
    book.save(str(tmp_path / "klient.ods"))
    client = _client(desk, language)
    page = _upload(client, (tmp_path / "klient.ods").read_bytes(), "klient.ods")
    assert said in page.text
    assert 'name="cell"' not in page.text
    assert "mye" in page.text
    page = _upload(client, TABLE.replace("1100;250", "mye;250"), "klient.csv")
    assert said not in page.text
    assert 'name="cell" value="D3"' in page.text


def test_a_finding_is_accepted_with_a_reason_that_stands_in_the_mapping(desk: Desk) -> None:
    client = _client(desk)
    page = _upload(client, TABLE.replace("Bakken;2025;1190000", "Bakken;2025;-1190000"))
    (found,) = desk.files.values()
    assert not found.ready
    assert 'name="reason:negative-value"' in page.text
    reason = 'ført "baklengs" i regnskapet'
    client.post(f"/files/{found.key}/reading", data={**ROLES, "reason:negative-value": reason})
    assert found.ready
    said = tomllib.loads(found.mapping.read_text(encoding="utf-8"))
    assert {"rule": "negative-value", "reason": reason} in said["accept"]


def _client_workbook(path: Path) -> bytes:
    """A workbook as a municipality sends it: a cover, two rows of headings, merged ones, numbers as text, totals."""
    book = openpyxl.Workbook()
    book.active.title = "Forside"
    book.active.append(["Rapportuttrekk", "helse og mestring"])
    sheet = book.create_sheet("Regnskap 2023–2024")
    for row in [["Fjordvik kommune"], ["Beløp i 1000 kr"], ["Enhet", "År", "Kostnader", "", "", "Produksjon"],
                ["", "", "Lønn", "Varer", "Internt nr.", "Timer"]]:  # fmt: skip
        sheet.append(row)
    for cells in ("A3:A4", "B3:B4", "C3:E3"):
        sheet.merge_cells(cells)
    sheet.column_dimensions["E"].hidden = True
    for year in (2023, 2024):
        for place, name in enumerate(("Åsen", "Bakken", "Østbyen")):
            sheet.append([name, year, f"{9 + place} {100 + year - 2023}", 700 + place, 4400 + place, f"1{place} 200"])
        sheet.append([f"Sum {year}", year, 30303, 2103, None, 33600])
    sheet["D6"] = "ca 700"
    book.save(path)
    return path.read_bytes()


def test_a_workbook_as_it_is_sent_is_read_by_choosing(desk: Desk, tmp_path: Path) -> None:
    client = _client(desk)
    page = _upload(client, _client_workbook(tmp_path / "a.xlsx"), "Fjordvik omsorg (utkast 3).xlsx")
    (found,) = desk.files.values()
    address = f"/files/{found.key}"
    assert found.proposal.report is not None
    assert found.proposal.report.sheet == "Regnskap 2023–2024"
    assert "rad 3–4" in page.text
    assert page.text.count('<tr class="head">') == 2
    assert "Tall som ikke er brukt: Varer, Internt nr.;" in page.text
    assert [part.unit for part in found.proposal.mapping.leave_out] == ["Sum 2023", "Sum 2024"]
    roles = {"role:Enhet": "id", "role:År": "period", "role:Lønn": "cost", "role:Varer": "cost"}
    answers = {**roles, "role:Timer": "outputs", "scale:Lønn": "1000", "was_out": ["Sum 2023", "Sum 2024"],
               "keep_out": ["Sum 2023", "Sum 2024"]}  # fmt: skip
    client.post(f"{address}/reading", data=answers)
    assert not found.ready, "one cost in thousands and one in kroner cannot be added unsaid"
    answers["scale:Varer"] = "1000"
    page = client.post(f"{address}/reading", data=answers)
    assert 'name="cell" value="D6"' in page.text
    page = client.post(f"{address}/cell", data={"sheet": "Regnskap 2023–2024", "cell": "D6", "value": "701"})
    assert found.ready, page.text
    assert 'name="role:Lønn + Varer"' not in page.text, "a sum is none of the file's columns"
    units = found.proposal.report.units
    assert units is not None
    first = units.frame.set_index(["Enhet", "År"]).loc[("Bakken", 2023)]
    assert first[found.proposal.mapping.columns()["cost"]] == (10_100 + 701) * 1000
    assert client.get(f"{address}/mapping").content == found.mapping.read_bytes()
    client.post(f"{address}/model", data={"name": "Fjordvik omsorg (utkast 3)"})
    (model,) = desk.models.values()
    assert model.path.name == "fjordvik-omsorg-utkast-3.toml"


def test_sheets_header_and_rows_are_chosen(desk: Desk, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Notater"
    book.active.append(["om", "tallene"])
    book.active.append(["a", 1])
    sheet = book.create_sheet("Regnskap")
    for row in [["Regnskap 2024"], ["enhet", "kostnad", "timer"], ["Nord", 100, 5], ["Sør", 200, 9], ["Sum", 300, 14]]:
        sheet.append(row)
    book.save(tmp_path / "a.xlsx")
    client = _client(desk)
    page = _upload(client, (tmp_path / "a.xlsx").read_bytes(), "a.xlsx")
    (found,) = desk.files.values()
    assert 'name="sheet" value="Regnskap" checked' in page.text
    assert [part.unit for part in found.proposal.mapping.leave_out] == ["Sum"]
    page = client.post(f"/files/{found.key}/reading", data={"sheet": "Notater", "was_sheet": "Regnskap"})
    assert found.proposal.report is not None
    assert found.proposal.report.sheet == "Notater"
    client.post(f"/files/{found.key}/reading", data={"sheet": "Regnskap"})
    client.post(f"/files/{found.key}/reading", data={"sheet": "Regnskap", "header": "3"})
    assert found.proposal.mapping.layout.header == 3
    client.post(f"/files/{found.key}/reading", data={"sheet": "Regnskap", "header": ""})
    answers = {"sheet": "Regnskap", "role:enhet": "id", "role:kostnad": "cost", "role:timer": "outputs", "year": "2024"}
    client.post(f"/files/{found.key}/reading", data={**answers, "was_out": "Sum", "keep_out": "Sum"})
    assert found.proposal.report.units is not None
    assert found.proposal.report.units.names == ("Nord", "Sør") or len(found.proposal.report.units) == 2
    client.post(f"/files/{found.key}/reading", data={**answers, "was_out": "Sum"})  # the tick is taken away
    assert len(found.proposal.report.units) == 3


def test_what_cannot_be_read_so_is_said_and_the_file_stays_as_it_was(desk: Desk) -> None:
    client = _client(desk)
    _upload(client, TABLE)
    (found,) = desk.files.values()
    before = found.mapping.read_text(encoding="utf-8")
    page = client.post(f"/files/{found.key}/reading", data={**ROLES, "scale:timer": "mange"})
    assert page.status_code == 400
    assert "mange" in page.text
    assert found.mapping.read_text(encoding="utf-8") == before


def test_several_files_at_once_and_deletion(desk: Desk) -> None:
    client = _client(desk)
    page = client.post("/files", files=[("file", ("a.csv", TABLE.encode())), ("file", ("b.csv", TABLE.encode()))])
    assert page.url.path == "/"
    assert sorted(f.path.name for f in desk.files.values()) == ["a.csv", "b.csv"]
    key, found = next(iter(desk.files.items()))
    client.post(f"/files/{key}/delete")
    assert key not in desk.files
    assert not found.path.exists()


def test_of_several_files_the_good_are_taken_and_the_bad_are_named(desk: Desk) -> None:
    client = _client(desk)
    page = client.post("/files", files=[("file", ("a.csv", TABLE.encode())), ("file", ("feil.toml", b"ingen modell"))])
    assert page.status_code == 400
    assert "feil.toml" in page.text
    assert [f.path.name for f in desk.files.values()] == ["a.csv"]
    assert len([p for p in desk.folder.iterdir() if p.is_dir()]) == 1, "what was refused is deleted"


def test_too_much_is_refused_with_words(desk: Desk) -> None:
    client = _client(desk, "en")
    page = client.post("/files", content=b"x", headers={"content-length": str(MOST + 1)})
    assert page.status_code == 413
    assert "larger than 200 MB" in page.text
    assert not list(desk.folder.iterdir())


def test_names_and_numbers_of_files_that_a_system_does_not_take_are_no_fault(desk: Desk) -> None:
    client = _client(desk)
    assert _upload(client, TABLE, "æ" * 300 + ".csv").status_code == 200
    (found,) = desk.files.values()
    assert found.path.suffix == ".csv"
    page = client.post("/files", files=[("file", (f"{k}.csv", TABLE.encode())) for k in range(60)])
    assert page.status_code == 200
    assert len(desk.files) == 61


@pytest.mark.parametrize(
    ("language", "said", "lost"),
    [("nb", "kan ikke åpnes", "Siden finnes ikke"), ("en", "cannot be opened", "There is no such page")],
)
def test_what_fails_is_told_on_a_page_in_the_language(desk: Desk, language: str, said: str, lost: str) -> None:
    client = _client(desk, language)
    page = _upload(client, b"PK\x03\x04junk", "skadet.xlsx")
    assert page.status_code == 400
    assert said in page.text
    assert ("problem in the data" in page.text) is False
    gone = client.get("/no-such-page")
    assert gone.status_code == 404
    assert lost in gone.text
    broken = client.post("/files", content=b"x", headers={"content-type": "multipart/form-data"})
    assert broken.status_code == 400
    assert 'role="alert"' in broken.text


def test_what_is_no_table_is_refused_with_words(desk: Desk) -> None:
    client = _client(desk)
    page = _upload(client, "", "tom.csv")
    assert "tom.csv" in page.text
    assert "Filen er tom" in page.text
    assert "/do/run?file=" not in page.text


# -- jobs ----------------------------------------------------------------------------------------------------


def test_no_file_of_the_zip_holds_a_formula_of_a_clients_text(desk: Desk) -> None:
    evil = ("=1+1", "@home")
    client = _client(desk)
    _upload(client, TABLE.replace("Åsen", evil[0]).replace("Bakken", evil[1]))
    (found,) = desk.files.values()
    started = client.post("/do/run", data={"model": "average-cost", "file": found.key, "languages": ["nb"]})
    _wait(client, desk, str(started.url.path))
    (work,) = desk.works.values()
    assert work.succeeded, work.warned
    made = {name: data for name, data in _unpacked(client, work.key).items() if not name.startswith("kilder/")}
    tables = {name: data.decode("utf-8-sig") for name, data in made.items() if name.endswith(".csv")}
    cells = {cell for text in tables.values() for row in csv.reader(io.StringIO(text), delimiter=";") for cell in row}
    assert {f"'{name}" for name in evil} <= cells
    assert not {*evil} & cells
    books = [openpyxl.load_workbook(io.BytesIO(data)) for name, data in made.items() if name.endswith(".xlsx")]
    kinds = {
        (cell.value, cell.data_type)
        for book in books
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if cell.value in evil
    }
    assert kinds == {(name, "s") for name in evil}


def test_the_zip_holds_the_bytes_of_the_command_line(desk: Desk, tmp_path: Path) -> None:
    client = _client(desk)
    _upload(client, TABLE)
    (found,) = desk.files.values()
    keep = "scheme.all.settlement.keep_surplus"
    form = {"model": "average-cost", "shown": "average-cost", "file": found.key, f"set:{keep}": "0,5"}
    started = client.post("/do/run", data={**form, "languages": ["nb", "en"]})
    text = _wait(client, desk, str(started.url.path))
    (work,) = desk.works.values()
    assert work.succeeded, work.warned
    assert str(desk.folder) not in text, "the window's own folders mean nothing to its user"
    made = _unpacked(client, work.key)
    out = tmp_path / "out"
    command = ["run", "average-cost", str(found.path), "--map", str(found.mapping), "--set", f"{keep}=0.5"]
    result = CliRunner().invoke(main, [*command, "--language", "nb,en", "--out", str(out)])
    assert result.exit_code == 0, result.output
    wanted = _written(out)
    assert set(made) == set(wanted)
    assert [name for name in made if made[name] != wanted[name]] == []
    assert dict(work.pages) == {"nb": "nb/rapport.html", "en": "en/report.html"}
    for page in work.pages.values():
        assert f"/result/{page}" in text
        assert client.get(f"/jobs/{work.key}/result/{page}").content == wanted[page]
    again = _unpacked(client, work.key)
    assert again == made


def test_an_error_of_the_engine_is_shown_in_words(desk: Desk) -> None:
    client = _client(desk, "en")
    started = client.post("/do/run", data={"model": "hospital-sharing", "set": "scheme.*.price.gane=1"})
    text = _wait(client, desk, str(started.url.path))
    (work,) = desk.works.values()
    assert work.finished
    assert not work.succeeded
    assert 'role="alert"' in text
    assert "gane" in text
    assert client.get(f"/jobs/{work.key}/zip").status_code == 404


def test_a_job_can_be_stopped_and_leaves_nothing(desk: Desk) -> None:
    client = _client(desk)
    started = client.post("/do/simulate", data={"model": "kristiansand", "draws": "100000"})
    (work,) = desk.works.values()
    assert "<progress" in started.text
    text = client.post(f"/jobs/{work.key}/cancel").text
    assert work.ended.wait(30)
    assert "Stoppet" in text
    assert list(work.folder.parent.iterdir()) == []
    assert client.get(f"/jobs/{work.key}/zip").status_code == 404
    client.post(f"/jobs/{work.key}/delete")
    assert not desk.works


def test_a_job_that_waits_is_stopped_at_once_and_the_one_before_it_goes_on(desk: Desk) -> None:
    client = _client(desk)
    form = {"model": "kristiansand", "draws": "300000"}
    addresses = [str(client.post("/do/simulate", data=form).url.path) for _ in range(2)]
    first, second = (desk.works[address.rsplit("/", 1)[-1]] for address in addresses)
    assert second.waiting
    assert "Stoppet" in client.post(f"{addresses[1]}/cancel").text
    assert second.finished
    assert not first.finished
    client.post(f"{addresses[0]}/cancel")
    assert first.ended.wait(30)


def test_a_double_click_runs_nothing_twice(desk: Desk) -> None:
    client = _client(desk)
    once = re.findall(r'name="once" value="(\w+)"', client.get("/do/simulate").text)[0]
    form = {"model": "kristiansand", "draws": "300000", "once": once}
    addresses = [client.post("/do/simulate", data=form, follow_redirects=False).headers["location"] for _ in range(2)]
    assert addresses[0] == addresses[1]
    (work,) = desk.works.values()
    client.post(f"/jobs/{work.key}/cancel")
    assert once not in client.get("/do/simulate").text, "the form asked for anew is another"


def test_a_comparison_needs_two_models(desk: Desk) -> None:
    client = _client(desk, "en")
    page = client.post("/do/compare", data={"model": "kristiansand"})
    assert page.status_code == 400
    assert "at least one model" in page.text
    assert not desk.works


def test_another_model_shows_its_own_numbers(desk: Desk) -> None:
    client = _client(desk, "en")
    page = client.post("/do/run", data={"model": "hamar", "shown": "kristiansand", "look": "1"})
    assert not desk.works
    assert '<option value="hamar" selected>' in page.text
    assert "<details open>" in page.text


def test_a_name_cannot_leave_the_folder(desk: Desk) -> None:
    client = _client(desk)
    _upload(client, TABLE, "../../klient.csv")
    (found,) = desk.files.values()
    assert found.path.is_relative_to(desk.folder)
    started = client.post("/do/run", data={"model": "../../klient.csv", "file": found.key})
    assert started.status_code == 400
    work = desk.start("x", ["nb"], ["run", "hospital-sharing", "--language", "nb"])
    assert work.ended.wait(300)
    assert work.succeeded, work.warned
    for path in ("../../klient.csv", "%2e%2e/%2e%2e/etc/passwd", "/etc/passwd", "..%2f..%2fklient.csv"):
        assert "kostnad;timer" not in client.get(f"/jobs/{work.key}/result/{path}").text
    assert client.get(f"/jobs/{work.key}/result/no-such-file").status_code == 404


# -- a model of one's own ------------------------------------------------------------------------------------


def test_a_model_is_made_changed_and_run(desk: Desk, tmp_path: Path) -> None:
    client = _client(desk)
    _upload(client, TABLE)
    (found,) = desk.files.values()
    page = client.post(f"/files/{found.key}/model", data={"name": 'Min "modell"'})
    (model,) = desk.models.values()
    assert model.path.name == "min-modell.toml"
    out = tmp_path / "min-modell.toml"
    result = CliRunner().invoke(
        main,
        [
            *("new", str(found.path), "--map", str(found.mapping), "--out", str(out)),
            *("--language", "nb", "--title", 'Min "modell"'),
        ],
    )
    assert result.exit_code == 0, result.output
    assert model.path.read_bytes() == out.read_bytes()
    assert load_model(model.path).title("nb") == 'Min "modell"'
    text = model.path.read_text(encoding="utf-8")
    wrong = client.post(page.url.path, data={"text": text.replace("keep_surplus", "keep_surpluss")})
    assert wrong.status_code == 400
    assert "keep_surpluss" in wrong.text
    assert model.path.read_text(encoding="utf-8") == text
    changed = text.replace("value = 0.9", "value = 0.25")
    assert changed != text
    client.post(page.url.path, data={"text": changed.replace("\n", "\r\n")})
    assert model.path.read_text(encoding="utf-8") == changed
    started = client.post("/do/run", data={"model": f"own:{model.key}", "shown": f"own:{model.key}", "file": found.key})
    _wait(client, desk, str(started.url.path))
    (work,) = desk.works.values()
    assert work.succeeded, work.warned
    sources = [data for name, data in _unpacked(client, work.key).items() if name.startswith("kilder/")]
    assert changed.encode() in sources


def test_a_model_file_is_handed_in(desk: Desk) -> None:
    client = _client(desk)
    _upload(client, load_model("hamar").source, "egen.toml")
    (model,) = desk.models.values()
    assert "egen.toml" in client.get("/do/run").text
    page = _upload(client, "ikke en modell", "feil.toml")
    assert page.status_code == 400
    assert list(desk.models.values()) == [model]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["compare", "simulate", "advise"])
def test_what_is_played_forward_has_the_bytes_of_the_command_line(desk: Desk, kind: str, tmp_path: Path) -> None:
    client = _client(desk)
    _upload(client, TABLE)
    (found,) = desk.files.values()
    form = {"model": "average-cost", "file": found.key, "draws": "5", "seed": "3"}
    if kind != "simulate":
        form["others"] = "blended"
    started = client.post(f"/do/{kind}", data=form)
    assert started.status_code == 200, started.text
    _wait(client, desk, str(started.url.path))
    (work,) = desk.works.values()
    assert work.succeeded, work.warned
    assert work.pages
    told = client.get(str(started.url)).text
    assert str(desk.folder) not in told
    assert len(told) < 20_000, "what was found is told in short"
    models = {"compare": ["average-cost", "blended", "--file"], "simulate": ["average-cost"], "advise": []}[kind]
    command = [kind, *models, str(found.path), "--map", str(found.mapping), "--draws", "5", "--seed", "3"]
    command += ["--system", "blended"] if kind == "advise" else []
    result = CliRunner().invoke(main, [*command, "--language", "nb", "--out", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    made, wanted = _unpacked(client, work.key), _written(tmp_path / "out")
    assert set(made) == set(wanted)
    assert [name for name in made if made[name] != wanted[name]] == []


# -- what was understood -------------------------------------------------------------------------------------


def test_every_remark_of_a_proposal_has_its_sentence_in_bokmal() -> None:
    """The engine's own sentences, read from its source: what differs in them is any text."""
    import ast

    from bench.mapping import proposal
    from bench.report.words.findings import is_known

    tree = ast.parse(Path(proposal.__file__).read_text(encoding="utf-8"))
    said = []
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or call.func.attr != "append":
            continue
        if isinstance(call.func.value, ast.Name) and call.func.value.id == "comments":
            (text,) = call.args
            parts = text.values if isinstance(text, ast.JoinedStr) else [text]
            said.append("".join(str(p.value) if isinstance(p, ast.Constant) else "budget" for p in parts))
    assert len(said) > 12
    assert [text for text in said if not is_known(text, "nb")] == []


def test_remedies_name_the_fields_of_the_page() -> None:
    from bench.app.looking import in_fields

    assert in_fields("Say it under [roles].", "en") == "Say it below."
    assert "--" not in in_fields("accept 'total-row', or header=3, or leave_out='Sum'", "nb")


def test_a_problem_far_down_is_shown_and_the_rows_between_are_not(desk: Desk) -> None:
    rows = [f"E{k};2024;{1000 + k};{10 + k}" for k in range(3000)]
    rows[2500] = "E2500;2024;3500;mye"
    client = _client(desk)
    page = _upload(client, "enhet;aar;kostnad;timer\n" + "\n".join(rows))
    assert page.text.count("<tr>") < 60
    assert 'value="D2502"' in page.text


def test_names_of_a_file_are_never_markup(desk: Desk) -> None:
    evil = "<script>alert(1)</script>"
    client = _client(desk)
    page = _upload(client, TABLE.replace("Åsen", evil).replace("timer", '"<b onload=x>"'), f"{evil}.csv")
    assert page.status_code == 200
    assert evil not in page.text
    assert "<b onload" not in page.text
