#!/bin/sh
# Install wslcfg for this user, into an environment of its own, from this source tree or from wslcfg.pyz; then start it.
# Nothing outside the home folder is written and nothing runs as root. `sh install.sh --help` says the rest.
#
# Layout: DATA/versions/VERSION.PID/ is a whole environment, built where it stays, since a moved one has wrong paths in its scripts.
# DATA/current is a link to the one in use, and ~/.local/bin/wslcfg a link to DATA/current/bin/wslcfg. Swapping `current` is one
# rename, so whoever is killed in the middle leaves the old one or the new one.

set -u

oldest='3.10'  # requires-python in pyproject.toml says the same; tests/house/test_packaging.py compares them
pythons='python3 python3.13 python3.12 python3.11 python3.10'

usage() {
    cat <<'TEXT'
Usage: sh install.sh [--offline FILE] [--no-start] | --uninstall | --help

Installs wslcfg for this user: a virtual environment under ~/.local/share/wslcfg and a link in ~/.local/bin.
Then it starts `wslcfg setup` on WSL, or `wslcfg demo` where there is no WSL. Run it again to upgrade.

  --offline FILE  install from wslcfg.pyz, one file with everything in it: needs Python alone, no network, no pip and no venv.
                  Where that file lies beside this script and the source does not, it is taken without being named.
  --no-start      install only
  --uninstall     remove the program; backups, history and settings stay, and it says where
  --help          this text
TEXT
}

# stop WHAT DO [CODE]: the two lines of every failure.
stop() {
    printf 'install.sh: %s\n%s\n' "$1" "$2" >&2
    exit "${3:-5}"
}

say() { printf '%s\n' "$*"; }

# quoted TEXT: the text as one word of a shell, so that a line we print can be pasted.
quoted() {
    case $1 in
        *[!A-Za-z0-9_/.~+:-]* | '') printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")" ;;
        *) printf '%s' "$1" ;;
    esac
}

