"""What all figures share: colours, type, names, and files that come out the same every time."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from matplotlib import rc_context
from matplotlib.figure import Figure

from scarp.files import beside
from scarp.summary import Score

#: Colours that people with any common colour vision tell apart (Okabe and Ito 2008).
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
GREY = "#7F7F7F"


class Group(NamedTuple):
    """How a sensor group is shown; `ink` is its colour, dark enough for text on white."""

    colour: str
    ink: str
    label: str


GROUPS: Mapping[str, Group] = {
    "sar": Group(BLUE, "#005A8C", "SAR"),
    "optical": Group(ORANGE, "#8A5F00", "optical"),
    "fusion": Group(GREEN, "#00694D", "SAR and optical"),
    "control": Group(GREY, "#595959", "control"),
}
_STYLE: dict[Any, Any] = {
    # Verdana has the widths of DejaVu Sans, for browsers on machines without it.
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Verdana"],
    "font.size": 8.0,
    "axes.titlesize": 8.5,
    "axes.titleweight": "bold",
    "axes.labelsize": 8.0,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": "#D9D9D9",
    "grid.linewidth": 0.5,
    "legend.frameon": False,
    "legend.fontsize": 8.0,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "svg.fonttype": "none",  # text stays text: searchable, and small
    "svg.hashsalt": "scarp",  # else the ids differ from run to run
}
#: Left out of the files: the time of writing, and the name and version of the program.
_METADATA: Mapping[str, dict[str, str | None]] = {
    ".svg": {"Date": None, "Creator": None},
    ".png": {"Software": None},
}
DPI = 150
#: Stands where a site has no score to draw.
UNDEFINED = "F1 is undefined:\nno landslide in\nthe reference"


@dataclass(frozen=True)
class Names:
    """What things are called in figures and tables, each in the order in which it is shown.

    Attributes
    ----------
    features: id of a feature set -> label.
    groups: id of a feature set -> sensor group, a key of `GROUPS`.
    scenarios: id of a scenario -> short label, such as "1+1".
    sites: event -> place; an event that is not named here is shown by its id alone.
    """

    features: Mapping[str, str]
    groups: Mapping[str, str]
    scenarios: Mapping[str, str]
    sites: Mapping[str, str]

    def site(self, event: str, width: int = 60) -> str:
        """An event's id and, below it, its place where that is known, in lines of `width`."""
        place = self.sites.get(event, "")
        return "\n".join([event, *textwrap.wrap(place if place != event else "", width)])

    def experiment(self, features: str, scenario: str, width: int = 60) -> str:
        """Label of a feature set in a scenario, in lines of `width`.

        Sets without Sentinel-1 have one scenario and show no dates.
        """
        dates = f", {self.scenarios[scenario]}" if self.uses_radar(features) else ""
        return wrapped(self.features[features] + dates, width)

    def uses_radar(self, features: str) -> bool:
        """Whether the number of Sentinel-1 dates means something for a feature set."""
        return self.groups[features] in ("sar", "fusion")

    def group(self, features: str) -> Group:
        """How a feature set's sensor group is shown."""
        return GROUPS[self.groups[features]]

    def experiments(self, scores: Iterable[Score]) -> list[tuple[str, str]]:
        """The (features, scenario) among the scores, in the order of the names."""
        found = {(score.model.features, score.model.scenario) for score in scores}
        return [
            (features, scenario)
            for features in self.features
            for scenario in self.scenarios
            if (features, scenario) in found
        ]


def titled(text: str, simulated: bool) -> str:
    """A figure's title; simulated data is called so."""
    return f"{text} (simulated data)" if simulated else text


def whole(number: int) -> str:
    """A whole number with its thousands apart."""
    return f"{number:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def counted(number: int, thing: str) -> str:
    """Such as '1 group', '2 groups'."""
    return f"{whole(number)} {thing if number == 1 else f'{thing}s'}"


def wrapped(label: str, width: int) -> str:
    """A label in lines of `width`, broken at blanks and before a band: after a plus sign."""
    lines = [""]
    for part in re.split(r"(?<=\+)(?=[^\W\d])|(?<= )", label):
        if lines[-1] and len((lines[-1] + part).rstrip()) > width:
            lines.append("")
        lines[-1] += part
    return "\n".join(line.rstrip() for line in lines)


@contextmanager
def drawn(paths: Sequence[str | Path], width: float, height: float) -> Iterator[Figure]:
    """Yield an empty figure of `width` x `height` inches; write it to every path when done.

    The suffix of a path chooses the format, SVG or PNG. The same figure gives the same bytes.
    """
    with rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure
        with ExitStack() as stack:
            for path in paths:
                partial = stack.enter_context(beside(path))
                figure.savefig(
                    partial, dpi=DPI, metadata=_METADATA[Path(path).suffix], facecolor="white"
                )
