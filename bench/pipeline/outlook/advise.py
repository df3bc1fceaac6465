"""Advice on a client's accounts: which systems fit, why, and what would change the answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from bench import resources
from bench.errors import BenchError, DataError, OptionError, nearest
from bench.modelfile import Model, load_model
from bench.modelfile.model import build
from bench.pipeline.jobs import Job, file_job, memory_job
from bench.pipeline.outlook.flip_maps import Ground, between_of, chosen_map, pairs_of, standard_maps
from bench.pipeline.outlook.forward import compared, shaped_to
from bench.reading.performed import performed_of
from bench.report.faces import PageFace
from bench.stykkpris.scheme_data import scheme_data
from bench.stykkpris.simulation.advising.advice import Advice
from bench.stykkpris.simulation.advising.arguments import Pair
from bench.stykkpris.simulation.advising.drivers import Driver, drivers_of, inhabitants_of, user_weight
from bench.stykkpris.simulation.advising.reasons import HORIZON, reasons_of
from bench.stykkpris.simulation.compare import Comparison
from bench.stykkpris.simulation.criteria import CRITERIA
from bench.stykkpris.simulation.delivered import Delivered, delivered_of
from bench.typing import Progress
from bench.units import Units

#: The systems a file is tried on: the evaluation's ideal types and their nearest relatives.
SYSTEMS = (
    "unit-price",
    "average-cost",
    "blended",
    "user-choice",
    "criteria-block",
    "historic-block",
    "incremental-block",
    "cost-refund",
)
#: A grant that needs no other columns than cost: the criteria grant with historic shares for a key.
HISTORIC = "historic-block"
#: Parts of a model that say how a file is read; the rest are rules.
_SHARED = ("data", "indexation", "rounding")
_NOT_DELIVERED = (
    "hva brukerne fikk av det som er vedtatt: la modellen som leser filen, betale utført volum: --extra KOLONNE --set "
    "scheme.*.volume.basis=performed --set scheme.*.service.TJENESTE.performed=KOLONNE, det siste for hver tjeneste",
    "what users got of what was decided: let the model that reads the file pay performed volume: --extra COLUMN --set "
    "scheme.*.volume.basis=performed --set scheme.*.service.SERVICE.performed=COLUMN, the last for every service",
)


def advise(
    file: str | Path | Units,
    model: str | Path | Model = "average-cost",
    *,
    systems: Sequence[str | Path] = SYSTEMS,
    roles: Mapping[str, Any] | None = None,
    read: Mapping[str, Any] | None = None,
    tables: Mapping[str, str | Path] | None = None,
    settings: Mapping[str, str] | None = None,
    inhabitants: float | None = None,
    setup: float | None = None,
    horizon: float = HORIZON,
    weights: Mapping[str, float] | None = None,
    flip: Sequence[str] = (),
    between: Sequence[str] = (),
    years: Iterable[int] | None = None,
    seed: int = 1,
    draws: int = 200,
    progress: Progress | None = None,
) -> Advice:
    """Say which financing systems fit a client's accounts, why, and what would change the answer.

    Parameters
    ----------
    file : path or Units
        The client's accounts.
    model : str, path or Model
        The model that reads them; its own rules are one of the systems unless it is a general one.
    systems : sequence of str or path
        Systems to try. One the file cannot carry is named with the remedy, not left out in silence.
    roles, read : mapping, optional
        Columns by role and the file's dialect, as for :func:`bench.pipeline.run_file`.
    tables : mapping of str to path, optional
        Further tables of a file: budget, months, index.
    settings : mapping of str to str, optional
        Values to set by dotted key, written as in a model file. Those of data, indexation and rounding hold for every
        system; the others are rules of ``model`` alone, so that what it is measured against stays what it is.
    inhabitants : float, optional
        Of the municipality: the accounts do not say it.
    setup : float, optional
        NOK that setting up a unit price costs you. Without it Stavanger's stands as the source's example, at the same
        amount and at the same share of cost.
    horizon : float
        Years within which the change should pay.
    weights : mapping of criterion to float, optional
        The reader's own weighing; without it there is no score.
    flip : sequence of str
        Pairs of drivers, such as ``"volatility,growth"``, to map the best system over, in place of the standard maps.
        Played: ``fixed_share, volatility, common, growth``; worked out: ``inhabitants, gain, setup, horizon``.
    between : sequence of str
        Systems to set against each other in the maps, by name, in place of unit price and fixed grant: two to four.
    years, seed, draws : optional
        As for :func:`bench.compare`.
    progress : callable, optional

    Returns
    -------
    Advice

    Raises
    ------
    OptionError, DataError, ModelError
        When the file cannot be read, or no system can be put on it.

    Examples
    --------
    >>> import bench
    >>> from bench.resources import dataset
    >>> data = dataset("kristiansand")
    >>> tables = {"index": data.path("indeks")}
    >>> found = bench.advise(data.path(), "kristiansand", tables=tables, draws=5, years=range(2007, 2009))
    >>> found.kinds["unit-price"], "blended" in found.kinds
    ('price', True)
    """
    pairs_of(flip, inhabitants)
    shown = model if isinstance(model, Model) else load_model(model)
    tried = [model for model in map(system_named, map(str, systems)) if model.name != shown.name]
    if isinstance(file, Units):
        if settings:
            raise OptionError("settings are for a file: of a table in memory, set the values in the model")
        job = memory_job("advise", [shown, *tried], file, {})
    else:
        job = file_job("advise", [shown, *tried], file, roles=roles, read=read, tables=tables, settings=settings)
    asked: dict[str, Any] = {"horizon": horizon, "weights": dict(weights or {})}
    asked |= {key: list(value) for key, value in (("flip", flip), ("between", between)) if value}
    asked |= {key: value for key, value in (("setup", setup), ("inhabitants", inhabitants)) if value is not None}
    job = replace(job, record=job.noted(**asked))
    return advised(job, years=years, seed=seed, draws=draws, progress=progress)


def advised(
    job: Job,
    *,
    years: Iterable[int] | None = None,
    seed: int | None = None,
    draws: int | None = None,
    progress: Progress | None = None,
) -> Advice:
    """Return the advice of a job; what is not given is as the job's record says."""
    said = job.record.options
    weights = {key: float(value) for key, value in said.get("weights", {}).items()}
    _refuse_weights(weights)
    setup, horizon = said.get("setup"), float(said.get("horizon", HORIZON))
    job = _set_once(job)
    first = job.models[0]
    carried, refused = _carried(job)
    if not carried:
        raise OptionError("no system can be put on the file: " + "; ".join(why for why, _ in refused.values()))
    models = (first, *carried)
    usual = {name: job.with_values(_on_the_file(system_named(name), job)) for name in ("unit-price", HISTORIC)}
    named = between_of(said.get("between", ()), list(dict.fromkeys((*(model.name for model in models), *usual))))
    played = compared(replace(job, models=models), years=years, seed=seed, draws=draws, progress=progress)
    span = played.systems[0].played.years
    still = compared(
        replace(job, models=models), years=span, seed=seed, draws=min(played.systems[0].played.draws, 50),
        behaviour="neutral",
    )  # fmt: skip
    shaped = job.with_values(first).expanded(job.units)
    parts = scheme_data(shaped, job.units)
    users = tuple(row for data in parts for row in delivered_of(data))
    _refuse_unknown(weights, played)
    inhabitants = said.get("inhabitants")
    drivers = (*(driver for data in parts for driver in drivers_of(data)), inhabitants_of(inhabitants), user_weight())
    cost = sum(float(data.cost[:, -1].sum()) for data in parts)
    reasons = tuple(reasons_of(drivers, setup=setup, cost=cost, horizon=horizon))
    seed = played.systems[0].played.seed
    shown = dict(zip(played.names, (system.model for system in played.systems), strict=True))
    both = {name: shown[name] if name in shown else usual[name] for name in named} or usual
    ground = Ground(job, both, span, seed, drivers, cost, inhabitants, setup, horizon)
    chosen = [chosen_map(ground, pair) for pair in pairs_of(said.get("flip", ()), inhabitants)]
    kept = {**played.manifest.get("options", {})}
    record = job.noted(**{name: kept[name] for name in ("years", "seed", "draws") if name in kept})
    return Advice(
        comparison=played,
        still=still,
        drivers=drivers,
        reasons=reasons,
        maps=tuple(chosen or standard_maps(ground)),
        refused=refused,
        unknown=tuple(_unknown(job, drivers, users)),
        users=users,
        weights=weights,
        synthetic=job.synthetic,
        sources=record.files,
        manifest=record.manifest(),
        face=PageFace("advice"),
    )


