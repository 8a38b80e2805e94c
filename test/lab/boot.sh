#!/bin/sh
# boot.sh MACHINE ROOT NETNS: one boot of a box, from its init to its end. Exit code 133: it asked for a reboot, 0: for power off.
# It needs no systemd around it. Killing it, or its parent, kills all of the box at once.
set -eu

machine=$1 root=$2 netns=$3

# A control group of its own: two boxes that share one would stop each other's services.
for groups in /sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/systemd; do
  [ -f "$groups/cgroup.procs" ] || continue
  mkdir -p "$groups/$machine"
  echo $$ >"$groups/$machine/cgroup.procs"
done

# A clock of its own, so that the uptime starts at 0 with every boot; and one more pid namespace around it, so that no process
# of the box outlives nspawn, whatever kills it.
read -r uptime _ </proc/uptime
exec setpriv --pdeathsig KILL unshare --fork --kill-child=SIGKILL --pid --mount-proc --time --boottime "-${uptime%.*}" -- \
  systemd-nspawn --quiet --boot --directory="$root" --machine="$machine" \
  --network-namespace-path="/run/netns/$netns" --register=no --keep-unit \
  --link-journal=no --resolv-conf=off --timezone=off --console=pipe
