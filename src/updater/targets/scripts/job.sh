# shellcheck shell=sh disable=SC2034,SC2154
# The runner of a job: reads DIR/plan, does its steps one after the other, and writes a line into DIR/journal before and
# after each. Steps are data: nothing of the plan is ever evaluated. Every step may be run again, so a job goes on from
# where its journal ends, after a reboot too.
#
#   job.sh start DIR         takes the server's lock and runs the job detached from this session
#   job.sh run DIR           runs it here (also at boot)
#   job.sh follow DIR LINE   prints the journal from LINE on until the job has ended
#   job.sh cancel DIR        asks it to stop before the next step; ends it itself if nobody runs it
#
# DIR is <state>/jobs/<id>. Plan lines, words parted by tabs:
#   set KEY VALUE...   step NAME ARG...   undo NAME ARG... (run newest first if a later step fails before `commit`)
# Journal: SECONDS begin|end|fail|undo|note N STEP TEXT. Exit: done|failed|cancelled STEP TEXT, written last.
umask 022
verb=$1
dir=$2
state=${dir%/jobs/*}
job=${dir##*/}
continue_unit=/etc/systemd/system/vms-fleet-job.service
continue_link=/etc/systemd/system/multi-user.target.wants/vms-fleet-job.service

note() { # EVENT N STEP TEXT
  printf '%s\t%s\t%s\t%s\t%s\n' "$(date +%s)" "$1" "$2" "$3" "$4" >>"$dir/journal"
  flush "$dir/journal"
}

# ---- going on after a reboot

continue_at_boot() {
  as_root && has_systemd || return 0
  quoted=$(printf '%s' "$dir" | sed 's/[\\"]/\\&/g; s/%/%%/g; s/\$/$$/g')
  {
    {
    echo '[Unit]'
    echo 'Description=VMS Fleet: goes on with an update after the restart'
    echo 'After=local-fs.target'
    echo '[Service]'
    echo "ExecStart=/bin/sh \"$quoted/job.sh\" run \"$quoted\""
    } >"$continue_unit" && mkdir -p "$(dirname "$continue_link")" && ln -sf "$continue_unit" "$continue_link"
  } || note note 0 restart 'no unit for the boot could be written; a workstation has to go on with this job'
}

continue_no_more() {
  if grep -q -F "/jobs/$job/" "$continue_unit" 2>/dev/null || grep -q -F "/jobs/$job\"" "$continue_unit" 2>/dev/null; then
    rm -f "$continue_link" "$continue_unit"
  fi
}

# ---- who works here

lock_holder() {
  held=$(readlink "$state/lock" 2>/dev/null)
  echo "${held#job:}"
}

# Runs a command while no other script here does the same. Who died in the middle of it is not waited for.
alone() { # COMMAND
  patience=50
  until ln -s $$ "$state/lock.turn" 2>/dev/null; do
    in_turn=$(readlink "$state/lock.turn" 2>/dev/null)
    patience=$((patience - 1))
    if [ $patience -lt 0 ]; then break; fi
    if [ $patience = 0 ] || { [ -n "$in_turn" ] && ! kill -0 "$in_turn" 2>/dev/null; }; then rm -f "$state/lock.turn"; else nap; fi
  done
  "$@"
  outcome=$?
  rm -f "$state/lock.turn"
  return $outcome
}

# The lock is a link whose text names the job: made in one go, and never half-written.
take_lock() {
  ln -s "job:$job" "$state/lock" 2>/dev/null && return 0
  holder=$(lock_holder)
  [ "$holder" = "$job" ] && return 0
  if [ -n "$holder" ] && [ -d "$state/jobs/$holder" ] && [ ! -f "$state/jobs/$holder/exit" ]; then
    echo "busy$tab$holder"
    return 1
  fi
  # Its job has ended or is gone. One at a time looks again and takes it over; the others see a fresh one.
  stale=$holder
  alone replace_lock && return 0
  echo "busy$tab$(lock_holder)"
  return 1
}

