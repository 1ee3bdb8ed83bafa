"""Hyperparameters as they travel: JSON in strings on the way in, arguments and variables after.

Source of the rules: package sagemaker-training 5.1, `mapping.py`, `params.py`, `environment.py`.
"""
import json

PLATFORM_NAMES = frozenset(
    (
        "sagemaker_program",
        "sagemaker_submit_directory",
        "sagemaker_enable_cloudwatch_metrics",
        "sagemaker_region",
        "sagemaker_container_log_level",
        "sagemaker_job_name",
        "default_user_module_name",
        "_tuning_objective_metric",
        "sagemaker_s3_output",
    )
)
"""Hyperparameters that the SDK or a tuning job adds and that the user's program does not see."""


def decode_values(encoded):
    """`{"epochs": "3"}` becomes `{"epochs": 3}`; what is not JSON stays the string it is."""
    return {name: _decode_value(value) for name, value in encoded.items()}


def _decode_value(value):
    try:
        return json.loads(value)
    except (ValueError, TypeError):
        return value


def split(values):
    """Part decoded hyperparameters into the user's, the platform's, and the framework's settings.

    Framework settings are those that start with `sagemaker_` and that the toolkit has no use for
    itself, such as `sagemaker_mpi_enabled`.
    """
    user, platform, framework = {}, {}, {}
    for name, value in values.items():
        if name in PLATFORM_NAMES:
            platform[name] = value
        elif name.startswith("sagemaker_"):
            framework[name] = value
        else:
            user[name] = value
    return user, platform, framework


def to_arguments(values):
    """Command line arguments, names sorted: `--epochs 3`, `-n 1`, a dict as `a=1,b=2`."""
    arguments = []
    for name in sorted(values):
        arguments.append(_argument_name(str(name)))
        arguments.append(_argument_value(values[name]))
    return arguments


def _argument_name(name):
    if not name:
        return ""
    return "--" + name if len(name) > 1 else "-" + name


def _argument_value(value):
    if isinstance(value, dict):
        return ",".join("%s=%s" % item for item in sorted(value.items()))
    return "" if value is None else str(value)


def to_variables(values):
    """Environment variables: `SM_` and the name in capitals; strings plain, the rest as JSON."""
    return {"SM_" + name.upper(): _variable_value(value) for name, value in values.items()}


def _variable_value(value):
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
