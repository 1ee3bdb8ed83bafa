"""Our `train` beside AWS's `sagemaker-training` 5.1.1, given the same job."""
import json
import os
import subprocess
import sys
import unittest

from tests.container import Container

PROGRAM = """
import json, os, sys
with open(os.environ["SEEN"], "w") as file:
    json.dump({"environment": dict(os.environ), "argv": sys.argv, "cwd": os.getcwd(),
               "path": sys.path}, file)
"""
HYPERPARAMETERS = {
    "epochs": 3,
    "learning-rate": 0.0016,
    "n": 1,
    "name": "a b'c",
    "layers": [1, 2],
    "options": {"b": 2, "a": "x"},
    "verbose": True,
    "nothing": None,
    "sagemaker_container_log_level": 20,
    "sagemaker_job_name": "job-1",
    "sagemaker_region": "us-east-1",
    "sagemaker_mpi_enabled": False,
    "sagemaker_estimator_class_name": "SKLearn",
    "_tuning_objective_metric": "accuracy",
}
CHANNELS = {
    "train": {"ContentType": "text/csv", "TrainingInputMode": "File"},
    "my-test": {"TrainingInputMode": "File"},
}
GROUPS = {
    "current_host": "algo-2",
    "hosts": ["algo-1", "algo-2"],
    "network_interface_name": "eth0",
    "current_instance_type": "ml.m5.large",
    "current_group_name": "second",
    "instance_groups": [
        {"instance_group_name": "first", "instance_type": "ml.c5.large", "hosts": ["algo-1"]},
        {"instance_group_name": "second", "instance_type": "ml.m5.large", "hosts": ["algo-2"]},
    ],
}
STDERR = """INFO loading
Traceback (most recent call last):
  File "train.py", line 3, in <module>
    raise ValueError("bad: 1")
ValueError: bad: 1
ValueError: bad: 1
"""
OURS_ALONE = {"PYTHONPATH", "PYTHONUNBUFFERED"}
"""PYTHONPATH: the toolkit writes all of sys.path; ours adds what the user's program needs."""


class ToolkitParity(unittest.TestCase):
    maxDiff = None

    def test_the_program_gets_the_same_variables_from_both(self):
        for resources in (None, GROUPS):
            with self.subTest(resources=resources):
                theirs = run("sagemaker_training.cli.train", resources=resources)
                ours = run("sagebrush_runtime", resources=resources)

                names = {*theirs["environment"], *ours["environment"]} - OURS_ALONE
                for name in sorted(names):
                    with self.subTest(variable=name):
                        self.assertEqual(
                            comparable(ours, name), comparable(theirs, name)
                        )
                self.assertIn("SM_TRAINING_ENV", names)

    def test_the_program_gets_the_same_arguments_in_the_same_folder_from_both(self):
        theirs, ours = run("sagemaker_training.cli.train"), run("sagebrush_runtime")

        self.assertEqual(ours["argv"], theirs["argv"])
        self.assertEqual(place(ours, "cwd"), place(theirs, "cwd"))

    def test_a_program_given_by_variable_is_the_same_in_both(self):
        given = {"SAGEMAKER_PROGRAM": "train.py", "TRAINING_JOB_NAME": "job-2"}
        theirs = run("sagemaker_training.cli.train", environment=given)
        ours = run("sagebrush_runtime", environment=given)

        for name in ("SM_TRAINING_ENV", "SM_USER_ENTRY_POINT", "SM_MODULE_NAME"):
            self.assertEqual(comparable(ours, name), comparable(theirs, name))

    def test_success_leaves_the_same_files_from_both(self):
        theirs, ours = run("sagemaker_training.cli.train"), run("sagebrush_runtime")

        self.assertEqual(ours["output"], ["success"])
        self.assertEqual(ours["output"], theirs["output"])

    def test_a_failure_has_the_text_of_the_toolkits_own_class(self):
        from sagemaker_training.errors import ExecuteUserScriptError as Theirs

        from sagebrush_runtime.failure import ExecuteUserScriptError as Ours

        for code, message in ((1, "KeyError: 'x'"), (137, "")):
            info = "OutOfMemory: Process killed by SIGKILL (signal 9)" if code == 137 else None
            theirs = Theirs("python train.py", code, message, info)
            self.assertEqual(str(Ours("python train.py", code, message)), str(theirs))

    def test_the_excerpt_of_stderr_is_what_the_toolkit_captures(self):
        from sagebrush_runtime.stderr_excerpt import StderrExcerpt

        ours = StderrExcerpt()
        for byte in STDERR.encode():
            ours.feed(bytes((byte,)))

        self.assertEqual(ours.text(), toolkits_excerpt(STDERR))


def toolkits_excerpt(text):
    """What the toolkit's `check_error` keeps of a program that writes `text` and fails."""
    with Container() as container:
        path = container.write("code/fails.sh", "cat >&2 <<'END'\n%sEND\nexit 1\n" % text)
        program = (
            "from sagemaker_training import errors, process\n"
            "try:\n"
            "    process.check_error(['sh', %r], [], 1, capture_error=True)\n"
            "except errors.ExecuteUserScriptError as fault:\n"
            "    open(%r, 'w').write(fault.output)\n" % (path, container.path("excerpt"))
        )
        subprocess.run([sys.executable, "-c", program], env=container.environment, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return container.read("excerpt")


def run(module, resources=None, environment=None):
    """One training by either implementation. @returns what the program saw"""
    with Container(**{"SM_STUDIO_LOCAL_MODE": "true", **(environment or {})}) as container:
        container.write("code/train.py", PROGRAM)
        program = {} if environment else {"sagemaker_program": "train.py"}
        values = {**HYPERPARAMETERS, **program}
        encoded = {name: json.dumps(value) for name, value in values.items()}
        container.configure(encoded, CHANNELS, resources)
        os.makedirs(container.path("output"))
        seen = container.path("seen.json")
        arguments = ["train"] if module == "sagebrush_runtime" else []
        ended = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            env={**container.environment, "SEEN": seen}, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, check=False,
        )
        if not os.path.exists(seen):
            raise AssertionError(ended.stdout.decode())
        with open(seen) as file:
            return {**json.load(file), "base": container.base,
                    "output": sorted(os.listdir(container.path("output")))}


def comparable(seen, name):
    """A variable's value without the folder of its container, JSON parsed."""
    value = seen["environment"].get(name)
    if value is None:
        return None
    value = value.replace(seen["base"], "/opt/ml")
    try:
        return json.loads(value)
    except ValueError:
        return value


def place(seen, name):
    return seen[name].replace(seen["base"], "/opt/ml")


if __name__ == "__main__":
    unittest.main()
