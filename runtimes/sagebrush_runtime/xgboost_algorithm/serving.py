"""Answer invocations with an XGBoost model and no program of the user's."""
import json

import numpy
import xgboost

from sagebrush_runtime import log, paths
from sagebrush_runtime.serving import content_types, settings
from sagebrush_runtime.serving.answer import Answer, RequestRefused
from sagebrush_runtime.xgboost_algorithm import model_file, request_matrix
from sagebrush_runtime.xgboost_algorithm.row_predictor import RowPredictor

ACCEPTED = (content_types.JSON, content_types.JSON_LINES, content_types.CSV)


class XGBoostModel:
    """A handler for `worker.Worker`; statuses are those of AWS's image."""

    needs_own_thread = False
    serves_models = False

    def __init__(self, model_dir=paths.MODEL_DIR, is_one_of_many=False):
        """@param is_one_of_many answers as AWS's image does where it holds many models"""
        self._model_dir = model_dir
        self._is_one_of_many = is_one_of_many
        fallback = content_types.JSON if is_one_of_many else content_types.CSV
        self._default_accept = settings.default_accept(fallback)
        self._is_batch = settings.is_batch()

    def load(self):
        """@throws RuntimeError when the folder holds no model"""
        self._boosters = [_Predictor(booster) for booster in model_file.load_all(self._model_dir)]
        self._features = self._boosters[0].features

    def execution_parameters(self):
        return settings.execution_parameters()

    def handle(self, head, body):
        """@throws RequestRefused 400, 406 or 415"""
        if not body:
            return Answer(204, None, b"")
        accept = self._accept(head.accept)
        try:
            kind = request_matrix.kind_of(head.content_type)
        except RequestRefused:
            raise RequestRefused(
                415, "Content-type %s is not supported." % head.content_type
            ) from None
        matrix = request_matrix.to_matrix(body, kind)
        try:
            matrix = self._fit_width(matrix, kind)
            predictions = self._predict(matrix)
        except ValueError as fault:
            log.warning("Unable to evaluate payload provided: %s" % fault)
            raise RequestRefused(
                400, "Unable to evaluate payload provided: %s" % fault
            ) from fault
        return Answer(200, accept, self._encode(predictions, accept))

    def _accept(self, header):
        accept = content_types.media_type(header)
        if not accept or accept == content_types.ANY:
            return self._default_accept
        if accept not in ACCEPTED:
            raise RequestRefused(
                406,
                "Accept type %s is not supported. Please use supported accept types: %s."
                % (accept, list(ACCEPTED)),
            )
        return accept

    def _fit_width(self, matrix, kind):
        """Exactly the model's features. One too many is the column that 1-based libsvm adds."""
        width, features = matrix.shape[1], self._features
        if width == features:
            return matrix
        if width == features + 1:
            return matrix[:, :features]
        if kind == "libsvm" and width < features:
            matrix.resize((matrix.shape[0], features))
            return matrix
        comparison = "larger than" if kind == "libsvm" else "not consistent with"
        raise ValueError(
            "Feature size of %s inference data %d is %s feature size of trained model %d."
            % (kind, width, comparison, features)
        )

    def _predict(self, matrix):
        if len(self._boosters) == 1:
            return self._boosters[0].predict(matrix)
        ensemble = [booster.predict(matrix) for booster in self._boosters]
        return numpy.mean(ensemble, axis=0).tolist()

    def _encode(self, predictions, accept):
        if accept == content_types.JSON and self._is_one_of_many:
            return json.dumps(predictions).encode("utf-8")
        if accept == content_types.JSON:
            scores = [{"score": prediction} for prediction in predictions]
            return json.dumps({"predictions": scores}).encode("utf-8")
        if accept == content_types.JSON_LINES:
            lines = (json.dumps({"score": prediction}) + "\n" for prediction in predictions)
            return "".join(lines).encode("utf-8")
        if self._is_one_of_many:
            return ",".join(map(str, predictions)).encode("utf-8")
        end = "\n" if self._is_batch else ""
        return ("\n".join(map(str, predictions)) + end).encode("utf-8")


class _Predictor:
    """One booster with what does not change from request to request."""

    def __init__(self, booster):
        self._booster = booster
        self.features = booster.num_features()
        best = booster.attributes().get("best_iteration")
        self._iterations = (0, int(best) + 1) if best is not None else (0, 0)
        config = json.loads(booster.save_config())
        self._is_linear = config["learner"]["gradient_booster"]["name"] == "gblinear"
        self._row_predictor = RowPredictor(booster, self.features, self._iterations)

    def predict(self, matrix):
        """Scores as a list: numbers, or lists of a number per class."""
        if self._is_linear:
            data = xgboost.DMatrix(matrix, nthread=1)
            return self._booster.predict(data, validate_features=False).tolist()
        if matrix.shape[0] == 1 and isinstance(matrix, numpy.ndarray):
            return self._row_predictor.predict(matrix)
        return self._booster.inplace_predict(
            matrix, iteration_range=self._iterations, validate_features=False
        ).tolist()
