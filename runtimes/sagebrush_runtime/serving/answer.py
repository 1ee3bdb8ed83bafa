"""What a handler gives back to the HTTP server, and the errors it may raise instead."""
import json


class Answer:
    """One HTTP answer.

    @param body bytes, or an iterator of bytes or str that is sent piece by piece as it comes
    @param headers further headers as pairs of str
    """

    __slots__ = ("status", "content_type", "body", "headers")

    def __init__(self, status, content_type, body, headers=()):
        self.status = status
        self.content_type = content_type
        self.body = body
        self.headers = headers


class StartedIterator:
    """An iterator whose first piece is already there, so that a fault before it is an error answer.

    @throws whatever the iterator raises for its first piece; StopIteration when it has none
    """

    def __init__(self, iterator):
        self._iterator = iterator
        self._first = [next(iterator)]

    def __iter__(self):
        return self

    def __next__(self):
        return self._first.pop() if self._first else next(self._iterator)

    def close(self):
        close = getattr(self._iterator, "close", None)
        if close is not None:
            close()


class RequestRefused(Exception):
    """The request gets this status and text; nothing is written to the log."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status

    def to_answer(self):
        return Answer(self.status, "text/plain", str(self).encode("utf-8"))


class UnsupportedContentType(RequestRefused):
    """415: there is no decoder for the request's content type."""

    def __init__(self, content_type, status=415):
        super().__init__(
            status,
            "Content type %s is not supported by this framework.\n\n"
            "Please implement input_fn to to deserialize the request data or an output_fn to\n"
            "serialize the response. For more information, see the SageMaker Python SDK README."
            % content_type,
        )

    def to_answer(self):
        return error_answer(self.status, "UnsupportedFormatError", str(self))


class UnsupportedAccept(UnsupportedContentType):
    """406: there is no encoder for what the client accepts."""

    def __init__(self, accept):
        super().__init__(accept, status=406)


def error_answer(status, name, message):
    """A JSON body with the members that AWS's Flask stack uses."""
    body = json.dumps({"error": name, "error-message": message}).encode("utf-8")
    return Answer(status, "application/json", body)
