#!/bin/sh
# wslcfg wrapper: what CLAUDE_CODE_PROCESS_WRAPPER points at. Claude refuses to start without it, so it prints nothing and runs the program
# whatever happens.

# What is left to do where the launcher is no good.
_w_plain() {
    trap - EXIT
    _w_state=${XDG_STATE_HOME:-${HOME:-/nowhere}/.local/state}/wslcfg/launch
    {
        [ -d "$_w_state" ] || mkdir -p "$_w_state"
        printf '%s wrapper[%s]: %s is damaged, so %s runs WITHOUT A MEMORY LIMIT. Run: wslcfg install\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$$" \
            "$_w_launcher" "$1" >>"$_w_state/log"
    } 2>/dev/null
    exec "$@"
}

_w_launcher=${0%/*}/launcher
[ -s "$_w_launcher" ] || _w_launcher=${0%/*}/launcher.sh
if [ -s "$_w_launcher" ] && [ -r "$_w_launcher" ] && [ $# -gt 0 ]; then
    # Read into this shell, so that one that is cut is known before anything of it runs. Some shells end at a torn line, through the trap.
    _w_read=''
    trap '_w_plain "$@"' EXIT
    # shellcheck source=wslcfg/inside/resources/launcher.sh
    command . "$_w_launcher" 2>/dev/null
    trap - EXIT
    if [ "$_w_read" = whole ]; then _w_main --wrapper -- "$@"; fi
    _w_plain "$@"
fi
exec "$@"
