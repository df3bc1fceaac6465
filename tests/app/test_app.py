from __future__ import annotations

import io
import time
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

pytest.importorskip("starlette")

from starlette.testclient import TestClient

from bench.app.desk import MOST, Desk
from bench.app.server import application
from bench.cli import main

TOKEN = "a-token-of-the-test"

TABLE = (
    "enhet;aar;kostnad;timer;besok\n"
    "Åsen;2024;900000;1000;200\nBakken;2024;1200000;1100;250\nÅsen;2025;950000;1020;210\nBakken;2025;1190000;1120;240\n"
)


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


def _wait(client: TestClient, url: str) -> str:
    for _ in range(600):
        text = client.get(url).text
        if "<progress" not in text:
            return text
        time.sleep(0.2)
    raise AssertionError("the job does not end")


def _upload(client: TestClient, content: str, name: str = "klient.csv") -> Any:
    return client.post("/files", files={"file": (name, content.encode(), "text/csv")})


def test_nobody_gets_in_without_the_token(desk: Desk) -> None:
    client = _client(desk, token=False)
    assert client.get("/").status_code == 403
    assert client.get("/", params={"token": "wrong"}).status_code == 403
    assert _upload(client, TABLE).status_code == 403
    assert not desk.files


def test_another_host_or_page_gets_nothing(desk: Desk) -> None:
    client = _client(desk)
    assert client.get("/", headers={"host": "evil.example"}).status_code == 403
    assert client.post("/run", data={"model": "isf"}, headers={"origin": "http://evil.example"}).status_code == 403
    assert not desk.works


def test_both_languages_have_the_same_texts() -> None:
    tables = [tomllib.loads(files("bench.app").joinpath(f"{n}.toml").read_text(encoding="utf-8")) for n in ("nb", "en")]
    assert list(tables[0]) == list(tables[1])


@pytest.mark.parametrize("language", ["nb", "en"])
def test_from_a_dropped_file_to_the_zip_with_the_bytes_of_the_command_line(
    desk: Desk, language: str, tmp_path: Path
) -> None:
    client = _client(desk, language)
    page = _upload(client, TABLE)
    assert page.status_code == 200
    (found,) = desk.files.values()
    assert f'lang="{language}"' in page.text
    assert found.proposal.mapping.roles.id == "enhet"
    started = client.post("/run", data={"model": "average-cost", "file": found.key, "set": ""})
    text = _wait(client, str(started.url.path))
    (work,) = desk.works.values()
    assert work.error is None, work.error
    assert work.page in text
    archive = zipfile.ZipFile(io.BytesIO(client.get(f"/jobs/{work.key}/zip").content))
    made = {name.split("/", 1)[1]: archive.read(name) for name in archive.namelist()}

    out = tmp_path / "out"
    command = ["run", "average-cost", str(found.path), "--map", str(found.mapping), "--out", str(out)]
    result = CliRunner().invoke(main, [*command, "--language", language])
    assert result.exit_code == 0, result.output
    wanted = {p.relative_to(out).as_posix(): p.read_bytes() for p in out.rglob("*") if p.is_file()}
    assert set(made) == set(wanted)
    assert [name for name in made if name != "manifest.json" and made[name] != wanted[name]] == []
    report = client.get(f"/jobs/{work.key}/result/{work.page}")
    assert report.content == wanted[work.page]


def test_a_problem_stands_in_its_cell_and_can_be_accepted_with_a_reason(desk: Desk) -> None:
    client = _client(desk)
    page = _upload(client, TABLE.replace("1100;250", "mye;250"))
    (found,) = desk.files.values()
    assert 'class="wrong"' in page.text
    assert "mye" in page.text
    assert found.proposal.report is not None
    assert found.proposal.report.errors
    answers = {"role:enhet": "id", "role:aar": "period", "role:kostnad": "cost", "role:besok": "outputs"}
    client.post(f"/files/{found.key}/roles", data=answers)
    assert not desk.files[found.key].proposal.report.errors
    assert desk.files[found.key].proposal.mapping.roles.outputs == ["besok"]


def test_several_files_at_once_and_deletion(desk: Desk) -> None:
    client = _client(desk)
    client.post("/files", files=[("file", ("a.csv", TABLE.encode())), ("file", ("b.csv", TABLE.encode()))])
    assert sorted(f.path.name for f in desk.files.values()) == ["a.csv", "b.csv"]
    key, found = next(iter(desk.files.items()))
    client.post(f"/files/{key}/delete")
    assert key not in desk.files
    assert not found.path.exists()


def test_too_much_is_refused_with_words(desk: Desk) -> None:
    client = _client(desk, "en")
    page = client.post("/files", content=b"x", headers={"content-length": str(MOST + 1)})
    assert page.status_code == 413
    assert "larger than 200 MB" in page.text


def test_a_name_cannot_leave_the_folder(desk: Desk) -> None:
    client = _client(desk)
    _upload(client, TABLE, "../../klient.csv")
    (found,) = desk.files.values()
    assert found.path.is_relative_to(desk.folder)
    started = client.post("/run", data={"model": "hospital-sharing"})
    _wait(client, str(started.url.path))
    (work,) = desk.works.values()
    for path in ("../../klient.csv", "%2e%2e/%2e%2e/etc/passwd", "/etc/passwd"):
        assert "kostnad;timer" not in client.get(f"/jobs/{work.key}/result/{path}").text
    assert client.get(f"/jobs/{work.key}/result/no-such-file").status_code == 404


def test_what_is_no_table_is_refused_with_words(desk: Desk) -> None:
    client = _client(desk)
    page = _upload(client, "", "tom.csv")
    assert "tom.csv" in page.text
    assert "the file is empty" in page.text


def test_a_job_can_be_stopped(desk: Desk) -> None:
    client = _client(desk)
    desk.runner(None, "kristiansand", {})
    work = desk.start("slow", "nb", lambda work: [work.progress("x", k, 1000) or time.sleep(0.01) for k in range(1000)])
    client.post(f"/jobs/{work.key}/cancel")
    text = _wait(client, f"/jobs/{work.key}")
    assert "Stoppet" in text
    assert client.get(f"/jobs/{work.key}/zip").status_code == 404


def test_an_error_of_the_engine_is_shown_in_words(desk: Desk) -> None:
    client = _client(desk, "en")
    started = client.post("/run", data={"model": "kristiansand", "set": "scheme.*.price.gane=1"})
    text = _wait(client, str(started.url.path))
    assert 'role="alert"' in text
    assert "gane" in text
