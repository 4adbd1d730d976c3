"""A scratch copy of the project in which the workflow runs on the tiny simulated world."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TINY = ("--configfile", "config/tiny.yaml")
# Snakemake waits a tenth of a second for each job whose files it touches.
TOUCH = """
import sys
from snakemake.cli import main
from snakemake.executors.touch import Executor
Executor.SLEEPING_TIME = 0
main(sys.argv[1:])
"""


@dataclass(frozen=True)
class Project:
    """A folder with the workflow, its configuration and, after a run, its results."""

    folder: Path

    @classmethod
    def create(cls, folder: Path) -> Project:
        """Copy what the workflow needs, with its times, so that what is compiled stays valid."""
        for name in ("workflow", "config", "profiles", "envs"):
            shutil.copytree(ROOT / name, folder / name)
        shutil.copy2(ROOT / "Snakefile", folder / "Snakefile")
        return cls(folder)

    def copy(self, folder: Path) -> Project:
        """A copy with results and Snakemake's own records."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return Project(folder)

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "snakemake", *arguments]

    def run(self, *arguments: str, check: bool = True) -> str:
        """Run snakemake here; its whole output. A failure shows it."""
        return self._run(self.command(*arguments), check)

    def _run(self, command: Sequence[str], check: bool = True) -> str:
        done = subprocess.run(
            command,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if check and done.returncode:
            raise AssertionError(f"{' '.join(command)} failed:\n{done.stdout}")
        return done.stdout

    def jobs(self, *arguments: str) -> list[str]:
        """What a dry run would do: the messages of its jobs, sorted, without the target."""
        output = self.run("-n", *(arguments or TINY))
        return sorted(re.findall(r"^Job \d+: (.*)$", output, flags=re.MULTILINE))

    def pretend_finished(self, *arguments: str) -> None:
        """Make every result an empty file and let Snakemake record it as made.

        For dry runs, which never look inside a file.
        """
        for line in self.run("--summary", *arguments).splitlines():
            path = self.folder / line.split("\t")[0]
            if line.startswith("results/") and path.name in ("predictions", "validation"):
                path.mkdir(parents=True, exist_ok=True)
            elif line.startswith("results/"):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch()
        touch = ("--touch", "--forceall", "--cores", "1", "--quiet", "all")
        self._run([sys.executable, "-c", TOUCH, *touch, *arguments])

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace the first `old` in a file."""
        file = self.folder / path
        text = file.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {path}"
        file.write_text(text.replace(old, new, 1), encoding="utf-8")

    def append(self, path: str, lines: Sequence[str]) -> None:
        """Add lines to a file."""
        with (self.folder / path).open("a", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)

    def read(self, path: str) -> bytes:
        return (self.folder / path).read_bytes()

    def results(self, study: str = "tiny") -> dict[str, bytes]:
        """Every result file but logs, by its path below results/tiny or another study's folder."""
        top = self.folder / "results" / study
        return {
            str(path.relative_to(top)): path.read_bytes()
            for path in sorted(top.rglob("*"))
            if path.is_file() and "logs" not in path.relative_to(top).parts
        }
