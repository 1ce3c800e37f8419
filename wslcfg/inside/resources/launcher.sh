#!/bin/sh
# wslcfg launcher: start a program in a cgroup of its own with a memory limit. The program is exec'd and keeps this process's pid, so its
# arguments, environment, folder, terminal, signals and exit status are its own.
#
#   launcher [--limit SIZE] [--swap SIZE] [--name N] [--] CMD [ARG...]
#   launcher --shim NAME -- REAL [ARG...]     from the shim folder on PATH
#   launcher --wrapper -- CMD [ARG...]        as CLAUDE_CODE_PROCESS_WRAPPER: silent, within a second, whatever happens the program runs
#   launcher --hint                           what is new since last time, for a shell's start
#
# The ladder: a transient scope below wslcfg-agents.slice, made by systemd's user manager; else the folder that root prepared at boot; else
# no limit and one loud line. A limit is claimed only after it was read back. A watcher (--watch, started here) stays behind in the scope: it
# waits for the program, not for its children, and writes down what was killed.
#
# Names that begin with _w_ are this script's: everything else in the environment belongs to the program.
# Some are read by the watcher alone; A && B || return is meant as it is read.
# shellcheck disable=SC2034,SC2015

# Called by itself, or read by a door, which says where it lies.
_w_self=${_w_launcher:-$0}
_w_watcher=${_w_self%/*}/watcher
[ -e "$_w_watcher" ] || _w_watcher=${_w_self%/*}/watcher.sh
_w_nl='
'
_w_proc=/proc/self
_w_sys=/sys/fs/cgroup

# A word to the person; as process wrapper, where nothing may be printed, to the log.
_w_say() {
    if [ "$_w_door" = wrapper ]; then _w_log "$1"; else printf 'wslcfg: %s\n' "$1" >&2; fi
}

# One line in STATE/launch/log, which is cut when it grows. What cannot be written is not worth a failure, and a limit on the size of files ends a
# subshell here and not the start.
_w_log() {
    [ -n "$_w_state" ] || return 0
    (
        [ -d "$_w_state/launch" ] || mkdir -p "$_w_state/launch" || exit 0
        [ -z "$(find "$_w_state/launch/log" -size +200k)" ] || mv -f "$_w_state/launch/log" "$_w_state/launch/log.old"
        printf '%s %s[%s]: %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$_w_name" "$$" "$1" >>"$_w_state/launch/log"
    ) 2>/dev/null || :
}

# $1 without blanks at its ends -> _w_v.
_w_trim() {
    _w_v=${1#"${1%%[![:space:]]*}"}
    _w_v=${_w_v%"${_w_v##*[![:space:]]}"}
}

# Bytes as people read them -> _w_v: 4 GB, 1.5 GB, 860 MB.
_w_human() {
    if [ "$1" -ge 1048576000 ]; then
        _w_v=$((($1 * 10 + 536870912) / 1073741824))
        _w_v="$((_w_v / 10)).$((_w_v % 10))"
        _w_v="${_w_v%.0} GB"
    elif [ "$1" -eq 0 ]; then
        _w_v=0
    else
        _w_v="$((($1 + 524288) / 1048576)) MB"
    fi
}

# A size as people type it, powers of 1024 -> _w_v in bytes; fails for anything else. A bare small number has no unit and is refused.
_w_size() {
    _w_trim "$1"
    _w_n=${_w_v%%[!0-9.]*} _w_u=${_w_v#"${_w_v%%[!0-9.]*}"}
    _w_trim "$_w_u"
    case $_w_v in
        '' | [bB]) _w_f=1 ;;
        [kK] | [kK][bB] | [kK][iI][bB]) _w_f=1024 ;;
        [mM] | [mM][bB] | [mM][iI][bB]) _w_f=1048576 ;;
        [gG] | [gG][bB] | [gG][iI][bB]) _w_f=1073741824 ;;
        [tT] | [tT][bB] | [tT][iI][bB]) _w_f=1099511627776 ;;
        *) return 1 ;;
    esac
    case $_w_n in '' | *.*.* | .* | *.) return 1 ;; esac
    # A leading zero would make it octal.
    while case $_w_n in 0[0-9]*) : ;; *) false ;; esac do _w_n=${_w_n#0}; done
    case ${_w_n%%.*} in ???????????????*) return 1 ;; esac
    [ "$_w_f" -lt 1048576 ] || case ${_w_n%%.*} in ??????????*) return 1 ;; esac
    if [ "$_w_n" = "${_w_n%.*}" ]; then
        [ -n "$_w_v" ] || [ "$_w_n" = 0 ] || [ "$_w_n" -ge 67108864 ] || return 1
        _w_v=$((_w_n * _w_f))
    else
        _w_r=${_w_n#*.}
        case $_w_r in ???????*) return 1 ;; esac
        _w_d=1 _w_v=$_w_r
        while [ -n "$_w_v" ]; do _w_d=$((_w_d * 10)) _w_v=${_w_v#?}; done
        while case $_w_r in 0[0-9]*) : ;; *) false ;; esac do _w_r=${_w_r#0}; done
        _w_v=$((${_w_n%.*} * _w_f + _w_r * _w_f / _w_d))
    fi
}

# Where things lie -> _w_home, _w_state, _w_conf; empty where there is no home.
_w_places() {
    _w_home=${HOME:-}
    if [ -z "$_w_home" ]; then
        _w_home=$(getent passwd "$(id -u)" 2>/dev/null)
        _w_home=${_w_home%:*} _w_home=${_w_home##*:}
    fi
    _w_state=${XDG_STATE_HOME:-${_w_home:+$_w_home/.local/state}}
    _w_state=${_w_state:+$_w_state/wslcfg}
    _w_conf=${XDG_CONFIG_HOME:-${_w_home:+$_w_home/.config}}
    _w_conf=${_w_conf:+$_w_conf/wslcfg/inside.conf}
}

# The settings file, whose grammar wslcfg/model/inside.py describes; the defaults are those of that file.
_w_settings() {
    _w_max='' _w_high='' _w_swap=0 _w_tasks=2000 _w_policy=continue _w_whole=no _w_adj=200 _w_without=warn _w_folder='' _w_twice=warn _w_ids=mint
    _w_program='' _w_backups=yes _w_every=30 _w_part=''
    [ -r "$_w_conf" ] && [ ! -d "$_w_conf" ] || return 0
    while IFS= read -r _w_line || [ -n "$_w_line" ]; do
        _w_trim "$_w_line"
        case $_w_v in
            '#'* | ';'*) continue ;;
            '['*']')
                _w_part=${_w_v#?}
                _w_trim "${_w_part%?}"
                _w_part=$_w_v
                ;;
            *=*)
                _w_k=${_w_v%%=*} _w_line=${_w_v#*=}
                _w_trim "$_w_k"
                _w_k=$_w_part/$_w_v
                _w_trim "$_w_line"
                case $_w_k in
                    launcher/session-max) _w_max=$_w_v ;;
                    launcher/session-high) _w_high=$_w_v ;;
                    launcher/session-swap) _w_swap=$_w_v ;;
                    launcher/tasks-max) _w_tasks=$_w_v ;;
                    launcher/oom-policy) _w_policy=$_w_v ;;
                    launcher/kill-whole-session) _w_whole=$_w_v ;;
                    launcher/oom-score) _w_adj=$_w_v ;;
                    launcher/without-limit) _w_without=$_w_v ;;
                    launcher/boot-folder) _w_folder=$_w_v ;;
                    launcher/duplicates) _w_twice=$_w_v ;;
                    launcher/session-ids) _w_ids=$_w_v ;;
                    launcher/wslcfg) _w_program=$_w_v ;;
                    backup/enabled) _w_backups=$_w_v ;;
                    backup/every-minutes) _w_every=$_w_v ;;
                esac
                ;;
        esac
    done <"$_w_conf"
    # What is no number, or would let no session live, is passed over, and that is said (`wslcfg.inside.conf.unworkable` says the same at install).
    for _w_k in session-max:max session-high:high session-swap:swap tasks-max:tasks oom-score:adj every-minutes:every; do
        eval "_w_v=\$_w_${_w_k#*:}" _w_line=''
        # A leading zero would make it octal.
        while case $_w_v in 0[0-9]*) : ;; *) false ;; esac do _w_v=${_w_v#0}; done
        case $_w_k:$_w_v in
            *:*:) : ;;
            *:*:*[!0-9]* | *:*:??????????????????*) _w_line='is no number that can be meant' ;;
            session-max:* | session-high:*) [ "$_w_v" -ge 67108864 ] || _w_line='is less than 64 MB' ;;
            tasks-max:*) [ "$_w_v" -ge 50 ] || _w_line='is less than 50' ;;
            oom-score:*) [ "$_w_v" -le 1000 ] || _w_line='is more than 1000' ;;
        esac
        if [ -n "$_w_line" ]; then
            [ "$_w_door" = hint ] || _w_say "${_w_k%:*} = $_w_v in $_w_conf $_w_line, so it is passed over."
            case $_w_k in tasks-max:*) _w_v=2000 ;; oom-score:*) _w_v=200 ;; *) _w_v='' ;; esac
        fi
        eval "_w_${_w_k#*:}=\$_w_v"
    done
}

# The id that a command line names -> _w_id, and whether it resumes a session of before -> _w_resumes. _w_picks: the newest session goes on, or one
# that is chosen from the client's own list.
_w_session() {
    _w_id='' _w_resumes='' _w_picks='' _w_forks=''
    case ${_w_name##*/} in claude* | codex*) : ;; *) return 0 ;; esac
    while [ $# -gt 0 ]; do
        case $1 in
            --) break ;;
            --resume=* | -r=* | --session-id=*)
                _w_id=${1#*=}
                [ "${1%%=*}" = --session-id ] || _w_resumes=yes
                ;;
            --resume | -r | --session-id | resume)
                case ${2:-} in
                    '' | -*) [ "$1" = --session-id ] || _w_picks=yes ;;
                    *)
                        _w_id=$2
                        [ "$1" = --session-id ] || _w_resumes=yes
                        shift
                        ;;
                esac
                ;;
            --continue) _w_picks=yes ;;
            # A setting of Codex's.
            -c) case ${_w_name##*/} in claude*) _w_picks=yes ;; esac ;;
            --fork-session) _w_forks=yes ;;
        esac
        shift
    done
    # A transcript's path names the session by its last part. An id has 36 characters; anything else is a title or a word of a prompt.
    _w_id=${_w_id##*/} _w_id=${_w_id%.jsonl}
    case $_w_id in
        *[!0-9a-fA-F-]*) _w_id='' ;;
        ????????-????-????-????-????????????) : ;;
        *) _w_id='' ;;
    esac
    if [ -z "$_w_id" ] && [ -n "$_w_resumes" ]; then _w_resumes='' _w_picks=yes; fi
    # A fork is written to a file of its own, under an id that nobody knows yet.
    [ "$_w_forks" != yes ] || _w_id='' _w_resumes='' _w_picks=''
}

