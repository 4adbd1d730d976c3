"""Running SNAP's Graph Processing Tool: its place, its version, and one graph at a time."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from scarp.errors import DataError, Fault
from scarp.snap.graph import read_xml, unset_names
from scarp.snap.userdir import OrbitFile, prepare_userdir

logger = logging.getLogger("scarp")

#: Of the memory of a job: the heap of Java, and of the heap the tile cache, at first and after an
#: end for want of memory. The heap also holds what operators keep.
HEAP, CACHES = 0.8, (0.5, 0.125)
#: Seconds that gpt gets to end by itself.
_GRACE = 5.0
#: Seconds that gpt may need to tell its version.
_DIAGNOSIS = 120.0
_RELEASE = re.compile(r"SNAP Release version\s+(\S.*)", re.IGNORECASE)
_MEMORY = re.compile(r"OutOfMemoryError|GC overhead limit exceeded|Java heap space")


@dataclass(frozen=True)
class _Sign:
    """What in gpt's output tells that something went wrong, and what to do about it."""

    pattern: re.Pattern[str]
    fact: str
    cure: str


def _sign(pattern: str, fact: str, cure: str) -> _Sign:
    return _Sign(re.compile(pattern, re.IGNORECASE), fact, cure)


#: The more telling a line is, the earlier it stands: of a failed run the first that fits is given.
SIGNS = (
    _sign(
        r"no valid output was produced",
        "Terrain-Correction found no usable elevation",
        "check that the DEM covers the scene, and its no-data value",
    ),
    _sign(
        r"no intersection",
        "the area lies outside the scene",
        "give the scenes and bursts that cover the event",
    ),
    _sign(
        r"restituted.*instead|instead.*restituted|using restituted",
        "the precise orbit was not found and a restituted one was taken",
        "put POEORB files into auxdata/Orbits/Sentinel-1/POEORB of SNAP's user directory",
    ),
    _sign(
        r"(no|cannot|unable|not).{0,40}(valid )?orbit file|using (the )?orbit.{0,20}annotation",
        "no orbit file was found",
        "put POEORB files into auxdata/Orbits/Sentinel-1/POEORB of SNAP's user directory",
    ),
    _sign(
        r"unknown element",
        "a parameter is unknown to this version of SNAP",
        "compose the graph for the version that is installed",
    ),
    _sign(
        r"(unknown operator|no operator|operator .{1,60} not found|OperatorSpi not found)",
        "an operator is unknown to this version of SNAP",
        "install the Sentinel-1 Toolbox (from SNAP 10: Microwave Toolbox) with SNAP",
    ),
    _sign(
        r"ww15mgh",
        "the geoid EGM96 is missing and could not be fetched",
        "put ww15mgh_b.zip into auxdata/dem/egm96 of SNAP's user directory",
    ),
    _sign(
        r"calibration should be applied before deburst",
        "Calibration follows TOPSAR-Deburst",
        "use the graphs of workflow/graphs",
    ),
    _sign(
        r"no space left on device",
        "the disk is full",
        "free space where the job's folder lies",
    ),
)
#: Optical readers that look for their own GDAL say SEVERE at every start of SNAP 8 and later.
_HARMLESS = re.compile(r"dataio\.gdal|LD_LIBRARY_PATH|JAVA_TOOL_OPTIONS")
_SEVERE = _sign(r"\bSEVERE\b", "SNAP logged an error", "read gpt's log")


def find_gpt(configured: str = "") -> Path:
    """Where gpt is.

    Parameters
    ----------
    configured: the file itself or the folder that SNAP is installed in; blank: gpt of the PATH.

    Raises
    ------
    DataError: there is none, or it cannot be run.
    """
    if configured:
        given = Path(configured).expanduser()
        tried = [given / "bin" / "gpt", given / "gpt"] if given.is_dir() else [given]
        found = next((path for path in tried if path.is_file()), None)
    else:
        tried = [Path("gpt")]
        which = shutil.which("gpt")
        found = Path(which) if which else None
    if found is None:
        raise DataError(
            Fault(
                "there is no gpt",
                " or ".join(map(str, tried)) if configured else "PATH",
                "SNAP's Graph Processing Tool, <SNAP>/bin/gpt",
                "install SNAP, and name its folder as sentinel1: snap: gpt",
            )
        )
    if not os.access(found, os.X_OK):
        raise DataError(
            Fault("cannot be run", str(found), "an executable file", f"chmod +x {found}")
        )
    return found.absolute()


