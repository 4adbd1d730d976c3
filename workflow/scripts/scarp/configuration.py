"""The configuration: its defaults, and what can be wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
    schema = load_schema("config")
    typed = _typed(config, schema)
    faults = list(faults_of(typed, "config", WHERE))
    if faults:
        raise TableError(faults)
    full: dict[str, Any] = with_defaults(typed, schema)
    faults = list(_contradictions(full))
    if faults:
        raise TableError(faults)
    return full


def _typed(value: Any, schema: Mapping[str, Any]) -> Any:
    """Read texts as the numbers and booleans that the schema wants.

    ``--config 'training={epochs: 3}'`` hands everything inside the braces over as text. A text that
    cannot be read stays as it is, for the schema to refuse.
    """
    if isinstance(value, Mapping):
        leaves = schema.get("properties", {})
        return {key: _typed(inner, leaves.get(key, {})) for key, inner in value.items()}
    if isinstance(value, list):
        return [_typed(inner, schema.get("items", {})) for inner in value]
    if isinstance(value, str) and schema.get("type") in _READERS:
        try:
            return _READERS[schema["type"]](value)
        except (ValueError, KeyError):
            return value
    return value


_READERS: dict[str, Callable[[str], Any]] = {
    "integer": int,
    "number": float,
    "boolean": lambda text: {"true": True, "false": False}[text.lower()],
}


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
    if world["scenes"] and config["sentinel1"]["engine"] == "files":
        faults.append(
            Fault(
                "nobody would make products of simulated scenes",
                f"{WHERE}, sentinel1: engine",
                "embedded, snap",
                "set sentinel1: engine, or leave simulate: scenes empty",
            )
        )
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
