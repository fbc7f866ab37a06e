#!/bin/sh
# Runs the agent. Commands that use the store or the keys run as the service's own account, so
# that everything in /var/lib/linkwork-agent belongs to it; that needs root.
set -eu
program=/usr/lib/linkwork-agent/linkwork-agent
export LINKWORK_CONFIG="${LINKWORK_CONFIG:-/etc/linkwork-agent/agent.toml}"

state=/var/lib/linkwork-agent
home=${LINKWORK_HOME:-$state}
command=
before=
for argument in "$@"; do
  case $before in
    --home) home=$argument argument= ;;
  esac
  case $argument in
    --home=*) home=${argument#--home=} ;;
    -* | "") ;;
    *) command=${command:-$argument} ;;
  esac
  before=$argument
done

# With a home folder of one's own it is an ordinary program, and so it is where no store is needed.
if [ "$home" != "$state" ]; then
  unset LINKWORK_CONFIG
  exec "$program" "$@"
fi
export LINKWORK_HOME=$state
case $command in
  "" | check | setup | plugins) exec "$program" "$@" ;;
esac

if [ "$(id -u)" -ne 0 ]; then
  echo "linkwork-agent: $command uses the service's store and keys. Run it as root: sudo linkwork-agent $command" >&2
  exit 2
fi
if [ ! -d /run/systemd/system ]; then
  echo "linkwork-agent: systemd does not run here. Name a folder of your own with --home." >&2
  exit 2
fi
terminal=--pipe
[ -t 0 ] && [ -t 1 ] && terminal=--pty
# The journal says which command ran, and nothing of what followed it: that may be a join string or
# a pupil.
exec systemd-run --quiet --wait --collect "$terminal" --service-type=exec \
  --description="linkwork-agent $command" \
  --property=DynamicUser=yes --property=User=linkwork-agent \
  --property=StateDirectory=linkwork-agent --property=StateDirectoryMode=0700 \
  --property=LoadCredential=mis:/etc/linkwork-agent/credentials \
  --property=UMask=0077 --property=PrivateTmp=yes --property=PrivateDevices=yes \
  --setenv=LINKWORK_HOME="$LINKWORK_HOME" --setenv=LINKWORK_CONFIG="$LINKWORK_CONFIG" \
  --setenv=LANG="${LANG:-C.UTF-8}" --setenv=TERM="${TERM:-dumb}" --setenv=COLUMNS="${COLUMNS:-100}" \
  -- "$program" "$@"
