#!/bin/sh
# Set up .venv on a machine that has Python 3.11+ (or uv) and nothing else of ours.
#   UV              a uv to use instead of the one on PATH or a private one in .tools
#   PIP_FIND_LINKS  a folder of wheels: a torch wheel there is taken before any other build
set -eu
cd "$(dirname "$0")/.."
UV_VERSION=0.13.9
TORCH=$(sed -n 's/^torch = \["\(torch==[^"]*\)"\]$/\1/p' pyproject.toml)

as_root() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

private_uv() {
    if ! python3 -c 'import ensurepip' 2>/dev/null; then
        if as_root; then
            apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null
        else
            echo "This Python cannot make environments. Run: sudo apt-get install python3-venv" >&2
            exit 1
        fi
    fi
    python3 -m venv .tools
    .tools/bin/python -m pip install --quiet "uv==$UV_VERSION"
    UV=.tools/bin/uv
}

UV=${UV:-$(command -v uv || true)}
if [ -z "$UV" ]; then
    if [ -x .tools/bin/uv ]; then UV=.tools/bin/uv; else private_uv; fi
fi

# Where Python may not keep what it compiles, as in many containers, every one of a run's many short
# jobs would compile its packages anew: 7 s for PyTorch alone. They are compiled here once instead.
COMPILE=${PYTHONDONTWRITEBYTECODE:-}
if [ -n "$COMPILE" ]; then export UV_COMPILE_BYTECODE=1; fi

# Torch stands apart: each machine needs another build of it, and a plain sync would remove it.
# The library itself is not installed: the workflow uses the one that lies beside its rules.
"$UV" sync --locked --no-group torch --no-install-project --inexact
if .venv/bin/python -c "import importlib.metadata as m, sys; sys.exit(m.version('torch').split('+')[0] != '${TORCH#torch==}')" 2>/dev/null; then
    :
elif ls "${PIP_FIND_LINKS:-/nonexistent}"/"torch-${TORCH#torch==}"*.whl >/dev/null 2>&1; then
    UV_FIND_LINKS="$PIP_FIND_LINKS" "$UV" pip install "$TORCH"
elif [ "$(uname)" = Darwin ]; then
    "$UV" pip install "$TORCH"
else
    # auto: the CUDA build that fits the driver, or the CPU build where there is none.
    "$UV" pip install --torch-backend=auto "$TORCH"
fi

if [ -n "$COMPILE" ]; then .venv/bin/python -m compileall -q workflow/scripts; fi

if ! command -v gdaldem >/dev/null; then
    if as_root && apt-get update -qq && apt-get install -y -qq gdal-bin >/dev/null; then
        :
    elif [ "$(uname)" = Darwin ]; then
        echo "Slope from a DEM needs gdaldem (the demo does not). Run: brew install gdal" >&2
    else
        echo "Slope from a DEM needs gdaldem (the demo does not). Run: sudo apt-get install gdal-bin" >&2
    fi
fi
