"""`Model`: one financing system and the analysis around it, as its file states them."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from html import escape
from typing import TYPE_CHECKING, Any

from pydantic import PrivateAttr, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from bench.errors import ModelError, nearest
from bench.formulas import parse_formula
from bench.modelfile.base import EVERY_SCHEME, Many, Section, described
from bench.modelfile.checks import check_model, money_keys
from bench.modelfile.costing.neutrality import Adjustment, OverRecording, Publication
from bench.modelfile.keys import MISSING, annotation, dotted, matches, member, put, walk
from bench.modelfile.lines import Path, Place, line_of, origin_of, path_of, with_places
from bench.modelfile.methods.keys import MethodKeys
from bench.modelfile.methods.named import Analysis
from bench.modelfile.refusals import model_error
from bench.modelfile.sections.analysis import (
    CALIBRATION_WORDS,
    Benchmark,
    Data,
    Frontier,
    FrontierOptions,
    Indexation,
    Meta,
    Norm,
    NormOptions,
    Requirement,
)
from bench.modelfile.sections.blocks import Administration, Purchaser, Scheme
from bench.modelfile.sections.chain import (
    DECISION_NAMES,
    NORM_FUNCTIONS,
    ROW_FUNCTIONS,
    Decision,
    Figure,
    Identity,
    Quality,
)
from bench.modelfile.sections.situations import Alternative, Basis, Case, Report, Rounding
from bench.modelfile.texts.write import to_toml
from bench.modelfile.values import PLAIN, Dated
from bench.presenting import table_html

if TYPE_CHECKING:
    import pandas as pd


class Model(Section):
    """A validated model file.

    Load one with :func:`bench.load_model`. Sections are attributes under the names they have in the file; in
    arrays of tables the name is the singular (``model.scheme``, ``scheme.service``).

    Examples
    --------
    >>> import bench
    >>> model = bench.load_model("kristiansand")
    >>> model.value("scheme.omsorg.settlement.keep_surplus", 2004)
    0.9
    """

    meta: Meta = described("The model", "Modellen")
    data: Data = described("Data", "Data")
    decision: Decision | None = described("The decision", "Vedtaket", default=None)
    parameter: dict[str, Dated] = described("Named numbers", "Navngitte tall", default={})
    figure: Many[Figure] = described("Figures worked out by formulas", "Størrelser etter formel", default=())
    identity: Many[Identity] = described("Identities", "Identiteter", default=())
    frontier: Frontier = described("Frontier", "Front", default=Frontier())
    norm: Norm = described("Norms", "Normer", default=Norm())
    benchmark: Benchmark = described("Benchmark prices", "Målestokkpriser", default=Benchmark())
    requirement: Requirement | None = described("Efficiency requirement", "Effektiviseringskrav", default=None)
    adjustment: Many[Adjustment] = described(
        "Costs added before units are compared", "Kostnader som legges til før enhetene sammenlignes", default=()
    )
    over_recording: OverRecording | None = described(
        "What a unit gains by recording too much", "Hva en enhet tjener på å føre for mye", default=None
    )
    publication: Publication | None = described("What may be published", "Hva som kan offentliggjøres", default=None)
    quality: Quality | None = described("Gate of quality", "Kvalitetsport", default=None)
    analysis: Many[Analysis] = described("Analyses beside the chain", "Analyser ved siden av kjeden", default=())
    indexation: Indexation = described("Indexation", "Indeksering", default=Indexation())
    rounding: Rounding = described("Rounding", "Avrunding", default=Rounding())
    report: Report = described("What the report holds back", "Hva rapporten holder tilbake", default=Report())
    scheme: Many[Scheme] = described("Schemes", "Ordninger")
    purchaser: Purchaser | None = described("Purchaser", "Bestiller", default=None)
    administration: Administration | None = described("Administration", "Administrasjon", default=None)
    basis: Many[Basis] = described("Status and source of choices", "Status og kilde for valg", default=())
    alternative: Many[Alternative] = described("Alternatives", "Alternativer", default=())
    case: Many[Case] = described("Cases", "Eksempler", default=())

    @model_validator(mode="before")
    @classmethod
    def _without_settlement(cls, data: Any) -> Any:
        """A model that ends with the norms settles nothing: its schemes need no settlement and no price."""
        if not isinstance(data, dict) or data.get("meta", {}).get("stage") != "norms":
            return data
        nothing = {"settlement": {"keep_surplus": 1.0, "carry_deficit": 1.0}, "price": {"source": "none"}}
        schemes = data.get("scheme", [])
        if not isinstance(schemes, list) or not all(isinstance(part, dict) for part in schemes):
            return data
        for part in schemes:
            for key in ("settlement", "price"):
                if key in part:
                    raise PydanticCustomError(
                        "stage", "meta.stage = 'norms' ends before {key}: take it out, or the stage", {"key": key}
                    )
        return {**data, "scheme": [{**nothing, **part} for part in schemes]}

    _file: str = PrivateAttr(default="")
    _raw: dict[str, Any] = PrivateAttr(default_factory=dict)
    _lines: dict[Path, Place] = PrivateAttr(default_factory=dict)
    _sha256: str = PrivateAttr(default="")
    _source: bytes | None = PrivateAttr(default=None)

    # -- identity ------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """Short name."""
        return self.meta.name

    @property
    def file(self) -> str:
        """The file it was read from."""
        return self._file

    @property
    def sha256(self) -> str:
        """Hash of the file's bytes; of the content when values were replaced."""
        return self._sha256

    @property
    def source(self) -> bytes:
        """The file as its owner wrote it, comments and all; a model that was changed in memory, written anew."""
        return self._source if self._source is not None else to_toml(self._raw).encode()

    @property
    def lines(self) -> Mapping[Path, Place]:
        """The line of every key of the file, by its path, in words where a value was set for this run.

        Empty for a model that was changed in memory.
        """
        return dict(self._lines)

    @property
    def raw(self) -> dict[str, Any]:
        """The tables of the file, as TOML holds them; a copy."""
        return copy.deepcopy(self._raw)

    def __repr__(self) -> str:
        return f"Model({self.meta.name}: {self.title('en')})"

    __str__ = __repr__

    def _repr_html_(self) -> str:
        """Return what a notebook shows: what it is, and the first of its numbers with where they are from."""
        description = self.meta.description.get("en") if self.meta.description else ""
        about = f"<p><b>{escape(self.title('en'))}.</b> {escape(description)}</p>"
        numbers = self.assumptions()[["key", "value", "status", "source"]]
        return about + table_html(numbers.astype({"value": str}), "Values and where they are from")

    def title(self, language: str = "nb") -> str:
        """Return the title in a language."""
        return self.meta.title.get(language)

    @property
    def scheme_ids(self) -> list[str]:
        """Schemes in the order of the file."""
        return [scheme.id for scheme in self.scheme]

    def find_scheme(self, scheme: str) -> Scheme:
        """Return a scheme by its id.

        Raises
        ------
        ModelError
            When there is none; lists those there are.
        """
        for candidate in self.scheme:
            if candidate.id == scheme:
                return candidate
        raise ModelError(
            f"no scheme {scheme!r}; the model has {', '.join(self.scheme_ids)}{nearest(scheme, self.scheme_ids)}",
            file=self._file,
            key="scheme",
        )

    # -- values --------------------------------------------------------------------------------------------

    def value(self, key: str, year: int | None = None) -> Any:
        """Return a value by its dotted key; members of arrays are named by their id or name.

        Parameters
        ----------
        key : str
            Such as ``"scheme.omsorg.price.gain"`` or ``"requirement.general"``.
        year : int, optional
            Needed for dated values.

        Raises
        ------
        ModelError
            When the model has no such key, or no value is in force; names file, key and line.
        """
        found: Any = self
        for part in key.split("."):
            found = member(found, part)
            if found is MISSING:
                raise ModelError(f"the model has no value {key!r}", file=self._file, key=key)
        if isinstance(found, Dated):
            constant = found.constant
            if year is None and constant is not None and len(found.entries) == 1:
                return constant
            if year is None:
                raise ModelError("the value is dated: say which year", file=self._file, key=key)
            return found.at(year)
        return found

    def walk(self) -> Iterator[tuple[str, Path, Any]]:
        """Yield ``(dotted key, path in the file, value)`` of every value the file states."""
        yield from walk(self, "", ())

    def assumptions(self, years: Iterable[int] | None = None) -> pd.DataFrame:
        """Return every value the model states, with its status and source.

        Parameters
        ----------
        years : iterable of int, optional
            Only values in force in one of these years.

        Returns
        -------
        DataFrame
            Columns ``key``, ``scheme``, ``from``, ``value``, ``status``, ``source``.
        """
        import pandas as pd

        wanted = None if years is None else sorted(set(years))
        rows = [row for key, _, value in self.walk() for row in self._rows(key, value, wanted)]
        return pd.DataFrame(rows, columns=["key", "scheme", "from", "value", "status", "source"])

    def _rows(self, key: str, value: Any, years: list[int] | None) -> Iterator[tuple[Any, ...]]:
        parts = key.split(".")
        if parts[0] in ("meta", "data", "report", "basis", "case", "alternative"):
            return
        if self.meta.stage == "norms" and parts[0] == "scheme" and parts[2:3] in (["settlement"], ["price"]):
            return  # a model that ends with the norms has none: these stand in their place
        scheme = parts[1] if parts[0] == "scheme" and len(parts) > 2 else ""
        if isinstance(value, Dated):
            for entry in value.entries:
                if years is None or any(value.entry_at(year) is entry for year in years):
                    start = entry.from_.isoformat() if entry.from_ else ""
                    yield key, scheme, start, entry.value, entry.status, entry.source
        elif parts[-1] not in ("id", "name", "nb", "en"):
            status, source = self.basis_of(key)
            shown = ", ".join(map(str, value)) if isinstance(value, tuple) else value
            yield key, scheme, "", shown, status, source

    def basis_of(self, key: str) -> tuple[str, str]:
        """Return status and source of a choice that is a word."""
        for basis in self.basis:
            if any(matches(pattern, key) for pattern in basis.keys):
                return basis.status, basis.source
        return "assumed", PLAIN

    # -- what the data must hold ---------------------------------------------------------------------------

    @property
    def cost_column(self) -> str:
        """Column with the cost in NOK."""
        return self.data.cost

    def output_columns(self, scheme: str | None = None) -> tuple[str, ...]:
        """Return the services' allocated columns, of one scheme or of all."""
        schemes = self.scheme if scheme is None else (self.find_scheme(scheme),)
        return tuple(dict.fromkeys(service.column for part in schemes for service in part.service))

    def read_options(self) -> dict[str, Any]:
        """Return the keywords for :func:`bench.read_units`: roles of every column the model reads."""
        figures = {figure.id for figure in self.figure}
        together = self.data.rows == "every-scheme"  # columns of one scheme are empty or zero for units of another
        inputs = () if together else tuple(dict.fromkeys(self.data.inputs or (self.data.cost,)))
        outputs = () if together else self.output_columns()
        fronts = (self.frontier, *self.frontier.by_scheme.values())
        stated = [*self.data.environment, *(column for part in fronts for column in part.environment or ())]
        stated += [column for named in self.named_methods() for column in named.environment or ()]
        inputs, outputs = (tuple(c for c in part if c not in figures) for part in (inputs, outputs))
        environment = [c for c in dict.fromkeys(stated) if c not in (*inputs, *outputs) and c not in figures]
        taken = {*inputs, *outputs, *environment, *figures, *self.parameter}
        needed: list[str] = [self.data.cost, *self.data.extra, *self.output_columns(), *self.formula_columns()]
        for part in fronts:
            needed += part.inputs or ()
            correction, inference = part.correction, part.inference
            if correction is not None:
                composites = {composite.id for composite in correction.composite}
                needed += [column for column in correction.conditions if column not in composites]
                needed += [column for composite in correction.composite for column in composite.columns]
            if inference is not None and inference.column is not None:
                needed.append(inference.column)
        needed += [column for named in self.named_methods() for column in named.columns()]
        if self.requirement is not None and self.requirement.cost is not None:
            needed.append(self.requirement.cost)
        if self.quality is not None:
            needed.append(self.quality.column)
        needed += [self.norm.key, *(part.key for part in self.norm.by_scheme.values())]
        for scheme in self.scheme:
            needed += [column for service in scheme.service for column in service.columns]
            needed += [*scheme.columns, *((scheme.cost,) if scheme.cost else ())]
        words = {
            *CALIBRATION_WORDS,
            *DECISION_NAMES,
            *self.data.texts,
            self.data.id,
            self.data.period,
            self.data.scheme,
        }
        return {
            "id": self.data.id,
            "period": self.data.period,
            "scheme": self.data.scheme,
            "inputs": list(inputs),
            "outputs": list(outputs),
            "environment": environment,
            "extra": [c for c in dict.fromkeys(needed) if c not in taken and c not in words],
            "texts": list(self.data.texts),
            "accept": list(self.data.accept),
            **({"currency": self.data.currency} if self.data.currency is not None else {}),
        }

    def named_methods(self) -> tuple[MethodKeys, ...]:
        """Return every place that names a method with its keys: variants of the frontier, and analyses."""
        return (*self.frontier.variant, *self.analysis)

    def optional_columns(self) -> frozenset[str]:
        """Return the columns a table may lack: those with a stated value, and given scores that are otherwise found."""
        fronts = (self.frontier, *self.frontier.by_scheme.values())
        given = {part.inference.column for part in fronts if part.inference is not None and part.inference.column}
        return frozenset({*self.data.optional, *given})

    def formula_columns(self) -> list[str]:
        """Return the names the formulas of figures and unit rules read, columns and others."""
        texts = [(figure.formula, figure.after_norms) for figure in self.figure]
        texts += [(side, True) for identity in self.identity for side in (identity.left, identity.right)]
        for part in (self.frontier, *self.frontier.by_scheme.values()):
            texts += [(rule.where, False) for rule in part.unit_rule if rule.where is not None]
            if part.reference is not None and part.reference.where is not None:
                texts.append((part.reference.where, False))
        texts += [(rule.where, False) for rule in self.adjustment if rule.where is not None]
        found: list[str] = []
        for text, after in texts:
            functions = (*ROW_FUNCTIONS, *(NORM_FUNCTIONS if after else ()))
            found += parse_formula(text, functions=functions).names
        return list(dict.fromkeys(found))

    # -- the frontier --------------------------------------------------------------------------------------

    def frontier_for(self, scheme: str) -> FrontierOptions:
        """Return the frontier's options in a scheme: its own where stated, else the common ones."""
        common = {name: getattr(self.frontier, name) for name in FrontierOptions.model_fields}
        own = self.frontier.by_scheme.get(scheme)
        if own is not None:
            common |= {name: getattr(own, name) for name in own.model_fields_set}
        return FrontierOptions.model_construct(**common)

    def norm_for(self, scheme: str) -> NormOptions:
        """Return what may differ between schemes in the norms: a scheme's own where stated, else the common."""
        common = {name: getattr(self.norm, name) for name in NormOptions.model_fields}
        own = self.norm.by_scheme.get(scheme)
        if own is not None:
            common |= {name: getattr(own, name) for name in own.model_fields_set}
        return NormOptions.model_construct(**common)

    def feeds_money(self, scheme: str) -> bool:
        """Tell whether a frontier decides a price or a grant of a scheme, and so must not see later years."""
        return bool(money_keys(self, self.find_scheme(scheme)))

    def output_groups(
        self, scheme: str, own: Mapping[str, tuple[str, ...]] | None = None
    ) -> dict[str, tuple[str, ...]]:
        """Return the outputs of the frontier in a scheme: name and the services it adds up by their weights.

        A variant's own outputs come first, then those of the scheme. Without stated outputs these are the product
        groups of the services; a service without a group stands alone.
        """
        part = self.find_scheme(scheme)
        stated = self.frontier_for(scheme).outputs if own is None else own
        names = {service.id for service in part.service}
        if stated is not None:
            groups = {name: tuple(s for s in services if s in names) for name, services in stated.items()}
            return {name: services for name, services in groups.items() if services}
        found: dict[str, tuple[str, ...]] = {}
        for service in part.service:
            key = service.group or service.id
            found[key] = (*found.get(key, ()), service.id)
        return found

    # -- other versions of the model -----------------------------------------------------------------------

    def with_values(self, values: Mapping[str, Any]) -> Model:
        """Return the model with other values, by dotted key; numbers become scenario values.

        ``scheme.*.price.gain`` sets the value in every scheme.

            Examples
            --------
            >>> import bench
        >>> model = bench.load_model("kristiansand").with_values({"scheme.omsorg.price.gain": 0.5})
            >>> model.value("scheme.omsorg.price.gain")
            0.5
        """
        said = ", ".join(f"--set {key}" for key in values)
        return self._changed({key: (value, f"--set {key}") for key, value in values.items()}, said)

    def _changed(self, values: Mapping[str, tuple[Any, Place | None]], said: str) -> Model:
        """Return the model with other values, each with the place where errors say it stands."""
        raw = copy.deepcopy(self._raw)
        places: dict[Path, Place | None] = {}
        for key, (value, place) in self._each_scheme(values):
            if isinstance(value, int | float) and not isinstance(value, bool) and self._is_dated(key):
                value = {"value": float(value), "status": "scenario", "source": "set for this run"}
            put(raw, key, value, self._file)
            places[path_of(raw, key)] = place
        try:
            return build(raw, self._file, with_places(self._lines, places))
        except ModelError as error:
            if error.file != self._file:  # it says already what was set
                raise
            # The file holds without it, so what is wrong elsewhere comes of what was changed.
            message = f"{error.message} (with {said})"
            raise ModelError(message, file=self._file, key=error.key, line=error.line) from error.__cause__

    def with_alternative(self, name: str) -> Model:
        """Return the model with the values of one of its alternatives.

        Raises
        ------
        ModelError
            When there is no such alternative; lists those there are.

        Examples
        --------
        >>> import bench
        >>> model = bench.load_model("resource-intensive").with_alternative("vestvagoy")
        >>> model.value("scheme.kommuner.correction.refund.threshold", 2020)
        1360000.0
        """
        names = [alternative.name for alternative in self.alternative]
        chosen = next((alternative for alternative in self.alternative if alternative.name == name), None)
        if chosen is None:
            known = ", ".join(names) or "none"
            raise ModelError(
                f"no alternative {name!r}; there are: {known}{nearest(name, names)}", file=self._file, key="alternative"
            )
        here = ("alternative", names.index(name), "set")
        places = {key: (value, line_of(self._lines, (*here, key))) for key, value in chosen.set.items()}
        changed = self._changed(places, f"alternative {name!r}")
        raw = changed.raw
        said = raw["meta"].get("note", [])
        raw["meta"]["note"] = [{"nb": chosen.title.nb, "en": chosen.title.en}, *said]
        return build(raw, self._file, changed.lines)

    def _each_scheme(self, values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        for key, value in values.items():
            first, _, rest = key.partition(f"scheme.{EVERY_SCHEME}.")
            if first or not rest or EVERY_SCHEME in self.scheme_ids:
                yield key, value
            else:
                yield from ((f"scheme.{name}.{rest}", value) for name in self.scheme_ids)

    def _is_dated(self, key: str) -> bool:
        section: Any = type(self)
        for part in key.split("."):
            section = annotation(section, part)
        return section is Dated

    def with_roles(
        self,
        *,
        id: str,
        cost: str,
        outputs: Sequence[str] = (),
        inputs: Sequence[str] = (),
        period: str | None = None,
        scheme: str | None = None,
        environment: Sequence[str] = (),
    ) -> Model:
        """Return the model for a table of another shape: its first scheme's rules, with these columns.

        Every output becomes a service. One output weighs 1; several get the rule ``equal-cost-share``: each
        service's price gives an equal share of the first cost base. The rule is an assumption and listed as such.

        Parameters
        ----------
        id, cost, period, scheme : str
            Columns of the table. With ``scheme``, the rules hold in every scheme found in the data.
        outputs, inputs, environment : sequence of str
            ``inputs`` are those of the frontier; the cost alone when omitted. No output is needed where the rules set
            no price.
        """
        from bench.modelfile.transplant import rules_for_columns

        if not outputs and self.scheme[0].price.source != "none":
            raise ModelError(
                "with_roles needs at least one output, a column with the volume of a service: the model pays by volume",
                file=self._file,
                key="scheme.price.source",
            )
        roles = {"id": id, "cost": cost, "inputs": list(inputs or [cost]), "environment": list(environment)}
        roles |= {key: value for key, value in (("period", period), ("scheme", scheme)) if value is not None}
        return build(rules_for_columns(self._raw, roles, outputs, self.data.year), self._file, {})

    def expanded(self, units: Any) -> Model:
        """Return the model with the schemes of a :class:`bench.Units` table.

        The scheme ``"*"`` is replaced by every scheme of the table; services whose columns do not apply in a scheme are
        left out there. Schemes of the model that the table does not have are left out, and ``meta.note`` says so: a
        client with one scheme can use a model of three.
        """
        from bench.modelfile.transplant import rules_in_every_scheme

        if EVERY_SCHEME in self.scheme_ids:
            return build(rules_in_every_scheme(self._raw, units), self._file, {})
        absent = [name for name in self.scheme_ids if name not in units.schemes]
        if not units.schemes or not absent or len(absent) == len(self.scheme_ids):
            return self
        raw = self.only_schemes(set(units.schemes))._raw
        names = ", ".join(absent)
        said = {"nb": f"Dataene har ikke ordningen {names}.", "en": f"The data do not have the scheme {names}."}
        raw["meta"]["note"] = [*raw["meta"].get("note", []), said]
        return build(raw, self._file, {})

    def only_schemes(self, names: Collection[str]) -> Model:
        """Return the model with some of its schemes; cases are left out."""
        raw = copy.deepcopy(self._raw)
        raw["scheme"] = [part for part in raw["scheme"] if part["id"] in names]
        kept = {part["id"] for part in raw["scheme"]}
        if "analysis" in raw:
            raw["analysis"] = [_of_schemes(part, kept) for part in raw["analysis"] if _looks_at(part, kept)]
        if "frontier" in raw and "by_scheme" in raw["frontier"]:
            raw["frontier"]["by_scheme"] = {k: v for k, v in raw["frontier"]["by_scheme"].items() if k in kept}
        raw.pop("case", None)
        basis = raw.pop("basis", [])
        stated = [key for key, _, _ in build(raw, self._file, {}).walk()]
        for entry in basis:
            entry["keys"] = [pattern for pattern in entry["keys"] if any(matches(pattern, key) for key in stated)]
        return build(raw | {"basis": [entry for entry in basis if entry["keys"]]}, self._file, {})

    def applied_to(self, other: Model) -> Model:
        """Return this model's rules on another model's data: its schemes, services, columns, index and frontier.

        A scheme that both models have keeps this model's rules for it; every other scheme takes those of the first.
        Services keep their weights. Rules that the data cannot carry are replaced by the nearest that they can
        (stated prices by average cost, indexed; performed by allocated volume), and ``meta.note`` says so.

        Examples
        --------
        >>> import bench
        >>> mixed = bench.load_model("average-cost").applied_to(bench.load_model("kristiansand"))
        >>> mixed.name, mixed.scheme_ids
        ('average-cost', ['omsorg', 'utviklingshemmede', 'helse'])
        """
        from bench.modelfile.transplant import rules_on_data

        options = other.read_options()
        roles = ("inputs", "outputs", "environment", "extra")
        columns = {column for role in roles for column in options[role]}
        raw = rules_on_data(self._raw, other._raw, columns)
        basis = raw.pop("basis", [])
        adopted = [name for name in other.scheme_ids if name not in self.scheme_ids]
        first = f"scheme.{self.scheme_ids[0]}."
        for entry in basis:
            told = [key.removeprefix(first) for key in entry["keys"] if key.startswith(first)]
            entry["keys"] = [*entry["keys"], *(f"scheme.{name}.{key}" for name in adopted for key in told)]
        made = build(raw, self._file, {})
        own = {key: value for key, _, value in self.walk()}
        stated = [key for key, _, value in made.walk() if any(own.get(k) == value for k in self._own_keys(key))]
        for entry in basis:
            entry["keys"] = [pattern for pattern in entry["keys"] if any(matches(pattern, key) for key in stated)]
        return build(raw | {"basis": [entry for entry in basis if entry["keys"]]}, self._file, {})

    def _own_keys(self, key: str) -> list[str]:
        """Return where a value of another model's scheme may stand in this one."""
        first, _, rest = key.partition(".")
        return [key] if first != "scheme" else [f"scheme.{s}.{rest.partition('.')[2]}" for s in self.scheme_ids]

    # -- where it stands in the file -----------------------------------------------------------------------

    def refuse(self, message: str, path: Path) -> ModelError:
        """Return the error for a place in the file, with its line."""
        place = origin_of(self._lines, path, self._file)
        return ModelError(message, file=place, key=dotted(path), line=line_of(self._lines, path))

    @contextmanager
    def placing(self) -> Iterator[None]:
        """Give errors of this model that come up while it is run the file and the line of their key."""
        try:
            yield
        except ModelError as error:
            if error.line is not None or not error.key or error.file not in ("", self._file):
                raise
            path = path_of(self._raw, error.key)
            place, line = origin_of(self._lines, path, self._file), line_of(self._lines, path)
            raise type(error)(error.message, file=place, key=error.key, line=line) from error.__cause__

    def located(self, raw: dict[str, Any], file: str, lines: Mapping[Path, Place], source: bytes | None) -> Model:
        """Remember where the model came from; every dated value gets its file, key and line."""
        self._raw, self._file, self._lines, self._source = raw, file, dict(lines), source
        content = source if source is not None else json.dumps(raw, sort_keys=True, default=str).encode()
        self._sha256 = hashlib.sha256(content).hexdigest()
        for key, path, value in self.walk():
            if isinstance(value, Dated):
                value.located(file, key, line_of(lines, path))
        return self


def _looks_at(analysis: Mapping[str, Any], schemes: Collection[str]) -> bool:
    """Whether an analysis looks at any of some schemes."""
    return not analysis.get("schemes") or bool(set(analysis["schemes"]) & set(schemes))


def _of_schemes(analysis: Mapping[str, Any], schemes: Collection[str]) -> dict[str, Any]:
    """Return an analysis of those of its schemes that are kept."""
    stated = [name for name in analysis.get("schemes", ()) if name in schemes]
    return {**analysis, **({"schemes": stated} if stated else {})}


def build(raw: dict[str, Any], file: str, lines: Mapping[Path, Place], source: bytes | None = None) -> Model:
    """Validate raw tables and return the model."""
    try:
        model = Model.model_validate(raw)
    except ValidationError as error:
        raise model_error(error, file, lines) from None
    check_model(model.located(raw, file, lines, source))
    return model
