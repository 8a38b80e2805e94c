#!/bin/sh
# image.sh FOLDER: the root folder of a Debian server with systemd and sshd, for the lab's boxes.
# Packages come from the places that this machine's own apt is set to, with its own proxy settings.
set -eu

folder=$1
suite=bookworm

sources=$(grep -lsE "^(deb|Suites:).*[[:space:]]$suite([[:space:]]|\$)" \
  /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources || true)
if [ -z "$sources" ]; then
  echo "No apt source of this machine offers Debian $suite." >&2
  exit 1
fi

# How to fetch (proxies, clock checks, retries) is the machine's own affair and is not kept in the image.
settings=$(mktemp)
trap 'rm -f "$settings"' EXIT
apt-config dump | grep -E '^Acquire::(http|https|Check-|Retries)' >"$settings" || true
echo 'Acquire::Languages "none";' >>"$settings"

# What a headless box does not need, and what would only slow its boot: terminals, timers, a network that is set from outside.
masked=$(
  tr -s '\n' ' ' <<'UNITS'
apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer systemd-tmpfiles-clean.timer
console-getty.service getty@tty1.service getty.target systemd-ask-password-console.path systemd-ask-password-wall.path
systemd-networkd.service systemd-networkd.socket systemd-resolved.service systemd-timesyncd.service
systemd-firstboot.service systemd-machine-id-commit.service systemd-sysusers.service systemd-sysctl.service
systemd-update-utmp.service systemd-update-utmp-runlevel.service systemd-modules-load.service
systemd-journal-flush.service systemd-random-seed.service systemd-pstore.service e2scrub_reap.service
UNITS
)

# shellcheck disable=SC2016,SC2086 # $1 is mmdebstrap's, in its hooks; the sources are a list of words
mmdebstrap --quiet --variant=minbase --mode=root \
  --include=systemd-sysv,openssh-server,iproute2,dbus,procps,unzip \
  --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/doc/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' \
  --aptopt="$settings" \
  --customize-hook='chroot "$1" systemctl --quiet mask '"$masked" \
  --customize-hook='printf "UseDNS no\n" >"$1/etc/ssh/sshd_config.d/lab.conf"' \
  --customize-hook='mkdir -p -m 700 "$1/root/.ssh"; rm -f "$1"/etc/ssh/ssh_host_* "$1"/etc/fstab "$1"/etc/hostname "$1"/etc/resolv.conf' \
  --customize-hook='rm -f "$1/etc/apt/apt.conf.d/99mmdebstrap" "$1/etc/apt/sources.list"' \
  --customize-hook='rm -rf "$1"/etc/apt/sources.list.d/* "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*.bin' \
  "$suite" "$folder" $sources
