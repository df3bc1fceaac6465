"""What only shows in the whole file: doubles, services without a price, references to nothing, values not in force."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from bench.catalogue import CONDITION_METHODS, METHODS
from bench.errors import ModelError, nearest
from bench.modelfile.base import EVERY_SCHEME
from bench.modelfile.keys import matches
from bench.modelfile.lines import Path
from bench.modelfile.sections.analysis import FrontierOptions
from bench.modelfile.sections.chain import FITTED_METHODS
from bench.modelfile.sections.pricing import FIXED_SOURCES
from bench.modelfile.values import Dated

if TYPE_CHECKING:
    from bench.modelfile.sections.blocks import Scheme


class Model(Protocol):
    """The parts of :class:`bench.modelfile.model.Model` that are checked; the model itself calls these checks."""

    scheme: Any
    frontier: Any
    decision: Any
    norm: Any
    requirement: Any
    meta: Any
    basis: Any
    analysis: Any
    adjustment: Any
    data: Any
    report: Any

    def output_columns(self) -> Any:
        """The services' volume columns."""

    @property
    def scheme_ids(self) -> Any:
        """Ids of the schemes."""

    def frontier_for(self, scheme: str) -> Any:
        """Options of a scheme's frontier."""

    def walk(self) -> Any:
        """Every stated value with its key."""

    def refuse(self, message: str, path: Path) -> ModelError:
        """The error for a place in the file."""


def check_model(model: Model) -> None:
    """Refuse what only shows in the whole file: doubles, services without price, values not in force."""
    _check_schemes(model)
    _check_references(model)
    _check_frontier(model)
    _check_adjustments(model)
    _check_analyses(model)
    _check_vintage(model)
    _check_requirement(model)
    _check_years(model)
    _check_report(model)


def _check_report(model: Model) -> None:
    known = model.output_columns()
    for position, name in enumerate(model.report.counts):
        if known and name not in known:
            raise model.refuse(
                f"no service has the volume column {name!r}{nearest(name, known)}", ("report", "counts", position)
            )


def _check_schemes(model: Model) -> None:
    seen: dict[str, str] = {}
    for position, scheme in enumerate(model.scheme):
        path: Path = ("scheme", position)
        if scheme.id in model.scheme_ids[:position]:
            raise model.refuse(f"scheme {scheme.id!r} stands twice", (*path, "id"))
        for unit in scheme.units:
            if unit in seen:
                raise model.refuse(f"unit {unit!r} is in the schemes {seen[unit]} and {scheme.id}", (*path, "units"))
            seen[unit] = scheme.id
        for number in scheme.unpriced():
            service = scheme.service[number]
            key = "price" if scheme.price.source in FIXED_SOURCES else "weight"
            raise model.refuse(
                f"service {service.id!r} has no {key}: price source {scheme.price.source!r} needs it",
                (*path, "service", number),
            )
    if len(model.scheme) == 0:
        raise model.refuse("the model has no scheme", ("scheme",))


def _check_references(model: Model) -> None:
    for name in model.frontier.by_scheme:
        if name not in model.scheme_ids and EVERY_SCHEME not in model.scheme_ids:
            raise model.refuse(f"no scheme {name!r}{nearest(name, model.scheme_ids)}", ("frontier", "by_scheme", name))
    known = {service.id for scheme in model.scheme for service in scheme.service}
    places: list[tuple[Path, Any]] = [*_frontier_places(model)]
    places += [(("frontier", "variant", k), variant) for k, variant in enumerate(model.frontier.variant)]
    places += [(("analysis", k), analysis) for k, analysis in enumerate(model.analysis)]
    for path, part in places:
        for group, services in (part.outputs or {}).items():
            for service in services:
                if service not in known:
                    raise model.refuse(f"no service {service!r}{nearest(service, known)}", (*path, "outputs", group))
    stated = [key for key, _, _ in model.walk()]
    for position, basis in enumerate(model.basis):
        for pattern in basis.keys:
            if not any(matches(pattern, key) for key in stated):
                raise model.refuse(
                    f"no value {pattern!r} is stated{nearest(pattern, stated)}", ("basis", position, "keys")
                )


def _frontier_places(model: Model) -> list[tuple[Path, FrontierOptions]]:
    """The frontier's options for all schemes and for each, with their place in the file."""
    own = model.frontier.by_scheme.items()
    return [(("frontier",), model.frontier), *((("frontier", "by_scheme", name), part) for name, part in own)]


#: Returns to scale StoNED can impose.
_STONED_RTS = ("vrs", "crs", "drs", "irs")


