"""Act: where restic's password and keys come from. None of them ever stands in an argument list, which everybody on the machine can read."""

from __future__ import annotations

import base64
import os

from wslcfg.errors import Refused, Unreadable
from wslcfg.host import atomic

# Of a file with keys for the repository's place; another name would change how restic works.
_ALLOWED = (
    *("AWS_", "B2_", "AZURE_", "GOOGLE_", "OS_", "ST_", "RCLONE_", "RESTIC_REST_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"),
    *("http_proxy", "https_proxy", "no_proxy"),
)


class Secret:
    """Password and keys of a repository.

    Attributes:
        password_file: absolute path; made with 32 random bytes where it does not exist. password_command: prints the password instead.
        keys_file: `KEY=VALUE` lines (AWS_ACCESS_KEY_ID …), '' for none.
    """

    def __init__(self, password_file: str, *, password_command: str = "", keys_file: str = "") -> None:
        self.password_file = password_file
        self.password_command = password_command or os.environ.get("RESTIC_PASSWORD_COMMAND", "")
        self.keys_file = keys_file

    def env(self) -> dict[str, str]:
        """What restic is told through its environment. Raises Unreadable, Unreachable, Refused: the file with the keys."""
        how = {"RESTIC_PASSWORD_COMMAND": self.password_command, "RESTIC_PASSWORD_FILE": ""}
        if not self.password_command:
            how = {"RESTIC_PASSWORD_COMMAND": "", "RESTIC_PASSWORD_FILE": self.password_file}
        return {"RESTIC_PASSWORD": "", **how, **self._keys()}

    @property
    def lacking(self) -> bool:
        """Whether there is neither a command nor a file for the password."""
        return not self.password_command and not os.path.exists(self.password_file)

    def make(self) -> str:
        """Make the password file where it is needed and not there.

        Returns: what the person must know of it, '' when nothing was made. Raises Unreachable.
        """
        if not self.lacking:
            return ""
        atomic.replace(self.password_file, base64.b64encode(os.urandom(32)) + b"\n", mode=0o600, if_digest="")
        return (
            f"The password of the backups is new and lies in {self.password_file}: keep a copy elsewhere, for losing it loses the backups."
        )

    def take_back(self) -> None:
        """Remove a password that `make` has just made and that locked nothing."""
        atomic.remove(self.password_file)

    def _keys(self) -> dict[str, str]:
        if not self.keys_file:
            return {}
        try:
            with open(self.keys_file, encoding="utf-8") as file:
                lines = file.read().splitlines()
            open_to_others = os.stat(self.keys_file).st_mode & 0o077
        except UnicodeDecodeError as error:
            raise Unreadable(f"{self.keys_file} is no text.", "Write KEY=VALUE lines into it.", code="keys-file") from error
        except OSError as error:
            raise atomic.unreachable(error, self.keys_file, "read") from error
        if open_to_others:
            raise Refused(f"{self.keys_file} holds keys and others may read it.", f"Run: chmod 600 {self.keys_file}", code="keys-file-open")
        found = {}
        for line in lines:
            key, sign, value = line.strip().removeprefix("export ").partition("=")
            if not sign or key.startswith("#"):
                continue
            if not key.startswith(_ALLOWED):
                raise Refused(
                    f"{self.keys_file} sets {key}, which is no key of a repository's place.", "Take that line out.", code="keys-file"
                )
            found[key] = value.strip().strip("'\"")
        return found
