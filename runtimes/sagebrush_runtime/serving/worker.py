"""One worker process: accepts connections on the shared socket and predicts with its own model."""
import asyncio
import os
import signal
import socket
import sys
import traceback

from sagebrush_runtime import log
from sagebrush_runtime.serving import settings
from sagebrush_runtime.serving.answer import RequestRefused, error_answer
from sagebrush_runtime.serving.http_protocol import HttpProtocol
from sagebrush_runtime.serving.prediction_lane import PredictionLane

YIELD_SECONDS = 0.001
YIELDS_MAX = 2
"""So often a new connection is left to a worker with fewer of them."""
YIELDS_MAX_WHEN_BUSY = 50
"""So often to a worker that has nothing to predict, by one that has."""
EXIT_MODEL_NOT_LOADED = 3


class Worker:
    """@param handler loads the model and answers requests: `user_model` or `xgboost_algorithm`"""

    def __init__(self, index, listener, scoreboard, handler):
        self.is_draining = False
        self.body_bytes_max = settings.body_bytes_max()
        self.serves_models = handler.serves_models
        self._index = index
        self._listener = listener
        self._scoreboard = scoreboard
        self._handler = handler
        self._connections = set()
        self._yields = 0
        self._loop = asyncio.new_event_loop()
        self._lane = PredictionLane(
            self._loop,
            handler.needs_own_thread,
            lambda now: scoreboard.begin_prediction(index, now),
            lambda: scoreboard.end_prediction(index),
        )

    def run(self):
        """Serve until SIGTERM. Returns the exit code of the process."""
        loaded = []
        self._lane_load(loaded)
        if not loaded[0]:
            return EXIT_MODEL_NOT_LOADED
        self._loop.add_signal_handler(signal.SIGTERM, self._drain)
        self._loop.add_reader(self._listener.fileno(), self._accept)
        self._scoreboard.set_ready(self._index)
        log.info("Worker %d has its model" % self._index)
        os.kill(os.getppid(), signal.SIGUSR1)
        self._loop.run_forever()
        return 0

    def _lane_load(self, loaded):
        """Load where predictions will run: in the loop's thread, or in the lane's."""
        def finish(is_loaded):
            loaded.append(is_loaded)
            self._loop.stop()

        if self._handler.needs_own_thread:
            self._lane.run(self._load, finish)
            self._loop.run_forever()
        else:
            loaded.append(self._load())

    def _load(self):
        # Loading may take as long as it takes: the platform's start-up limit is what counts.
        self._scoreboard.end_prediction(self._index)
        try:
            self._handler.load()
            return True
        except Exception:
            log.error("The model could not be loaded:\n" + traceback.format_exc())
            return False

    def predict(self, head, body, done):
        self._lane.run(lambda: self._answer(head, body), done)

    def next_piece(self, iterator, done):
        self._lane.next_piece(iterator, done)

    def close_iterator(self, iterator):
        close = getattr(iterator, "close", None)
        if close is not None:
            self._lane.run(lambda: _quietly(close), lambda _nothing: None)

    def execution_parameters(self):
        return self._handler.execution_parameters()

    def _answer(self, head, body):
        try:
            return self._handler.handle(head, body)
        except RequestRefused as refusal:
            return refusal.to_answer()
        except Exception as fault:
            log.error("A request failed:\n" + traceback.format_exc())
            return error_answer(500, type(fault).__name__, str(fault))

    def add_connection(self, connection):
        self._connections.add(connection)
        self._scoreboard.set_connections(self._index, len(self._connections))

    def remove_connection(self, connection):
        self._connections.discard(connection)
        self._scoreboard.set_connections(self._index, len(self._connections))
        self.stop_when_drained()

    def _accept(self):
        if self._yields < self._yields_due():
            self._yields += 1
            self._loop.remove_reader(self._listener.fileno())
            self._loop.call_later(YIELD_SECONDS, self._resume_accepting)
            return
        self._yields = 0
        self._accept_one()

    def _yields_due(self):
        if not self._lane.is_idle and self._scoreboard.is_another_idle(self._index):
            return YIELDS_MAX_WHEN_BUSY
        return 0 if self._scoreboard.has_fewest_connections(self._index) else YIELDS_MAX

    def _resume_accepting(self):
        if not self.is_draining:
            self._loop.add_reader(self._listener.fileno(), self._accept)

    def _accept_one(self):
        """True when there was a connection."""
        try:
            connection, _address = self._listener.accept()
        except BlockingIOError:
            return False
        except OSError as fault:
            log.error("A connection could not be accepted: %s" % fault)
            return False
        connection.setblocking(False)
        task = self._loop.connect_accepted_socket(lambda: HttpProtocol(self), connection)
        self._loop.create_task(task)
        return True

    def _drain(self):
        """SIGTERM: take what waits to be accepted, answer what has been asked, then end."""
        self.is_draining = True
        self._loop.remove_reader(self._listener.fileno())
        while self._accept_one():
            pass
        self._listener.close()
        # One turn of the loop, so that the connections just taken are known.
        self._loop.call_later(YIELD_SECONDS, self._close_idle)

    def _close_idle(self):
        for connection in list(self._connections):
            if connection.is_idle:
                connection.close()
        self.stop_when_drained()

    def stop_when_drained(self):
        if self.is_draining and not self._connections and self._lane.is_idle:
            self._loop.stop()


def _quietly(call):
    try:
        call()
    except Exception:
        log.error("An answer's iterator could not be closed:\n" + traceback.format_exc())


def run_in_child(index, listener, scoreboard, handler):
    """The whole life of a forked worker. Never returns."""
    code = 1
    try:
        code = Worker(index, listener, scoreboard, handler).run()
    except BaseException:
        log.error("Worker %d failed:\n%s" % (index, traceback.format_exc()))
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def bind_listener():
    """The socket that all workers accept on; not yet listening, so that clients are refused."""
    path = os.environ.get("SAGEBRUSH_SERVE_SOCKET")
    if path:
        if os.path.exists(path):
            os.unlink(path)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(path)
    else:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("0.0.0.0", int(os.environ.get("SAGEMAKER_BIND_TO_PORT") or 8080)))
    listener.setblocking(False)
    return listener
