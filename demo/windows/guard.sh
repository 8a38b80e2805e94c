#!/bin/sh
# Waits for the end of its input, which is the end of whoever keeps the machine, and ends what is left of the machine then.
# usage: guard.sh PREFIX
prefix=$1

cat >/dev/null
for tries in 1 2 3 4 5; do
  left=
  for process in /proc/[0-9]*; do
    grep -qsz "^WINEPREFIX=$prefix\$" "$process/environ" && left="$left ${process#/proc/}"
  done
  [ -n "$left" ] || break
  # shellcheck disable=SC2086 # one word for each process
  kill -9 $left 2>/dev/null
  [ "$tries" = 5 ] || sleep 0.1
done
