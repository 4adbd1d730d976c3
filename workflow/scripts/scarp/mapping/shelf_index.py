"""The file `models.json`, by which a folder of models can be used from elsewhere.

For each model it holds its path, size and SHA-256, and what a choice needs of its description, so
that only the chosen ones are fetched; workflow/schemas/models.schema.yaml has every key.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn

from scarp.channels import all_channels
from scarp.errors import DataError, Fault, ModelError, did_you_mean
from scarp.files import write_text
from scarp.mapping.stored import Card, Stored, card_of
from scarp.model_description import read_description
from scarp.schema import faults_of

INDEX = "models.json"
#: How the file of a model is called, as the workflow writes it.
MODEL = "model.safetensors"
#: What to do about a wrong index.
CURE = "have snakemake index_models write it anew where the models lie"


def find_models(folder: str | Path) -> tuple[Stored, ...]:
    """The models below a folder, sorted by path: every file called `model.safetensors`.

    Their checksums are not computed.

    Raises
    ------
    DataError: there is no such folder.
    ModelError: with every file that cannot be read as a model.
    """
    top = Path(folder)
    if not top.is_dir():
        raise DataError(
            Fault("there is no such folder", str(top), cure="name a folder that holds models")
        )
    found: list[Stored] = []
    faults: list[Fault] = []
    for file in top.rglob(MODEL):
        try:
            card = card_of(read_description(file))
        except ModelError as error:
            faults += error.faults
            continue
        found.append(Stored(file.relative_to(top).as_posix(), file.stat().st_size, "", card))
    if faults:
        raise ModelError(sorted(faults, key=lambda fault: fault.offender))
    return tuple(sorted(found, key=lambda model: model.path))


def write_index(folder: str | Path, path: str | Path) -> None:
    """Write `models.json` of the models below a folder; it belongs into that folder.

    Raises
    ------
    DataError: there is no such folder, or no model in it.
    ModelError: see `find_models`.
    """
    models = find_models(folder)
    if not models:
        raise DataError(
            Fault(
                f"holds no {MODEL}",
                str(folder),
                cure="train models first, or name the folder that holds them",
            )
        )
    rows = [
        {"path": model.path, "size": model.size, "sha256": digest(Path(folder, model.path))}
        | asdict(model.card)
        for model in models
    ]
    write_text(path, json.dumps({"models": rows}, indent=1, allow_nan=False) + "\n")


def digest(path: str | Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_index(path: str | Path, shown: str) -> tuple[Stored, ...]:
    """Read `models.json`.

    Parameters
    ----------
    path: of the file.
    shown: what a message calls it.

    Raises
    ------
    DataError: it is no JSON, lacks a key, holds a wrong value or an unknown channel, leads out of
        its folder, or names a file twice; with all faults of the first stage that has any.
    """
    try:
        told = json.loads(Path(path).read_text(encoding="utf-8"), parse_constant=_refuse)
    except (OSError, ValueError) as error:
        raise DataError(Fault(f"cannot be read ({error})", shown, cure=CURE)) from None
    faults = list(faults_of(told, "models", shown))
    if not faults:
        faults = [*_path_faults(told["models"], shown), *_channel_faults(told["models"], shown)]
    if faults:
        raise DataError(faults)
    return tuple(sorted((_stored(row) for row in told["models"]), key=lambda model: model.path))


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _stored(row: Mapping[str, Any]) -> Stored:
    card = {name: row[name] for name in Card.__dataclass_fields__}
    card |= {name: tuple(row[name]) for name in ("channels", "sources", "engines")}
    return Stored(row["path"], row["size"], row["sha256"], Card(**card))


def _path_faults(rows: Iterable[Mapping[str, Any]], shown: str) -> list[Fault]:
    """Paths that lead out of the shelf, are not in their simplest form, or stand twice."""
    faults: list[Fault] = []
    seen: set[str] = set()
    for row in rows:
        path = row["path"]
        parts = PurePosixPath(path)
        plain = parts.as_posix() == path and "\\" not in path and path.isprintable()
        if parts.is_absolute() or ".." in parts.parts or not plain:
            faults.append(
                Fault(
                    f"path {path!r} is not one below its folder",
                    shown,
                    "names parted by '/', without '..', such as roles/rgb/1pre-1post/seed1/"
                    + MODEL,
                    CURE,
                )
            )
        elif path in seen:
            faults.append(Fault(f"path '{path}' stands twice", shown, cure=CURE))
        seen.add(path)
    return faults


def _channel_faults(rows: Iterable[Mapping[str, Any]], shown: str) -> list[Fault]:
    known = set(all_channels())
    return [
        Fault(
            f"'{name}' of {row['path']} is no channel",
            shown,
            "an epoch and a band, such as PRE1_gVV or None_DEM",
            did_you_mean(name, known) or CURE,
        )
        for row in rows
        for name in row["channels"]
        if name not in known
    ]
