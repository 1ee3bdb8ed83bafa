"""Default functions of AWS's scikit-learn image. There is none that loads a model."""
import numpy

from sagebrush_runtime.serving import content_types, decoders
from sagebrush_runtime.serving.python_defaults import model_fn, output_fn

__all__ = ["input_fn", "model_fn", "output_fn", "predict_fn"]


def input_fn(body, content_type):
    """At least two dimensions; text becomes float32, and one row if it has one dimension."""
    array = decoders.decode(body, content_type)
    if content_types.media_type(content_type) in content_types.TEXT_TYPES:
        array = array.astype(numpy.float32)
    return array.reshape(1, -1) if array.ndim == 1 else array


def predict_fn(data, model):
    return model.predict(data)
