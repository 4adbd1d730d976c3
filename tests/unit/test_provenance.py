"""Code hashes: they follow the real imports, and only code counts."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from wrong_inputs import ROOT

SCRIPTS = ROOT / "workflow" / "scripts"
NAMES = sorted(path.name for path in SCRIPTS.glob("*.py"))

_IMPORTS = """
import ast, json, sys
tree = ast.parse(open(sys.argv[1]).read())
for node in ast.walk(tree):
    if isinstance(node, ast.Import | ast.ImportFrom) and "snakemake" not in ast.dump(node):
        exec(compile(ast.Module([node], []), "imports", "exec"))
print(json.dumps(sorted(name for name in sys.modules if name.startswith("scarp."))))
"""


def _hash(folder: Path, script: str) -> tuple[str, set[str]]:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]);"
        "from scarp import provenance as p;"
        "print(p.code_hash(sys.argv[2]), *p.modules_of(sys.argv[2]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder), script],
        capture_output=True,
        text=True,
        check=True,
    )
    digest, *modules = done.stdout.split()
    return digest, set(modules)


@pytest.mark.parametrize("script", NAMES)
def test_declared_modules_are_those_that_get_imported(script: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _IMPORTS, str(SCRIPTS / script)],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(SCRIPTS), "PATH": ""},
    )
    imported = set(json.loads(done.stdout))
    assert imported, "the script imports nothing of the library"
    # Modules that are imported inside a function are declared as well.
    assert imported <= _hash(SCRIPTS, script)[1]


def test_comments_docstrings_and_layout_do_not_count(tmp_path: Path) -> None:
    shutil.copytree(SCRIPTS, tmp_path / "scripts")
    folder = tmp_path / "scripts"
    before = _hash(folder, "cut_patches.py")[0]
    module = folder / "scarp" / "cutting.py"
    text = module.read_text(encoding="utf-8")
    module.write_text(
        "# a comment\n" + text.replace("without a single valid pixel", "without a valid pixel"),
        encoding="utf-8",
    )
    assert _hash(folder, "cut_patches.py")[0] == before
    module.write_text(text.replace("stride * n", "n * stride"), encoding="utf-8")
    assert _hash(folder, "cut_patches.py")[0] != before


def test_an_edit_reaches_only_those_who_import_it(tmp_path: Path) -> None:
    shutil.copytree(SCRIPTS, tmp_path / "scripts")
    folder = tmp_path / "scripts"
    before = {name: _hash(folder, name)[0] for name in NAMES}
    with (folder / "scarp" / "unet.py").open("a", encoding="utf-8") as file:
        file.write("\nEXTRA = 1\n")
    changed = {name for name in NAMES if _hash(folder, name)[0] != before[name]}
    assert changed == {"train.py", "evaluate.py", "map_scene.py", "plan.py"}


def test_what_was_read_is_remembered_and_never_believed_of_an_edited_file(tmp_path: Path) -> None:
    shutil.copytree(SCRIPTS, tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    folder = tmp_path / "scripts"
    cache = folder / "scarp" / "__pycache__" / f"code.{sys.implementation.cache_tag}.json"
    cache.parent.mkdir()
    first = _hash(folder, "cut_patches.py")
    assert cache.is_file()
    for damage in ("", "{}", "[1]", '{"reader": [0, 0], "files": {}}'):
        cache.write_text(damage, encoding="utf-8")
        assert _hash(folder, "cut_patches.py") == first
    module = folder / "scarp" / "cutting.py"
    text = module.read_text(encoding="utf-8")
    module.write_text(text.replace("stride * n", "n * stride"), encoding="utf-8")
    assert _hash(folder, "cut_patches.py")[0] != first[0]
    module.write_text(text, encoding="utf-8")
    assert _hash(folder, "cut_patches.py") == first
