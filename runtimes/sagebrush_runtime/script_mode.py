"""Script mode: run the user's program as AWS's `sagemaker-training` toolkit runs it."""
import json
import os
import sys

from sagebrush_runtime import child_process, dependencies, log, paths, source_code
from sagebrush_runtime import hyperparameters, training_environment
from sagebrush_runtime.failure import ClientError, ExecuteUserScriptError


def run(environment, platform):
    """Fetch the user's code, install what it needs, run it to its end.

    @param environment, platform what `read_training_environment` returned
    @throws ClientError, TrainingStopped
    """
    program = environment["user_entry_point"]
    source_code.fetch(environment["module_dir"], paths.CODE_DIR)
    os.chdir(paths.CODE_DIR)
    if not program.endswith(".sh") and os.path.exists("setup.py"):
        dependencies.install_package(paths.CODE_DIR)
        arguments = [sys.executable, "-m", environment["module_name"]]
    elif program.endswith(".py"):
        dependencies.install_requirements(paths.CODE_DIR)
        arguments = [sys.executable, program]
    else:
        arguments = None
    if not os.path.exists(program) and arguments and arguments[1] != "-m":
        raise ClientError(_missing_program(program))

    variables = training_environment.to_variables(environment)
    user_arguments = hyperparameters.to_arguments(environment["hyperparameters"])
    command = [*arguments, *user_arguments] if arguments else _shell(program, user_arguments)
    shown_command = " ".join(command)
    log.info(_invocation(environment, variables, shown_command))
    child_process.run(
        command, _process_environment(variables, environment, platform), ExecuteUserScriptError,
        shown_command,
    )


def _missing_program(program):
    found = ", ".join(sorted(os.listdir("."))) or "nothing"
    return "ImportModuleError: there is no %s in the code folder, which has: %s" % (program, found)


def _shell(program, arguments):
    import shlex

    if not os.path.exists(program):
        raise ClientError(_missing_program(program))
    os.chmod(program, 0o777)
    return ["/bin/sh", "-c", " ".join(["./" + program, *map(shlex.quote, arguments)])]


def _process_environment(variables, environment, platform):
    merged = dict(os.environ)
    merged["SAGEMAKER_JOB_NAME"] = str(platform.get("sagemaker_job_name", ""))
    merged["CURRENT_HOST"] = environment["current_host"]
    merged["SAGEMAKER_REGION"] = str(
        platform.get("sagemaker_region") or os.environ.get("AWS_REGION", "")
    )
    merged["PYTHONUNBUFFERED"] = "1"
    merged.update(variables)
    merged["PYTHONPATH"] = paths.python_path(paths.CODE_DIR)
    return merged


def _invocation(environment, variables, command):
    lines = "\n".join("%s=%s" % item for item in variables.items())
    return (
        "Invoking user script\n\nTraining Env:\n\n%s\n\nEnvironment variables:\n\n%s\n\n"
        "Invoking script with the following command:\n\n%s\n\n"
        % (json.dumps(environment, indent=4), lines, command)
    )
