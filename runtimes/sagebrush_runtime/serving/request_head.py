"""Parse the head of an HTTP/1 request (RFC 9112), strictly: laxness lets requests be smuggled."""
from sagebrush_runtime.serving.answer import RequestRefused
from sagebrush_runtime.serving.settings import HEADER_COUNT_MAX


class RequestHead:
    """Method, path and headers of one request, and how its body is framed."""

    __slots__ = (
        "method", "path", "headers", "is_http_10", "keep_alive",
        "body_bytes", "is_chunked", "expects_continue", "content_type", "accept",
    )


def parse_request_head(raw, body_bytes_max):
    """Parse what stands before the empty line.

    @throws RequestRefused 400, 413, 417, 501 or 505
    """
    lines = raw.decode("latin-1").split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3 or not words[0].isalpha():
        raise RequestRefused(400, "The request line is malformed")
    head = RequestHead()
    head.method = words[0]
    head.path = words[1].partition("?")[0]
    if words[2] not in ("HTTP/1.1", "HTTP/1.0"):
        raise RequestRefused(505, "The HTTP version is neither 1.1 nor 1.0")
    head.is_http_10 = words[2] == "HTTP/1.0"
    head.headers = headers = _parse_headers(lines)
    connection = headers.get("connection", "").lower()
    if head.is_http_10:
        head.keep_alive = connection == "keep-alive"
    else:
        head.keep_alive = "close" not in connection
    _frame_body(head, body_bytes_max)
    # AWS's Flask stack also knows the header without its dash.
    head.content_type = headers.get("contenttype") or headers.get("content-type")
    head.accept = headers.get("accept")
    return head


def _parse_headers(lines):
    if len(lines) > HEADER_COUNT_MAX:
        raise RequestRefused(431, "The request has more than %d headers" % HEADER_COUNT_MAX)
    headers = {}
    for index in range(1, len(lines)):
        line = lines[index]
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip() or "\n" in line or "\r" in line:
            raise RequestRefused(400, "A header line is malformed")
        name = name.lower()
        value = value.strip(" \t")
        if name in headers:
            if name in ("content-length", "transfer-encoding") or not value:
                raise RequestRefused(400, "The header %s is repeated" % name)
            value = "%s, %s" % (headers[name], value)
        headers[name] = value
    return headers


def _frame_body(head, body_bytes_max):
    headers = head.headers
    head.is_chunked = False
    head.body_bytes = 0
    length = headers.get("content-length")
    coding = headers.get("transfer-encoding")
    if coding is not None:
        if length is not None:
            raise RequestRefused(400, "Content-Length and Transfer-Encoding exclude each other")
        if coding.lower() != "chunked" or head.is_http_10:
            raise RequestRefused(501, "The transfer coding is not chunked")
        head.is_chunked = True
    elif length is not None:
        if not (length.isascii() and length.isdigit()):
            raise RequestRefused(400, "Content-Length is not a number")
        head.body_bytes = int(length)
        if head.body_bytes > body_bytes_max:
            raise RequestRefused(413, "The body is larger than %d bytes" % body_bytes_max)
    expectation = headers.get("expect", "").lower()
    if expectation not in ("", "100-continue"):
        raise RequestRefused(417, "The expectation is not 100-continue")
    head.expects_continue = bool(expectation) and not head.is_http_10