def version_of(gpt: Path) -> str:
    """The release of SNAP, such as "13.0.0": from its VERSION.txt, or as `gpt --diag` tells it.

    Modules that its update centre has replaced since are not told by either.

    Raises
    ------
    DataError: neither tells it.
    """
    told = gpt.resolve().parent.parent / "VERSION.txt"
    if told.is_file():
        text = told.read_text(encoding="utf-8", errors="replace").strip()
        if re.match(r"\d+\.\d+", text):
            return text.split()[0]
    try:
        answer = subprocess.run(
            [str(gpt), "--diag"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_DIAGNOSIS,
            check=False,
        )
        said = answer.stdout + answer.stderr
    except (OSError, subprocess.TimeoutExpired) as error:
        said = str(error)
    found = _RELEASE.search(said)
    if found is None:
        raise DataError(
            Fault(
                f"does not tell its version: {_last(said)}",
                f"{gpt} --diag",
                "a line 'SNAP Release version ...'",
                "run it by hand; without Java or with a broken install it does not start",
            )
        )
    return found[1].strip()


def run_gpt(
    gpt: Path,
    graph_path: Path,
    folder: Path,
    memory_mb: int,
    cores: int,
    timeout_s: float,
    log_path: Path,
    auxdata: Path | None = None,
    orbits: Sequence[OrbitFile] = (),
) -> None:
    """Run one graph whose Write nodes name their files; those are whole, or not there.

    An end for want of memory is tried once more with a smaller tile cache. Exit code 0 proves
    nothing, so the output is read for what SNAP only logs; the product itself is for
    `scarp.snap.products` to check.

    Parameters
    ----------
    graph_path: the resolved graph; relative paths in it count from `folder`.
    folder: of this job alone: working directory, temporary files, SNAP's user directory.
    memory_mb, cores: of the job; heap, tile cache and parallelism follow from them. A heap that
        gpt.vmoptions sets comes before this one.
    timeout_s: after which gpt and all that it started are killed.
    log_path: what gpt says, both runs one after another; of gpt alone.
    auxdata, orbits: see `scarp.snap.userdir`; what neither holds SNAP fetches.

    Raises
    ------
    DataError: a parameter of the graph is unset, gpt fails, runs too long, says that it left
        something out, or leaves no file where the graph says.
    """
    text = graph_path.read_text(encoding="utf-8")
    graph = read_xml(text, str(graph_path))
    unset = unset_names("".join(v for node in graph.nodes for v in node.parameters.values()))
    if unset:
        raise DataError(
            Fault(
                f"leaves {', '.join(unset)} unset; gpt would take the name for the value",
                str(graph_path),
                "a value for every ${name}",
                "compose the graph anew",
            )
        )
    outputs = [
        folder / node.parameters["file"]
        for node in graph.nodes
        if node.operator == "Write" and "file" in node.parameters
    ]
    if not outputs:
        raise DataError(
            Fault("has no Write node with a file", str(graph_path), "one", "add it to the graph")
        )
    prepare_userdir(folder / "userdir", auxdata, orbits)
    (folder / "tmp").mkdir(exist_ok=True)
    log_path.parent.mkdir(parents=True, exist_ok=True)
    heap = int(memory_mb * HEAP)
    log_path.write_bytes(b"")
    done = False
    try:
        for number, share in enumerate(CACHES):
            _remove(outputs)
            cache = max(64, int(heap * share))
            command = [str(gpt), str(graph_path.absolute()), "-c", f"{cache}M", "-q", str(cores)]
            code, said = _run(command, folder, heap, timeout_s, log_path)
            starved = code in (-signal.SIGKILL, 128 + signal.SIGKILL) or bool(_MEMORY.search(said))
            if not starved:
                break
            again = number + 1 < len(CACHES)
            logger.warning(
                "gpt ended for want of memory (exit %d) with a tile cache of %d MB%s",
                code,
                cache,
                "; trying once more with a smaller one" if again else "",
            )
        faults = _faults(code, starved, said, graph_path, log_path, memory_mb)
        if not faults:
            faults = [_missing(path, log_path) for path in outputs if not _is_there(path)]
        if faults:
            raise DataError(faults)
        done = True
    finally:
        if not done:
            _remove(outputs)


def _run(
    command: list[str], folder: Path, heap: int, timeout_s: float, log_path: Path
) -> tuple[int, str]:
    """Exit code and output of gpt, run in a session of its own so that all of it can be ended."""
    options = [
        f'-Dsnap.userdir="{(folder / "userdir").absolute()}"',
        f'-Djava.io.tmpdir="{(folder / "tmp").absolute()}"',
        f"-Xmx{heap}m",
    ]
    own = os.environ.get("JAVA_TOOL_OPTIONS", "")
    environment = {**os.environ, "JAVA_TOOL_OPTIONS": " ".join([own, *options]).strip()}
    with log_path.open("ab") as log:
        log.write(f"{' '.join(command)}\n".encode())
        log.flush()
        start = log.tell()
        try:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise DataError(
                Fault(f"cannot be started: {error.strerror}", command[0], "", "install SNAP anew")
            ) from None
        try:
            with _ended_by_sigterm():
                code = process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise DataError(
                Fault(
                    f"gpt did not end within {timeout_s:g} s and was killed",
                    command[1],
                    "",
                    f"see {log_path}: raise sentinel1: snap: minutes or mem_mb, or put orbits"
                    " where SNAP need not fetch them",
                )
            ) from None
        finally:
            _end(process)
    with log_path.open("rb") as log:
        log.seek(start)
        return code, log.read().decode("utf-8", errors="replace")


@contextlib.contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Turn SIGTERM into an exception, so that gpt, in its own session, does not live on."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End what is left of a session: politely where gpt still runs, then surely."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
    # Some systems answer so for a group of which only ended processes are left.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _faults(
    code: int, starved: bool, said: str, graph: Path, log: Path, memory_mb: int
) -> list[Fault]:
    where = f"{graph} (gpt's log: {log})"
    if starved:
        fact = f"gpt ended for want of memory twice (exit {code}), the job has {memory_mb} MB"
        cure = "raise sentinel1: snap: mem_mb; check -Xmx in SNAP's gpt.vmoptions"
        return [Fault(fact, where, "", cure)]
    lines = [line.strip() for line in said.splitlines() if not _HARMLESS.search(line)]
    found = [(s, line) for s in SIGNS for line in lines if s.pattern.search(line)]
    if code != 0:
        error = next((line for line in lines if line.lower().startswith("error:")), _last(said))
        cure = found[0][0].cure if found else "read the log above that message"
        also = f" ({found[0][0].fact})" if found else ""
        return [Fault(f"gpt failed with exit {code}: {error}{also}", where, "", cure)]
    found = found or [(_SEVERE, line) for line in lines if _SEVERE.pattern.search(line)]
    first = {sign: line for sign, line in reversed(found)}
    return [
        Fault(f"gpt ended with exit 0, but {sign.fact}: {line}", where, "", sign.cure)
        for sign, line in reversed(first.items())
    ]


def _missing(path: Path, log: Path) -> Fault:
    fact = "gpt ended with exit 0 and wrote no such product"
    return Fault(fact, str(path), "a .dim and its .data folder", f"read {log}")


def _is_there(path: Path) -> bool:
    return path.is_file() and (path.suffix != ".dim" or path.with_suffix(".data").is_dir())


def _remove(outputs: list[Path]) -> None:
    """Remove what an earlier run left, so that it is not taken for this one's."""
    for path in outputs:
        path.unlink(missing_ok=True)
        if path.suffix == ".dim":
            shutil.rmtree(path.with_suffix(".data"), ignore_errors=True)


def _last(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"
