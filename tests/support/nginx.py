"""Debian's nginx before the service, as README advises: it ends TLS and adds X-Forwarded-For."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.faults.servers import free_port

CONFIGURATION = """\
daemon off;
user root;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  upstream wallet_api {{
    server 127.0.0.1:{upstream};
    keepalive 16;
  }}
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header Host $host;
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  proxy_set_header X-Forwarded-Proto $scheme;
  server {{
    listen 127.0.0.1:{port};
    listen 127.0.0.1:{tls_port} ssl;
    ssl_certificate {folder}/certificate.pem;
    ssl_certificate_key {folder}/key.pem;
    location {location}
  }}
}}
"""

# Without a path in proxy_pass, nginx passes the target on as it came.
AT_THE_ROOT = "/ {{ proxy_pass http://wallet_api; }}"
BELOW = "{prefix}/ {{ proxy_pass http://wallet_api/; }}"


@contextmanager
def nginx_before(upstream: int, folder: Path, prefix: str = "") -> Iterator["Nginx"]:
    """A running one, with its files in the folder."""
    nginx = Nginx(folder, upstream, prefix)
    nginx.start()
    try:
        yield nginx
    finally:
        nginx.stop()


class Nginx:
    """A process of its own on two free ports, `port` in the clear and `tls_port` by TLS."""

    def __init__(self, folder: Path, upstream: int, prefix: str = "") -> None:
        self.port, self.tls_port = free_port(), free_port()
        self.certificate = folder / "certificate.pem"
        self.prefix = prefix
        self._folder = folder
        self._configuration = CONFIGURATION.format(
            folder=folder,
            upstream=upstream,
            port=self.port,
            tls_port=self.tls_port,
            location=(BELOW if prefix else AT_THE_ROOT).format(prefix=prefix),
        )
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Of the service behind it, by TLS."""
        return f"https://127.0.0.1:{self.tls_port}{self.prefix}"

    def start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._make_certificate()
        written = self._folder / "nginx.conf"
        written.write_text(self._configuration)
        # Debian has it where only root looks.
        program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
        assert program, "nginx is not installed: apt-get install nginx"
        self._process = subprocess.Popen(
            [program, "-e", self._folder / "error.log", "-c", written],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._wait()

    def _make_certificate(self) -> None:
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=localhost"),
                *("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
                *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
                *("-keyout", self._folder / "key.pem", "-out", self.certificate),
            ],
            check=True,
            capture_output=True,
        )

    def _wait(self, seconds: float = 20) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert self._process is not None
            assert self._process.poll() is None, (self._folder / "error.log").read_text()
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.tls_port), 5):
                return
            time.sleep(0.05)
        raise RuntimeError(f"nginx does not listen, see {self._folder}/error.log")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)
