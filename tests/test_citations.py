"""Citations: every key is known, every documented value names its passage, and the passage stands where it says."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest

import bench
from bench import resources
from bench.citations import Citation, citations, cited, refuse_unknown, works
from bench.errors import ModelError, ResourceError
from bench.modelfile import load_model
from bench.stykkpris.simulation.advising.arguments import ARGUMENTS
from bench.stykkpris.simulation.advising.claims import claims
from bench.stykkpris.simulation.advising.drivers import Driver, inhabitants_of
from bench.stykkpris.simulation.advising.reasons import reasons_of
from bench.stykkpris.simulation.criteria import CRITERIA

REPO = Path(bench.__file__).parent.parent
SOURCES = Path(os.environ.get("BENCH_SOURCES", REPO.parent / "shared" / "sources"))
MODELS = resources.model_names()


def texts(part: Any) -> Iterator[str]:
    """Every source text under a part of a model file."""
    if isinstance(part, dict):
        for key, value in part.items():
            if key in ("source", "sources") and isinstance(value, str | list):
                yield from [value] if isinstance(value, str) else value
            else:
                yield from texts(value)
    elif isinstance(part, list):
        for value in part:
            yield from texts(value)


def documented(part: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Key and source of every value and choice whose status is documented, alternatives included."""
    if isinstance(part, dict):
        if part.get("status") == "documented":
            yield key, str(part["source"])
        for name, value in part.items():
            yield from documented(value, f"{key}.{name}")
    elif isinstance(part, list):
        for position, value in enumerate(part):
            yield from documented(value, f"{key}.{position}")


def test_every_key_in_a_model_file_is_a_known_work() -> None:
    for name in MODELS:
        for text in texts(load_model(name).raw):
            refuse_unknown(text)
            assert not re.search(r"\d{3}_[0-9a-f]{8,}", text), (name, text)
    with pytest.raises(ModelError, match=r"econ2006"):
        refuse_unknown("econ2007, ch. 4.3: «x»")


#: Models that tell what one of the works says; a regulator's own rules are cited by the regulator's names.
TOLD = [name for name in MODELS if any(citations(text) for text in load_model(name).meta.sources)]


@pytest.mark.parametrize("name", TOLD)
def test_every_documented_value_names_a_passage(name: str) -> None:
    for key, source in documented(load_model(name).raw):
        found = citations(source)
        assert found, (key, source)
        assert any(citation.passages for citation in found), (key, source)


def test_a_citation_reads_as_author_year_title_chapter_and_page() -> None:
    text = "econ2006, ch. 4.3, p. 43: «90 prosent av overskudd»; dispensations were given"
    assert cited(text).startswith(
        "ECON Analyse (2006): Evaluering av finansieringssystemer i kommunene, ch. 4.3, p. 43: «"
    )
    assert ", kap. 4.3, s. 43: «90" in cited(text, "nb")
    assert cited("vestvagoy2020 names no index", "nb") == "Vestvågøy kommune (2020) nevner ingen indeks"
    assert cited("own: «as vestvagoy2020 says»; see y2020") == "own: «as vestvagoy2020 says»; see y2020"
    assert cited("our own council, 2019") == "our own council, 2019"
    assert citations(text) == [Citation("econ2006", "ch. 4.3, p. 43", ("90 prosent av overskudd",))]
    again = cited("econ2006, ch. 4.3: «a»; econ2006, ch. 5: «b»; sio2021, ch. 7: «c»; econ2006: «d»", "nb")
    assert again.count("ECON Analyse (2006)") == 2  # named anew after another work, not for the next place
    assert "«a»; kap. 5: «b»; Agenda" in again
    two = citations("sio2015, p. 2: «a»; sio2021, fn 12: «b» «c»")
    assert [(one.key, one.place, one.passages) for one in two] == [
        ("sio2015", "p. 2", ("a",)),
        ("sio2021", "fn 12", ("b", "c")),
    ]


def test_the_report_cites_author_and_year(tmp_path: Path) -> None:
    folder = bench.run(load_model("hamar")).save(tmp_path / "out", language="nb")
    page = (folder / "rapport.html").read_text(encoding="utf-8")
    assert "ECON Analyse (2006): Evaluering av finansieringssystemer i kommunene, kap. 4.8: «" in page
    assert "econ2006" not in page


