"""The processes of `serve`: readiness, workers that die or hang, and the end."""
import os
import signal
import threading
import unittest

from tests.container import (
    Container,
    eventually,
    exchange,
    is_alive,
    terminate,
    worker_processes,
)

GATED = """
import os, threading, time
def gate(name):
    while not os.path.exists(os.path.join(os.environ["SAGEMAKER_BASE_DIR"], name)):
        time.sleep(0.005)
def mark(name):
    open(os.path.join(os.environ["SAGEMAKER_BASE_DIR"], name), "w").close()
def model_fn(model_dir):
    if os.path.exists(os.path.join(os.environ["SAGEMAKER_BASE_DIR"], "gate-model")):
        gate("model-may-load")
def transform_fn(model, body, content_type, accept):
    if body == b"pid":
        return str(os.getpid())
    if body == b"slow":
        time.sleep(0.2)
    if body in (b"slow", b"thread"):
        return threading.current_thread().name
    if body == b"die":
        os._exit(9)
    if body == b"wait":
        mark("waiting")
        gate("go-on")
        return "waited"
    if body == b"hang":
        gate("never")
    if body == b"stream":
        return pieces(), "text/plain"
    return body
def pieces():
    yield b"one"
    mark("one-sent")
    gate("two-may-go")
    yield "two"
"""


