"""The product files of an event's own scenes: their names, their bands, and who calls for them.

Products lie in one folder per event, all on the event's own grid; docs/products.md describes them.
This module imports nothing heavy: the workflow reads it while it is parsed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scarp.channels import EPOCHS, NO_EPOCH, has_band

#: Reference: 1 landslide, 0 none, 255 unknown.
LABELS = "labels.tif"
#: How the files of Sentinel-1's channels begin.
SENTINEL1 = ("gamma0_", "coherence_", "haalpha_")
#: Layover and shadow, local incidence: no channel, may lie in the folder.
GEOMETRY = "geometry.tif"
#: Sensor -> epoch -> ISO date, blank where it is not known.
Dates = Mapping[str, Mapping[str, str]]

_GAMMA0 = {"VV": "gVV", "VH": "gVH"}
_COHERENCE = {"VV": "COHVV"}
_HAALPHA = {"entropy": "ENTROPY", "anisotropy": "ANISOTROPY", "alpha": "ALPHA"}
_TERRAIN = {"elevation": "DEM", "slope": "SLOPE"}
_OPTICAL = ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12")


@dataclass(frozen=True)
class Product:
    """A file of channels.

    Attributes
    ----------
    file: its name.
    epoch: of all its bands; `NO_EPOCH` for terrain.
    bands: what the file calls a band -> the band of the cube (scarp.channels), in file order.
    dates: what the cube says of its dates: `date`, and for coherence `reference_date`, each left
        out where it is not known.
    valid_mask: name of the file that may say which pixels are usable; empty where there is none.
    """

    file: str
    epoch: str
    bands: Mapping[str, str]
    dates: Mapping[str, str]
    valid_mask: str = ""


#: What every event has; its grid is the event's.
TERRAIN = Product("terrain.tif", NO_EPOCH, _TERRAIN, {})


def products_of(dates: Dates) -> tuple[Product, ...]:
    """The products that the acquisitions of an event call for.

    Coherence is dated by its later scene and exists where the epoch before was acquired as well.

    Parameters
    ----------
    dates: `sentinel1` and `sentinel2` -> epoch -> ISO date; an absent sensor was not acquired.

    Returns
    -------
    Terrain first, then Sentinel-1 and Sentinel-2, each in time order.
    """
    radar, optical = dates.get("sentinel1", {}), dates.get("sentinel2", {})
    products = [TERRAIN]
    for epoch in (epoch for epoch in EPOCHS if epoch in radar):
        own = _known(date=radar[epoch])
        products.append(Product(f"gamma0_{epoch}.tif", epoch, _GAMMA0, own))
        earlier = EPOCHS[EPOCHS.index(epoch) - 1]
        if has_band(epoch, "COHVV") and earlier in radar:
            both = own | _known(reference_date=radar[earlier])
            products.append(Product(f"coherence_{epoch}.tif", epoch, _COHERENCE, both))
        products.append(Product(f"haalpha_{epoch}.tif", epoch, _HAALPHA, own))
    products += [
        Product(
            f"optical_{epoch}.tif",
            epoch,
            {name: name for name in _OPTICAL},
            _known(date=optical[epoch]),
            f"optical_valid_{epoch}.tif",
        )
        for epoch in EPOCHS
        if epoch in optical
    ]
    return tuple(products)


def required_files(dates: Dates, needs_labels: bool) -> tuple[str, ...]:
    """Names of the files that must be there, terrain first.

    Parameters
    ----------
    dates: see `products_of`.
    needs_labels: whether the event trains or tests.
    """
    files = tuple(product.file for product in products_of(dates))
    return (*files, LABELS) if needs_labels else files


def optional_files(dates: Dates, needs_labels: bool) -> tuple[str, ...]:
    """Names of the files that are read where they are there; parameters as `required_files`."""
    files = tuple(product.valid_mask for product in products_of(dates) if product.valid_mask)
    return files if needs_labels else (*files, LABELS)


def _known(**dates: str) -> dict[str, str]:
    return {name: date for name, date in dates.items() if date}