# Whether the client $1 takes an id from us -> _w_id and _w_minted: then process, scope and session belong together before the client has written a byte. Only
# where its version and every word of the line are known not to mind (2.1.27 to 2.1.329 were tried): whatever else is started gets its line as it is.
_w_mint() {
    [ "$_w_ids" = mint ] && [ "$_w_door" != wrapper ] && [ "${_w_name##*/}" = claude ] && [ -n "$_w_state" ] || return 1
    # Somebody who starts agents passes words of his own.
    [ -z "${CLAUDECODE:-}${CLAUDE_CODE_ENTRYPOINT:-}${CLAUDE_CODE_SESSION_ID:-}" ] || return 1
    _w_file=$1
    shift
    while [ $# -gt 0 ]; do
        case $1 in
            -p | --print | --verbose | --ide | --chrome | --no-chrome | --dangerously-skip-permissions | --strict-mcp-config) : ;;
            --model | --fallback-model | --permission-mode | --effort | --agent | --settings | --system-prompt | --append-system-prompt | \
                --output-format | --max-turns)
                case ${2:-} in '' | -*) return 1 ;; esac
                shift
                ;;
            --model=* | --permission-mode=* | --effort=* | --output-format=*) : ;;
            -* | /* | '') return 1 ;;
            # A prompt. One word alone may be a command of the client's.
            *[[:space:]]*) : ;;
            *) return 1 ;;
        esac
        shift
    done
    case $_w_file in /*) : ;; *) _w_file=$(command -v "$_w_file") ;; esac
    # By the links one after the other: what the last of them points at may be called anything.
    _w_i=0
    while case $_w_file in */claude/versions/* | */node_modules/@anthropic-ai/claude-code/*) false ;; esac do
        _w_v=$(readlink "$_w_file" 2>/dev/null) && [ $_w_i -lt 5 ] || return 1
        case $_w_v in /*) _w_file=$_w_v ;; *) _w_file=${_w_file%/*}/$_w_v ;; esac
        _w_i=$((_w_i + 1))
    done
    case $_w_file in
        */claude/versions/*) _w_v=${_w_file##*/} ;;
        *)
            _w_v=$(sed -n 's/^ *"version" *: *"\([^"]*\)".*/\1/p' "${_w_file%/@anthropic-ai/claude-code/*}/@anthropic-ai/claude-code/package.json" 2>/dev/null)
            ;;
    esac
    case $_w_v in 0* | *.0[0-9]* | *[!0-9.]* | *.*.*.*) return 1 ;; [1-9]*.[0-9]*.[0-9]*) : ;; *) return 1 ;; esac
    _w_k=${_w_v#*.}
    [ $((${_w_v%%.*} * 1000000 + ${_w_k%.*} * 1000 + ${_w_k#*.})) -ge 2001027 ] || return 1
    { IFS= read -r _w_v </proc/sys/kernel/random/uuid; } 2>/dev/null || return 1
    case $_w_v in ????????-????-????-????-????????????) _w_id=$_w_v _w_minted=yes ;; *) return 1 ;; esac
}

# Field 22 of /proc/PID/stat, the start in clock ticks since boot -> _w_v; '' when there is no such process or only its remains.
_w_started() {
    _w_v=''
    [ -r "/proc/$1/stat" ] || return 1
    { IFS= read -r _w_line <"/proc/$1/stat"; } 2>/dev/null || return 1
    _w_line=${_w_line##*") "}
    case $_w_line in [ZX]*) return 1 ;; esac
    _w_i=3
    while [ $_w_i -lt 22 ]; do _w_line=${_w_line#* } _w_i=$((_w_i + 1)); done
    _w_v=${_w_line%% *}
}

# The pid that has the session $1 open -> _w_v: from our own records, then from the client's own list; a pid counts with its start alone.
_w_owner() {
    for _w_file in "$_w_state"/launch/live/[0-9]*; do
        [ -r "$_w_file" ] || continue
        _w_o='' _w_s=''
        while IFS= read -r _w_line; do
            case $_w_line in session=*) _w_o=${_w_line#*=} ;; start=*) _w_s=${_w_line#*=} ;; esac
        done <"$_w_file"
        [ "$_w_o" = "$1" ] && _w_started "${_w_file##*/}" && [ "$_w_v" = "$_w_s" ] && _w_v=${_w_file##*/} && return 0
    done
    # shellcheck disable=SC2013  # names of pids, without blanks
    for _w_file in $(grep -ls "\"sessionId\" *: *\"$1\"" "${CLAUDE_CONFIG_DIR:-$_w_home/.claude}"/sessions/[0-9]*.json 2>/dev/null | sed 's|.*/||'); do
        _w_o=${_w_file%.json}
        _w_s=$(sed -n 's/.*"procStart" *: *"\{0,1\}\([0-9]*\).*/\1/p' "${CLAUDE_CONFIG_DIR:-$_w_home/.claude}/sessions/$_w_file" 2>/dev/null)
        _w_started "$_w_o" && [ "$_w_v" = "$_w_s" ] && _w_v=$_w_o && return 0
    done
    return 1
}

# Two processes on one session write two branches into one file, of which the next resume keeps one.
_w_guard() {
    [ -n "$_w_resumes" ] && [ "$_w_twice" != off ] && _w_owner "$_w_id" || return 0
    [ "$_w_v" != $$ ] || return 0
    _w_text="Session $_w_id is open already in process $_w_v; two on one session lose what one of them writes."
    if [ "$_w_twice" = refuse ] && [ "$_w_door" != wrapper ]; then
        _w_say "$_w_text"
        printf 'Go on in that one, or add --fork-session; duplicates=warn in %s lets it pass.\n' "$_w_conf" >&2
        exit 3
    fi
    _w_say "$_w_text"
}

# A kill in the middle of a write leaves a torn line, and clients up to 2.1.150 glue the next record to it, which is lost then. So the session that is
# about to be resumed gets its line end first, and where the words do not say which one it will be, each one of this folder that lacks it.
_w_mend() {
    if [ -n "$_w_resumes" ]; then
        _w_end_lines "${CLAUDE_CONFIG_DIR:-$_w_home/.claude}/projects"/*/"$_w_id.jsonl" \
            "${CODEX_HOME:-$_w_home/.codex}"/sessions/*/*/*/rollout-*"-$_w_id.jsonl"
    elif [ -n "$_w_picks" ]; then
        _w_mend_folder "$(pwd -P)"
    fi
}

# The same for the sessions of the folder $1: the newest 200, since no list shows more; a drive that does not answer holds nobody up.
_w_mend_folder() {
    _w_list=$(
        case ${_w_name##*/} in
            claude*)
                _w_folders "$1" | while IFS= read -r _w_k; do
                    timeout 2 ls -t "$_w_k" | grep -x '[0-9a-f-]\{36\}\.jsonl' | head -n 200 | while read -r _w_v; do printf '%s\n' "$_w_k/$_w_v"; done
                done
                ;;
            # The names begin with the time.
            codex*) timeout 2 find "${CODEX_HOME:-$_w_home/.codex}/sessions" -name 'rollout-*.jsonl' | LC_ALL=C sort -r | head -n 200 ;;
        esac 2>/dev/null
    )
    _w_ifs=$IFS IFS=$_w_nl
    set -f
    # shellcheck disable=SC2086  # a path a line
    set -- "$1" $_w_list
    set +f
    IFS=$_w_ifs
    _w_here=$1 _w_list=''
    shift
    for _w_k in "$@"; do
        shift
        [ ! -s "$_w_k" ] || set -- "$@" "$_w_k"
    done
    [ $# -gt 0 ] || return 0
    # The last byte of each, all of them by one process.
    for _w_k in $(timeout 2 tail -q -c 1 -- "$@" 2>/dev/null | od -An -v -tx1); do
        [ $# -gt 0 ] || break
        [ "$_w_k" = 0a ] || _w_list=$_w_list$1$_w_nl
        shift
    done
    [ -n "$_w_list" ] || return 0
    _w_ifs=$IFS IFS=$_w_nl
    set -f
    # shellcheck disable=SC2086
    set -- $_w_list
    set +f
    IFS=$_w_ifs
    for _w_k in "$@"; do
        shift
        # A rollout says its folder in its first line.
        case $_w_k in */rollout-*) head -n 1 "$_w_k" | grep -qF "\"cwd\":\"$_w_here\"" || continue ;; esac 2>/dev/null
        set -- "$@" "$_w_k"
    done
    _w_end_lines "$@"
}

# The folders that Claude has for the sessions of the folder $1, a line each: what is no letter or digit is a dash (two for what is beyond 16 bits), and a name
# of more than 200 is cut and gets a hash (from 2.1.71 on).
_w_folders() {
    _w_k=$(printf '\200-\277')
    _w_v=$(printf %s "$1" | LC_ALL=C sed "s/[$(printf '\360-\367')][$_w_k][$_w_k][$_w_k]/--/g;s/[$(printf '\300-\357')][$_w_k]*/-/g;s/[^A-Za-z0-9]/-/g")
    set -- "${CLAUDE_CONFIG_DIR:-$_w_home/.claude}/projects/$_w_v"
    if [ ${#_w_v} -gt 200 ]; then set -- "$1" "${1%"$_w_v"}$(printf %.200s "$_w_v")"-*; fi
    for _w_v in "$@"; do [ ! -d "$_w_v" ] || printf '%s\n' "$_w_v"; done
}

# End the last line of each of these files where it is torn, unless a live process has the session. The file's time stays: lists go by it.
_w_end_lines() {
    _w_list=''
    for _w_torn in "$@"; do
        [ -f "$_w_torn" ] && [ -s "$_w_torn" ] && [ -w "$_w_torn" ] && _w_open "$_w_torn" || continue
        _w_k=${_w_torn##*/} _w_k=${_w_k%.jsonl}
        _w_owner "${_w_k#"${_w_k%????????-????-????-????-????????????}"}" || _w_list="$_w_list$(wc -c <"$_w_torn") $_w_torn$_w_nl"
    done 2>/dev/null
    [ -n "$_w_list" ] || return 0
    # A client that nobody knows of may be in the middle of a record: that one grows.
    sleep 0.1 2>/dev/null || sleep 1
    while read -r _w_k _w_torn; do
        [ -n "$_w_torn" ] && [ "$(wc -c <"$_w_torn")" = "$_w_k" ] && _w_open "$_w_torn" || continue
        _w_v=$_w_state/launch/.time-$$
        { [ -d "$_w_state/launch" ] || mkdir -p "$_w_state/launch"; } && touch -r "$_w_torn" "$_w_v"
        printf '\n' >>"$_w_torn" && _w_log "the torn line at the end of $_w_torn is ended"
        [ ! -e "$_w_v" ] || touch -r "$_w_v" "$_w_torn"
        rm -f "$_w_v"
    done 2>/dev/null <<END
$_w_list
END
}

# Whether the last line of $1 has no end.
_w_open() { case $(tail -c 1 "$1" | od -An -tx1) in *0a*) return 1 ;; esac; }

# What runs in the background at a start, apart from the program and its scope: the backup, when it is due, and the look after a new boot.
_w_tick() {
    _w_due=''
    IFS= read -r _w_boot </proc/sys/kernel/random/boot_id || _w_boot=''
    _w_seen=''
    [ -r "$_w_state/launch/seen-boot" ] && IFS= read -r _w_seen <"$_w_state/launch/seen-boot"
    [ "$_w_boot" = "$_w_seen" ] || _w_due=yes
    if [ -z "$_w_due" ] && [ "$_w_backups" = yes ]; then
        [ -n "$(find "$_w_state/backup/last-success" -mmin "-${_w_every:-30}" 2>/dev/null)" ] || _w_due=yes
    fi
    [ -n "$_w_due" ] || return 0
    # One that fails is not tried at each start again.
    [ -z "$(find "$_w_state/launch/tick-started" -mmin -2 2>/dev/null)" ] || return 0
    mkdir -p "$_w_state/launch" 2>/dev/null
    : >"$_w_state/launch/tick-started" || return 0
    cd / || return 0
    _w_apart nice -n 19 "$_w_program" sessions backup --quiet --tick
}

# The unified path of this process -> _w_cg; '' where there is no cgroup v2.
_w_mine() {
    _w_cg=''
    while IFS= read -r _w_line; do
        case $_w_line in 0::/*) _w_cg=${_w_line#0::} ;; esac
    done <"$_w_proc/cgroup"
} 2>/dev/null

# Whether what was asked for holds where this process is now: the limits as the kernel has them, down to its pages.
_w_holds() {
    [ -z "$_w_max" ] && return 0
    { IFS= read -r _w_v <"$_w_sys$_w_cg/memory.max"; } 2>/dev/null || return 1
    [ "$_w_v" = $((_w_max / 4096 * 4096)) ] || return 1
    # A limit without one on swap is none; where the kernel counts no swap there is no such file.
    [ -n "$_w_swap" ] && [ -e "$_w_sys$_w_cg/memory.swap.max" ] || return 0
    IFS= read -r _w_v <"$_w_sys$_w_cg/memory.swap.max" && [ "$_w_v" = $((_w_swap / 4096 * 4096)) ]
}

# Ask a systemd manager to take this process into a new scope; $1 is OOMPolicy or ''. The answer is _w_err.
_w_ask() {
    _w_policy_=$1 _w_n=5
    set -- PIDs au 1 $$ Description s "wslcfg: $_w_name" Slice s wslcfg-agents.slice CollectMode s inactive-or-failed
    set -- "$@" TasksMax t "${_w_tasks:-2000}"
    [ -z "$_w_max" ] || { set -- "$@" MemoryMax t "$_w_max"; _w_n=$((_w_n + 1)); }
    [ -z "$_w_high" ] || { set -- "$@" MemoryHigh t "$_w_high"; _w_n=$((_w_n + 1)); }
    [ -z "$_w_max" ] || [ -z "$_w_swap" ] || { set -- "$@" MemorySwapMax t "$_w_swap"; _w_n=$((_w_n + 1)); }
    [ -z "$_w_policy_" ] || { set -- "$@" OOMPolicy s "$_w_policy_"; _w_n=$((_w_n + 1)); }
    [ "$_w_whole" != yes ] || { set -- "$@" Delegate b true; _w_n=$((_w_n + 1)); }
    _w_err=$(XDG_RUNTIME_DIR=$_w_run DBUS_SESSION_BUS_ADDRESS=unix:path=$_w_run/bus LC_ALL=C \
        busctl "$_w_who" "--timeout=$_w_patience" call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager \
        StartTransientUnit 'ssa(sv)a(sa(sv))' "$_w_unit" fail "$_w_n" "$@" 0 2>&1 >/dev/null </dev/null)
}

# First rung. A manager answers where its socket is, whatever the environment says of it: WSL sets XDG_RUNTIME_DIR even when the login failed,
# and cron sets nothing.
_w_scope() {
    _w_run=''
    for _w_v in "/run/user/$_w_uid" "${XDG_RUNTIME_DIR:-}"; do
        [ -n "$_w_v" ] && [ -S "$_w_v/systemd/private" ] && _w_run=$_w_v && break
    done
    _w_who=--user
    if [ -z "$_w_run" ] && [ "$_w_uid" = 0 ] && [ -S /run/systemd/private ]; then _w_who=--system; fi
    if [ -z "$_w_run" ] && [ $_w_who = --user ]; then
        if [ -d /run/systemd/system ]; then _w_why="systemd's user manager does not answer"; else _w_why='systemd is off'; fi
        return 1
    fi
    _w_unit=${_w_name##*/}
    case $_w_unit in *[!A-Za-z0-9_.]*) _w_unit=$(printf %.60s "$_w_unit" | LC_ALL=C tr -c 'A-Za-z0-9_.' _) ;; esac
    IFS=' ' read -r _w_v _w_line </proc/uptime
    _w_unit=wslcfg-${_w_unit:-program}-$$-${_w_v%.*}${_w_v#*.}.scope
    if ! command -v busctl >/dev/null; then
        _w_why='busctl is not here'
        return 1
    fi
    if ! _w_ask "$_w_policy"; then
        # Older managers know no OOMPolicy for scopes, and do nothing of the kind by themselves.
        case $_w_err in *OOMPolicy*) _w_ask '' || _w_failed=yes ;; *) _w_failed=yes ;; esac
    fi
    if [ -n "${_w_failed:-}" ]; then
        _w_why="systemd's manager refused: ${_w_err%%"$_w_nl"*}"
        return 1
    fi
    _w_i=0
    while _w_mine && case $_w_cg in */"$_w_unit") false ;; esac do
        _w_i=$((_w_i + 1))
        [ $_w_i -lt 60 ] || sleep 0.01 2>/dev/null || sleep 1
        if [ $_w_i -gt "$_w_most" ]; then
            _w_why="systemd's manager took the order, but this process is still in ${_w_cg:-no cgroup}"
            return 1
        fi
    done
    if ! _w_holds; then
        _w_why="the limit is not to be seen in $_w_cg (the user manager has no memory controller)"
        return 1
    fi
    _w_how=scope _w_dir=$_w_sys$_w_cg _w_inner=''
    [ "$_w_whole" = yes ] || return 0
    # The watcher has to outlive a kill of all: the program goes one folder down, and only there the kill is for all.
    if mkdir "$_w_dir/session" "$_w_dir/watch" && echo $$ >"$_w_dir/session/cgroup.procs" && echo +memory >"$_w_dir/cgroup.subtree_control" &&
        echo 1 >"$_w_dir/session/memory.oom.group"; then
        _w_inner=/session _w_watch=$_w_dir/watch
    else
        _w_log "memory.oom.group cannot be set in $_w_cg: at the limit the largest process is killed, not all."
    fi 2>/dev/null
}

