# shellcheck shell=sh disable=SC2034,SC2154
# The fixed vocabulary of a job's steps, and what they need. Each step may be run again after it was cut off in the middle,
# and says in `why` what went wrong. Uses `dir` (the job's folder) and `state` (the server's state folder) of the runner.

# ---- small things

setting() { # KEY: its words, parted by tabs
  sed -n "s/^set$tab$1$tab//p" "$dir/plan" | tail -n 1
}

limited() { # SECONDS WORD...
  most=$1
  shift
  within "$most" "$dir/log" "$@"
}

limited_words() { # SECONDS "WORD<tab>WORD..."
  seconds=$1
  old=$IFS
  IFS=$tab
  set -f
  # shellcheck disable=SC2086
  set -- $2
  set +f
  IFS=$old
  limited "$seconds" "$@"
}

hash_of() { sha256 <"$1"; }

# SHA-256 and path of every file below a folder (or of one file, called `.`).
sums() {
  if [ -d "$1" ]; then
    (cd "$1" && find . -type f | sort | while IFS= read -r path; do printf '%s  %s\n' "$(hash_of "$path")" "$path"; done)
  else
    printf '%s  .\n' "$(hash_of "$1")"
  fi
}

# ---- steps. Each says in `why` what went wrong.

refuse() {
  why=$1
  return 1
}

step_check_package() { # SHA256 FILE
  file=$state/packages/$1/$2
  [ -f "$file" ] || refuse "package $2 is not on this server" || return 1
  [ "$(hash_of "$file")" = "$1" ] || refuse "package $2 on this server is damaged: its SHA-256 is not $1"
}

step_check_space() { # PATH KIB
  free=$(free_kib "$1")
  [ "$free" -ge "$2" ] || refuse "$free KiB free at $1, $2 needed"
}

step_backup() { # NAME SOURCE
  to=$state/backups/$(setting backup)/$1
  [ -f "$to.sums" ] && return 0
  # Settings may hold secrets: nobody else reads backups.
  (umask 077 && mkdir -p "$(dirname "$to")") || refuse "$(dirname "$to") could not be made" || return 1
  tries=3
  while :; do
    rm -rf "$to" "$to.absent"
    [ -e "$2" ] || { touch "$to.absent" "$to.sums" || refuse "$to could not be written"; return; }
    # -H: a path that is a link stands for what it leads to.
    { sums "$2" >"$to.before" && cp -RHp "$2" "$to" 2>>"$dir/log"; } || refuse "$2 could not be copied: $(tail -n 1 "$dir/log")" || return 1
    sums "$to" >"$to.after"
    if cmp -s "$to.before" "$to.after"; then break; fi
    tries=$((tries - 1))
    [ $tries -gt 0 ] || refuse "$2 changes while it is copied" || return 1
    sleep 1
  done
  flush_all "$to"
  rm -f "$to.before"
  mv "$to.after" "$to.sums"
}

step_check_backup() { # ENTRY NAME
  kept=$state/backups/$1/$2
  [ -f "$kept.sums" ] || refuse "the backup $1/$2 is missing" || return 1
  [ -f "$kept.absent" ] && return 0
  sums "$kept" | cmp -s - "$kept.sums" || refuse "the backup $1/$2 is damaged: its SHA-256 sums do not hold"
}

# Puts back what a backup holds; what was there goes only when the new is in its place.
step_restore() { # ENTRY NAME TARGET
  kept=$state/backups/$1/$2
  # A link stays one: what it leads to is put back, also where a power cut came when that was moved aside.
  if [ -L "$3" ]; then
    leads=$(readlink -f "$3")
    [ -n "$leads" ] || { [ -f "$kept.absent" ] && return 0; } || refuse "$3 is a link that leads nowhere" || return 1
    set -- "$1" "$2" "$leads"
  fi
  new=$3.vms-fleet-new
  gone=$3.vms-fleet-old
  rm -rf "$new"
  # Moved aside before a power cut: what was there counts as there until the new is whole.
  [ -e "$3" ] || [ ! -e "$gone" ] || mv "$gone" "$3" || refuse "$3 could not be put back in place" || return 1
  if [ ! -f "$kept.absent" ]; then
    cp -Rp "$kept" "$new" 2>>"$dir/log" || refuse "$3 could not be written: $(tail -n 1 "$dir/log")" || return 1
    flush_all "$new"
  fi
  if [ -e "$3" ]; then
    rm -rf "$gone"
    mv "$3" "$gone" || refuse "$3 could not be moved aside" || return 1
  fi
  if [ -e "$new" ]; then mv "$new" "$3" || refuse "$3 could not be put in place" || return 1; fi
  rm -rf "$gone"
}

