"""Sentinel-2 Level-2A of an area: found over STAC, chosen by its clouds, read as reflectance."""
