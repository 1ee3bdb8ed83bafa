"""How a training ends: the failure classes of AWS's toolkit, their texts, and the files they leave.

SageMaker shows the first 1,024 characters of /opt/ml/output/failure as `FailureReason`.
Source of the texts: package sagemaker-training 5.1, `errors.py` and `trainer.py`.
"""
import os

from sagebrush_runtime import paths

OUT_OF_MEMORY_EXIT_CODE = 128 + 9


class ClientError(Exception):
    """The user's fault. The failure file holds its text alone, without a traceback of ours."""

    exit_code = 1


class CommandError(ClientError):
    """A command of the user's ended with a code that is not 0.

    @param exit_code 1..255; a command that signal N killed has 128 + N, as a shell says it
    """

    def __init__(self, command, exit_code, error_message=""):
        self.exit_code = exit_code
        self.error_message = error_message
        extra = ""
        if exit_code == OUT_OF_MEMORY_EXIT_CODE:
            extra = '\nExtraInfo "OutOfMemory: Process killed by SIGKILL (signal 9)"'
        super().__init__(
            '%s:\nExitCode %d\nErrorMessage "%s"%s\nCommand "%s"'
            % (type(self).__name__, exit_code, error_message, extra, command)
        )


class ExecuteUserScriptError(CommandError):
    """The user's program failed."""


class InstallRequirementsError(CommandError):
    """The user's requirements.txt could not be installed."""


class InstallModuleError(CommandError):
    """The user's package (a code folder with setup.py) could not be installed."""


class UserError(ClientError):
    """Data or hyperparameters that a built-in algorithm refuses."""

    def __init__(self, message):
        super().__init__("UserError: %s" % message)


class AlgorithmError(ClientError):
    """A built-in algorithm failed for a reason that is not known to be the user's."""

    def __init__(self, message):
        super().__init__("AlgorithmError: %s" % message)


class TrainingStopped(Exception):
    """SIGTERM came and the program ended because of it: neither success nor failure."""

    exit_code = 128 + 15


def write_failure(message):
    """Leave `message` for the platform. A file that the user's program wrote stays as it is."""
    try:
        os.makedirs(paths.OUTPUT_DIR, exist_ok=True)
        with open(os.path.join(paths.OUTPUT_DIR, "failure"), "x") as file:
            file.write(message)
    except FileExistsError:
        return


def write_success():
    """Leave the empty `success` file that AWS's toolkit leaves."""
    os.makedirs(paths.OUTPUT_DIR, exist_ok=True)
    with open(os.path.join(paths.OUTPUT_DIR, "success"), "w"):
        return
