"""A network between the service and its database that loses, delays and cuts."""

import random
import socket
import threading
import time
from contextlib import suppress

from tests.faults.servers import free_port


class Proxy:
    """Forwards bytes to `target`; does harm only while told to."""

    def __init__(self, target: int, seed: int) -> None:
        self.port = free_port()
        self.cut_replies = 0.0
        """The share of replies that are lost, with their connection, after the server has acted."""
        self.delay_seconds = 0.0
        """The longest that a packet is held back."""
        self._target = target
        self._random = random.Random(seed)
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                try:
                    server = socket.create_connection(("127.0.0.1", self._target), timeout=5)
                except OSError:
                    client.close()
                    continue
                server.settimeout(None)
                for source, sink, is_reply in ((client, server, False), (server, client, True)):
                    threading.Thread(
                        target=self._forward, args=(source, sink, is_reply), daemon=True
                    ).start()

    def _forward(self, source: socket.socket, sink: socket.socket, is_reply: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                if self.delay_seconds:
                    time.sleep(self._random.uniform(0, self.delay_seconds))
                if is_reply and self._random.random() < self.cut_replies:
                    break
                sink.sendall(data)
        for side in (source, sink):
            with suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)
            side.close()
