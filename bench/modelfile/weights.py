"""Weights of services: stated numbers, or the named rule that gives them from the first cost base."""

from __future__ import annotations

from collections.abc import Mapping

from bench.errors import ModelError
from bench.modelfile.sections.blocks import Scheme


def service_weights(scheme: Scheme, year: int, volumes: Mapping[str, float], cost: float) -> dict[str, float]:
    """Return the price weight of every service of a scheme in a year: cost weight times policy factor.

    What a service costs measures efficiency and makes norms (:func:`cost_weights`); what the payer wants to reward
    enters price and income only, and so only these weights.

    Parameters, return value and errors are those of :func:`cost_weights`.

    Examples
    --------
    >>> from bench.modelfile import load_model
    >>> model = load_model("average-cost").with_roles(id="unit", cost="cost", outputs=["days", "visits"])
    >>> service_weights(model.scheme[0], 2024, {"days": 10.0, "visits": 100.0}, 1000.0)
    {'days': 50.0, 'visits': 5.0}
    """
    costs = cost_weights(scheme, year, volumes, cost)
    return {service.id: costs[service.id] * service.policy_factor.at(year) for service in scheme.service}


def cost_weights(scheme: Scheme, year: int, volumes: Mapping[str, float], cost: float) -> dict[str, float]:
    """Return the cost weight of every service of a scheme in a year, before any policy factor.

    Stated weights are taken as they are. Under ``equal-cost-share`` the services with the rule share the cost of the
    base year equally, so ``w_k = cost / (K·V_k)``. A stated price serves as the weight of a service that has no
    other.

    Parameters
    ----------
    scheme : Scheme
    year : int
        Year whose dated weights are used.
    volumes : mapping
        Total volume per service in the base year (only used by the rule).
    cost : float
        The scheme's cost in the base year, NOK (only used by the rule).

    Returns
    -------
    dict
        Service → weight, in the order of the file.

    Raises
    ------
    ModelError
        When a service has no weight, or the rule meets a service without volume or mixes with stated weights.

    Examples
    --------
    >>> from bench.modelfile import load_model
    >>> model = load_model("average-cost").with_roles(id="unit", cost="cost", outputs=["days", "visits"])
    >>> dear = model.with_values({"scheme.*.service.days.policy_factor": 1.5})
    >>> cost_weights(dear.scheme[0], 2024, {"days": 10.0, "visits": 100.0}, 1000.0)
    {'days': 50.0, 'visits': 5.0}
    """
    ruled = [service.id for service in scheme.service if service.weight_rule is not None]
    if ruled and len(ruled) < len(scheme.service):
        raise ModelError("equal-cost-share holds for all services of a scheme or for none", key=f"scheme.{scheme.id}")
    weights: dict[str, float] = {}
    for service in scheme.service:
        if service.weight is not None:
            weight = service.weight.at(year)
        elif service.weight_rule is not None:
            if not volumes[service.id] > 0.0:
                raise ModelError(
                    "equal-cost-share needs a volume above zero in the base year",
                    key=f"scheme.{scheme.id}.service.{service.id}",
                )
            weight = cost / (len(ruled) * volumes[service.id])
        elif service.price is not None:
            weight = service.price.entries[0].value
        else:
            weight = 1.0
        weights[service.id] = weight
    return weights
