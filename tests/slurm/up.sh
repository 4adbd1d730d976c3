#!/bin/sh
# Start a real SLURM of one node on this machine, for tests: partitions `cpu` and `gpu`, two pretend
# GPUs. No service manager, control groups or database. `down.sh` stops it. Ends with 77 where it must
# not or cannot start.
set -eu
HERE=$(cd "$(dirname "$0")" && pwd)
HOME_OF_SLURM=/run/scarp-slurm
NODE=$(hostname -s)

refuse() {
    echo "The SLURM of the tests is not started: $1" >&2
    exit 77
}

[ "$(id -u)" = 0 ] || refuse "its daemons need root. Run it as root, in a container for instance."
for tool in munged slurmctld slurmd sbatch; do
    command -v $tool >/dev/null || refuse "$tool is not installed. Run: sh tests/slurm/install.sh"
done
# Jobs look for the configuration in the place that SLURM was built with: the plugin hides SLURM_CONF
# from the steps of a job. So there can be one SLURM on a machine.
if [ -e /etc/slurm/slurm.conf ] || [ -L /etc/slurm/slurm.conf ]; then
    refuse "/etc/slurm/slurm.conf is there, of a SLURM in use or of tests that did not end. If it is a link into $HOME_OF_SLURM, run: sh tests/slurm/down.sh"
fi
if pidof slurmd slurmctld >/dev/null; then
    refuse "another slurmd or slurmctld runs here (pidof slurmd slurmctld). Stop it first."
fi

rm -rf "$HOME_OF_SLURM"
mkdir -p "$HOME_OF_SLURM/munge" "$HOME_OF_SLURM/state" "$HOME_OF_SLURM/spool" /etc/slurm
cd "$HOME_OF_SLURM"
cat >slurm.conf <<END
ClusterName=scarp
SlurmctldHost=$NODE(127.0.0.1)
SlurmctldPort=26817
SlurmdPort=26818
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
SlurmUser=root
AuthInfo=socket=$HOME_OF_SLURM/munge/socket
StateSaveLocation=$HOME_OF_SLURM/state
SlurmdSpoolDir=$HOME_OF_SLURM/spool
SlurmctldPidFile=$HOME_OF_SLURM/slurmctld.pid
SlurmdPidFile=$HOME_OF_SLURM/slurmd.pid
SlurmctldLogFile=$HOME_OF_SLURM/slurmctld.log
SlurmdLogFile=$HOME_OF_SLURM/slurmd.log
# Without control groups processes are known by their parents.
ProctrackType=proctrack/linuxproc
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
# Jobs start at once, and stay in the list when they have ended.
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,bf_interval=2
MinJobAge=36000
# Seconds from the request to end until the end.
KillWait=5
GresTypes=gpu
# The node is believed to have what is written here, however many cores the machine has: small jobs
# mostly start up.
SlurmdParameters=config_overrides
NodeName=$NODE NodeAddr=127.0.0.1 CPUs=4 RealMemory=64000 Gres=gpu:2
PartitionName=cpu Nodes=$NODE Default=YES MaxTime=24:00:00
PartitionName=gpu Nodes=$NODE MaxTime=24:00:00
END
# A pretend GPU is any device: it is handed out and counted, and no job is told of it.
for device in /dev/null /dev/zero; do
    echo "NodeName=$NODE Name=gpu File=$device Flags=no_gpu_env"
done >gres.conf
echo "CgroupPlugin=cgroup/v1" >cgroup.conf
for file in slurm.conf gres.conf cgroup.conf; do
    ln -s "$HOME_OF_SLURM/$file" /etc/slurm/$file
done

(umask 077 && head -c 1024 /dev/urandom >munge/key)
munged --key-file="$PWD/munge/key" --socket="$PWD/munge/socket" --pid-file="$PWD/munge/munged.pid" \
    --log-file="$PWD/munge/log" --seed-file="$PWD/munge/seed"
slurmctld
slurmd

for _ in $(seq 300); do
    if [ "$(sinfo --noheader --partition cpu --format %T 2>/dev/null)" = idle ]; then exit 0; fi
    sleep 0.2
done
echo "The SLURM of the tests did not come up within a minute. The ends of its logs:" >&2
tail -n 20 slurmctld.log slurmd.log >&2
sh "$HERE/down.sh"
exit 1
