"""Formulas of the workbook as programs of a stack: what a page needs to work them out again, and nothing else.

The workbook writes every rule in full and is compared with the engine cell by cell; a page that works out the same
formulas gives the same numbers. A program is a list of numbers and words in the order they are applied, ``$`` for the
next cell and ``@`` for the next range of cells, so that rows with the same formula share one program.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.report.workbook.sheet import Cell

#: A cell: sheet, row and column from zero.
Place = tuple[str, int, int]

#: Functions a page knows, by their name in a formula. ROW is worked out here: it is where a cell stands.
FUNCTIONS = frozenset(
    (
        *("MAX", "MIN", "SUM", "SUMPRODUCT", "IF", "ROUND", "INT", "ABS", "AND", "OR", "NOT", "ISODD", "SMALL"),
        *("PERCENTILE", "INDEX", "MATCH", "AVERAGE", "COUNT", "EXP", "LN", "SQRT", "ROW"),
    )
)

_SHEET = r"(?:(?P<sheet>'(?:[^']|'')+'|[^\W\d]\w*)!)"
_TOKEN = re.compile(
    rf"(?P<cell>{_SHEET}?\$?[A-Z]{{1,3}}\$?\d+(?::\$?[A-Z]{{1,3}}\$?\d+)?(?![\w(]))"
    r"|(?P<number>\d+(?:\.\d*)?(?:E[+-]?\d+)?|\.\d+)"
    r'|(?P<text>"[^"]*")'
    r"|(?P<name>[A-Z]+)(?=\()"
    r"|(?P<sign><=|>=|<>|[-+*/^(),=<>])"
)
_REFERENCE = re.compile(r"\$?([A-Z]+)\$?(\d+)")

#: How tightly a sign between two parts binds.
_BINDS = {"=": 1, "<>": 1, "<": 1, ">": 1, "<=": 1, ">=": 1, "+": 2, "-": 2, "*": 3, "/": 3, "^": 5}
_UNARY = 4


class NotKnownError(ValueError):
    """A formula holds what a page cannot work out."""


@dataclass(frozen=True, slots=True)
class Program:
    """A formula: words in the order they are applied, and the cells and ranges they take."""

    words: tuple[str | float, ...]
    taken: tuple[Place | tuple[Place, ...] | tuple[float, ...], ...]


def parsed(text: str, home: str) -> Program:
    """Return a formula as a program.

    Parameters
    ----------
    text : str
        Without the sign of equality in front.
    home : str
        The sheet of cells that name none.

    Raises
    ------
    NotKnownError
        When it holds a name or a function that a page does not know.

    Examples
    --------
    >>> parsed("MAX(B2-$C$3,0)*2", "S").words
    ('$', '$', '-', 0.0, 'MAX/2', 2.0, '*')
    """
    return _Parser(text, home).program()


class _Parser:
    """Reads one formula from left to right."""

    def __init__(self, text: str, home: str):
        self.home, self.at = home, 0
        self.tokens: list[tuple[str, str]] = []
        end = 0
        for found in _TOKEN.finditer(text):
            if text[end : found.start()].strip():
                raise NotKnownError(text[end : found.start()])
            kind = str(found.lastgroup) if found.lastgroup != "sheet" else "cell"
            self.tokens.append((kind, found.group()))
            end = found.end()
        if text[end:].strip():
            raise NotKnownError(text[end:])
        self.words: list[str | float] = []
        self.taken: list[Any] = []

    def program(self) -> Program:
        self._part(0)
        if self.at != len(self.tokens):
            raise NotKnownError(str(self.tokens[self.at :]))
        return Program(tuple(self.words), tuple(self.taken))

    def _peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def _part(self, level: int) -> None:
        self._single()
        while _BINDS.get(self._peek(), 0) > level:
            sign = self._peek()
            self.at += 1
            self._part(_BINDS[sign])
            self.words.append(sign)

    def _single(self) -> None:
        kind, text = self.tokens[self.at]
        self.at += 1
        if text in ("-", "+"):
            # A sign in front binds tighter than a power in a spreadsheet.
            self._part(6)
            self.words += ["NEG"] if text == "-" else []
        elif text == "(":
            self._part(0)
            self._close()
        elif kind == "number":
            self.words.append(float(text))
        elif kind == "text":
            self.words.append(text)
        elif kind == "cell":
            self._cell(text)
        elif kind == "name":
            self._call(text)
        else:
            raise NotKnownError(text)

    def _close(self) -> None:
        if self._peek() != ")":
            raise NotKnownError("a bracket is missing")
        self.at += 1

    def _call(self, name: str) -> None:
        if name not in FUNCTIONS:
            raise NotKnownError(name)
        self.at += 1  # the bracket
        if name == "ROW":
            _, text = self.tokens[self.at]
            self.at += 1
            places = _places(text, self.home)
            self.words.append("@")
            self.taken.append(tuple(float(row + 1) for _, row, _ in places))
            self._close()
            return
        count = 0
        while self._peek() != ")":
            self._part(0)
            count += 1
            if self._peek() == ",":
                self.at += 1
        self._close()
        self.words.append(f"{name}/{count}")

    def _cell(self, text: str) -> None:
        places = _places(text, self.home)
        single = ":" not in text
        self.words.append("$" if single else "@")
        self.taken.append(places[0] if single else tuple(places))


def _places(text: str, home: str) -> list[Place]:
    sheet, _, cells = text.rpartition("!")
    name = sheet.strip("'").replace("''", "'") if sheet else home
    ends = [_place(part) for part in cells.split(":")]
    (r1, c1), (r2, c2) = ends[0], ends[-1]
    return [(name, row, column) for row in range(r1, r2 + 1) for column in range(c1, c2 + 1)]


def _place(text: str) -> tuple[int, int]:
    found = _REFERENCE.fullmatch(text)
    if found is None:
        raise NotKnownError(text)
    letters, row = found.groups()
    column = 0
    for letter in letters:
        column = 26 * column + ord(letter) - ord("A") + 1
    return int(row) - 1, column - 1


@dataclass(slots=True)
class Graph:
    """The formulas that lie between some inputs and some outputs, each after those it needs.

    Attributes
    ----------
    cells : mapping of place to cell
        Every written cell of the workbook.
    formulas : mapping of place to str
    inputs : set of place
        Cells a reader moves; every other cell that does not hang on them is a constant.
    """

    cells: Mapping[Place, Cell]
    formulas: Mapping[Place, str]
    inputs: set[Place]
    nodes: list[Any] = field(default_factory=list)
    patterns: dict[tuple[str | float, ...], int] = field(default_factory=dict)
    lists: dict[tuple[int, ...], int] = field(default_factory=dict)
    _numbers: dict[Place, int] = field(default_factory=dict)
    _constants: dict[Any, int] = field(default_factory=dict)
    _programs: dict[Place, Program] = field(default_factory=dict)
    _moves: dict[Place, bool] = field(default_factory=dict)

    def moves(self, place: Place) -> bool:
        """Tell whether a cell hangs on an input."""
        todo = [place]
        while todo:
            at = todo[-1]
            if at in self._moves:
                todo.pop()
                continue
            if at in self.inputs or at not in self.formulas:
                self._moves[at] = at in self.inputs
                todo.pop()
                continue
            needed = self._needed(at)
            missing = [one for one in needed if one not in self._moves]
            if missing:
                todo += missing
            else:
                self._moves[at] = any(self._moves[one] for one in needed)
                todo.pop()
        return self._moves[place]

    def node(self, place: Place) -> int:
        """Return the number of a cell among the nodes, with everything it hangs on before it."""
        todo = [place]
        while todo:
            at = todo[-1]
            if at in self._numbers:
                todo.pop()
                continue
            if at in self.inputs:
                self._numbers[at] = self._add(self._value(at))
            elif not self.moves(at):
                self._numbers[at] = self._constant(self._value(at))
            else:
                missing = [one for one in self._needed(at) if one not in self._numbers]
                if missing:
                    todo += missing
                    continue
                self._numbers[at] = self._add(self._written(at))
            todo.pop()
        return self._numbers[place]

    def reached(self, place: Place) -> bool:
        """Tell whether an input has been needed by any node."""
        return place in self._numbers

    def _needed(self, place: Place) -> list[Place]:
        program = self._program(place)
        found: list[Place] = []
        for part in program.taken:
            if part and isinstance(part[0], tuple):
                found += part
            elif part and isinstance(part[0], str):
                found.append(part)
        return found

    def _program(self, place: Place) -> Program:
        if place not in self._programs:
            self._programs[place] = parsed(self.formulas[place], place[0])
        return self._programs[place]

    def _value(self, place: Place) -> Any:
        cell = self.cells.get(place)
        value = 0.0 if cell is None or cell.value is None else cell.value
        return value if isinstance(value, str) else float(value)

    def _add(self, node: Any) -> int:
        self.nodes.append(node)
        return len(self.nodes) - 1

    def _constant(self, value: Any) -> int:
        if value not in self._constants:
            self._constants[value] = self._add(value)
        return self._constants[value]

    def _written(self, place: Place) -> list[int]:
        program = self._program(place)
        pattern = self.patterns.setdefault(program.words, len(self.patterns))
        taken = []
        for part in program.taken:
            if isinstance(part[0], str):
                taken.append(self._numbers[part])
            elif isinstance(part[0], tuple):
                taken.append(self._list(self._numbers[one] for one in part))
            else:
                taken.append(self._list(self._constant(number) for number in part))
        return [pattern, *taken]

    def _list(self, numbers: Iterable[int]) -> int:
        return self.lists.setdefault(tuple(numbers), len(self.lists))
