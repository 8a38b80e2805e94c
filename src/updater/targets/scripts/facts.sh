# shellcheck shell=sh disable=SC2154
# Answers questions about this server in one round trip. Reads questions from fd 3, one a line, words parted by tabs;
# prints answers likewise. Writes nothing anywhere.
#
# Questions: state DIR | boot FILE | free NAME PATH | writable NAME PATH | size NAME PATH | read NAME FILE
#            service NAME | service-command WORD... | tool NAME
most_bytes=262144

answer() {
  first=$1
  shift
  printf '%s' "$first"
  for word in "$@"; do printf '\t%s' "$word"; done
  printf '\n'
}

# Prints each line of a file (capped) behind the given words.
lines_of() {
  file=$1
  shift
  [ -r "$file" ] || return 0
  dd if="$file" bs=1024 count=$((most_bytes / 1024)) 2>/dev/null | while IFS= read -r line || [ -n "$line" ]; do
    answer "$@" "$line"
  done
}

free() {
  df -Pk "$(existing "$2")" 2>/dev/null | {
    read -r _
    # Available is the third field from the end of the numbers; the mount point may hold spaces.
    read -r device _ _ available _ mount
    case $available in
      '' | *[!0-9]*) ;;
      *) answer free "$1" "$((available * 1024))" "$device $mount" ;;
    esac
  }
}

job_alive() {
  pid=$(cat "$1/running/pid" 2>/dev/null) || return 1
  case $pid in '' | *[!0-9]*) return 1 ;; esac
  [ "$(cat "$1/running/boot" 2>/dev/null)" = "$boot" ] || return 1
  kill -0 "$pid" 2>/dev/null || [ -d "/proc/$pid" ]
}

state_folder() {
  state=$1
  for file in "$state"/packages/*/*; do
    [ -f "$file" ] || continue
    sha=$(basename "$(dirname "$file")")
    name=$(basename "$file")
    # A name with a line break in it would read as an answer of its own.
    case $sha$name in *[[:cntrl:]]*) continue ;; esac
    case $name in
      *.part) answer part "$sha" "$name" "$(size_of "$file")" ;;
      *) answer package "$sha" "$name" "$(size_of "$file")" ;;
    esac
  done
  for file in "$state"/history/[0-9]*; do
    [ -f "$file" ] || continue
    lines_of "$file" history "$(basename "$file")"
  done
  # The job that holds the lock, else the newest.
  holder=$(readlink "$state/lock" 2>/dev/null)
  job=${holder#job:}
  [ -n "$job" ] && [ -d "$state/jobs/$job" ] || job=
  if [ -z "$job" ]; then
    # Job ids are ours: no odd names to mind.
    # shellcheck disable=SC2012
    newest=$(ls -td "$state"/jobs/*/plan 2>/dev/null | head -n 1)
    [ -n "$newest" ] && job=$(basename "$(dirname "$newest")")
  fi
  [ -n "$job" ] || return 0
  folder=$state/jobs/$job
  answer job id "$job"
  grep "^set$tab" "$folder/plan" 2>/dev/null | while IFS="$tab" read -r _ key value; do
    case $key in action | to | by | title | starts-at) answer job "$key" "$value" ;; esac
  done
  first=$(head -n 1 "$folder/journal" 2>/dev/null)
  [ -n "$first" ] && answer job since "${first%%"$tab"*}"
  lines_of "$folder/exit" job exit
  # A line that a power cut has torn lacks its last field.
  last=$(grep "^[0-9]*${tab}begin${tab}[0-9]*${tab}[^${tab}]*${tab}" "$folder/journal" 2>/dev/null | tail -n 1)
  [ -n "$last" ] && answer job step "$(printf '%s\n' "$last" | cut -f 4)"
  if [ -f "$folder/exit" ]; then
    answer job alive no
  elif job_alive "$folder"; then
    answer job alive yes
  else
    answer job alive no
  fi
}

service() {
  if ! command -v systemctl >/dev/null 2>&1; then
    answer service unknown
    return
  fi
  loaded=$(systemctl show -p LoadState --value "$1" 2>/dev/null)
  active=$(systemctl show -p ActiveState --value "$1" 2>/dev/null)
  case $loaded/$active in
    loaded/active | loaded/activating | loaded/reloading) answer service running ;;
    loaded/failed) answer service failed ;;
    loaded/*) answer service stopped ;;
    not-found/*) answer service missing ;;
    *) answer service unknown ;;
  esac
}

service_command() {
  # One that hangs must not hold up the other answers.
  if within 10 /dev/null "$@"; then answer service running; else answer service stopped; fi
}

# What a login shell has printed before is no answer.
printf '\n'
answer facts 1
answer clock "$(date +%s)"
answer user "$(id -un)" "$(id -u)"
answer arch "$(uname -m)"
answer kernel "$(uname -s)"
if [ -r /etc/os-release ]; then
  lines_of /etc/os-release os
elif command -v sw_vers >/dev/null 2>&1; then
  answer os "PRETTY_NAME=macOS $(sw_vers -productVersion)"
fi
[ -d /run/systemd/system ] && answer tool systemd
boot=
while IFS= read -r question <&3; do
  old=$IFS
  IFS=$tab
  set -f
  # The words of a question are data, parted by tabs alone.
  # shellcheck disable=SC2086
  set -- $question
  set +f
  IFS=$old
  verb=$1
  shift
  case $verb in
    boot)
      boot=$(dd if="$1" bs=64 count=1 2>/dev/null | head -n 1)
      answer boot "$boot"
      ;;
    state) state_folder "$1" ;;
    free) free "$1" "$2" ;;
    writable)
      at=$(existing "$2")
      if [ -w "$at" ]; then answer writable "$1" yes; else answer writable "$1" no; fi
      ;;
    size)
      used=$(du -sk "$2" 2>/dev/null | cut -f 1)
      case $used in '' | *[!0-9]*) ;; *) answer size "$1" "$((used * 1024))" ;; esac
      ;;
    read) if [ -e "$2" ]; then answer found "$1" && lines_of "$2" read "$1"; fi ;;
    service) service "$1" ;;
    service-command) service_command "$@" ;;
    tool) command -v "$1" >/dev/null 2>&1 && answer tool "$1" ;;
  esac
done
answer end
