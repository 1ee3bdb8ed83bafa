"""XGBoost as a built-in algorithm: training from channels, and serving what was trained."""
import json
import os
import pickle
import shutil
import signal
import unittest

import numpy
import xgboost

from tests.container import Container, eventually

HYPERPARAMETERS = {"num_round": "3", "objective": "binary:logistic", "max_depth": "2", "seed": "1"}
CSV = {"ContentType": "text/csv", "TrainingInputMode": "File"}


def rows(count=60):
    """Label first; the label says whether the first of three features is above one half."""
    features = numpy.random.default_rng(0).random((count, 3)).round(4)
    labels = (features[:, 0] > 0.5).astype(int)
    return [",".join(map(str, (label, *row))) for label, row in zip(labels, features)]


def libsvm(lines):
    parts = (line.split(",") for line in lines)
    return "\n".join(
        " ".join([label, *("%d:%s" % item for item in enumerate(features))])
        for label, *features in parts
    )


def train(container, hyperparameters=None, channels=None):
    given = HYPERPARAMETERS if hyperparameters is None else hyperparameters
    container.configure(given, channels or {"train": CSV, "validation": CSV})
    return container.run("train")


class Training(unittest.TestCase):
    def with_data(self, **environment):
        container = Container("xgboost", **environment)
        container.write("input/data/train/a.csv", "\n".join(rows()[:30]))
        container.write("input/data/train/deep/b.csv", "\n".join(rows()[30:]))
        container.write("input/data/train/_SUCCESS", "not data")
        container.write("input/data/validation/v.csv", "\n".join(rows(20)))
        return container

    def test_csv_channels_give_a_model_and_metric_lines_with_011_for_a_tab(self):
        with self.with_data() as container:
            self.assertEqual(train(container), 0, container.output)

            self.assertIn("Train matrix has 60 rows and 3 columns", container.output)
            self.assertRegex(container.output,
                             r"\[0\]#011train-logloss:0\.\d{5}#011validation-logloss:0\.\d{5}\n")
            booster = xgboost.Booster(model_file=container.path("model/xgboost-model"))
            self.assertEqual(booster.num_boosted_rounds(), 3)

    def test_libsvm_is_the_default_type_and_gives_the_same_model_as_csv(self):
        with self.with_data() as from_csv, Container("xgboost") as from_libsvm:
            train(from_csv, channels={"train": CSV})
            from_libsvm.write("input/data/train/part", libsvm(rows()))
            self.assertEqual(train(from_libsvm, channels={"train": {}}), 0, from_libsvm.output)

            models = [xgboost.Booster(model_file=one.path("model/xgboost-model"))
                      for one in (from_csv, from_libsvm)]
            sample = numpy.random.default_rng(1).random((5, 3))
            first, second = (one.inplace_predict(sample) for one in models)
            numpy.testing.assert_allclose(first, second, rtol=1e-6)

    def test_the_tuning_jobs_metric_and_added_metrics_are_logged(self):
        with self.with_data() as container:
            train(container, {**HYPERPARAMETERS, "eval_metric": "logloss,f1",
                              "_tuning_objective_metric": "validation:auc"})

            for name in ("logloss", "f1", "auc"):
                self.assertIn("validation-%s:" % name, container.output)

    def test_early_stopping_keeps_the_best_rounds_only(self):
        with self.with_data() as container:
            train(container, {**HYPERPARAMETERS, "num_round": "200", "eta": "1",
                              "early_stopping_rounds": "2", "eval_metric": "error"})

            booster = xgboost.Booster(model_file=container.path("model/xgboost-model"))
            self.assertLess(booster.num_boosted_rounds(), 200)

    def test_weights_may_stand_in_the_second_column(self):
        with Container("xgboost") as container:
            lines = [line.replace(",", ",2.5,", 1) for line in rows()]
            container.write("input/data/train/a.csv", "\n".join(lines))
            train(container, {**HYPERPARAMETERS, "csv_weights": "1"}, {"train": CSV})

            self.assertIn("60 rows and 3 columns", container.output)

    def test_images_up_to_1_2_leave_a_pickle(self):
        with self.with_data(SAGEBRUSH_IMAGE_TAG="1.0-1-cpu-py3") as container:
            train(container)
            with open(container.path("model/xgboost-model"), "rb") as file:
                self.assertEqual(pickle.load(file).num_boosted_rounds(), 3)

    def test_a_job_goes_on_from_its_newest_checkpoint(self):
        with self.with_data() as container:
            os.makedirs(container.path("checkpoints"))
            train(container, {**HYPERPARAMETERS, "num_round": "7"})
            self.assertEqual(len(os.listdir(container.path("checkpoints"))), 5)

            train(container, {**HYPERPARAMETERS, "num_round": "9"})

            self.assertIn("Resuming from iteration 7", container.output)
            self.assertIn("[7]#011", container.output)
            self.assertNotIn("[6]#011", container.output)
            booster = xgboost.Booster(model_file=container.path("model/xgboost-model"))
            self.assertEqual(booster.num_boosted_rounds(), 9)

    def test_a_stopped_job_keeps_the_model_so_far_if_asked(self):
        with self.with_data() as container:
            container.configure({**HYPERPARAMETERS, "num_round": "1000000",
                                 "save_model_on_termination": "true"}, {"train": CSV})
            process = container.start("train")
            eventually(lambda: container.has("model/xgboost-model"))

            process.send_signal(signal.SIGTERM)
            process.communicate()

            self.assertEqual(process.returncode, 143)
            self.assertFalse(container.has("output/failure"))
            xgboost.Booster(model_file=container.path("model/xgboost-model"))

    def test_wrong_hyperparameters_are_named(self):
        cases = (
            ({}, "Missing required hyperparameter: num_round"),
            ({"num_round": "x"}, "Hyperparameter num_round: could not parse value"),
            ({"num_round": "0"}, "Hyperparameter num_round: 0 is not in [1, +inf)"),
            ({"eta": "2"}, "Hyperparameter eta: 2.0 is not in [0, 1]"),
            ({"subsample": "0"}, "Hyperparameter subsample: 0.0 is not in (0, 1]"),
            ({"eta": "nan"}, "Hyperparameter eta: nan is not in [0, 1]"),
            ({"depth": "2"}, "Extraneous hyperparameter found: depth"),
            ({"objective": "reg:none"}, "Hyperparameter objective: reg:none is not in"),
            ({"objective": "multi:softmax"}, "Require input for parameter 'num_class'"),
            ({"eval_metric": "nothing"}, "Hyperparameter eval_metric: value ['nothing'] not in"),
            ({"eval_metric": "auc", "objective": "reg:squarederror"}, "Metric 'auc' can only be"),
            ({"eval_metric": "rmse@0.5"}, "Metric 'rmse@0.5' is not supported."),
            ({"eval_metric": "error@x"}, "expects float input"),
            ({"tree_method": "gpu_hist"}, "needs a GPU"),
            ({"monotone_constraints": "(1,0,0)"}, "monotone_constraints can be used only"),
        )
        from sagebrush_runtime.failure import UserError
        from sagebrush_runtime.xgboost_algorithm import hyperparameters

        for given, text in cases:
            with self.subTest(given):
                values = {**HYPERPARAMETERS, **given} if given else {}
                with self.assertRaises(UserError) as raised:
                    hyperparameters.validate(values)
                self.assertIn("UserError: ", str(raised.exception))
                self.assertIn(text, str(raised.exception))

    def test_wrong_data_is_the_users_fault(self):
        cases = (
            ({}, CSV, "No data in training channel path"),
            ({"a.csv": "label,x\n1,2\n"}, CSV, "Failed to load csv data with exception"),
            ({"a.csv": "1\n0\n"}, CSV, "there is no feature column"),
            ({"a.csv": "1,2\n"}, {}, "is not 'LIBSVM' format"),
            ({"a.csv": "1,2\n"}, {"ContentType": "text/xml"}, "not an accepted ContentType"),
            ({"a.csv": "5,2\n0,1\n"}, CSV, "label must be in [0,1] for logistic regression"),
        )
        for files, channel, text in cases:
            with self.subTest(text), Container("xgboost") as container:
                os.makedirs(container.path("input/data/train"))
                for name, content in files.items():
                    container.write("input/data/train/" + name, content)

                self.assertEqual(train(container, channels={"train": channel}), 1)
                failure = container.read("output/failure")
                self.assertTrue(failure.startswith("UserError: "), failure)
                self.assertIn(text, failure)