step_clear() { # FOLDER
  { mkdir -p "$1" && rm -rf "${1:?}"/* "$1"/.[!.]* "$1"/..?*; } || refuse "$1 could not be emptied"
}

step_place() { # SOURCE TARGET
  { mkdir -p "$(dirname "$2")" && cp "$1" "$2.vms-fleet-new" 2>>"$dir/log" &&
    chmod 644 "$2.vms-fleet-new" && flush "$2.vms-fleet-new" && mv -f "$2.vms-fleet-new" "$2"; } || refuse "$2 could not be written: $(tail -n 1 "$dir/log")"
}

step_place_all() { # FOLDER TARGET NAME: what is in FOLDER, but for NAME
  { mkdir -p "$2" && (cd "$1" && for one in ./* ./.[!.]* ./..?*; do
    [ -e "$one" ] || [ -L "$one" ] || continue
    [ "$one" = "./$3" ] || cp -Rpf "$one" "$2/" || exit 1
  done) 2>>"$dir/log"; } || refuse "$2 could not be filled from $1: $(tail -n 1 "$dir/log")"
}

step_unpack() { # ZIP FOLDER
  mkdir -p "$2"
  for tool in unzip bsdtar python3 jar busybox; do
    command -v $tool >/dev/null 2>&1 || continue
    case $tool in
      # -UU (where unzip knows it): names byte by byte, or the C locale would write é as #U00e9.
      unzip) limited 1800 env UNZIP=-UU unzip -o -q "$1" -d "$2" ;;
      bsdtar) limited 1800 bsdtar -x -f "$1" -C "$2" ;;
      python3) limited 1800 python3 -m zipfile -e "$1" "$2" ;;
      jar) (cd "$2" && limited 1800 jar xf "$1") ;;
      busybox) limited 1800 busybox unzip -o -q "$1" -d "$2" ;;
    esac && return 0
    refuse "$1 could not be unpacked by $tool: $(tail -n 1 "$dir/log")" || return 1
  done
  refuse "nothing here unpacks zip files; install unzip"
}

step_check_sums() { # LIST FOLDER [EXCEPT]: every file of the list, but for one, is there as it should be
  [ -r "$1" ] || refuse "$1 cannot be read" || return 1
  while IFS= read -r line <&5; do
    path=${line#*  }
    path=${path#./}
    [ "$path" != "${3:-}" ] || continue
    path=$2/$path
    [ "$(hash_of "$path" 2>/dev/null)" = "${line%%  *}" ] || {
      refuse "$path is not what it should be (SHA-256)"
      return 1
    }
  done 5<"$1"
}

step_own() { # FOLDER LIKE: gives everything below to who owns LIKE
  as_root || return 0
  # shellcheck disable=SC2012 # stat differs between systems, ls -n does not
  owner=$(ls -ldn "$2" | { read -r _ _ user group _; echo "$user:$group"; })
  chown -R "$owner" "$1" || refuse "$1 could not be given to $owner"
}

step_flush() { flush_all "$1"; }
step_remove() { rm -rf "$1" || refuse "$1 could not be removed"; }

step_record() { # FILE: one more entry on the rollback stack
  entry=$(sed -n "s/^id$tab//p" "$1" 2>/dev/null)
  [ -n "$entry" ] || refuse "the history could not be written: $1 cannot be read" || return 1
  mkdir -p "$state/history"
  for one in "$state"/history/*-"$entry"; do [ -f "$one" ] && return 0; done
  top=$(cd "$state/history" && for one in [0-9]*; do [ -f "$one" ] && echo "$one"; done | sort | tail -n 1)
  top=${top%%-*}
  top=$(printf '%s' "${top:-0}" | sed 's/^0*//')
  {
    {
      cat "$1"
      printf 'at\t%s\n' "$(date +%s)"
    } >"$state/history/.new" && flush "$state/history/.new" &&
      mv "$state/history/.new" "$state/history/$(printf '%06d' $((${top:-0} + 1)))-$entry"
  } || refuse "the history could not be written"
}

step_unrecord() { # ENTRY: takes it off the stack; it stays readable under undone
  mkdir -p "$state/history/undone"
  for one in "$state"/history/*-"$1"; do
    [ -f "$one" ] || continue
    mv "$one" "$state/history/undone/" || refuse "the history could not be written" || return 1
  done
}

step_stop() { { service stop && until_true 60 not service_runs; } || refuse "the service did not stop: $(tail -n 1 "$dir/log")"; }
step_start() { service start || refuse "the service did not start: $(tail -n 1 "$dir/log")"; }
step_restart_service() {
  restarted_since_armed && return 0
  service restart || refuse "the service did not restart: $(tail -n 1 "$dir/log")"
}
not() { ! "$@"; }

step_restart() { # another boot identity than when it was asked for is the proof that it happened
  restarted_since_armed && return 0
  remember_boot || return 1
  continue_at_boot
  flush_all "$dir"
  # A moment for whoever watches, to learn that the silence that follows is a restart.
  sleep 1
  words=$(setting reboot)
  if [ -n "$words" ]; then
    limited_words 120 "$words"
  elif has_systemd; then
    limited 120 systemctl reboot
  else
    limited 120 reboot
  fi || refuse "the restart was refused: $(tail -n 1 "$dir/log")" || return 1
  # The machine goes down under us. If it does not, that is a failure with a name. (No plain sleep: a shutdown that ends the
  # sleep before this shell must not look like time gone by.)
  until_true "$(setting going-down)" false || refuse "a restart was asked for, and the machine is still up $(setting going-down) seconds later"
}

step_check_swap() { # MARKER ACTIVE-MARKER TIMEOUT
  until_true "$3" cmp -s "$1" "$2" || refuse "the product has not swapped the staged set in: $2 is still another after $3 seconds"
}

step_check_service() { # SETTLE TIMEOUT
  until_true "$2" steady "$1" || refuse "the service is not steadily up after $2 seconds"
}

step_check_port() { # PORT TIMEOUT
  until_true "$2" listens "$1" || refuse "nothing listens on port $1 after $2 seconds"
}

step_check_command() { # TIMEOUT WORD...
  timeout=$1
  shift
  until_true "$timeout" limited 30 "$@" || refuse "the health check $1 still fails after $timeout seconds"
}

# Hands the staged set to the product, which swaps it in at its next start: the marker is written last, after every file
# is there and verified. If a power cut has let the product swap already, nothing is staged any more and nothing is written.
step_arm() { # MARKER FOLDER LIST ACTIVE-MARKER
  cmp -s "$1" "$4" && return 0
  step_check_sums "$3" "$2" "$(basename "$1")" || return 1
  flush_all "$2"
  remember_boot && step_place "$1" "$2/$(basename "$1")"
}

# Until BEGIN by the clock here, seconds since 1970; behind END it is too late. A machine that restarts meanwhile waits on.
# `wrong`: BEGIN and END were reckoned by a clock that is wrong, and mean nothing once it is set.
step_wait() { # BEGIN END [wrong]
  continue_at_boot
  seen=$(sed -n '1s/^[0-9][0-9]*$/&/p' "$dir/clock" 2>/dev/null)
  # At first the machine may have restarted, which takes it a quarter of an hour at most.
  most=900
  while :; do
    # Whoever cancels ends it: the runner asks for that before the next step.
    [ ! -f "$dir/cancel" ] || return 0
    now=$(date +%s)
    [ -z "${3-}" ] || same_clock || return 1
    left=$(($1 - now))
    [ "$left" -gt 0 ] || break
    # No longer at once: somebody may cancel, or set the clock.
    if [ "$left" -gt 5 ]; then left=5; fi
    sleep "$left"
  done
  [ "$now" -le "$2" ] || refuse "the time at which it was to begin had passed: the machine was off then, or asleep"
}

# Whether the clock shows no more than `most` seconds since it was last seen.
same_clock() {
  gone=$((now - ${seen:-$now}))
  if [ "$gone" -lt -120 ] || [ "$gone" -gt "$most" ]; then
    refuse "its clock was wrong when this was armed, and has moved by $gone seconds at once: it was set, or the machine was off"
    return 1
  fi
  seen=$now
  printf '%s\n' "$seen" >"$dir/clock"
  most=120
}

# Behind this line nothing is undone any more.
step_commit() { return 0; }

do_step() { # NAME ARG...
  why=
  word=$1
  shift
  case $word in
    wait) step_wait "$@" ;;
    check-package) step_check_package "$@" ;;
    check-space) step_check_space "$@" ;;
    backup) step_backup "$@" ;;
    check-backup) step_check_backup "$@" ;;
    restore) step_restore "$@" ;;
    clear) step_clear "$@" ;;
    place) step_place "$@" ;;
    place-all) step_place_all "$@" ;;
    unpack) step_unpack "$@" ;;
    check-sums) step_check_sums "$@" ;;
    own) step_own "$@" ;;
    flush) step_flush "$@" ;;
    remove) step_remove "$@" ;;
    record) step_record "$@" ;;
    unrecord) step_unrecord "$@" ;;
    stop) step_stop ;;
    start) step_start ;;
    restart-service) step_restart_service ;;
    restart) step_restart ;;
    arm) step_arm "$@" ;;
    check-swap) step_check_swap "$@" ;;
    check-service) step_check_service "$@" ;;
    check-port) step_check_port "$@" ;;
    check-command) step_check_command "$@" ;;
    commit) step_commit ;;
    *) refuse "this runner knows no step $word" ;;
  esac
}

do_line() { # "NAME<tab>ARG..."
  old=$IFS
  IFS=$tab
  set -f
  # shellcheck disable=SC2086
  set -- $1
  set +f
  IFS=$old
  do_step "$@"
}

