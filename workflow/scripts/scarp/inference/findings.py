"""Sentences of findings, from the results of planned contrasts.

Only a verdict makes a claim; a contrast without one is named as undecided, together with the
difference that such data could have shown.
"""

from __future__ import annotations

from collections.abc import Sequence

from scarp.inference.comparison import Result

_NAMES = {"f1": "F1", "iou": "IoU", "precision": "precision", "recall": "recall"}
#: What a corrected p must stay below.
_ALPHA = 0.05


def findings(results: Sequence[Result]) -> list[str]:
    """One sentence per claim, one about the tests behind them, one that names what is undecided.

    The sentences follow the order of the results and are meant to be read as one paragraph.
    """
    claims = [result for result in results if result.verdict != "undecided"]
    sentences = [_claim(result) for result in claims]
    differing = [result for result in claims if result.verdict != "equivalent"]
    if differing:
        sentences.append(_tested(differing, len(results)))
    undecided = [result for result in results if result.verdict == "undecided"]
    if undecided:
        sentences.append(
            "Undecided, which is not to say without a difference: "
            + "; ".join(map(_open_question, undecided))
            + "."
        )
    if any(len(result.seeds) == 1 for result in undecided):
        sentences.append(
            "With one seed nothing is claimed: an interval then holds the luck of events and not"
            " that of training (study: seeds)."
        )
    return sentences


def _claim(result: Result) -> str:
    label, metric = result.contrast.label, _NAMES[result.contrast.metric]
    start = label[:1].upper() + label[1:]
    if result.verdict == "equivalent":
        said = f"changes {metric} by less than {result.margin:g}"
        return f"{start} {said} (mean difference {signed(result.difference)}, {_basis(result)})."
    verb = "raises" if result.verdict == "better" else "lowers"
    return f"{start} {verb} {metric} by {abs(result.difference):.3f} ({_basis(result)})."


def _tested(differing: Sequence[Result], planned: int) -> str:
    """Which of the claimed differences hold among all planned ones together."""
    passed = [result for result in differing if result.p_holm < _ALPHA]
    least = min(result.smallest_p for result in differing)
    return (
        f"Of {counted(len(differing), 'claimed difference')}, {len(passed)}"
        f" also {'passes' if len(passed) == 1 else 'pass'} Wilcoxon's test after Holm's correction"
        f" for {counted(planned, 'planned contrast')}"
        f" (p {', '.join(f'{result.p_holm:.2g}' for result in differing)};"
        f" the smallest p that the test can give here, uncorrected, is {least:.2g})."
    )


def _open_question(result: Result) -> str:
    label = result.contrast.label
    if len(result.groups) < 2:
        return f"{label} ({_size(result)}, too few for an interval)"
    metric = _NAMES[result.contrast.metric]
    # A score lies in 0 to 1, and so no two of them differ by more than 1.
    shown = (
        f"a true {result.detectable:.2f} would show in four of five studies"
        if result.detectable < 1
        else "no difference that there can be would show in four of five studies"
    )
    return f"{label} ({metric} {signed(result.difference)}, {_basis(result)}; {shown})"


def _basis(result: Result) -> str:
    low, high = result.interval
    return f"95 % interval {signed(low)} to {signed(high)}, {_size(result)}"


def _size(result: Result) -> str:
    """Groups and seeds, what was left out, and what stood for a side that validation chose."""
    parts = [counted(len(result.groups), "group"), counted(len(result.seeds), "seed")]
    if result.left_out:
        parts.append(f"left out: {' '.join(result.left_out)}")
    for side, chosen in ((result.contrast.a, result.a), (result.contrast.b, result.b)):
        if len(side.candidates) > 1:
            parts.append(f"{side.text}: {' '.join(chosen)}")
    return ", ".join(parts)


def counted(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def signed(value: float) -> str:
    """Three decimals and a sign, which stays where they are zeros and tells the side of zero."""
    return f"{value:+.3f}".replace("-", "\N{MINUS SIGN}")