def _set_once(job: Job) -> Job:
    """Put values that say how the file is read into every system, and rules into the first alone."""
    shared = {key: value for key, value in job.values.items() if key.partition(".")[0] in _SHARED}
    own = {key: value for key, value in job.values.items() if key not in shared}
    first, *others = job.models
    return replace(job, values=shared, models=(first.with_values(own) if own else first, *others))


def _refuse_weights(weights: Mapping[str, float]) -> None:
    usable = {criterion.key for criterion in CRITERIA if criterion.direction != "none"}
    for key, value in weights.items():
        if key not in usable:
            raise OptionError(
                f"no criterion {key!r} to weigh{nearest(key, usable)}; there are: {', '.join(sorted(usable))}"
            )
        if not value >= 0.0:
            raise OptionError(f"the weight of {key} must be 0 or more, not {value}")


def _refuse_unknown(weights: Mapping[str, float], played: Comparison) -> None:
    """Refuse to weigh a criterion that some system has no number for: a score of what is not known is no score."""
    names = {criterion.key: criterion.name[1] for criterion in CRITERIA}
    for key, weight in weights.items():
        lacking = [
            name
            for name, value in zip(played.names, played.values[key], strict=True)
            if not np.isfinite(np.asarray(value)).all()
        ]
        if weight and lacking:
            raise OptionError(
                f"{key} ({names[key]}) has no number for {', '.join(lacking)}: data or source do not say it; "
                f"weigh another criterion, or leave these systems out"
            )


