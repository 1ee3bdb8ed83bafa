"""The parent of the workers: starts them, replaces those that die or hang, ends them on SIGTERM."""
import ctypes
import os
import signal
import time

from sagebrush_runtime import log
from sagebrush_runtime.serving import settings, worker
from sagebrush_runtime.serving.scoreboard import Scoreboard

WATCHED = (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)
TICK_SECONDS = 1
RESTART_SECONDS_MAX = 30
BACKLOG = 1024
PR_SET_PDEATHSIG = 1


class Supervisor:
    """@param listener bound, not listening: it listens once a first worker has its model"""

    def __init__(self, listener, handler, workers):
        self._listener = listener
        self._handler = handler
        self._scoreboard = Scoreboard(workers)
        self._processes = {}
        self._restart_at = {}
        self._failures = [0] * workers
        self._was_ready = False
        self._seconds_max = settings.prediction_seconds_max()

    def run(self):
        """Serve until SIGTERM. Returns the exit code: 0, or 1 when the model cannot be loaded."""
        signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
        for index in range(self._scoreboard.workers):
            self._start(index)
        while True:
            received = signal.sigtimedwait(WATCHED, TICK_SECONDS)
            number = received.si_signo if received else None
            if number in (signal.SIGTERM, signal.SIGINT):
                return self._end_all()
            if not self._was_ready and self._any_ready():
                self._was_ready = True
                self._listener.listen(BACKLOG)
                log.info("Serving with %d workers" % self._scoreboard.workers)
            for index, code in self._reap():
                if not self._was_ready:
                    log.error("No model is loaded: the server ends")
                    self._end_all()
                    return 1
                self._plan_restart(index, code)
            self._kill_stuck()
            self._restart_due()

    def _any_ready(self):
        return any(self._scoreboard.is_ready(index) for index in self._processes.values())

    def _start(self, index):
        self._scoreboard.clear(index)
        parent = os.getpid()
        process = os.fork()
        if process:
            self._processes[process] = index
            return
        _die_with(parent)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, WATCHED)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        worker.run_in_child(index, self._listener, self._scoreboard, self._handler)

    def _reap(self):
        ended = []
        while self._processes:
            process, status = os.waitpid(-1, os.WNOHANG)
            if not process:
                break
            if process in self._processes:
                code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status)
                ended.append((self._processes.pop(process), code))
        return ended

    def _plan_restart(self, index, code):
        if self._scoreboard.is_ready(index):
            self._failures[index] = 0
        delay = min(RESTART_SECONDS_MAX, 2 ** self._failures[index] - 1)
        self._failures[index] += 1
        log.error("Worker %d ended with code %d; it starts again in %d s" % (index, code, delay))
        self._scoreboard.clear(index)
        self._restart_at[index] = time.monotonic() + delay

    def _restart_due(self):
        now = time.monotonic()
        for index in [index for index, at in self._restart_at.items() if at <= now]:
            del self._restart_at[index]
            self._start(index)

    def _kill_stuck(self):
        for process, index in self._processes.items():
            if self._scoreboard.prediction_seconds(index) > self._seconds_max:
                log.error("Worker %d: a prediction has run for more than %d s; it is killed"
                          % (index, self._seconds_max))
                self._scoreboard.end_prediction(index)
                os.kill(process, signal.SIGKILL)

    def _end_all(self):
        deadline = time.monotonic() + settings.DRAIN_SECONDS_MAX
        for process in self._processes:
            os.kill(process, signal.SIGTERM)
        path = os.environ.get("SAGEBRUSH_SERVE_SOCKET")
        self._listener.close()
        if path and os.path.exists(path):
            os.unlink(path)
        while self._processes and time.monotonic() < deadline:
            signal.sigtimedwait(WATCHED, TICK_SECONDS)
            self._reap()
        for process in self._processes:
            log.warning("A worker is still busy %d s after SIGTERM" % settings.DRAIN_SECONDS_MAX)
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
        return 0


def _die_with(parent):
    """Have the kernel kill this process when `parent` dies, however it dies (Linux)."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
