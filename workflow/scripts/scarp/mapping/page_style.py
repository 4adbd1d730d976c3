"""How the page of a map looks: on a screen, on a phone, on paper."""

from __future__ import annotations

from scarp.mapping.pictures import UNKNOWN
from scarp.mapping.quicklook import RAMP

STYLE = f"""
body {{ font: 15px/1.5 Verdana, "DejaVu Sans", sans-serif; margin: 1.5em auto; padding: 0 1em;
  max-width: 1100px; color: #222; background: #fff; overflow-wrap: break-word }}
h1 {{ font-size: 1.4em }}
h2 {{ font-size: 1.15em; margin-top: 2em }}
h3 {{ font-size: 1em }}
p, li {{ max-width: 62em }}
.note {{ border-left: 4px solid #E69F00; padding-left: 0.8em }}
.facts {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(9em, 1fr)); gap: 0.8em;
  margin: 1em 0 }}
.facts div {{ display: flex; flex-direction: column-reverse; background: #f3f3f0; padding: 0.6em }}
.facts dt {{ color: #555 }}
.facts dd {{ margin: 0; font-size: 1.4em; font-weight: bold }}
.wide {{ overflow-x: auto }}
table {{ border-collapse: collapse }}
th, td {{ padding: 0.25em 0.6em; text-align: left; vertical-align: top;
  border-bottom: 1px solid #ddd }}
th[scope=row] {{ font-weight: normal }}
.numbers td {{ white-space: nowrap }}
.numbers th[scope=col] {{ vertical-align: bottom }}
.numbers th[scope=col] + th, .numbers td {{ text-align: right }}
.numbers td {{ font-variant-numeric: tabular-nums }}
.sides td {{ overflow-wrap: anywhere; min-width: 8em }}
button {{ font: inherit; color: #005A8C; background: #fff; border: 1px solid #8aa; cursor: pointer;
  border-radius: 3px; min-width: 2.6em; min-height: 2em }}
:focus-visible {{ outline: 3px solid #0072B2; outline-offset: 1px }}
.viewer {{ border: 1px solid #bbb; padding-top: 0.4em }}
.viewer > input {{ margin: 0.4em 0.3em 0.4em 0.8em; width: 1.1em; height: 1.1em;
  vertical-align: middle }}
.viewer > label {{ cursor: pointer; vertical-align: middle; padding: 0.4em 0 }}
.tools {{ display: flex; flex-wrap: wrap; gap: 0.4em; padding: 0.4em 0.6em }}
.window {{ overflow: auto; max-height: 80vh; background: #ddd }}
.stage {{ position: relative; width: 100% }}
.stage figure {{ margin: 0; display: none }}
.stage img {{ display: block; width: 100%; height: auto }}
.stage figcaption, .onpaper, .caption {{ display: none }}
.caption {{ margin: 0; padding: 0.4em 0.6em; font-weight: bold }}
#view-before:checked ~ .window .before, #view-before:checked ~ .caption.before,
#view-after:checked ~ .window .after, #view-after:checked ~ .caption.after,
#view-probability:checked ~ .window .probability,
#view-probability:checked ~ .caption.probability {{ display: block }}
#with-shapes:not(:checked) ~ .window .shapes {{ display: none }}
.shapes {{ position: absolute; inset: 0; width: 100%; height: 100% }}
.outlines path {{ fill: #000; fill-opacity: 0; fill-rule: evenodd;
  vector-effect: non-scaling-stroke; pointer-events: all; cursor: pointer }}
.halo {{ stroke: #000; stroke-width: 3.4; stroke-opacity: 0.7; pointer-events: none }}
.top {{ stroke: #5CE1FF; stroke-width: 1.5 }}
.top .chosen {{ stroke: #FFEA00; stroke-width: 4.5 }}
.told {{ margin: 0; padding: 0.5em 0.6em; min-height: 3em; background: #f7f7f4 }}
.told span {{ display: inline-block; margin-right: 1.2em }}
.legend {{ margin: 0; display: flex; flex-wrap: wrap; gap: 0.6em; align-items: center;
  padding: 0.5em }}
.told, .caption {{ max-width: none }}
.narrow {{ display: none }}
.ramp {{ width: 9em; height: 0.9em; border: 1px solid #888;
  background: linear-gradient(to right, {", ".join(RAMP)}) }}
.unknown {{ width: 0.9em; height: 0.9em; border: 1px solid #888; background: {UNKNOWN} }}
@media (max-width: 600px) {{
  body {{ margin: 0.5em auto; padding: 0 0.6em }}
  th, td {{ padding: 0.25em 0.4em }}
  .narrow {{ display: inline }}
}}
@media print {{
  body {{ max-width: none; font-size: 10pt }}
  .viewer {{ border: 0 }}
  .viewer > input, .viewer > label, .tools, .told, .viewer .caption {{ display: none !important }}
  .window, .wide {{ overflow: visible; max-height: none; background: none }}
  .stage {{ width: 100% !important }}
  .stage figure {{ display: block; break-inside: avoid; margin-bottom: 0.8em }}
  .sheet {{ display: inline-block; position: relative }}
  .stage img {{ width: auto; max-width: 100%; max-height: 105mm }}
  .onpaper {{ display: block; position: absolute; inset: 0; width: 100%; height: 100% }}
  .before .onpaper, .stage > .shapes {{ display: none }}
  .stage figcaption {{ display: block }}
  .halo {{ stroke-width: 1.4 }}
  .top {{ stroke-width: 0.6 }}
  table {{ font-size: 7.5pt }}
  .numbers th, .sides td {{ white-space: normal; min-width: 0 }}
  tr {{ break-inside: avoid }}
}}
"""
