"""What of OData's $filter the Copernicus Data Space Ecosystem documents, and no more."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import shapely
from shapely.geometry import shape

Row = Mapping[str, Any]
Condition = Callable[[Row], bool]

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda a, b: a == b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
}


def parse_filter(text: str) -> list[Condition]:
    """The conditions that `text` joins by `and`; ValueError for what is not documented."""
    return [_condition(part) for part in _parts(text)]


def _parts(text: str) -> list[str]:
    """Split at `and` outside of parentheses and quotes."""
    parts, depth, quoted, start = [], 0, False, 0
    for n, sign in enumerate(text):
        if sign == "'":
            quoted = not quoted
        elif not quoted:
            depth += (sign == "(") - (sign == ")")
            if depth == 0 and text.startswith(" and ", n):
                parts.append(text[start:n])
                start = n + 5
    return [*parts, text[start:]]


def _condition(text: str) -> Condition:
    if found := re.fullmatch(r"Collection/Name eq '([^']*)'", text):
        collection = found[1]
        return lambda row: row["collection"] == collection
    if found := re.fullmatch(r"(contains|startswith|endswith)\(Name,'([^']*)'\)", text):
        how, what = found[1], found[2]
        tests: dict[str, Callable[[str], bool]] = {
            "contains": lambda name: what in name,
            "startswith": lambda name: name.startswith(what),
            "endswith": lambda name: name.endswith(what),
        }
        return lambda row: tests[how](row["Name"])
    if found := re.fullmatch(r"ContentDate/(Start|End) (lt|le|gt|ge) (\S+)", text):
        which, compare, limit = found[1], _COMPARE[found[2]], datetime.fromisoformat(found[3])
        return lambda row: compare(datetime.fromisoformat(row["ContentDate"][which]), limit)
    if found := re.fullmatch(
        r"OData\.CSC\.Intersects\(area=geography'SRID=4326;(POLYGON\(\(.*\)\))'\)", text
    ):
        area = shapely.from_wkt(found[1])
        return lambda row: bool(row["GeoFootprint"] and shape(row["GeoFootprint"]).intersects(area))
    raise ValueError(f"no such filter: {text}")