# Second rung: the folder that root prepared at boot, wherever this WSL has its cgroups today.
_w_booted() {
    [ -n "$_w_folder" ] || return 1
    _w_base=''
    for _w_v in "$_w_sys/wsl-user/${_w_folder##*/}" "$_w_sys/${_w_folder##*/}" "$_w_folder"; do
        [ -w "$_w_v/cgroup.procs" ] && _w_base=$_w_v && break
    done
    if [ -z "$_w_base" ]; then
        _w_why="$_w_why, and root has not prepared ${_w_folder##*/} at this boot"
        return 1
    fi
    IFS=' ' read -r _w_v _w_line </proc/uptime
    _w_unit=s-$$-${_w_v%.*}${_w_v#*.} _w_dir=$_w_base/s-$$-${_w_v%.*}${_w_v#*.}
    if ! {
        mkdir "$_w_dir" && mkdir -p "$_w_base/watch" &&
            { [ -z "$_w_max" ] || echo "$_w_max" >"$_w_dir/memory.max"; } &&
            { [ -z "$_w_high" ] || echo "$_w_high" >"$_w_dir/memory.high"; } &&
            { [ -z "$_w_max" ] || [ -z "$_w_swap" ] || [ ! -e "$_w_dir/memory.swap.max" ] || echo "$_w_swap" >"$_w_dir/memory.swap.max"; } &&
            { [ ! -e "$_w_dir/pids.max" ] || echo "${_w_tasks:-2000}" >"$_w_dir/pids.max"; } &&
            { [ "$_w_whole" != yes ] || echo 1 >"$_w_dir/memory.oom.group"; } &&
            echo $$ >"$_w_dir/cgroup.procs"
    } 2>/dev/null || ! { _w_mine && case $_w_cg in */"$_w_unit") : ;; *) false ;; esac } || ! _w_holds; then
        rmdir "$_w_dir" 2>/dev/null
        _w_why="$_w_why, and $_w_base takes no limit or no process"
        return 1
    fi
    _w_how=folder _w_inner='' _w_watch=$_w_base/watch
}

