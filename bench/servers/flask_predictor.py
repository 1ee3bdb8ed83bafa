"""The peer: a container of one's own, nginx in front of gunicorn in front of this. MODEL_FILE is the model."""
import os

import flask
import numpy
import xgboost

booster = xgboost.Booster(model_file=os.environ["MODEL_FILE"])
application = flask.Flask(__name__)


@application.get("/ping")
def ping():
    return flask.Response("\n", 200, mimetype="application/json")


@application.post("/invocations")
def invocations():
    lines = flask.request.data.decode("utf-8").splitlines()
    rows = numpy.array([line.split(",") for line in lines], dtype=numpy.float32)
    # the quickest way there is from an array to an answer
    predictions = booster.inplace_predict(rows, validate_features=False)
    return flask.Response("\n".join(map(str, predictions)), 200, mimetype="text/csv")
