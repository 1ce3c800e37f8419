"""Think: the digest of a profile. In a module of its own, because hashlib loads OpenSSL and most commands need no digest."""

from __future__ import annotations

from hashlib import sha256

from wslcfg.model.profile import Profile


def digest(profile: Profile) -> str:
    """sha256 (hex) over the texts of the profile and of everything it extends, each behind its length."""
    whole = sha256()
    for text in profile.texts:
        whole.update(len(text).to_bytes(8, "big") + text)
    return whole.hexdigest()
