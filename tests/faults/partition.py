"""Cut one member of a replica set off from the others, but not from its clients."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tests.faults.servers import Mongod

TABLE = f"wallet_faults_{os.getpid()}"
"""Of this run alone: another one beside it must not lift our partition."""


@contextmanager
def cut_off(member: Mongod, others: Sequence[Mongod]) -> Iterator[None]:
    """By the users that the members run as. Needs root and nftables."""
    if shutil.which("nft") is None:
        raise RuntimeError("Without nftables nothing can be cut off (Debian: apt install nftables)")
    ports = ", ".join(str(other.port) for other in others)
    users = ", ".join(str(other.user_id) for other in others)
    rules = f"""
        table inet {TABLE} {{
            chain output {{
                type filter hook output priority 0;
                meta skuid {member.user_id} tcp dport {{ {ports} }} drop
                meta skuid {{ {users} }} tcp dport {member.port} drop
            }}
        }}
    """
    subprocess.run(["nft", "-f", "-"], input=rules.encode(), check=True)
    try:
        yield
    finally:
        subprocess.run(["nft", "delete", "table", "inet", TABLE], check=True)
