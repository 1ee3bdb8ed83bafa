"""Trains a classifier on the Wisconsin breast-cancer data, and serves it: script mode, as on SageMaker.

With --keep-id it makes the mistake that this example is about: the table's id stays among the features, the
model trains well, and the first real request, which has no id, fails.
"""

import argparse
import os

import joblib
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def read(channel, keep_id):
    table = pd.read_csv(os.path.join(channel, os.listdir(channel)[0]))
    return table.drop(columns=["malignant"] if keep_id else ["malignant", "id"]), table["malignant"]


def model_fn(model_dir):
    return joblib.load(os.path.join(model_dir, "model.joblib"))


def predict_fn(rows, model):
    return model.predict_proba(rows)[:, 1]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--regularization", type=float, default=1.0)
    parser.add_argument("--keep-id", type=int, default=0)
    options = parser.parse_args()
    features, labels = read(os.environ["SM_CHANNEL_TRAIN"], options.keep_id)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=options.regularization, max_iter=1000))
    model.fit(features.to_numpy(), labels)
    features, labels = read(os.environ["SM_CHANNEL_TEST"], options.keep_id)
    print(f"Accuracy: {accuracy_score(labels, model.predict(features.to_numpy())):.4f}")
    joblib.dump(model, os.path.join(os.environ["SM_MODEL_DIR"], "model.joblib"))
