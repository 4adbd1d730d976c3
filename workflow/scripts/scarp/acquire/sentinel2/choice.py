"""Which image shows an event's area best, before or after the event."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta

from scarp.acquire.sentinel2.candidates import Candidate, Rules, look_at
from scarp.acquire.sentinel2.items import Tile, is_named, read_tiles
from scarp.acquire.sentinel2.read import box_of
from scarp.acquire.stac import search
from scarp.acquire.stac_access import StacAccess
from scarp.errors import DataError, Fault
from scarp.grid import Grid

_LOG = logging.getLogger("scarp")


@dataclass(frozen=True)
class Pin:
    """What the user has chosen: a day, or products by name or id. It is taken as it is.

    Where both are blank nothing is chosen, and the best image is to be found.
    """

    day: date | None = None
    products: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.day is not None or bool(self.products)


def find_images(
    access: StacAccess, grid: Grid, event_day: date, epoch: str, rules: Rules, pin: Pin
) -> tuple[Candidate, ...]:
    """Look at all images of the area before (PRE1) or after (POST1) an event; the best come first.

    An image of the event's own day counts as after. With a pin only what it means is looked at.

    Raises
    ------
    DataError: the search fails or finds nothing; what is pinned is not there.
    """
    first, last = _days(event_day, epoch, rules, pin)
    tiles = read_tiles(search(access, box_of(grid), first, last), bool(access.api.s3_endpoint))
    images = [_named(access, tiles, pin.products)] if pin.products else _by_datatake(tiles)
    if not images:
        raise _nothing(access, epoch, first, last, bool(pin))
    with ThreadPoolExecutor(access.api.connections) as pool:
        found = pool.map(lambda image: look_at(access, image, grid, event_day, rules), images)
        return tuple(sorted(found, key=lambda one: (one.score, abs(one.days), one.items)))


def pick_image(candidates: Sequence[Candidate], epoch: str, rules: Rules, pin: Pin) -> Candidate:
    """The best image that nothing speaks against; with a pin the best of it, whatever it shows.

    Parameters
    ----------
    candidates: of `find_images`, at least one.

    Raises
    ------
    DataError: none is good enough; or what is pinned cannot be read.
    """
    picked = _pinned(candidates[0], epoch) if pin else _best(candidates, epoch, rules)
    _LOG.info("Sentinel-2 %s: %s, of %d images", epoch, picked, len(candidates))
    return picked


def _days(event_day: date, epoch: str, rules: Rules, pin: Pin) -> tuple[date, date]:
    if pin.day is not None:
        return pin.day, pin.day
    if pin.products:
        days = [_day_of(product) for product in pin.products]
        return min(days), max(days)
    if epoch.startswith("PRE"):
        return event_day - timedelta(rules.days), event_day - timedelta(1)
    return event_day, event_day + timedelta(rules.days)


def _day_of(product: str) -> date:
    """The first date in a product's name, which is when it was taken."""
    found = re.search(r"(?<!\d)(20\d\d)(\d\d)(\d\d)(?!\d)", product)
    try:
        if found:
            return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        pass
    raise DataError(
        Fault(
            "holds no date",
            f"product {product}",
            "a product's name or an item's id, such as S2A_MSIL2A_20220217T183431_...",
            "correct it, or give its date in column date",
        )
    )


def _by_datatake(tiles: Iterable[Tile]) -> list[list[Tile]]:
    images: dict[tuple[date, str], list[Tile]] = {}
    for tile in tiles:
        images.setdefault((tile.day, tile.datatake), []).append(tile)
    return [images[key] for key in sorted(images)]


def _named(access: StacAccess, tiles: Sequence[Tile], products: Sequence[str]) -> list[Tile]:
    """The tiles that are pinned; all products that are not there in one error."""
    found = {tile.item: tile for tile in tiles if any(is_named(tile, name) for name in products)}
    strangers = [
        name for name in products if not any(is_named(tile, name) for tile in found.values())
    ]
    if strangers:
        there = ", ".join(sorted(tile.item for tile in tiles)) or "none"
        raise DataError(
            Fault(
                f"no such item touches the area; those of its date are {there}",
                f"product {name}, collection {access.api.collection}",
                cure="correct its name, or leave column product blank and let it be found",
            )
            for name in strangers
        )
    return list(found.values())


def _pinned(image: Candidate, epoch: str) -> Candidate:
    if image.shares is None:
        raise DataError(
            Fault(
                image.objection,
                f"epoch {epoch}, pinned image {', '.join(image.items)}",
                cure="run again later, or pin another image",
            )
        )
    if image.objection:
        _LOG.warning("Sentinel-2 %s: taken as it is pinned, though %s", epoch, image.objection)
    return image


def _best(candidates: Sequence[Candidate], epoch: str, rules: Rules) -> Candidate:
    good = [candidate for candidate in candidates if not candidate.objection]
    if good:
        return good[0]
    side = "before" if epoch.startswith("PRE") else "after"
    raise DataError(
        Fault(
            f"no Sentinel-2 image of at most {rules.cloud:.0%} cloud and shadow covers"
            f" {rules.covered:.0%} of the area within {rules.days} days {side} the event; the best"
            f" of {len(candidates)} is {candidates[0]}",
            f"epoch {epoch}",
            cure="widen acquire: sentinel2: days, raise cloud or lower covered there, or pin an"
            " image by its date or product in acquisitions.tsv",
        )
    )


def _nothing(access: StacAccess, epoch: str, first: date, last: date, pinned: bool) -> DataError:
    days = f"from {first} to {last}" if first < last else f"of {first}"
    return DataError(
        Fault(
            f"there is no Sentinel-2 image of the area {days}",
            f"epoch {epoch}, collection {access.api.collection}",
            cure="correct the date in acquisitions.tsv, or leave it blank and let one be found"
            if pinned
            else "widen acquire: sentinel2: days, or name another catalogue in acquire: stac",
        )
    )