def _check_frontier(model: Model) -> None:
    """Refuse what the chosen methods cannot do: a statement in the file is honoured or refused, never passed over."""
    methods = set(model.frontier.methods)
    if model.frontier.kind != "cost":
        raise model.refuse(
            "norms and prices need a frontier of cost: a production frontier says how much more could be produced, not "
            "what the volume should have cost; take the key out, or use bench.sfa(units, kind='production') by itself",
            ("frontier", "kind"),
        )
    if model.frontier.first_year is not None and model.decision is not None:
        raise model.refuse(
            "a model with one decision measures that year alone: state decision.cost_year, or take the key out",
            ("frontier", "first_year"),
        )
    for path, part in _frontier_places(model):
        if part.periods == "pooled" and model.frontier.first_year is not None:
            raise model.refuse(
                "a frontier of pooled years measures all of them: take first_year out, or state periods = 'known'",
                ("frontier", "first_year"),
            )
        if part.periods == "average" and methods & {"sfa", "stoned"}:
            raise model.refuse(
                "a stochastic frontier measures the rows it is fitted to, not a year against averages: take "
                "periods = 'window' or 'known', or method 'dea'",
                (*path, "periods"),
            )
        for position, screen in enumerate(part.screen):
            if screen.fitted and not methods & set(FITTED_METHODS):
                raise model.refuse(
                    f"the screen {screen.test!r} judges rows by what they do to a fitted line, and no variant is "
                    "fitted: take test = 'dominance' or 'iqr', or method 'sfa'",
                    (*path, "screen", position, "test"),
                )
            if not screen.fitted and methods and "dea" not in methods:
                raise model.refuse(
                    f"the screen {screen.test!r} is for DEA, and no variant is of that method: take test = 'cook' or "
                    "'dfbetas', or method 'dea'",
                    (*path, "screen", position, "test"),
                )
        if part.environment and not methods & set(CONDITION_METHODS):
            raise model.refuse(
                f"method {', '.join(model.frontier.methods) or 'none'!r} takes no conditions: name them with method "
                "'sfa' or 'stoned', correct the scores afterwards with [frontier.correction] (DEA), or take the key "
                "out, look for their effect on the scores (bench explain determinants) and correct income with "
                "[[scheme.correction]]",
                (*path, "environment"),
            )
        if part.environment and "dea" in methods and not model.frontier.variant:
            raise model.refuse(
                "DEA takes no conditions, so its scores cannot be combined with those of a frontier that has them: "
                "take 'dea' out of method, or take this key out",
                (*path, "environment"),
            )
        if part.rts is not None and methods == {"sfa"} and not model.frontier.variant:
            raise model.refuse(
                "the stochastic frontier estimates its returns to scale: take the key out", (*path, "rts")
            )
        if "stoned" in methods and part.rts is not None and part.rts not in _STONED_RTS:
            raise model.refuse(f"StoNED takes rts {', '.join(_STONED_RTS)}, not {part.rts!r}", (*path, "rts"))
        if methods & {"sfa", "stoned"} and part.orientation not in (None, "input"):
            raise model.refuse(
                f"a stochastic frontier of cost is oriented to the input, not {part.orientation!r}: take the key out",
                (*path, "orientation"),
            )


def _check_adjustments(model: Model) -> None:
    """Refuse adjustments of a cost that schemes read from columns of their own."""
    for position, scheme in enumerate(model.scheme):
        if model.adjustment and scheme.cost not in (None, model.data.cost):
            raise model.refuse(
                f"scheme {scheme.id!r} has a cost column of its own, and adjustments are of {model.data.cost!r}: take "
                "them out, or work the comparable cost out as a [[figure]] and name it in frontier.by_scheme inputs",
                ("scheme", position, "cost"),
            )


def _check_analyses(model: Model) -> None:
    """Refuse an analysis that stands twice, of a scheme there is not, or without the returns its method needs."""
    seen: set[str] = set()
    for position, analysis in enumerate(model.analysis):
        path: Path = ("analysis", position)
        if analysis.id in seen:
            raise model.refuse(f"the analysis {analysis.id!r} stands twice", (*path, "id"))
        seen.add(analysis.id)
        for name in analysis.schemes:
            if name not in model.scheme_ids and EVERY_SCHEME not in model.scheme_ids:
                raise model.refuse(f"no scheme {name!r}{nearest(name, model.scheme_ids)}", (*path, "schemes"))
        if "rts" in METHODS[analysis.method].needs and analysis.rts is None and model.frontier.rts is None:
            own = [model.frontier.by_scheme.get(name) for name in analysis.schemes or model.scheme_ids]
            if any(part is None or part.rts is None for part in own):
                raise model.refuse(
                    f"method {analysis.method!r} needs rts: it has no default, on purpose", (*path, "method")
                )


