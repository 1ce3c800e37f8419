# wslcfg watcher: what stays behind when the launcher has become the program. Read by the launcher itself (`launcher --watch`), whose functions it
# uses; it is no program of its own. It waits for the program and not for its children, since helpers of agents outlive them.
# shellcheck shell=sh
# What it is told comes through the environment, and what the launcher's functions set is theirs.
# shellcheck disable=SC2154,SC2034,SC2030,SC2031,SC2015

# Add a line to the record in the making, with backslashes and line breaks escaped and other control characters left out.
_w_put() {
    _w_v=$2
    case $_w_v in
        *[\\[:cntrl:]]*)
            _w_v=$(printf '%s\n' "$2" | sed -e 's/\\/\\\\/g' -e '$!s/$/\\n/' | tr -d '[:cntrl:]')
            ;;
    esac
    _w_record=$_w_record$1=$_w_v$_w_nl
}

# Write the record to $1, whole or not at all.
_w_keep() {
    [ -d "${1%/*}" ] || mkdir -p "${1%/*}" 2>/dev/null || return 1
    if { printf %s "$_w_record" >"${1%/*}/.$$" && mv -f "${1%/*}/.$$" "$1"; } 2>/dev/null; then return 0; fi
    rm -f "${1%/*}/.$$" 2>/dev/null
    return 1
}

# A counter or number of a file of the cgroup -> _w_v: the word behind $2 in $1, or its one line; '' where it is not there.
_w_number() {
    _w_v=''
    [ -r "$1" ] || return 0
    if [ -z "${2:-}" ]; then
        { read -r _w_v <"$1"; } 2>/dev/null || :
    else
        while read -r _w_k _w_line; do [ "$_w_k" != "$2" ] || _w_v=$_w_line; done <"$1"
    fi 2>/dev/null
    case $_w_v in *[!0-9]*) _w_v='' ;; esac
}

_w_alive() { _w_started "$_w_pid" && [ "$_w_v" = "$_w_start" ]; }

# Wait for the program at most $1 seconds, without a turn of the processor where the system can.
_w_rest() {
    if command -v waitpid >/dev/null; then
        timeout "$1" waitpid "$_w_pid"
    elif tail --version >/dev/null; then
        timeout "$1" tail "--pid=$_w_pid" -s 0.2 -f /dev/null
    else
        _w_i=0
        while [ "$_w_i" -lt "$1" ] && _w_alive; do sleep 1 && _w_i=$((_w_i + 1)); done
    fi >/dev/null 2>&1
}

# The program's descendants that are outside its cgroup -> _w_out, its text, '' for none. Another scope of ours is no escape.
_w_escaped() {
    _w_out='' _w_todo=$_w_pid _w_i=0
    while [ -n "$_w_todo" ] && [ $_w_i -lt 500 ]; do
        _w_p=${_w_todo%% *} _w_i=$((_w_i + 1))
        case $_w_todo in *' '*) _w_todo=${_w_todo#* } ;; *) _w_todo='' ;; esac
        _w_proc=/proc/$_w_p
        _w_mine || continue
        case $_w_cg in
            '' | */"$_w_unit" | */"$_w_unit"/* | */wslcfg-*.scope | */wslcfg-*.scope/* | */wslcfg-*/s-*) : ;;
            *)
                _w_v=''
                { read -r _w_v <"/proc/$_w_p/comm"; } 2>/dev/null
                _w_out="$_w_out${_w_out:+, }$_w_v (process $_w_p in $_w_cg)"
                ;;
        esac
        for _w_file in "/proc/$_w_p/task"/*/children; do
            _w_v=''
            { read -r _w_v <"$_w_file"; } 2>/dev/null || :
            _w_trim "$_w_v"
            _w_todo="$_w_todo${_w_todo:+${_w_v:+ }}$_w_v"
        done
    done
    _w_proc=/proc/self
}

# The session that the client itself wrote down for the program -> _w_v, '' where it says none. The file stays after a SIGKILL, so it counts with the
# start that stands in it; then it changes with /clear and /resume -> _w_sure. Clients up to 2.1.112 write no start and do not change it: theirs has
# to be younger than $1.
_w_told() {
    _w_v='' _w_sure=''
    case ${_w_name##*/} in claude*) : ;; *) return 0 ;; esac
    _w_file=${CLAUDE_CONFIG_DIR:-$_w_home/.claude}/sessions/$_w_pid.json
    [ -r "$_w_file" ] || return 0
    _w_v=$(sed -n 's/.*"procStart" *: *"\{0,1\}\([0-9]*\).*/\1/p' "$_w_file")
    [ "$_w_v" != "$_w_start" ] || _w_sure=yes
    if [ -n "$_w_sure" ] || { [ -z "$_w_v" ] && [ "${_w_rboot:-$_w_boot}" = "$_w_boot" ] && [ -n "$(find "$_w_file" -newer "$1")" ]; }; then
        _w_v=$(sed -n 's/.*"sessionId" *: *"\([0-9a-fA-F-]\{36\}\)".*/\1/p' "$_w_file")
    else
        _w_v=''
    fi
} 2>/dev/null

