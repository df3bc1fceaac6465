"""Finds the bundled models and data sets, in a checkout and in an installed wheel.

A checkout (also an editable install) keeps ``models/`` and ``datasets/`` beside the package; a wheel carries them
inside it as ``bench/_bundled/``. Nothing is read before it is asked for, and nothing is ever written.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bench.errors import ResourceError, nearest

_PACKAGE = Path(__file__).resolve().parent

#: Roles a column of a table may have; the same words as the keywords of :meth:`bench.Units.from_frame`.
LABEL_ROLES = ("id", "period", "scheme")
LIST_ROLES = ("inputs", "outputs", "environment", "input_prices", "output_prices", "extra")

_DATASET_KEYS = ("title", "description", "source", "licence", "synthetic", "table", "about")
_TABLE_KEYS = ("file", "sha256", "title", "roles", "column")
_COLUMN_KEYS = ("name", "measure", "description")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a bundled table.

    Attributes
    ----------
    name : str
        As in the header of the file.
    measure : str
        What a value counts (``"NOK"``, ``"timer"``, ``"døgn"``); ``"label"`` for names and years.
    description : Mapping[str, str]
        By language, ``"nb"`` and ``"en"``.
    """

    name: str
    measure: str
    description: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """One file of a bundled data set.

    Attributes
    ----------
    file : str
        File name inside the data set's folder.
    sha256 : str
        Hash of the file's bytes.
    columns : tuple of Column
        In the order of the file.
    title : Mapping[str, str]
        By language; empty when the data set's own title says enough.
    roles : Mapping[str, str | tuple of str]
        Keywords for :func:`bench.read_units`; empty when the table is not a unit × period table.
    """

    file: str
    sha256: str
    columns: tuple[Column, ...]
    title: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dataset:
    """A bundled data set: what its ``dataset.toml`` says and where its files lie.

    Attributes
    ----------
    name : str
    folder : Path
    title, description : Mapping[str, str]
        By language, ``"nb"`` and ``"en"``.
    source, licence : str
    synthetic : bool
        True when the numbers are made up; every output built on them must say so.
    tables : Mapping[str, Table]
        By name; ``"data"`` is the table the main job reads.
    about : Mapping[str, Any]
        What else the file documents: services and cost weights, calibration facts, notes on the printed source.

    Examples
    --------
    >>> from bench.resources import dataset
    >>> kristiansand = dataset("kristiansand")
    >>> kristiansand.synthetic
    True
    >>> kristiansand.path().name
    'data.csv'
    """

    name: str
    folder: Path
    title: Mapping[str, str]
    description: Mapping[str, str]
    source: str
    licence: str
    synthetic: bool
    tables: Mapping[str, Table]
    about: Mapping[str, Any]

    def path(self, table: str = "data") -> Path:
        """Return the path of a table's file.

        Raises
        ------
        ResourceError
            When the data set has no such table, or its file is gone.
        """
        if table not in self.tables:
            raise ResourceError(
                f"data set {self.name!r} has no table {table!r}{nearest(table, self.tables)}; "
                f"it has {', '.join(self.tables)}"
            )
        path = self.folder / self.tables[table].file
        if not path.is_file():
            raise ResourceError(f"data set {self.name!r}: the file {path} is missing; install the package again")
        return path

    def verify(self) -> None:
        """Check every file against the hash in ``dataset.toml``.

        Raises
        ------
        ResourceError
            Names every file that is missing or was changed.
        """
        changed = []
        for name, table in self.tables.items():
            found = hashlib.sha256(self.path(name).read_bytes()).hexdigest()
            if found != table.sha256:
                changed.append(f"{table.file} (sha256 {found[:12]}…, expected {table.sha256[:12]}…)")
        if changed:
            raise ResourceError(f"data set {self.name!r} was changed since it was published: {', '.join(changed)}")


def resource_folder(kind: str) -> Path:
    """Return the folder with the bundled ``"models"`` or ``"datasets"``.

    Raises
    ------
    ResourceError
        When neither the wheel's nor the checkout's folder is there.
    """
    bundled = _PACKAGE / "_bundled" / kind
    if bundled.is_dir():
        return bundled
    # Beside an installed package lies site-packages, where "datasets" may be somebody else's: ask for the project file.
    checkout = _PACKAGE.parent
    if (checkout / "pyproject.toml").is_file() and (checkout / kind).is_dir():
        return checkout / kind
    raise ResourceError(f"the bundled {kind} are missing beside {_PACKAGE}; install the package again")


def model_names() -> list[str]:
    """Return the names of the bundled models, sorted."""
    return sorted(path.stem for path in resource_folder("models").glob("*.toml"))