def system_named(name: str) -> Model:
    """Return a system by its bundled name or path; ``historic-block`` is the criteria grant with historic shares."""
    if name != HISTORIC:
        return load_model(name)
    base = load_model("criteria-block").only_schemes(["omsorg"])
    raw = base.raw
    raw["meta"] |= {
        "name": HISTORIC,
        "title": {"nb": "Fast ramme etter historisk andel", "en": "Fixed grant by historic share"},
    }
    block = raw["scheme"][0]["block"]
    block |= {"kind": "historic-share"}
    block.pop("criterion", None)
    for entry in raw.get("basis", []):
        entry["keys"] = [key for key in entry["keys"] if key != "scheme.omsorg.block.kind"]
    raw["basis"] = [entry for entry in raw.get("basis", []) if entry["keys"]]
    raw.pop("alternative", None)
    return build(raw, f"{HISTORIC}.toml", {})


def _carried(job: Job) -> tuple[list[Model], dict[str, tuple[str, str]]]:
    """Return the systems the file can carry, and why and how not of the others."""
    made: list[Model] = []
    refused: dict[str, tuple[str, str]] = {}
    for model in job.models[1:]:
        shaped: Model | None = None
        try:
            shaped = _on_the_file(model, job)
            scheme_data(shaped.expanded(job.units), job.units)
        except DataError as error:
            issue = error.issues[0] if error.issues else None
            remedy = "" if issue is None else issue.remedy or ""
            why = str(error) if issue is None else issue.message
            lacking = [] if shaped is None or issue is None or not issue.column else _lacking(shaped, job.units)
            if len(lacking) > 1:
                listed = ", ".join(map(repr, lacking))
                why = f"the model reads the columns {listed}"
                remedy = f"add the columns {listed} to the file where it does not have them, and name them with --extra"
            elif issue is not None and issue.column:
                remedy = (
                    f"add the column {issue.column!r} to the file where it does not have it, and name it with --extra"
                )
            refused[model.name] = (why, remedy)
        except BenchError as error:
            refused[model.name] = (str(error), "")
        else:
            made.append(shaped)
    return made, refused


def _lacking(model: Model, units: Units) -> list[str]:
    """Return every column a system's rules read and the file does not have, in the order of the rules."""
    read = [column for scheme in model.scheme for column in scheme.columns]
    return [column for column in dict.fromkeys(read) if column not in units.frame.columns]


