#!/bin/sh
# Stop the SLURM that up.sh started, its jobs, and nothing else: daemons are found by their process ids.
HOME_OF_SLURM=/run/scarp-slurm

if [ "$(readlink /etc/slurm/slurm.conf)" = $HOME_OF_SLURM/slurm.conf ]; then
    scancel --full --signal=KILL --user=root 2>/dev/null
    scancel --user=root 2>/dev/null
    for _ in $(seq 50); do
        [ -n "$(squeue --noheader --states=RUNNING,COMPLETING 2>/dev/null)" ] || break
        sleep 0.2
    done
fi
# What ran on a node that was taken down may have lost its parent, by which SLURM would find it.
for environment in $(grep -lsz '^SLURM_CLUSTER_NAME=scarp$' /proc/[0-9]*/environ); do
    process=${environment#/proc/}
    kill -9 "${process%/environ}" 2>/dev/null
done
# Nothing of it is kept, so that nothing need be written at the end.
for daemon in slurmd slurmctld munge/munged; do
    if [ -f $HOME_OF_SLURM/$daemon.pid ]; then kill -9 "$(cat $HOME_OF_SLURM/$daemon.pid)"; fi
done
for file in slurm.conf gres.conf cgroup.conf; do
    if [ "$(readlink /etc/slurm/$file)" = $HOME_OF_SLURM/$file ]; then rm /etc/slurm/$file; fi
done
rm -rf $HOME_OF_SLURM
