"""Simulation of a financing system over many years: the rules of the engine, on many draws at once."""

from __future__ import annotations

from bench.stykkpris.simulation.behaviour import Behaviour
from bench.stykkpris.simulation.outlook import Outlook
from bench.stykkpris.simulation.result import SimulationResult
from bench.stykkpris.simulation.simulate import simulate

__all__ = ["Behaviour", "Outlook", "SimulationResult", "simulate"]
