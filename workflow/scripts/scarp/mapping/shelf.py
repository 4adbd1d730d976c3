"""A shelf of models: a folder, or a URL, from which just the chosen ones are taken."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote, urlsplit, urlunsplit

from scarp.acquire.download import Remote, download
from scarp.acquire.web import without_secrets
from scarp.errors import DataError, Fault, ModelError
from scarp.files import beside
from scarp.mapping.shelf_index import CURE, INDEX, MODEL, digest, find_models, read_index
from scarp.mapping.stored import Stored, card_of
from scarp.model_description import read_description

_OFFLINE = (
    "check map: models, which names the folder of models.json; without internet here, fetch that"
    " folder elsewhere and name where it lies"
)


@dataclass(frozen=True)
class Shelf:
    """Models that can be chosen from.

    Attributes
    ----------
    location: the folder, or the URL of one.
    models: sorted by path.
    has_index: whether `models.json` tells their checksums.
    """

    location: str
    models: tuple[Stored, ...]
    has_index: bool

    @property
    def shown(self) -> str:
        """Where it is, without what a URL holds of secrets."""
        return without_secrets(self.location) if is_url(self.location) else self.location


def is_url(location: str) -> bool:
    """Whether a shelf lies on a server."""
    return urlsplit(location).scheme.lower() in ("http", "https")


def address_of(url: str, path: str) -> str:
    """Address of a file below a URL, with or without a slash at its end; a query is kept."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{quote(path)}", fragment=""))


def own_shelf(folder: str | Path) -> Shelf:
    """The models that this workflow trained, as they are now, whatever `models.json` says of them.

    Raises
    ------
    DataError: there is none.
    ModelError: a model cannot be read.
    """
    models = find_models(folder) if Path(folder).is_dir() else ()
    if not models:
        raise DataError(
            Fault(
                f"holds no {MODEL}: nothing is trained yet",
                str(folder),
                cure="let map: models name a folder or URL of models, or set map: train: true to"
                " train the study's first",
            )
        )
    return Shelf(str(folder), models, False)


def open_shelf(location: str) -> Shelf:
    """Read what models there are in a folder or below a URL.

    A folder without `models.json` is looked through; nothing tells then whether a file is whole.

    Raises
    ------
    DataError: there is no such folder, no model in it, no `models.json` below the URL, or a wrong
        one (see `read_index`).
    ModelError: a model of a folder without `models.json` cannot be read.
    """
    if is_url(location):
        with TemporaryDirectory() as folder:
            path = Path(folder, INDEX)
            address = address_of(location, INDEX)
            download(Remote(address, 0, ""), path, _OFFLINE)
            return Shelf(location, read_index(path, without_secrets(address)), True)
    path = Path(location, INDEX)
    if path.is_file():
        return Shelf(location, read_index(path, str(path)), True)
    models = find_models(location)
    if not models:
        cure = "let map: models name a folder or URL that holds models"
        raise DataError(Fault(f"holds neither {INDEX} nor a {MODEL}", location, cure=cure))
    return Shelf(location, models, False)


def fetch(
    shelf: Shelf, models: Iterable[Stored], into: str | Path, downloads: str | Path
) -> tuple[Stored, ...]:
    """Bring models of a shelf into a folder, under the paths that they have on the shelf.

    Files of a folder become hard links where the file system allows it, else copies. What is
    downloaded stays in `downloads`, named by its checksum, for the next event; a broken download
    goes on where it ended.

    Returns
    -------
    The models, each with the checksum that its file has.

    Raises
    ------
    DataError: a file cannot be had, or its size, checksum or description is not what the shelf
        says; nothing stands under its final name then.
    """
    return tuple(_fetch_one(shelf, model, Path(into), Path(downloads)) for model in models)


def _fetch_one(shelf: Shelf, model: Stored, into: Path, downloads: Path) -> Stored:
    if is_url(shelf.location):
        address = address_of(shelf.location, model.path)
        source = _download(address, model, downloads)
        shown = without_secrets(address)
    else:
        source = Path(shelf.location, model.path)
        shown = str(source)
    with beside(into / model.path) as partial:
        _link(source, partial, shown)
        return _verified(partial, model, shown)


def _download(address: str, model: Stored, downloads: Path) -> Path:
    """The file of a model among the downloads, fetched unless it is there and whole."""
    path = downloads / f"{model.sha256}.safetensors"
    if path.is_file() and digest(path) != model.sha256:
        path.unlink()
    if not path.is_file():

        def check(file: Path) -> None:
            _verified(file, model, without_secrets(address))

        download(Remote(address, model.size, ""), path, _OFFLINE, check=check)
    return path


def _link(source: Path, target: Path, shown: str) -> None:
    target.unlink(missing_ok=True)
    try:
        with contextlib.suppress(OSError):  # another file system, or one without links
            os.link(source, target)
            return
        shutil.copyfile(source, target)
    except OSError as error:
        raise DataError(
            Fault(
                f"cannot be read ({error.strerror})",
                shown,
                cure="make its folder complete and readable, or name another shelf",
            )
        ) from None


def _verified(path: Path, model: Stored, shown: str) -> Stored:
    """The model with the checksum of its file; DataError where the file is not what was told."""
    size, found = path.stat().st_size, digest(path)
    if size != model.size or found != model.sha256 != "":
        raise DataError(
            Fault(
                f"has {size} bytes and SHA-256 {found}",
                shown,
                f"{model.size} bytes{model.sha256 and ' and SHA-256 '}{model.sha256}",
                "the file is damaged, or it has changed since the models were listed: run again;"
                f" if this repeats, {CURE}",
            )
        )
    try:
        card = card_of(read_description(path))
    except ModelError as error:
        raise DataError(
            Fault(
                f"cannot be read as a model of scarp ({error.faults[0].fact})",
                shown,
                cure="name a shelf whose models this version can read",
            )
        ) from None
    if card != model.card:
        told, held = asdict(model.card), asdict(card)
        names = [name for name in told if told[name] != held[name]]
        raise DataError(
            Fault(
                f"its own description has another {', '.join(names)} than {INDEX}",
                shown,
                cure=CURE,
            )
        )
    return replace(model, sha256=found)
