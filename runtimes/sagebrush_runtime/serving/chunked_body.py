"""Read a request body in the chunked transfer coding (RFC 9112, section 7.1) as it arrives."""
from sagebrush_runtime.serving.answer import RequestRefused

LINE_BYTES_MAX = 1024
TRAILER_BYTES_MAX = 8 * 1024


class ChunkedBody:
    """Fed with what arrives; `body` is the whole once `is_complete`."""

    def __init__(self, body_bytes_max):
        self.body = bytearray()
        self.is_complete = False
        self._bytes_max = body_bytes_max
        self._pending = b""
        self._chunk_bytes_left = 0
        self._is_after_chunk = False
        self._is_trailer = False
        self._trailer_bytes = 0

    def feed(self, data):
        """Take in `data`. Returns what comes after the body.

        @throws RequestRefused 400 when the coding is wrong, 413 when the body is too large
        """
        data = self._pending + data
        self._pending = b""
        while data and not self.is_complete:
            if self._chunk_bytes_left:
                piece = data[:self._chunk_bytes_left]
                self.body += piece
                self._chunk_bytes_left -= len(piece)
                self._is_after_chunk = not self._chunk_bytes_left
                data = data[len(piece):]
                continue
            end = data.find(b"\r\n")
            if end < 0:
                if len(data) > LINE_BYTES_MAX:
                    raise RequestRefused(400, "A chunk's size line is too long")
                self._pending = data
                return b""
            self._take_line(data[:end])
            data = data[end + 2:]
        return data

    def _take_line(self, line):
        if self._is_trailer:
            self._trailer_bytes += len(line)
            if self._trailer_bytes > TRAILER_BYTES_MAX:
                raise RequestRefused(400, "The trailer is too long")
            self.is_complete = not line
        elif self._is_after_chunk:
            if line:
                raise RequestRefused(400, "A chunk is longer than its size line says")
            self._is_after_chunk = False
        else:
            self._begin_chunk(line.partition(b";")[0].strip())

    def _begin_chunk(self, digits):
        if not digits or len(digits) > 15 or digits.strip(b"0123456789abcdefABCDEF"):
            raise RequestRefused(400, "A chunk's size is not a hexadecimal number")
        self._chunk_bytes_left = int(digits, 16)
        self._is_trailer = not self._chunk_bytes_left
        if len(self.body) + self._chunk_bytes_left > self._bytes_max:
            raise RequestRefused(413, "The body is larger than %d bytes" % self._bytes_max)
