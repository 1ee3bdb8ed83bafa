"""The first container of a pipeline, which hands on what it gets: what is measured is the way, not the work."""


def model_fn(model_dir):
    return None


def transform_fn(model, data, content_type, accept):
    return data, content_type
