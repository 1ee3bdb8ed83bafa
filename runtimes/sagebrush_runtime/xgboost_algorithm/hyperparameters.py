"""The hyperparameters of the built-in XGBoost: names, types, ranges, and what excludes what.

Source: aws/sagemaker-xgboost-container, `hyperparameter_validation.py` (1.7), and its texts.
"""
import ast
import json
import math

from sagebrush_runtime.failure import UserError
from sagebrush_runtime.xgboost_algorithm import metrics


class Range:
    """An interval; an end written as `open` is not part of it."""

    def __init__(self, low=-math.inf, high=math.inf, open_low=False, open_high=False):
        self._low, self._high = low, high
        self._open_low, self._open_high = open_low, open_high

    def __contains__(self, value):
        above = value > self._low if self._open_low else value >= self._low
        below = value < self._high if self._open_high else value <= self._high
        return above and below

    def __str__(self):
        low = "(-inf" if self._low == -math.inf else "%s%s" % ("[("[self._open_low], self._low)
        high = "+inf)" if self._high == math.inf else "%s%s" % (self._high, "])"[self._open_high])
        return "%s, %s" % (low, high)


NOT_NEGATIVE = Range(0)
SHARE = Range(0, 1)
POSITIVE_SHARE = Range(0, 1, open_low=True)
SWITCH = Range(0, 1)
AT_LEAST_ONE = Range(1)
OBJECTIVES = (
    "aft_loss_distribution", "binary:logistic", "binary:logitraw", "binary:hinge", "count:poisson",
    "multi:softmax", "multi:softprob", "rank:pairwise", "rank:ndcg", "rank:map", "reg:linear",
    "reg:squarederror", "reg:logistic", "reg:gamma", "reg:pseudohubererror", "reg:squaredlogerror",
    "reg:absoluteerror", "reg:tweedie", "survival:aft", "survival:cox",
)
INTEGERS = {
    "num_round": AT_LEAST_ONE, "csv_weights": SWITCH, "early_stopping_rounds": AT_LEAST_ONE,
    "verbosity": Range(0, 3), "nthread": AT_LEAST_ONE, "max_depth": NOT_NEGATIVE,
    "refresh_leaf": SWITCH, "max_leaves": NOT_NEGATIVE, "max_bin": NOT_NEGATIVE,
    "one_drop": SWITCH, "num_class": Range(2), "_kfold": Range(2), "_num_cv_round": AT_LEAST_ONE,
    "seed": Range(-(2**31), 2**31 - 1, True, True), "num_parallel_tree": AT_LEAST_ONE,
    "max_cached_hist_node": Range(1), "prob_buffer_row": Range(1),
    "deterministic_histogram": SWITCH,
}
FLOATS = {
    "eta": SHARE, "gamma": NOT_NEGATIVE, "min_child_weight": NOT_NEGATIVE,
    "max_delta_step": NOT_NEGATIVE, "subsample": POSITIVE_SHARE, "colsample_bytree": POSITIVE_SHARE,
    "colsample_bylevel": POSITIVE_SHARE, "colsample_bynode": POSITIVE_SHARE,
    "lambda": NOT_NEGATIVE, "alpha": NOT_NEGATIVE, "sketch_eps": Range(0, 1, True, True),
    "scale_pos_weight": Range(0, open_low=True), "rate_drop": SHARE, "skip_drop": SHARE,
    "lambda_bias": SHARE, "tweedie_variance_power": Range(1, 2, True, True),
    "base_score": NOT_NEGATIVE, "huber_slope": NOT_NEGATIVE,
    "aft_loss_distribution_scale": Range(0, open_low=True),
}
CHOICES = {
    "booster": ("gbtree", "gblinear", "dart"),
    "tree_method": ("auto", "exact", "approx", "hist", "gpu_hist"),
    "dsplit": ("row", "col"), "process_type": ("default", "update"),
    "grow_policy": ("depthwise", "lossguide"),
    "predictor": ("auto", "cpu_predictor", "gpu_predictor"),
    "sample_type": ("uniform", "weighted"), "normalize_type": ("tree", "forest"),
    "objective": OBJECTIVES, "save_model_on_termination": ("true", "false"),
    "aft_loss_distribution": ("normal", "logistic", "extreme"),
    "sampling_method": ("uniform", "gradient_based"),
    "single_precision_histogram": ("true", "false"), "use_dask_gpu_training": ("true", "false"),
}
LISTS = ("eval_metric", "updater")
LITERALS = ("monotone_constraints", "interaction_constraints")
FREE = ("_tuning_objective_metric",)
THRESHOLD_METRICS = ("error", "ndcg", "map")