# folder VARIABLE-VALUE DEFAULT: an XDG folder; the specification says that a relative one is to be ignored.
folder() {
    case $1 in
        /*) printf '%s' "$1" ;;
        *) printf '%s' "$2" ;;
    esac
}

again() {
    printf 'sh %s' "$(quoted "$here/install.sh")"
    [ -z "$offline" ] || printf ' --offline %s' "$(quoted "$offline")"
}

# as_root COMMAND: the command as this user has to type it.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        printf '%s' "$1"
    elif command -v doas >/dev/null 2>&1 && ! command -v sudo >/dev/null 2>&1; then
        printf 'doas %s' "$1"
    else
        printf 'sudo %s' "$1"
    fi
}

manager() {
    for tool in apt-get dnf zypper pacman apk; do
        if command -v "$tool" >/dev/null 2>&1; then
            printf '%s' "$tool"
            return
        fi
    done
}

# remedy missing|old|venv: one line to paste for this distro, or advice where no package manager is known.
remedy() {
    case "$(manager)-$1" in
        *-missing | *-old) if command -v uv >/dev/null 2>&1; then printf 'Run: uv python install 3.12 && %s' "$(again)"; return; fi ;;
    esac
    case "$(manager)-$1" in
        apt-get-missing)
            needed='python3 python3-venv'
            [ -z "$offline" ] || needed='python3'
            line="$(as_root 'apt-get update') && $(as_root "apt-get install -y $needed")"
            ;;
        apt-get-venv) line="$(as_root 'apt-get update') && $(as_root "apt-get install -y python$found-venv")" ;;
        apt-get-old)
            # No newer Python in the same release: Ubuntu can move on in place, elsewhere a newer distro beside this one is the safe way.
            if command -v do-release-upgrade >/dev/null 2>&1; then
                printf 'Run: %s' "$(as_root 'do-release-upgrade')"
            elif on_wsl; then
                printf 'Run: wsl.exe --install Ubuntu-24.04   # and install wslcfg there'
            else
                printf 'Use a release with Python %s or newer (Debian 12, Ubuntu 22.04), then run: %s' "$oldest" "$(again)"
            fi
            return
            ;;
        dnf-missing) line=$(as_root 'dnf install -y python3') ;;
        dnf-*) line=$(as_root 'dnf install -y python3.12') ;;
        zypper-missing) line=$(as_root 'zypper install -y python3') ;;
        zypper-*) line=$(as_root 'zypper install -y python311') ;;
        pacman-*) line=$(as_root 'pacman -Syu --noconfirm python') ;;
        apk-venv) line=$(as_root 'apk add py3-pip') ;;
        apk-*) line=$(as_root 'apk add --upgrade python3') ;;
        *)
            printf 'Install Python %s or newer with its venv module, then run: %s' "$oldest" "$(again)"
            return
            ;;
    esac
    printf 'Run: %s && %s' "$line" "$(again)"
}

find_python() {
    python='' found='' too_old=''
    for name in $pythons; do
        found=$("$name" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
            python=$name
            return
        fi
        [ -n "$too_old" ] || too_old="$name is $found"
    done
    # uv keeps its own ones where no PATH leads; it may have to fetch one first, which needs no root.
    if python=$(uv python find --no-project --offline ">=$oldest" 2>/dev/null); then
        found=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])') && return
    fi
    [ -z "$too_old" ] || stop "wslcfg needs Python $oldest or newer, and $too_old." "$(remedy old)"
    stop 'python3 was not found.' "$(remedy missing)"
}

check_home() {
    [ -n "${HOME:-}" ] || stop 'HOME is not set.' "Run: HOME=/home/NAME $(again)"
    [ -d "$HOME" ] || stop "The home folder $HOME is not there." "Run: $(as_root "mkdir -p $(quoted "$HOME")") && $(again)"
    # With sudo and the caller's HOME, files of root would lie among the person's own.
    [ "$(id -u)" != 0 ] || [ -n "$(find "$HOME" -prune -user 0 2>/dev/null)" ] ||
        stop "This runs as root, and $HOME belongs to somebody else." "Run without sudo: $(again)"
    for place in "$data" "$bin"; do
        probe="$place/.wslcfg-probe.$$"
        if why=$( (LC_ALL=C && export LC_ALL && mkdir -p "$place" && : >"$probe") 2>&1); then rm -f "$probe"; continue; fi
        rmdir "$data" 2>/dev/null
        case $why in *'Read-only file system'*) read_only "$place" ;; esac
        stop "$place cannot be written." "Run: ls -ld $(quoted "$HOME") $(quoted "$place")   # it must be yours, and the disk not full"
    done
}

# read_only PLACE: stop with the way that is left where the file system takes no writing at all.
read_only() {
    on=$(df -P "$HOME" 2>/dev/null | sed -n '2s/^.*% *//p')
    if [ -n "$offline" ]; then
        word=demo
        if on_wsl; then word=setup; fi
        stop "$1 lies on a read-only file system." "Run, without installing it: $python $(quoted "$offline") $word"
    fi
    stop "$1 lies on a read-only file system." "Run: $(as_root "mount -o remount,rw $(quoted "${on:-/}")") && $(again)"
}

# ours: whether the link in ~/.local/bin is one that this script made.
ours() {
    [ -L "$link" ] || return 1
    case "$(readlink "$link")" in
        "$data/current/bin/wslcfg") return 0 ;;
    esac
    return 1
}

check_link() {
    if { [ -e "$link" ] || [ -L "$link" ]; } && ! ours; then
        stop "$link is there already, and this script did not make it." "Run: mv $(quoted "$link") $(quoted "$link.before") && $(again)" 3
    fi
}

# unpack: a whole environment in $new from wslcfg.pyz: a folder with all packages, compiled, and a script that knows where they are.
unpack() {
    mkdir -p "$new/bin"
    if ! "$python" -I -c 'import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2])' "$offline" "$new/lib" >>"$log" 2>&1; then
        if grep -q 'No space left' "$log"; then install_failed; fi
        if grep -q 'No module named' "$log"; then stop "$python is here without its library." "$(remedy missing)"; fi
        stop "$offline is cut, or no wslcfg.pyz." "Fetch it again, and compare: sha256sum $(quoted "$offline")"
    fi
    [ -f "$new/lib/wslcfg/__main__.py" ] || stop "$offline is no wslcfg.pyz." 'Name the file that make dist makes: sh install.sh --offline wslcfg.pyz' 2
    # The name that the distro keeps (python3), not the file behind it, which goes with the next release. Through sh, for the path may hold
    # a space; to Python the second line is a text.
    {
        printf '#!/bin/sh\n'
        printf "'''exec' %s -I \"\$0\" \"\$@\" #'''\n" "$(quoted "$(command -v "$python")")"
        printf 'import sys\nsys.path.insert(0, %s)\n' "$("$python" -I -c 'import sys; print(ascii(sys.argv[1]))' "$new/lib")"
        printf 'from wslcfg.__main__ import main\nmain()\n'
    } >"$new/bin/wslcfg"
    chmod 755 "$new/bin/wslcfg"
    "$python" -I -m compileall -q "$new/lib" >>"$log" 2>&1
    "$new/bin/wslcfg" --version >>"$log" 2>&1 || install_failed
}