replace_lock() {
  [ "$(lock_holder)" = "$stale" ] || return 1
  rm -f "$state/lock.new"
  # In one go: in between, somebody else's lock could come.
  ln -s "job:$job" "$state/lock.new" 2>/dev/null && mv -f "$state/lock.new" "$state/lock" || return 1
  [ -z "$stale" ] || note note 0 lock "the lock of job $stale, which is gone, was taken over"
}

drop_lock() { [ "$(lock_holder)" = "$job" ] && rm -f "$state/lock"; }

runner_alive() {
  pid=$(cat "$dir/running/pid" 2>/dev/null) || return 1
  [ "$(cat "$dir/running/boot" 2>/dev/null)" = "$(boot_id)" ] && kill -0 "$pid" 2>/dev/null
}

become_runner() {
  [ -f "$dir/exit" ] && return 1
  runner_alive && return 1
  rm -rf "$dir/running" "$dir/running.new"
  mkdir "$dir/running.new" && boot_id >"$dir/running.new/boot" && echo $$ >"$dir/running.new/pid" &&
    mv "$dir/running.new" "$dir/running"
}

# ---- the run

finish() { # RESULT STEP TEXT
  rm -f "$dir/reserve"
  printf '%s\t%s\t%s\n' "$1" "$2" "$3" >"$dir/exit.new"
  flush "$dir/exit.new"
  # On a full disk it may be empty all the same, and an end that says nothing is none: the job stays, and ends when there is room.
  [ -s "$dir/exit.new" ] || { rm -rf "$dir/running"; exit 1; }
  continue_no_more
  mv "$dir/exit.new" "$dir/exit"
  alone drop_lock
  rm -rf "$dir/running"
  # What this job kept aside and what came before it stay; only its own scaffolding goes.
  exit 0
}

# Undoes what was done since the last commit, newest first, up to the step that failed.
undo_all() { # COUNT of steps begun
  count=0
  : >"$dir/undo"
  while IFS= read -r line <&4; do
    case $line in
      "step${tab}commit")
        count=$((count + 1))
        [ "$count" -gt "$1" ] || : >"$dir/undo"
        ;;
      "step$tab"*) count=$((count + 1)) ;;
      "undo$tab"*) [ "$count" -le "$1" ] && printf '%s\n' "${line#undo"$tab"}" >>"$dir/undo" ;;
    esac
  done 4<"$dir/plan"
  left=$(wc -l <"$dir/undo" | tr -d ' ')
  undone=0
  while [ "$left" -gt 0 ]; do
    line=$(sed -n "${left}p" "$dir/undo")
    note undo 0 "${line%%"$tab"*}" ''
    do_line "$line" || {
      note note 0 "${line%%"$tab"*}" "could not be undone: $why"
      undone=1
    }
    left=$((left - 1))
  done
  return $undone
}

# Takes back what the first N steps did, and ends.
give_up() { # RESULT N STEP TEXT
  failure=$4
  undo_all "$2" || failure="$4; and not all of it could be undone, see the job's log"
  finish "$1" "$3" "$failure"
}

# Lines of the journal of one kind. One that a power cut has torn lacks its last field, and is none.
noted() { # EVENT
  grep "^[0-9]*${tab}$1${tab}[0-9]*${tab}[^${tab}]*${tab}" "$dir/journal"
}