def _on_the_file(model: Model, job: Job) -> Model:
    """Return a system's rules on the file: a bundled one always with the file's own index, a client's as it reads it.

    A bundled model may happen to have the columns of the file; its own assumed index would then make it another world.
    It begins after the last accounts: what is asked is what it would do from now on, so its first price and grant are
    built on the newest accounts, and nobody brings along a balance from years it was not in force.
    """
    first = job.models[0]
    if model.name not in (*resources.model_names(), HISTORIC):
        return shaped_to(model, first, job)
    periods = job.units.periods if job.units.period is not None else [first.data.year]
    shaped = model.applied_to(first)
    raw = shaped.raw
    raw["meta"].pop("last_year", None)
    raw["meta"]["first_year"] = max(map(int, periods)) + 1
    return build(raw, shaped.file, {})


def _performed(units: Units) -> list[Pair]:
    """Say of columns that look like the performed half of a volume how they are read, and how to have them so."""
    made: list[Pair] = []
    for decided, done in performed_of([*units.outputs, *units.extra]).items():
        if decided not in units.outputs:
            continue
        settings = f"--set scheme.*.volume.basis=performed --set 'scheme.*.service.{decided}.performed={done}'"
        if done in units.outputs:
            made.append(
                (
                    f"om {decided!r} og {done!r} er samme volum, vedtatt og utført: de er regnet som to tjenester, og "
                    f"er de én, er alle mål per volum feil; gi da bare {decided!r} med --outputs, og --extra {done!r} "
                    f"{settings}",
                    f"whether {decided!r} and {done!r} are one volume, decided and performed: they are counted as two "
                    f"services, and where they are one every figure per volume is wrong; give only {decided!r} with "
                    f"--outputs then, and --extra {done!r} {settings}",
                )
            )
        else:
            made.append(
                (
                    f"hva svaret blir når det som er utført betales: {done!r} er i filen, men alt her hviler på "
                    f"{decided!r}; legg til {settings}",
                    f"what the answer is where performed volume is paid: {done!r} is in the file, but all here rests "
                    f"on {decided!r}; add {settings}",
                )
            )
    return made


def _unknown(job: Job, drivers: Sequence[Driver], users: Sequence[Delivered]) -> list[Pair]:
    """Say what the data cannot tell, whatever is computed from them."""
    made: list[Pair] = []
    named: Mapping[str, Pair] = {
        "inhabitants": ("hvor mange innbyggere kommunen har: oppgi --inhabitants", "how many inhabitants the municipality has: give --inhabitants"),  # noqa: E501
        "fixed_share": ("andelen fast kostnad: for få år, eller volum som ikke rører seg", "the share of fixed cost: too few years, or volume that does not move"),  # noqa: E501
        "growth": ("hvor fort behovet endrer seg: ett år sier ingenting om endring", "how fast need changes: one year says nothing about change"),  # noqa: E501
        "volatility": ("hvor mye volumet svinger: ett år sier ingenting om endring", "how much volume moves: one year says nothing about change"),  # noqa: E501
        "user_weight": ("hvor tunge brukerne er i hver enhet, og om brukervalg ville gi utvelging av lette brukere", "how heavy the users of each unit are, and whether user choice would make units select light users"),  # noqa: E501
    }  # fmt: skip
    for key, text in named.items():
        found = [driver for driver in drivers if driver.key == key and driver.how == "unknown"]
        why = next((driver.why for driver in found if driver.why is not None), None)
        if found:
            made.append(
                text
                if why is None
                else (f"{text[0].partition(':')[0]}: {why[0]}", f"{text[1].partition(':')[0]}: {why[1]}")
            )
    if not users:
        made.append(
            (
                "hvordan brukerne behandles: filen har ikke volum; oppgi --outputs",
                "how users are treated: the file has no volume; give --outputs",
            )
        )
    elif any(row.how == "unknown" for row in users):
        made += _performed(job.units) or [_NOT_DELIVERED]
    made += [
        ("hvordan enheter, bestiller og brukere svarer: atferden er antatt", "how units, purchaser and users respond: behaviour is assumed"),  # noqa: E501
        ("kvalitet, og om volumet som er registrert, er det som ble gitt", "quality, and whether the volume recorded is what was given"),  # noqa: E501
        ("dekning for grupper som ingen tjeneste i filen står for, ansattes vilkår og samarbeid: argumentert fra kildene", "coverage of groups that no service of the file stands for, working conditions and cooperation: argued from the sources"),  # noqa: E501
    ]  # fmt: skip
    if job.synthetic:
        made.append(("noe om virkeligheten: tallene er laget", "anything about the world: the figures are made up"))
    return made
