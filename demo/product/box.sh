#!/bin/sh
# Stand-in for the product itself: it starts only from a complete set of modules, "records" once a second,
# migrates its settings at start, and empties modules-backup after its first good start.
#   modules/refuse-to-start   a broken release: the product ends with 1, the file's first line is the reason
#   modules/slow-start        seconds until it is ready
# Needs nothing but a POSIX shell and coreutils (or the BSD tools of macOS).

home=${BANALYTICS_HOME:-$(cd -- "$(dirname -- "$0")" && pwd)} || exit 1
cd -- "$home" || exit 1
mkdir -p modules modules-download modules-upgrade modules-backup models config logs data || exit 1

sleeper=
# shellcheck disable=SC2329 # called by the trap
stop() {
  [ -n "$sleeper" ] && kill "$sleeper" 2>/dev/null
  rm -f data/version
  log "stopped"
  exit 143
}
trap stop TERM INT

log() { printf '%s %s\n' "$(date '+%Y-%m-%dT%H:%M:%S%z')" "$1" >>logs/box.log; }

# A plain sleep would hold back the trap until it ends.
pause() {
  sleep "$1" &
  sleeper=$!
  wait "$sleeper"
  sleeper=
}

refuse() {
  log "refused to start: $1"
  echo "refused to start: $1" >&2
  exit 1
}

# Splits one line of a Java properties file into $key and $value: the key ends at the first =, : or blank that has no
# backslash before it, and backslashes only protect the character after them.
split_property() {
  rest=$1 key='' value='' part=key
  while [ -n "$rest" ]; do
    char=${rest%"${rest#?}"}
    rest=${rest#?}
    case $part$char in
      key\\ | value\\)
        char=${rest%"${rest#?}"}
        rest=${rest#?}
        ;;
      'key=' | 'key:' | 'key ')
        part=value
        while :; do
          case $rest in ' '* | '='* | ':'*) rest=${rest#?} ;; *) break ;; esac
        done
        continue
        ;;
    esac
    if [ $part = key ]; then key=$key$char; else value=$value$char; fi
  done
}

# One line `schema=<version>`; every other line of the user stays as it is, in its place.
migrate_settings() {
  if [ ! -f config/box.properties ]; then
    printf '%s\n' '# Settings of this box. Yours to change.' 'name=box' 'retention.days=30' >config/box.properties
    log "made config/box.properties"
  fi
  migrated='' before=''
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in
      schema=*) [ -n "$before" ] && continue; before=${line#schema=} line="schema=$1" ;;
    esac
    migrated="$migrated$line
"
  done <config/box.properties
  if [ -z "$before" ]; then
    migrated="${migrated}schema=$1
"
  fi
  [ "$before" = "$1" ] && return
  printf '%s' "$migrated" >config/box.properties
  log "settings migrated: schema ${before:-none} -> $1"
}

log "starting"
rm -f data/version
core=''

if [ -f modules/refuse-to-start ]; then
  reason=''
  IFS= read -r reason <modules/refuse-to-start
  refuse "${reason:-this release is broken}"
fi

if [ -f modules/modules-info.properties ]; then
  missing=''
  while IFS= read -r line || [ -n "$line" ]; do
    line=${line%"$(printf '\r')"}
    case $line in '' | '#'* | '!'*) continue ;; esac
    split_property "$line"
    version=${key##*:} name=${key%:*}
    group=${name%:*} artifact=${name##*:}
    if [ "$group:$artifact:$version" != "$key" ]; then
      refuse "modules-info.properties names no group:artifact:version in the line: $line"
    fi
    case $value in
      core | core:*) jar=banalytics-box.jar core=$version ;;
      *) jar=$group-$artifact-$version.jar ;;
    esac
    [ -s "modules/$jar" ] || missing="$missing $jar"
  done <modules/modules-info.properties
  [ -n "$missing" ] && refuse "missing or empty in modules:$missing"
  [ -n "$core" ] || refuse "modules-info.properties names no core"
else
  log "first run: no modules are installed, waiting for a synchronisation"
  while :; do pause 1; done
fi

if [ -f modules/slow-start ]; then
  seconds=0
  IFS= read -r seconds <modules/slow-start
  log "slow start: $seconds s"
  pause "$seconds"
fi

migrate_settings "$core"
printf '%s\n' "$core" >data/version
log "started, version $core"

if [ -z "$(ls -A modules-upgrade)" ] && [ -n "$(ls -A modules-backup)" ]; then
  rm -rf modules-backup
  mkdir modules-backup
  log "upgraded; modules-backup emptied"
fi

while :; do
  date +%s >>data/recording.log
  pause 1
done
