"""The list of events below their map: label, event, place, date, landslides, area."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from matplotlib.figure import Figure

from scarp.event_table import EventFacts

#: Inches: height of a row, width of a letter, space between columns and between halves.
_ROW, _LETTER, _SPACE, _GAP = 0.155, 0.057, 0.1, 0.3
_HEADER = ("", "event", "place", "date", "land-\nslides", "area\nkm²")
_RIGHT_ALIGNED = (4, 5)
#: What the areas were measured on -> what the list says of it.
_FOOTNOTES: dict[frozenset[str], str] = {
    frozenset(): "Without a georeference the area is not known.",
    frozenset({"polygons"}): "Area of the reference polygons.",
    frozenset({"mask"}): "Area of the landslide pixels of the reference.",
    frozenset({"polygons", "mask"}): (
        "Area of the reference polygons, with * of the landslide pixels of the reference."
    ),
}
#: As long as a place may be.
_LONGEST_PLACE = 34
#: More rows than this stand in two halves.
_ONE_BLOCK = 8


def area_text(area: float | None) -> str:
    """An area in km2 with three significant digits, never with an exponent; a dash for None."""
    return "-" if area is None else f"{Decimal(f'{area:.2e}'):f}"


def _cells(label: str, facts: EventFacts, starred: bool) -> tuple[str, ...]:
    row, cube = facts.row, facts.cube
    place = row.place
    if len(place) > _LONGEST_PLACE:
        place = place[: _LONGEST_PLACE - 1].rstrip(" ,") + "…"
    landslides = "-" if cube.landslides is None else str(cube.landslides)
    star = "*" if starred and cube.landslide_area_km2 is not None else ""
    return (
        *(label, row.event, place, row.date, landslides),
        star + area_text(cube.landslide_area_km2),
    )


@dataclass(frozen=True)
class Listing:
    """A list of events, laid out in one or two halves side by side.

    Attributes
    ----------
    cells: the texts of each event's row; colours: of its label.
    footnote: what the areas were measured on.
    """

    cells: tuple[tuple[str, ...], ...]
    colours: tuple[str, ...]
    footnote: str

    @classmethod
    def of(
        cls, events: Sequence[EventFacts], labels: Sequence[str], colours: Sequence[str]
    ) -> Listing:
        """The list of `events`; areas of the mask are starred where others are of polygons."""
        measured = {e.cube.area_from for e in events if e.cube.landslide_area_km2 is not None}
        mixed = len(measured) > 1
        cells = tuple(
            _cells(label, facts, mixed and facts.cube.area_from == "mask")
            for label, facts in zip(labels, events, strict=True)
        )
        return cls(cells, tuple(colours), _FOOTNOTES[frozenset(measured)])

    @property
    def _columns(self) -> list[float]:
        """Width of each column in inches, without the space to the next."""
        return [
            _LETTER
            * max(*(len(line) for line in title.split("\n")), *(len(r[n]) for r in self.cells))
            for n, title in enumerate(_HEADER)
        ]

    @property
    def _blocks(self) -> int:
        return 2 if len(self.cells) > _ONE_BLOCK else 1

    @property
    def _block(self) -> float:
        return sum(self._columns) + _SPACE * (len(_HEADER) - 1)

    @property
    def width(self) -> float:
        """In inches."""
        return self._blocks * self._block + (self._blocks - 1) * _GAP

    @property
    def height(self) -> float:
        """In inches, header and footnote included."""
        return (-(-len(self.cells) // self._blocks) + 4) * _ROW

    def draw(self, figure: Figure) -> None:
        """Write the list at the foot of a figure, in its middle."""
        left = (figure.get_figwidth() - self.width) / 2
        size = -(-len(self.cells) // self._blocks)
        for block in range(self._blocks):
            part = slice(block * size, (block + 1) * size)
            own = left + block * (self._block + _GAP)
            # Line 1 holds the header, whose first line stands above it.
            self._line(figure, _HEADER, own, 1, "black", bold=True)
            for number, cells in enumerate(self.cells[part]):
                colour = self.colours[block * size + number]
                self._line(figure, cells, own, number + 2.2, colour)
        self._text(figure, self.footnote, left, size + 3.2, fontsize=6.2, color="#404040")

    def _line(
        self,
        figure: Figure,
        cells: Sequence[str],
        left: float,
        line: float,
        colour: str,
        bold: bool = False,
    ) -> None:
        for column, (text, width) in enumerate(zip(cells, self._columns, strict=True)):
            right = column in _RIGHT_ALIGNED
            self._text(
                figure,
                text,
                left + (width if right else 0),
                line,
                ha="right" if right else "left",
                weight="bold" if bold or column == 0 else "normal",
                color=colour if column == 0 else "black",
                fontsize=6.8,
            )
            left += width + _SPACE

    def _text(self, figure: Figure, text: str, x: float, line: float, **style: Any) -> None:
        width, height = figure.get_size_inches()
        y = (self.height - line * _ROW) / height
        figure.text(x / width, y, text, va="baseline", linespacing=1.0, **style)
