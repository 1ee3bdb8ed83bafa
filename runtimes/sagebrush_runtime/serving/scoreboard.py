"""What the workers tell each other and their parent, in memory that all of them share."""
import mmap
import time

READY, CONNECTIONS, BUSY_SINCE = range(3)
FIELDS = 3
STUCK_SECONDS = 0.25


class Scoreboard:
    """Three numbers per worker, each written by that worker alone. Made before the workers fork.

    Each is one aligned 8-byte store, so a reader sees the old number or the new one.
    """

    def __init__(self, workers):
        self.workers = workers
        self._numbers = memoryview(mmap.mmap(-1, workers * FIELDS * 8)).cast("d")

    def clear(self, worker):
        for field in range(FIELDS):
            self._numbers[worker * FIELDS + field] = 0

    def set_ready(self, worker):
        self._numbers[worker * FIELDS + READY] = 1

    def is_ready(self, worker):
        return bool(self._numbers[worker * FIELDS + READY])

    def set_connections(self, worker, count):
        self._numbers[worker * FIELDS + CONNECTIONS] = count

    def begin_prediction(self, worker, now):
        self._numbers[worker * FIELDS + BUSY_SINCE] = now

    def end_prediction(self, worker):
        self._numbers[worker * FIELDS + BUSY_SINCE] = 0

    def prediction_seconds(self, worker):
        """How long the present prediction has run; 0 when there is none."""
        since = self._numbers[worker * FIELDS + BUSY_SINCE]
        return time.monotonic() - since if since else 0

    def has_fewest_connections(self, worker):
        """Whether no ready worker that answers in time has fewer connections than this one."""
        own = self._numbers[worker * FIELDS + CONNECTIONS]
        return not any(
            self._numbers[other * FIELDS + CONNECTIONS] < own
            and self.is_ready(other)
            and self.prediction_seconds(other) < STUCK_SECONDS
            for other in range(self.workers)
            if other != worker
        )

    def is_another_idle(self, worker):
        """Whether a ready worker other than this one has no prediction to make."""
        return any(
            self.is_ready(other) and not self.prediction_seconds(other)
            for other in range(self.workers)
            if other != worker
        )
