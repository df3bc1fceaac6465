"""`Roles`: what the caller says the columns are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from bench.errors import OptionError

#: Roles of number columns, in the order in which they appear in a table.
NUMBER_ROLES = ("inputs", "outputs", "environment", "input_prices", "output_prices", "extra")


@dataclass(frozen=True, slots=True)
class Roles:
    """What the columns are, as the caller says; the names are those of :class:`bench.units.Units`."""

    id: str | None = None
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    period: str | None = None
    scheme: str | None = None
    environment: tuple[str, ...] = ()
    input_prices: tuple[str, ...] = ()
    output_prices: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()

    @property
    def labels(self) -> list[str]:
        """Label columns."""
        return [column for column in (self.id, self.period, self.scheme, *self.texts) if column is not None]

    @property
    def numbers(self) -> list[str]:
        """Number columns."""
        return [
            *self.inputs,
            *self.outputs,
            *self.environment,
            *self.input_prices,
            *self.output_prices,
            *self.extra,
        ]

    def only(self, columns: Collection[str]) -> Roles:
        """Return the roles of these columns alone, each in its first role."""
        left = set(columns)

        def kept(names: Iterable[str]) -> tuple[str, ...]:
            found = tuple(name for name in dict.fromkeys(names) if name in left)
            left.difference_update(found)
            return found

        def one(column: str | None) -> str | None:
            return next(iter(kept([column] if column is not None else [])), None)

        return replace(
            self,
            id=one(self.id),
            period=one(self.period),
            scheme=one(self.scheme),
            inputs=kept(self.inputs),
            outputs=kept(self.outputs),
            environment=kept(self.environment),
            input_prices=kept(self.input_prices),
            output_prices=kept(self.output_prices),
            extra=kept(self.extra),
            texts=kept(self.texts),
        )


def make_roles(
    *, id: str | None, period: str | None = None, scheme: str | None = None, **several: Sequence[str]
) -> Roles:
    """Check that every role has the right kind of value, and collect them.

    Raises
    ------
    OptionError
        When a list is given where one column is meant, or text where a list is.
    """
    for name, column in (("id", id), ("period", period), ("scheme", scheme)):
        if column is not None and not isinstance(column, str):
            raise OptionError(f"{name} must be the name of one column; got {column!r}")
    for name, columns in several.items():
        if isinstance(columns, str):
            raise OptionError(f"{name} must be a list of columns, not the text {columns!r}")
        if not all(isinstance(column, str) for column in columns):
            raise OptionError(f"{name} must be a list of names of columns; got {list(columns)!r}")
    return Roles(id=id, period=period, scheme=scheme, **{name: tuple(columns) for name, columns in several.items()})
