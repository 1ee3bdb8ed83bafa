"""The HTTP server of `serve`: framing, limits, and what bad clients get."""
import unittest

from tests.container import Container, exchange

ECHO = """
def model_fn(model_dir):
    return None
def transform_fn(model, body, content_type, accept):
    return body, content_type
"""
HEAD = b"POST /invocations HTTP/1.1\r\nHost: c\r\nContent-Type: application/x\r\n"


def read_answers(connection, count):
    """(status, body) of `count` answers on one connection."""
    answers, data = [], b""
    while len(answers) < count:
        head, separator, rest = data.partition(b"\r\n\r\n")
        if separator:
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
            if len(rest) >= length:
                answers.append((int(head.split(b" ")[1]), rest[:length]))
                data = rest[length:]
                continue
        piece = connection.recv(65536)
        if not piece:
            raise AssertionError("The connection ended after %r" % data)
        data += piece
    return answers


class Http(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.container = Container("python", SAGEMAKER_MAX_PAYLOAD_IN_MB="1")
        cls.container.serve(ECHO)

    @classmethod
    def tearDownClass(cls):
        cls.container.__exit__()

    def send(self, *pieces, answers=1):
        with self.container.connect() as connection:
            for piece in pieces:
                connection.sendall(piece)
            return read_answers(connection, answers)

    def test_ping_is_200_and_empty(self):
        response = self.container.request("GET", "/ping")

        self.assertEqual((response.status, response.data), (200, b""))

    def test_one_connection_serves_many_requests(self):
        with self.container.connect() as connection:
            for number in range(3):
                response = exchange(connection, "POST", "/invocations", b"%d" % number, {})
                self.assertEqual(response.data, b"%d" % number)

    def test_pipelined_requests_are_answered_in_order(self):
        request = HEAD + b"Content-Length: 1\r\n\r\n"

        answers = self.send(request + b"a" + request + b"b" + request + b"c", answers=3)

        self.assertEqual([body for _status, body in answers], [b"a", b"b", b"c"])

    def test_a_request_may_arrive_byte_by_byte(self):
        request = HEAD + b"Content-Length: 3\r\n\r\nabc"

        answers = self.send(*(request[i:i + 1] for i in range(len(request))))

        self.assertEqual(answers, [(200, b"abc")])

    def test_a_chunked_body_is_put_together(self):
        request = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
        chunks = b"3;name=value\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n"

        self.assertEqual(self.send(request + chunks), [(200, b"abc0123456789")])
        pieces = [chunks[i:i + 1] for i in range(len(chunks))]
        self.assertEqual(self.send(request, *pieces), [(200, b"abc0123456789")])

    def test_a_chunked_request_may_be_followed_by_another(self):
        request = HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"

        answers = self.send(request + request, answers=2)

        self.assertEqual([body for _status, body in answers], [b"a", b"a"])

    def test_a_client_that_expects_100_is_told_to_go_on(self):
        with self.container.connect() as connection:
            connection.sendall(HEAD + b"Content-Length: 3\r\nExpect: 100-continue\r\n\r\n")
            self.assertEqual(connection.recv(100), b"HTTP/1.1 100 Continue\r\n\r\n")
            connection.sendall(b"abc")
            self.assertEqual(read_answers(connection, 1), [(200, b"abc")])

    def test_a_large_body_comes_back_whole(self):
        body = b"0123456789" * 100_000

        self.assertEqual(self.container.invoke(body).data, body)

    def test_an_http_10_client_gets_its_answer_and_the_end(self):
        with self.container.connect() as connection:
            connection.sendall(b"GET /ping HTTP/1.0\r\n\r\n")
            self.assertEqual(read_answers(connection, 1), [(200, b"")])
            self.assertEqual(connection.recv(1), b"")

    def test_a_client_that_closes_its_direction_still_gets_its_answer(self):
        with self.container.connect() as connection:
            connection.sendall(HEAD + b"Content-Length: 1\r\n\r\na")
            connection.shutdown(1)
            self.assertEqual(read_answers(connection, 1), [(200, b"a")])

    def test_bad_requests_are_refused_and_the_connection_ends(self):
        cases = (
            (b"GARBAGE\r\n\r\n", 400, "no request line"),
            (b"POST /invocations HTTP/2.0\r\n\r\n", 505, "another version"),
            (HEAD + b"Content-Length: x\r\n\r\n", 400, "length is not a number"),
            (HEAD + b"Content-Length: -1\r\n\r\n", 400, "length is negative"),
            (HEAD + b"Content-Length: +1\r\n\r\n", 400, "length has a sign"),
            (HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400, "two lengths"),
            (HEAD + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "both"),
            (HEAD + b"Transfer-Encoding: gzip\r\n\r\n", 501, "an unknown coding"),
            (HEAD + b"Name : value\r\n\r\n", 400, "a space before the colon"),
            (HEAD + b" folded: value\r\n\r\n", 400, "a folded header"),
            (HEAD + b"no colon\r\n\r\n", 400, "a header without a colon"),
            (HEAD + b"a: 1\nb: 2\r\n\r\n", 400, "a bare line feed"),
            (HEAD + b"Expect: tea\r\n\r\n", 417, "an unknown expectation"),
            (HEAD + b"Content-Length: 1048577\r\n\r\n", 413, "a body over the limit"),
            (HEAD + b"Content-Length: 1048577\r\nExpect: 100-continue\r\n\r\n", 413, "asked first"),
            (HEAD + b"Transfer-Encoding: chunked\r\n\r\n100001\r\n", 413, "chunks over the limit"),
            (HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400, "a chunk size of letters"),
            (HEAD + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n", 400, "a negative chunk size"),
            (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", 400, "a chunk too long"),
            (HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"1" * 2000, 400, "no end of size"),
            (HEAD + b"a: b\r\n" * 200 + b"\r\n", 431, "too many headers"),
            (HEAD + b"a: " + b"b" * 70_000, 431, "too large a head"),
        )
        for request, status, case in cases:
            with self.subTest(case), self.container.connect() as connection:
                connection.sendall(request)
                self.assertEqual(read_answers(connection, 1)[0][0], status)
                self.assertEqual(connection.recv(1), b"")

    def test_other_paths_are_404_and_other_methods_405(self):
        self.assertEqual(self.container.request("GET", "/nothing").status, 404)
        response = self.container.request("GET", "/invocations")
        self.assertEqual((response.status, response.headers["Allow"]), (405, "POST"))
        self.assertEqual(self.container.request("POST", "/ping", b"x").status, 405)

    def test_execution_parameters_tell_a_batch_transform_what_fits(self):
        response = self.container.request("GET", "/execution-parameters")

        self.assertEqual(
            response.data,
            b'{"MaxConcurrentTransforms": 1, "BatchStrategy": "MULTI_RECORD", "MaxPayloadInMB": 1}',
        )


if __name__ == "__main__":
    unittest.main()