# Where the transcript of the session $1 lies -> _w_file, '' where there is none; the one of the program's own folder first.
_w_transcript() {
    for _w_file in "$_w_c/projects/$_w_enc/$1.jsonl" "$_w_c/projects"/*/"$1.jsonl"; do [ ! -f "$_w_file" ] || return 0; done
    _w_file=''
    return 1
}

# The session of a program that has ended -> _w_id, _w_guess, _w_file (its transcript): as the client wrote it down, as its command line had it or we minted it,
# else the newest transcript that was written in its folder since its start, which is a guess. _w_silent: yes where nothing was said in it.
# $1: a file as old as the start.
_w_find_session() {
    _w_guess=no _w_silent=no _w_file='' _w_c=${CLAUDE_CONFIG_DIR:-$_w_home/.claude}
    case ${_w_name##*/} in
        claude*)
            _w_told "$1"
            _w_said=$_w_v
            [ -z "$_w_said" ] || _w_id=$_w_said
            _w_enc=$(_w_folders "$_w_cwd" | sed -n '1s|.*/||p')
            if [ -n "$_w_id" ] && ! _w_transcript "$_w_id"; then
                # No list has it, and to resume it is an error.
                if [ -n "$_w_sure" ]; then _w_silent=yes; elif [ -n "$_w_said$_w_minted" ]; then _w_id=''; fi
            fi
            [ -z "$_w_sure" ] || return 0
            _w_new=$(_w_newest "$1")
            if [ -n "$_w_id" ]; then
                # A session that began with /clear, is nobody's and was written to later tells that the person went on in it.
                _w_v=${_w_new##*/} _w_v=${_w_v%.jsonl}
                [ -n "$_w_v" ] && [ "$_w_v" != "$_w_id" ] && head -c 4000 "$_w_new" 2>/dev/null | grep -q '<command-name>/clear</command-name>' &&
                    ! _w_owner "$_w_v" || return 0
            fi
            _w_file=$_w_new
            ;;
        codex*)
            [ -z "$_w_id" ] || return 0
            _w_file=$(find "${CODEX_HOME:-$_w_home/.codex}/sessions" -name 'rollout-*.jsonl' -newer "$1" -exec ls -td {} + 2>/dev/null | head -n 1)
            ;;
    esac
    [ -n "$_w_file" ] || return 0
    _w_v=${_w_file%.jsonl}
    _w_id=$(printf %s "$_w_v" | sed -n 's/.*\([0-9a-f]\{8\}-[0-9a-f]\{4\}-[0-9a-f]\{4\}-[0-9a-f]\{4\}-[0-9a-f]\{12\}\)$/\1/p')
    [ -z "$_w_id" ] || _w_guess=yes
}

# Print the newest transcript of the program's folder that is younger than $1.
_w_newest() {
    _w_folders "$_w_cwd" | while IFS= read -r _w_k; do
        find "$_w_k" -maxdepth 1 -name '????????-????-????-????-????????????.jsonl' -newer "$1" -exec ls -td {} + 2>/dev/null
    done | head -n 1
}

# $1 as one word of a command line -> _w_v.
_w_quoted() {
    case $1 in
        *[!A-Za-z0-9/._+-]*) _w_v="'$(printf %s "$1" | sed "s/'/'\\\\''/g")'" ;;
        *) _w_v=$1 ;;
    esac
}

