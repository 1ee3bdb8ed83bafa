"""Evaluation metrics: XGBoost's own, and those that AWS's image adds by name."""

MAXIMISED = frozenset(
    "accuracy auc aucpr balanced_accuracy f1 f1_binary f1_macro map ndcg precision "
    "precision_macro precision_micro r2 recall recall_macro recall_micro".split()
)
MINIMISED = frozenset(
    "aft-nloglik cox-nloglik error gamma-deviance gamma-nloglik interval-regression-accuracy "
    "logloss mae mape merror mlogloss mphe mse poisson-nloglik rmse rmsle tweedie-nloglik".split()
)
NAMES = MAXIMISED | MINIMISED
ADDED = {
    "accuracy": ("accuracy_score", {}),
    "balanced_accuracy": ("balanced_accuracy_score", {}),
    "f1": ("f1_score", {"average": "macro"}),
    "f1_binary": ("f1_score", {"average": "binary"}),
    "f1_macro": ("f1_score", {"average": "macro"}),
    "precision": ("precision_score", {"average": "binary"}),
    "precision_macro": ("precision_score", {"average": "macro"}),
    "precision_micro": ("precision_score", {"average": "micro"}),
    "recall": ("recall_score", {"average": "binary"}),
    "recall_macro": ("recall_score", {"average": "macro"}),
    "recall_micro": ("recall_score", {"average": "micro"}),
    "mse": ("mean_squared_error", {}),
    "r2": ("r2_score", {}),
}
"""Metrics that XGBoost lacks: function of `sklearn.metrics` and its arguments."""
REGRESSION = frozenset(("mse", "r2"))


def choose(eval_metric, tuning_objective):
    """Metrics to compute: the user's, and the one a tuning job optimises (`validation:auc`).

    @returns (those XGBoost computes, a function for the others or None, the name to stop early by)
    """
    asked = list(eval_metric or ())
    tuned = tuning_objective.split(":")[1].split(",") if tuning_objective else []
    names = list(dict.fromkeys([*asked, *tuned]))
    added = [name for name in names if name in ADDED]
    own = [name for name in names if name not in ADDED]
    stop_by = (tuned or asked or [None])[-1]
    return own, (_evaluator(added) if added else None), stop_by


def is_maximised(name):
    return name.partition("@")[0] in MAXIMISED


def _evaluator(names):
    def evaluate(predictions, data):
        labels = data.get_label()
        return [(name, _score(name, labels, predictions)) for name in names]

    return evaluate


def _score(name, labels, predictions):
    from sklearn import metrics

    function, arguments = ADDED[name]
    if name not in REGRESSION:
        predictions = _classes(predictions)
    return float(getattr(metrics, function)(labels, predictions, **arguments))


def _classes(predictions):
    """The class that a prediction stands for: the largest of several, else 1 above one half."""
    if predictions.ndim > 1:
        return predictions.argmax(axis=1)
    is_class = (predictions == predictions.astype(int)).all()
    return predictions if is_class else (predictions > 0.5).astype(int)
