"""Writing one simulated SAFE folder."""

from __future__ import annotations

import binascii
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.control import GroundControlPoint

from scarp.simulate.slc_annotation import annotation_document
from scarp.simulate.slc_calibration import Tables, calibration_document, noise_document
from scarp.simulate.slc_manifest import Listed, manifest
from scarp.simulate.slc_pass import Pass, TiePoint, header, span
from scarp.simulate.slc_radar import SwathPlan
from scarp.simulate.slc_xml import NOTICE, timestamp, write_document

Complex = NDArray[np.complex64]

_LARGEST = np.iinfo(np.int16).max


@contextmanager
def folder_beside(folder: Path, name: str) -> Iterator[Path]:
    """Yield an empty hidden folder in `folder`, removed at the end if it still stands there."""
    partial = folder / f".{name}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    try:
        for part in ("annotation/calibration", "measurement"):
            (partial / part).mkdir(parents=True)
        yield partial
    finally:
        shutil.rmtree(partial, ignore_errors=True)


class Product:
    """A product in the making: measurement files are added one by one, the manifest comes last."""

    def __init__(self, folder: Path, flight: Pass, polarisations: Sequence[str], ipf: str) -> None:
        self._folder = folder
        self._flight = flight
        self._polarisations = tuple(polarisations)
        self._ipf = ipf
        self._files: list[Listed] = []
        self._swaths: dict[str, tuple[SwathPlan, Sequence[TiePoint]]] = {}

    def add(
        self,
        swath: SwathPlan,
        polarisation: str,
        ties: Sequence[TiePoint],
        tables: Tables,
        pixels: Complex,
        azimuth_noise: bool,
    ) -> None:
        """Write measurement, annotation, calibration and noise of a subswath and polarisation.

        Parameters
        ----------
        pixels: (bursts * lines, samples) digital numbers, rounded here to 16 bit.
        azimuth_noise: whether the noise document has a table along azimuth.
        """
        flight = self._flight
        number = len(self._files) // 4 + 1
        self._swaths[swath.subswath.name] = (swath, ties)
        first, last = (_compact(timestamp(flight.day, time)) for time in span(swath))
        stem = (
            f"{flight.mission}-{swath.subswath.name}-slc-{polarisation}-{first}-{last}"
            f"-{flight.absolute_orbit:06d}-{flight.datatake:06x}-{number:03d}"
        ).lower()
        measurement = Listed(f"measurement/{stem}.tiff", "s1Level1MeasurementSchema")
        offset = _write_pixels(self._folder / measurement.path, pixels, ties)
        documents = {
            Listed(f"annotation/{stem}.xml", "s1Level1ProductSchema"): annotation_document(
                header(flight, swath, polarisation, number), flight, swath, ties, offset
            ),
            Listed(
                f"annotation/calibration/calibration-{stem}.xml", "s1Level1CalibrationSchema"
            ): calibration_document(
                header(flight, swath, polarisation, number), flight.day, swath, tables
            ),
            Listed(
                f"annotation/calibration/noise-{stem}.xml", "s1Level1NoiseSchema"
            ): noise_document(
                header(flight, swath, polarisation, number),
                flight.day,
                swath,
                tables,
                azimuth_noise,
            ),
        }
        for listed, document in documents.items():
            write_document(self._folder / listed.path, document)
        self._files.extend([*documents, measurement])

    def finish(self, target: Path) -> Path:
        """Write the manifest and move the folder to its final name in `target`, replacing it."""
        flight = self._flight
        plans = [plan for plan, _ in self._swaths.values()]
        first = min(span(plan)[0] for plan in plans)
        last = max(span(plan)[1] for plan in plans)
        path = self._folder / "manifest.safe"
        document = manifest(
            self._folder,
            flight,
            self._ipf,
            list(self._swaths),
            self._polarisations,
            (first, last),
            self._corners(),
            self._files,
        )
        write_document(path, document)
        checksum = binascii.crc_hqx(path.read_bytes(), 0xFFFF)
        start, stop = (_compact(timestamp(flight.day, time)).upper() for time in (first, last))
        kind = ("S" if len(self._polarisations) == 1 else "D") + self._polarisations[0][0]
        name = (
            f"{flight.mission}_IW_SLC__1S{kind}_{start}_{stop}_{flight.absolute_orbit:06d}"
            f"_{flight.datatake:06X}_{checksum:04X}.SAFE"
        )
        final = target / name
        shutil.rmtree(final, ignore_errors=True)
        self._folder.replace(final)
        return final

    def _corners(self) -> list[tuple[float, float]]:
        near, far = (list(self._swaths.values())[index][1] for index in (0, -1))
        across = len({tie.pixel for tie in near})
        ties = (near[0], far[across - 1], far[-1], near[-across])
        return [(tie.latitude, tie.longitude) for tie in ties]


def _compact(instant: str) -> str:
    """20230904t063731 of an ISO instant, the fraction cut off."""
    return instant.split(".")[0].replace("-", "").replace(":", "").lower()


def _write_pixels(path: Path, pixels: Complex, ties: Sequence[TiePoint]) -> int:
    """Write complex 16 bit pixels, one strip a line; return the byte where the first begins."""
    rounded = np.empty(pixels.shape, dtype=np.complex64)
    rounded.real = np.clip(np.rint(pixels.real), -_LARGEST, _LARGEST)
    rounded.imag = np.clip(np.rint(pixels.imag), -_LARGEST, _LARGEST)
    points = [GroundControlPoint(t.line, t.pixel, t.longitude, t.latitude, t.height) for t in ties]
    profile = {
        "driver": "GTiff",
        "height": pixels.shape[0],
        "width": pixels.shape[1],
        "count": 1,
        "dtype": "complex_int16",
        "blockysize": 1,
        "gcps": points,
        "crs": "EPSG:4326",
    }
    with rasterio.open(path, "w", **profile) as file:
        file.write(rounded, 1)
        file.update_tags(TIFFTAG_IMAGEDESCRIPTION=NOTICE)
    with rasterio.open(path) as file:
        return int(file.get_tag_item("BLOCK_OFFSET_0_0", "TIFF", bidx=1))
