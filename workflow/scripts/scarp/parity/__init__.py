"""Parity: the Sentinel-1 layers of one event as two makers made them, layer by layer."""
