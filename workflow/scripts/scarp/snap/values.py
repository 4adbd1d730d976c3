"""Whether SNAP takes a value for a parameter."""

from __future__ import annotations

import re

from scarp.snap.facts import Parameter

# Those of the modes with bursts; the facts list no values, since they depend on the product.
_SETS = {
    "subswath": ("IW1", "IW2", "IW3", "EW1", "EW2", "EW3", "EW4", "EW5"),
    "selectedPolarisations": ("VV", "VH", "HH", "HV"),
}
_PROJECTION = r"(EPSG:)?\d+|AUTO:\d+|WGS84\(DD\)|(PROJCS|GEOGCS)\[.*\]"
_INTEGER = r"[+-]?\d+"
_REAL = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|NaN"
_INTEGERS = ("int", "Integer")
_REALS = ("float", "double", "Double")


def allowed_values(parameter: Parameter) -> str:
    """What a parameter takes, in words."""
    values = parameter.values or _SETS.get(parameter.name, ())
    if values:
        return ", ".join(values)
    if parameter.type in _INTEGERS:
        return f"a whole number {_within(parameter)}".rstrip()
    if parameter.type in _REALS:
        return f"a number {_within(parameter)}".rstrip()
    if parameter.type.lower() == "boolean":
        return "true, false"
    if parameter.name in ("mapProjection", "crs"):
        return "EPSG:nnnnn, nnnnn, AUTO:nnnnn, WGS84(DD), WKT"
    return "a file" if parameter.type == "File" else "a text that is not empty"


def is_allowed(parameter: Parameter, text: str) -> bool:
    """Whether a text is a value that a parameter takes."""
    if not text:
        return False
    if parameter.type in _INTEGERS + _REALS:
        pattern = _INTEGER if parameter.type in _INTEGERS else _REAL
        if not re.fullmatch(pattern, text) or not _inside(float(text), parameter.interval):
            return False
        return not parameter.values or text in parameter.values
    if parameter.type.lower() == "boolean":
        return text in ("true", "false")
    if parameter.name in ("mapProjection", "crs"):
        return re.fullmatch(_PROJECTION, text, re.DOTALL) is not None
    values = parameter.values or _SETS.get(parameter.name, ())
    if parameter.name == "demName":
        text = text.removesuffix(" (Auto Download)")
    words = [word.strip() for word in text.split(",")] if parameter.type == "String[]" else [text]
    return not values or all(word in values for word in words)


def _within(parameter: Parameter) -> str:
    return f"in {parameter.interval}" if parameter.interval else ""


def _inside(value: float, interval: str) -> bool:
    """Whether a number lies in an interval such as "(1, 90]" or "[1, *)"."""
    if not interval:
        return True
    low, high = (end.strip() for end in interval[1:-1].split(","))
    above = low == "*" or value > float(low) or (value == float(low) and interval[0] == "[")
    below = high == "*" or value < float(high) or (value == float(high) and interval[-1] == "]")
    return above and below