@pytest.mark.parametrize("language", ["nb", "en"])
def test_no_key_of_a_work_is_left_in_what_a_reader_sees(language: str) -> None:
    shown = [cited(text, language) for name in MODELS for text in texts(load_model(name).raw)]
    assert [text for text in shown if re.search(rf"\b({'|'.join(works())})\b", text)] == []
    assert len(shown) > 800


def test_a_source_without_a_field_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "sources.toml"
    broken.write_text('[x2000]\nauthor = "X"\n', encoding="utf-8")
    with pytest.raises(ResourceError, match="title"):
        works(broken)


# -- in the texts themselves ---------------------------------------------------------------------------------------


def squeezed(text: str) -> tuple[str, list[int]]:
    """A text without blanks and hyphens, which line breaks put anywhere, and where each letter stood."""
    kept = [(letter.lower(), at) for at, letter in enumerate(text) if not re.match(r"[\s\-\u00ad\u2010\u2013]", letter)]
    return "".join(letter for letter, _ in kept), [at for _, at in kept]


class Text:
    """The text of a work: where a passage stands, in which chapter and on which page."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.text = (SOURCES / works()[key].text).read_text(encoding="utf-8")
        self.letters, self.places = squeezed(self.text)
        lines = self.text.split("\n")
        starts = accumulate((len(line) + 1 for line in lines[:-1]), initial=0)
        self.lines = list(zip(lines, starts, strict=True))

    def places_of(self, passage: str) -> list[int]:
        wanted = squeezed(passage)[0]
        return [self.places[m.start()] for m in re.finditer(re.escape(wanted), self.letters)]

    def chapters(self) -> list[tuple[int, str]]:
        """Headings in order: a number that follows the last one, and a word; with a point where none is without."""
        return self._headed("") or self._headed(r"\.")

    def _headed(self, point: str) -> list[tuple[int, str]]:
        found, last = [], (0,)
        for line, at in self.lines:
            match = re.match(rf"^ ?(\d(?:\.\d+)*){point} [A-ZÆØÅ][a-zæøåA-Z]", line)
            if match is None or len(line) >= (60 if len(match[1]) == 1 else 90):
                continue
            number = tuple(map(int, match[1].split(".")))
            if number > last and (number[0] == last[0] or (len(number) == 1 and number[0] == last[0] + 1)):
                found.append((at, match[1]))
                last = number
        return found

    def page_of(self, place: int) -> int | None:
        """Page by the numbers printed in the text; None for a work whose text prints none."""
        marks = [(m.start(), int(m[1])) for m in re.finditer(r"(?m)^ ?Side (\d+)\s*$", self.text)]
        if not marks:
            return None
        return max((number for at, number in marks if at <= place), default=marks[0][1] - 1)


#: Models of regulators and other authorities: their rules are cited by paragraph or name, and no text of them is kept.
UNKEPT = {
    "bnetza-best-of-four", "bnetza-higher-of-two-means", "dur-best-of-two", "ei-potential", "kommune-sektor",
    "nhs-tariff", "nve-yardstick",
}  # fmt: skip


@pytest.mark.skipif(not SOURCES.is_dir(), reason="the source texts are not beside this checkout")
def test_as_many_documented_values_are_found_as_there_are() -> None:
    """Counted, so that none is left out unseen: every passage of every documented value stands in its text."""
    opened = {key: Text(key) for key in works()}
    counted, found, unkept = 0, 0, set()
    for name in MODELS:
        for _, source in documented(load_model(name).raw):
            passages = [(one.key, passage) for one in citations(source) for passage in one.passages]
            if not passages:
                unkept.add(name)
                continue
            counted += 1
            found += all(opened[key].places_of(passage) for key, passage in passages)
    assert found == counted
    assert counted >= 203
    assert unkept == UNKEPT


@pytest.mark.skipif(not SOURCES.is_dir(), reason="the source texts are not beside this checkout")
def test_every_passage_stands_in_its_chapter_and_on_its_page() -> None:
    """A page is named only where the text prints it: one worked out from how the lines fall is nobody's to look up."""
    opened = {key: Text(key) for key in works()}
    chapters = {key: opened[key].chapters() for key in works()}
    wrong = []
    drivers = [Driver(key, "s", 1.0, 1.0, 1.0, "measured") for key in ("fixed_share", "volatility", "units", "growth")]
    asked = [*drivers, inhabitants_of(1.0)]
    reasons = [reason for setup in (1.0, None) for reason in reasons_of(asked, setup=setup, cost=1.0)]
    told = {name: {text for text in texts(load_model(name).raw) if "«" in text} for name in MODELS}
    told["advice"] = {argument.source for argument in ARGUMENTS} | {reason.source for reason in reasons}
    told["advice"] |= {criterion.cited for criterion in CRITERIA} | {claim.source for claim in claims()}
    for name, sources in told.items():
        for source in sources:
            for citation in citations(source):
                for passage in citation.passages:
                    places = opened[citation.key].places_of(passage)
                    if citation.chapter:
                        heads = chapters[citation.key]
                        inside = [[h for at, h in heads if at <= place][-1:] for place in places]
                        chapter = citation.chapter
                        places = [
                            place
                            for place, head in zip(places, inside, strict=True)
                            if head and (head[0] == chapter or head[0].startswith(chapter + "."))
                        ]
                    if not places:
                        wrong.append((name, citation.place, passage))
                    elif citation.pages:
                        on = {opened[citation.key].page_of(place) for place in places}
                        if not on & set(citation.pages):
                            wrong.append((name, citation.place, f"{passage} is on {on}"))
    assert wrong == []


