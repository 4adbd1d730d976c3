"""Where to write labels beside points that lie close together, each with a line to its point.

A greedy search: points with most neighbours first, each label at the nearest place around its point
that hides nothing. All lengths are in one unit, such as inches.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple


class Point(NamedTuple):
    """A place on the page."""

    x: float
    y: float


class Box(NamedTuple):
    """A rectangle on the page."""

    left: float
    bottom: float
    right: float
    top: float

    @classmethod
    def around(cls, centre: Point, width: float, height: float) -> Box:
        """The box of a width and height around its centre."""
        return cls(
            centre.x - width / 2,
            centre.y - height / 2,
            centre.x + width / 2,
            centre.y + height / 2,
        )

    def meets(self, other: Box) -> bool:
        """Whether two boxes share any of their inside."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.bottom < other.top
            and other.bottom < self.top
        )

    def holds(self, point: Point) -> bool:
        """Whether a point lies inside."""
        return self.left < point.x < self.right and self.bottom < point.y < self.top

    def inside(self, other: Box) -> bool:
        """Whether the whole box lies in another."""
        return (
            other.left <= self.left
            and self.right <= other.right
            and other.bottom <= self.bottom
            and self.top <= other.top
        )


_ANGLES = tuple(math.radians(22.5 * step) for step in (2, 14, 6, 10, 0, 8, 4, 12, *range(1, 16, 2)))
#: Distances of a label from its point, in heights of a label: from beside it to far away.
_DISTANCES = tuple(1 + 0.5 * step for step in range(16))
#: What it costs to hide something, in the unit of `_DISTANCES`: more than any distance.
_HIDDEN, _CROSSED, _OUTSIDE = 20.0, 10.0, 1000.0


def crosses(a: tuple[Point, Point], b: tuple[Point, Point]) -> bool:
    """Whether two straight lines cross between their ends."""

    def side(line: tuple[Point, Point], point: Point) -> float:
        (x0, y0), (x1, y1) = line
        return (x1 - x0) * (point.y - y0) - (y1 - y0) * (point.x - x0)

    return side(a, b[0]) * side(a, b[1]) < 0 and side(b, a[0]) * side(b, a[1]) < 0


def _along(line: tuple[Point, Point]) -> list[Point]:
    """Points of a line, both ends left out."""
    (x0, y0), (x1, y1) = line
    return [Point(x0 + (x1 - x0) * n / 8, y0 + (y1 - y0) * n / 8) for n in range(1, 8)]


def _candidates(point: Point, width: float, height: float) -> Iterator[tuple[Point, float]]:
    """Places for a label around its point, and their distances in heights, the nearest first."""
    for distance in _DISTANCES:
        for angle in _ANGLES:
            x = point.x + (distance * height + width / 4) * math.cos(angle)
            yield Point(x, point.y + distance * height * math.sin(angle)), distance


def place_labels(
    points: Sequence[Point], widths: Sequence[float], height: float, dot: float, frame: Box
) -> list[Point]:
    """Centres of the labels of points.

    Parameters
    ----------
    points: what is labelled; points may coincide.
    widths, height: size of each label.
    dot: diameter of the points, which labels do not cover.
    frame: where labels may stand.

    Returns
    -------
    One centre per point. Labels and dots lie apart and lines do not cross, as far as there is room.
    """
    dots = [Box.around(point, dot, dot) for point in points]
    near = [sum(math.dist(point, other) < 5 * height for other in points) for point in points]
    boxes: dict[int, Box] = {}
    lines: dict[int, tuple[Point, Point]] = {}
    for index in sorted(range(len(points)), key=lambda n: (-near[n], n)):
        others = [dot for n, dot in enumerate(dots) if n != index]
        best, found = math.inf, points[index]
        for centre, distance in _candidates(points[index], widths[index], height):
            if distance >= best:
                break
            box, line = Box.around(centre, widths[index], height), (points[index], centre)
            way = _along(line)
            hidden = sum(box.meets(other) for other in (*boxes.values(), *dots))
            crossed = sum(crosses(line, other) for other in lines.values())
            crossed += sum(any(map(box.holds, _along(other))) for other in lines.values())
            crossed += sum(any(map(other.holds, way)) for other in (*boxes.values(), *others))
            cost = distance + _HIDDEN * hidden + _CROSSED * crossed
            cost += 0 if box.inside(frame) else _OUTSIDE
            if cost < best:
                best, found = cost, centre
        boxes[index] = Box.around(found, widths[index], height)
        lines[index] = (points[index], found)
    return [lines[index][1] for index in range(len(points))]
