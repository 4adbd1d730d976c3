"""Figures and tables of the report, one module per subject."""
