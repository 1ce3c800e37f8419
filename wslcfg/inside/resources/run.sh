#!/bin/sh
# wslcfg-run: start a program with a memory limit, as `wslcfg run` does, without Python.
_w_data=${XDG_DATA_HOME:-$HOME/.local/share}/wslcfg/inside
if [ -s "$_w_data/launcher" ]; then exec /bin/sh "$_w_data/launcher" "$@"; fi
printf 'wslcfg-run: %s is not there.\nRun: wslcfg install --component launcher\n' "$_w_data/launcher" >&2
exit 5
