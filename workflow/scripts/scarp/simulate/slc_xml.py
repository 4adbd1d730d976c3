"""Small helpers for writing the XML documents of a product."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from lxml import etree

from scarp.files import beside

#: Stands in every file of a simulated product.
NOTICE = "Simulated by scarp: no observation"


def node(tag: str, *children: etree._Element | str, **attributes: str) -> etree._Element:
    """An element with its children in order; a string becomes its text."""
    element = etree.Element(tag, attributes)
    for child in children:
        if isinstance(child, str):
            element.text = child
        else:
            element.append(child)
    return element


def listing(tag: str, items: Iterable[etree._Element]) -> etree._Element:
    """An element that holds items and states their count."""
    children = list(items)
    return node(tag, *children, count=str(len(children)))


def number(value: float) -> str:
    """A number as products write it, exact in double precision."""
    return f"{value:.15e}"


def numbers(values: Sequence[float] | np.ndarray[tuple[int], np.dtype[np.float64]]) -> str:
    """Numbers of a look-up table, separated by blanks, with seven digits."""
    return " ".join(f"{value:.6e}" for value in values)


def timestamp(day: str, seconds: float) -> str:
    """The instant `seconds` after midnight of an ISO date, with microseconds."""
    instant = np.datetime64(day, "us") + np.timedelta64(round(seconds * 1e6), "us")
    return str(instant)


def microsecond(seconds: float) -> float:
    """The nearest time that a time stamp can hold."""
    return round(seconds * 1e6) / 1e6


def write_document(path: Path, root: etree._Element) -> None:
    """Write a document whose first line is a comment that says that it is simulated."""
    root.addprevious(etree.Comment(f" {NOTICE} "))
    with beside(path) as partial:
        etree.ElementTree(root).write(
            str(partial), encoding="UTF-8", xml_declaration=True, pretty_print=True
        )
