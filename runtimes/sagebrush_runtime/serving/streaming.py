"""Send an answer piece by piece, each as soon as the user's iterator gives it."""
from sagebrush_runtime import log
from sagebrush_runtime.serving import response_head

END = object()
"""What an iterator that is exhausted is taken to give."""


class AnswerStream:
    """Pulls one piece at a time, and none while the client does not read.

    A fault after the head has been sent can only be shown by breaking the connection off.
    """

    def __init__(self, answer, head, transport, worker, end):
        self._iterator = iter(answer.body)
        self._transport = transport
        self._worker = worker
        self._end = end
        self._is_chunked = not head.is_http_10
        self._is_paused = False
        self._is_pulling = False
        keep_alive = head.keep_alive and not worker.is_draining
        transport.write(response_head.of_stream(answer, keep_alive, head.is_http_10))
        self._pull()

    def pause(self):
        self._is_paused = True

    def resume(self):
        self._is_paused = False
        self._pull()

    def abandon(self):
        """The client is gone: let the iterator clean up."""
        self._is_paused = True
        if not self._is_pulling:
            self._worker.close_iterator(self._iterator)

    def _pull(self):
        if not self._is_pulling and not self._is_paused:
            self._is_pulling = True
            self._worker.next_piece(self._iterator, self._send)

    def _send(self, piece, fault):
        self._is_pulling = False
        if self._transport.is_closing():
            self._worker.close_iterator(self._iterator)
        elif fault is not None:
            log.error("The answer's iterator failed:\n" + fault)
            self._transport.abort()
        elif piece is END:
            if self._is_chunked:
                self._transport.write(b"0\r\n\r\n")
            self._end()
        else:
            if isinstance(piece, str):
                piece = piece.encode("utf-8")
            # An empty chunk would end the body.
            if piece:
                framed = b"%x\r\n%b\r\n" % (len(piece), piece) if self._is_chunked else piece
                self._transport.write(framed)
            self._pull()
