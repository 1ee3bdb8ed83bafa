"""The settings of `serve`, all of them environment variables; names are AWS's where AWS has one."""
import os

from sagebrush_runtime.training_environment import vcpu_count

MEBIBYTE = 1024 * 1024
HEAD_BYTES_MAX = 64 * 1024
HEADER_COUNT_MAX = 128
READ_AHEAD_BYTES_MAX = 256 * 1024
"""What a client may send while its earlier request is still being answered."""
DRAIN_SECONDS_MAX = 25
"""From SIGTERM to exit; SageMaker sends SIGKILL 30 s after SIGTERM."""


def framework():
    """scikit-learn, xgboost, pytorch or python: the runtime that the platform started."""
    return os.environ.get("SAGEBRUSH_RUNTIME", "python")


def worker_count():
    """Processes that predict. Each holds its own copy of the model.

    Many models are held by one process: what it is asked to load, all its requests must find.
    """
    if is_multi_model():
        return 1
    return max(1, int(os.environ.get("SAGEMAKER_MODEL_SERVER_WORKERS") or vcpu_count()))


def prediction_seconds_max():
    """How long one prediction may take before its worker is killed and replaced."""
    for name in ("SAGEMAKER_MODEL_SERVER_TIMEOUT", "SAGEMAKER_TS_RESPONSE_TIMEOUT"):
        if os.environ.get(name):
            return int(os.environ[name])
    return 60


def body_bytes_max():
    """The largest request body; 100 MiB, the most a batch transform sends, unless set."""
    if os.environ.get("SAGEMAKER_MAX_PAYLOAD_IN_MB"):
        return int(os.environ["SAGEMAKER_MAX_PAYLOAD_IN_MB"]) * MEBIBYTE
    for name in ("SAGEMAKER_MAX_REQUEST_SIZE", "MAX_CONTENT_LENGTH"):
        if os.environ.get(name):
            return int(os.environ[name])
    return 100 * MEBIBYTE


def execution_parameters():
    """What `GET /execution-parameters` tells a batch transform job."""
    return {
        "MaxConcurrentTransforms": worker_count(),
        "BatchStrategy": "MULTI_RECORD",
        "MaxPayloadInMB": int(os.environ.get("SAGEMAKER_MAX_PAYLOAD_IN_MB") or 6),
    }


def default_accept(fallback):
    """The type of an answer to a request that names none."""
    return os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT") or fallback


def is_multi_model():
    """The platform loads and unloads models while the container serves."""
    return os.environ.get("SAGEMAKER_MULTI_MODEL", "").lower() == "true"


def is_batch():
    """A batch transform job runs this container: one prediction per line of csv."""
    return os.environ.get("SAGEMAKER_BATCH", "").lower() == "true"
