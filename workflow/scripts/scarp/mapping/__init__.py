"""Mapping a whole scene with trained models: tiles, windows of a cube, and the files of a map."""
