#!/bin/sh
# wslcfg wrapper: what CLAUDE_CODE_PROCESS_WRAPPER points at. Claude refuses to start without it, so it prints nothing and runs the program
# whatever happens.
_w_launcher=${0%/*}/launcher
[ -s "$_w_launcher" ] || _w_launcher=${0%/*}/launcher.sh
if [ -s "$_w_launcher" ] && [ -r "$_w_launcher" ] && [ $# -gt 0 ]; then exec /bin/sh "$_w_launcher" --wrapper -- "$@"; fi
exec "$@"
