"""A simulated world: events whose truth is known, so that a study can be tried and tested.

Nothing in it is an observation. It follows simple, published physics closely enough that the
sensors differ as they do in the field, and every file it writes says that it is simulated.
"""

from __future__ import annotations

from scarp.simulate.world import SimulatedEvent, SimulationSettings, draw_event, simulate_event

__all__ = ["SimulatedEvent", "SimulationSettings", "draw_event", "simulate_event"]
