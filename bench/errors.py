"""Every error the engine raises, in one tree.

```text
BenchError
├── OptionError        (ValueError)       an option has no such value                       exit 2
├── DataError          (ValueError)       the client's data; carries an issue per problem   exit 3
├── ModelError         (ValueError)       a model file; names file, key and line            exit 4
├── SolverError        (RuntimeError)     a linear program                                  exit 5
│   ├── InfeasibleError                   it has no solution
│   └── CertificateError                  a solution failed its own proof
├── EstimationError    (RuntimeError)     a likelihood                                      exit 5
│   ├── ConvergenceError                  no maximum was reached
│   └── WrongSkewError                    residuals skewed against inefficiency
├── SettlementError    (ArithmeticError)  money in differs from money out                   exit 6
└── ResourceError      (LookupError)      no such model, data set or file                   exit 2
```

Each also inherits the builtin a caller would catch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, ClassVar, Literal

if TYPE_CHECKING:
    import pandas as pd

Severity = Literal["error", "warning"]

#: Issues that the message of a :class:`DataError` spells out; all of them are in ``issues``.
SHOWN = 50


@dataclass(frozen=True, slots=True)
class Issue:
    """One problem in the client's data: where it is, what rule it breaks and what to do.

    Attributes
    ----------
    rule : str
        Stable name of the rule, such as ``"duplicate-unit"``; documented in the guide page *reading*.
    message : str
        What is wrong, in one sentence.
    remedy : str
        What the owner of the file can do about it.
    severity : {"error", "warning"}
        An error stops the run; a warning is shown and recorded.
    file, sheet, cell, column, unit, period, value : str
        Where it is, as far as it is known; ``cell`` is a spreadsheet address such as ``"C7"`` also for text files.
    """

    rule: str
    message: str
    remedy: str = ""
    severity: Severity = "error"
    file: str = ""
    sheet: str = ""
    cell: str = ""
    column: str = ""
    unit: str = ""
    period: str = ""
    value: str = ""

    def __str__(self) -> str:
        place = " ".join(
            part
            for part in (
                self.file,
                f"sheet {self.sheet!r}" if self.sheet else "",
                self.cell,
                f"column {self.column!r}" if self.column else "",
                f"unit {self.unit!r}" if self.unit else "",
                f"period {self.period}" if self.period else "",
            )
            if part
        )
        value = f" (value: {self.value!r})" if self.value else ""
        remedy = f" → {self.remedy}" if self.remedy else ""
        return f"[{self.rule}] {place + ': ' if place else ''}{self.message}{value}{remedy}"


class BenchError(Exception):
    """Base of every error raised on purpose by this package."""

    exit_code: ClassVar[int] = 1


class OptionError(BenchError, ValueError):
    """An option was given a value it does not have; the message lists those it has."""

    exit_code = 2


class ResourceError(BenchError, LookupError):
    """A model, data set or file that was asked for is not there."""

    exit_code = 2

    # LookupError's own str() is fine, KeyError's would quote the message.


class DataError(BenchError, ValueError):
    """The data cannot be used as they stand; ``issues`` holds every problem found, not only the first."""

    exit_code = 3

    def __init__(self, issues: Iterable[Issue] | str):
        found = [Issue("data", issues)] if isinstance(issues, str) else list(issues)
        self.issues: tuple[Issue, ...] = tuple(found)
        errors = [issue for issue in found if issue.severity == "error"]
        head = f"{len(errors)} problem{'s' if len(errors) != 1 else ''} in the data"
        more = [f"  … and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
        super().__init__("\n".join([head, *(f"  {issue}" for issue in found[:SHOWN]), *more]))

    def __reduce__(self) -> tuple[type[DataError], tuple[tuple[Issue, ...]]]:
        """Pickle the issues, so that an error in a worker process arrives whole."""
        return type(self), (self.issues,)

    def to_frame(self) -> pd.DataFrame:
        """Return the issues as a frame with one row per problem and the columns of :class:`Issue`."""
        return issue_frame(self.issues)


class ModelError(BenchError, ValueError):
    """A model file is wrong; names the file, the key and the line where they are known."""

    exit_code = 4

    def __init__(self, message: str, *, file: str = "", key: str = "", line: int | None = None):
        self.file, self.key, self.line = file, key, line
        self.message = message
        super().__init__(self.told())

    def told(self, spoken: Callable[[str], str] = str, word: Callable[[str], str] = str) -> str:
        """Return the message with its place, its sentences and the words for line and key as the caller says them."""
        line = f"{word('line')} {self.line}" if self.line else ""
        key = f"{word('key')} {self.key}" if self.key else ""
        place = ", ".join(part for part in (self.file, line, key) if part)
        return f"{place}: {spoken(self.message)}" if place else spoken(self.message)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the parts, so that an error in a worker process arrives whole."""
        return _model_error, (type(self), self.message, self.file, self.key, self.line)


class SolverError(BenchError, RuntimeError):
    """A linear program could not be solved; the message names the unit."""

    exit_code = 5


class InfeasibleError(SolverError):
    """A linear program has no feasible solution."""


class CertificateError(SolverError):
    """A solution was returned that its own primal, dual or gap residual contradicts."""


class EstimationError(BenchError, RuntimeError):
    """A statistical model could not be estimated."""

    exit_code = 5


class ConvergenceError(EstimationError):
    """The likelihood's maximum was not reached; the message says how far the search came."""


class WrongSkewError(EstimationError):
    """The residuals are skewed against the direction inefficiency implies."""


class SettlementError(BenchError, ArithmeticError):
    """An accounting identity fails: money in differs from money out."""

    exit_code = 6

    def __init__(self, identity: str, difference: Any):
        self.identity, self.difference = identity, difference
        super().__init__(f"{identity} does not hold: difference {difference}")

    def __reduce__(self) -> tuple[type[SettlementError], tuple[str, Any]]:
        """Pickle the parts, so that an error in a worker process arrives whole."""
        return type(self), (self.identity, self.difference)


def _model_error(kind: type[ModelError], message: str, file: str, key: str, line: int | None) -> ModelError:
    return kind(message, file=file, key=key, line=line)


def issue_frame(issues: Sequence[Issue]) -> pd.DataFrame:
    """Return issues as a frame, one row each, with the columns of :class:`Issue` also when there are none."""
    import pandas as pd

    columns = [field.name for field in fields(Issue)]
    return pd.DataFrame([asdict(issue) for issue in issues], columns=columns)


def nearest(word: object, known: Iterable[object]) -> str:
    """Return `` (did you mean 'x'?)`` for the closest known word, or an empty string."""
    close = get_close_matches(str(word), [str(name) for name in known], n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""
