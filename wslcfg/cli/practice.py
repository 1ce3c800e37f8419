"""The recorded machine that `--machine` names. What was found is not kept on it: looking and dry runs leave its folder as it is."""

from __future__ import annotations

from wslcfg.host.recorded import RecordedHost


class PracticeHost(RecordedHost):
    """A recorded machine (see `host.recorded`) whose facts are looked up anew in each call; its Windows answers at once, from its folder."""

    def write(self, path: str, data: bytes, *, mode: int | None = None, if_digest: str | None = None) -> None:
        """See RecordedHost; the facts of this boot (`machine.cache`) are dropped."""
        if not path.endswith("/wslcfg/host.json"):
            super().write(path, data, mode=mode, if_digest=if_digest)