# The line that goes on with the session -> _w_next; sets resume.
_w_resume_line() {
    _w_resume='' _w_next=''
    case ${_w_name##*/} in claude* | codex*) : ;; *) return 0 ;; esac
    if [ -z "$_w_id" ]; then
        _w_next='Its session is not known; see: wslcfg sessions list'
        return 0
    fi
    if [ "${_w_silent:-no}" = yes ]; then
        _w_next='Its session has no transcript yet, so there is nothing to go on with.'
        return 0
    fi
    _w_resume="codex resume $_w_id"
    case ${_w_name##*/} in claude*) _w_resume="claude --resume $_w_id" ;; esac
    _w_quoted "$_w_cwd"
    _w_resume="cd $_w_v && $_w_resume"
    _w_next="Go on with: $_w_resume"
    [ "$_w_guess" = no ] || _w_next="Go on with (a guess, the newest transcript of that folder): $_w_resume"
}

# Write down what lives; done again when the client goes on with another session.
_w_note() {
    _w_record=''
    for _w_k in "pid=$_w_pid" "start=$_w_start" "boot=$_w_boot" "at=$_w_at" "program=$_w_name" "door=$_w_door" "how=$_w_how" \
        "unit=${_w_unit:-}" "cgroup=$_w_dir$_w_inner" "limit=$_w_max" "swap=$_w_swap" "session=$_w_id" "minted=$_w_minted" "cwd=$_w_cwd" "tty=$_w_tty" \
        "watcher=$$ $_w_mine_start"; do
        _w_put "${_w_k%%=*}" "${_w_k#*=}"
    done
    if _w_alive; then _w_keep "$_w_state/launch/live/$_w_pid"; fi
}

# Take over what the client says of its session.
_w_follow() {
    _w_told "$_w_state/launch/live/$_w_pid"
    [ -n "$_w_v" ] && [ "$_w_v" != "$_w_id" ] || return 0
    _w_id=$_w_v _w_minted=''
    _w_note
}

# Write the report, with what every report has; $1 is its kind, the terminal gets it where it is still the same one.
_w_report() {
    _w_record=''
    _w_put kind "$1"
    _w_put at "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
    for _w_k in pid start boot program door how unit limit swap peak swap_peak ooms oom_kills max_hits tasks_hits victims at_limit survivors session guess cwd resume text next; do
        case $_w_k in
            program) _w_v=$_w_name ;;
            limit) _w_v=$_w_max ;;
            session) _w_v=$_w_id ;;
            *) eval "_w_v=\${_w_$_w_k:-}" ;;
        esac
        case $_w_k in *_*) _w_k=$(printf %s "$_w_k" | tr _ -) ;; esac
        [ -z "$_w_v" ] || _w_put "$_w_k" "$_w_v"
    done
    _w_k=new
    if [ "$1" != escaped ] && [ -n "${_w_tty:-}" ] && [ "$_w_door" != wrapper ] && _w_started "$_w_sid" && [ "$_w_v" = "$_w_sid_start" ]; then
        # By a child: a leader of a session that opens a terminal would get it as its own. A terminal that is held (Ctrl-S) is not waited for.
        # shellcheck disable=SC2016
        timeout 2 sh -c 'printf "\r\nwslcfg: %s\r\n" "$1" >"$3" && { [ -z "$2" ] || printf "wslcfg: %s\r\n" "$2" >"$3"; }' sh "$_w_text" "$_w_next" "$_w_tty" && _w_k=seen
    fi 2>/dev/null
    _w_keep "$_w_state/launch/reports/$_w_k/$(date -u +%Y%m%dT%H%M%SZ)-$_w_pid" || _w_log "$_w_text $_w_next"
}

