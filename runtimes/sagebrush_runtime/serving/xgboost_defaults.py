"""Default functions of AWS's XGBoost image in script mode: the data is a DMatrix."""
from sagebrush_runtime.serving.python_defaults import model_fn, output_fn
from sagebrush_runtime.xgboost_algorithm.request_matrix import to_dmatrix

__all__ = ["input_fn", "model_fn", "output_fn", "predict_fn"]


def input_fn(body, content_type):
    """A DMatrix of csv or libsvm. @throws UnsupportedContentType; RequestRefused 415"""
    return to_dmatrix(body, content_type)


def predict_fn(data, model):
    return model.predict(data, validate_features=False)
