# shellcheck shell=sh disable=SC2154
# Takes a package in, block by block, and proves it. A block may come twice and from two operators at once: the same
# content lands in the same place, so nothing needs a lock. The file gets its name only after its SHA-256 was computed here.
#
#   begin DIR FILE SIZE BLOCK    prints `have`, or `block N HASH` for what a part already holds, then `ready`
#   put   DIR FILE BLOCK N       standard input is block N
#   hash  DIR FILE               reads counts of MiB that are complete from the front; prints the SHA-256 of all
#   finish DIR FILE SIZE         gives the file its name
umask 077
verb=$1
dir=$2
file=$3
part=$dir/$file.part
mib=1048576

case $verb in
  begin)
    size=$4
    block=$5
    if [ -f "$dir/$file" ] && [ "$(size_of "$dir/$file")" = "$size" ]; then
      rm -f "$part"
      echo have
      exit 0
    fi
    mkdir -p "$dir" || exit 1
    held=0
    [ -f "$part" ] && held=$(size_of "$part")
    free=$(free_kib "$dir")
    if [ $(((size - held) / 1024 + 1024)) -gt "$free" ]; then
      echo "nospace $((free * 1024)) $((size - held))"
      exit 28
    fi
    n=0
    while [ $((n * block * mib)) -lt "$held" ]; do
      echo "block $n $(dd if="$part" bs=$mib skip=$((n * block)) count="$block" 2>/dev/null | sha256)"
      n=$((n + 1))
    done
    : >>"$part" && echo ready
    ;;
  put)
    [ -f "$dir/$file" ] && { cat >/dev/null; exit 0; }
    exec dd of="$part" bs=$mib seek=$(($4 * $5)) conv=notrunc
    ;;
  hash)
    at=0
    while read -r count; do
      dd if="$part" bs=$mib skip=$at count="$count" 2>/dev/null
      at=$((at + count))
    done | sha256
    ;;
  finish)
    [ -f "$dir/$file" ] && { rm -f "$part"; exit 0; }
    [ "$(size_of "$part")" = "$4" ] || { echo "size $(size_of "$part")"; exit 1; }
    sync "$part" 2>/dev/null || sync
    mv -f "$part" "$dir/$file"
    ;;
esac
