"""What the installed SNAP itself says that its operators take: gpt's help, or esa_snappy."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from scarp.errors import DataError, Fault
from scarp.snap.userdir import prepare_userdir

#: Each question starts a Java of its own: how many at once, and seconds for each.
_AT_A_TIME = 2
_PATIENCE = 120.0

_UNKNOWN = re.compile(r"^Unknown operator '", re.MULTILINE)
_OPTION = re.compile(r"^ {0,4}-P(?=[^\s=]+=)", re.MULTILINE)
_VALUES = re.compile(r"Value must be one of ((?:'[^']*'(?:, )?)+)\.")
_TAG = re.compile(r"<(/?)([^\s<>/]+)[^<>]*?(/?)>")

#: Run by the Python that esa_snappy is configured for. Deprecated parameters are among those told,
#: and the names of Java's fields besides those of the elements: SNAP takes either in a graph.
_PROGRAM = """
import json, sys
from esa_snappy import GPF

registry = GPF.getDefaultInstance().getOperatorSpiRegistry()
registry.loadOperatorSpis()
told = {}
for operator in sys.argv[1:]:
    spi = registry.getOperatorSpi(operator)
    told[operator] = None if spi is None else {}
    if spi is not None:
        for parameter in spi.getOperatorDescriptor().getParameterDescriptors():
            values = [str(value) for value in parameter.getValueSet() or ()]
            for name in (parameter.getName(), parameter.getAlias()):
                if name:
                    told[operator][str(name)] = values