# Into a cgroup by the best rung there is; the last one is none, and that is said.
_w_climb() {
    _w_how=none _w_dir='' _w_inner='' _w_watch='' _w_why=''
    _w_v=''
    while read -r _w_k _w_v _w_line; do [ "$_w_k" != Uid: ] || break; done <"$_w_proc/status"
    _w_uid=$_w_v
    if [ ! -e $_w_sys/cgroup.controllers ]; then
        if [ -d $_w_sys/memory ] || [ -d $_w_sys/unified ]; then
            _w_why='this distro has cgroup v1 (automount.cgroups=v1 in /etc/wsl.conf, or an old WSL), and a limit needs v2'
        else
            _w_why='there is no cgroup file system here'
        fi
    else
        _w_scope || _w_booted || :
    fi
    if [ $_w_how != none ]; then
        if [ "$_w_door" = wrapper ]; then
            :
        elif [ -z "$_w_max" ]; then
            _w_say "$_w_name has a cgroup of its own but no memory limit: session-max is not set in $_w_conf."
        elif [ -t 2 ]; then
            _w_human "$_w_max"
            _w_text="$_w_name may use $_w_v of memory"
            _w_human "${_w_swap:-0}"
            _w_say "$_w_text and $_w_v of swap ($_w_unit)."
        fi
        return 0
    fi
    _w_mine
    case $_w_cg in
        */init.scope) _w_why="$_w_why; it stays in init.scope, where one OOM kill can take every shell (wslcfg install --component init-scope)" ;;
    esac
    if [ "$_w_without" = refuse ] && [ "$_w_door" != wrapper ]; then
        _w_say "$_w_name is not started, because no memory limit can be set: $_w_why."
        printf 'See: wslcfg install; or set without-limit = warn in %s.\n' "$_w_conf" >&2
        exit 3
    fi
    _w_say "$_w_name runs WITHOUT A MEMORY LIMIT: $_w_why."
}

