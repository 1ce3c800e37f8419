"""Think: the one script that carries out the changes only root may make, plain POSIX sh, to be read before it is run.

It needs sh and coreutils or busybox: sha256sum, mktemp, cp, mv, cat, base64, readlink.
"""

from __future__ import annotations

import base64
import hashlib

from wslcfg.errors import Refused
from wslcfg.model.plan import FileChange, Plan

# Exit codes of the script; others are the shell's or those of sudo.
CHANGED = 10
RESTORED = 11
TORN = 12

_HEAD = r"""set -u
umask 022
export LC_ALL=C

digest() { # sha256 of a file, nothing when it is not there
  if [ -e "$1" ] || [ -L "$1" ]; then sha256sum <"$1" | cut -d ' ' -f 1; fi
}

say() { printf 'wslcfg: %s\n' "$*" >&2; }

finish() { # remove what lies beside the files; $1 is the exit code
  trap '' HUP INT TERM
  i=1
  while [ "$i" -le "$count" ]; do
    eval "rm -f -- \"\${new_$i:-}\" \"\${old_$i:-}\""
    i=$((i + 1))
  done
  exit "$1"
}

put_back() { # restore every file that was touched, in reverse
  trap '' HUP INT TERM
  i=$count
  while [ "$i" -ge 1 ]; do
    eval "touched=\${touched_$i:-} path=\${path_$i:-} old=\${old_$i:-}"
    if [ -n "$touched" ]; then
      if [ -z "$old" ]; then
        rm -f -- "$path" || { say "$path could not be removed again."; exit 12; }
      elif { [ "$touched" = in-place ] || ! mv -f -- "$old" "$path" 2>/dev/null; } && ! cat -- "$old" >"$path"; then
        say "$path could not be put back; the old file is $old"
        exit 12
      fi
    fi
    i=$((i - 1))
  done
  say "$1 Every file is as it was."
  finish 11
}

check() { # $1 number, $2 digest before, $3 digest after: is the file what the plan was made from?
  eval "path=\$path_$1"
  if real=$(readlink -f -- "$path") && [ -n "$real" ]; then path=$real; fi # a link stays, its target is changed
  eval "path_$1=\$path"
  now=$(digest "$path")
  if [ "$now" = "$3" ]; then eval "done_$1=yes"; return; fi
  if [ "$now" != "$2" ]; then
    say "$path changed since the plan was made. Nothing was written."
    finish 10
  fi
}

stage() { # $1 number: a new file beside the old one, with its owner and mode; the content comes from stdin
  eval "path=\$path_$1"
  mkdir -p -- "${path%/*}/" || put_back "No folder for $path."
  new=$(mktemp "${path%/*}/.wslcfg-XXXXXXXX") || put_back "No space beside $path."
  eval "new_$1=\$new"
  if [ -e "$path" ]; then cp -p -- "$path" "$new" || put_back "No space beside $path."; else chmod 644 "$new"; fi
  cat >"$new" || put_back "No space beside $path."
}

backup() { # $1 number: a synced copy of the old file beside it
  eval "path=\$path_$1"
  [ -e "$path" ] || return 0
  old=$(mktemp "${path%/*}/.wslcfg-XXXXXXXX") || put_back "No space beside $path."
  eval "old_$1=\$old"
  cp -p -- "$path" "$old" || put_back "No space beside $path."
}

commit() { # $1 number, $2 digest before, $3 digest after ('' removes the file)
  eval "path=\$path_$1 new=\${new_$1:-}"
  [ "$(digest "$path")" = "$2" ] || put_back "$path changed meanwhile."
  if [ -n "$3" ] && [ "$(digest "$new")" != "$3" ]; then put_back "The new $path did not arrive whole."; fi
  eval "touched_$1=renamed"
  if [ -z "$3" ]; then
    rm -f -- "$path" || put_back "$path could not be removed."
  elif [ "$(stat -c %h -- "$path" 2>/dev/null || echo 1)" -gt 1 ]; then # hard links stay together
    eval "touched_$1=in-place"
    cat -- "$new" >"$path" || put_back "$path could not be written."
  elif ! mv -f -- "$new" "$path" 2>/dev/null; then # a mount point cannot be renamed over
    eval "touched_$1=in-place"
    cat -- "$new" >"$path" || put_back "$path could not be written."
  fi
  [ "$(digest "$path")" = "$3" ] || put_back "$path was not written whole."
}

trap 'put_back "Interrupted."' HUP INT TERM
"""


def root_script(plan: Plan) -> str:
    """The script for the plan's `as_root` files, '' when it has none.

    It checks each file's sha256 against what the plan was made from, backs up, writes beside and renames, and puts everything back when a later
    step fails. Exit codes: 0 done (or done before), 10 a file changed and nothing was written, 11 failed and put back, 12 failed and a
    file could not be put back (the message names the copy).

    Raises:
        Refused: a path that is not absolute or holds a line break or NUL.
    """
    files = [change for change in plan.files if change.as_root and change.before != change.after]
    if not files:
        return ""
    lines = ["#!/bin/sh", f"# wslcfg, as root: {_one_line(plan.title)}"]
    lines += [f"#   {_verb(change)} {_one_line(change.label)}" for change in files]
    lines += ["", _HEAD]
    lines.append(f"count={len(files)}")
    lines += [f"path_{number}={_quote(_path(change))}" for number, change in enumerate(files, 1)]
    lines += [f"check {number} '{_digest(change.before)}' '{_digest(change.after)}'" for number, change in enumerate(files, 1)]
    for number, change in enumerate(files, 1):
        lines += ["", f'if [ -z "${{done_{number}:-}}" ]; then # {_verb(change)} {_one_line(change.label)}']
        if change.after is not None:
            lines += _content(number, change.after)
            if change.mode is not None:
                lines.append(f'chmod {change.mode:o} "$new_{number}"')
        lines += [f"backup {number}", "fi"]
    lines += ["", "sync"]
    for number, change in enumerate(files, 1):
        lines.append(f"[ -n \"${{done_{number}:-}}\" ] || commit {number} '{_digest(change.before)}' '{_digest(change.after)}'")
    lines += ["sync", "finish 0", ""]
    return "\n".join(lines)


def _content(number: int, data: bytes) -> list[str]:
    """The bytes as a person can read them where they are plain text, else as base64."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = "\x00"
    plain = text.endswith("\n") and all(sign.isprintable() or sign in "\n\t" for sign in text)
    end = "WSLCFG_END"
    if plain and end not in text.split("\n"):
        return [f"stage {number} <<'{end}'", text + end]
    if not data:
        return [f"stage {number} </dev/null"]
    code = base64.b64encode(data).decode()
    rows = [code[start : start + 76] for start in range(0, len(code), 76)]
    # A pipe would run `stage` in a shell of its own, where its variables are lost; a substitution would lose NULs and line ends.
    return [f"stage {number} </dev/null", f'base64 -d >"$new_{number}" <<\'{end}\' || put_back "No space."', *rows, end]


def _path(change: FileChange) -> str:
    if not change.path.startswith("/") or any(sign in change.path for sign in "\n\r\0"):
        raise Refused(
            f"{change.path!r} is no path that a script can be trusted with.", "Use an absolute path without line breaks.", code="bad-path"
        )
    return change.path


def _verb(change: FileChange) -> str:
    return "remove" if change.after is None else "make" if change.before is None else "change"


def _quote(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _one_line(text: str) -> str:
    """Safe inside a comment."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def _digest(data: bytes | None) -> str:
    return "" if data is None else hashlib.sha256(data).hexdigest()
