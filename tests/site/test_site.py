"""The guide as a folder: every link leads somewhere, it is searched without a network, and what it says runs."""

from __future__ import annotations

import contextlib
import json
import re
import shlex
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner
from report.report_access import axe, violations
from report.report_browser import Browser, browser
from report.report_office import needs_chromium

import bench
from bench import resources
from bench.cli import main
from bench.site import build_site
from bench.site.build import guide_pages
from bench.site.words import TRADE, WORDS

PAGES = Path(bench.__file__).parent / "site" / "pages"
_FENCE = re.compile(r"^```(?P<kind>\w+)\n(?P<code>.*?)^```", re.MULTILINE | re.DOTALL)
_OURS = re.compile(r"\bbench\$([A-Za-z_]+)")
_CHAINED = re.compile(r"\b(units|found|model|result)\$([A-Za-z_]+)")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_site(tmp_path_factory.mktemp("site") / "guide")


class _Links(HTMLParser):
    def __init__(self, text: str):
        super().__init__()
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.links += [str(found[name]) for name in ("href", "src", "srcset") if found.get(name)]
        if found.get("id"):
            self.ids.add(str(found["id"]))


def test_every_page_is_there_and_every_link_leads_somewhere(site: Path) -> None:
    pages = {path: _Links(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}
    assert {path.stem for path in (site / "nb" / "guide").iterdir()} == set(guide_pages())
    for language in ("nb", "en"):
        assert {path.stem for path in (site / language / "models").iterdir()} == set(resources.model_names())
    broken, outward = [], []
    for path, page in pages.items():
        for link in page.links:
            if link.startswith(("http:", "https:", "//", "mailto:")):
                outward.append(link)
                continue
            name, _, anchor = link.partition("#")
            target = (path.parent / name).resolve() if name else path
            if not target.is_file() or (anchor and anchor not in pages[target].ids):
                broken.append((path.relative_to(site).as_posix(), link))
    assert broken == []
    assert not [link for link in outward if "cdn" in link or link.endswith((".js", ".css"))]


def test_a_method_named_in_the_text_is_a_link_to_its_page(site: Path) -> None:
    text = (site / "en" / "r.html").read_text(encoding="utf-8")
    assert '<a href="guide/dea.html">' in text
    model = (site / "nb" / "models" / "kristiansand.html").read_text(encoding="utf-8")
    assert '<a href="../guide/dea.html"><code>bench explain dea</code></a>' in model


def test_the_gallery_is_drawn_by_the_engine_in_both_languages(site: Path) -> None:
    counts = {}
    for language in ("nb", "en"):
        text = (site / language / "gallery.html").read_text(encoding="utf-8")
        counts[language] = text.count("<figure>")
        for command in re.findall(r"<code>(bench [^<]*)</code>", text):
            words = shlex.split(command)
            made = main.get_command(None, words[1])  # type: ignore[arg-type]
            assert made is not None
            made.make_context(words[1], words[2:])
    assert counts["nb"] == counts["en"] > 10


def test_a_taken_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "mine.txt").write_text("x")
    result = CliRunner().invoke(main, ["explain", "--site", str(tmp_path / "old")])
    assert result.exit_code == 2
    assert sorted(path.name for path in (tmp_path / "old").iterdir()) == ["mine.txt"]
    assert CliRunner().invoke(main, ["explain", "dea", "--site", str(tmp_path / "new")]).exit_code == 2


@needs_chromium
@pytest.mark.office
def test_it_is_searched_read_and_walked_without_a_network(site: Path, tmp_path: Path) -> None:
    with browser(tmp_path / "profile") as page:
        for language, word, wanted in (("en", "stoned", "guide/stoned.html"), ("nb", "hamar", "models/hamar.html")):
            page.open(site / language / "index.html")
            page.run("document.getElementById('search').focus()")
            page.type(word)
            assert page.run("document.querySelector('#found a').getAttribute('href')") == wanted
            assert page.run("document.getElementById('said').innerText").endswith(WORDS[language]["hits"])
            page.type("zzzz")
            assert page.run("document.getElementById('said').innerText") == WORDS[language]["none"]
            assert page.errors() == []
            for name in ("index.html", "guide/dea.html", "models/kristiansand.html", "gallery.html", "r.html"):
                page.open(site / language / name, width=390)
                assert page.run("document.documentElement.scrollWidth") <= 390, name
                assert violations(page) == [], name
                assert page.errors() == []
                assert axe(page) in (None, []), name