# Records of programs whose watcher could not end its work: the VM stopped, or all of the session was killed. Their sessions are named.
_w_sweep() {
    for _w_old in "$_w_state"/launch/live/[0-9]*; do
        [ -r "$_w_old" ] && [ "${_w_old##*/}" != "$_w_pid" ] || continue
        (
            _w_pid=${_w_old##*/} _w_start='' _w_rboot='' _w_id='' _w_cwd='' _w_name='' _w_unit='' _w_max='' _w_swap='' _w_how='' _w_w='' _w_ws='' _w_at='' _w_tty='' _w_minted=''
            while IFS= read -r _w_line; do
                _w_v=$(printf '%b' "${_w_line#*=}")
                case $_w_line in
                    start=*) _w_start=$_w_v ;;
                    boot=*) _w_rboot=$_w_v ;;
                    at=*) _w_at=$_w_v ;;
                    program=*) _w_name=$_w_v ;;
                    door=*) _w_door=$_w_v ;;
                    how=*) _w_how=$_w_v ;;
                    unit=*) _w_unit=$_w_v ;;
                    limit=*) _w_max=$_w_v ;;
                    swap=*) _w_swap=$_w_v ;;
                    session=*) _w_id=$_w_v ;;
                    minted=*) _w_minted=$_w_v ;;
                    cwd=*) _w_cwd=$_w_v ;;
                    watcher=*) _w_w=${_w_v%% *} _w_ws=${_w_v#* } ;;
                esac
            done <"$_w_old"
            if [ "$_w_rboot" = "$_w_boot" ]; then
                ! _w_alive || exit 0
                if [ -n "$_w_w" ] && _w_started "$_w_w" && [ "$_w_v" = "$_w_ws" ]; then exit 0; fi
                _w_text="$_w_name, started at $_w_at, ended and so did all that was with it."
            else
                _w_text="$_w_name, started at $_w_at, ended when WSL stopped."
            fi
            _w_find_session "$_w_old"
            _w_resume_line
            _w_boot=$_w_rboot
            # By rename first: of two watchers that sweep one reports.
            mv "$_w_old" "$_w_state/launch/live/.gone-$$-$_w_pid" 2>/dev/null || exit 0
            [ -z "$_w_resume" ] || _w_report lost
            rm -f "$_w_state/launch/live/.gone-$$-$_w_pid"
        )
    done
    find "$_w_state/launch/reports/seen" -type f -mtime +30 -delete 2>/dev/null
    # Folders of sessions that have ended and that no watcher has still to read: with a pid that is gone and no record.
    [ "$_w_how" = folder ] || return 0
    for _w_old in "${_w_dir%/*}"/s-*; do
        _w_v=${_w_old##*/s-} _w_v=${_w_v%%-*}
        [ -d "/proc/$_w_v" ] || [ -e "$_w_state/launch/live/$_w_v" ] || rmdir "$_w_old" 2>/dev/null
    done
}

# What was killed in the scope, as the kernel's log names it -> _w_victims; '' where the log may not be read. pids there are the VM's.
_w_killed() {
    _w_v=$({ dmesg 2>/dev/null || journalctl -k -q -b -o cat --since=-2h --no-pager 2>/dev/null; } | grep -F "$_w_unit" |
        sed -n 's/.*oom-kill:constraint=.*,task_memcg=[^,]*,task=\(.*\),pid=[0-9]*,uid=[0-9]*.*/\1/p' | tr -c '[:print:]\n' '?' | sort | uniq -c | sort -rn | head -n 4)
    _w_victims=''
    while read -r _w_k _w_line; do
        [ -n "$_w_line" ] || continue
        case $_w_line in [0-9]*.[0-9]*.[0-9]*) _w_line="claude (version $_w_line)" ;; esac
        [ "$_w_k" = 1 ] || _w_line="$_w_line ($_w_k times)"
        _w_victims="$_w_victims${_w_victims:+, }$_w_line"
    done <<END
$_w_v
END
}

# After the end: what the cgroup has counted, and a report when there is something to say.
_w_after() {
    _w_number "$_w_dir/memory.events" oom_kill; _w_oom_kills=${_w_v:-0}
    _w_number "$_w_dir/memory.events" max; _w_max_hits=${_w_v:-0}
    _w_number "$_w_dir/memory.events.local" oom; _w_ooms=${_w_v:-0}
    _w_number "${_w_dir%/*}/memory.events.local" oom; _w_v=${_w_v:-0} _w_slice_ooms=$((_w_v - _w_slice_before))
    _w_number "$_w_dir/pids.events" max; _w_tasks_hits=${_w_v:-0}
    [ "$_w_oom_kills" -gt 0 ] || [ "$_w_ooms" -gt 0 ] || [ "$_w_tasks_hits" -gt 0 ] || return 0
    _w_number "$_w_dir/memory.peak"; _w_peak=$_w_v
    _w_number "$_w_dir/memory.swap.peak"; _w_swap_peak=$_w_v
    _w_survivors=0
    while read -r _w_p; do
        # What is only still to be fetched by its parent counts as gone.
        if [ "$_w_p" != $$ ] && _w_started "$_w_p"; then _w_survivors=$((_w_survivors + 1)); fi
    done <"$_w_dir$_w_inner/cgroup.procs"
    _w_find_session "$_w_state/launch/live/$_w_pid"
    _w_resume_line
    if [ "$_w_oom_kills" -gt 0 ]; then
        _w_killed
        _w_text="The kernel killed ${_w_victims:-a process of $_w_name}"
        [ -z "$_w_victims" ] || [ "$_w_victims" = "$_w_name" ] || _w_text="$_w_text, started as $_w_name,"
        if [ "$_w_ooms" -gt 0 ] && [ -n "$_w_max" ]; then
            _w_at_limit=session
            _w_human "$_w_max"; _w_text="$_w_text at the session's limit of $_w_v"
        elif [ "$_w_slice_ooms" -gt 0 ]; then
            _w_at_limit=slice
            _w_number "${_w_dir%/*}/memory.max"
            [ -z "$_w_v" ] || _w_human "$_w_v"
            _w_text="$_w_text at the limit of all sessions together${_w_v:+ ($_w_v)}"
        else
            _w_at_limit=vm
            _w_text="$_w_text because the whole VM was out of memory"
        fi
    elif [ "$_w_ooms" -gt 0 ]; then
        _w_at_limit=session
        _w_human "${_w_max:-0}"; _w_text="$_w_name came to its memory limit of $_w_v and found nothing to give back"
    else
        _w_at_limit=tasks _w_text="$_w_name came to its limit of ${_w_tasks:-2000} processes and threads $_w_tasks_hits times"
    fi
    if [ -n "$_w_peak" ]; then
        _w_human "$_w_peak"; _w_text="$_w_text; at most it held $_w_v"
        if [ -n "$_w_swap_peak" ]; then _w_human "$_w_swap_peak"; _w_text="$_w_text and $_w_v of swap"; fi
    fi
    [ "$_w_survivors" = 0 ] || _w_text="$_w_text; $_w_survivors of its processes left in $_w_unit"
    _w_text="$_w_text."
    _w_report killed
}

