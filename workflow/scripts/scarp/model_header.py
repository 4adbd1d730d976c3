"""Which trained models lie in a folder, from their headers alone.

Imports nothing heavy: the workflow asks while it is parsed.
"""

from __future__ import annotations

import json
from pathlib import Path

#: Longest header that is read; those of scarp have some 20 kB.
_LONGEST = 10_000_000


def fingerprint(path: str | Path) -> str:
    """The fingerprint in a model's description; blank where the file is no model of scarp.

    A file of safetensors starts with the length of its header, 8 bytes, least first, and the header
    as JSON (https://github.com/huggingface/safetensors, section Format).
    """
    try:
        with Path(path).open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(min(length, _LONGEST)))
        return str(json.loads(header["__metadata__"]["scarp"])["fingerprint"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def fingerprints(folder: str | Path) -> list[list[str]]:
    """Path below the folder and fingerprint of every model.safetensors there, sorted."""
    files = sorted(Path(folder).rglob("model.safetensors"))
    return [[str(path.relative_to(folder)), fingerprint(path)] for path in files]
