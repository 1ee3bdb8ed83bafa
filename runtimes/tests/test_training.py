"""`train` in script mode: the user's program, its end, and what is left for the platform."""
import os
import signal
import subprocess
import sys
import unittest

from tests.container import Container, eventually


class ScriptMode(unittest.TestCase):
    def test_hyperparameters_become_sorted_arguments_and_the_job_succeeds(self):
        with Container() as container:
            code = container.train(
                "import sys; print('ARGUMENTS', sys.argv[1:])",
                {"lr": 0.1, "n": 2, "batch-size": 64, "options": {"b": 1, "a": "x"}},
            )

            self.assertEqual(code, 0)
            self.assertIn(
                "ARGUMENTS ['--batch-size', '64', '--lr', '0.1', '-n', '2', "
                "'--options', 'a=x,b=1']",
                container.output,
            )
            self.assertIn("Reporting training SUCCESS", container.output)
            self.assertTrue(container.has("output/success"))
            self.assertFalse(container.has("output/failure"))

    def test_an_exception_is_the_failure_reason_and_the_code_is_passed_on(self):
        with Container() as container:
            code = container.train("import sys\ntry:\n  {}['x']\nexcept KeyError as e:\n"
                                   "  sys.stderr.write('KeyError: %s' % e)\n  sys.exit(3)")

            self.assertEqual(code, 3)
            self.assertEqual(
                container.read("output/failure"),
                'ExecuteUserScriptError:\nExitCode 3\nErrorMessage "KeyError: \'x\'"\n'
                'Command "%s train.py"' % sys.executable,
            )
            self.assertIn("Reporting training FAILURE", container.output)
            self.assertFalse(container.has("output/success"))

    def test_arguments_that_argparse_refuses_are_shown_though_no_exception_is_named(self):
        with Container() as container:
            code = container.train("import argparse; argparse.ArgumentParser().parse_args()",
                                   {"lr": 1})

            self.assertEqual(code, 2)
            self.assertIn("unrecognized arguments: --lr 1", container.read("output/failure"))

    def test_a_program_that_the_kernel_kills_is_reported_as_out_of_memory(self):
        with Container() as container:
            code = container.train("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")

            self.assertEqual(code, 137)
            self.assertIn("ExitCode 137", container.read("output/failure"))
            self.assertIn("OutOfMemory", container.read("output/failure"))

    def test_a_failure_file_that_the_program_wrote_stays(self):
        with Container() as container:
            container.train(
                "import os\nfolder = os.environ['SM_OUTPUT_DIR']\n"
                "os.makedirs(folder, exist_ok=True)\n"
                "open(folder + '/failure', 'w').write('mine')\nraise SystemExit(1)"
            )

            self.assertEqual(container.read("output/failure"), "mine")

    def test_sigterm_reaches_the_program_and_is_not_a_failure(self):
        with Container() as container:
            process = self.stopped(container, STOPPABLE)

            self.assertEqual(process.returncode, 143)
            self.assertEqual(container.read("mark"), "stopped")
            self.assertFalse(container.has("output/failure"))

    def test_a_program_that_ends_well_after_sigterm_has_succeeded(self):
        with Container() as container:
            process = self.stopped(container, STOPPABLE.replace("exit(5)", "exit(0)"))

            self.assertEqual(process.returncode, 0)

    def stopped(self, container, program):
        """A training that got SIGTERM once its program had begun, and has ended."""
        container.write("source/train.py", program)
        container.environment["MARK"] = container.path("mark")
        container.configure({"sagemaker_program": '"train.py"',
                             "sagemaker_submit_directory": '"%s"' % container.path("source")})
        process = container.start("train")
        eventually(lambda: container.has("mark"))
        process.send_signal(signal.SIGTERM)
        process.communicate()
        return process

    def test_a_shell_script_gets_its_arguments_quoted(self):
        with Container() as container:
            container.write("source/run.sh", "#!/bin/sh\necho \"GOT $1 $2\"\n")
            code = container.train(hyperparameters={
                "sagemaker_program": "run.sh",
                "sagemaker_submit_directory": container.path("source"), "name": "a b'c",
            })

            self.assertEqual(code, 0)
            self.assertIn("GOT --name a b'c", container.output)

    def test_old_names_of_scikit_learn_modules_still_import(self):
        with Container() as container:
            code = container.train(
                "from sklearn.externals import joblib\nimport joblib as new\n"
                "assert joblib.load is new.load\n"
                "from sklearn.externals.joblib.numpy_pickle import NumpyArrayWrapper as a\n"
                "from joblib.numpy_pickle import NumpyArrayWrapper as b\nassert a is b\n"
                "from sklearn.linear_model.logistic import LogisticRegression\n"
                "from sklearn.tree.tree import DecisionTreeClassifier\n"
            )

            self.assertEqual(code, 0, container.output)

    def test_no_program_is_the_users_fault_and_says_what_to_set(self):
        with Container() as container:
            self.assertEqual(container.train(hyperparameters={"epochs": 1}), 1)
            self.assertIn("sagemaker_program", container.read("output/failure"))

    def test_a_program_that_is_not_in_the_code_is_named_with_what_is(self):
        with Container() as container:
            container.train("pass", {"sagemaker_program": "other.py"})

            self.assertIn("there is no other.py", container.read("output/failure"))
            self.assertIn("train.py", container.read("output/failure"))

    def test_a_broken_configuration_is_a_framework_error(self):
        with Container() as container:
            container.configure()
            container.write("input/config/resourceconfig.json", "{")

            self.assertNotEqual(container.run("train"), 0)
            self.assertTrue(container.read("output/failure").startswith("Framework Error: "))

    def test_local_code_starts_without_heavy_imports(self):
        with Container() as container:
            program = (
                "import sys\nfrom sagebrush_runtime import script_mode, training\n"
                "heavy = {'numpy', 'boto3', 'logging', 'subprocess', 'asyncio', 'tarfile'}\n"
                "print(sorted(heavy & set(sys.modules)))"
            )
            seen = subprocess.run([sys.executable, "-c", program], env=container.environment,
                                  stdout=subprocess.PIPE, check=True)

            self.assertEqual(seen.stdout.decode().strip(), "[]")


STOPPABLE = """
import os, signal, sys
def stop(*_):
    open(os.environ["MARK"], "w").write("stopped")
    sys.exit(5)
signal.signal(signal.SIGTERM, stop)
open(os.environ["MARK"], "w").write("started")
while True:
    signal.pause()
"""


if __name__ == "__main__":
    unittest.main()