class Serving(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        features = numpy.random.default_rng(0).random((60, 3))
        data = xgboost.DMatrix(features, label=(features[:, 0] > 0.5).astype(int))
        cls.booster = xgboost.train({"objective": "binary:logistic", "max_depth": 2}, data, 3)
        cls.sample = features[:2].astype("float32")
        cls.expected = cls.booster.inplace_predict(cls.sample).tolist()
        cls.csv = [",".join(map(str, row)) for row in cls.sample.tolist()]
        cls.container = Container("xgboost")
        cls.container.write("model/xgboost-model", bytes(cls.booster.save_raw("ubj")))
        cls.container.serve()

    @classmethod
    def tearDownClass(cls):
        cls.container.__exit__()

    def scores(self, response):
        self.assertEqual(response.status, 200, response.data)
        return [float(line) for line in response.data.decode().split("\n")]

    def test_csv_gives_one_score_per_line(self):
        one = self.container.invoke(self.csv[0])
        two = self.container.invoke("\n".join(self.csv) + "\n")

        self.assertEqual(self.scores(one), self.expected[:1])
        self.assertEqual(self.scores(two), self.expected)
        self.assertEqual(one.headers["Content-Type"], "text/csv; charset=utf-8")

    def test_libsvm_with_or_without_labels_gives_the_same_scores(self):
        features = libsvm("1," + line for line in self.csv)
        for body in (features, features.replace("1 0:", "0:")):
            for content_type in ("text/libsvm", "text/x-libsvm"):
                self.assertEqual(self.scores(self.container.invoke(body, content_type)),
                                 self.expected)

    def test_json_and_json_lines_name_the_scores(self):
        response = self.container.invoke("\n".join(self.csv), accept="application/json")
        self.assertEqual(json.loads(response.data),
                         {"predictions": [{"score": score} for score in self.expected]})
        response = self.container.invoke(self.csv[0], accept="application/jsonlines")
        self.assertEqual(json.loads(response.data), {"score": self.expected[0]})

    def test_a_missing_value_is_an_empty_field(self):
        row = numpy.array([[numpy.nan, 0.5, 0.5]], dtype="float32")

        self.assertEqual(self.scores(self.container.invoke(",0.5,0.5")),
                         self.booster.inplace_predict(row).tolist())

    def test_one_feature_too_many_is_left_out(self):
        self.assertEqual(self.scores(self.container.invoke(self.csv[0] + ",9")), self.expected[:1])

    def test_errors_have_the_statuses_of_awss_image(self):
        for body, content_type, accept, status in (
            ("", "text/csv", "*/*", 204),
            ("1,2", "text/csv", "*/*", 400),
            ("1,2,3,4,5", "text/csv", "*/*", 400),
            ("0:1 9:1", "text/libsvm", "*/*", 400),
            ("1,2,3", "text/xml", "*/*", 415),
            ("a,b,c", "text/csv", "*/*", 415),
            ("1,2,3\n1,2", "text/csv", "*/*", 415),
            ("0:x", "text/libsvm", "*/*", 415),
            ("1,2,3", "text/csv", "text/html", 406),
        ):
            with self.subTest(body=body, content_type=content_type):
                response = self.container.invoke(body, content_type, accept=accept)
                self.assertEqual(response.status, status, response.data)

    def test_every_form_of_model_file_is_read(self):
        import joblib

        from sagebrush_runtime.xgboost_algorithm import model_file

        with Container() as container:
            os.makedirs(container.path("model"))
            path = container.path("model/xgboost-model")
            for form in ("json", "ubj", "deprecated"):
                container.write("model/xgboost-model", bytes(self.booster.save_raw(form)))
                self.assert_same(model_file.load(path), form)
            container.write("model/xgboost-model", pickle.dumps(self.booster))
            self.assert_same(model_file.load(path), "pickle")
            joblib.dump(self.booster, path)
            self.assert_same(model_file.load(path), "joblib")

            container.write("model/xgboost-model", b"not a model")
            with self.assertRaisesRegex(RuntimeError, "cannot be loaded"):
                model_file.load(path)
            shutil.rmtree(container.path("model"))
            os.makedirs(container.path("model"))
            with self.assertRaisesRegex(RuntimeError, "no model file"):
                model_file.load_all(container.path("model"))

    def assert_same(self, booster, form):
        predictions = booster.inplace_predict(self.sample).tolist()
        self.assertEqual(predictions, self.expected, form)

    def test_one_score_per_class_stands_in_brackets(self):
        features = numpy.random.default_rng(0).random((60, 3))
        data = xgboost.DMatrix(features, label=numpy.arange(60) % 3)
        booster = xgboost.train({"objective": "multi:softprob", "num_class": 3}, data, 2)
        expected = booster.inplace_predict(self.sample).tolist()
        with Container("xgboost") as container:
            container.write("model/xgboost-model", bytes(booster.save_raw("ubj")))
            container.serve()

            self.assertEqual(container.invoke(self.csv[0]).data.decode(), str(expected[0]))
            self.assertEqual(container.invoke("\n".join(self.csv)).data.decode(),
                             "\n".join(map(str, expected)))

    def test_script_mode_gives_predict_fn_a_dmatrix(self):
        with Container("xgboost") as container:
            container.write("model/xgboost-model", bytes(self.booster.save_raw("ubj")))
            container.serve("import xgboost\ndef model_fn(d):\n"
                            "    return xgboost.Booster(model_file=d + '/xgboost-model')\n")
            response = container.invoke(self.csv[0])

        self.assertEqual(json.loads(response.data), self.expected[:1])


if __name__ == "__main__":
    unittest.main()
