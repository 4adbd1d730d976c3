"""A product of one subswath, two bursts and a few pixels, for tests of what reads products.

Simulated: numbers of a real IW1 of Sentinel-1A, an orbit that is a circle, pixels that count.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray

NAME = "S1A_IW_SLC__1SDV_20230916T063730_20230916T063736_050349_060FCD_6814"
BASE = "s1a-iw1-slc-{}-20230916t063731-20230916t063736-050349-060fcd-00{}"
LINES, SAMPLES, BURSTS = 12, 40, 2
#: Number in the file name of each polarisation.
POLARISATIONS = {"vh": 1, "vv": 4}


def write_safe(folder: Path) -> Path:
    """Write the product into `folder`; returns the .SAFE folder."""
    safe = folder / f"{NAME}.SAFE"
    (safe / "annotation/calibration").mkdir(parents=True)
    (safe / "measurement").mkdir()
    (safe / "manifest.safe").write_text(manifest())
    for polarisation in POLARISATIONS:
        base = base_of(polarisation)
        (safe / f"annotation/{base}.xml").write_text(annotation(polarisation.upper()))
        tables = safe / "annotation/calibration"
        (tables / f"calibration-{base}.xml").write_text(calibration())
        (tables / f"noise-{base}.xml").write_text(noise())
        write_measurement(safe / f"measurement/{base}.tiff", pixels())
    return safe


def base_of(polarisation: str) -> str:
    """The file name of a polarisation ("vv"), without suffix."""
    return BASE.format(polarisation, POLARISATIONS[polarisation])


def pixels() -> NDArray[np.complex64]:
    """What the measurements hold: line + 1j sample."""
    lines, samples = np.mgrid[0 : LINES * BURSTS, 0:SAMPLES]
    return (lines + 1j * samples).astype(np.complex64)


def write_measurement(path: Path, values: NDArray[np.complex64], **profile: object) -> None:
    """Write a TIFF as the processor does: a strip per line of complex 16-bit integers."""
    height, width = values.shape
    settings = {"driver": "GTiff", "count": 1, "dtype": "complex_int16", "blockysize": 1}
    with rasterio.open(path, "w", height=height, width=width, **{**settings, **profile}) as file:
        file.write(values, 1)


def manifest() -> str:
    """The manifest; it lists IW1 in two polarisations."""
    files = "".join(
        f'<dataObject ID="{kind}{polarisation}"><byteStream><fileLocation locatorType="URL" '
        f'href="./{place}{base_of(polarisation)}{suffix}"/></byteStream></dataObject>'
        for polarisation in POLARISATIONS
        for kind, place, suffix in (
            ("product", "annotation/", ".xml"),
            ("rfi", "annotation/rfi/rfi-", ".xml"),
            ("noise", "annotation/calibration/noise-", ".xml"),
            ("calibration", "annotation/calibration/calibration-", ".xml"),
            ("s1a", "measurement/", ".tiff"),
        )
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<xfdu:XFDU xmlns:xfdu="urn:ccsds:schema:xfdu:1" xmlns:safe="http://www.esa.int/safe/sentinel-1.0"
 xmlns:s1="http://www.esa.int/safe/sentinel-1.0/sentinel-1"
 xmlns:s1sarl1="http://www.esa.int/safe/sentinel-1.0/sentinel-1/sar/level-1">
<metadataSection>
<safe:processing><safe:facility>
<safe:software name="Sentinel-1 IPF" version="003.61"/></safe:facility></safe:processing>
<safe:platform><safe:familyName>SENTINEL-1</safe:familyName><safe:number>A</safe:number>
<s1sarl1:instrumentMode><s1sarl1:mode>IW</s1sarl1:mode></s1sarl1:instrumentMode></safe:platform>
<safe:orbitReference><safe:orbitNumber type="start">50349</safe:orbitNumber>
<safe:relativeOrbitNumber type="start">52</safe:relativeOrbitNumber>
<s1:orbitProperties><s1:pass>DESCENDING</s1:pass></s1:orbitProperties></safe:orbitReference>
<s1sarl1:productType>SLC</s1sarl1:productType>
<safe:acquisitionPeriod><safe:startTime>2023-09-16T06:37:30.627837</safe:startTime>
<safe:stopTime>2023-09-16T06:37:36.611125</safe:stopTime></safe:acquisitionPeriod>
</metadataSection><dataObjectSection>{files}</dataObjectSection></xfdu:XFDU>"""


