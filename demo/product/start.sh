#!/bin/sh
# Stand-in for the product's start.sh. It behaves like the vendor's: a staged set becomes the active one if its marker
# is there, and no step of the swap is checked. Whoever stages a set has to verify the outcome himself.

home=$(cd -- "$(dirname -- "$0")" && pwd) || exit 1
BANALYTICS_HOME=$home
export BANALYTICS_HOME

if [ -f "$home/modules-upgrade/modules-info.properties" ]; then
  echo "Applying the staged modules"
  rm -r "$home/modules-backup"
  mv "$home/modules" "$home/modules-backup"
  mv "$home/modules-upgrade" "$home/modules"
  mkdir "$home/modules-upgrade"
fi

exec "$home/box.sh"
