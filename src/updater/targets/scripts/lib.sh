# shellcheck shell=sh disable=SC2034
# Shared by the scripts that run on a server. Works with POSIX sh on any Linux and on macOS.
LC_ALL=C
export LC_ALL
tab=$(printf '\t')

# SHA-256 of standard input; openssl first, as it uses the processor's own instructions.
sha256() {
  if command -v openssl >/dev/null 2>&1; then
    openssl dgst -sha256 -r | cut -d ' ' -f 1
  elif command -v sha256sum >/dev/null 2>&1; then
    sha256sum | cut -d ' ' -f 1
  else
    shasum -a 256 | cut -d ' ' -f 1
  fi
}

size_of() { wc -c <"$1" 2>/dev/null | tr -d ' '; }

# The nearest folder above a path that exists: where it would be made.
existing() {
  at=$1
  while [ ! -d "$at" ] && [ "$at" != / ] && [ -n "$at" ]; do at=$(dirname "$at"); done
  printf '%s' "${at:-/}"
}

# Kilobytes free where a path is, or would be made.
free_kib() { df -Pk "$(existing "$1")" 2>/dev/null | { read -r _; read -r _ _ _ available _; echo "$available"; }; }

flush() { sync "$1" 2>/dev/null || sync; }
flush_all() { sync -f "$1" 2>/dev/null || sync; }

# Runs a command, at most SECONDS long; over it the command is killed and the code is not 0. What it prints goes to LOG.
# (A redirection around the call would leave the caller's output open in the watchdog, and its reader waiting.)
within() { # SECONDS LOG WORD...
  limit=$1
  output=$2
  shift 2
  "$@" </dev/null >>"$output" 2>&1 &
  child=$!
  (
    trap 'kill $napping 2>/dev/null; exit' TERM
    sleep "$limit" &
    napping=$!
    wait $napping
    kill -KILL $child 2>/dev/null
  ) </dev/null >/dev/null 2>&1 &
  watchdog=$!
  wait $child
  code=$?
  kill $watchdog 2>/dev/null
  wait $watchdog 2>/dev/null
  return $code
}

listens() { # PORT
  if [ -r /proc/net/tcp ]; then
    hex=$(printf '%04X' "$1")
    cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -q ":$hex [0-9A-F]*:0000 0A"
  else
    netstat -an 2>/dev/null | grep -q "[.:]$1 .*LISTEN"
  fi
}