def annotation(polarisation: str) -> str:
    """The annotation of one polarisation ("VV")."""
    valid = " ".join(["-1", "-1", *["3"] * (LINES - 3), "-1"])
    last = " ".join(["-1", "-1", *["36"] * (LINES - 3), "-1"])
    bursts = "".join(
        f"<burst><azimuthTime>2023-09-16T06:37:3{1 + 3 * n}.485004</azimuthTime>"
        f"<sensingTime>2023-09-16T06:37:3{2 + 3 * n}.631459</sensingTime>"
        f"<byteOffset>{1000 + 4 * SAMPLES * LINES * n}</byteOffset>"
        f"<firstValidSample>{valid}</firstValidSample>"
        f"<lastValidSample>{last}</lastValidSample></burst>"
        for n in range(BURSTS)
    )
    points = "".join(
        f"<geolocationGridPoint><azimuthTime>2023-09-16T06:37:31.485004</azimuthTime>"
        f"<slantRangeTime>0.0053</slantRangeTime><line>{line}</line><pixel>{pixel}</pixel>"
        f"<latitude>31.7</latitude><longitude>-7.8</longitude><height>400</height>"
        f"<incidenceAngle>30.7</incidenceAngle><elevationAngle>27.4</elevationAngle>"
        f"</geolocationGridPoint>"
        for line in (0, LINES, LINES * BURSTS - 1)
        for pixel in (0, SAMPLES - 1)
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<product><adsHeader><missionId>S1A</missionId><productType>SLC</productType>
<polarisation>{polarisation}</polarisation><mode>IW</mode><swath>IW1</swath>
<absoluteOrbitNumber>50349</absoluteOrbitNumber></adsHeader>
<generalAnnotation><productInformation><pass>Descending</pass>
<rangeSamplingRate>6.434523812571428e+07</rangeSamplingRate>
<radarFrequency>5.405000454334350e+09</radarFrequency>
<azimuthSteeringRate>1.590368784</azimuthSteeringRate></productInformation>
<orbitList>{_orbit()}</orbitList>
<azimuthFmRateList><azimuthFmRate><azimuthTime>2023-09-16T06:37:31.285503</azimuthTime>
<t0>5.334e-03</t0><azimuthFmRatePolynomial>-2331.0 4.5e5 -7.8e7</azimuthFmRatePolynomial>
</azimuthFmRate></azimuthFmRateList></generalAnnotation>
<imageAnnotation><imageInformation>
<productFirstLineUtcTime>2023-09-16T06:37:31.485004</productFirstLineUtcTime>
<slantRangeTime>5.334431164884956e-03</slantRangeTime><rangePixelSpacing>2.329562</rangePixelSpacing>
<azimuthPixelSpacing>13.97981</azimuthPixelSpacing>
<azimuthTimeInterval>2.0555563e-03</azimuthTimeInterval>
<numberOfSamples>{SAMPLES}</numberOfSamples><numberOfLines>{LINES * BURSTS}</numberOfLines>
<incidenceAngleMidSwath>34.168</incidenceAngleMidSwath></imageInformation>
<processingInformation><swathProcParamsList><swathProcParams>
<rangeProcessing><windowCoefficient>0.75</windowCoefficient>
<processingBandwidth>5.65e7</processingBandwidth></rangeProcessing>
<azimuthProcessing><windowCoefficient>0.7</windowCoefficient>
<processingBandwidth>327.0</processingBandwidth></azimuthProcessing>
</swathProcParams></swathProcParamsList></processingInformation></imageAnnotation>
<dopplerCentroid><dcEstimateList><dcEstimate><azimuthTime>2023-09-16T06:37:31.248243</azimuthTime>
<t0>5.338e-03</t0><dataDcPolynomial>-0.92 -43141.98 4.2e7</dataDcPolynomial></dcEstimate>
</dcEstimateList></dopplerCentroid>
<swathTiming><linesPerBurst>{LINES}</linesPerBurst><burstList>{bursts}</burstList></swathTiming>
<geolocationGrid><geolocationGridPointList>{points}</geolocationGridPointList></geolocationGrid>
</product>"""


def calibration() -> str:
    """Two vectors; sigmaNought grows by 1 per sample and by 2 per line, from 300 at line -4."""
    vectors = "".join(
        f"<calibrationVector><line>{line}</line><pixel>0 20 39</pixel>"
        f"<sigmaNought>{' '.join(str(300 + 2 * (line + 4) + s) for s in (0, 20, 39))}</sigmaNought>"
        f"<betaNought>237 237 237</betaNought><gamma>250 251 252</gamma><dn>237 237 237</dn>"
        f"</calibrationVector>"
        for line in (-4, 26)
    )
    return f"<calibration><calibrationVectorList>{vectors}</calibrationVectorList></calibration>"


def noise() -> str:
    """500 at line 0 and 560 at line 20, with a factor of 1 + line / 10 along azimuth."""
    vectors = "".join(
        f"<noiseRangeVector><line>{line}</line><pixel>0 39</pixel>"
        f"<noiseRangeLut>{500 + 3 * line} {500 + 3 * line}</noiseRangeLut></noiseRangeVector>"
        for line in (0, 20)
    )
    return f"""<noise><noiseRangeVectorList>{vectors}</noiseRangeVectorList>
<noiseAzimuthVectorList><noiseAzimuthVector><swath>IW1</swath>
<firstAzimuthLine>0</firstAzimuthLine><firstRangeSample>0</firstRangeSample>
<lastAzimuthLine>{LINES * BURSTS - 1}</lastAzimuthLine><lastRangeSample>39</lastRangeSample>
<line>0 10 23</line><noiseAzimuthLut>1.0 2.0 3.3</noiseAzimuthLut>
</noiseAzimuthVector></noiseAzimuthVectorList></noise>"""


def _orbit() -> str:
    rows = []
    for second in range(-60, 71, 10):
        angle = second * 1e-3
        place = (7.07e6 * math.cos(angle), 0.0, 7.07e6 * math.sin(angle))
        speed = (-7.07e3 * math.sin(angle), 0.0, 7.07e3 * math.cos(angle))
        moment = np.datetime64("2023-09-16T06:37:31.000000") + np.timedelta64(second, "s")
        position, velocity = (
            "".join(f"<{axis}>{value!r}</{axis}>" for axis, value in zip("xyz", part, strict=True))
            for part in (place, speed)
        )
        rows.append(
            f"<orbit><time>{moment}</time><frame>Earth Fixed</frame>"
            f"<position>{position}</position><velocity>{velocity}</velocity></orbit>"
        )
    return "".join(rows)
