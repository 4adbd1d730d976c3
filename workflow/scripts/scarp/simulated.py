"""What is simulated is called so wherever it shows; this says what is."""

from __future__ import annotations


def is_simulated(source: object) -> bool:
    """Whether the source of a cube says that its pixels were made up.

    "simulated" is the simulated world, "simulated archive" and "simulated scenes" are what the
    archive's and the scenes' ways through the workflow make of it.
    """
    return str(source).startswith("simulated")
