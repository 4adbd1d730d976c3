"""A stand-in for esa_snappy: test equipment, not SNAP; no Java is started.

It plays as much of SNAP's registry of operators as scarp asks for. What it tells comes from the
facts that ship with scarp (scarp.snap.facts), for the version in SCARP_GPT_VERSION.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from scarp.snap.facts import is_tabled, operator, operator_names

VERSION = os.environ.get("SCARP_GPT_VERSION", "13.0.0")
print("INFO: test stand-in for esa_snappy; nothing of this is SNAP")


@dataclass(frozen=True)
class ParameterDescriptor:
    """A parameter: the name of Java's field, that of the element if it is another, its values."""

    name: str
    alias: str | None
    values: tuple[str, ...]

    def getName(self) -> str:  # noqa: N802
        return self.name

    def getAlias(self) -> str | None:  # noqa: N802
        return self.alias

    def getValueSet(self) -> list[str] | None:  # noqa: N802
        return list(self.values) or None


@dataclass(frozen=True)
class OperatorSpi:
    """An operator of the version; it is its own descriptor."""

    name: str

    def getOperatorDescriptor(self) -> OperatorSpi:  # noqa: N802
        return self

    def getParameterDescriptors(self) -> list[ParameterDescriptor]:  # noqa: N802
        known = operator(self.name, VERSION).parameters
        fields = {facts.name: key for key, facts in known.items()}
        return [
            ParameterDescriptor(field, element if field != element else None, known[element].values)
            for element, field in fields.items()
        ]


class Registry:
    """SNAP's operators, once they are loaded."""

    loaded = False

    def loadOperatorSpis(self) -> None:  # noqa: N802
        self.loaded = True

    def getOperatorSpi(self, name: str) -> OperatorSpi | None:  # noqa: N802
        there = self.loaded and name in operator_names(VERSION) and is_tabled(name)
        return OperatorSpi(name) if there else None


class GPF:
    """Graph Processing Framework."""

    registry = Registry()

    @staticmethod
    def getDefaultInstance() -> type[GPF]:  # noqa: N802
        return GPF

    @staticmethod
    def getOperatorSpiRegistry() -> Registry:  # noqa: N802
        return GPF.registry
