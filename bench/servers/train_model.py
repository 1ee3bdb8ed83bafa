"""Trains what both servers of the row serve: XGBoost, 100 trees of depth 6, on 30 features.

usage: train_model.py MODEL_FILE, which ends in .ubj. Prints one row of the data as csv.
"""
import sys

import xgboost
from sklearn.datasets import load_breast_cancer

features, labels = load_breast_cancer(return_X_y=True)
booster = xgboost.train(
    {"objective": "binary:logistic", "max_depth": 6, "seed": 0, "nthread": 1},
    xgboost.DMatrix(features, label=labels),
    num_boost_round=100,
)
booster.save_model(sys.argv[1])
print(",".join(f"{value:.6g}" for value in features[0]))
