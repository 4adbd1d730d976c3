"""The image viewer of a map's page: before, after or probability, with landslides laid over.

The views switch without scripts. A script of the page's own adds zoom and the attributes of a
landslide that is clicked, tapped, stepped to or chosen in the table.
"""

from __future__ import annotations

import base64
import html
import io
import json
from typing import Any

import numpy as np
import shapely
from matplotlib.colors import to_rgb
from numpy.typing import NDArray
from PIL import Image

from scarp.mapping.pictures import UNKNOWN, Picture, Thinned
from scarp.mapping.quicklook import probability_colours
from scarp.mapping.words import attributes_of

#: Pixels of the image within which outlines are simplified; half of one cannot be seen.
_TOLERANCE = 0.4
_QUALITY = 82
_SCRIPT = """
(function () {
  var viewer = document.querySelector(".viewer"), view = viewer.querySelector(".window");
  var stage = viewer.querySelector(".stage"), told = viewer.querySelector(".told");
  var data = JSON.parse(document.getElementById("landslides").textContent);
  var paths = viewer.querySelectorAll(".outlines path"), zoom = 1, at = -1;
  function setZoom(to, x, y) {
    zoom = Math.max(1, Math.min(16, to));
    stage.style.width = zoom * 100 + "%";
    view.scrollLeft = x * stage.offsetWidth - view.clientWidth / 2;
    view.scrollTop = y * stage.offsetHeight - view.clientHeight / 2;
  }
  function middle() {
    return [(view.scrollLeft + view.clientWidth / 2) / stage.offsetWidth,
      (view.scrollTop + view.clientHeight / 2) / stage.offsetHeight];
  }
  function choose(number, bring) {
    if (at >= 0) paths[at].classList.remove("chosen");
    at = number;
    var row = data.rows[at], place = data.places[at];
    paths[at].classList.add("chosen");
    told.textContent = "";
    row.forEach(function (value, n) {
      var one = document.createElement("span");
      one.textContent = data.names[n] + ": " + value;
      told.appendChild(one);
      told.appendChild(document.createTextNode(" "));
    });
    if (bring) {
      var wide = place[2] * stage.offsetWidth / zoom;
      var to = wide * zoom < 40 ? Math.min(40 / Math.max(wide, 1), 8) : zoom;
      setZoom(to, place[0], place[1]);
    }
  }
  function step(by) {
    if (paths.length) choose((at + by + paths.length) % paths.length, true);
  }
  stage.addEventListener("click", function (event) {
    var box = stage.getBoundingClientRect(), best = -1, least = 24;
    var n = Array.prototype.indexOf.call(paths, event.target);
    if (n >= 0) return choose(n, false);
    if (!viewer.querySelector("#with-shapes").checked) return;
    data.places.forEach(function (place, k) {
      var away = Math.hypot(event.clientX - box.left - place[0] * box.width,
        event.clientY - box.top - place[1] * box.height);
      if (away < least) { least = away; best = k; }
    });
    if (best >= 0) choose(best, false);
  });
  viewer.querySelector(".tools").addEventListener("click", function (event) {
    var does = event.target.getAttribute("data-do"), place = middle();
    if (does === "in") setZoom(zoom * 1.6, place[0], place[1]);
    if (does === "out") setZoom(zoom / 1.6, place[0], place[1]);
    if (does === "next") step(1);
    if (does === "back") step(at < 0 ? 0 : -1);
  });
  document.addEventListener("click", function (event) {
    var id = event.target.getAttribute && event.target.getAttribute("data-show");
    if (id === null || id === undefined) return;
    viewer.querySelector("#with-shapes").checked = true;
    viewer.scrollIntoView({block: "start"});
    choose(Number(id) - 1, true);
  });
})();
"""


