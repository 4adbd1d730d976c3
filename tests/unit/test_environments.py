"""The conda environments name the pins of uv.lock, and the lock names public addresses only."""

from __future__ import annotations

import re
import tomllib

import pytest
import yaml

from wrong_inputs import ROOT

ENVIRONMENTS = sorted(path.stem for path in (ROOT / "envs").glob("*.yaml"))
#: Names that conda-forge gives to packages of PyPI.
PYPI_NAMES = {"pytorch": "torch", "matplotlib-base": "matplotlib"}
#: Not Python packages: no lock knows them.
SYSTEM = {"gdal", "pip", "python"}


def _locked() -> dict[str, set[str]]:
    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    versions: dict[str, set[str]] = {}
    for package in lock["package"]:
        if "version" in package:
            versions.setdefault(package["name"], set()).add(package["version"])
    return versions


def _pins(name: str) -> dict[str, str]:
    environment = yaml.safe_load((ROOT / "envs" / f"{name}.yaml").read_text(encoding="utf-8"))
    pins = {}
    for entry in environment["dependencies"]:
        for pin in entry["pip"] if isinstance(entry, dict) else [entry]:
            package, *version = re.split(r"=+", pin)
            pins[PYPI_NAMES.get(package, package)] = "".join(version)
    return pins


def test_there_is_an_environment_per_stage() -> None:
    assert ENVIRONMENTS == ["geo", "report", "snap", "train"]


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_pins_are_those_of_the_lock(name: str) -> None:
    locked = _locked()
    pins = {package: version for package, version in _pins(name).items() if package not in SYSTEM}
    assert pins
    for package, version in pins.items():
        assert locked[package] == {version}, package


def test_rules_name_environments_that_exist() -> None:
    named = set()
    for path in (ROOT / "workflow" / "rules").glob("*.smk"):
        named |= set(re.findall(r'"\.\./\.\./envs/(\w+)\.yaml"', path.read_text(encoding="utf-8")))
    assert named and named <= set(ENVIRONMENTS)


def test_the_lock_names_public_addresses_only() -> None:
    text = (ROOT / "uv.lock").read_text(encoding="utf-8")
    hosts = set(re.findall(r'"(\w+)://([^/"]*)', text))
    assert hosts == {("https", "pypi.org"), ("https", "files.pythonhosted.org")}
