"""The default functions of XGBoost script mode: the short way answers what the long way does."""
import unittest

import numpy
import xgboost

from sagebrush_runtime.serving import xgboost_defaults


def booster(**parameters):
    random = numpy.random.default_rng(7)
    rows = random.normal(size=(200, 4)).astype(numpy.float32)
    labels = (rows[:, 0] > 0).astype(int) + (rows[:, 1] > 0).astype(int)
    if parameters.get("objective") != "multi:softprob":
        labels = labels > 0
    return xgboost.train(parameters, xgboost.DMatrix(rows, labels), num_boost_round=5)


class DirectFunctions(unittest.TestCase):
    def both(self, model, body):
        read, predict = xgboost_defaults.direct_functions(model)
        direct = predict(read(body, "text/csv"), model)
        data = xgboost_defaults.input_fn(body, "text/csv")
        return direct, xgboost_defaults.predict_fn(data, model)

    def test_one_row_several_rows_and_a_missing_value_score_as_with_a_dmatrix(self):
        model = booster(objective="binary:logistic")
        for body in ("0.5,-1,2,0.1", "0.5,-1,2,0.1\n1,1,1,1", "0.5,,2,0.1"):
            with self.subTest(body):
                direct, expected = self.both(model, body)
                numpy.testing.assert_array_equal(direct, expected)
                self.assertEqual(direct.dtype, expected.dtype)

    def test_a_probability_per_class_has_the_shape_that_a_dmatrix_gives(self):
        direct, expected = self.both(booster(objective="multi:softprob", num_class=3), "1,2,3,4")
        numpy.testing.assert_array_equal(direct, expected)
        self.assertEqual(direct.shape, (1, 3))

    def test_a_row_of_another_width_is_refused_as_with_a_dmatrix(self):
        read, predict = xgboost_defaults.direct_functions(booster(objective="binary:logistic"))
        model = booster(objective="binary:logistic")
        with self.assertRaises(xgboost.core.XGBoostError):
            predict(read("1,2,3,4,5", "text/csv"), model)

    def test_linear_boosters_and_models_of_other_kinds_go_the_long_way(self):
        self.assertIsNone(xgboost_defaults.direct_functions(booster(booster="gblinear")))
        self.assertIsNone(xgboost_defaults.direct_functions(object()))


if __name__ == "__main__":
    unittest.main()