@pytest.mark.skipif(not SOURCES.is_dir(), reason="the source texts are not beside this checkout")
def test_a_passage_is_cited_by_page_or_chapter_wherever_the_work_prints_them() -> None:
    """A work that prints pages is cited by page; one that numbers chapters by chapter, table or footnote."""
    opened = {key: Text(key) for key in works()}
    heads = {key: opened[key].chapters() for key in works()}
    assert {key for key in works() if heads[key]} == {"econ2006", "sio2021", "vestvagoy2020"}
    assert {key for key in works() if opened[key].page_of(0) is not None} == {"hod2021"}
    bare, counted = [], 0
    for name in MODELS:
        for citation in (one for text in texts(load_model(name).raw) for one in citations(text) if one.passages):
            text, first = opened[citation.key], next(iter(heads[citation.key]), (0, ""))[0]
            counted += 1
            if text.page_of(0) is not None and not citation.pages:
                bare.append((name, citation))
            numbered = heads[citation.key] and max(text.places_of(citation.passages[0]), default=first) >= first
            if numbered and not citation.place:
                bare.append((name, citation))
    assert bare == []
    assert counted > 250


#: Titles and paragraphs that are no remarks: they have one language.
TITLES = (
    "ARegV § 12(4)",
    "HFMA, Tariff: the right blend",
    "Smith, Piland & Fisher (1992), Journal of Rural Health, Winter, 27-40",
)


def test_remarks_of_bundled_models_are_in_bokmaal() -> None:
    """Every remark on a source has a translation of its own, and none is left that no model file makes."""
    made = set()
    for name in MODELS:
        plain = load_model(name)
        for model in (plain, *(plain.with_alternative(one.name) for one in plain.alternative)):
            dated = [entry for _, _, value in model.walk() for entry in getattr(value, "entries", ())]
            for text in (*model.meta.sources, *(entry.source for entry in dated if entry.source)):
                for part in re.split("; (?![^«]*»)", text):
                    made.add(re.sub(r"^[a-z]+[0-9]{4}(, (ch\.|Tables?|fn|p\.) [^:«;]+?)*(: |$)", "", part))
    said = tomllib.loads((resources.resource_folder("datasets") / "remarks.nb.toml").read_text(encoding="utf-8"))
    words = {part for part in made if re.sub("«[^»]*»", "", part).strip(" ,.")}
    assert sorted(words - set(said) - set(TITLES)) == []
    assert sorted(set(said) - made) == []
    for english, bokmaal in said.items():
        assert cited(english, "en") == cited(english)
        assert not re.search(r"\b(the|and|not|of|is|are|with)\b", re.sub("NHS.*|HFMA.*|«[^»]*»", "", bokmaal)), bokmaal


def test_a_remark_of_ones_own_stays_as_it_was_written() -> None:
    assert cited("econ2006, ch. 4.3: not stated in the source", "nb").endswith("kap. 4.3: ikke oppgitt i kilden")
    own = "board minutes of 3 May; not stated in the source"
    assert cited(own, "nb") == own  # no text is in two languages
    assert cited("as agreed with the owners", "nb") == "as agreed with the owners"
