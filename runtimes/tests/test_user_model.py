"""Serving with the user's functions: defaults, types in and out, errors, and the context."""
import io
import json
import unittest

import numpy

from tests.container import Container

SUM = """
import numpy
def model_fn(model_dir):
    return model_dir
def predict_fn(data, model):
    if data.shape[1] == 1:
        raise ValueError("one feature is too few")
    return numpy.asarray(data, dtype="float64").sum(axis=1)
"""
CONTEXT = """
def model_fn(model_dir, context):
    return context.system_properties["model_dir"]
def input_fn(body, content_type):
    return body
def predict_fn(data, model, context):
    attributes = context.get_request_header(0, "X-Amzn-SageMaker-Custom-Attributes")
    return {"attributes": attributes, "type": type(data).__name__,
            "all": context.get_all_request_header(0).get("X-Amzn-SageMaker-Custom-Attributes")}
def output_fn(prediction, accept, context):
    context.set_response_header(0, "X-Kept", "yes")
    return prediction, "application/json"
"""


def npy(array):
    buffer = io.BytesIO()
    numpy.save(buffer, array)
    return buffer.getvalue()


class UserFunctions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.container = Container("scikit-learn")
        cls.container.serve(SUM)

    @classmethod
    def tearDownClass(cls):
        cls.container.__exit__()

    def predict(self, body, content_type, **headers):
        response = self.container.invoke(body, content_type, **headers)
        self.assertEqual(response.status, 200, response.data)
        return response

    def test_csv_json_and_npy_are_decoded_to_rows(self):
        rows = numpy.array([[1, 2], [3, 4]])
        for body, content_type in (
            (b"1,2\n3,4\n", "text/csv"),
            (b'"1","2"\r\n3,4', "text/csv; charset=utf-8"),
            (b"[[1,2],[3,4]]", "application/json"),
            (npy(rows), "application/x-npy"),
            (npy(numpy.asfortranarray(rows)), "application/x-npy"),
        ):
            with self.subTest(content_type):
                self.assertEqual(json.loads(self.predict(body, content_type).data), [3.0, 7.0])

    def test_one_row_stays_one_row(self):
        for body, content_type in ((b"1,2", "text/csv"), (b"[1,2]", "application/json")):
            self.assertEqual(json.loads(self.predict(body, content_type).data), [3.0])

    def test_npz_is_a_sparse_matrix(self):
        import scipy.sparse

        buffer = io.BytesIO()
        scipy.sparse.save_npz(buffer, scipy.sparse.csr_matrix([[1.0, 2.0]]))

        with Container("scikit-learn") as container:
            container.serve("def model_fn(d): pass\n"
                            "def predict_fn(data, model): return data.toarray()[0]")
            response = container.invoke(buffer.getvalue(), "application/x-npz")

        self.assertEqual(json.loads(response.data), [1.0, 2.0])

    def test_the_answer_has_the_accepted_type_and_json_by_default(self):
        for accept, body in (
            ("application/json", b"[3.0, 7.0]"),
            ("*/*", b"[3.0, 7.0]"),
            ("text/csv", b"3.0\n7.0\n"),
            ("text/html, text/csv;q=0.9", b"3.0\n7.0\n"),
        ):
            with self.subTest(accept):
                self.assertEqual(self.predict(b"1,2\n3,4", "text/csv", accept=accept).data, body)
        answer = self.predict(b"1,2\n3,4", "text/csv", accept="application/x-npy")
        self.assertEqual(numpy.load(io.BytesIO(answer.data)).tolist(), [3.0, 7.0])
        self.assertEqual(answer.headers["Content-Type"], "application/x-npy")

    def test_types_without_a_decoder_or_encoder_are_415_and_406(self):
        response = self.container.invoke(b"<a/>", "text/xml")
        self.assertEqual(response.status, 415)
        self.assertIn("Content type text/xml is not supported", response.data.decode())
        self.assertEqual(self.container.invoke(b"1,2", accept="text/html").status, 406)

    def test_bodies_that_are_not_what_they_say_are_400(self):
        for body, content_type in (
            (b"{", "application/json"),
            (b"1,2\n3", "text/csv"),
            (b"NUMPY", "application/x-npy"),
            (npy(numpy.array([{"a": 1}], dtype=object)), "application/x-npy"),
        ):
            with self.subTest(content_type):
                self.assertEqual(self.container.invoke(body, content_type).status, 400)

    def test_an_exception_is_500_that_names_it_and_its_traceback_is_logged(self):
        response = self.container.invoke(b"1")

        self.assertEqual(response.status, 500)
        self.assertEqual(json.loads(response.data),
                         {"error": "ValueError", "error-message": "one feature is too few"})
        self.assertIn("Traceback", self.container.read("log"))


class Stacks(unittest.TestCase):
    def test_functions_that_take_a_context_see_the_custom_attributes(self):
        with Container("scikit-learn") as container:
            container.serve(CONTEXT)
            response = container.invoke(
                b"[1]", "application/json", X_Amzn_SageMaker_Custom_Attributes="trace=1"
            )

        self.assertEqual(json.loads(response.data),
                         {"attributes": "trace=1", "all": "trace=1", "type": "str"})
        self.assertEqual(response.headers["X-Kept"], "yes")

    def test_output_fn_may_name_the_type_of_its_answer(self):
        with Container("scikit-learn") as container:
            container.serve("def model_fn(d): pass\ndef input_fn(b, c): return b\n"
                            "def predict_fn(d, m): return d\n"
                            "def output_fn(p, accept): return 'x' + accept, 'text/plain'")
            response = container.invoke(b"1", "text/csv", accept="image/png")

        self.assertEqual(response.data, b"ximage/png")
        self.assertEqual(response.headers["Content-Type"], "text/plain; charset=utf-8")

    def test_the_default_accept_can_be_set(self):
        given = {"SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "text/csv"}
        with Container("scikit-learn", **given) as container:
            container.serve(SUM)
            self.assertEqual(container.invoke(b"1,2").data, b"3.0\n")

    def test_a_program_in_a_local_submit_directory_is_served(self):
        with Container("scikit-learn", SAGEMAKER_PROGRAM="train.py") as container:
            container.write("elsewhere/train.py", SUM)
            container.environment["SAGEMAKER_SUBMIT_DIRECTORY"] = container.path("elsewhere")
            container.serve()
            self.assertEqual(container.invoke(b"1,2").data, b"[3.0]")

    def test_a_generator_that_fails_before_its_first_piece_is_500(self):
        with Container("python") as container:
            container.serve("def model_fn(d): pass\ndef transform_fn(m, b, c, a):\n"
                            "    raise KeyError('early')\n    yield b''")
            response = container.invoke(b"x", "text/plain")

        self.assertEqual(response.status, 500)
        self.assertIn(b"early", response.data)


if __name__ == "__main__":
    unittest.main()
