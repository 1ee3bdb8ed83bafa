"""The part of a program's stderr that becomes `ErrorMessage`, chosen as AWS's toolkit chooses it.

The toolkit keeps every line from the first that names a Python exception, without repetitions.
Source: package sagemaker-training 5.1, `process.py`, `watch` and `check_error`.
"""
import builtins
import collections

FRAMEWORK_ERROR_NAMES = (
    "Invalid requirement",
    "ResourceExhaustedError",
    "OutOfRangeError",
    "InvalidArgumentError",
    "ExecuteUserScriptError",
)
LAST_LINES = 20
"""Lines to show of a program that names no exception, such as argparse or a shell script."""
EXCERPT_BYTES_MAX = 16 * 1024
"""SageMaker shows 1,024 characters of the whole message."""


class StderrExcerpt:
    """Fed with raw bytes while the program runs; bounded memory."""

    def __init__(self):
        self._error_names = _error_names()
        self._partial_line = b""
        self._last_lines = collections.deque(maxlen=LAST_LINES)
        self._error_lines = {}
        self._error_bytes = 0

    def feed(self, data):
        *lines, self._partial_line = (self._partial_line + data).split(b"\n")
        # A progress bar never ends its line.
        self._partial_line = self._partial_line[-EXCERPT_BYTES_MAX:]
        for line in lines:
            self._add(line)

    def text(self):
        if self._partial_line:
            self._add(self._partial_line)
            self._partial_line = b""
        if self._error_lines:
            return "\n ".join(self._error_lines).strip()
        return "\n ".join(dict.fromkeys(self._last_lines)).strip()

    def _add(self, raw):
        line = raw.decode("utf-8", "replace").strip(" :\r")
        self._last_lines.append(line[:EXCERPT_BYTES_MAX // LAST_LINES])
        if self._error_bytes >= EXCERPT_BYTES_MAX:
            return
        if self._error_lines or any(name in line for name in self._error_names):
            if line not in self._error_lines:
                self._error_lines[line[:EXCERPT_BYTES_MAX]] = True
                self._error_bytes += len(raw)


def _error_names():
    exceptions = [
        name
        for name, value in vars(builtins).items()
        if isinstance(value, type) and issubclass(value, BaseException)
    ]
    return [
        *(name for name in exceptions if name.endswith(("Error", "Exception"))),
        *FRAMEWORK_ERROR_NAMES,
    ]
