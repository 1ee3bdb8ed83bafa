"""Many models in one container, loaded and unloaded while it serves."""
import json
import unittest

import numpy
import xgboost

from tests.container import Container

PROGRAM = """
import os

def model_fn(folder):
    with open(os.path.join(folder, "answer")) as file:
        return file.read()

def transform_fn(model, data, content_type, accept):
    return model + str(data), accept
"""


def load(container, name, folder):
    body = json.dumps({"model_name": name, "url": folder})
    return container.request("POST", "/models", body, content_type="application/json")


def invoke(container, name, body="1,2", **headers):
    return container.request(
        "POST", "/models/%s/invoke" % name, body, content_type="text/csv", **headers
    )


class MultiModel(unittest.TestCase):
    def serving(self, framework="scikit-learn", **environment):
        return Container(framework, SAGEMAKER_MULTI_MODEL="true", **environment)

    def test_models_are_loaded_listed_invoked_and_unloaded(self):
        with self.serving() as container:
            for name in ("one", "two"):
                container.write("models/%s/model/answer" % name, name)
            container.serve(PROGRAM, workers=1)

            for name in ("one", "two"):
                loaded = load(container, name, container.path("models", name, "model"))
                self.assertEqual(loaded.status, 200, loaded.data)
            self.assertEqual(invoke(container, "one").data, b"one1,2")
            self.assertEqual(invoke(container, "two").data, b"two1,2")
            listed = json.loads(container.request("GET", "/models").data)["models"]
            self.assertEqual([one["modelName"] for one in listed], ["one", "two"])
            one = json.loads(container.request("GET", "/models/one").data)
            self.assertEqual(one["modelUrl"], container.path("models/one/model"))

            self.assertEqual(container.request("DELETE", "/models/one").status, 200)
            self.assertEqual(invoke(container, "one").status, 404)
            self.assertEqual(container.request("DELETE", "/models/one").status, 404)
            self.assertEqual(invoke(container, "two").status, 200)

    def test_a_model_that_is_loaded_already_is_a_conflict_and_one_that_cannot_be_is_an_error(self):
        with self.serving() as container:
            container.write("models/one/model/answer", "1")
            container.serve(PROGRAM, workers=1)
            folder = container.path("models/one/model")

            self.assertEqual(load(container, "one", folder).status, 200)
            self.assertEqual(load(container, "one", folder).status, 409)
            broken = load(container, "broken", container.path("nothing"))
            self.assertEqual(broken.status, 500)
            self.assertIn(b"FileNotFoundError", broken.data)
            self.assertEqual(container.request("POST", "/models", "no json").status, 400)
            self.assertEqual(container.invoke("1").status, 404)

    def test_a_model_that_memory_is_too_small_for_gets_507(self):
        program = PROGRAM.replace("    with open", "    raise MemoryError()\n    with open")
        with self.serving() as container:
            container.serve(program, workers=1)
            self.assertEqual(load(container, "one", container.path("model")).status, 507)

    def test_xgboost_answers_json_lists_unless_csv_is_asked_for(self):
        features = numpy.random.default_rng(0).random((40, 3))
        booster = xgboost.train({}, xgboost.DMatrix(features, label=features[:, 0]), 2)
        with self.serving("xgboost") as container:
            container.write("models/a/model/xgboost-model", bytes(booster.save_raw("ubj")))
            container.serve(workers=1)
            self.assertEqual(load(container, "a", container.path("models/a/model")).status, 200)

            plain = invoke(container, "a", "0.1,0.2,0.3\n0.4,0.5,0.6")
            predictions = json.loads(plain.data)
            self.assertEqual(len(predictions), 2)
            self.assertIsInstance(predictions[0], float)
            csv = invoke(container, "a", "0.1,0.2,0.3\n0.4,0.5,0.6", accept="text/csv")
            self.assertEqual([float(one) for one in csv.data.split(b",")], predictions)
