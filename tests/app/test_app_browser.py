"""From a dropped file to the zip in a real browser, by the keyboard alone, in both languages."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("uvicorn")

import uvicorn
from report.report_access import axe, violations
from report.report_browser import Browser, browser
from report.report_office import needs_chromium

from bench.app.desk import MOST, Desk
from bench.app.server import application

pytestmark = [needs_chromium, pytest.mark.office]

TOKEN = "a-token-of-the-test"
TABLE = (
    "enhet;aar;kostnad;timer\n"
    "Åsen;2024;900000;1000\nBakken;2024;1200000;mye\nÅsen;2025;950000;1020\nBakken;2025;1190000;1120\n"
)

#: What the button of each step is called.
WORDS = {
    "nb": {
        "load": "Last inn",
        "correct": "Rett",
        "do": "Kjør en modell",
        "run": "Kjør",
        "zip": "Last ned mappen (zip)",
    },
    "en": {"load": "Load", "correct": "Correct", "do": "Run a model", "run": "Run", "zip": "Download the folder (zip)"},
}


class Served:
    """The app on a port of this machine."""

    def __init__(self, language: str) -> None:
        self.desk = Desk()
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listening.bind(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        self.server = uvicorn.Server(
            uvicorn.Config(application(self.desk, TOKEN, language, self.end), log_level="warning", access_log=False)
        )
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [listening]}, daemon=True)
        self.thread.start()

    def end(self) -> None:
        self.server.should_exit = True


@pytest.fixture
def serve() -> Iterator[object]:
    made: list[Served] = []

    def start(language: str) -> Served:
        made.append(Served(language))
        return made[-1]

    yield start
    for one in made:
        one.end()
        one.thread.join(20)
        one.desk.close()


def _focused(page: Browser) -> str:
    """What a screen reader would call what has the focus."""
    return str(
        page.run(
            "(e => (e.getAttribute('aria-label') || e.innerText || e.value || e.name || e.tagName).trim())"
            "(document.activeElement)"
        )
    )


def _to(page: Browser, name: str, *, most: int = 120) -> None:
    """Press Tab until something of that name has the focus, and see that the focus shows."""
    passed = []
    for _ in range(most):
        page.press("Tab")
        found = _focused(page)
        if found == name:
            outline = page.run("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", f"{name!r} has the focus and does not show it"
            return
        passed.append(found)
    raise AssertionError(f"Tab does not reach {name!r}; it passes {passed}")


def _enter(page: Browser) -> None:
    """Press Enter and wait for the page that it leads to."""
    page.told.clear()
    page.press("Enter")
    page.loaded()


def _sound(page: Browser, step: str) -> None:
    """Nothing is cut off at 390 px, and nothing is in the way of those who see little, in either width."""
    for width in (390, 1280):
        page.resize(width)
        assert page.run("document.documentElement.scrollWidth") <= width, f"{step} is wider than {width} px"
        assert violations(page) == [], step
        found = axe(page)
        assert found in (None, []), (step, found)
    folder = os.environ.get("PICTURES")
    if folder:
        page.picture(Path(folder) / f"{step}.png")
        page.resize(390)
        page.picture(Path(folder) / f"{step}-390.png")
        page.resize(1280)


@pytest.mark.slow
@pytest.mark.parametrize("language", ["nb", "en"])
def test_from_file_to_zip_by_the_keyboard_alone(serve, language: str, tmp_path: Path) -> None:
    words = WORDS[language]
    source = tmp_path / "klient.csv"
    source.write_text(TABLE, encoding="utf-8")
    app = serve(language)
    with browser(tmp_path / "profile") as page:
        page.ask("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path / "got"))
        page.open(f"{app.address}/?token={TOKEN}")
        _sound(page, f"{language}-1-home")
        page.choose_files("#file", [source])
        _to(page, words["load"])
        _enter(page)
        _sound(page, f"{language}-2-file")
        assert page.run("document.querySelectorAll('td.bad').length") == 1
        _to(page, words["correct"])
        page.press("Tab", shift=True)
        page.type("1100")
        _enter(page)
        assert page.run("document.querySelectorAll('td.bad').length") == 0
        _sound(page, f"{language}-3-corrected")
        _to(page, words["do"])
        _enter(page)
        _sound(page, f"{language}-4-ask")
        _to(page, words["run"])
        _enter(page)
        for _ in range(600):
            if page.run("document.readyState === 'complete' && !document.querySelector('progress')"):
                break
            time.sleep(0.2)
        _sound(page, f"{language}-5-done")
        _to(page, words["zip"])
        page.press("Enter")
        (work,) = app.desk.works.values()
        assert work.succeeded, work.warned
        got = _downloaded(tmp_path / "got")
        assert got.read_bytes() == work.zipped()
        assert any(name.endswith("manifest.json") for name in zipfile.ZipFile(got).namelist())
        urls = [event["params"]["request"]["url"] for event in page.told if event.get("method") == _REQUEST]
        assert [url for url in urls if not url.startswith((app.address, "data:"))] == []


_REQUEST = "Network.requestWillBeSent"


def _downloaded(folder: Path) -> Path:
    for _ in range(100):
        found = [path for path in folder.glob("*.zip") if path.stat().st_size] if folder.is_dir() else []
        if found:
            return found[0]
        time.sleep(0.1)
    raise AssertionError("nothing was downloaded")


@pytest.mark.parametrize("language", ["nb", "en"])
def test_every_form_is_sound_in_the_browser(serve, language: str, tmp_path: Path) -> None:
    """The steps before a run, which cost no engine: reached, read and kept by the keyboard in the gate."""
    words = WORDS[language]
    source = tmp_path / "klient.csv"
    source.write_text(TABLE, encoding="utf-8")
    app = serve(language)
    with browser(tmp_path / "profile") as page:
        page.open(f"{app.address}/?token={TOKEN}")
        page.choose_files("#file", [source])
        _to(page, words["load"])
        _enter(page)
        _sound(page, f"{language}-file")
        (found,) = app.desk.files.values()
        for kind in ("run", "compare", "simulate", "advise"):
            page.open(f"{app.address}/do/{kind}?file={found.key}")
            page.run("document.querySelectorAll('details').forEach(one => { one.open = true; })")
            _sound(page, f"{language}-{kind}")
        assert page.errors() == [] or all(one.startswith(app.address) for one in page.errors())


def test_too_large_a_file_is_refused_with_words_that_the_browser_shows(serve, tmp_path: Path) -> None:
    """A server that answers before it has listened makes a browser show an error of its own instead."""
    large = tmp_path / "stor.csv"
    with large.open("wb") as out:
        out.truncate(MOST + 1)
    app = serve("nb")
    with browser(tmp_path / "profile") as page:
        page.open(f"{app.address}/?token={TOKEN}")
        page.choose_files("#file", [large])
        _to(page, WORDS["nb"]["load"])
        _enter(page)
        assert "større enn 200 MB" in page.run("document.querySelector('[role=alert]').innerText")
    assert not app.desk.files


def _drop(page: Browser, paths: list[Path], at: str) -> None:
    """Drop files on something of the page, as a hand does that brings them from a folder."""
    box = json.loads(page.run(f"JSON.stringify(document.querySelector('{at}').getBoundingClientRect())"))
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        page.ask("Input.dispatchDragEvent", type=kind, x=box["x"] + 5, y=box["y"] + 5, data=data)


def test_files_are_dropped_anywhere_and_never_shown_instead_of_the_page(serve, tmp_path: Path) -> None:
    sources = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for source in sources:
        source.write_text(TABLE, encoding="utf-8")
    app = serve("nb")
    with browser(tmp_path / "profile") as page:
        page.open(f"{app.address}/?token={TOKEN}")
        page.told.clear()
        _drop(page, sources, "h1")
        page.loaded()
        assert sorted(found.path.name for found in app.desk.files.values()) == ["a.csv", "b.csv"]
        (key, *_) = app.desk.files
        page.open(f"{app.address}/files/{key}")
        _drop(page, sources, "h1")  # where no file is asked for
        time.sleep(0.3)
        assert page.run("location.pathname") == f"/files/{key}"
        assert len(app.desk.files) == 2


def _shown(page: Browser, what: str) -> bool:
    """Wait until something stands on the page: a tab's events are not told from those of another one."""
    for _ in range(200):
        if page.run(f"!!document.querySelector('{what}')"):
            return True
        time.sleep(0.05)
    return False


