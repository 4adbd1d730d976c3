"""Reading the XML documents of a product: no entities, no network, and faults with a path."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from scarp.errors import DataError, Fault

_DAMAGED = "fetch the product again: the file is damaged or not what its name says"


def parse(xml: bytes, label: str) -> etree._Element:
    """The root of a document; `label` names it in errors.

    Raises
    ------
    DataError: no well-formed XML, or a document type declaration, which no product has and which
        could define entities.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(xml, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise DataError(Fault(f"is no well-formed XML ({error})", label, cure=_DAMAGED)) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise DataError(
            Fault(
                "has a document type declaration (DOCTYPE), which may define entities",
                label,
                "XML without one, as every Sentinel-1 product has it",
                "fetch the product from its publisher",
            )
        )
    return root


def elements(parent: etree._Element, path: str, label: str) -> list[etree._Element]:
    """All elements at `path`, at least one.

    Raises
    ------
    DataError: there is none.
    """
    found = parent.findall(path)
    if not found:
        raise DataError(Fault(f"lacks the element {_full(parent, path)}", label, cure=_DAMAGED))
    return found


def text(parent: etree._Element, path: str, label: str) -> str:
    """The stripped text of the first element at `path`.

    Raises
    ------
    DataError: there is no such element, or it is empty.
    """
    content = (elements(parent, path, label)[0].text or "").strip()
    if not content:
        raise DataError(Fault(f"has an empty {_full(parent, path)}", label, cure=_DAMAGED))
    return content


def number(parent: etree._Element, path: str, label: str) -> float:
    """The finite number at `path`; DataError as `text`, or where it is none."""
    content = text(parent, path, label)
    try:
        value = float(content)
    except ValueError:
        value = float("nan")
    if not np.isfinite(value):
        raise _no_number(content, _full(parent, path), label)
    return value


def integer(parent: etree._Element, path: str, label: str) -> int:
    """The whole number at `path`; DataError as `text`, or where it is none."""
    content = text(parent, path, label)
    try:
        return int(content)
    except ValueError:
        raise _no_number(content, _full(parent, path), label) from None


def numbers(content: str, what: str, label: str) -> NDArray[np.float64]:
    """Numbers parted by blanks, shape (n,); `what` names the element in errors.

    Raises
    ------
    DataError: one of them is no finite number.
    """
    parts = content.split()
    try:
        values = np.array(parts, dtype=np.float64)
    except ValueError:
        bad = next(part for part in parts if not _is_number(part))
        raise _no_number(bad, what, label) from None
    if not np.isfinite(values).all():
        raise _no_number(parts[int(np.argmin(np.isfinite(values)))], what, label)
    return values


def instant(content: str, what: str, label: str) -> np.datetime64:
    """A UTC time such as 2023-09-16T06:37:31.485004, to the nanosecond.

    Raises
    ------
    DataError: it is no time.
    """
    try:
        # A zone mark is not in the format; numpy would warn about it and go on.
        if len(content) < len("2023-09-16T06:37:31") or not content[-1].isdigit():
            raise ValueError
        return np.datetime64(content, "ns")
    except ValueError:
        raise DataError(
            Fault(f"has '{content}' where a UTC time belongs ({what})", label, cure=_DAMAGED)
        ) from None


def seconds(moment: np.datetime64, reference: np.datetime64) -> float:
    """Seconds from `reference` to `moment`; a day's seconds keep 0.02 ns in float64."""
    return float((moment - reference) / np.timedelta64(1, "ns")) * 1e-9


def midnight(moment: np.datetime64) -> np.datetime64:
    """Midnight at which the day of `moment` starts, in nanoseconds."""
    day: np.datetime64 = moment.astype("datetime64[D]").astype("datetime64[ns]")
    return day


def same_length(columns: dict[str, Sequence[object] | NDArray[np.float64]], label: str) -> None:
    """Check that lists which belong together are equally long and not empty.

    Raises
    ------
    DataError: they are not.
    """
    sizes = {name: len(values) for name, values in columns.items()}
    if len(set(sizes.values())) != 1 or not all(sizes.values()):
        said = ", ".join(f"{name} {size}" for name, size in sizes.items())
        raise DataError(
            Fault(f"has lists that should be equally long: {said}", label, cure=_DAMAGED)
        )


def _full(parent: etree._Element, path: str) -> str:
    # Namespaces say nothing to a reader here: {*}pass is shown as pass.
    return f"{etree.QName(parent).localname}/{path}".replace("{*}", "").replace(".//", "")


def _is_number(content: str) -> bool:
    try:
        float(content)
    except ValueError:
        return False
    return True


def _no_number(content: str, what: str, label: str) -> DataError:
    return DataError(
        Fault(f"has '{content}' where a number belongs ({what})", label, cure=_DAMAGED)
    )