# build: a whole environment in $new, or the reason why not. $tool is what fetches, for the words of a failure.
build() {
    tool=pip
    if ! "$python" -m venv "$new" >>"$log" 2>&1; then
        # Debian splits ensurepip off; without it the environment comes without pip, and any pip or uv from outside serves as well.
        rm -rf "$new"
        "$python" -m venv --without-pip "$new" >>"$log" 2>&1 || stop "$python cannot make a virtual environment." "$(remedy venv)"
    fi
    if "$new/bin/python" -m pip --version >/dev/null 2>&1; then
        "$new/bin/python" -m pip install --quiet --compile --no-input "$here" >>"$log" 2>&1 || install_failed
    elif "$python" -m pip --python "$new/bin/python" --version >/dev/null 2>&1; then
        "$python" -m pip --python "$new/bin/python" install --quiet --compile --no-input "$here" >>"$log" 2>&1 || install_failed
    elif command -v uv >/dev/null 2>&1; then
        tool=uv
        # The CAs that this distro knows, as pip takes them: uv brings a list of its own, in which no organisation's CA is.
        if [ -z "${SSL_CERT_FILE:-}" ] && { [ -s /etc/ssl/certs/ca-certificates.crt ] || [ -s /etc/pki/tls/certs/ca-bundle.crt ]; }; then
            UV_SYSTEM_CERTS=${UV_SYSTEM_CERTS:-1} UV_NATIVE_TLS=${UV_NATIVE_TLS:-1}
            export UV_SYSTEM_CERTS UV_NATIVE_TLS
        fi
        # uv leaves out the bytecode unless told: first starts would be four times slower.
        uv pip install --quiet --compile-bytecode --python "$new/bin/python" "$here" >>"$log" 2>&1 || install_failed
    else
        stop "$python has no pip to install with (ensurepip is missing)." "$(remedy venv)"
    fi
    "$new/bin/wslcfg" --version >>"$log" 2>&1 || install_failed
}

install_failed() {
    # A name that nobody can have laid a link under, and that a second try does not overwrite.
    keep=$(mktemp "${TMPDIR:-/tmp}/wslcfg-install-log.XXXXXX" 2>/dev/null) || keep=$data/install.kept.log
    # pip repeats the address of a proxy or an index with the password in it.
    (umask 077 && sed 's,://[^/@ ]*@,://...@,g' "$log" >"$keep") 2>/dev/null
    if grep -q 'No space left' "$log"; then
        stop 'The disk is full.' "Free some space (df -h $(quoted "$data")), then run: $(again)"
    elif [ "$(manager)" = apt-get ] && grep -q 'suitable TLS CA certificate bundle' "$log"; then
        stop 'This distro has no CA certificates, so that pip can fetch nothing.' \
            "Run: $(as_root 'apt-get update') && $(as_root 'apt-get install -y ca-certificates') && $(again)"
    elif grep -qiE '407 |proxy auth(entication|orization) required' "$log"; then
        stop 'The proxy wants a name and a password.' \
            "Run: export HTTPS_PROXY=http://NAME:PASSWORD@$(proxy_place) && $(again)   # write @ : / in them as %40 %3A %2F; what $tool said: $keep"
    elif grep -qE 'CERTIFICATE_VERIFY_FAILED|certificate verify failed|UnknownIssuer' "$log"; then
        variable=PIP_CERT
        [ "$tool" = pip ] || variable=SSL_CERT_FILE
        stop "The network shows a certificate that $tool does not know, as in an organisation with a CA of its own." \
            "Run: export $variable=/PATH/OF/THAT-CA.pem && $(again)   # what $tool said: $keep"
    elif grep -qE 'Failed to establish a new connection|name resolution|Connection refused|Network is unreachable|No matching distribution|Read timed out|ConnectionError|dns error|error sending request' "$log"; then
        stop 'The packages that wslcfg needs could not be fetched: no network, or a proxy that nobody named.' \
            "Connect (behind a proxy: export HTTPS_PROXY=http://PROXY:PORT), then run: $(again)   # what $tool said: $keep"
    fi
    stop "The installation failed: $(tail -n 1 "$log")" "Read $keep, then run: $(again)" 70
}

