"""scarp: landslide mapping from Sentinel-1, Sentinel-2 and elevation.

The library behind the Snakemake workflow of the same name. It is importable without Snakemake;
``workflow/scripts`` holds the thin scripts that call it.
"""

__version__ = "0.1.0"
