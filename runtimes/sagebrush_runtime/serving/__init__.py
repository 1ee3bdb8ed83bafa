"""The `serve` command: an HTTP server of `/ping` and `/invocations` over the user's model."""
import importlib
import os
import sys

from sagebrush_runtime import log
from sagebrush_runtime.failure import ClientError

PRELOADED = {
    "scikit-learn": ("numpy", "scipy.sparse", "sklearn"),
    "xgboost": ("numpy", "scipy.sparse", "xgboost"),
    "pytorch": ("numpy", "torch"),
    "python": ("numpy",),
}
"""Imported once, before the workers fork, so that they share the pages. None starts threads."""


def serve():
    """Serve until SIGTERM. Returns the exit code of the container: 1 when it could not begin."""
    # A worker is one thread of prediction; there is one per vCPU. Read when numpy is imported.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from sagebrush_runtime.serving import settings, worker
    from sagebrush_runtime.serving.supervisor import Supervisor

    try:
        listener = worker.bind_listener()
        handler = _make_handler(settings.framework())
    except (ClientError, OSError) as fault:
        log.error("The server cannot begin: %s" % fault)
        return 1
    for name in PRELOADED.get(settings.framework(), ()):
        _preload(name)
    return Supervisor(listener, handler, settings.worker_count()).run()


def _make_handler(framework):
    from sagebrush_runtime.serving import settings, user_code
    from sagebrush_runtime.serving.multi_model import MultiModel
    from sagebrush_runtime.serving.user_model import UserModel

    module = user_code.prepare(framework)
    if module is None and framework == "xgboost":
        from sagebrush_runtime.xgboost_algorithm.serving import XGBoostModel

        if settings.is_multi_model():
            return MultiModel(lambda folder: XGBoostModel(folder, is_one_of_many=True))
        return XGBoostModel()
    if settings.is_multi_model():
        return MultiModel(
            lambda folder: UserModel(module, framework, folder), framework == "pytorch"
        )
    return UserModel(module, framework)


def _preload(name):
    try:
        importlib.import_module(name)
    except ImportError as fault:
        # The user's own requirements decide what a model really needs.
        sys.stderr.write("%s is not in this environment: %s\n" % (name, fault))