#: Norm and price sources that are measured by a frontier.
FRONTIER_SOURCES = ("frontier", "dea", "sfa", "stoned")


def money_keys(model: Model, scheme: Scheme) -> list[str]:
    """Return the keys by which a frontier decides a price or a grant of a scheme; none where it only describes."""
    price, prefix = scheme.price, f"scheme.{scheme.id}"
    if not model.frontier.variants:
        return []
    found = []
    moves = price.source not in (*FIXED_SOURCES, "none", "previous")
    if model.norm.source in FRONTIER_SOURCES:
        if price.source == "frontier":
            found.append(f"{prefix}.price.source")
        if moves and price.frontier_reference == "norm" and price.frontier_share.constant != 0.0:
            found.append(f"{prefix}.price.frontier_share")
        if scheme.block.kind == "norm-share":
            found.append(f"{prefix}.block.kind")
        required = model.requirement
        if required is not None and required.feeds != "information":
            found.append("requirement.feeds")
    if moves and price.update == "multipliers" and price.multiplier_source in FRONTIER_SOURCES:
        found.append(f"{prefix}.price.update")
    return found


def _check_vintage(model: Model) -> None:
    """Refuse a frontier of all years where it would decide money: a price must not depend on later accounts."""
    for scheme in model.scheme:
        if model.frontier_for(scheme.id).periods != "pooled":
            continue
        keys = money_keys(model, scheme)
        if not keys:
            continue
        own = model.frontier.by_scheme.get(scheme.id)
        path: Path = ("frontier", "periods")
        if own is not None and own.periods is not None:
            path = ("frontier", "by_scheme", scheme.id, "periods")
        raise model.refuse(
            f"{keys[0]} lets the frontier decide money, and a frontier of pooled years sees accounts that did not "
            "exist when the decision was made: state frontier.periods = 'known' (all years up to the decision year), "
            "'window' or 'average' (with window = the number of years), or 'separate' (the year alone)",
            path,
        )


def _check_requirement(model: Model) -> None:
    """Refuse a requirement that is taken twice, or out of something a scheme does not have."""
    rule = model.requirement
    if rule is None or rule.feeds == "information":
        return
    path: Path = ("requirement", "feeds")
    for position, scheme in enumerate(model.scheme):
        if scheme.price.requirement.constant != 0.0:
            raise model.refuse(
                f"[requirement] feeds the {rule.feeds} and scheme {scheme.id!r} has a price.requirement of its own: it "
                "would be taken twice; put it in requirement.general, or let feeds = 'information'",
                ("scheme", position, "price", "requirement"),
            )
        # The requirement itself is decided once; what makes it a ratchet is a frontier measured again every year.
        keys = [key for key in money_keys(model, scheme) if key != "requirement.feeds"]
        floors = (scheme.price.floor is not None, rule.floor.constant != 0.0)
        if keys and not any(floors):
            raise model.refuse(
                f"{keys[0]} measures the frontier again for every year, and the requirement lowers money below it: "
                "together they can drive the price below any practice ever seen; state requirement.floor (lowest "
                f"allowed cost as a share of the base) or a price.floor in scheme {scheme.id!r}",
                path,
            )
        if rule.feeds == "block" and scheme.block.kind == "none":
            raise model.refuse(
                f"the requirement feeds the grant, and scheme {scheme.id!r} has none: state feeds = 'price' or "
                "'unit-price', or a block grant",
                path,
            )
        if rule.feeds != "block" and scheme.price.source == "none":
            raise model.refuse(
                f"the requirement feeds the {rule.feeds}, and scheme {scheme.id!r} has no price: state feeds = 'block'",
                path,
            )


def _check_years(model: Model) -> None:
    for key, path, value in model.walk():
        if isinstance(value, Dated):
            gone = value.uncovered(_years_needed(model, key))
            if gone:
                raise model.refuse(f"no value is in force on {gone[0]}-01-01", path)


#: Values of single years: none need be in force in the others.
_ONCE = ("start_markup", "start_level", "final", "amount", "supplement")


def _years_needed(model: Model, key: str) -> list[int]:
    first, last = model.meta.first_year, model.meta.last_year
    if key.startswith("requirement."):
        return model.requirement.year_list if model.requirement else []
    if first is None or last is None or key.split(".")[-1] in _ONCE:
        return []
    following = key.startswith("indexation.") or ".price." in key or key.endswith((".weight", ".cost_key", ".price"))
    return list(range(first, last + 1 + following))
