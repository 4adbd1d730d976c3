"""Sentences about layover and radar shadow, from what they do to recall."""

from __future__ import annotations

from collections.abc import Sequence

from scarp.inference.findings import counted, signed
from scarp.inference.geometry import LEAST, GeometryEffect

_WHO = {
    "sar": "the SAR set",
    "optical": "the optical set",
    "sar less optical": "SAR",
}


def geometry_findings(effects: Sequence[GeometryEffect]) -> list[str]:
    """A sentence per comparison: a claim with its interval, or that it is undecided.

    Meant to be read as one paragraph; empty without an effect.
    """
    if not effects:
        return []
    if not any(one.groups for one in effects):
        return [
            f"No group of events has {LEAST} landslide pixels both inside and outside of layover"
            " and radar shadow: whether they are why SAR fails cannot be said from these sites."
        ]
    sentences = [_sentence(one) for one in effects]
    sites = effects[0].approximate
    if sites:
        sentences.append(
            f"At {counted(len(sites), 'site')} layover and shadow are approximate: such ground as"
            " elevation and direction of flight make certain."
        )
    return sentences


def _sentence(one: GeometryEffect) -> str:
    who = _WHO[one.sensor]
    if one.sensor != "sar less optical":
        who = f"{who} {' or '.join(one.experiments)}"
    if one.verdict == "undecided":
        return f"{_question(one.sensor, who)} ({_basis(one)}{_power(one)})."
    amount = f"{abs(one.difference):.3f}"
    if one.sensor == "sar less optical":
        said = {
            "worse": f"There {who} loses {amount} more recall than optical images do",
            "better": f"There {who} loses {amount} less recall than optical images do",
            "equivalent": f"There {who} loses as much recall as optical images do, to within"
            " the margin",
        }[one.verdict]
    else:
        said = {
            "worse": f"In layover or radar shadow {who} finds {amount} less of the landslide pixels"
            " than outside",
            "better": f"In layover or radar shadow {who} finds {amount} more of the landslide"
            " pixels than outside",
            "equivalent": f"Layover and radar shadow change by less than the margin what {who}"
            " finds of the landslide pixels",
        }[one.verdict]
    return f"{said} ({_basis(one)})."


def _question(sensor: str, who: str) -> str:
    if sensor == "sar less optical":
        return f"Undecided is whether {who} loses more there than optical images do"
    return f"Undecided is whether layover and radar shadow change what {who} finds"


def _basis(one: GeometryEffect) -> str:
    low, high = one.interval
    size = f"{counted(len(one.groups), 'group')}, {counted(len(one.seeds), 'seed')}"
    pixels = f"{one.inside} landslide pixels inside, {one.outside} outside"
    left = f", too few pixels: {' '.join(one.left_out)}" if one.left_out else ""
    if len(one.groups) < 2:
        return f"recall {signed(one.difference)}, {size}, too few for an interval; {pixels}{left}"
    return (
        f"recall {signed(one.difference)}, 95 % interval {signed(low)} to {signed(high)}, {size};"
        f" {pixels}{left}"
    )


def _power(one: GeometryEffect) -> str:
    if len(one.groups) < 2 or one.detectable >= 1:
        return ""
    return f"; a true {one.detectable:.2f} would show in four of five studies"
