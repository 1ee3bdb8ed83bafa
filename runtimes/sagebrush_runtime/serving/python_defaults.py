"""What is done when the user's program leaves a function out, and no framework says more."""
from sagebrush_runtime.serving import decoders, encoders


def model_fn(model_dir):
    raise NotImplementedError("Please provide a model_fn implementation.")


def input_fn(body, content_type):
    return decoders.decode(body, content_type)


def predict_fn(data, model):
    raise NotImplementedError("Please provide a predict_fn implementation.")


def output_fn(prediction, accept):
    return encoders.encode(prediction, accept)
