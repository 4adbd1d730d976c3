"""How QGIS draws the map of an event: styles in its QML format.

The colours are YlOrRd of ColorBrewer (Harrower and Brewer 2003, The Cartographic Journal 40(1)),
which people with any common colour vision tell apart, and which grow darker with probability.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree as Tree

from scarp.files import write_text

#: From low to high probability.
COLOURS = ("#ffffb2", "#fecc5c", "#fd8d3c", "#f03b20", "#bd0026")
#: What landslides are coloured by.
FIELD = "probability_mean"
#: Version of QGIS whose format this is, a long-term release; later ones read it.
_VERSION = "3.34.0"
_OUTLINE = "20,20,20,255"
_ALIASES = {
    "id": "number, largest first",
    "area_m2": "area of its pixels (m²)",
    "probability_mean": "probability, mean",
    "probability_max": "probability, highest",
    "uncertainty_mean": "uncertainty (standard deviation over the models)",
    "slope_mean": "slope, mean (degrees)",
    "layover_shadow_share": "share in radar layover or shadow",
    "layover_shadow_share_approximate": "share in radar layover or shadow, approximate",
    "longitude": "longitude of a point within (WGS 84)",
    "latitude": "latitude of a point within (WGS 84)",
    "images": "images",
    "model": "model",
    "simulated": "simulated, not observed",
}


def polygon_style(threshold: float, columns: Sequence[str]) -> str:
    """QML of the landslides, in five equal classes of mean probability from the threshold to 1.

    Parameters
    ----------
    threshold: probability from which a pixel counts as landslide.
    columns: of the layer, in its order.
    """
    root = _root("Symbology|Fields|MapTips")
    renderer = _child(
        root,
        "renderer-v2",
        type="graduatedSymbol",
        attr=FIELD,
        graduatedMethod="GraduatedColor",
        symbollevels="0",
        enableorderby="0",
        forceraster="0",
    )
    edges = class_edges(threshold)
    ranges = _child(renderer, "ranges")
    symbols = _child(renderer, "symbols")
    for number, colour in enumerate(COLOURS):
        low, high = edges[number], edges[number + 1]
        # The lowest class begins at 0: a mean may lie a rounding below the threshold.
        _child(
            ranges,
            "range",
            lower=f"{low if number else 0.0:.15f}",
            upper=f"{high:.15f}",
            symbol=str(number),
            label=f"{low:.2f} to {high:.2f}",
            render="true",
        )
        _fill_symbol(symbols, str(number), colour)
    aliases = _child(root, "aliases")
    for index, name in enumerate(columns):
        _child(aliases, "alias", field=name, name=_ALIASES.get(name, name), index=str(index))
    tip = _child(root, "mapTip", enabled="1")
    tip.text = (
        '<b>Landslide [% "id" %]</b><br>[% round("area_m2") %] m²,'
        f' probability [% round("{FIELD}", 2) %]'
    )
    _child(root, "layerGeometryType").text = "2"
    return _text(root)


def probability_style() -> str:
    """QML of probability.tif: clear at 0, darker with probability.

    QGIS applies the scale of the file, so that values are probabilities.
    """
    root = _root("Symbology")
    pipe = _child(root, "pipe")
    renderer = _child(
        pipe,
        "rasterrenderer",
        type="singlebandpseudocolor",
        band="1",
        opacity="1",
        alphaBand="-1",
        classificationMin="0",
        classificationMax="1",
        nodataColor="",
    )
    _child(renderer, "rasterTransparency")
    shader = _child(_child(renderer, "rastershader"), "colorrampshader")
    for name, value in {
        "colorRampType": "INTERPOLATED",
        "classificationMode": "1",
        "minimumValue": "0",
        "maximumValue": "1",
        "clip": "0",
        "labelPrecision": "2",
    }.items():
        shader.set(name, value)
    steps = [(0.0, COLOURS[0], 0)]
    steps += [((n + 1) / len(COLOURS), colour, 255) for n, colour in enumerate(COLOURS)]
    for share, colour, alpha in steps:
        _child(
            shader, "item", value=f"{share:g}", label=f"{share:.1f}", color=colour, alpha=str(alpha)
        )
    _child(root, "blendMode").text = "0"
    return _text(root)


def write_probability_style(path: str | Path) -> None:
    """Write `probability_style`; beside probability.tif as probability.qml QGIS finds it."""
    write_text(path, probability_style())


def class_edges(threshold: float) -> tuple[float, ...]:
    """Edges of the classes of mean probability, lowest first; one more than there are colours."""
    step = (1 - threshold) / len(COLOURS)
    return (*(threshold + step * n for n in range(len(COLOURS))), 1.0)


def _fill_symbol(symbols: Tree.Element, name: str, colour: str) -> None:
    symbol = _child(
        symbols, "symbol", type="fill", name=name, alpha="1", clip_to_extent="1", force_rhr="0"
    )
    layer = _child(symbol, "layer", {"class": "SimpleFill"}, enabled="1", locked="0")
    layer.set("pass", "0")
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    options = _child(layer, "Option", type="Map")
    for key, value in {
        "color": f"{red},{green},{blue},150",
        "joinstyle": "round",
        "outline_color": _OUTLINE,
        "outline_style": "solid",
        "outline_width": "0.26",
        "outline_width_unit": "MM",
        "style": "solid",
    }.items():
        _child(options, "Option", name=key, type="QString", value=value)


def _root(categories: str) -> Tree.Element:
    return Tree.Element("qgis", version=_VERSION, styleCategories=categories)


def _child(
    parent: Tree.Element, tag: str, fixed: Mapping[str, str] | None = None, **attributes: str
) -> Tree.Element:
    return Tree.SubElement(parent, tag, {**(fixed or {}), **attributes})


def _text(root: Tree.Element) -> str:
    Tree.indent(root)
    body = Tree.tostring(root, encoding="unicode")
    return f"<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n{body}\n"
