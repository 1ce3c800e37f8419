#!/bin/sh
# Stands in for what WSL's /init is besides PID 1: interpreter of Windows programs, wslpath, wslinfo.
# As interpreter it gets what binfmt_misc hands over with flag P: the program's full path, argv[0] as typed, the arguments. `/init PATH PATH …`
# typed by hand is the same. Answers are the scripts in /run/rig/ctl/interop, named by program in lower case.
# shellcheck disable=SC1003  # tr takes two backslashes for one
answers=/run/rig/ctl/interop
case $(basename "$0") in
    wslpath)
        mode=-u
        while [ $# -gt 0 ]; do
            case $1 in
                -u | -w | -m | -a) mode=$1 ;;
                *) break ;;
            esac
            shift
        done
        case $mode in
            -w | -m)
                case $1 in
                    /mnt/[a-z] | /mnt/[a-z]/*)
                        rest=$(printf %s "$1" | cut -c7-)
                        said="$(printf %s "$1" | cut -c6 | tr '[:lower:]' '[:upper:]'):${rest:-/}"
                        ;;
                    *) said="//wsl.localhost/$WSL_DISTRO_NAME$1" ;;
                esac
                [ "$mode" = -w ] && said=$(printf %s "$said" | tr / '\\')
                printf '%s\n' "$said"
                ;;
            *) printf '/mnt/%s%s\n' "$(printf %s "$1" | cut -c1 | tr '[:upper:]' '[:lower:]')" "$(printf %s "$1" | cut -c3- | tr '\\' /)" ;;
        esac
        ;;
    wslinfo)
        case $1 in
            --version | --wsl-version) printf 2.6.1.0 ;;
            --networking-mode) printf nat ;;
            *) exit 1 ;;
        esac
        ;;
    *)
        program=$(basename "$1" | tr '[:upper:]' '[:lower:]')
        shift
        [ $# -gt 0 ] && shift
        printf '%s\t%s\t%s\n' "$program" "$PWD" "$*" >>/run/rig/ctl/interop.calls 2>/dev/null
        # A socket that says so is one whose session has ended.
        [ -e "${WSL_INTEROP:-/nowhere}" ] && ! grep -qs dead "$WSL_INTEROP" && [ -x "$answers/$program" ] && exec "$answers/$program" "$@"
        echo '<3>WSL (1) ERROR: UtilConnectUnix:519: connect failed 111' >&2
        exit 1
        ;;
esac
