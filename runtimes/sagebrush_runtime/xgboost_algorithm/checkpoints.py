"""Checkpoints of a training: one model per round, so that an interrupted job can go on."""
import os
import re

from sagebrush_runtime import log, paths
from sagebrush_runtime.training_environment import read_config

KEPT = 5
NAME = re.compile(r"xgboost-checkpoint\.([0-9]+)$")


def folder():
    """Where checkpoints go: only when the job has a CheckpointConfig, or the folder is there."""
    path = read_config("checkpointconfig.json", {}).get("LocalPath", paths.CHECKPOINT_DIR)
    return path if os.path.isdir(path) else None


def latest(path):
    """The newest checkpoint that can be read, as (file or None, number of rounds it has)."""
    import xgboost

    for number in sorted(_rounds(path), reverse=True) if path else ():
        file = _file(path, number)
        try:
            xgboost.Booster(model_file=file)
        except xgboost.core.XGBoostError as fault:
            log.warning("Checkpoint %s cannot be read: %s" % (file, fault))
            continue
        log.info("Checkpoint loaded from %s" % file)
        log.info("Resuming from iteration %d" % (number + 1))
        return file, number + 1
    return None, 0


def save(path, booster, number):
    """Write the checkpoint of round `number`, and remove those older than the last five."""
    temporary = _file(path, number) + ".sagemaker-ignore"
    with open(temporary, "wb") as file:
        file.write(booster.save_raw("ubj"))
    os.replace(temporary, _file(path, number))
    for old in sorted(_rounds(path))[:-KEPT]:
        os.unlink(_file(path, old))


def _rounds(path):
    return [int(match.group(1)) for match in map(NAME.match, os.listdir(path)) if match]


def _file(path, number):
    return os.path.join(path, "xgboost-checkpoint.%d" % number)
