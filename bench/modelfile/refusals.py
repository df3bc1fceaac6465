"""From what the validation of a model file says to one error with file, key and line of every problem."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bench.errors import ModelError
from bench.modelfile.keys import dotted
from bench.modelfile.lines import Path, Place, line_of, origin_of


def model_error(error: ValidationError, file: str, lines: Mapping[Path, Place]) -> ModelError:
    """Return the error that names every problem of a model file."""
    problems = [_problem(detail, lines) for detail in error.errors(include_url=False)]
    path, message = problems[0]
    rest = [f"\n  also {_place(other, lines)}: {said}" for other, said in problems[1:]]
    place = origin_of(lines, path, file)
    return ModelError(message + "".join(rest), file=place, key=dotted(path), line=line_of(lines, path))


def _place(path: Path, lines: Mapping[Path, Place]) -> str:
    line = line_of(lines, path)
    return f"{dotted(path)} (line {line})" if line else dotted(path)


def _problem(detail: ErrorDetails, lines: Mapping[Path, Place]) -> tuple[Path, str]:
    path = _file_path(detail["loc"], lines)
    kind = detail["type"]
    message = detail["msg"]
    if kind == "unknown_key":
        path = (*path, detail["ctx"]["key"])
    elif kind == "missing":
        message = "the key is missing"
    elif kind not in ("overlap", "shares") and not kind.startswith("_"):
        given = detail.get("input")
        if isinstance(given, str | int | float | bool):
            message = f"{message}; got {given!r}"
    return path, message


def _file_path(location: Path, lines: Mapping[Path, Place]) -> Path:
    """Path in the file: the wrapper around dated values is not written there, nor the place of a single value."""
    path: list[str | int] = []
    for position, part in enumerate(location):
        if part == "entries" and position:
            continue
        wrapped = position > 0 and location[position - 1] == "entries"
        if wrapped and (*path, part) not in lines:
            continue
        path.append(part)
    return tuple(path)