# proxy_place: HOST:PORT of the proxy that is set, without a name and a password.
proxy_place() { printf '%s' "${HTTPS_PROXY:-${https_proxy:-${ALL_PROXY:-${all_proxy:-PROXY:PORT}}}}" | sed 's,^[a-z0-9]*://,,; s,^.*@,,; s,/.*$,,'; }

# init_text: the file of the package that holds its version.
init_text() {
    if [ -z "$offline" ]; then
        cat "$here/wslcfg/__init__.py"
    else
        "$python" -I -c 'import sys, zipfile; print(zipfile.ZipFile(sys.argv[1]).read("wslcfg/__init__.py").decode())' "$offline" 2>/dev/null
    fi
}

# point PLACE TARGET: make PLACE a link to TARGET in one step. mv would follow a link to a folder, and `mv -T` is not everywhere.
point() {
    if ln -s "$2" "$1.$$" && "$python" -c 'import os, sys; os.replace(*sys.argv[1:])' "$1.$$" "$1"; then return; fi
    stop "$1 could not be made a link." "Run: ls -ld $(quoted "$1")   # nothing may stand in its place, and it must be yours"
}

# sweep: remove environments that are not in use; one whose installer still runs is left to it.
sweep() {
    live=$(readlink "$data/current" 2>/dev/null)
    for old in "$data/versions"/*; do
        builder=${old##*.}
        if [ ! -d "$old" ] || [ "versions/${old##*/}" = "$live" ]; then continue; fi
        if [ "$builder" != $$ ] && kill -0 "$builder" 2>/dev/null; then continue; fi
        rm -rf "$old"
    done
}

discard() {
    rm -f "$log" "$data/current.$$" "$link.$$"
    [ "$(readlink "$data/current" 2>/dev/null)" = "versions/${new##*/}" ] || rm -rf "$new"
    rmdir "$data/versions" "$data" 2>/dev/null
}

install() {
    find_python
    check_home
    check_link
    # A person's own settings for Python and pip must not leak into the environment.
    unset PYTHONPATH PYTHONHOME PIP_TARGET PIP_PREFIX PIP_REQUIRE_VIRTUALENV
    PIP_USER=0 PIP_DISABLE_PIP_VERSION_CHECK=1
    export PIP_USER PIP_DISABLE_PIP_VERSION_CHECK
    version=$(init_text | sed -n 's/^__version__ = "\(.*\)"$/\1/p')
    new="$data/versions/$version.$$"
    log="$data/install.$$.log"
    trap discard EXIT
    trap 'exit 130' INT TERM HUP
    mkdir -p "$data/versions"
    sweep
    before=$("$link" --version 2>/dev/null)
    say "Installing wslcfg $version with $python ($found) ..."
    if [ -n "$offline" ]; then unpack; else build; fi
    point "$data/current" "versions/${new##*/}"
    ours || point "$link" "$data/current/bin/wslcfg"
    sweep
    rm -f "$log" "$data/install.kept.log"
    trap - EXIT INT TERM HUP
    case $before in
        '') say "Installed: $link" ;;
        "wslcfg $version") say "wslcfg $version is installed anew: $link" ;;
        *) say "$before is now wslcfg $version: $link" ;;
    esac
    renew
    case ":$PATH:" in
        *":$bin:"*) ;;
        *) say "$bin is not on your PATH. Run: $(path_line)" ;;
    esac
}

# pieces: whether `wslcfg install` has placed anything in this distro.
pieces() { [ -e "$config/inside.conf" ] || [ -d "$data/inside" ]; }

# renew: after an upgrade the pieces get the new version's texts; every value stays as it is set.
renew() {
    pieces || return 0
    "$link" install --refresh --yes --quiet >/dev/null </dev/null ||
        say "The pieces in this distro are still those of before. Run: $link install --refresh"
}

