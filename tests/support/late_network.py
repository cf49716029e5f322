"""A network that delivers a command after the driver has given it up and sent it again."""

import socket
import threading
from contextlib import suppress

from tests.faults.servers import free_port

SOON = 20.0


class LateNetwork:
    """Forwards messages to the mongod at `target`, and holds one of them back if told to."""

    def __init__(self, target: int) -> None:
        self.port = free_port()
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._lock = threading.Lock()
        self._word: bytes | None = None
        self._held: tuple[socket.socket, bytes] | None = None
        self._executed = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def hold(self, word: str) -> None:
        """Keep the next message that has the word in it, and cut its sender's connection."""
        self._word = word.encode()

    def deliver(self) -> None:
        """Send the message on; return once the server has executed it, whose answer is lost."""
        assert self._held is not None, "no message was held back"
        server, message = self._held
        server.sendall(message)
        assert self._executed.wait(SOON), "the server has not answered"

    def close(self) -> None:
        self._listener.close()
        if self._held is not None:
            with suppress(OSError):
                self._held[0].shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target), timeout=5)
                server.settimeout(None)
                for way in (self._forward_messages, self._forward_answers):
                    threading.Thread(target=way, args=(client, server), daemon=True).start()

    def _forward_messages(self, client: socket.socket, server: socket.socket) -> None:
        with client, suppress(OSError):
            while message := _message(client):
                if self._is_to_be_held(message):
                    self._held = (server, message)
                    client.shutdown(socket.SHUT_RDWR)
                    return
                server.sendall(message)
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)

    def _forward_answers(self, client: socket.socket, server: socket.socket) -> None:
        with server, suppress(OSError):
            while answer := server.recv(65_536):
                if self._held is not None and self._held[0] is server:
                    self._executed.set()
                    return
                client.sendall(answer)
        with suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)

    def _is_to_be_held(self, message: bytes) -> bool:
        with self._lock:
            if self._word is None or self._word not in message:
                return False
            self._word = None
            return True


def _message(client: socket.socket) -> bytes:
    """The next one; empty where the connection has ended."""
    head = client.recv(4, socket.MSG_WAITALL)
    if len(head) < 4:
        return b""
    return head + client.recv(int.from_bytes(head, "little") - 4, socket.MSG_WAITALL)
