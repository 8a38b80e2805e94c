#!/bin/sh
# Lies as `reboot`, `service-start`, … in the bin folder of a demo server and asks the demo for what its name says.
# It commands nothing on the computer that the demo runs on.

bin=$(cd -- "$(dirname -- "$0")" && pwd) || exit 1
action=$(basename -- "$0")
request=$bin/../control/$$

printf '%s\n' "$action" >"$request.part" && mv "$request.part" "$request.request" || exit 1
tries=0
while [ ! -f "$request.reply" ]; do
  tries=$((tries + 1))
  if [ "$tries" -gt 400 ]; then
    rm -f "$request.request"
    echo "$action: the demo does not answer; does it still run?" >&2
    exit 1
  fi
  sleep 0.05
done
{
  IFS= read -r code
  cat
} <"$request.reply"
rm -f "$request.reply"
exit "$code"