# path_line: the exact line that puts ~/.local/bin on the PATH of this person's shell, now and later.
path_line() {
    shell=${SHELL:-} # not set under cron and in bare containers
    # shellcheck disable=SC2016  # $HOME and $PATH are for the shell that reads the line later
    case ${shell##*/} in
        fish) printf 'fish_add_path %s' "$(quoted "$bin")" ;;
        zsh) printf '%s' 'echo '\''export PATH="$HOME/.local/bin:$PATH"'\'' >> ~/.zshrc && exec zsh' ;;
        *) printf '%s' 'echo '\''export PATH="$HOME/.local/bin:$PATH"'\'' >> ~/.bashrc && exec bash' ;;
    esac
}

# working: a wslcfg of this script's that runs -> $program; where the link is gone, the one that it led to, or another of DATA.
working() {
    for program in "$link" "$data/current/bin/wslcfg" "$data/versions"/*/bin/wslcfg; do
        [ "$program" != "$link" ] || ours || continue
        if "$program" --version >/dev/null 2>&1; then return; fi
    done
    return 1
}

# marked PLACE TEXT: say which lines of ours stand in this text.
marked() {
    # shellcheck disable=SC2046  # numbers
    set -- "$1" $(printf '%s\n' "$2" | grep -n '^# [<>][<>][<>] wslcfg ' | sed 's/:.*//')
    place=$1 spans=''
    shift
    while [ $# -ge 2 ]; do
        spans="$spans${spans:+, }$1 to $2"
        shift 2
    done
    [ -z "$spans" ] || say "  $place: delete lines $spans"
    [ $# -eq 0 ] || say "  $place: line $1 begins or ends a block of wslcfg that is torn; delete what is wslcfg's"
}

# named PLACE PATTERN: say which lines of a file have this in them.
named() {
    [ -r "$1" ] || return 0
    grep -n "$2" "$1" 2>/dev/null | sed 's/:.*//' | while read -r number; do
        say "  $1: take ${3:-$2} out of line $number"
    done
}

# by_hand: all that the pieces have placed, with the lines to delete, for whoever has no program left that could do it.
by_hand() {
    xdg=${config%/wslcfg}
    say 'The pieces in this distro are:'
    for kept in "$(sed -n 's/^claude-settings *= *//p' "$config/inside.conf" 2>/dev/null)" "${CLAUDE_CONFIG_DIR:-$HOME/.claude}/settings.json"; do
        [ "$kept" = "${before:-}" ] || named "$kept" CLAUDE_CODE_PROCESS_WRAPPER
        before=$kept
    done
    named "$HOME/.vscode-server/data/Machine/settings.json" claudeCode.claudeProcessWrapper
    zsh=$(sed -n 's/^zsh *= *//p' "$config/inside.conf" 2>/dev/null) IFS=:
    # shellcheck disable=SC2086  # folders with : between them
    set -- "$HOME" ${zsh:-${ZDOTDIR:-}}
    unset IFS
    for folder in "$@"; do set -- "$@" "$folder/.zshenv" "$folder/.zprofile" "$folder/.zshrc"; done
    for kept in "$HOME/.bash_profile" "$HOME/.bash_login" "$HOME/.profile" "$HOME/.bashrc" "$@" "$xdg/fish/config.fish"; do
        if [ -f "$kept" ] && [ -r "$kept" ]; then marked "$kept" "$(cat "$kept")"; fi
    done
    marked 'the crontab (crontab -e)' "$(crontab -l 2>/dev/null)"
    named /etc/wsl.conf /usr/local/lib/wslcfg/boot
    for kept in "$xdg/fish/conf.d"/wslcfg-*.fish "$xdg/systemd/user"/wslcfg-* "$xdg/systemd/user"/timers.target.d/wslcfg-backup.conf \
        "$bin/wslcfg-run" /etc/systemd/system/wslcfg-boot.service /etc/systemd/system/*.target.d/wslcfg-boot.conf \
        /etc/systemd/system/init.scope.d/wslcfg.conf /usr/local/lib/wslcfg "$config/inside.conf"; do
        [ ! -e "$kept" ] || say "  rm -r $(quoted "$kept")"
    done
    say "  rm -r $(quoted "$data/inside")   # last: Claude Code does not start while its settings name the wrapper in it"
}

uninstall() {
    # First what points at them: Claude Code does not start while its settings name a wrapper that is not there.
    if pieces && working; then
        code=0
        "$program" uninstall --yes --quiet >/dev/null </dev/null || code=$?
        [ $code = 0 ] || stop 'Not every piece in this distro could be taken out, so wslcfg stays too.' \
            "Do what it says above (with root: $(quoted "$program") uninstall --root sudo), then run: $(again) --uninstall" $code
    elif pieces && [ -x "$link" ] && ! ours; then
        say "The pieces in this distro stay; take them out with: $(quoted "$link") uninstall"
    elif pieces; then
        by_hand
        stop 'No wslcfg that runs is left here to take its pieces out, so nothing is removed.' \
            "Run: $(again) --no-start && $(again) --uninstall   # or delete by hand what is listed above, then: $(again) --uninstall"
    fi
    if ours; then rm -f "$link"; elif [ -e "$link" ] || [ -L "$link" ]; then say "$link is not from this script and stays."; fi
    had=''
    [ ! -e "$data/versions" ] || had=yes
    rm -rf "$data/versions" "$data/current" "$cache"
    rm -f "$data"/install.*.log "$data"/current.[0-9]* "$state/host.json" 2>/dev/null
    rmdir "$data" "$state" 2>/dev/null
    if [ -n "$had" ]; then say 'wslcfg is removed.'; else say 'wslcfg was not installed here.'; fi
    for kept in "$state" "$config" "$data"; do
        [ ! -d "$kept" ] || say "Kept, with your backups, history or settings: $kept"
    done
    if on_wsl; then say 'The history of .wslconfig lies on the Windows side, in %LOCALAPPDATA%\wslcfg, and stays too.'; fi
}

# on_wsl: as wslcfg itself decides (wslcfg/machine/mounts.py). A container on WSL has the same kernel without being a distro.
on_wsl() {
    [ -z "${WSL_DISTRO_NAME:-}" ] || return 0
    [ ! -e /run/WSL ] || return 0
    case "$(cat /proc/sys/kernel/osrelease 2>/dev/null)" in
        *[Mm]icrosoft*) [ ! -e /.dockerenv ] && [ ! -e /run/.containerenv ] ;;
        *) return 1 ;;
    esac
}

start() {
    if on_wsl; then
        if [ -t 0 ] && [ -t 1 ]; then exec "$link" setup; fi
        say "Next, in a terminal: $link setup"
    else
        say 'This is not WSL, so here is the practice laptop (wslcfg demo):'
        exec "$link" demo
    fi
}

main() {
    mode=install start=yes offline=''
    while [ $# -gt 0 ]; do
        option=$1
        shift
        case $option in
            --offline)
                [ $# -gt 0 ] || stop '--offline wants a file.' 'Run: sh install.sh --offline wslcfg.pyz' 2
                offline=$1
                shift
                ;;
            --offline=*) offline=${option#*=} ;;
            --no-start) start='' ;;
            --uninstall) mode=uninstall ;;
            --help | -h)
                usage
                exit 0
                ;;
            *) stop "'$option' is not an option of this script." "Run: sh install.sh --help" 2 ;;
        esac
    done
    here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 1
    home=${HOME:-/nonexistent}
    data=$(folder "${XDG_DATA_HOME:-}" "$home/.local/share")/wslcfg
    state=$(folder "${XDG_STATE_HOME:-}" "$home/.local/state")/wslcfg
    config=$(folder "${XDG_CONFIG_HOME:-}" "$home/.config")/wslcfg
    cache=$(folder "${XDG_CACHE_HOME:-}" "$home/.cache")/wslcfg
    bin=$home/.local/bin
    link=$bin/wslcfg
    if [ "$mode" = uninstall ]; then
        uninstall
    else
        if [ -z "$offline" ] && [ ! -f "$here/pyproject.toml" ] && [ -f "$here/wslcfg.pyz" ]; then offline=$here/wslcfg.pyz; fi
        case $offline in '' | /*) ;; *) offline=$PWD/$offline ;; esac
        [ -z "$offline" ] || [ -f "$offline" ] || stop "There is no file $offline." 'Run: sh install.sh --offline PATH/wslcfg.pyz' 2
        [ -n "$offline" ] || [ -f "$here/pyproject.toml" ] ||
            stop 'Neither the source of wslcfg nor wslcfg.pyz lies beside this script.' 'Run it from a clone: sh PATH-OF-THE-CLONE/install.sh'
        install
        [ -z "$start" ] || start
    fi
}

main "$@"
