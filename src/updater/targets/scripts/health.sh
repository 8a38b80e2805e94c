# shellcheck shell=sh
# Whether this server is well, by what the fleet file asks: $1 ports, parted by spaces; $2 seconds for a command; then its words.
# Writes nothing anywhere.

# What a login shell has printed before is no answer.
printf '\n'
for port in $1; do
  if listens "$port"; then echo "port $port yes"; else echo "port $port no"; fi
done
seconds=$2
shift 2
if [ $# -gt 0 ]; then
  within "$seconds" /dev/null "$@"
  echo "command $?"
fi
echo end
