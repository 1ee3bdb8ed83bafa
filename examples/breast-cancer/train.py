"""Trains a classifier on the Wisconsin breast-cancer data, and serves it: script mode, as on SageMaker."""

import argparse
import os

import joblib
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def read(channel):
    table = pd.read_csv(os.path.join(channel, os.listdir(channel)[0]))
    return table.drop(columns="malignant"), table["malignant"]


def model_fn(model_dir):
    return joblib.load(os.path.join(model_dir, "model.joblib"))


def predict_fn(rows, model):
    return model.predict_proba(rows)[:, 1]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--regularization", type=float, default=1.0)
    parser.add_argument("--model-dir", default=os.environ.get("SM_MODEL_DIR"))
    parser.add_argument("--train", default=os.environ.get("SM_CHANNEL_TRAIN"))
    parser.add_argument("--test", default=os.environ.get("SM_CHANNEL_TEST"))
    arguments = parser.parse_args()

    features, label = read(arguments.train)
    print(f"training on {len(features)} patients with {features.shape[1]} measurements each")
    model = make_pipeline(StandardScaler(), LogisticRegression(C=1 / arguments.regularization))
    model.fit(features.to_numpy(), label)

    features, label = read(arguments.test)
    accuracy = accuracy_score(label, model.predict(features.to_numpy()))
    print(f"Accuracy: {accuracy:.4f}")
    joblib.dump(model, os.path.join(arguments.model_dir, "model.joblib"))