# Watch a program: write it down while it lives, look after 4 seconds whether it is still inside, and report when it has ended.
_w_watching() {
    trap '' HUP INT QUIT
    trap : TERM
    _w_cwd=$(pwd -P 2>/dev/null)
    _w_places
    cd / || :
    [ -z "$_w_watch" ] || { echo $$ >"$_w_watch/cgroup.procs"; } 2>/dev/null
    IFS= read -r _w_boot </proc/sys/kernel/random/boot_id || _w_boot=''
    # The terminal counts as the same one while the leader of its session lives.
    _w_tty=''
    for _w_v in 2 1 0; do
        [ -c "/proc/$_w_pid/fd/$_w_v" ] || continue
        _w_tty=$(readlink "/proc/$_w_pid/fd/$_w_v" 2>/dev/null)
        case $_w_tty in /dev/pts/[0-9]* | /dev/tty[0-9]* | /dev/hvc* | /dev/console) break ;; *) _w_tty='' ;; esac
    done
    _w_sid='' _w_sid_start=''
    if [ -n "$_w_tty" ] && { IFS= read -r _w_line <"/proc/$_w_pid/stat"; } 2>/dev/null; then
        _w_line=${_w_line##*") "} _w_line=${_w_line#* } _w_line=${_w_line#* } _w_line=${_w_line#* }
        _w_sid=${_w_line%% *}
        _w_started "$_w_sid" && _w_sid_start=$_w_v
    fi
    _w_slice_before=0
    if [ -n "$_w_dir" ]; then
        _w_number "${_w_dir%/*}/memory.events.local" oom
        _w_slice_before=${_w_v:-0}
    fi
    _w_started $$
    _w_mine_start=$_w_v _w_at=$(date -u +%Y-%m-%dT%H:%M:%SZ)
    _w_note
    # The client has a list of its own (/resume), and writes to other sessions too (titles, up to 2.1.29): their torn lines are ended before a person gets there.
    case $_w_door:${_w_name##*/} in wrapper:*) : ;; *:claude*) _w_mend_folder "$_w_cwd" ;; esac
    _w_rest 4
    if _w_alive; then
        _w_follow
        _w_sweep
        if [ "$_w_how" != none ]; then
            _w_escaped
            if [ -n "$_w_out" ]; then
                _w_text="$_w_name is no longer wholly inside its limit: $_w_out." _w_next='' _w_guess=''
                _w_log "$_w_text"
                _w_report escaped
            fi
        fi
        while _w_alive; do
            # Not for good: a program that its parent has not yet asked about has ended, and what waits for its pid does not see that.
            _w_rest 20
            if _w_alive; then
                _w_follow
                sleep 1
            fi
        done
    fi
    [ "$_w_how" = none ] || _w_after
    rm -f "$_w_state/launch/live/$_w_pid"
    [ "$_w_how" != folder ] || rmdir "$_w_dir" 2>/dev/null
}

_w_watching