def model_path(name: str) -> Path:
    """Return the file of a bundled model.

    Raises
    ------
    ResourceError
        When there is no such model; the message gives the nearest name and lists all.
    """
    known = model_names()
    if name not in known:
        raise ResourceError(f"no bundled model {name!r}{nearest(name, known)}; there are: {', '.join(known)}")
    return resource_folder("models") / f"{name}.toml"


def dataset_names() -> list[str]:
    """Return the names of the bundled data sets, sorted."""
    return sorted(path.parent.name for path in resource_folder("datasets").glob("*/dataset.toml"))


def dataset(name: str) -> Dataset:
    """Return a bundled data set.

    Raises
    ------
    ResourceError
        When there is no such data set (with the nearest name), or its ``dataset.toml`` is wrong.

    Examples
    --------
    >>> from bench.resources import dataset
    >>> dataset("sio").synthetic
    False
    """
    known = dataset_names()
    if name not in known:
        raise ResourceError(f"no bundled data set {name!r}{nearest(name, known)}; there are: {', '.join(known)}")
    return read_dataset(resource_folder("datasets") / name)


def read_dataset(folder: str | Path) -> Dataset:
    """Read ``dataset.toml`` in a folder of the bundled format (see ``datasets/README.md``).

    Raises
    ------
    ResourceError
        When the file is missing, is not TOML, lacks a key or has an unknown one.
    """
    folder = Path(folder)
    file = folder / "dataset.toml"
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ResourceError(f"{file}: {error}") from error
    _check_keys(raw, _DATASET_KEYS, ("title", "description", "source", "licence", "synthetic", "table"), file, "")
    if not isinstance(raw["synthetic"], bool):
        raise ResourceError(f"{file}: synthetic must be true or false, got {raw['synthetic']!r}")
    return Dataset(
        name=folder.name,
        folder=folder,
        title=_languages(raw["title"], file, "title"),
        description=_languages(raw["description"], file, "description"),
        source=str(raw["source"]),
        licence=str(raw["licence"]),
        synthetic=raw["synthetic"],
        tables=MappingProxyType({key: _table(value, file, f"table.{key}") for key, value in raw["table"].items()}),
        about=MappingProxyType(raw.get("about", {})),
    )


def _table(raw: Mapping[str, Any], file: Path, key: str) -> Table:
    _check_keys(raw, _TABLE_KEYS, ("file", "sha256", "column"), file, key)
    columns = tuple(_column(value, file, f"{key}.column[{k}]") for k, value in enumerate(raw["column"]))
    return Table(
        file=str(raw["file"]),
        sha256=str(raw["sha256"]),
        columns=columns,
        title=_languages(raw["title"], file, f"{key}.title") if "title" in raw else MappingProxyType({}),
        roles=_roles(raw.get("roles", {}), [column.name for column in columns], file, f"{key}.roles"),
    )


def _column(raw: Mapping[str, Any], file: Path, key: str) -> Column:
    _check_keys(raw, _COLUMN_KEYS, _COLUMN_KEYS, file, key)
    return Column(str(raw["name"]), str(raw["measure"]), _languages(raw["description"], file, f"{key}.description"))


def _roles(raw: Mapping[str, Any], columns: list[str], file: Path, key: str) -> Mapping[str, str | tuple[str, ...]]:
    _check_keys(raw, (*LABEL_ROLES, *LIST_ROLES), (), file, key)
    roles: dict[str, str | tuple[str, ...]] = {}
    for role, value in raw.items():
        named = [value] if role in LABEL_ROLES else list(value)
        for column in named:
            if column not in columns:
                raise ResourceError(
                    f"{file}: {key}.{role} names {column!r}{nearest(str(column), columns)}: no such column"
                )
        roles[role] = str(value) if role in LABEL_ROLES else tuple(named)
    return MappingProxyType(roles)


def _languages(raw: Any, file: Path, key: str) -> Mapping[str, str]:
    if not isinstance(raw, Mapping) or set(raw) != {"nb", "en"}:
        raise ResourceError(f"{file}: {key} needs a text in nb and in en")
    return MappingProxyType({language: str(raw[language]) for language in ("nb", "en")})


def _check_keys(raw: Any, known: tuple[str, ...], needed: tuple[str, ...], file: Path, key: str) -> None:
    place = f"{key}: " if key else ""
    if not isinstance(raw, Mapping):
        raise ResourceError(f"{file}: {place}expected a table")
    for name in raw:
        if name not in known:
            raise ResourceError(f"{file}: {place}unknown key {name!r}{nearest(name, known)}")
    missing = [name for name in needed if name not in raw]
    if missing:
        raise ResourceError(f"{file}: {place}missing {', '.join(missing)}")
