"""Default functions of AWS's XGBoost image in script mode: the data is a DMatrix."""
import json

import numpy
import xgboost

from sagebrush_runtime.serving.python_defaults import model_fn, output_fn
from sagebrush_runtime.xgboost_algorithm.request_matrix import kind_of, to_dmatrix, to_matrix
from sagebrush_runtime.xgboost_algorithm.row_predictor import RowPredictor

__all__ = ["direct_functions", "input_fn", "model_fn", "output_fn", "predict_fn"]


def input_fn(body, content_type):
    """A DMatrix of csv or libsvm. @throws UnsupportedContentType; RequestRefused 415"""
    return to_dmatrix(body, content_type)


def predict_fn(data, model):
    return model.predict(data, validate_features=False)


def direct_functions(model):
    """input_fn and predict_fn for programs that have neither, with the same answers: one dense row
    goes to the trees without a DMatrix, the making of which costs more than they do.

    @returns None when the model is no booster of trees
    """
    if not isinstance(model, xgboost.Booster):
        return None
    booster = json.loads(model.save_config())["learner"]["gradient_booster"]["name"]
    if booster == "gblinear":
        return None
    features = model.num_features()
    row_predictor = RowPredictor(model, features, (0, 0))

    def read(body, content_type):
        matrix = to_matrix(body, kind_of(content_type))
        if isinstance(matrix, numpy.ndarray) and matrix.shape == (1, features):
            return matrix
        return xgboost.DMatrix(matrix, nthread=1)

    def predict(data, booster):
        if isinstance(data, numpy.ndarray):
            return numpy.array(row_predictor.predict(data), dtype=numpy.float32)
        return predict_fn(data, booster)

    return read, predict
