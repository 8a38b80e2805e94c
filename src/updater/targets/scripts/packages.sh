# shellcheck shell=sh disable=SC2154
# Takes a package in, block by block, and proves it. A block may come twice and from two operators at once: the same
# content lands in the same place, so nothing needs a lock. The file gets its name only after its SHA-256 was computed here.
#
#   begin DIR FILE SIZE BLOCK    prints `have`, or `block N HASH` for what a part already holds, then `ready`
#   put   DIR FILE AT            standard input goes into the part from MiB number AT on
#   prove DIR FILE SIZE SHA256   reads counts of MiB that are complete from the front, then `end`; prints the SHA-256 of all,
#                                and gives the file its name if it is the right one
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
    # What is behind the end of the file came from elsewhere.
    [ "$held" -gt "$size" ] && { rm -f "$part" || exit 1; held=0; }
    n=0
    while [ $((n * block * mib)) -lt "$held" ]; do
      echo "block $n $(dd if="$part" bs=$mib skip=$((n * block)) count="$block" 2>/dev/null | sha256)"
      n=$((n + 1))
    done
    : >>"$part" && echo ready
    ;;
  put)
    # A colleague has brought it to its end meanwhile.
    [ -f "$dir/$file" ] && { cat >/dev/null; exit 0; }
    exec dd of="$part" bs=$mib seek="$4" conv=notrunc
    ;;
  prove)
    size=$4
    found=$(
      # The part stays the same file for this reader, also if a colleague's client gives it its name meanwhile.
      exec 4<"$part" || exec 4<"$dir/$file" || exit 1
      while read -r count && [ "$count" != end ]; do
        dd bs=$mib count="$count" <&4 2>/dev/null
      done | sha256
    )
    EOF_PLACE
    ;;
esac
