"""Where a container finds and leaves things, by SageMaker's training and hosting contracts."""
import os

BASE_DIR = os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml")
"""Absolute. AWS's toolkit reads the same variable, so that it can be tried outside a container."""

CODE_DIR = os.path.join(BASE_DIR, "code")
MODEL_DIR = os.path.join(BASE_DIR, "model")
INPUT_DIR = os.path.join(BASE_DIR, "input")
INPUT_CONFIG_DIR = os.path.join(INPUT_DIR, "config")
INPUT_DATA_DIR = os.path.join(INPUT_DIR, "data")
OUTPUT_DIR = os.path.join(BASE_DIR, "output")
OUTPUT_DATA_DIR = os.path.join(OUTPUT_DIR, "data")
OUTPUT_INTERMEDIATE_DIR = os.path.join(OUTPUT_DIR, "intermediate")
CHECKPOINT_DIR = os.path.join(BASE_DIR, "checkpoints")

DEPENDENCIES_DIR = os.path.join(BASE_DIR, ".site-packages")
"""Packages of the user's requirements.txt; the runtime's environment is shared and read-only."""

STARTUP_DIR = os.path.join(os.path.dirname(os.path.abspath(__file__)), "startup")
"""Holds `sitecustomize`, which user processes import before anything else."""


def python_path(*first):
    """PYTHONPATH of a user's process: `first`, its dependencies, our hook, what was set."""
    inherited = os.environ.get("PYTHONPATH", "")
    wanted = [*first, DEPENDENCIES_DIR, STARTUP_DIR, *inherited.split(os.pathsep)]
    return os.pathsep.join(dict.fromkeys(path for path in wanted if path))
