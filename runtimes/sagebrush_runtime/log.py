"""Log lines on stderr in the form of AWS's toolkits, without the cost of importing `logging`."""
import sys
import time


def info(message):
    _write("INFO", message)


def warning(message):
    _write("WARNING", message)


def error(message):
    _write("ERROR", message)


def _write(level, message):
    now = time.time()
    stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(now))
    millisecond = int(now % 1 * 1000)
    # One write per line, so that lines of several workers do not mix.
    sys.stderr.write(
        "%s,%03d sagebrush-runtime %-8s %s\n" % (stamp, millisecond, level, message)
    )
    sys.stderr.flush()