def viewer(pictures: Thinned, table: Any) -> str:
    """HTML of the viewer.

    Parameters
    ----------
    table: the landslides that are laid over, numbered from 1 without a gap; see
        `scarp.mapping.polygons.MapPolygons`.
    """
    height, width = pictures.probability.shape
    shapes = pictures.to_pixels(table.geometry.to_numpy())
    drawn = shapely.simplify(shapes, _TOLERANCE, preserve_topology=True)
    outlines = "\n".join(
        f'<path d="{_path(shape)}"><title>landslide {int(number)}</title></path>'
        for number, shape in zip(table["id"], drawn, strict=True)
    )
    views = [
        ("before", *_photograph(pictures.before, "Before")),
        ("after", *_photograph(pictures.after, "After")),
        (
            "probability",
            "Probability of landslide, violet where the map says nothing",
            _png(pictures),
        ),
    ]
    inputs = "\n".join(
        f'<input type="radio" name="view" id="view-{name}"{" checked" * (name == "after")}>'
        f'<label for="view-{name}">{name}</label>'
        for name, _, _ in views
    )
    box = f'viewBox="0 0 {width} {height}"'
    # Known before an image is decoded, so that the script can bring a landslide to the middle.
    sides = f'width="{width}" height="{height}"'
    figures = "\n".join(_figure(name, title, image, box, sides) for name, title, image in views)
    captions = "\n".join(
        f'<p class="caption {name}">{html.escape(title)}</p>' for name, title, _ in views
    )
    # A script element ends at the first "</", whatever it stands in.
    data = json.dumps(_data(shapes, table, width, height), ensure_ascii=False).replace(
        "<", "\\u003c"
    )
    return f"""<div class="viewer">
{inputs}
<br class="narrow">
<input type="checkbox" id="with-shapes" checked><label for="with-shapes">landslides</label>
<div class="tools">
<button type="button" data-do="out" aria-label="smaller">\N{MINUS SIGN}</button>
<button type="button" data-do="in" aria-label="larger">+</button>
<button type="button" data-do="back" aria-label="previous landslide">previous</button>
<button type="button" data-do="next" aria-label="next landslide">next</button>
</div>
<div class="window" tabindex="0" role="group" aria-label="image, scrolls when it is enlarged">
<div class="stage">
{figures}
<svg class="shapes" {box} preserveAspectRatio="none" aria-hidden="true">
<use class="halo" href="#outlines"/><g class="top"><g class="outlines" id="outlines">
{outlines}
</g></g></svg>
</div>
</div>
{captions}
<p class="told" aria-live="polite">Click or tap a landslide for its attributes. North is up.
{_scale(pictures)}</p>
<p class="legend">probability 0 <span class="ramp"></span> 1
<span class="unknown"></span> no data</p>
</div>
<script type="application/json" id="landslides">{data}</script>
<script>{_SCRIPT}</script>"""


def _figure(name: str, title: str, image: str, box: str, sides: str) -> str:
    told = html.escape(title)
    return (
        f'<figure class="{name}"><div class="sheet"><img alt="{told}" {sides} src="{image}">'
        f'<svg class="onpaper" {box} preserveAspectRatio="none">'
        '<use class="halo" href="#outlines"/><use class="top" href="#outlines"/></svg></div>'
        f"<figcaption>{told}</figcaption></figure>"
    )


def _photograph(picture: Picture | None, side: str) -> tuple[str, str]:
    """Title and data address of an image of the event; one colour where there is none."""
    if picture is None:
        nothing = np.full((1, 1, 3), to_rgb(UNKNOWN), dtype=np.float32)
        return f"{side}: the event has no usable image", _jpeg(nothing)
    return f"{side}: {picture.title}", _jpeg(picture.filled)


def _jpeg(image: NDArray[np.float32]) -> str:
    written = io.BytesIO()
    pixels = Image.fromarray(np.rint(image * 255).astype(np.uint8))
    pixels.save(written, "JPEG", quality=_QUALITY, optimize=True)
    return _address("image/jpeg", written.getvalue())


def _png(pictures: Thinned) -> str:
    """Probability in its colours, with a palette: no data is its last colour."""
    colours = (probability_colours()(np.arange(255) / 254)[:, :3] * 255).round().astype(np.uint8)
    unknown = np.rint(np.array(to_rgb(UNKNOWN)) * 255).astype(np.uint8)
    known = np.isfinite(pictures.probability)
    codes = np.where(known, np.rint(np.nan_to_num(pictures.probability) * 254), 255)
    image = Image.fromarray(codes.astype(np.uint8)).convert("P")
    image.putpalette(np.vstack([colours, unknown]).tobytes())
    written = io.BytesIO()
    image.save(written, "PNG", optimize=True)
    return _address("image/png", written.getvalue())


def _address(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"


def _path(shape: Any) -> str:
    """Rings of a shape as the commands of an SVG path."""
    rings = shapely.get_rings(shapely.get_parts(shape))
    return "".join(
        "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in shapely.get_coordinates(ring)[:-1]) + "Z"
        for ring in rings
    )


def _data(shapes: NDArray[np.object_], table: Any, width: int, height: int) -> dict[str, Any]:
    """What the script tells: attributes, and where each landslide lies and how wide it is, 0..1."""
    rows = [attributes_of(row, table.columns) for _, row in table.iterrows()]
    west, north, east, south = (
        shapely.bounds(shapes).reshape(-1, 4) / [width, height, width, height]
    ).T
    places = np.column_stack([(west + east) / 2, (north + south) / 2, east - west]).round(5)
    return {
        "names": [name for name, _ in rows[0]] if rows else [],
        "rows": [[value for _, value in row] for row in rows],
        "places": places.tolist(),
    }


def _scale(pictures: Thinned) -> str:
    """How wide the image is on the ground."""
    kilometres = pictures.grid.width * pictures.grid.resolution / 1000
    return f"The image is {kilometres:.1f} km wide."
