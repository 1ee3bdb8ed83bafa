"""Callers that never stop: each asks for one prediction after another, and remembers how it went."""

import collections
import threading
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

CALLERS = 4
PAUSE_SECONDS = 0.02


class Traffic:
    """A context: callers work while it lasts."""

    def __init__(self, endpoint, rows):
        self.endpoint = endpoint
        self.bodies = [",".join(map(str, row)) for row in rows]
        self.answered = 0
        self.failures = collections.Counter()
        self.latencies = collections.deque(maxlen=400)
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._call, args=(n,), daemon=True) for n in range(CALLERS)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_fault):
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    @property
    def latency_ms(self):
        """Median of the latest answers."""
        latest = sorted(self.latencies)
        return latest[len(latest) // 2] * 1000 if latest else 0.0

    def _call(self, number):
        # what fails shall be seen, not tried again
        once = Config(retries={"total_max_attempts": 1})
        client = boto3.session.Session().client("sagemaker-runtime", config=once)
        request = number
        while not self._stopping.is_set():
            body = self.bodies[request % len(self.bodies)]
            request += CALLERS
            before = time.perf_counter()
            try:
                answer = client.invoke_endpoint(
                    EndpointName=self.endpoint, Body=body, ContentType="text/csv", Accept="text/csv"
                )
                answer["Body"].read()
                self.answered += 1
                self.latencies.append(time.perf_counter() - before)
            except ClientError as error:
                self.failures[error.response["Error"]["Code"]] += 1
            except Exception as error:  # a lost request is what the whole example is about
                self.failures[type(error).__name__] += 1
            time.sleep(PAUSE_SECONDS)
