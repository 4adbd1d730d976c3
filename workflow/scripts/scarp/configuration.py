"""The configuration: its defaults, and what can be wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scarp.errors import Fault, TableError
from scarp.schema import faults_of, load_schema, with_defaults

WHERE = "configuration"


def check(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration with every default filled in.

    Raises
    ------
    TableError: with all faults: unknown keys, wrong types, values out of range, settings that
        contradict each other.
    """
    faults = list(faults_of(dict(config), "config", WHERE))
    if faults:
        raise TableError(faults)
    full: dict[str, Any] = with_defaults(config, load_schema("config"))
    faults = list(_contradictions(full))
    if faults:
        raise TableError(faults)
    return full


def _contradictions(config: Mapping[str, Any]) -> list[Fault]:
    faults = []
    patches, blocks = config["patches"], config["model"]["blocks"]
    if patches["size"] % 2**blocks:
        faults.append(
            Fault(
                f"size {patches['size']} cannot be halved {blocks} times",
                f"{WHERE}, patches: size",
                f"multiples of {2**blocks}, since model: blocks is {blocks}",
                "change patches: size or model: blocks",
            )
        )
    if patches["stride"] > patches["size"]:
        faults.append(
            Fault(
                f"stride {patches['stride']} would leave gaps between patches of {patches['size']}",
                f"{WHERE}, patches: stride",
                f"up to {patches['size']}",
                "set stride to size, or smaller to overlap patches",
            )
        )
    low, high = config["scaling"]["percentiles"]
    if low >= high:
        faults.append(
            Fault(
                f"{low} is not below {high}",
                f"{WHERE}, scaling: percentiles",
                "two numbers from 0 to 100, the lower first",
                "swap them",
            )
        )
    world = config["simulate"]
    if world["smallest"] > world["largest"]:
        faults.append(
            Fault(
                f"smallest {world['smallest']} exceeds largest {world['largest']}",
                f"{WHERE}, simulate: smallest",
                "smallest up to largest",
                "swap them",
            )
        )
    return faults
