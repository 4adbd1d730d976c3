"""The manifest of a simulated product: what it is and the list of its files."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from scarp.simulate.slc_pass import Pass
from scarp.simulate.slc_xml import NOTICE, node, timestamp

_NAMESPACES = {
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "gml": "http://www.opengis.net/gml",
    "xfdu": "urn:ccsds:schema:xfdu:1",
    "safe": "http://www.esa.int/safe/sentinel-1.0",
    "s1": "http://www.esa.int/safe/sentinel-1.0/sentinel-1",
    "s1sar": "http://www.esa.int/safe/sentinel-1.0/sentinel-1/sar",
    "s1sarl1": "http://www.esa.int/safe/sentinel-1.0/sentinel-1/sar/level-1",
}
_MIME = {".tiff": "application/octet-stream", ".xml": "text/xml"}


@dataclass(frozen=True)
class Listed:
    """A file of the product: path inside the folder, and the kind that the manifest names it."""

    path: str
    kind: str


def manifest(
    folder: Path,
    flight: Pass,
    ipf: str,
    swaths: Sequence[str],
    polarisations: Sequence[str],
    span: tuple[float, float],
    corners: Sequence[tuple[float, float]],
    files: Sequence[Listed],
) -> etree._Element:
    """The manifest of the files in `folder`, with their sizes and checksums.

    Parameters
    ----------
    span: first and last zero-Doppler time, s of the day.
    corners: latitude and longitude of the image's four corners, degree.
    """
    start, stop = (timestamp(flight.day, time) for time in span)
    root = etree.Element(_tag("xfdu:XFDU"), nsmap=_NAMESPACES)
    root.set("version", "esa/safe/sentinel-1.0/sentinel-1/sar/level-1/slc/standard/iwdp")
    units = [
        node(
            _tag("xfdu:contentUnit"),
            node("dataObjectPointer", dataObjectID=_id(file)),
            unitType=_unit(file),
            repID=file.kind,
        )
        for file in files
    ]
    package = node(
        _tag("xfdu:contentUnit"),
        *units,
        unitType="SAFE Archive Information Package",
        textInfo="Sentinel-1 IW Level-1 SLC Product",
    )
    root.append(node("informationPackageMap", package))
    root.append(
        node(
            "metadataSection",
            _metadata("processing", "PDI", _processing(ipf, start, stop)),
            _metadata(
                "acquisitionPeriod",
                "DMD",
                node(
                    _tag("safe:acquisitionPeriod"),
                    node(_tag("safe:startTime"), start),
                    node(_tag("safe:stopTime"), stop),
                ),
            ),
            _metadata("platform", "DMD", _platform(flight, swaths)),
            _metadata("generalProductInformation", "DMD", _product(flight, polarisations)),
            _metadata("measurementOrbitReference", "DMD", _orbit(flight)),
            _metadata("measurementFrameSet", "DMD", _frame(corners)),
        )
    )
    root.append(node("dataObjectSection", *(_data_object(folder, file) for file in files)))
    return root


def _tag(name: str) -> str:
    prefix, local = name.split(":")
    return f"{{{_NAMESPACES[prefix]}}}{local}"


def _id(file: Listed) -> str:
    return "".join(letter for letter in Path(file.path).stem if letter.isalnum())


def _unit(file: Listed) -> str:
    return "Measurement Data Unit" if file.path.endswith(".tiff") else "Metadata Unit"


def _metadata(name: str, category: str, content: etree._Element) -> etree._Element:
    wrap = node(
        "metadataWrap", node("xmlData", content), mimeType="text/xml", vocabularyName="SAFE"
    )
    kind = "PROVENANCE" if category == "PDI" else "DESCRIPTION"
    return node("metadataObject", wrap, ID=name, classification=kind, category=category)


def _processing(ipf: str, start: str, stop: str) -> etree._Element:
    software = node(_tag("safe:software"), name="Sentinel-1 IPF", version=ipf)
    facility = node(
        _tag("safe:facility"), software, country="", name=NOTICE, organisation="", site=""
    )
    name = "SLC Post Processing"
    return node(_tag("safe:processing"), facility, name=name, start=start, stop=stop)


def _platform(flight: Pass, swaths: Sequence[str]) -> etree._Element:
    mode = node(
        _tag("s1sarl1:instrumentMode"),
        node(_tag("s1sarl1:mode"), "IW"),
        *(node(_tag("s1sarl1:swath"), name) for name in swaths),
    )
    return node(
        _tag("safe:platform"),
        node(_tag("safe:familyName"), "SENTINEL-1"),
        node(_tag("safe:number"), flight.mission[-1]),
        node(
            _tag("safe:instrument"),
            node(_tag("safe:familyName"), "Synthetic Aperture Radar", abbreviation="SAR"),
            node(_tag("safe:extension"), mode),
        ),
    )


def _product(flight: Pass, polarisations: Sequence[str]) -> etree._Element:
    return node(
        _tag("s1sarl1:standAloneProductInformation"),
        node(_tag("s1sarl1:missionDataTakeID"), str(flight.datatake)),
        *(node(_tag("s1sarl1:transmitterReceiverPolarisation"), name) for name in polarisations),
        node(_tag("s1sarl1:productClass"), "S"),
        node(_tag("s1sarl1:productClassDescription"), NOTICE),
        node(_tag("s1sarl1:productComposition"), "Slice"),
        node(_tag("s1sarl1:productType"), "SLC"),
        node(_tag("s1sarl1:sliceProductFlag"), "true"),
        node(_tag("s1sarl1:sliceNumber"), "1"),
        node(_tag("s1sarl1:totalSlices"), "1"),
    )


def _orbit(flight: Pass) -> etree._Element:
    numbers = [
        node(_tag(f"safe:{name}"), str(value), type=end)
        for name, value in (
            ("orbitNumber", flight.absolute_orbit),
            ("relativeOrbitNumber", flight.relative_orbit),
        )
        for end in ("start", "stop")
    ]
    properties = node(
        _tag("s1:orbitProperties"),
        node(_tag("s1:pass"), flight.direction.upper()),
        node(_tag("s1:ascendingNodeTime"), timestamp(flight.day, flight.node_time)),
    )
    extension = node(_tag("safe:extension"), properties)
    return node(_tag("safe:orbitReference"), *numbers, extension)


def _frame(corners: Sequence[tuple[float, float]]) -> etree._Element:
    text = " ".join(f"{latitude:.6f},{longitude:.6f}" for latitude, longitude in corners)
    footprint = node(
        _tag("safe:footPrint"),
        node(_tag("gml:coordinates"), text),
        srsName="http://www.opengis.net/gml/srs/epsg.xml#4326",
    )
    return node(_tag("safe:frameSet"), node(_tag("safe:frame"), footprint))


def _data_object(folder: Path, file: Listed) -> etree._Element:
    path = folder / file.path
    digest = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    stream = node(
        "byteStream",
        node("fileLocation", locatorType="URL", href=f"./{file.path}"),
        node("checksum", digest, checksumName="MD5"),
        mimeType=_MIME[path.suffix],
        size=str(path.stat().st_size),
    )
    return node("dataObject", stream, ID=_id(file), repID=file.kind)