# Say what is new, once: reports that no terminal has shown yet.
_w_news() {
    _w_i=0
    for _w_file in "$_w_state"/launch/reports/new/*; do
        [ -f "$_w_file" ] && [ -r "$_w_file" ] || continue
        case ${_w_file##*/} in .*) continue ;; esac
        _w_i=$((_w_i + 1))
        if [ $_w_i -gt 3 ]; then
            printf 'wslcfg: there is more: wslcfg run --status\n' >&2
            return 0
        fi
        while IFS= read -r _w_line; do
            # Backslashes stand doubled in a record, so that %b gives the text as it was.
            case $_w_line in text=?* | next=?*) printf 'wslcfg: %b\n' "${_w_line#*=}" >&2 ;; esac
        done <"$_w_file"
        mkdir -p "$_w_state/launch/reports/seen" 2>/dev/null
        mv -f "$_w_file" "$_w_state/launch/reports/seen/" 2>/dev/null || return 0
    done
}

# For a shell's start: news, and a backup that has not been for a day.
_w_hint() {
    _w_news
    [ "$_w_backups" = yes ] && [ -n "$_w_program" ] || return 0
    _w_v=$_w_state/backup/last-success
    if [ ! -e "$_w_v" ]; then
        [ -z "$(find "$_w_conf" -mmin +1440 2>/dev/null)" ] || printf 'wslcfg: there is no backup of your agent sessions yet: wslcfg sessions backup\n' >&2
    elif [ -n "$(find "$_w_v" -mmin +1440 2>/dev/null)" ]; then
        printf 'wslcfg: the last backup of your agent sessions is more than a day old: wslcfg sessions backup\n' >&2
    fi
}

