#!/bin/sh
# Lies under the names of commands that would change the computer the demo runs on, first in the demo's PATH.
echo "$(basename -- "$0"): this is a demo server; it never touches the computer that it runs on" >&2
exit 1
