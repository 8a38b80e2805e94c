# shellcheck shell=sh disable=SC2034,SC2154
# What a job's steps need of the machine: time that passes, its boot identity, its service. Uses `dir` (the job's folder) of the runner
# and what steps.sh says of settings, limits and refusals.

# ---- time

nap() { sleep 0.2 2>/dev/null || sleep 1; }

# Seconds that pass evenly: the clock of a machine that has just started may leap by hours.
ticks() {
  if [ -r /proc/uptime ]; then
    read -r uptime _ </proc/uptime
    echo "${uptime%%.*}"
  else
    date +%s
  fi
}

# How long a step may take to see what it waits for.
until_true() { # SECONDS CHECK ARG...
  deadline=$(($(ticks) + $1))
  shift
  until "$@"; do
    [ "$(ticks)" -lt "$deadline" ] || return 1
    nap
  done
}

# ---- what may be done on it

as_root() { [ "$(id -u)" = 0 ]; }

# A machine with systemd of its own. One that shares its kernel, and so brings a boot identity of its own, has no boot to
# go on at, and the systemd it may see is its host's.
has_systemd() {
  [ "$(setting boot)" = /proc/sys/kernel/random/boot_id ] && [ -d /run/systemd/system ] &&
    command -v systemctl >/dev/null 2>&1
}

# ---- boot identity

boot_id() { dd if="$(setting boot)" bs=64 count=1 2>/dev/null | head -n 1; }
# An unreadable identity is never "another one".
is_boot_id() { case $1 in ????????*) return 0 ;; *) return 1 ;; esac; }

remember_boot() {
  now=$(boot_id)
  is_boot_id "$now" || refuse "the boot identity cannot be read, so a restart could not be proven" || return 1
  printf '%s\n' "$now" >"$dir/boot-before"
  flush "$dir/boot-before"
}

# True once the machine has another boot identity than when the update was armed or the restart asked for.
restarted_since_armed() {
  was=$(cat "$dir/boot-before" 2>/dev/null)
  now=$(boot_id)
  is_boot_id "$was" && is_boot_id "$now" && [ "$now" != "$was" ]
}

# ---- the service

service() { # start|stop|restart
  words=$(setting "service-$1")
  if [ -n "$words" ]; then
    limited_words 120 "$words"
  else
    limited 120 systemctl "$1" "$(setting service)"
  fi
}

service_runs() {
  words=$(setting service-status)
  if [ -n "$words" ]; then
    limited_words 20 "$words"
  else
    [ "$(systemctl show -p ActiveState --value "$(setting service)" 2>/dev/null)" = active ]
  fi
}

restarts_of_its_own() {
  if [ -n "$(setting service-status)" ]; then echo 0; else
    systemctl show -p NRestarts --value "$(setting service)" 2>/dev/null
  fi
}

# Up, and still up after a while without the service manager having had to help.
steady() { # SECONDS
  service_runs || return 1
  before=$(restarts_of_its_own)
  settled=$(($(ticks) + $1))
  while [ "$(ticks)" -lt "$settled" ]; do
    nap
    service_runs || return 1
  done
  [ "$(restarts_of_its_own)" = "$before" ]
}