#: Words as people write them, the page they must find among the first, and the language of the site.
SOUGHT = [
    ("nb", "støy", "guide/student_noise.html"), ("nb", "uteliggere", "guide/outliers.html"),
    ("nb", "prikking", "guide/small_counts.html"), ("nb", "klagen", "guide/appeal.html"),
    ("nb", "Oppgjør", "guide/settlement.html"), ("nb", "kostnadsnormer", "guide/cost_norms.html"),
    ("nb", "revisor", "auditor.html"), ("en", "oppgjør", "guide/settlement.html"),
    ("en", "bestiller budsjett", "guide/purchaser.html"), ("en", "noise", "guide/student_noise.html"),
]  # fmt: skip


@needs_chromium
@pytest.mark.office
def test_a_word_of_either_language_finds_its_page(site: Path, tmp_path: Path) -> None:
    def found(page: Browser, text: str) -> list[str]:
        page.run(f"(f => {{ f.value = {json.dumps(text)}; f.dispatchEvent(new Event('input')); }})"
                 "(document.getElementById('search'))")  # fmt: skip
        return list(page.run("[...document.querySelectorAll('#found a')].map(one => one.getAttribute('href'))"))

    with browser(tmp_path / "profile") as page:
        for language in ("nb", "en"):
            page.open(site / language / "index.html")
            for wanted in [(text, where) for one, text, where in SOUGHT if one == language]:
                assert wanted[1] in found(page, wanted[0])[:8], wanted
            assert [pair for pair in TRADE if not (found(page, pair[0]) and found(page, pair[1]))] == []
            assert found(page, "zzzz") == []


def _fences(name: str) -> list[tuple[str, str]]:
    return [(found["kind"], found["code"]) for found in _FENCE.finditer((PAGES / name).read_text(encoding="utf-8"))]


@pytest.mark.parametrize("language", ["nb", "en"])
def test_the_lines_for_r_run(language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Python half always, with every name that R is told to reach; R's own half where R and reticulate are."""
    pytest.importorskip("polars")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    fences = _fences(f"r.{language}.md")
    for kind, code in fences:
        if kind == "python":
            exec(compile(code, "r.md", "exec"), names)
    r = "\n".join(code for kind, code in fences if kind == "r")
    reached = [(bench, name) for name in _OURS.findall(r)]
    reached += [(names[owner], name) for owner, name in _CHAINED.findall(r)]
    assert len(reached) > 5
    for owner, name in reached:
        assert hasattr(owner, name), name
    assert Path(re.findall(r'read\.csv2?\("([^"]*)"', r)[0]).is_file()
    if shutil.which("Rscript") is not None:
        has = subprocess.run(["Rscript", "-e", "library(reticulate)"], capture_output=True, check=False)
        if has.returncode == 0:
            shutil.rmtree("resultat" if language == "nb" else "result")
            subprocess.run(["Rscript", "-e", r], check=True, capture_output=True, timeout=300)


@pytest.mark.parametrize("language", ["nb", "en"])
def test_the_lines_for_the_auditor_run(language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    fences = _fences(f"auditor.{language}.md")
    said = ""
    for line in [line for kind, code in fences if kind == "sh" for line in code.splitlines()]:
        words = shlex.split(line)
        assert words[0] == "bench"
        result = CliRunner().invoke(main, words[1:])
        assert result.exit_code == 0, result.output
        said += result.output
    assert "NOT verified" not in said
    assert "Team nord" in said or "9" in said
    names: dict[str, object] = {}
    for kind, code in fences:
        if kind == "python":
            exec(compile(code, "auditor.md", "exec"), names)
    written = names["written"]
    assert isinstance(written, dict)
    for key in re.findall(r"^\| `([a-z_.]+)` \|", (PAGES / f"auditor.{language}.md").read_text("utf-8"), re.MULTILINE):
        part = written
        for name in key.split("."):
            part = part[name]
    changed = Path(next(iter(sorted(Path().glob("result*/*.html")))))
    changed.write_bytes(changed.read_bytes() + b" ")
    with contextlib.suppress(AssertionError):
        for kind, code in fences:
            if kind == "python":
                exec(compile(code, "auditor.md", "exec"), {})
        raise RuntimeError("a changed file passes the sums")


@pytest.mark.parametrize("name", ["r", "auditor"])
def test_both_languages_tell_the_same_lines(name: str) -> None:
    def lines(language: str) -> list[tuple[str, str]]:
        found = _fences(f"{name}.{language}.md")
        return [(kind, re.sub(r"result(at)?\b|tabeller|tables|\bnb\b|\ben\b", "·", code)) for kind, code in found]

    assert len(lines("nb")) == len(lines("en"))
    for (kind, nb), (_, en) in zip(lines("nb"), lines("en"), strict=True):
        if "read.csv" not in nb and "read_csv" not in nb:
            assert nb == en, kind
