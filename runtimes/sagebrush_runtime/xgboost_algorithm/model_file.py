"""Read and write model files of every form that AWS's XGBoost images have written."""
import os
import pickle

from sagebrush_runtime import log

NAME = "xgboost-model"
LAST_PICKLING_VERSION = (1, 2)
"""AWS's images wrote a pickle up to 1.2-1 and XGBoost's own format since 1.3-1."""


def save(booster, model_dir):
    """Write `xgboost-model`; whoever reads the folder meanwhile sees the old file or the new."""
    os.makedirs(model_dir, exist_ok=True)
    temporary = os.path.join(model_dir, ".%s.partial" % NAME)
    if _writes_pickle(os.environ.get("SAGEBRUSH_IMAGE_TAG", "")):
        with open(temporary, "wb") as file:
            pickle.dump(booster, file)
    else:
        with open(temporary, "wb") as file:
            file.write(booster.save_raw("ubj"))
    os.replace(temporary, os.path.join(model_dir, NAME))


def _writes_pickle(tag):
    """Whether the image that was asked for, `1.2-1` or `latest`, pickled its models."""
    if tag in ("1", "latest"):
        return True
    major, _, rest = tag.partition(".")
    minor = rest.partition("-")[0]
    if not (major.isdigit() and minor.isdigit()):
        return False
    return (int(major), int(minor)) <= LAST_PICKLING_VERSION


def load_all(model_dir):
    """Boosters of all files in the folder, by name; several are an ensemble.

    @throws RuntimeError when there is no file, or one is in no known form
    """
    names = sorted(
        name
        for name in os.listdir(model_dir)
        if not name.startswith(".") and os.path.isfile(os.path.join(model_dir, name))
    )
    if not names:
        raise RuntimeError("There is no model file in %s" % model_dir)
    return [load(os.path.join(model_dir, name)) for name in names]


def load(path):
    """One Booster, whether pickled, written by joblib, or in XGBoost's json, ubj or binary form.

    @throws RuntimeError that names what each form's reader said
    """
    log.info("Loading the model from %s" % path)
    with open(path, "rb") as file:
        is_document = file.read(1) == b"{"
    readers = [_load_pickle, _load_joblib, _load_native]
    if is_document:
        readers.insert(0, readers.pop())
    faults = []
    for reader in readers:
        try:
            return _configured(reader(path))
        except Exception as fault:
            faults.append("%s: %s" % (reader.__name__.rpartition("_")[2], fault))
    raise RuntimeError("Model at %s cannot be loaded:\n%s" % (path, "\n".join(faults)))


def _load_pickle(path):
    with open(path, "rb") as file:
        return pickle.load(file)


def _load_joblib(path):
    import joblib

    return joblib.load(path)


def _load_native(path):
    import xgboost

    with open(path, "rb") as file:
        return xgboost.Booster(model_file=bytearray(file.read()))


def _configured(model):
    booster = model.get_booster() if hasattr(model, "get_booster") else model
    booster.set_param({"nthread": 1})
    return booster
