"""A model's frontier as a function of any accounts, so that a simulation can measure it again every year."""

from __future__ import annotations

from bench.errors import ModelError
from bench.modelfile import Model
from bench.modelfile.checks import FRONTIER_SOURCES
from bench.pipeline.frontier import with_defaults
from bench.pipeline.loop.dea_measure import DeaMeasure
from bench.pipeline.loop.variant_measure import output_matrix, variant_measure
from bench.pipeline.scores.own_reference import excludes_own
from bench.stykkpris.scheme_data import SchemeData

#: More years than any simulation has: a frontier of all years known.
ALL_YEARS = 1000


def measure_of(model: Model, data: SchemeData) -> DeaMeasure:
    """Return a scheme's frontier as a function of accounts.

    Raises
    ------
    ModelError
        When no money looks at it, or it is made by steps that a simulation does not repeat.
    """
    options, rule, norm = with_defaults(model, data.scheme.id), model.frontier, model.norm
    if not model.feeds_money(data.scheme.id):
        raise _refused(model, f"no price or grant of scheme {data.scheme.id!r} looks at a frontier", "frontier.method")
    steps = {
        "frontier.screen": bool(getattr(options, "screen", ())),
        "frontier.unit_rule": bool(getattr(options, "unit_rule", ())),
        "frontier.correction": getattr(options, "correction", None) is not None,
        "frontier.inference": getattr(options, "inference", None) is not None,
        "frontier.inputs": options.inputs not in (None, (model.data.cost,)),
        "frontier.orientation": options.orientation not in (None, "input"),
        "adjustment": bool(model.adjustment),
        "frontier.periods": options.periods == "average",
        "frontier.reference": getattr(options, "reference", None) is not None,
        "norm.source": norm.source not in FRONTIER_SOURCES,
        "norm.calibrate": norm.calibrate == "budget" or norm.total is not None,
        "norm.key": norm.key != "norm" and norm.calibrate != "none",
        "norm.above_one": norm.above_one,
    }
    wrong = [key for key, there in steps.items() if there]
    if wrong:
        raise _refused(
            model,
            f"a simulation measures the frontier of cost again, by itself; {', '.join(wrong)} says otherwise",
            wrong[0],
        )
    years = {"separate": 1, "window": options.window or 1}.get(options.periods or "known", ALL_YEARS)
    plain = DeaMeasure(
        rts=options.rts or "crs",
        outputs=output_matrix(model, data, model.output_groups(data.scheme.id)),
        years=years,
        tolerance=norm.tolerance,
        floors=(rule.floor, norm.floor),
        own_share=norm.own_cost_share,
        calibrate=norm.calibrate == "cost",
        limit=options.own_limit if excludes_own(model, data.scheme.id, options) else None,
    )
    return (
        plain if not rule.variant and tuple(rule.method) == ("dea",) else variant_measure(model, data, options, plain)
    )


def _refused(model: Model, why: str, key: str) -> ModelError:
    return ModelError(f"{why}: let frontier = 'standing' in the simulation", file=model.file, key=key)
