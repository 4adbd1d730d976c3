"""Names and passwords of data services: from the environment or netrc, and shown nowhere."""

from __future__ import annotations

import netrc
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scarp.errors import DataError, Fault


@dataclass(frozen=True)
class Credentials:
    """A user of a service; neither part is in its repr."""

    user: str = field(repr=False)
    password: str = field(repr=False)


def credentials_of(
    service: str, variables: tuple[str, str], machines: Sequence[str]
) -> Credentials:
    """User and password of a service.

    Parameters
    ----------
    service: its name, for messages.
    variables: environment variables of user and password; they go before netrc.
    machines: hosts in netrc (`NETRC`, or ~/.netrc) that the service goes by; the first one there
        counts.

    Raises
    ------
    DataError: they are nowhere, only one of the variables is set, or netrc cannot be read.
    """
    user, password = (os.environ.get(name, "") for name in variables)
    if bool(user) != bool(password):
        raise DataError(
            Fault(
                f"only {variables[0] if user else variables[1]} of"
                f" {variables[0]} and {variables[1]} is set",
                f"credentials of {service}",
                cure="set both environment variables, or neither and use netrc",
            )
        )
    if user:
        return Credentials(user, password)
    found = _netrc(service)
    for machine in machines:
        if found is not None and machine in found.hosts:
            login, _, secret = found.hosts[machine]
            return Credentials(login, secret)
    raise DataError(
        Fault(
            "there are none",
            f"credentials of {service}",
            f"environment variables {variables[0]} and {variables[1]}, or a netrc entry"
            f" 'machine {machines[0]} login ... password ...'",
            f"register with {service}, free of charge, and set one of these",
        )
    )


def _netrc(service: str) -> netrc.netrc | None:
    path = Path(os.environ.get("NETRC") or Path.home() / ".netrc")
    if not path.is_file():
        return None
    try:
        return netrc.netrc(path)
    except (netrc.NetrcParseError, OSError, UnicodeDecodeError) as error:
        # The parser's own message may quote a password.
        line = getattr(error, "lineno", None)
        raise DataError(
            Fault(
                "cannot be read as netrc, or others may read it",
                f"{path}, line {line}" if line else str(path),
                "'machine HOST login USER password PASSWORD', readable by its owner only",
                f"correct it, or set the environment variables of {service}",
            )
        ) from None
