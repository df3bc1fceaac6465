"""Audit lp: known answers, another solver, and what is refused."""

from __future__ import annotations

import pytest
from pulp_oracle import data, phi, theta

import bench
from bench.envelopment.multipliers.audit_lp import unit_program, write_unit_lp
from bench.errors import OptionError
from bench.lp.solvers.highs import solve
from bench.lp.solvers.pulp_model import solve_pulp

RTS = ["crs", "vrs", "drs", "irs", "fdh", "add"]


@pytest.mark.parametrize("rts", RTS)
@pytest.mark.parametrize("side", ["input", "output"])
def test_audit_program_gives_the_score(rts: str, side: str) -> None:
    X, Y = data(1, n=6)
    units = bench.Units.from_arrays(X, Y, names=["Nord", "Sør", "Øst", "Vest", "Midt by", "3"])
    for k, unit in enumerate(units.names):
        program = unit_program(units, unit, rts=rts, orientation=side)
        expected = (theta if side == "input" else phi)(X, Y, rts, X[k], Y[k])
        assert solve(program).objective == pytest.approx(expected, rel=1e-8)
        assert solve_pulp(program).objective == pytest.approx(expected, rel=1e-8)


def test_audit_file_is_readable_and_solvable_elsewhere(tmp_path) -> None:
    import highspy

    X, Y = data(1, n=6)
    units = bench.Units.from_arrays(X, Y, names=["Nord", "Sør", "Øst", "Vest", "Midt by", "3"])
    path = write_unit_lp(units, "Øst", tmp_path / "ost.lp", rts="irs", orientation="input", super_efficiency=True)
    text = path.read_text()
    assert "sum_of_intensities" in text
    assert "Midt_by" in text
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.readModel(str(path))
    solver.run()
    assert solver.getInfo().objective_function_value == pytest.approx(theta(X, Y, "irs", X[2], Y[2], skip=2), rel=1e-7)
    with pytest.raises(OptionError, match="Øst"):
        unit_program(units, "Øs", rts="vrs", orientation="input")
