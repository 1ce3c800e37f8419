"""Read wslcfg's session backups without wslcfg: `python3 read_store.py STORE` lists, `python3 read_store.py STORE DIR` extracts all.

It reads the packs alone (docs/store-format.md) and needs zstd: Python 3.14, or `pip install backports.zstd`. Each file gets its newest version,
older ones that were rewritten get the name of their chain behind theirs. Nothing in DIR is replaced.
"""

from __future__ import annotations

import hashlib
import json
import sys
import zlib
from pathlib import Path

store = Path(sys.argv[1])
chains: dict[tuple[str, str], list[tuple[dict, Path, int]]] = {}  # type: ignore[type-arg]
for pack in sorted(store.glob("packs/*.pack")):
    with open(pack, "rb") as file:
        while line := file.readline():  # CRC32 JSON; what is damaged is passed over
            try:
                frame = json.loads(line[9:]) if int(line[:8], 16) == zlib.crc32(line[9:-1]) else {}
            except ValueError:
                continue
            if "path" in frame:
                chains.setdefault((frame["path"], frame["chain"]), []).append((frame, pack, file.tell()))
                file.seek(frame["stored"] + 1, 1)
newest: dict[str, tuple[str, str]] = {}
for (path, chain), found in chains.items():
    newest[path] = max(newest.get(path, ("", "")), (max(frame["run"] for frame, _, _ in found), chain))
for (path, chain), found in sorted(chains.items()):
    name = path if newest[path][1] == chain else f"{path}.{chain}"
    data, run = b"", ""
    for frame, pack, at in sorted(found, key=lambda one: (one[0]["offset"], [-ord(sign) for sign in one[0]["run"]], -one[0]["length"])):
        if frame["offset"] == len(data) and frame["run"] >= run and frame["length"]:
            with open(pack, "rb") as file:
                file.seek(at)
                piece = file.read(frame["stored"])
            if frame["codec"] == "zstd":
                try:
                    from compression import zstd  # type: ignore[import-not-found]
                except ImportError:
                    from backports import zstd
                piece = zstd.decompress(piece)
            piece = zlib.decompress(piece) if frame["codec"] == "zlib" else piece
            if hashlib.sha256(piece).hexdigest() != frame["sha256"]:
                print(f"damaged: {name} from byte {len(data)}", file=sys.stderr)
                break
            data, run = data + piece, frame["run"]
    print(f"{len(data):>12} {run} {name}")
    if len(sys.argv) > 2 and data:
        target = Path(sys.argv[2]) / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with open(target, "xb") as file:
            file.write(data)
