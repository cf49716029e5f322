"""A WSGI application that answers in every way that the standard has, and in some it forbids."""

import tempfile
from collections.abc import Callable, Iterator
from typing import Any

HELLO = b"hello, world"
BIG = b"0123456789abcdef" * 65_536

Start = Callable[..., Any]
Environ = dict[str, Any]


def app(environ: Environ, start: Start) -> Any:
    return globals()[environ["PATH_INFO"].removeprefix("/")](environ, start)


def _began(start: Start, *headers: tuple[str, str], status: str = "200 OK") -> None:
    start(status, [("Content-Type", "text/plain"), *headers])


def _file(content: bytes, position: int = 0) -> Any:
    file = tempfile.TemporaryFile()  # noqa: SIM115
    file.write(content)
    file.seek(position)
    return file


def file_of_known_length(environ: Environ, start: Start) -> Any:
    _began(start, ("Content-Length", str(len(BIG))))
    return environ["wsgi.file_wrapper"](_file(BIG), 8192)


def file_of_unknown_length(environ: Environ, start: Start) -> Any:
    _began(start)
    return environ["wsgi.file_wrapper"](_file(BIG), 8192)


def file_from_its_middle(environ: Environ, start: Start) -> Any:
    _began(start, ("Content-Length", "5"))
    return environ["wsgi.file_wrapper"](_file(HELLO, 7), 8192)


def empty_file(environ: Environ, start: Start) -> Any:
    _began(start, ("Content-Length", "0"))
    return environ["wsgi.file_wrapper"](_file(b""), 8192)


def whole(environ: Environ, start: Start) -> Any:
    _began(start, ("Content-Length", str(len(HELLO))))
    return [HELLO]


def pieces(environ: Environ, start: Start) -> Iterator[bytes]:
    _began(start)
    yield from (b"", b"hello", b"", b", ", b"world")


def pieces_of_known_length(environ: Environ, start: Start) -> Iterator[bytes]:
    _began(start, ("Content-Length", str(len(HELLO))))
    yield from (b"", b"hello", b"", b", ", b"world")


def written(environ: Environ, start: Start) -> Any:
    write = start("200 OK", [("Content-Type", "text/plain")])
    write(b"hello")
    write(b", world")
    return []


def nothing(environ: Environ, start: Start) -> Any:
    _began(start, ("Content-Length", "0"))
    return []


def nothing_of_unknown_length(environ: Environ, start: Start) -> Any:
    _began(start)
    return []


def no_content(environ: Environ, start: Start) -> Any:
    start("204 No Content", [("Content-Length", "12")])
    return [HELLO]


def not_modified(environ: Environ, start: Start) -> Any:
    start("304 Not Modified", [("ETag", '"x"')])
    return [HELLO]


def too_much(environ: Environ, start: Start) -> Any:
    _began(start, ("Content-Length", str(len(HELLO))))
    return [HELLO, b"HTTP/1.1 200 OK\r\n\r\n"]


def too_little(environ: Environ, start: Start) -> Any:
    _began(start, ("Content-Length", "500"))
    return [HELLO]


def breaks_before_its_first_piece(environ: Environ, start: Start) -> Iterator[bytes]:
    _began(start)
    raise RuntimeError("secret")
    yield HELLO


def breaks_after_its_first_piece(environ: Environ, start: Start) -> Iterator[bytes]:
    _began(start)
    yield HELLO
    raise RuntimeError("secret")


def no_bytes(environ: Environ, start: Start) -> Any:
    _began(start)
    return ["text"]


def never_starts(environ: Environ, start: Start) -> Any:
    return [HELLO]


def splits_its_header(environ: Environ, start: Start) -> Any:
    _began(start, ("X-A", "a\r\nX-Evil: 1"))
    return [HELLO]


def raises(environ: Environ, start: Start) -> Any:
    raise RuntimeError("secret")


def repeated(environ: Environ, start: Start) -> Any:
    _began(start)
    return [repr(environ["wallet_api.repeated_headers"]).encode()]
