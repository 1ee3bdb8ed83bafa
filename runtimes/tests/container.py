"""A container's /opt/ml in a temporary folder, and the commands `train` and `serve` on it."""
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

RUNTIMES_DIR = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PATIENCE_SECONDS = 60
NOT_INHERITED = ("SAGEMAKER_", "SM_", "SAGEBRUSH_", "AWS_", "TRAINING_JOB")


class Container:
    """Use as a context manager; what was started is ended, and the folder removed."""

    def __init__(self, framework="scikit-learn", **environment):
        self.base = tempfile.mkdtemp(prefix="container-")
        self.output = ""
        self._processes = []
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(NOT_INHERITED)}
        self.environment = {
            **inherited,
            "PYTHONPATH": RUNTIMES_DIR,
            "SAGEMAKER_BASE_DIR": self.base,
            "SAGEBRUSH_RUNTIME": framework,
            **environment,
        }

    def __enter__(self):
        return self

    def __exit__(self, *_fault):
        for process in self._processes:
            if process.poll() is None:
                process.kill()
                process.wait()
            if process.stdout:
                process.stdout.close()
        shutil.rmtree(self.base, ignore_errors=True)

    def path(self, *parts):
        return os.path.join(self.base, *parts)

    def write(self, path, content=""):
        """Write a file under /opt/ml; a dict as JSON. @returns its path"""
        full = self.path(path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        if isinstance(content, dict):
            content = json.dumps(content)
        with open(full, "wb" if isinstance(content, bytes) else "w") as file:
            file.write(content)
        return full

    def read(self, path):
        with open(self.path(path)) as file:
            return file.read()

    def has(self, path):
        return os.path.exists(self.path(path))

    def configure(self, hyperparameters=None, channels=None, resources=None):
        """Write the three files of /opt/ml/input/config."""
        self.write("input/config/hyperparameters.json", hyperparameters or {})
        self.write("input/config/inputdataconfig.json", channels or {})
        one_host = {"current_host": "algo-1", "hosts": ["algo-1"], "network_interface_name": "eth0"}
        self.write("input/config/resourceconfig.json", resources or one_host)

    def train(self, program=None, hyperparameters=None, channels=None, resources=None):
        """Run `train` to its end, with `program` as the text of train.py. @returns the exit code"""
        encoded = {name: json.dumps(value) for name, value in (hyperparameters or {}).items()}
        if program is not None:
            self.write("source/train.py", program)
            encoded.setdefault("sagemaker_program", '"train.py"')
            encoded.setdefault("sagemaker_submit_directory", json.dumps(self.path("source")))
        self.configure(encoded, channels, resources)
        return self.run("train")

    def run(self, command):
        process = self.start(command)
        self.output = process.communicate(timeout=PATIENCE_SECONDS)[0].decode()
        return process.returncode

    def start(self, command):
        process = subprocess.Popen(
            [sys.executable, "-m", "sagebrush_runtime", command],
            env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        self._processes.append(process)
        return process

    def serve(self, program=None, workers=1, wait=True):
        """Start `serve` on a unix socket, with `program` as the text of model/code/inference.py."""
        if program is not None:
            self.write("model/code/inference.py", program)
        os.makedirs(self.path("model"), exist_ok=True)
        self.environment["SAGEBRUSH_SERVE_SOCKET"] = self.path("serve.sock")
        self.environment["SAGEMAKER_MODEL_SERVER_WORKERS"] = str(workers)
        with open(self.path("log"), "w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "sagebrush_runtime", "serve"],
                env=self.environment, stdout=log, stderr=subprocess.STDOUT,
            )
        self._processes.append(process)
        if wait:
            eventually(lambda: process.poll() is not None or self.has_workers(workers))
            if process.poll() is not None:
                raise AssertionError("serve ended:\n" + self.read("log"))
        return process

    def has_workers(self, count):
        return self.read("log").count("has its model") >= count and self.is_healthy()

    def is_healthy(self):
        try:
            return self.request("GET", "/ping").status == 200
        except OSError:
            return False

    def connect(self):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(PATIENCE_SECONDS)
        try:
            connection.connect(self.path("serve.sock"))
        except OSError:
            connection.close()
            raise
        return connection

    def request(self, method, path, body=None, **headers):
        """One request on a connection of its own. Headers as `content_type=…`."""
        with self.connect() as connection:
            return exchange(connection, method, path, body, headers)

    def invoke(self, body, content_type="text/csv", **headers):
        return self.request("POST", "/invocations", body, content_type=content_type, **headers)


def exchange(connection, method, path, body, headers):
    client = http.client.HTTPConnection("container")
    client.sock = connection
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    client.request(method, path, body, named)
    response = client.getresponse()
    response.data = response.read()
    return response


def eventually(condition, seconds=PATIENCE_SECONDS):
    """Wait until `condition` is true. @throws AssertionError when it does not become so in time"""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("It did not come about in %d s" % seconds)
        # A pause between two looks, not a wait for time to pass.
        time.sleep(0.01)


def worker_processes(parent):
    """Process ids of the workers of a server."""
    path = "/proc/%d/task/%d/children" % (parent, parent)
    with open(path) as file:
        return [int(process) for process in file.read().split()]


def is_alive(process):
    try:
        with open("/proc/%d/stat" % process) as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def terminate(process):
    process.send_signal(signal.SIGTERM)
    return process.wait(timeout=PATIENCE_SECONDS)
