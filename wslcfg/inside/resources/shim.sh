#!/bin/sh
# wslcfg shim: stands for a program in a folder early on PATH, and starts the real one, found anew each time, through the launcher.
_w_name=${0##*/}
_w_here=${0%/*}

# Whether $1 is the real program: a file that can be executed and is no shim of ours, wherever it lies and whatever links to it.
_w_real() {
    [ -f "$1" ] && [ -x "$1" ] || return 1
    { IFS= read -r _w_line <"$1"; } 2>/dev/null
    [ "$_w_line" = '#!/bin/sh' ] || return 0
    ! { IFS= read -r _w_line && IFS= read -r _w_line; } <"$1" || case $_w_line in '# wslcfg shim'*) return 1 ;; esac
}

# The first real one on PATH -> _w_found; else where installers put it, for shells and jobs whose PATH does not lead there.
_w_found=''
_w_rest=${PATH:-/usr/local/bin:/usr/bin:/bin}:
while [ -n "$_w_rest" ]; do
    _w_dir=${_w_rest%%:*} _w_rest=${_w_rest#*:}
    _w_dir=${_w_dir:-.}
    if [ "$_w_dir" != "$_w_here" ] && _w_real "$_w_dir/$_w_name"; then
        _w_found=$_w_dir/$_w_name
        break
    fi
done
if [ -z "$_w_found" ] && [ -n "${HOME:-}" ]; then
    for _w_dir in "$HOME/.local/bin" "$HOME/.claude/local" "${VOLTA_HOME:-$HOME/.volta}/bin" "$HOME/.npm-global/bin" "${NVM_BIN:-/nowhere}" \
        "${NVM_DIR:-$HOME/.nvm}"/versions/node/*/bin; do
        if _w_real "$_w_dir/$_w_name"; then
            _w_found=$_w_dir/$_w_name
            # An npm program wants the node beside it.
            [ ! -x "$_w_dir/node" ] || PATH=$PATH:$_w_dir
        fi
    done
fi
if [ -z "$_w_found" ]; then
    printf 'wslcfg: %s is not on PATH; only its shim in %s is.\nInstall it, or look at PATH.\n' "$_w_name" "$_w_here" >&2
    exit 127
fi

# Two programs that look for each other on PATH would never end: eight rounds of one process, or of parent and child, are no start.
_w_round=0
case ${WSLCFG_SHIM:-} in $$:* | $PPID:*) _w_round=${WSLCFG_SHIM##*:} ;; esac
case $_w_round in *[!0-9]* | ????*) _w_round=0 ;; esac
if [ "$_w_round" -ge 8 ]; then
    printf 'wslcfg: %s leads back to its own shim in %s again and again.\nLook at PATH: type -a %s\n' "$_w_found" "$_w_here" "$_w_name" >&2
    exit 127
fi
export WSLCFG_SHIM="$$:$((_w_round + 1))"

_w_plain() {
    trap - EXIT
    printf 'wslcfg: %s runs WITHOUT A MEMORY LIMIT: %s is %s. See: wslcfg install\n' "${_w_found##*/}" "$_w_launcher" "$_w_damage" >&2
    exec "$_w_found" "$@"
}

_w_launcher=${_w_here%/*}/launcher _w_damage='not there'
if [ -s "$_w_launcher" ] && [ -r "$_w_launcher" ]; then
    # Read into this shell, so that one that is cut is known before anything of it runs. Some shells end at a torn line, through the trap.
    _w_read='' _w_damage=damaged
    trap '_w_plain "$@"' EXIT
    # shellcheck source=wslcfg/inside/resources/launcher.sh
    command . "$_w_launcher" 2>/dev/null
    trap - EXIT
    if [ "$_w_read" = whole ]; then _w_main --shim "$_w_name" -- "$_w_found" "$@"; fi
fi
_w_plain "$@"
