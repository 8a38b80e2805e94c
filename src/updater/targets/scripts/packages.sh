# shellcheck shell=sh disable=SC2154
# Takes a package in, block by block, and proves it. A block may come twice and from two operators at once: the same
# content lands in the same place, so nothing needs a lock. The file gets its name only after its SHA-256 was computed here.
#
#   begin DIR FILE SIZE BLOCK    prints `have`, or `block N HASH` for what a part already holds, then `ready`
#   put   DIR FILE AT            standard input goes into the part from MiB number AT on
#   prove DIR FILE SIZE SHA256   reads counts of MiB that are complete from the front, a line each; at the end of its input prints
#                                the SHA-256 of all of it, and gives the file its name if that is the right one
umask 077
verb=$1
dir=$2
file=$3
part=$dir/$file.part
mib=1048576

# SHA-256 of what is open as 4, as far as the counts go. The part stays the same file for this reader, whatever its name is.
# What was read goes to the disk meanwhile, so that there is little left to wait for at the end.
hash_counted() {
  unflushed=0
  while read -r count; do
    dd bs=$mib count="$count" <&4 2>/dev/null
    unflushed=$((unflushed + count))
    if [ "$unflushed" -ge 256 ]; then
      sync "$part" </dev/null >/dev/null 2>&1 4<&- &
      unflushed=0
    fi
  done | sha256
}

case $verb in
  begin)
    # What a login shell has printed before ends here.
    echo
    size=$4
    block=$5
    if [ -f "$dir/$file" ]; then
      if [ "$(size_of "$dir/$file")" = "$size" ]; then
        rm -f "$part"
        echo have
        exit 0
      fi
      # Somebody has changed it since it was proven: it is taken for a part, so that it is looked at again.
      mv -f "$dir/$file" "$part" || exit 1
    fi
    mkdir -p "$dir" || exit 1
    held=0
    [ -f "$part" ] && held=$(size_of "$part")
    if [ "$held" -gt "$size" ]; then
      dd if=/dev/null of="$part" bs=1 seek="$size" count=0 2>/dev/null || exit 1
      held=$size
    fi
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
    # A colleague has brought it to its end meanwhile.
    [ -f "$dir/$file" ] && {
      cat >/dev/null
      exit 0
    }
    exec dd of="$part" bs=$mib seek="$4" conv=notrunc
    ;;
  prove)
    found=$(hash_counted 4<"$part") || found=
    # A colleague has brought it to its end meanwhile, and the part here was another one.
    if [ "$found" != "$5" ] && [ -f "$dir/$file" ]; then found=$(sha256 <"$dir/$file"); fi
    if [ "$found" = "$5" ] && [ ! -f "$dir/$file" ]; then
      held=$(size_of "$part")
      [ "$held" = "$4" ] || {
        echo "size $held"
        exit 1
      }
      flush "$part"
      mv -f "$part" "$dir/$file" || [ -f "$dir/$file" ] || exit 1
    fi
    [ -f "$dir/$file" ] && rm -f "$part"
    echo "$found"
    ;;
esac
