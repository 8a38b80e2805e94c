#!/bin/bash
# cmd.exe as the bash of Git for Windows starts it: each word that looks like a path of POSIX is made one of Windows, so `/c` must be
# written `//c`; then the words are quoted and joined as the C runtime of Windows splits them. The exit code keeps 8 bits.

line='C:\windows\system32\cmd.exe'
for word; do
  if [[ -z ${MSYS_NO_PATHCONV-} && ${MSYS2_ARG_CONV_EXCL-} != '*' ]]; then
    case $word in
    //*) word=${word#/} ;;
    /[A-Za-z]) word=${word#/}:/ ;;
    /[A-Za-z]/*) word=${word:1:1}:${word:2} ;;
    /*) word="C:/Program Files/Git$word" ;;
    esac
  fi
  if [[ -z $word || $word == *[[:space:]\"]* ]]; then
    word=$(printf '%s' "$word" | sed -E 's/(\\*)"/\1\1\\"/g; s/(\\+)$/\1\1/')
    word="\"$word\""
  fi
  line+=" $word"
done
export LAB_COMMAND=$line LAB_EXIT='C:\windows\lab\exit\bash'
exec "$LAB_WINE" 'C:\windows\lab\session.exe'
