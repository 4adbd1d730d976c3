"""Sentinel-1 scenes and orbits: found, chosen and fetched."""
