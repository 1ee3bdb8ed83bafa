"""The bytes of an answer's head."""
import functools
from http import HTTPStatus


@functools.lru_cache(maxsize=256)
def _status_and_type(status, content_type):
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    lines = ["HTTP/1.1 %d %s" % (status, phrase)]
    if content_type:
        if content_type.startswith("text/") and "charset" not in content_type:
            content_type += "; charset=utf-8"
        lines.append("Content-Type: " + _one_line(content_type))
    return ("\r\n".join(lines) + "\r\n").encode("latin-1", "replace")


def _one_line(value):
    return str(value).replace("\r", " ").replace("\n", " ")


def whole(answer, keep_alive, is_http_10=False):
    """Head and body of an answer whose body is there."""
    body = answer.body
    # 204 and 304 have neither a body nor a length.
    if answer.status in (204, 304):
        length, body = b"", b""
    else:
        length = b"Content-Length: %d\r\n" % len(body)
    return b"%b%b%b%b\r\n%b" % (
        _status_and_type(answer.status, answer.content_type),
        length,
        _further_headers(answer.headers) if answer.headers else b"",
        _connection(keep_alive, is_http_10),
        body,
    )


def of_stream(answer, keep_alive, is_http_10):
    """The head of an answer that comes in pieces: chunked, or up to the end of the connection."""
    return b"%b%b%b%b\r\n" % (
        _status_and_type(answer.status, answer.content_type),
        b"" if is_http_10 else b"Transfer-Encoding: chunked\r\n",
        _further_headers(answer.headers),
        _connection(keep_alive and not is_http_10, is_http_10),
    )


def _further_headers(headers):
    lines = ("%s: %s\r\n" % (_one_line(name), _one_line(value)) for name, value in headers)
    return "".join(lines).encode("latin-1", "replace")


def _connection(keep_alive, is_http_10):
    if not keep_alive:
        return b"Connection: close\r\n"
    return b"Connection: keep-alive\r\n" if is_http_10 else b""
