"""The files that tell conclusions: tables, a page, and the first page of the report."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from scarp.conclusions import Conclusion
from scarp.figures.select import is_simulated
from scarp.figures.style import titled
from scarp.files import write_text
from scarp.html_page import document
from scarp.inference.findings import findings
from scarp.inference.geometry_findings import geometry_findings
from scarp.summary import Score, shown
from scarp.tsv import write_table

CONTRASTS_COLUMNS = (
    *("scope", "contrast", "question", "label", "a", "b", "metric"),
    *("difference", "low", "high", "verdict", "margin", "detectable"),
    *("p", "p_holm", "smallest_p", "groups", "seeds", "left_out"),
)
GEOMETRY_COLUMNS = (
    *("scope", "sensor", "experiments", "difference", "low", "high", "verdict", "margin"),
    *("detectable", "pixels_inside", "pixels_outside", "approximate_sites"),
    *("groups", "seeds", "left_out"),
)
EFFECTS_COLUMNS = ("scope", "effect", "difference", "low", "high", "groups", "scores", "remark")
_STYLE = """
body { font: 15px/1.5 Verdana, "DejaVu Sans", sans-serif; margin: 1.5em; color: #222;
       max-width: 46em }
h1 { font-size: 1.2em } h2 { font-size: 1em }
small { color: #666 }
"""


def write_conclusions(
    paths: Mapping[str, str | Path],
    conclusions: Sequence[Conclusion],
    scores: Sequence[Score],
    split: str,
) -> None:
    """Write all files.

    Parameters
    ----------
    paths: `contrasts`, `effects`, `geometry` (tables), `findings` (page), `front` (text).
    scores: that the conclusions were drawn from.
    """
    write_contrasts(paths["contrasts"], conclusions)
    write_effects(paths["effects"], conclusions)
    write_geometry(paths["geometry"], conclusions)
    write_findings(paths["findings"], conclusions, scores, split)
    write_front(paths["front"], conclusions)


def write_contrasts(path: str | Path, conclusions: Iterable[Conclusion]) -> None:
    """Write a row per scope and contrast (`CONTRASTS_COLUMNS`); what is unknown is empty."""
    write_table(
        path,
        CONTRASTS_COLUMNS,
        (
            (
                *(one.scope, result.contrast.contrast, result.contrast.question),
                *(result.contrast.label, " ".join(result.a), " ".join(result.b)),
                *(result.contrast.metric, *map(_shown, (result.difference, *result.interval))),
                *(result.verdict, _shown(result.margin), _shown(result.detectable)),
                *map(_shown, (result.p, result.p_holm, result.smallest_p)),
                *(len(result.groups), len(result.seeds), " ".join(result.left_out)),
            )
            for one in conclusions
            for result in one.results
        ),
    )


def write_effects(path: str | Path, conclusions: Iterable[Conclusion]) -> None:
    """Write a row per scope and effect (`EFFECTS_COLUMNS`).

    An effect that the experiments cannot tell apart has no number; the remark says of what it is
    made.
    """
    rows: list[tuple[object, ...]] = []
    for one in conclusions:
        size = (len(one.effects.groups), one.effects.scores)
        for effect in one.effects.effects:
            numbers = map(_shown, (effect.estimate, *effect.interval))
            rows.append((one.scope, effect.effect, *numbers, *size, ""))
        for alias in one.effects.aliased:
            made = " + ".join(
                name if f"{factor:.3g}" == "1" else f"{factor:.3g} {name}"
                for name, factor in alias.of.items()
            )
            remark = f"cannot be told from {made}" if made else "the same in every experiment"
            rows.append((one.scope, alias.effect, "", "", "", *size, remark))
    write_table(path, EFFECTS_COLUMNS, rows)


def write_geometry(path: str | Path, conclusions: Iterable[Conclusion]) -> None:
    """Write a row per scope and comparison (`GEOMETRY_COLUMNS`); what is unknown is empty."""
    write_table(
        path,
        GEOMETRY_COLUMNS,
        (
            (
                *(one.scope, effect.sensor, " ".join(effect.experiments)),
                *map(_shown, (effect.difference, *effect.interval)),
                *(effect.verdict, _shown(effect.margin), _shown(effect.detectable)),
                *(effect.inside, effect.outside, " ".join(effect.approximate)),
                *(len(effect.groups), len(effect.seeds), " ".join(effect.left_out)),
            )
            for one in conclusions
            for effect in one.geometry
        ),
    )


def write_findings(
    path: str | Path, conclusions: Iterable[Conclusion], scores: Sequence[Score], split: str
) -> None:
    """Write a page with paragraphs of findings for each scope; no text holds markup."""
    title = titled(f"Findings, split {split}", is_simulated(scores))
    parts = []
    for heading, paragraphs in told(conclusions):
        parts.append(f"<h2>{html.escape(heading)}</h2>")
        parts += (f"<p>{html.escape(paragraph)}</p>" for paragraph in paragraphs)
    body = "\n".join(parts)
    write_text(
        path,
        document(
            title,
            _STYLE,
            f"""{body}
<p><small>Differences are means over groups of events and seeds. A claim stands where the 95 %
interval excludes zero, or lies within the margin; all other contrasts are undecided, and all with
one seed.</small></p>
""",
        ),
    )


def write_front(path: str | Path, conclusions: Sequence[Conclusion]) -> None:
    """Write the paragraphs of the first scope as reStructuredText, for the report's first page."""
    lines = []
    for heading, paragraphs in told(conclusions[:1]):
        lines += [f"**{heading}.**", *(re.sub(r"([\\*`|_])", r"\\\1", one) for one in paragraphs)]
    write_text(path, "\n\n".join(lines) + "\n")


def told(conclusions: Iterable[Conclusion]) -> list[tuple[str, list[str]]]:
    """A heading and its paragraphs for each scope: the contrasts, then layover and shadow."""
    found = []
    for one in conclusions:
        paragraphs = [" ".join(findings(one.results)) or "No planned contrast can be compared."]
        paragraphs += filter(None, [" ".join(geometry_findings(one.geometry))])
        found.append((f"{one.scope.capitalize()} sites", paragraphs))
    return found


def _shown(value: float) -> str:
    """What is not finite is empty."""
    return shown(value if math.isfinite(value) else None)
