"""Models from elsewhere arrive as they were published, or not at all."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import pytest
from safetensors.numpy import save_file

from file_server import Answer, FileServer
from local_server import LocalServer
from scarp.acquire.download import download
from scarp.cube import write_cube
from scarp.errors import DataError, ModelError, ScarpError
from scarp.grid import Grid
from scarp.mapping import shelf as shelf_module
from scarp.mapping.selection import Wanted, select_models
from scarp.mapping.shelf import Shelf, address_of, fetch, open_shelf, own_shelf
from scarp.mapping.shelf_index import INDEX, digest, find_models, write_index
from scarp.model_description import Description
from scarp.model_file import save
from tiny_model import DESCRIPTION, network

WEIGHTS = network().state_dict()


def put(folder: Path, **changes: Any) -> Path:
    """Put a model where the workflow would; `changes` of its description."""
    description: Description = replace(DESCRIPTION, **changes)
    path = folder / description.name / "model.safetensors"
    save(path, WEIGHTS, description)
    return path


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """Two seeds and another feature set, whose folder asks for quoting; and files that are none."""
    folder = tmp_path / "models"
    put(folder)
    put(folder, seed=8, validation_f1=None)
    odd = put(folder, features="ndvi", channels=("None_SLOPE", "POST1_NDVI"))
    shutil.move(odd.parent, folder / "a b%20#é")
    beside = folder / "roles" / "rgb" / "1pre-1post" / "seed7"
    shutil.copy(beside / "model.safetensors", beside / "finished.safetensors")
    (beside / "checkpoint.safetensors").write_bytes(b"no model")
    return folder


@pytest.fixture
def shelf(models: Path) -> Path:
    write_index(models, models / INDEX)
    return models


def edit(shelf: Path, change: Callable[[list[dict[str, Any]]], object]) -> None:
    path = shelf / INDEX
    told = json.loads(path.read_text(encoding="utf-8"))
    change(told["models"])
    path.write_text(json.dumps(told), encoding="utf-8")


def arrived(folder: Path) -> list[str]:
    """What lies in a folder, with hidden and unfinished files."""
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


class FolderServer(LocalServer):
    """Serves a folder while the context lasts; `asked` are the paths."""

    def __init__(self, folder: Path) -> None:
        self.asked: list[str] = []
        asked = self.asked

        class Handler(SimpleHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                super().do_GET()

            def log_message(self, format: str, *args: Any) -> None:
                """Stay silent."""

        super().__init__(partial(Handler, directory=str(folder)))  # type: ignore[arg-type]

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}/{path}"


@pytest.fixture
def server(shelf: Path) -> Iterator[FolderServer]:
    with FolderServer(shelf.parent) as running:
        yield running


# ---------------------------------------------------------------- what there is


def test_models_are_found_with_their_descriptions_and_nothing_else_is(models: Path) -> None:
    found = find_models(models)
    assert [model.path for model in found] == [
        "a b%20#é/model.safetensors",
        "roles/rgb/1pre-1post/seed7/model.safetensors",
        "roles/rgb/1pre-1post/seed8/model.safetensors",
    ]
    assert [model.card.name for model in found[1:]] == [
        DESCRIPTION.name,
        f"{DESCRIPTION.name[:-1]}8",
    ]
    assert [model.card.validation_f1 for model in found] == [0.625, 0.625, None]
    assert found[0].card.channels == ("None_SLOPE", "POST1_NDVI")
    assert {model.sha256 for model in found} == {""}


def test_every_unreadable_model_is_named(models: Path) -> None:
    bad = [models / name / "model.safetensors" for name in ("a", "z")]
    for path in bad:
        path.parent.mkdir()
    bad[0].write_bytes(b"")
    save_file({"weight": np.zeros(2, dtype=np.float32)}, bad[1])
    with pytest.raises(ModelError) as error:
        find_models(models)
    assert [fault.offender for fault in error.value.faults] == [str(path) for path in bad]


def test_the_index_comes_back_as_it_was_found_with_equal_bytes(shelf: Path) -> None:
    opened = open_shelf(str(shelf))
    assert opened.has_index
    assert tuple(replace(model, sha256="") for model in opened.models) == find_models(shelf)
    assert [m.sha256 for m in opened.models] == [digest(shelf / m.path) for m in opened.models]
    before = (shelf / INDEX).read_bytes()
    write_index(shelf, shelf / INDEX)
    assert (shelf / INDEX).read_bytes() == before


def test_a_folder_without_index_is_looked_through(models: Path) -> None:
    opened = open_shelf(str(models))
    assert not opened.has_index
    assert opened.models == find_models(models)


def test_what_this_workflow_trained_is_read_whatever_an_old_index_says(shelf: Path) -> None:
    put(shelf, seed=9)
    assert len(own_shelf(shelf).models) == 4
    assert len(open_shelf(str(shelf)).models) == 3


def test_a_folder_without_models_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no such folder"):
        open_shelf(str(tmp_path / "none"))
    with pytest.raises(DataError, match=r"holds neither models\.json nor a model\.safetensors"):
        open_shelf(str(tmp_path))
    for folder in (tmp_path / "none", tmp_path):
        with pytest.raises(DataError, match=r"(?s)nothing is trained yet.*map: train: true"):
            own_shelf(folder)
    with pytest.raises(DataError, match=r"holds no model\.safetensors"):
        write_index(tmp_path, tmp_path / "models.json")


@pytest.mark.parametrize(
    "path",
    [
        "/etc/model.safetensors",
        "../model.safetensors",
        "roles/../../model.safetensors",
        "roles/../model.safetensors",
        "./model.safetensors",
        "a//model.safetensors",
        "..\\model.safetensors",
        "a\nb/model.safetensors",
    ],
)
def test_paths_that_leave_the_shelf_are_refused(shelf: Path, path: str) -> None:
    edit(shelf, lambda rows: rows[0].update(path=path))
    with pytest.raises(DataError, match="is not one below its folder") as error:
        open_shelf(str(shelf))
    assert error.value.faults[0].offender == str(shelf / INDEX)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda rows: rows.clear(), "models: [] is not allowed"),
        (lambda rows: rows[0].pop("sha256"), "sha256"),
        (lambda rows: rows[0].update(sha256="0" * 63), "sha256: '000"),
        (lambda rows: rows[0].update(size="5"), "size: '5' is not allowed"),
        (lambda rows: rows[0].update(test_f1=0.9), "'test_f1' is not known here"),
        (lambda rows: rows[0].update(path="model.exe"), "path: 'model.exe' is not allowed"),
        (lambda rows: rows[0].update(channels=["PRE1_gVW"]), "did you mean 'PRE1_gVV'?"),
        (lambda rows: rows[0].update(validation_f1=float("nan")), "NaN is no JSON"),
        (lambda rows: rows[0].update(validation_f1=1.5), "must be at most 1"),
        (lambda rows: rows[1].update(path=rows[0]["path"]), "stands twice"),
    ],
)
def test_a_wrong_index_is_refused(
    shelf: Path, change: Callable[[list[dict[str, Any]]], object], said: str
) -> None:
    edit(shelf, change)
    with pytest.raises(DataError) as error:
        open_shelf(str(shelf))
    assert said in str(error.value)
    assert str(shelf / INDEX) in str(error.value)


def test_an_index_cut_short_is_refused(shelf: Path) -> None:
    (shelf / INDEX).write_text('{"models": [', encoding="utf-8")
    with pytest.raises(DataError, match="cannot be read"):
        open_shelf(str(shelf))


# ---------------------------------------------------------------- taking models


def test_chosen_models_arrive_and_no_others(shelf: Path, tmp_path: Path) -> None:
    opened = open_shelf(str(shelf))
    into = tmp_path / "into"
    assert fetch(opened, opened.models[1:], into, tmp_path / "downloads") == opened.models[1:]
    assert arrived(into) == [model.path for model in opened.models[1:]]
    for model in opened.models[1:]:
        assert (into / model.path).read_bytes() == (shelf / model.path).read_bytes()
        assert (into / model.path).samefile(shelf / model.path)
    fetch(opened, opened.models, into, tmp_path / "downloads")  # again, over what is there
    assert arrived(into) == [model.path for model in opened.models]
    assert not (tmp_path / "downloads").exists()


def _refuse(*args: object) -> None:
    raise OSError("another file system")


def test_models_are_copied_where_links_are_not_to_be_had(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.link", _refuse)
    opened = open_shelf(str(shelf))
    fetch(opened, opened.models, tmp_path / "into", tmp_path)
    for model in opened.models:
        assert (tmp_path / "into" / model.path).read_bytes() == (shelf / model.path).read_bytes()
        assert not (tmp_path / "into" / model.path).samefile(shelf / model.path)


def test_without_index_the_checksum_is_that_of_the_file(models: Path, tmp_path: Path) -> None:
    opened = open_shelf(str(models))
    found = fetch(opened, opened.models, tmp_path / "into", tmp_path)
    assert [model.sha256 for model in found] == [digest(models / m.path) for m in opened.models]


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _other(path: Path) -> None:
    """Another model whose checksum the index tells, but not its description."""
    save(path, WEIGHTS, replace(DESCRIPTION, threshold=0.25, features="x"))
    row = {"size": path.stat().st_size, "sha256": digest(path)}
    edit(path.parents[4], lambda rows: rows[1].update(row))


def _no_model(path: Path) -> None:
    path.write_bytes(b"x" * 100)
    row = {"size": 100, "sha256": digest(path)}
    edit(path.parents[4], lambda rows: rows[1].update(row))


DAMAGES = [
    (_flip, "SHA-256"),
    (_cut, "bytes"),
    (_other, "has another features, threshold than models.json"),
    (_no_model, "cannot be read as a model of scarp"),
]


@pytest.mark.parametrize(("damage", "said"), [*DAMAGES, (Path.unlink, "No such file")])
@pytest.mark.parametrize("linked", [True, False])
def test_a_file_that_is_not_what_the_shelf_says_leaves_nothing(
    shelf: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    damage: Callable[[Path], None],
    said: str,
    linked: bool,
) -> None:
    if not linked:
        monkeypatch.setattr("os.link", _refuse)
    path = shelf / DESCRIPTION.name / "model.safetensors"
    damage(path)
    opened = open_shelf(str(shelf))
    with pytest.raises(DataError) as error:
        fetch(opened, opened.models[1:2], tmp_path / "into", tmp_path)
    assert said in str(error.value)
    assert error.value.faults[0].offender == str(path)
    assert arrived(tmp_path / "into") == []


# ---------------------------------------------------------------- over HTTP


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_url_serves_as_a_folder_does(
    server: FolderServer, shelf: Path, tmp_path: Path, slash: str
) -> None:
    opened = open_shelf(server.url(f"models{slash}"))
    assert opened.models == open_shelf(str(shelf)).models and opened.has_index
    into, downloads = tmp_path / "into", tmp_path / "downloads"
    assert fetch(opened, opened.models[:2], into, downloads) == opened.models[:2]
    assert arrived(into) == [model.path for model in opened.models[:2]]
    assert all(
        (into / m.path).read_bytes() == (shelf / m.path).read_bytes() for m in opened.models[:2]
    )
    # Just the chosen ones were asked for, each once, by a quoted name.
    assert [unquote(path) for path in server.asked] == [
        f"/models/{name}" for name in (INDEX, *(model.path for model in opened.models[:2]))
    ]
    assert server.asked[1] == "/models/a%20b%2520%23%C3%A9/model.safetensors"


def test_what_was_downloaded_is_not_fetched_again_unless_it_is_damaged(
    server: FolderServer, tmp_path: Path
) -> None:
    opened = open_shelf(server.url("models"))
    model, downloads = opened.models[1], tmp_path / "downloads"
    fetch(opened, [model], tmp_path / "one", downloads)
    fetch(opened, [model], tmp_path / "two", downloads)
    assert len(server.asked) == 2
    (kept,) = downloads.iterdir()
    content = kept.read_bytes()
    kept.unlink()  # the files of maps are links to it
    kept.write_bytes(content[:-1])
    fetch(opened, [model], tmp_path / "three", downloads)
    assert len(server.asked) == 3
    assert kept.read_bytes() == (tmp_path / "three" / model.path).read_bytes() == content


def test_a_url_without_index_is_refused(server: FolderServer) -> None:
    with pytest.raises(DataError, match="404") as error:
        open_shelf(server.url("elsewhere"))
    assert "map: models" in error.value.faults[0].cure
    assert error.value.faults[0].offender.endswith("/elsewhere/models.json")


@pytest.mark.parametrize(("damage", "said"), DAMAGES)
def test_a_wrong_file_of_a_server_leaves_nothing(
    server: FolderServer,
    shelf: Path,
    tmp_path: Path,
    damage: Callable[[Path], None],
    said: str,
) -> None:
    damage(shelf / DESCRIPTION.name / "model.safetensors")
    opened = open_shelf(server.url("models"))
    with pytest.raises(DataError) as error:
        fetch(opened, opened.models[1:2], tmp_path / "into", tmp_path / "downloads")
    assert said in str(error.value)
    assert error.value.faults[0].offender == server.url(f"models/{opened.models[1].path}")
    assert arrived(tmp_path / "into") == arrived(tmp_path / "downloads") == []


def test_a_broken_download_goes_on_where_it_ended(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf_module, "download", partial(download, sleep=lambda seconds: None))
    model = open_shelf(str(shelf)).models[1]
    content = (shelf / model.path).read_bytes()
    half = len(content) // 2
    with FileServer(content, Answer(cut=half), *(Answer(status=503) for _ in range(6))) as server:
        opened = Shelf(server.url(""), (model,), True)
        with pytest.raises(DataError, match="run again to go on"):
            fetch(opened, [model], tmp_path / "into", tmp_path / "downloads")
        assert arrived(tmp_path / "into") == []
        fetch(opened, [model], tmp_path / "into", tmp_path / "downloads")
        assert (tmp_path / "into" / model.path).read_bytes() == content
        assert server.requests[-1].range_start == half
    assert arrived(tmp_path / "downloads") == [f"{model.sha256}.safetensors"]


def test_addresses_keep_their_query_and_messages_do_not() -> None:
    url = "https://user:secret@host/a%20shelf/?token=hidden#part"
    assert address_of(url, "x y/é") == (
        "https://user:secret@host/a%20shelf/x%20y/%C3%A9?token=hidden"
    )
    assert Shelf(url, (), True).shown == "https://host/a%20shelf/"
    assert Shelf("a folder", (), True).shown == "a folder"


# ---------------------------------------------------------------- the record


@pytest.fixture
def cube(tmp_path: Path) -> Path:
    path, shape = tmp_path / "cube.nc", (8, 10)
    layers = {
        name: np.full(shape, 0.5, dtype=np.float32)
        for name in ("None_DEM", "None_SLOPE", "POST1_B04")
    }
    layers["POST1_B04"][0, 0] = np.nan
    flags = np.zeros(shape, dtype=np.uint8)
    write_cube(
        path,
        Grid("", 0.0, 0.0, 10.0, *shape),
        layers,
        flags,
        flags,
        {"event": "E", "source": "simulated"},
        {"POST1_B04": {"date": "2020-02-01"}},
    )
    return path


def record(cube: Path, wanted: Wanted, folder: Path) -> dict[str, Any]:
    path = folder / "model.json"
    select_models(cube, wanted, set(), path, folder / "models")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def test_the_record_tells_which_models_map_and_why(cube: Path, shelf: Path, tmp_path: Path) -> None:
    wanted = Wanted("", str(shelf), "", 0.8, str(tmp_path / "downloads"))
    told = record(cube, wanted, tmp_path / "one")
    ids = [f"roles/rgb/1pre-1post/seed{seed}" for seed in (7, 8)]
    assert told["models"] == ids
    for name, file in zip(ids, told["files"], strict=True):
        assert file["path"] == f"{name}/model.safetensors"
        assert file["sha256"] == digest(tmp_path / "one" / "models" / file["path"])
        assert file["fingerprint"] == DESCRIPTION.fingerprint
    assert told["channels"] == list(DESCRIPTION.channels)
    assert (told["threshold"], told["validation_f1"], told["coverage"]) == (0.5, 0.625, 0.9875)
    assert told["dates"] == {"sentinel2": {"POST1": "2020-02-01"}}
    assert told["checked"] is True
    assert [row["id"] for row in told["candidates"]] == [
        "roles/ndvi/1pre-1post",
        "roles/rgb/1pre-1post",
    ]
    assert [row["fits"] for row in told["candidates"]] == [False, True]
    assert told["candidates"][0]["missing"] == ["NDVI of the Sentinel-2 image POST1"]
    assert told["warnings"] == [
        "1 of 2 models have no validation score: their validation patches hold no landslide."
    ]
    record(cube, wanted, tmp_path / "two")
    first, second = (tmp_path / name / "model.json" for name in ("one", "two"))
    assert first.read_bytes() == second.read_bytes()


def test_models_that_nothing_vouches_for_are_told_of_unless_they_are_this_study_s(
    cube: Path, models: Path, tmp_path: Path
) -> None:
    theirs = record(cube, Wanted("", str(models), "", 0.8, ""), tmp_path / "theirs")
    own = record(cube, Wanted(str(models), "", "", 0.8, ""), tmp_path / "own")
    assert theirs["checked"] is own["checked"] is False
    said = "The models come from a folder without models.json"
    assert any(warning.startswith(said) for warning in theirs["warnings"])
    assert not any(warning.startswith(said) for warning in own["warnings"])
    assert own["files"] == theirs["files"]


def test_where_nothing_fits_nothing_is_written(cube: Path, models: Path, tmp_path: Path) -> None:
    shutil.rmtree(models / "roles")
    with pytest.raises(ScarpError, match="NDVI of the Sentinel-2 image POST1"):
        record(cube, Wanted(str(models), "", "", 0.8, ""), tmp_path / "none")
    assert not (tmp_path / "none").exists()
