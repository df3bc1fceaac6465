"""Two stage: known answers, another solver, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pulp
import pytest
from pulp_oracle import theta

import bench
from bench.envelopment.networks.two_stage import two_stage
from bench.errors import OptionError


def test_two_stage_is_pulps() -> None:
    """Kao & Hwang 2008, multiplier program as printed."""
    rng = np.random.default_rng(6)
    X, Z, Y = rng.uniform(1, 9, (10, 2)), rng.uniform(1, 9, (10, 2)), rng.uniform(1, 9, (10, 2))
    table = pd.DataFrame(np.hstack([X, Z, Y]), columns=["x1", "x2", "z1", "z2", "y1", "y2"])
    table.insert(0, "unit", [str(k) for k in range(10)])
    units = bench.Units.from_frame(table, id="unit", inputs=["x1", "x2"], outputs=["y1", "y2"], extra=["z1", "z2"])
    found = two_stage(units, intermediate=["z1", "z2"])

    def program(k, *, stage=None, score=None):
        problem = pulp.LpProblem("k", pulp.LpMinimize if stage == "low" else pulp.LpMaximize)
        v, w, u = ([problem.add_variable(f"{name}{i}", 0) for i in range(2)] for name in "vwu")

        def worth(weights, values):
            return pulp.lpSum(float(values[i]) * weights[i] for i in range(2))

        for j in range(10):
            problem += worth(w, Z[j]) <= worth(v, X[j])
            problem += worth(u, Y[j]) <= worth(w, Z[j])
        problem += worth(v, X[k]) == 1
        if stage:
            problem += worth(u, Y[k]) >= score * (1 - 1e-10)
        problem.setObjective(worth(w, Z[k]) if stage else worth(u, Y[k]))
        problem.solve(pulp.HiGHS(msg=False, parallel="off"))
        return pulp.value(problem.objective)

    for k in range(10):
        score = program(k)
        assert found.efficiency.iloc[k] == pytest.approx(score, rel=1e-7)
        assert found["first_low"].iloc[k] == pytest.approx(program(k, stage="low", score=score), rel=1e-5)
        assert found["first_high"].iloc[k] == pytest.approx(program(k, stage="high", score=score), rel=1e-5)
        assert found["first_alone"].iloc[k] == pytest.approx(theta(X, Z, "crs", X[k], Z[k]), rel=1e-8)
    assert (found["first_high"] <= found["first_alone"] + 1e-8).all()
    np.testing.assert_allclose(found["first_high"] * found["second_low"], found.efficiency, rtol=1e-9)
    with pytest.raises(OptionError, match="extra"):
        two_stage(units, intermediate=["y1"])
