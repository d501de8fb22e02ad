"""One HTTP answer, put together from the bytes that arrive; bounded in size, plain or gzip."""

import zlib

import httptools

from conformance.transport.reply import HASH_HEADER, NUMBER_HEADER

HEAD_BYTES_MAX = 64 * 1024
_GZIP_WINDOW_BITS = 31
_KEPT = {name.lower().encode(): name for name in (NUMBER_HEADER, HASH_HEADER)}
_ENCODING, _LENGTH, _TRANSFER = b"content-encoding", b"content-length", b"transfer-encoding"
_SWITCHING = 101
_FIRST_FINAL_STATUS = 200
_INTERIM_MAX = 10


class HttpAnswer:
    """Takes bytes until an answer is whole, or `problem` says what is wrong with it."""

    def __init__(self, bytes_max: int) -> None:
        """Wait for the first byte of an answer with a body of so many bytes at the most."""
        self.problem = ""
        self.is_whole = False
        self.status = 0
        self.headers: dict[str, str] = {}
        """Those of replicas, under the names of `reply`."""
        self.has_begun = False
        self._bytes_max = bytes_max
        self._parser = httptools.HttpResponseParser(self)
        self._parts: list[bytes] = []
        self._size_bytes = 0
        self._head_bytes = 0
        self._in_head = True
        self._interim = 0
        self._ends_with_connection = True
        self._keeps_alive = False
        self._has_more = False
        self._inflater: zlib._Decompress | None = None

    @property
    def body(self) -> bytes:
        """The body as far as it came, decompressed."""
        return b"".join(self._parts)

    @property
    def leaves_connection_usable(self) -> bool:
        """Whether another question may follow on the same connection."""
        return self.is_whole and self._keeps_alive and not self._has_more and not self._ends_with_connection

    def feed(self, data: bytes) -> None:
        """Take the next bytes; none of them means that the connection has ended."""
        if not data:
            self._end()
            return
        self.has_begun = True
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.problem = self.problem or "it switched to another protocol"
        except httptools.HttpParserError as error:
            if not self.is_whole:
                self.problem = self.problem or f"its answer is not HTTP: {error}"
            self._has_more = True
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES_MAX and not self.is_whole:
                self.problem = self.problem or f"the head of its answer is longer than {HEAD_BYTES_MAX} bytes"

    def _end(self) -> None:
        if self.is_whole or self.problem:
            return
        if not self.has_begun:
            self.problem = "it closed the connection without an answer"
        elif self._in_head or not self._ends_with_connection:
            self.problem = "it closed the connection before the end of its answer"
        else:
            self._finish()

    # What httptools calls, by its own names.

    def on_message_begin(self) -> None:
        """Note what comes behind a whole answer."""
        self._has_more = self.is_whole

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep the few headers that matter."""
        if self.is_whole:
            return
        lower = name.lower()
        if lower in _KEPT:
            self.headers[_KEPT[lower]] = value.decode("latin-1")
        elif lower == _LENGTH or (lower == _TRANSFER and value.strip().lower().endswith(b"chunked")):
            self._ends_with_connection = False
        elif lower == _ENCODING and value.strip().lower() in {b"gzip", b"x-gzip"} and self._inflater is None:
            self._inflater = zlib.decompressobj(_GZIP_WINDOW_BITS)
        elif lower == _ENCODING and value.strip().lower() not in {b"", b"identity"}:
            self.problem = f"its answer is encoded as {value[:40].decode('latin-1')!r}, which was not asked for"

    def on_headers_complete(self) -> None:
        """Take the status."""
        if not self.is_whole:
            self.status = self._parser.get_status_code()
            self._keeps_alive = self._parser.should_keep_alive()
            self._in_head = self.status < _FIRST_FINAL_STATUS

    def on_body(self, data: bytes) -> None:
        """Take a part of the body."""
        if self.problem or self.is_whole:
            return
        room = self._bytes_max - self._size_bytes + 1
        if self._inflater is not None:
            try:
                data = self._inflater.decompress(data, room)
            except zlib.error as error:
                self.problem = f"its answer is said to be gzip and is not: {error}"
                return
        self._size_bytes += len(data)
        if self._size_bytes > self._bytes_max:
            self.problem = f"its answer is longer than {self._bytes_max} bytes"
            return
        self._parts.append(data)

    def on_message_complete(self) -> None:
        """Take an answer for whole, unless it only says that another one comes."""
        if self.is_whole or self.problem:
            return
        if self.status >= _FIRST_FINAL_STATUS or self.status == _SWITCHING:
            self._finish()
            return
        self._interim += 1
        self._ends_with_connection = True
        if self._interim > _INTERIM_MAX:
            self.problem = f"it sent more than {_INTERIM_MAX} interim answers"

    def _finish(self) -> None:
        inflater = self._inflater
        if inflater is not None and self._size_bytes and not inflater.eof:
            self.problem = "its gzip answer ends too early"
        elif inflater is not None and inflater.unused_data:
            self.problem = "there is more behind its gzip answer"
        else:
            self.is_whole = True