run() {
  [ -f "$dir/exit" ] && exit 0
  alone become_runner || exit 0
  [ -f "$dir/journal" ] || : >"$dir/journal"
  # A power cut can tear the last line; the next must not be glued to it.
  [ -s "$dir/journal" ] && [ -n "$(tail -c 1 "$dir/journal")" ] && printf '\n' >>"$dir/journal"
  # Whatever fills the disk meanwhile, there is room for the end of the job.
  [ -s "$dir/reserve" ] || cp "$dir/job.sh" "$dir/reserve" 2>/dev/null
  [ -r "$dir/plan" ] || finish failed '-' 'its plan cannot be read'
  # It was cut off while it took things back: what is half undone is not gone on with.
  failed=$(noted fail | tail -n 1)
  [ -z "$failed" ] || [ "${failed##*"$tab"}" = cancelled ] ||
    give_up failed "$(printf '%s\n' "$failed" | cut -f 3)" "$(printf '%s\n' "$failed" | cut -f 4)" "$(printf '%s\n' "$failed" | cut -f 5-)"
  done_steps=$(noted end | tail -n 1 | cut -f 3)
  no_return=0
  grep -q -E "${tab}begin${tab}[0-9]+${tab}(restart|stop)" "$dir/journal" && no_return=1
  n=0
  while IFS= read -r line <&3; do
    case $line in "step$tab"*) ;; *) continue ;; esac
    n=$((n + 1))
    [ "$n" -gt "${done_steps:-0}" ] || continue
    line=${line#step"$tab"}
    name=${line%%"$tab"*}
    if [ -f "$dir/cancel" ] && [ $no_return = 0 ]; then
      note fail $n "$name" cancelled
      give_up cancelled $((n - 1)) "$name" 'cancelled before this step; what was staged is taken back'
    fi
    [ "$(lock_holder)" = "$job" ] || { take_lock >/dev/null || finish failed "$name" 'another job has taken the lock of this server'; }
    about=
    case $name in
      restart)
        no_return=1
        # Whoever watches learns from here which boot identity must go; after the restart it is the one that went.
        if restarted_since_armed; then about=$(cat "$dir/boot-before"); else about=$(boot_id); fi
        ;;
      restart-service | stop) no_return=1 ;;
    esac
    note begin $n "$name" "$about"
    if do_line "$line"; then
      note end $n "$name" ''
    else
      note fail $n "$name" "$why"
      give_up failed $n "$name" "$why"
    fi
  done 3<"$dir/plan"
  finish 'done' '-' ''
}

case $verb in
  start)
    [ -f "$dir/exit" ] && { echo ended; exit 0; }
    take_lock || {
      # A job that never ran leaves nothing behind.
      [ -f "$dir/journal" ] || rm -rf "$dir"
      exit 75
    }
    runner_alive && { echo running; exit 0; }
    if as_root && has_systemd && command -v systemd-run >/dev/null 2>&1 &&
      systemd-run --quiet --no-block --collect --description="VMS Fleet: job $job" /bin/sh "$dir/job.sh" run "$dir" </dev/null >>"$dir/log" 2>&1; then
      :
    elif command -v setsid >/dev/null 2>&1; then
      setsid /bin/sh "$dir/job.sh" run "$dir" </dev/null >>"$dir/log" 2>&1 &
    else
      nohup /bin/sh "$dir/job.sh" run "$dir" </dev/null >>"$dir/log" 2>&1 &
    fi
    # Started means that its runner has been seen.
    if until_true 20 test -f "$dir/running/pid" -o -f "$dir/exit"; then echo started; else
      echo "the runner did not start: $(tail -n 1 "$dir/log")" >&2
      exit 1
    fi
    ;;
  run) run ;;
  follow)
    at=$3
    # What a login shell has printed before ends here; the journal begins on a line of its own.
    echo
    beat=$(ticks)
    while :; do
      ended=no
      [ -f "$dir/exit" ] && ended=yes
      [ $ended = no ] && ! runner_alive && ended=gone
      lines=$(wc -l <"$dir/journal" 2>/dev/null | tr -d ' ')
      if [ "${lines:-0}" -gt "$at" ]; then
        sed -n "$((at + 1)),${lines}p" "$dir/journal" | sed "s/^/journal$tab/"
        at=$lines
      fi
      case $ended in
        yes)
          printf 'exit\t'
          cat "$dir/exit"
          exit 0
          ;;
        gone)
          echo gone
          exit 0
          ;;
      esac
      if [ $(($(ticks) - beat)) -ge 5 ]; then
        echo beat
        beat=$(ticks)
      fi
      nap
    done
    ;;
  cancel)
    [ -f "$dir/exit" ] && { cat "$dir/exit"; exit 0; }
    : >"$dir/cancel"
    # Nobody runs it: run it here, so that it ends itself with its undo steps.
    runner_alive || { take_lock >/dev/null && run; }
    ;;
esac
