"""Find the user's inference program, bring it here, and make its folder importable."""
import os
import sys

from sagebrush_runtime import dependencies, paths, source_code
from sagebrush_runtime.failure import ClientError

DEFAULT_PROGRAM = "inference.py"
MODEL_CODE_DIR = os.path.join(paths.MODEL_DIR, "code")


def prepare(framework):
    """Fetch the code and install its requirements.txt.

    @returns path of the user's program, or None when there is none and none was asked for
    @throws ClientError when SAGEMAKER_PROGRAM is set and cannot be found
    """
    program = os.environ.get("SAGEMAKER_PROGRAM")
    submitted = os.environ.get("SAGEMAKER_SUBMIT_DIRECTORY")
    folders = [MODEL_CODE_DIR, paths.CODE_DIR]
    if program and submitted:
        folders.insert(0, _submitted_folder(submitted))
    for folder in folders:
        path = _program_in(folder, program or DEFAULT_PROGRAM)
        if path:
            _make_importable(folder)
            dependencies.install_requirements(folder)
            return path
    if program:
        raise ClientError(
            "ImportModuleError: there is no %s in %s" % (program, " or ".join(folders))
        )
    if os.path.isdir(MODEL_CODE_DIR):
        _make_importable(MODEL_CODE_DIR)
        dependencies.install_requirements(MODEL_CODE_DIR)
    return None


def _submitted_folder(submitted):
    path = submitted[len("file://"):] if submitted.startswith("file://") else submitted
    if os.path.isdir(path):
        return path
    if submitted.startswith("s3://") or os.path.exists(path):
        source_code.fetch(submitted, paths.CODE_DIR)
        return paths.CODE_DIR
    return MODEL_CODE_DIR


def _program_in(folder, program):
    """AWS's stacks take the name with and without `.py`."""
    for name in (program, program + ".py"):
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            return path
    return None


def _make_importable(folder):
    for path in (paths.STARTUP_DIR, paths.DEPENDENCIES_DIR, folder):
        if path not in sys.path:
            sys.path.insert(0, path)
    # Processes that the user's program starts find the same modules.
    os.environ["PYTHONPATH"] = paths.python_path(folder)
