"""Sentinel-1 without SNAP: from IW SLC products to what a landslide map needs, on a UTM grid."""
