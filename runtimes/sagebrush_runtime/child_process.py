"""Run one command of the user's: its output goes where ours goes, its stderr is also remembered.

`os.posix_spawn` instead of `subprocess`, whose import costs more than everything else here.
"""
import os
import select
import signal

from sagebrush_runtime.failure import CommandError, TrainingStopped
from sagebrush_runtime.stderr_excerpt import StderrExcerpt

READ_BYTES = 64 * 1024


def run(command, environment, failure_class=CommandError, shown_command=None):
    """Run `command` in the present folder until it ends.

    @param command argv; the program is looked up on PATH
    @throws failure_class when the command ends with a code that is not 0
    @throws TrainingStopped when it ended so after SIGTERM, which is passed on to it
    """
    excerpt = StderrExcerpt()
    exit_code, is_stopped = _run(command, environment, excerpt)
    if exit_code == 0:
        return
    if is_stopped:
        raise TrainingStopped("The program ended with code %d after SIGTERM" % exit_code)
    raise failure_class(shown_command or " ".join(command), exit_code, excerpt.text())


def _run(command, environment, excerpt):
    stderr_read, stderr_write = os.pipe()
    wake_read, wake_write = os.pipe()
    for end in (wake_read, wake_write, stderr_read):
        os.set_blocking(end, False)
    received = set()
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    handled = (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT)
    previous = {
        number: signal.signal(number, lambda number, _frame: received.add(number))
        for number in handled
    }
    try:
        child = os.posix_spawnp(
            command[0],
            command,
            environment,
            file_actions=[(os.POSIX_SPAWN_DUP2, stderr_write, 2)],
            setsigdef=handled,
        )
        os.close(stderr_write)
        status = _follow(child, stderr_read, wake_read, received, excerpt)
    finally:
        signal.set_wakeup_fd(-1)
        for number, handler in previous.items():
            signal.signal(number, handler)
        for end in (stderr_read, wake_read, wake_write):
            os.close(end)
    code = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
    return (128 - code if code < 0 else code), signal.SIGTERM in received


def _follow(child, stderr, wake, received, excerpt):
    poller = select.poll()
    poller.register(wake, select.POLLIN)
    poller.register(stderr, select.POLLIN)
    passed_on = set()
    while True:
        ready = [descriptor for descriptor, _event in poller.poll()]
        if stderr in ready and not _copy(stderr, excerpt):
            poller.unregister(stderr)
        if wake in ready:
            os.read(wake, READ_BYTES)
        for number in received - passed_on - {signal.SIGCHLD}:
            passed_on.add(number)
            os.kill(child, number)
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            # What the child wrote last; a grandchild that keeps stderr open is not waited for.
            while _copy(stderr, excerpt):
                pass
            return status


def _copy(stderr, excerpt):
    """Pass on what is there. False at the end, or when there is nothing now."""
    try:
        data = os.read(stderr, READ_BYTES)
    except BlockingIOError:
        return False
    if not data:
        return False
    excerpt.feed(data)
    view = memoryview(data)
    while view:
        view = view[os.write(2, view):]
    return True
