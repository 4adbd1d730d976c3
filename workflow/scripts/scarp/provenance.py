"""A hash of the library code that a script uses.

Snakemake tracks the script of a rule, not the library that it calls. Each rule therefore carries
the hash of its script's library modules as a parameter: editing a module reruns the rules that use
it and no others. Comments, docstrings and layout do not count.
"""

from __future__ import annotations

import ast
import atexit
import contextlib
import hashlib
import json
import sys
from functools import cache
from pathlib import Path

from scarp.files import write_text

_PACKAGE = Path(__file__).resolve().parent
_SCRIPTS = _PACKAGE.parent


def _file_of(module: str) -> Path | None:
    """The file of a scarp module, None where `module` names no file of the package."""
    base = _SCRIPTS.joinpath(*module.split("."))
    for file in (base.with_suffix(".py"), base / "__init__.py"):
        if file.is_file():
            return file
    return None


@cache
def _parse(file: Path) -> tuple[str, frozenset[str]]:
    """The hash of a file's code and the scarp modules that it imports itself."""
    # By a name that stays the same where the project is copied, as the file's time may too.
    known, name, stamp = _remembered(), str(file.relative_to(_SCRIPTS)), _stamp(file)
    if name not in known or known[name][0] != stamp:
        digest, modules = _read(file)
        known[name] = (stamp, digest, sorted(modules))
    _, digest, names = known[name]
    return digest, frozenset(names)


def _read(file: Path) -> tuple[str, set[str]]:
    tree = ast.parse(file.read_bytes(), filename=str(file))
    imported: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            # `from scarp.simulate import world` may name a module or something inside one.
            imported |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        if isinstance(
            node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        ) and ast.get_docstring(node, clean=False):
            node.body = node.body[1:]
    # Importing a module runs the packages above it too.
    parts = [name.split(".") for name in imported]
    imported |= {".".join(words[:n]) for words in parts for n in range(1, len(words))}
    modules = {name for name in imported if name.split(".")[0] == "scarp" and _file_of(name)}
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest(), modules


# What was read of a file is kept beside Python's own compiled files, where there are any, and
# believed as long as the file's time and size are the same: reading all of the library takes a
# second or two at every start.


def _stamp(file: Path) -> list[int]:
    told = file.stat()
    return [told.st_mtime_ns, told.st_size]


@cache
def _remembered() -> dict[str, tuple[list[int], str, list[str]]]:
    """File -> its stamp, hash and modules; written back when the program ends."""
    path = Path(__file__).with_name("__pycache__") / f"code.{sys.implementation.cache_tag}.json"
    own = {"reader": _stamp(Path(__file__))}
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        known = {name: tuple(row) for name, row in told["files"].items()}
        known = known if told["reader"] == own["reader"] else {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        known = {}
    before = dict(known)

    def keep() -> None:
        if known != before and path.parent.is_dir():
            with contextlib.suppress(OSError):
                write_text(path, json.dumps({**own, "files": known}))

    atexit.register(keep)
    return known


@cache
def modules_of(script: str) -> tuple[str, ...]:
    """Every scarp module that workflow/scripts/{script} reaches, sorted.

    The package's own ``__init__`` is left out: it holds the version, which changes no result.
    """
    found: set[str] = set()
    waiting = set(_parse(_SCRIPTS / script)[1])
    while waiting:
        module = waiting.pop()
        if module in found or module == "scarp":
            continue
        found.add(module)
        file = _file_of(module)
        assert file is not None  # _parse returns only modules that have a file
        waiting |= _parse(file)[1]
    return tuple(sorted(found))


@cache
def code_hash(script: str) -> str:
    """Hash of all library code that workflow/scripts/{script} reaches, 16 hexadecimal digits."""
    digest = hashlib.sha256()
    for module in modules_of(script):
        file = _file_of(module)
        assert file is not None
        digest.update(f"{module}={_parse(file)[0]}\n".encode())
    return digest.hexdigest()[:16]


@cache
def file_hash(path: Path) -> str:
    """Hash of a file that scripts read beside their code, 16 hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
