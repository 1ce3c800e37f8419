#!/bin/sh
# wslcfg-run: start a program with a memory limit, as `wslcfg run` does, without Python.
_w_launcher=${XDG_DATA_HOME:-$HOME/.local/share}/wslcfg/inside/launcher
_w_fail() {
    trap - EXIT
    printf 'wslcfg-run: %s is %s.\nRun: wslcfg install --component launcher\n' "$_w_launcher" "$1" >&2
    exit 5
}
[ -s "$_w_launcher" ] || _w_fail 'not there'
_w_read=''
trap '_w_fail damaged' EXIT
# shellcheck source=wslcfg/inside/resources/launcher.sh
command . "$_w_launcher" 2>/dev/null
trap - EXIT
if [ "$_w_read" = whole ]; then _w_main "$@"; fi
_w_fail damaged
