"""All that a fault can strike: the servers, the network before them, the service, its clients."""

import random
import shutil
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from tests.faults.clients import Connection, Crowd
from tests.faults.journal import Asked, Journal, Told
from tests.faults.proxy import Proxy
from tests.faults.servers import DATABASE, ReplicaSet, Standalone
from tests.faults.service import Service

CLIENTS = 8


class Stage:
    """Use it in a `with`: whatever it has started ends with it."""

    def __init__(
        self,
        *,
        replicated: bool = False,
        proxied: bool = False,
        hooks: Mapping[str, str] | None = None,
        seed: int = 1,
        keyless_retry: bool = False,
        data: Path | None = None,
    ) -> None:
        self.random = random.Random(seed)
        self.journal = Journal()
        self.folder = Path(tempfile.mkdtemp(prefix="wallet-stage-"))
        self.db: ReplicaSet | Standalone = ReplicaSet() if replicated else Standalone(data)
        self.proxy: Proxy | None = None
        uri = self.db.uri
        try:
            if proxied:
                self.proxy = Proxy(self.db.members[0].port, seed)
                uri = f"mongodb://127.0.0.1:{self.proxy.port}/{DATABASE}"
            # A hook that names a file means one of this stage's own.
            named = {k: v.format(folder=self.folder) for k, v in (hooks or {}).items()}
            self.service = Service(uri, self.folder / "service.log", named)
            self.service.start()
            self.service.wait()
            self.crowd = Crowd(self.service.port, self.journal, seed, keyless_retry=keyless_retry)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "Stage":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if hasattr(self, "crowd"):
            self.crowd.stop()
        if hasattr(self, "service"):
            self.service.kill_tree()
        if self.proxy is not None:
            self.proxy.close()
        self.db.close()
        if not self.journal.violations:
            shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, seconds: float) -> None:
        """Let the clients live."""
        time.sleep(seconds)

    def ask(self, key: str, cents: int, patience: float = 20, user: int = 0) -> Told | None:
        """One withdrawal of the user's, beside the crowd's own."""
        body = {"amount": cents / 100, "destination": "bank"}
        known = [asked for asked in self.journal.asked if asked.key == key]
        asked = known[0] if known else self.journal.asks(Asked(user, "/withdrawals", body, key))
        return self.crowd.send(Connection(self.service.port, patience), asked)