print()
print(json.dumps(told), flush=True)
"""

#: What of an error tells its cure, the more special first.
_CURES = (
    (
        r"No module named 'esa_snappy'",
        "install esa-snappy into this Python, then run <SNAP>/bin/snappy-conf with it",
    ),
    (
        r"jpyutil|No module named 'jpy'",
        "esa_snappy is there but not configured: run <SNAP>/bin/snappy-conf with this Python"
        " (or esa_snappy_conf.bash, which comes with esa-snappy)",
    ),
    (
        r"SNAP distribution|SNAP_HOME|snap_home",
        "name SNAP's folder as snap_home in esa_snappy.ini beside the package, or in SNAP_HOME",
    ),
    (r"libjvm", "put the folder of Java's libjvm.so into LD_LIBRARY_PATH"),
)


@dataclass(frozen=True)
class Asked:
    """What the installed SNAP says of one operator.

    Attributes
    ----------
    present: whether it has the operator.
    parameters: names of elements, each with the values allowed; none where SNAP lists none.
    fault: why there is no answer; then the rest means nothing.
    """

    present: bool
    parameters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fault: Fault | None = None


def ask_gpt(gpt: Path, names: Sequence[str], timeout_s: float = _PATIENCE) -> dict[str, Asked]:
    """Ask gpt for the help of operators, with `gpt OPERATOR -h`.

    The help lists no deprecated parameters, and of two names of a parameter the element's only.
    gpt runs in a user directory of its own, as the workflow's jobs do.

    Parameters
    ----------
    timeout_s: for each; gpt is killed then.
    """
    wanted = list(dict.fromkeys(names))
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        answers = pool.map(lambda name: _ask(gpt, name, timeout_s), wanted)
        return dict(zip(wanted, answers, strict=True))


def ask_registry(
    python: Path, names: Sequence[str], timeout_s: float = _PATIENCE
) -> dict[str, Asked]:
    """Ask SNAP's registry of operators, in a Python that esa_snappy is configured for.

    One Java for all operators.

    Raises
    ------
    DataError: there is no such Python; esa_snappy is not installed, not configured or finds no
    SNAP; no answer in time.
    """
    said, errors = answer_of([str(python), "-c", _PROGRAM, *dict.fromkeys(names)], timeout_s)
    rows = [line for line in said.splitlines() if line.startswith("{")]
    if not rows:
        error = reason_of(said, errors)
        cures = (cure for pattern, cure in _CURES if re.search(pattern, error))
        cure = next(cures, "run it by hand: import esa_snappy")
        raise DataError(
            Fault(
                f"esa_snappy does not tell what SNAP's operators take: {error}",
                str(python),
                "a Python that esa_snappy is configured for",
                f"{cure}; or leave that Python out: then gpt is asked",
            )
        )
    told: dict[str, dict[str, list[str]] | None] = json.loads(rows[-1])
    return {
        name: Asked(takes is not None, {key: tuple(row) for key, row in (takes or {}).items()})
        for name, takes in told.items()
    }


def read_help(text: str) -> Asked | None:
    """Read what `gpt OPERATOR -h` prints; lines may be wrapped. None: it is no help.

    Names come from the graph at its end, which has the parameters that hold elements, too; values
    from the options before it.
    """
    if _UNKNOWN.search(text):
        return Asked(False)
    if "Usage:" not in text:
        return None
    options, _, graph = text.partition("Graph XML Format:")
    parameters: dict[str, tuple[str, ...]] = dict.fromkeys(_elements(graph), ())
    for option in _OPTION.split(options)[1:]:
        values = _VALUES.search(" ".join(option.split()))
        listed = re.findall(r"'([^']*)'", values[1]) if values else []
        parameters[option.partition("=")[0]] = tuple(listed)
    return Asked(True, parameters)


def answer_of(
    command: Sequence[str], timeout_s: float, java_options: Sequence[str] = ()
) -> tuple[str, str]:
    """Both outputs of a program that starts SNAP, in a user directory made for it and removed.

    The exit code is not told: SNAP answers with 0 that it has no such operator.

    Raises
    ------
    DataError: it cannot be started, or does not end in time and was killed with all it started.
    """
    with tempfile.TemporaryDirectory(prefix="scarp-", ignore_cleanup_errors=True) as folder:
        prepare_userdir(Path(folder, "userdir"), None, ())
        own = [f'-Dsnap.userdir="{folder}/userdir"', f'-Djava.io.tmpdir="{folder}"']
        options = [os.environ.get("JAVA_TOOL_OPTIONS", ""), *own, *java_options]
        try:
            process = subprocess.Popen(
                command,
                env={**os.environ, "JAVA_TOOL_OPTIONS": " ".join(options).strip()},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                start_new_session=True,
            )
        except OSError as error:
            raise DataError(
                Fault(
                    f"cannot be started: {error.strerror}",
                    command[0],
                    "a program that runs",
                    "correct the path, or install it anew",
                )
            ) from None
        with process:
            try:
                return process.communicate(timeout=timeout_s)
            except subprocess.TimeoutExpired:
                raise DataError(
                    Fault(
                        f"did not answer within {timeout_s:g} s and was killed",
                        command[0],
                        "",
                        "run it by hand and see what it waits for",
                    )
                ) from None
            finally:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)


def reason_of(said: str, errors: str) -> str:
    """The line that tells why there is no answer."""
    lines = [line.strip() for line in f"{said}\n{errors}".splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith("Picked up JAVA_TOOL_OPTIONS")]
    told = (line for line in lines if line.startswith("Error:"))
    return next(told, lines[-1] if lines else "it said nothing")


def _ask(gpt: Path, name: str, timeout_s: float) -> Asked:
    try:
        said, errors = answer_of([str(gpt), name, "-h"], timeout_s)
    except DataError as error:
        return Asked(False, fault=error.faults[0])
    told = read_help(said)
    if told is not None:
        return told
    fault = Fault(
        f"does not tell what an operator takes: {reason_of(said, errors)}",
        f"{gpt} OPERATOR -h",
        "the operator's help",
        f"run it by hand: {gpt} Read -h",
    )
    return Asked(False, fault=fault)


def _elements(graph: str) -> list[str]:
    """Children of <parameters> in the example; it is no XML, since lists hold an element <...>."""
    found, depth = [], 0
    for closes, name, alone in _TAG.findall(graph.partition("<parameters>")[2]):
        if closes:
            if depth == 0:
                break
            depth -= 1
        else:
            if depth == 0:
                found.append(name)
            depth += not alone
    return found
