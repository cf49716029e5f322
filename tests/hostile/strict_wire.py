"""An answer's bytes as a strict client reads them: what is not exactly right fails the test."""

import re
from typing import NamedTuple

_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-5]\d\d) [ -~]+")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)")
_CHUNK_SIZE = re.compile(rb"[0-9A-F]{1,8}")
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")

# RFC 9110 lets these come several times.
_LISTS = {"vary", "allow", "link", "set-cookie"}


class StrictAnswer(NamedTuple):
    minor_version: int
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def closes(self) -> bool:
        return self.headers["connection"] == "close"


def first_answer(raw: bytes, *, to: str = "GET") -> tuple[StrictAnswer, bytes]:
    """The answer to a request of this method, and the bytes after it."""
    head, end, rest = raw.partition(b"\r\n\r\n")
    assert end, f"no end of the head in {raw[:200]!r}"
    status_line, *lines = head.split(b"\r\n")
    found = _STATUS_LINE.fullmatch(status_line)
    assert found, f"no status line: {status_line[:200]!r}"
    minor_version, status = int(found[1]), int(found[2])
    headers = _headers(lines)
    if to == "HEAD" or status in (204, 304):
        assert "transfer-encoding" not in headers
        body = b""
    else:
        body, rest = _body(headers, rest, minor_version)
    _assert_content_type_is_one(headers, body)
    if status == 206:
        _assert_range_is_of(body, headers, to)
    return StrictAnswer(minor_version, status, headers, body), rest


def _headers(lines: list[bytes]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        found = _HEADER.fullmatch(line)
        assert found, f"no header: {line!r}"
        name, value = found[1].decode().lower(), found[2].decode("latin-1").strip()
        assert name not in headers or name in _LISTS, f"{name} comes twice"
        headers[name] = value
    assert headers["connection"] in ("close", "keep-alive")
    return headers


def _body(headers: dict[str, str], rest: bytes, minor_version: int) -> tuple[bytes, bytes]:
    if "transfer-encoding" in headers:
        assert minor_version == 1
        assert headers["transfer-encoding"] == "chunked"
        assert "content-length" not in headers
        return _unchunked(rest)
    if "content-length" in headers:
        length = int(headers["content-length"])
        assert len(rest) >= length, f"{len(rest)} bytes of {length}"
        return rest[:length], rest[length:]
    assert headers["connection"] == "close", "nothing says where the body ends"
    return rest, b""


def _unchunked(rest: bytes) -> tuple[bytes, bytes]:
    body = b""
    while True:
        size, end, rest = rest.partition(b"\r\n")
        assert end, "the last chunk is missing"
        assert _CHUNK_SIZE.fullmatch(size), f"no size of a chunk: {size[:50]!r}"
        length = int(size, 16)
        chunk, after, rest = rest[:length], rest[length : length + 2], rest[length + 2 :]
        assert len(chunk) == length
        assert after == b"\r\n"
        body += chunk
        if length == 0:
            return body, rest


def _assert_content_type_is_one(headers: dict[str, str], body: bytes) -> None:
    content_type = headers.get("content-type", "")
    assert content_type or not body
    assert content_type.lower().count("charset=") <= 1, content_type


def _assert_range_is_of(body: bytes, headers: dict[str, str], to: str) -> None:
    found = _RANGE.fullmatch(headers["content-range"])
    assert found, headers["content-range"]
    first, last, whole = map(int, found.groups())
    assert first <= last < whole
    assert to == "HEAD" or len(body) == last - first + 1
    assert int(headers["content-length"]) == last - first + 1
