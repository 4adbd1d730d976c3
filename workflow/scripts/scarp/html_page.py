"""What pages of text and pictures share: one file each, without a network, readable on a phone."""

from __future__ import annotations

import html


def document(title: str, style: str, body: str) -> str:
    """A page of HTML with its title as the first heading.

    Parameters
    ----------
    title: plain text.
    style: CSS.
    body: HTML that follows the heading, with a line end at its own.
    """
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(title)}</title>
<style>{style}</style>
<h1>{html.escape(title)}</h1>
{body}</html>
"""
