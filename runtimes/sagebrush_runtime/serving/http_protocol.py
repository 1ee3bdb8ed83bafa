"""One HTTP/1.1 connection: frame requests, hand them on one at a time, write the answers.

A client may pipeline; a request is looked at only when the one before it has been answered.
"""
import asyncio
import json

from sagebrush_runtime.serving import response_head, settings
from sagebrush_runtime.serving.answer import Answer, RequestRefused
from sagebrush_runtime.serving.chunked_body import ChunkedBody
from sagebrush_runtime.serving.request_head import parse_request_head
from sagebrush_runtime.serving.streaming import AnswerStream

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
PING = Answer(200, "application/json", b"")
METHODS = {"/ping": "GET", "/invocations": "POST", "/execution-parameters": "GET"}


class HttpProtocol(asyncio.Protocol):
    """@param worker what answers: see `worker.Worker`"""

    def __init__(self, worker):
        self._worker = worker
        self._bytes_max = worker.body_bytes_max
        self._transport = None
        self._ahead = b""
        self._head = None
        self._raw_head = None
        self._body = None
        self._chunks = None
        self._is_answering = False
        self._stream = None

    @property
    def is_idle(self):
        """Between two requests."""
        return not (self._is_answering or self._body is not None or self._chunks or self._ahead)

    def close(self):
        self._transport.close()

    def connection_made(self, transport):
        self._transport = transport
        self._worker.add_connection(self)

    def connection_lost(self, error):
        self._worker.remove_connection(self)
        if self._stream is not None:
            self._stream.abandon()

    def eof_received(self):
        # A client that has only closed its own direction still waits for its answer.
        return self._is_answering

    def pause_writing(self):
        if self._stream is not None:
            self._stream.pause()

    def resume_writing(self):
        if self._stream is not None:
            self._stream.resume()

    def data_received(self, data):
        if self._ahead:
            data = self._ahead + data
            self._ahead = b""
        if self._is_answering:
            self._keep_ahead(data)
        else:
            self._consume(data)

    def _keep_ahead(self, data):
        self._ahead = data
        if len(data) > settings.READ_AHEAD_BYTES_MAX:
            self._transport.pause_reading()

    def _consume(self, data):
        try:
            while data and not self._is_answering and not self._transport.is_closing():
                data = self._take(data)
        except RequestRefused as refusal:
            # Where the next request begins is not known any more.
            self._write(refusal.to_answer(), keep_alive=False)
            return
        if data:
            self._keep_ahead(data)

    def _take(self, data):
        if self._body is not None:
            missing = self._head.body_bytes - len(self._body)
            self._body += data[:missing]
            if len(self._body) == self._head.body_bytes:
                body, self._body = bytes(self._body), None
                self._dispatch(body)
            return data[missing:]
        if self._chunks is not None:
            data = self._chunks.feed(data)
            if self._chunks.is_complete:
                body, self._chunks = bytes(self._chunks.body), None
                self._dispatch(body)
            return data
        return self._take_head(data)

    def _take_head(self, data):
        end = data.find(b"\r\n\r\n")
        if end < 0 or end > settings.HEAD_BYTES_MAX:
            if len(data) > settings.HEAD_BYTES_MAX:
                raise RequestRefused(431, "The head is larger than 64 KiB")
            self._ahead = data
            return b""
        raw = data[:end]
        # A client that keeps its connection mostly sends the same head again.
        if raw != self._raw_head:
            self._head = parse_request_head(raw, self._bytes_max)
            self._raw_head = raw
        head = self._head
        body_end = end + 4 + head.body_bytes
        if not head.is_chunked and len(data) >= body_end:
            self._dispatch(data[end + 4:body_end])
            return data[body_end:]
        if head.expects_continue and len(data) == end + 4:
            self._transport.write(CONTINUE)
        if head.is_chunked:
            self._chunks = ChunkedBody(self._bytes_max)
        else:
            self._body = bytearray()
        return data[end + 4:]

    def _dispatch(self, body):
        head = self._head
        if head.path == "/invocations" and head.method == "POST" or self._is_of_models(head):
            self._is_answering = True
            self._worker.predict(head, body, self._finish)
        elif head.path == "/ping" and head.method == "GET":
            self._write(PING)
        else:
            self._write(self._other_answer(head))

    def _is_of_models(self, head):
        return self._worker.serves_models and head.path.startswith("/models")

    def _other_answer(self, head):
        method = METHODS.get(head.path)
        if method is None:
            return RequestRefused(404, "There is no %s here" % head.path).to_answer()
        if method != head.method:
            answer = RequestRefused(405, "%s takes %s" % (head.path, method)).to_answer()
            answer.headers = (("Allow", method),)
            return answer
        body = json.dumps(self._worker.execution_parameters()).encode("utf-8")
        return Answer(200, "application/json", body)

    def _finish(self, answer):
        """The prediction is there. Called in the loop's thread, perhaps before predict returns."""
        self._is_answering = False
        if self._transport.is_closing():
            # The client has gone; the worker may have waited for this prediction alone.
            self._worker.stop_when_drained()
            return
        if isinstance(answer.body, bytes):
            self._write(answer)
        else:
            self._is_answering = True
            self._stream = AnswerStream(
                answer, self._head, self._transport, self._worker, self._end_stream
            )
            return
        self._go_on()

    def _end_stream(self):
        self._stream = None
        self._is_answering = False
        if not self._head.keep_alive or self._head.is_http_10 or self._worker.is_draining:
            self._transport.close()
        self._go_on()

    def _go_on(self):
        """Turn to what the client has sent meanwhile."""
        if self._ahead and not self._transport.is_closing():
            data, self._ahead = self._ahead, b""
            self._transport.resume_reading()
            self._consume(data)

    def _write(self, answer, keep_alive=None):
        if keep_alive is None:
            keep_alive = self._head.keep_alive and not self._worker.is_draining
        is_http_10 = self._head is not None and self._head.is_http_10
        self._transport.write(response_head.whole(answer, keep_alive, is_http_10))
        if not keep_alive:
            self._transport.close()