def validate(given):
    """Typed values of the strings of a request. @throws UserError for the first that is wrong"""
    given = {name: value for name, value in given.items() if not name.startswith("sagemaker_")}
    if "num_round" not in given:
        raise UserError("Missing required hyperparameter: num_round")
    values = {name: _typed(name, _plain(value)) for name, value in given.items()}
    _check_metrics(values)
    _check_objective(values)
    _check_constraints(values)
    return values


def _plain(value):
    """A framework estimator sends strings JSON-quoted, a generic one plainly."""
    if isinstance(value, str) and value.startswith('"'):
        try:
            return str(json.loads(value))
        except ValueError:
            return value
    return str(value)


def _typed(name, text):
    if name in LISTS:
        return [one.strip() for one in text.split(",")]
    if name in FREE:
        return text
    if name in CHOICES:
        return _in_range(name, text, CHOICES[name])
    try:
        if name in INTEGERS:
            return _in_range(name, int(text), INTEGERS[name])
        if name in FLOATS:
            return _in_range(name, float(text), FLOATS[name])
        if name in LITERALS:
            return ast.literal_eval(text)
    except (ValueError, SyntaxError) as fault:
        raise UserError(
            "Hyperparameter %s: could not parse value (caused by %s)" % (name, type(fault).__name__)
        ) from fault
    raise UserError("Extraneous hyperparameter found: %s" % name)


def _in_range(name, value, allowed):
    if value not in allowed:
        shown = list(allowed) if isinstance(allowed, tuple) else allowed
        raise UserError("Hyperparameter %s: %s is not in %s" % (name, value, shown))
    return value


def _check_metrics(values):
    names = values.get("eval_metric", [])
    for name in names:
        base, at, threshold = name.partition("@")
        if at and base not in THRESHOLD_METRICS:
            raise UserError(
                "Metric '%s' is not supported. Parameter 'eval_metric' with customized threshold "
                "should be one of these options: 'error', 'ndcg', 'map'." % name
            )
        if at and not _is_number(threshold):
            raise UserError("Threshold value 't' in '%s@t' expects float input." % base)
        if base not in metrics.NAMES:
            raise UserError("Hyperparameter eval_metric: value %s not in range %s"
                            % (names, sorted(metrics.NAMES)))
    objective = values.get("objective", "reg:squarederror")
    if "auc" in names and not objective.startswith(("binary:", "rank:", "multi:")):
        raise UserError("Metric 'auc' can only be applied for classification and ranking problems.")
    if "aft-nloglik" in names and objective != "survival:aft":
        raise UserError("Metric 'aft-nloglik' can only be applied for 'survival:aft' objective.")
    tuned = values.get("_tuning_objective_metric")
    if tuned is not None:
        data, _, name = tuned.partition(":")
        if data not in ("train", "validation") or name not in metrics.NAMES:
            raise UserError("Hyperparameter _tuning_objective_metric: %s is not a metric" % tuned)


def _is_number(text):
    try:
        float(text)
        return True
    except ValueError:
        return False


def _check_objective(values):
    is_multiclass = values.get("objective") in ("multi:softmax", "multi:softprob")
    if is_multiclass and "num_class" not in values:
        raise UserError("Require input for parameter 'num_class' for multi-classification")
    if "num_class" in values and "objective" not in values:
        raise UserError("Do not need to setup parameter 'num_class' for learning task other than "
                        "multi-classification.")
    if "_kfold" in values or "_num_cv_round" in values:
        raise UserError("Hyperparameter _kfold: cross-validation is not supported here")
    if "gpu_hist" in values.values() or "gpu_predictor" in values.values():
        raise UserError("Hyperparameter tree_method: gpu_hist needs a GPU, and there is none here")


def _check_constraints(values):
    method = values.get("tree_method")
    if "monotone_constraints" in values and method not in ("exact", "hist"):
        raise UserError("monotone_constraints can be used only when the tree_method parameter is "
                        "set to either 'exact' or 'hist'.")
    if "interaction_constraints" in values and method not in ("exact", "hist", "approx"):
        raise UserError("interaction_constraints can be used only when the tree_method parameter "
                        "is set to either 'exact', 'hist' or 'approx'.")
