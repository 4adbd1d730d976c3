"""A model card: what a trained model is, how well it does, where it fails and what it is for.

After Mitchell et al. 2019, "Model Cards for Model Reporting" (doi:10.1145/3287560.3287596). It is
made of the model's own description and of what was measured at its test sites.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from scarp import simulated
from scarp.assessments import (
    Measures,
    ObjectRow,
    StratumRow,
    by_model,
    read_measures,
    read_objects,
    read_strata,
)
from scarp.channels import EPOCHS, NO_EPOCH, split_channel
from scarp.files import write_text
from scarp.markdown import escaped, table
from scarp.model_card_scores import calibration, failures, number, objects, scores, tested
from scarp.model_description import Architecture, Description, read_description
from scarp.summary import Model

_STUDY = (
    "Orynbaikyzy, A., Albrecht, F., Yao, W., Motagh, M., Wang, W., Martinis, S. and Plank, S. 2025,"
    " Landslide mapping with deep learning: the role of pre-/post-event SAR features and"
    " multi-sensor data fusion, GIScience & Remote Sensing 62(1), 2502214,"
    " https://doi.org/10.1080/15481603.2025.2502214"
)
#: Source of events -> licence of what was trained on.
_LICENCES = {
    "archive": "Published archive: Landslide Reference Data (Sentinel-1 & Sentinel-2), Zenodo,"
    " https://doi.org/10.5281/zenodo.15284357, CC-BY-4.0 there, CC-BY-NC-4.0 in the text of the"
    " study: name its authors when you pass this model on, and ask them before you sell.",
    "landslide4sense": "Landslide4Sense (Ghorbanzadeh et al. 2022), Zenodo,"
    " https://doi.org/10.5281/zenodo.10463239, CC BY 4.0: name its authors when you pass this"
    " model on.",
    "scenes": "Scenes: Copernicus Sentinel data and elevation under the terms of Copernicus; the"
    " landslide polygons under those of whoever mapped them, which this file does not know.",
}
_SIMULATED = "Simulated: made by the simulator of scarp, without data of anyone."


def parameters(architecture: Architecture) -> int:
    """Number of weights and biases of `scarp.unet.UNet`, counted without PyTorch.

    Statistics of batch normalisation are none.
    """

    def two_convolutions(into: int, out: int) -> int:
        # 3 x 3 weights and a bias each; scale and shift of either normalisation.
        return (9 * into + 1) * out + (9 * out + 1) * out + 4 * out

    widths = [architecture.base_width << level for level in range(architecture.blocks + 1)]
    down = zip([architecture.in_channels, *widths], widths, strict=False)
    up = ((4 * 2 * width + 1) * width + two_convolutions(2 * width, width) for width in widths[:-1])
    return sum(two_convolutions(*pair) for pair in down) + sum(up) + widths[0] + 1


def model_card(
    description: Description,
    sha256: str,
    measures: Sequence[Measures],
    object_rows: Sequence[ObjectRow],
    strata: Sequence[StratumRow],
    group_of: Mapping[str, str],
) -> str:
    """The card in Markdown.

    Parameters
    ----------
    description: of the model.
    sha256: of its file, in hexadecimal.
    measures, object_rows, strata: rows of this model, see `scarp.assessments.by_model`.
    group_of: group of every test site.
    """
    sections = {
        "What it is": _what(description),
        "Data": _data(description, measures),
        "Scores": scores(measures, group_of, description.threshold),
        "Calibration": calibration(measures, group_of),
        "Landslides found and missed": objects(object_rows),
        "Where it fails": failures(measures, object_rows, strata, group_of),
        "What it is for, and what not": _purpose(description),
        "How to use it": _use(description),
        "Where it comes from": _provenance(description, sha256),
        "Licence of the data": _licences(description),
        "Citation": f"Please cite scarp {escaped(description.scarp)}, which trained it, and the"
        f" study that it carries out:\n\n> {escaped(_STUDY)}",
    }
    return (
        "\n\n".join(
            [
                f"# Landslide model {escaped(description.name)}",
                *_made_up(description, measures),
                *(f"## {heading}\n\n{text}" for heading, text in sections.items()),
            ]
        )
        + "\n"
    )


def write_cards(
    models: Sequence[str | Path],
    paths: Sequence[str | Path],
    measures: str | Path,
    object_counts: str | Path,
    strata: str | Path,
    group_of: Mapping[str, str],
) -> None:
    """Write the cards of models.

    Parameters
    ----------
    models: their files.
    paths: cards to write, in the order of the models.
    measures, object_counts, strata: measures.tsv, object_counts.tsv and strata.tsv.
    group_of: group of every test site.

    Raises
    ------
    ModelError: a file is no model. DataError: a table is malformed.
    """
    scored = by_model(read_measures(measures))
    counted = by_model(read_objects(object_counts))
    divided = by_model(read_strata(strata))
    for file, path in zip(models, paths, strict=True):
        told = read_description(file)
        with Path(file).open("rb") as content:
            sha256 = hashlib.file_digest(content, "sha256").hexdigest()
        model = Model(told.split, told.features, told.scenario, told.seed)
        own = (scored.get(model, []), counted.get(model, []), divided.get(model, []))
        write_text(path, model_card(told, sha256, *own, group_of))


def _made_up(description: Description, measures: Sequence[Measures]) -> list[str]:
    """What is simulated, before anything else."""
    seen = [source for source in description.sources if simulated.is_simulated(source)]
    sites = [row.site for row in tested(measures) if simulated.is_simulated(row.source)]
    if not (seen or sites):
        return []
    trained = " It was trained on simulated events and is not for use." if seen else ""
    scored = f" Simulated test sites: {escaped(', '.join(sites))}." if sites else ""
    return [
        f"> **Simulated data.**{trained}{scored} Scores from simulated data show how the workflow"
        " behaves and say nothing about real landslides."
    ]


def _what(description: Description) -> str:
    architecture = description.architecture
    rows = []
    for place, channel in enumerate(description.channels, 1):
        epoch, band = split_channel(channel)
        rows.append([str(place), escaped(channel), band.long_name, band.unit, _when(epoch)])
    settings = ", ".join(f"{name} {value}" for name, value in sorted(description.training.items()))
    return "\n\n".join(
        [
            "A U-Net that gives every pixel of 10 m a probability of landslide, for one event, from"
            f" {len(rows)} channels, in this order:",
            table(("", "channel", "quantity", "unit", "date"), rows, left=5),
            _dates(description.channels),
            "\n".join(
                [
                    f"- Experiment: features {escaped(description.features)}, scenario"
                    f" {escaped(description.scenario)}, split {escaped(description.split)}, seed"
                    f" {description.seed}.",
                    f"- Patches of {description.patch_size} x {description.patch_size} pixels;"
                    f" augmentation {escaped(description.augmentation)}; scaling in scope"
                    f" {escaped(description.scaling.scope)}; offset of Sentinel-2"
                    f" {escaped(description.scaling.s2_offset)}.",
                    f"- Network: {architecture.blocks} blocks, {architecture.base_width} channels"
                    f" in the first, {parameters(architecture):,} parameters.",
                    f"- Epoch {description.epoch} was kept; validation F1 there:"
                    f" {number(description.validation_f1)}. It chose the epoch and is no estimate"
                    " of F1 at a new event.",
                    f"- Training: {escaped(settings)}.",
                ]
            ),
        ]
    )


def _when(epoch: str) -> str:
    """An epoch in words."""
    if epoch == NO_EPOCH:
        return "none"
    side, rank = epoch[:-1], int(epoch[-1])
    place = {1: "", 2: "second ", 3: "third "}[rank]
    return (
        f"{place}last before the event" if side == "PRE" else f"{place or 'first '}after the event"
    )


def _dates(channels: Sequence[str]) -> str:
    """How many images of each sensor have to be there."""
    needed = []
    for sensor, name in (("sentinel1", "Sentinel-1"), ("sentinel2", "Sentinel-2")):
        own = [split_channel(c) for c in channels if split_channel(c)[1].sensor == sensor]
        epochs = {epoch for epoch, _ in own}
        if own:
            before = sum(epoch.startswith("PRE") for epoch in epochs)
            needed.append(f"{name}: {before} before and {len(epochs) - before} after the event")
    text = f"Images that it needs: {'; '.join(needed) or 'none, terrain alone'}."
    pairs = [e for e in EPOCHS if f"{e}_COHVV" in channels]
    if pairs:
        text += " Coherence is that of a date and the one before it."
        first = EPOCHS[EPOCHS.index(pairs[0]) - 1]
        if not any(split_channel(channel)[0] == first for channel in channels):
            text += f" So it also needs the Sentinel-1 scene of {first}, {_when(first)}."
    return text


def _data(description: Description, measures: Sequence[Measures]) -> str:
    sites = tested(measures)
    roles = "; ".join(
        f"{escaped(role)} {escaped(', '.join(row.site for row in sites if row.role == role))}"
        for role in dict.fromkeys(row.role for row in sites)
    )
    return "\n".join(
        [
            f"- Sources: {escaped(', '.join(description.sources))}.{_engines(description)}",
            f"- Trained on {len(description.events)} events:"
            f" {escaped(', '.join(description.events))}.",
            f"- Validated on {len(description.validation_events)}, which chose epoch, temperature"
            f" and threshold: {escaped(', '.join(description.validation_events)) or 'none'}.",
            f"- Test sites: {roles or 'none'}. *Independent* and *held-out* sites are events that"
            " it never saw; a *dependent* site is another part of an event that trained.",
        ]
    )


def _engines(description: Description) -> str:
    made = ", ".join(description.engines)
    return f" Sentinel-1 as made by: {escaped(made)}." if made else ""


def _purpose(description: Description) -> str:
    points = [
        "For: a first map of landslides after a storm or an earthquake, in support of rapid mapping"
        " and of people who know the place; and for research.",
        "Not for: evacuation, rescue or building decisions without a check by people on images or"
        " on site. A place without a prediction is not safe.",
        "Not for: forecasting, hazard or susceptibility. It maps what has happened.",
        "Not for: other sensors, other channels, another pixel size or other dates than those"
        " above. Nothing is known of it there.",
        "Not for: regions, land cover and kinds of landslide unlike those of its events without a"
        " test there. Snow, harvest, fire, floods and water can look like landslides.",
    ]
    if all(split_channel(channel)[0] == NO_EPOCH for channel in description.channels):
        points.insert(
            0,
            "**A control.** It sees terrain alone and no image of the event; it cannot tell what"
            " has happened and must not map anything.",
        )
    return "\n".join(f"- {point}" for point in points)


def _use(description: Description) -> str:
    return f"""In a clone of scarp, with the event in `config/events.tsv` as role `apply` and this
model in its folder under `results/models`:

    snakemake --cores 4 map --config event=ID

maps event `ID` with the model that validation found best among those whose channels the event has.
Scaling, channels and threshold ({description.threshold:g}) stand in the model's file; other
programs find them as JSON in its metadata, entry `scarp`. Where a temperature stands above, divide
the logit by it before its sigmoid is read as a probability."""


def _provenance(description: Description, sha256: str) -> str:
    rows = [
        ("SHA-256 of the file", sha256),
        ("fingerprint of data, settings and code", description.fingerprint),
        ("hash of the code", description.code),
        ("scarp", description.scarp),
        ("PyTorch", description.torch),
    ]
    return table(("what", "value"), [(what, escaped(value)) for what, value in rows], left=2)


def _licences(description: Description) -> str:
    """What is known of the licence of every source; of the weights scarp says nothing."""
    known = [
        _SIMULATED
        if simulated.is_simulated(source)
        else _LICENCES.get(source, f"{source}: not known.")
        for source in description.sources
    ]
    return "\n".join(
        [
            *(f"- {escaped(text)}" for text in dict.fromkeys(known)),
            "- scarp itself has the MIT licence. Who passes the model on decides about the licence"
            " of its weights, within what the data allow.",
        ]
    )
