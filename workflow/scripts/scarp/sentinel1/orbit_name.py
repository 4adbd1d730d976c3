"""The names of Sentinel-1 orbit files, as they are published."""

from __future__ import annotations

import re

#: Groups: mission, kind, and the times made, start and stop as 20230823T123139.
ORBIT_NAME = re.compile(
    r"(?P<mission>S1[A-D])_OPER_AUX_(?P<kind>POEORB|RESORB)_OPOD_(?P<made>\d{8}T\d{6})"
    r"_V(?P<start>\d{8}T\d{6})_(?P<stop>\d{8}T\d{6})\.EOF"
)
