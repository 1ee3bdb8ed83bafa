"""The `train` command: choose what to run, run it, say how it ended."""
import os

from sagebrush_runtime import failure, log
from sagebrush_runtime.failure import ClientError, TrainingStopped

FRAMEWORK_FAILURE_EXIT_CODE = 1


def train():
    """Train as the files under /opt/ml/input/config say. Returns the exit code of the container."""
    try:
        _run()
    except TrainingStopped as stopped:
        log.warning(str(stopped))
        return stopped.exit_code
    except ClientError as fault:
        _report_failure(str(fault))
        return fault.exit_code
    except Exception as fault:
        import traceback

        _report_failure("Framework Error: \n%s\n%s" % (traceback.format_exc(), fault))
        number = getattr(fault, "errno", None)
        return number if isinstance(number, int) else FRAMEWORK_FAILURE_EXIT_CODE
    log.info("Reporting training SUCCESS")
    failure.write_success()
    return 0


def _run():
    from sagebrush_runtime.training_environment import read_training_environment

    environment, platform = read_training_environment()
    if environment["user_entry_point"]:
        from sagebrush_runtime import script_mode

        script_mode.run(environment, platform)
    elif os.environ.get("SAGEBRUSH_RUNTIME") == "xgboost":
        from sagebrush_runtime.xgboost_algorithm import training

        training.run(environment)
    else:
        raise ClientError(
            "UserError: no program to run: set the hyperparameter sagemaker_program "
            "(entry_point in the SageMaker SDK)"
        )


def _report_failure(message):
    failure.write_failure(message)
    log.error("Reporting training FAILURE")
    log.error(message)
