"""A program as users of script mode write it: it loads the model, and leaves the rest to the runtime."""
import os

import xgboost


def model_fn(model_dir):
    return xgboost.Booster(model_file=os.path.join(model_dir, "model.ubj"))