# Become "$@", from a subshell, in a session of its own with none of the program's files: a pipe or a lock must not stay open through it. dash knows no redirection
# of a file beyond 9; where there is one, bash closes it.
_w_apart() {
    _w_v=''
    for _w_k in /proc/self/fd/??*; do
        # The shell's own script is 10 or 255.
        case ${_w_k##*/} in 10 | 255 | *[!0-9]*) : ;; *) _w_v=yes ;; esac
    done
    if [ -n "$_w_v" ] && command -v bash >/dev/null; then
        # shellcheck disable=SC2016  # for bash to expand
        set -- bash -c 'for f in /proc/$$/fd/??*; do f=${f##*/}; case $f in *[!0-9]* | 255) ;; *) eval "exec $f>&-" ;; esac; done; exec "$@"' bash "$@"
    fi
    # shellcheck disable=SC2086  # setsid or nothing
    exec $_w_setsid "$@" </dev/null >/dev/null 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
}

# Start the watcher: twice removed, so that it is nobody's child here.
_w_start_watcher() {
    [ -r "$_w_watcher" ] && [ -n "$_w_state" ] && _w_started $$ || return 0
    (
        _w_pid=$$ _w_start=$_w_v
        export _w_pid _w_start _w_name _w_door _w_how _w_unit _w_dir _w_inner _w_watch _w_max _w_high _w_swap _w_tasks _w_id _w_minted _w_state _w_home
        _w_apart /bin/sh "$_w_self" --watch &
    ) </dev/null >/dev/null 2>&1
}

# A shell drops variables whose names it cannot have (exported functions of bash, npm's registry settings) -> _w_odd, words for eval.
_w_odd_names() {
    _w_odd=''
    [ -z "${BASH_VERSION:-}" ] && LC_ALL=C grep -zqv '^[A-Za-z_][A-Za-z0-9_]*=' /proc/$$/environ 2>/dev/null || return 0
    _w_odd=$(tr '\0\n' '\n\1' </proc/$$/environ | LC_ALL=C grep -v '^[A-Za-z_][A-Za-z0-9_]*=' | LC_ALL=C sed "s/'/'\\\\''/g;s/^/'/;s/\$/'/" | tr '\n\1' ' \n')
}

# Become the program, with the variables that this shell has dropped.
_w_become() {
    [ -z "$_w_odd" ] || eval "set -- env $_w_odd \"\$@\""
    exec "$@"
}

_w_usage() {
    printf 'wslcfg: %s\nUsage: %s [--limit SIZE] [--swap SIZE] [--name N] -- CMD [ARG...]\n' "$1" "${_w_self##*/}" >&2
    exit 2
}

_w_main() {
    if [ "${1:-}" = --watch ]; then
        # shellcheck source=/dev/null
        . "$_w_watcher"
        exit 0
    fi
    _w_door=run _w_name='' _w_asked='' _w_asked_swap='' _w_patience=5s _w_most=300
    _w_setsid=''
    ! command -v setsid >/dev/null || _w_setsid=setsid
    while [ $# -gt 0 ]; do
        case $1 in
            --) shift; break ;;
            --limit | --swap | --name | --shim)
                [ $# -ge 2 ] || _w_usage "$1 wants a value."
                case $1 in --limit) _w_asked=$2 ;; --swap) _w_asked_swap=$2 ;; --name) _w_name=$2 ;; --shim) _w_door=shim _w_name=$2 ;; esac
                shift 2
                ;;
            --limit=*) _w_asked=${1#*=}; shift ;;
            --swap=*) _w_asked_swap=${1#*=}; shift ;;
            --name=*) _w_name=${1#*=}; shift ;;
            --wrapper) _w_door=wrapper _w_patience=700ms _w_most=100; shift ;;
            --hint)
                _w_door=hint _w_name=hint
                _w_places
                _w_settings
                [ -z "$_w_state" ] || _w_hint
                exit 0
                ;;
            -*) _w_usage "'$1' is no option." ;;
            *) break ;;
        esac
    done
    if [ $# -eq 0 ]; then _w_usage 'there is no program to start.'; fi
    if [ $_w_door = wrapper ] || [ -z "$_w_name" ]; then
        _w_name=${1##*/}
        # The client's own file is named by its version: .../claude/versions/2.1.231.
        case $1 in */claude/versions/*) _w_name=claude ;; esac
    fi
    if ! command -v "$1" >/dev/null; then
        if [ -e "$1" ]; then
            printf "wslcfg: '%s' cannot be executed.\nCheck its permissions.\n" "$1" >&2
            exit 126
        fi
        printf "wslcfg: there is no program '%s'.\nCheck its name, or whether it is on PATH.\n" "$1" >&2
        exit 127
    fi
    _w_places
    _w_settings
    if [ -n "$_w_asked" ]; then
        _w_size "$_w_asked" || _w_usage "'$_w_asked' is no size; write a number and a unit, for example 4GB."
        [ -z "$_w_high" ] || [ "$_w_high" -lt "$_w_v" ] || _w_high=''
        _w_max=$_w_v
        [ "$_w_max" -gt 0 ] || _w_usage 'a limit of 0 would end every program.'
    fi
    if [ -n "$_w_asked_swap" ]; then
        _w_size "$_w_asked_swap" || _w_usage "'$_w_asked_swap' is no size; write a number and a unit, for example 1GB."
        _w_swap=$_w_v
    fi
    _w_session "$@"
    _w_minted=''
    if [ -n "$_w_state" ]; then
        if [ $_w_door != wrapper ] && [ -t 2 ]; then _w_news; fi
        _w_guard
        _w_mend
    fi
    _w_odd_names
    # What an agent starts by itself stays under its agent's limit. What the client starts as a service is on its own.
    _w_mine
    if [ $_w_door != wrapper ]; then
        case ${CLAUDECODE:-0}:$_w_cg in
            1:* | *:*/wslcfg-*.scope | *:*/wslcfg-*.scope/* | *:*/wslcfg-*/s-*)
                [ -z "$_w_asked" ] || _w_say "$_w_name stays under the limit of the session that starts it; --limit is passed over."
                _w_become "$@"
                ;;
        esac
    fi
    if [ -n "$_w_program" ] && [ -x "$_w_program" ] && [ -n "$_w_state" ]; then
        (_w_tick &) </dev/null >/dev/null 2>&1
    fi
    if [ -z "$_w_id$_w_picks$_w_forks" ] && _w_mint "$@"; then
        _w_k=$1
        shift
        set -- "$_w_k" --session-id "$_w_id" "$@"
    fi
    _w_climb
    # From here on only the exec is left: what the watcher does at its start shall not hold the program up.
    _w_start_watcher
    # The agent goes before anything else of the person when memory runs out in the whole VM.
    _w_v=''
    { read -r _w_v </proc/self/oom_score_adj; } 2>/dev/null
    case $_w_v in *[!0-9-]* | '') : ;; *) [ "$_w_v" -ge "${_w_adj:-0}" ] || { echo "$_w_adj" >/proc/self/oom_score_adj; } 2>/dev/null ;; esac
    _w_become "$@"
}

# The last line but one tells the doors that nothing is cut off; they start the program without a limit where it is not reached.
_w_read=whole
[ -n "${_w_launcher:-}" ] || _w_main "$@"
