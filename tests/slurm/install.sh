#!/bin/sh
# Install the SLURM that tests start, from Debian's or Ubuntu's packages, where this can be done
# unasked: as root with apt-get. Never fails: without SLURM its tests are skipped, and say why.
if command -v slurmctld >/dev/null && command -v slurmd >/dev/null && command -v munged >/dev/null; then
    exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "Tests on SLURM will be skipped. Where apt-get is, run: sudo sh tests/slurm/install.sh" >&2
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
{ apt-get update -qq && apt-get install -y -qq --no-install-recommends \
    munge slurmctld slurmd slurm-client slurm-wlm-basic-plugins; } >/dev/null ||
    echo "Tests on SLURM will be skipped: its packages could not be installed." >&2
exit 0
