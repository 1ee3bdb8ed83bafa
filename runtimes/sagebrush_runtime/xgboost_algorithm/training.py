"""Train XGBoost on the job's channels, without a program of the user's."""
import signal
import sys

from sagebrush_runtime import log, paths
from sagebrush_runtime.failure import AlgorithmError, TrainingStopped, UserError
from sagebrush_runtime.training_environment import read_config, vcpu_count
from sagebrush_runtime.xgboost_algorithm import (
    channels,
    checkpoints,
    hyperparameters,
    metrics,
    model_file,
)

NOT_PARAMETERS = (
    "num_round", "csv_weights", "early_stopping_rounds", "eval_metric",
    "save_model_on_termination", "_tuning_objective_metric", "use_dask_gpu_training",
)
RETIRED = ("predictor", "dsplit", "sketch_eps", "lambda_bias", "single_precision_histogram",
           "prob_buffer_row", "deterministic_histogram")
"""Names that AWS's image takes and that XGBoost no longer has."""
USER_FAULTS = (
    "label must be in [0,1] for logistic regression",
    "label must be in [0, num_class)",
    "Target is multiclass but average='binary'",
    "feature_names mismatch",
    "Check failed: preds.size() == info.labels",
    "the dataset only contains pos or neg samples",
    "base_score must be in (0,1)",
    "label must be nonnegative",
    "Parameter reg_lambda should be greater equal to 0",
)


def run(environment):
    """@throws UserError, AlgorithmError, TrainingStopped"""
    signal.signal(signal.SIGTERM, _stop)
    values = hyperparameters.validate(read_config("hyperparameters.json", {}))
    if len(environment["hosts"]) > 1:
        raise UserError("XGBoost trains on one host here, and the job has %d"
                        % len(environment["hosts"]))
    inputs = environment["input_data_config"]
    if "train" not in inputs:
        raise UserError("Missing required channel: train")
    threads = values.setdefault("nthread", vcpu_count())
    weights = values.get("csv_weights", 0)
    train = channels.read(inputs, "train", weights, threads)
    validation = channels.read(inputs, "validation", weights, threads)
    log.info("Train matrix has %d rows and %d columns" % (train.num_row(), train.num_col()))
    if validation is not None:
        log.info("Validation matrix has %d rows" % validation.num_row())
    model_file.save(_train(values, train, validation), paths.MODEL_DIR)


def _stop(_number, _frame):
    raise TrainingStopped("Training was stopped by SIGTERM")


def _train(values, train, validation):
    import xgboost

    own_metrics, other_metrics, stop_by = metrics.choose(
        values.get("eval_metric"), values.get("_tuning_objective_metric")
    )
    parameters = {
        name: value
        for name, value in values.items()
        if name not in NOT_PARAMETERS and name not in RETIRED
    }
    if "updater" in parameters:
        parameters["updater"] = ",".join(parameters["updater"])
    if parameters.get("objective") == "reg:linear":
        parameters["objective"] = "reg:squarederror"
    if own_metrics:
        parameters["eval_metric"] = own_metrics
    watched = [(train, "train")]
    if validation is not None:
        watched.append((validation, "validation"))
    folder = checkpoints.folder()
    earlier, first_round = checkpoints.latest(folder)
    callbacks = [_RoundEnd(values, folder, first_round).callback(xgboost)]
    if "early_stopping_rounds" in values:
        callbacks.append(_early_stopping(xgboost, values, validation, stop_by))
    try:
        return xgboost.train(
            parameters, train, num_boost_round=max(0, values["num_round"] - first_round),
            evals=watched, custom_metric=other_metrics, xgb_model=earlier, callbacks=callbacks,
            verbose_eval=False,
        )
    except (xgboost.core.XGBoostError, ValueError) as fault:
        if any(text in str(fault) for text in USER_FAULTS):
            raise UserError(str(fault)) from fault
        raise AlgorithmError("XGB train call failed with exception:\n %s" % fault) from fault


def _early_stopping(xgboost, values, validation, stop_by):
    return xgboost.callback.EarlyStopping(
        values["early_stopping_rounds"],
        data_name="validation" if validation is not None else "train",
        metric_name=stop_by,
        maximize=metrics.is_maximised(stop_by) if stop_by else None,
        save_best=True,
    )


class _RoundEnd:
    """What happens after each round: the metrics' line, the checkpoint, the model so far."""

    def __init__(self, values, folder, first_round):
        self._saves_model = values.get("save_model_on_termination") == "true"
        self._folder = folder
        self._first_round = first_round

    def callback(self, xgboost):
        outer = self

        class RoundEnd(xgboost.callback.TrainingCallback):
            def after_iteration(self, model, epoch, evals_log):
                outer.end_round(model, outer._first_round + epoch, evals_log)
                return False

        return RoundEnd()

    def end_round(self, model, number, evals_log):
        parts = [
            "%s-%s:%.5f" % (data, metric, history[-1])
            for data, measured in evals_log.items()
            for metric, history in measured.items()
        ]
        # SageMaker's log shows a tab as `#011`, and clients' expressions look for it.
        sys.stdout.write("[%d]#011%s\n" % (number, "#011".join(parts)))
        sys.stdout.flush()
        if self._folder:
            checkpoints.save(self._folder, model, number)
        if self._saves_model:
            model_file.save(model, paths.MODEL_DIR)
