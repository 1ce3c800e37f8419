"""Think: what a saved plan was made from, as a digest. In a module of its own, because hashlib loads OpenSSL and most plans are never saved."""

from __future__ import annotations

from hashlib import sha256

from wslcfg.model.facts import Machine


def facts_digest(machine: Machine) -> str:
    """sha256 (hex) over the facts that decide a plan and do not change by the hour: RAM, processors, policies, profile folder, build."""
    host = machine.host
    policies = None if host.policies.value is None else sorted(host.policies.value.items())
    facts = (host.ram.value, host.processors.value, policies, host.profile.value, host.build.value)
    return sha256(repr(facts).encode()).hexdigest()