def test_a_job_is_looked_at_from_two_tabs_loaded_anew_left_and_stopped(serve, tmp_path: Path) -> None:
    app = serve("nb")
    with browser(tmp_path / "profile") as page:
        page.open(f"{app.address}/?token={TOKEN}")
        page.open(f"{app.address}/do/simulate")
        page.run("document.querySelector('[name=draws]').value = '300000'")
        _to(page, "Simuler")
        _enter(page)
        (work,) = app.desk.works.values()
        address = f"{app.address}/jobs/{work.key}"
        page.open(address)  # loaded anew
        assert page.run("!!document.querySelector('progress')")
        first, tab = page._session, page.ask("Target.createTarget", url="about:blank")["targetId"]
        page._session = page.ask("Target.attachToTarget", targetId=tab, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            page.ask(f"{domain}.enable")
        page.open(address)
        assert _shown(page, "progress")
        page._session = first
        entries = page.ask("Page.getNavigationHistory")["entries"]
        form = next(entry for entry in entries if entry["url"].endswith("/do/simulate"))
        page.ask("Page.navigateToHistoryEntry", entryId=form["id"])  # the back button; the page may be as it was left
        assert _shown(page, "[name=draws]")
        assert page.run("location.pathname") == "/do/simulate"
        assert len(app.desk.works) == 1
        page.open(address)
        _to(page, "Stopp")
        _enter(page)
        assert "Ingenting er skrevet" in page.run("document.querySelector('[role=status]').innerText")
        assert list(work.folder.parent.iterdir()) == []


def test_a_window_that_is_gone_says_so(serve, tmp_path: Path) -> None:
    app = serve("en")
    with browser(tmp_path / "profile") as page:
        page.open(f"{app.address}/?token={TOKEN}")
        work = app.desk.start("x", ["en"], ["simulate", "kristiansand", "--draws", "100000", "--language", "en"])
        page.open(f"{app.address}/jobs/{work.key}")
        work.stop()
        app.end()
        app.server.force_exit = True
        app.thread.join(20)
        for _ in range(100):
            if page.run("!!document.querySelector('.error[data-state]')"):
                break
            time.sleep(0.2)
        assert "does not answer" in page.run("document.querySelector('.error').innerText")


def test_the_report_opens_from_the_window(serve, tmp_path: Path) -> None:
    """A page of a result has scripts of its own, which the window's rules for its own pages must not stop."""
    app = serve("en")
    work = app.desk.start("x", ["en"], ["run", "hospital-sharing", "--language", "en"])
    assert work.ended.wait(300)
    with browser(tmp_path / "profile") as page:
        page.open(f"{app.address}/?token={TOKEN}")
        page.open(f"{app.address}/jobs/{work.key}/result/{work.pages['en']}")
        assert page.run("document.querySelector('h1').innerText")
        told = [one for one in page.errors() if not one.startswith(app.address)]
        assert told == [], json.dumps(told)
