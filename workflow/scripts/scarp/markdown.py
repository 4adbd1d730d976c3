"""Pieces of Markdown: text that stays text, and tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_MARKUP = re.compile(r"([\\`*_{}\[\]<>()#|~!&])")


def escaped(text: str) -> str:
    """Text on one line in which nothing is markup, in a table neither."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))


def table(header: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1) -> str:
    """A table of cells that are Markdown already.

    Parameters
    ----------
    left: columns of text, from the first on; those of numbers stand at the right.
    """
    rule = [":--" if column < left else "--:" for column in range(len(header))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (header, rule, *rows))
