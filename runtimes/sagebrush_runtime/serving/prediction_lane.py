"""Where a worker predicts: one prediction at a time, in the loop's thread if they are quick.

Handing a request to a thread and back costs more than a small prediction takes, but a long one in
the loop's thread would leave `/ping` unanswered. So the lane begins in a thread of its own, a run
of quick predictions moves it into the loop, and a slow one moves it out again.
"""
import collections
import queue
import threading
import time
import traceback

from sagebrush_runtime.serving.streaming import END

SLOW_SECONDS = 0.1
"""Far below the 2 s that a ping may take, far above a pause that a busy machine makes."""
QUICK_SECONDS = 0.002
QUICK_RUN = 64
"""So many quick predictions in a row bring the lane into the loop."""


class PredictionLane:
    """@param always_threaded for frameworks with settings per thread, such as torch's gradients"""

    def __init__(self, loop, always_threaded, begin, end):
        self._loop = loop
        self._always_threaded = always_threaded
        self._begin = begin
        self._end = end
        self._is_threaded = True
        self._waiting = 0
        self._quick_run = 0
        self._held = collections.deque()
        self._queue = queue.SimpleQueue()
        self._thread = None

    @property
    def is_idle(self):
        return not self._waiting and not self._held

    def run(self, call, done):
        """Call `call`, which must not raise, and give what it returns to `done` in the loop."""
        if self._is_threaded:
            self._hand_over(call, done)
        elif self._waiting:
            # The thread has still to finish; two predictions at a time may not be.
            self._held.append((call, done))
        else:
            self._run_in_loop(call, done)

    def _run_in_loop(self, call, done):
        result, seconds = self._timed(call)
        self._is_threaded = seconds > SLOW_SECONDS
        done(result)

    def next_piece(self, iterator, done):
        """Give the next piece of `iterator` to `done(piece, fault)`; always in the thread.

        @param done piece is END when there are no more; fault is a traceback or None
        """
        self._hand_over(lambda: _next_piece(iterator), lambda result: done(*result))

    def _timed(self, call):
        started = time.monotonic()
        self._begin(started)
        try:
            result = call()
        finally:
            self._end()
        return result, time.monotonic() - started

    def _hand_over(self, call, done):
        if self._thread is None:
            self._thread = threading.Thread(target=self._predict, name="predictions", daemon=True)
            self._thread.start()
        self._waiting += 1
        self._queue.put((call, done))

    def _predict(self):
        while True:
            call, done = self._queue.get()
            result, seconds = self._timed(call)
            self._loop.call_soon_threadsafe(self._hand_back, done, result, seconds)

    def _hand_back(self, done, result, seconds):
        self._waiting -= 1
        self._quick_run = self._quick_run + 1 if seconds < QUICK_SECONDS else 0
        if seconds > SLOW_SECONDS:
            self._is_threaded = True
        elif self._quick_run >= QUICK_RUN:
            self._is_threaded = self._always_threaded
        done(result)
        self._release_held()

    def _release_held(self):
        while self._held and (self._is_threaded or not self._waiting):
            call, done = self._held.popleft()
            if self._is_threaded:
                self._hand_over(call, done)
            else:
                self._run_in_loop(call, done)


def _next_piece(iterator):
    try:
        return next(iterator, END), None
    except Exception:
        return None, traceback.format_exc()
