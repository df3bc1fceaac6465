"""Schema of a manifest: every key with its type and its bounds, for what is read from a folder that anyone may send."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from bench.manifest.names import is_plain, is_plain_path

Word = Annotated[str, StringConstraints(max_length=2_000)]
Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Role = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[A-Za-z0-9_-]{1,60})?$")]
Year = Annotated[int, Field(ge=1, le=9999)]
#: Kinds of result that are made from a file alone.
WITHOUT_MODEL = ("dea", "sfa")
Names = Annotated[list[Word], Field(max_length=100_000)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


class Source(_Strict):
    """A source: the plain name of its copy, the name its owner gave it, hash and size."""

    name: Word
    title: Word = ""
    sha256: Hash
    bytes: int = Field(ge=0)

    @field_validator("name")
    @classmethod
    def _plain(cls, name: str) -> str:
        if not is_plain(name):
            raise ValueError(f"{name!r} is not a plain file name")
        return name


class Roles(_Strict):
    """Columns by role, as given on top of the model's own."""

    id: Word | None = None
    period: Word | None = None
    scheme: Word | None = None
    cost: Word | None = None
    inputs: Names = []
    outputs: Names = []
    environment: Names = []
    year: Year | None = None


class Join(_Strict):
    """A sheet whose columns join the table's."""

    sheet: Word
    by: Names
    columns: Names = []


class Read(_Strict):
    """How the data file is read."""

    sheet: Word | Names | None = None
    decimal: Literal[",", "."] | None = None
    thousands: Word | None = None
    delimiter: Word | None = None
    encoding: Word | None = None
    header: int | None = Field(default=None, ge=0, le=1_048_576)
    years_in_columns: Word | None = None
    currency: Word | None = None
    leave_out: Names = []
    where: Names = []
    scale: dict[Word, float] = Field(default={}, max_length=10_000)
    join: list[Join] = Field(default=[], max_length=1_000)
    accept: Names = []
    extra: Names = []


class Finding(_Strict):
    """What was known of a table that came from memory; the fields of :class:`bench.errors.Issue`."""

    rule: Word
    message: Word
    remedy: Word = ""
    severity: Literal["error", "warning"] = "error"
    file: Word = ""
    sheet: Word = ""
    cell: Word = ""
    column: Word = ""
    unit: Word = ""
    period: Word = ""
    value: Word = ""


def _nothing_null(content: Any, may: tuple[str, ...] = ()) -> Any:
    """Refuse what is stated to be nothing where it would have been left out: who reads it back expects something."""
    stated = content.items() if isinstance(content, dict) else ()
    if empty := [str(key)[:50] for key, value in stated if value is None and key not in may]:
        raise ValueError(f"{', '.join(empty[:5])}: null, where a value belongs or nothing at all")
    return content


class Asked(_Strict):
    """What one method was asked of one file."""

    method: Word | None = None
    keys: Names = []
    input_prices: Names = []
    programs: Names = []
    rts: Word | None = None
    orientation: Word | None = None
    periods: Word | None = None
    kind: Word | None = None
    form: Word | None = None
    distribution: Word | None = None
    panel: Word | None = None
    shape: Word | None = None
    normalise: Word | None = None
    covariance: Word | None = None
    formula: Word | None = None
    u: Word | None = None

    @model_validator(mode="before")
    @classmethod
    def _said(cls, content: Any) -> Any:
        return _nothing_null(content)


class Choices(_Strict):
    """Which choices a specification curve varies."""

    methods: Names
    rts: Names
    outputs: Word
    outliers: Names
    sample: Word
    classes: int = Field(ge=2, le=100)


class Options(_Strict):
    """Everything else a result depends on."""

    model: Word | None = None
    models: Names = []
    dataset: Word | None = None
    synthetic: bool = False
    roles: Roles = Roles()
    read: Read = Read()
    set: dict[Word, Word] = Field(default={}, max_length=10_000)
    findings: list[Finding] | None = Field(default=None, max_length=1_000_000)
    mapping: dict[Word, Any] | None = None
    years: list[Year] | None = Field(default=None, min_length=2, max_length=2)
    draws: int | None = Field(default=None, ge=1, le=10_000_000)
    seed: int | None = Field(default=None, ge=-(2**63), lt=2**63)
    behaviour: dict[Word, float] | None = None
    outlook: dict[Word, float | None] | None = None
    inhabitants: float | None = Field(default=None, gt=0.0)
    setup: float | None = Field(default=None, ge=0.0)
    horizon: float | None = Field(default=None, gt=0.0)
    flip: Names = []
    weights: dict[Word, float] = Field(default={}, max_length=1_000)
    asked: Asked | None = None
    choices: Choices | None = None

    @model_validator(mode="before")
    @classmethod
    def _said(cls, content: Any) -> Any:
        return _nothing_null(content, may=("dataset",))

    @model_validator(mode="after")
    def _few_years(self) -> Options:
        if self.years is not None and not 0 <= self.years[1] - self.years[0] < 500:
            raise ValueError("years must be a span of at most 500")
        return self

    def given(self) -> dict[str, Any]:
        """Return what the manifest states, as plain values."""
        return self.model_dump(exclude_unset=True)


class Machine(_Strict):
    """The machine a result was made on, as far as it can move a byte."""

    system: Word = ""
    machine: Word = ""
    cpu: Names = []
    blas: Word = ""


class Report(_Strict):
    """The files of a saved result."""

    languages: list[Literal["nb", "en"]] = Field(min_length=1, max_length=2)
    formats: list[Literal["csv", "parquet"]] = Field(default=["csv"], min_length=1, max_length=2)
    versions: dict[Word, Word] = {}
    fonts: dict[Word, Word] = {}
    sources: Word
    left_out: Annotated[list[Word], Field(max_length=1_000)] = []
    files: dict[Word, Hash] = Field(max_length=1_000_000)

    @field_validator("files")
    @classmethod
    def _inside(cls, files: dict[str, str]) -> dict[str, str]:
        for name in files:
            if not is_plain_path(name):
                raise ValueError(f"{name!r} is not a plain path inside the folder")
        if len({name.casefold() for name in files}) < len(files):
            raise ValueError("two files differ only in the case of their letters")
        return files

    @field_validator("sources")
    @classmethod
    def _folder(cls, name: str) -> str:
        if not is_plain(name):
            raise ValueError(f"{name!r} is not a plain name")
        return name


class Written(BaseModel):
    """The part of a manifest that says which files an earlier result consists of."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True, defer_build=True)

    report: Report


class Manifest(_Strict):
    """A whole manifest, format 2."""

    format: Literal[2]
    kind: Annotated[str, StringConstraints(pattern=r"^[a-z-]{1,30}$")]
    sources: dict[Role, Source] = Field(min_length=1, max_length=1_000)
    options: Options
    versions: dict[Word, Word]
    machine: Machine
    synthetic: bool
    report: Report

    @model_validator(mode="after")
    def _listed(self) -> Manifest:
        for role, source in self.sources.items():
            name = f"{self.report.sources}/{source.name}"
            if source.name in self.report.left_out:
                if name in self.report.files:
                    raise ValueError(f"the source {role} ({name}) is said to be left out, and is among the files")
                continue
            if self.report.files.get(name) != source.sha256:
                raise ValueError(f"the source {role} ({name}) is not among the files with its hash")
        if "data" not in self.sources or ("model" not in self.sources and self.kind not in WITHOUT_MODEL):
            raise ValueError("the sources lack the model or the data")
        return self