class Processes(unittest.TestCase):
    def invoke(self, container, body):
        return container.invoke(body, "application/x").data

    def in_background(self, container, body):
        answers = []
        thread = threading.Thread(target=lambda: answers.append(self.invoke(container, body)))
        thread.start()
        return thread, answers

    def test_clients_are_refused_until_a_worker_has_its_model(self):
        with Container("python") as container:
            container.write("gate-model")
            container.serve(GATED, wait=False)
            eventually(lambda: os.path.exists(container.path("serve.sock")))

            self.assertFalse(container.is_healthy())
            container.write("model-may-load")
            eventually(container.is_healthy)

    def test_a_model_that_cannot_be_loaded_ends_the_server_and_says_why(self):
        cases = (
            ("def model_fn(d):\n    raise ValueError('no such model')", "no such model"),
            ("import absent_module", "absent_module"),
            ("def predict_fn(d, m):\n    pass", "Please provide a model_fn implementation."),
            ("def model_fn(d): pass\ndef transform_fn(m, b, c, a): pass\ndef input_fn(b, c): pass",
             "Cannot use transform_fn implementation in conjunction with"),
            ("def model_fn(d): pass\ndef input_fn(b): pass", "input_fn takes 1 arguments"),
        )
        for program, reason in cases:
            with self.subTest(reason), Container("scikit-learn") as container:
                process = container.serve(program, wait=False)

                self.assertEqual(process.wait(), 1)
                self.assertIn(reason, container.read("log"))

    def test_a_program_that_is_asked_for_and_missing_ends_the_server(self):
        with Container("python", SAGEMAKER_PROGRAM="other.py") as container:
            process = container.serve(wait=False)

            self.assertEqual(process.wait(), 1)
            self.assertIn("there is no other.py", container.read("log"))

    def test_a_worker_that_dies_is_replaced(self):
        with Container("python") as container:
            container.serve(GATED)
            first = self.invoke(container, b"pid")

            with self.assertRaises(OSError):
                self.invoke(container, b"die")

            eventually(container.is_healthy)
            self.assertNotEqual(self.invoke(container, b"pid"), first)

    def test_a_prediction_that_hangs_is_killed_with_its_worker(self):
        with Container("python", SAGEMAKER_MODEL_SERVER_TIMEOUT="1") as container:
            container.serve(GATED)

            with self.assertRaises(OSError):
                self.invoke(container, b"hang")

            eventually(lambda: self.answers(container))
            self.assertIn("has run for more than 1 s", container.read("log"))

    def answers(self, container):
        try:
            return self.invoke(container, b"x") == b"x"
        except OSError:
            return False

    def test_another_worker_answers_while_one_is_busy(self):
        with Container("python") as container:
            container.serve(GATED, workers=2)
            waiting, _answers = self.in_background(container, b"wait")
            eventually(lambda: container.has("waiting"))

            self.assertTrue(container.is_healthy())
            self.assertEqual(self.invoke(container, b"x"), b"x")

            container.write("go-on")
            waiting.join()

    def test_even_the_only_worker_answers_pings_while_it_predicts(self):
        with Container("python") as container:
            container.serve(GATED)
            waiting, answers = self.in_background(container, b"wait")
            eventually(lambda: container.has("waiting"))

            self.assertTrue(container.is_healthy())

            container.write("go-on")
            waiting.join()
            self.assertEqual(answers, [b"waited"])

    def test_quick_predictions_move_to_the_loops_thread_and_a_slow_one_moves_them_out(self):
        with Container("python") as container:
            container.serve(GATED)
            self.assertEqual(self.invoke(container, b"thread"), b"predictions")

            eventually(lambda: self.invoke(container, b"thread") == b"MainThread")

            self.assertEqual(self.invoke(container, b"slow"), b"MainThread")
            self.assertEqual(self.invoke(container, b"thread"), b"predictions")

    def test_sigterm_finishes_what_runs_and_exits_with_0(self):
        with Container("python") as container:
            process = container.serve(GATED, workers=2)
            waiting, answers = self.in_background(container, b"wait")
            eventually(lambda: container.has("waiting"))

            process.send_signal(signal.SIGTERM)
            eventually(lambda: not os.path.exists(container.path("serve.sock")))
            container.write("go-on")

            self.assertEqual(process.wait(), 0)
            waiting.join()
            self.assertEqual(answers, [b"waited"])

    def test_sigterm_ends_idle_connections(self):
        with Container("python") as container:
            process = container.serve(GATED, workers=2)
            with container.connect() as connection:
                exchange(connection, "GET", "/ping", None, {})

                self.assertEqual(terminate(process), 0)
                self.assertEqual(connection.recv(1), b"")

    def test_sigkill_of_the_parent_takes_the_workers_along(self):
        with Container("python") as container:
            process = container.serve(GATED, workers=2)
            workers = worker_processes(process.pid)
            self.assertEqual(len(workers), 2)

            process.kill()
            process.wait()

            eventually(lambda: not any(map(is_alive, workers)))

    def test_an_iterator_is_sent_piece_by_piece(self):
        with Container("python") as container:
            container.serve(GATED)
            with container.connect() as connection:
                connection.sendall(b"POST /invocations HTTP/1.1\r\nContent-Type: x/y\r\n"
                                   b"Content-Length: 6\r\n\r\nstream")
                received = b""
                while b"3\r\none\r\n" not in received:
                    received += connection.recv(1000)
                self.assertIn(b"Transfer-Encoding: chunked", received)
                self.assertNotIn(b"two", received)

                container.write("two-may-go")
                while not received.endswith(b"0\r\n\r\n"):
                    received += connection.recv(1000)
                self.assertIn(b"3\r\ntwo\r\n", received)

                connection.sendall(b"GET /ping HTTP/1.1\r\n\r\n")
                self.assertTrue(connection.recv(1000).startswith(b"HTTP/1.1 200"))

    def test_workers_share_connections_evenly(self):
        with Container("python") as container:
            container.serve(GATED, workers=2)
            connections = [container.connect() for _ in range(8)]
            try:
                seen = [exchange(one, "POST", "/invocations", b"pid", {"content_type": "x/y"}).data
                        for one in connections]
            finally:
                for one in connections:
                    one.close()

            counts = sorted(map(seen.count, set(seen)))
            self.assertEqual(sum(counts), 8)
            self.assertGreaterEqual(counts[0], 2)


if __name__ == "__main__":
    unittest.main()
