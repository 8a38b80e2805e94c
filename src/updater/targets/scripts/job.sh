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

# The lock is a link whose text names the job: made in one go, and never half-written.
take_lock() {
  ln -s "job:$job" "$state/lock" 2>/dev/null && return 0
  holder=$(lock_holder)
  [ "$holder" = "$job" ] && return 0
  if [ -n "$holder" ] && [ -d "$state/jobs/$holder" ] && [ ! -f "$state/jobs/$holder/exit" ]; then
    echo "busy$tab$holder"
    return 1
  fi
  # Its job has ended or is gone. Whoever renames the stale link has it; the others see a fresh one.
  mv "$state/lock" "$state/lock.stale.$$" 2>/dev/null
  taken=$(readlink "$state/lock.stale.$$" 2>/dev/null)
  rm -f "$state/lock.stale.$$"
  if [ "${taken#job:}" != "$holder" ] && [ -n "$taken" ]; then ln -s "$taken" "$state/lock" 2>/dev/null; fi
  if ln -s "job:$job" "$state/lock" 2>/dev/null; then
    note note 0 lock "the lock of job $holder, which is gone, was taken over"
    return 0
  fi
  echo "busy$tab$(lock_holder)"
  return 1
}

release_lock() { [ "$(lock_holder)" = "$job" ] && rm -f "$state/lock"; }

runner_alive() {
  pid=$(cat "$dir/running/pid" 2>/dev/null) || return 1
  [ "$(cat "$dir/running/boot" 2>/dev/null)" = "$(boot_id)" ] && kill -0 "$pid" 2>/dev/null
}

become_runner() {
  mkdir "$dir/running" 2>/dev/null || {
    # Between mkdir and the pid there is a blink in which a runner looks dead.
    [ -f "$dir/running/pid" ] || sleep 1
    runner_alive && return 1
    mv "$dir/running" "$dir/running.stale.$$" 2>/dev/null
    rm -rf "$dir/running.stale.$$"
    mkdir "$dir/running" 2>/dev/null || return 1
  }
  boot_id >"$dir/running/boot"
  echo $$ >"$dir/running/pid"
}

# ---- the run

finish() { # RESULT STEP TEXT
  continue_no_more
  printf '%s\t%s\t%s\n' "$1" "$2" "$3" >"$dir/exit.new"
  flush "$dir/exit.new"
  mv "$dir/exit.new" "$dir/exit"
  release_lock
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
        [ "$count" -ge "$1" ] || : >"$dir/undo"
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

run() {
  [ -f "$dir/exit" ] && exit 0
  become_runner || exit 0
  [ -f "$dir/journal" ] || : >"$dir/journal"
  # A power cut can tear the last line; the next must not be glued to it.
  [ -s "$dir/journal" ] && [ -n "$(tail -c 1 "$dir/journal")" ] && printf '\n' >>"$dir/journal"
  done_steps=$(grep "^[0-9]*${tab}end$tab" "$dir/journal" | tail -n 1 | cut -f 3)
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
      undo_all $((n - 1))
      note fail $n "$name" cancelled
      finish cancelled "$name" 'cancelled before this step; what was staged is taken back'
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
      failure=$why
      note fail $n "$name" "$failure"
      undo_all $n || failure="$failure; and not all of it could be undone, see the job's log"
      finish failed "$name" "$failure"
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
    beat=$(date +%s)
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
      if [ $(($(date +%s) - beat)) -ge 5 ]; then
        echo beat
        beat=$(date +%s)
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
