"""Where the user's program comes from, and what it needs besides."""
import io
import os
import sys
import tarfile
import unittest

from tests.container import Container


def archive(members):
    """Bytes of a tar.gz. A member is (name, text) or a TarInfo."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                tar.addfile(member)
                continue
            name, text = member
            info = tarfile.TarInfo(name)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()


class SourceCode(unittest.TestCase):
    def train_from(self, container, content):
        container.write("sourcedir.tar.gz", content)
        return container.train(hyperparameters={
            "sagemaker_program": "train.py",
            "sagemaker_submit_directory": container.path("sourcedir.tar.gz"),
        })

    def test_an_archive_is_unpacked_to_the_code_folder(self):
        with Container() as container:
            content = archive([("train.py", "import part.more"), ("part/more.py", "print('MORE')")])

            self.assertEqual(self.train_from(container, content), 0, container.output)
            self.assertIn("MORE", container.output)
            self.assertTrue(container.has("code/part/more.py"))

    def test_members_that_would_land_or_point_outside_are_refused(self):
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "../.."
        absolute_link = tarfile.TarInfo("link")
        absolute_link.type, absolute_link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        hard_link = tarfile.TarInfo("link")
        hard_link.type, hard_link.linkname = tarfile.LNKTYPE, "../../etc/passwd"
        device = tarfile.TarInfo("device")
        device.type = tarfile.CHRTYPE
        bad = [("../out.py", "x"), ("/tmp/out.py", "x"), link, absolute_link, hard_link, device]
        for member in bad:
            name = member[0] if isinstance(member, tuple) else member.linkname or member.name
            with self.subTest(member=name), Container() as container:
                code = self.train_from(container, archive([("train.py", "pass"), member]))

                self.assertEqual(code, 1)
                self.assertIn("SourceCodeError", container.read("output/failure"))
                self.assertFalse(container.has("out.py"))

    def test_what_is_not_an_archive_is_refused(self):
        for content in (b"", b"not a tar", archive([("train.py", "pass" * 1000)])[:60]):
            with self.subTest(content=content[:9]), Container() as container:
                self.assertEqual(self.train_from(container, content), 1)
                self.assertIn("SourceCodeError", container.read("output/failure"))

    def test_code_that_is_nowhere_is_named(self):
        with Container() as container:
            container.train(hyperparameters={"sagemaker_program": "train.py",
                                             "sagemaker_submit_directory": "/no/such/place"})

            self.assertIn("/no/such/place", container.read("output/failure"))

    def test_an_object_that_s3_does_not_give_is_named(self):
        refused = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_REGION": "us-east-1",
                   "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret",
                   "AWS_MAX_ATTEMPTS": "1"}
        with Container(**refused) as container:
            container.train(hyperparameters={"sagemaker_program": "train.py",
                                             "sagemaker_submit_directory": "s3://bucket/a.tar.gz"})

            self.assertIn("cannot download s3://bucket/a.tar.gz", container.read("output/failure"))


class Dependencies(unittest.TestCase):
    def test_a_package_with_setup_py_runs_as_a_module_with_what_it_has_at_hand(self):
        installer = "import sys, os\nopen(os.environ['MARK'], 'a').write(str(sys.argv[1:]))"
        with Container() as container:
            container.environment["SAGEBRUSH_UV"] = self.installer(container, installer)
            container.write("source/setup.py", "")
            code = container.train("import sys; print('MODULE', sys.argv[0])")

            self.assertEqual(code, 0, container.output)
            self.assertIn("Installing module.", container.output)
            self.assertIn("%s -m train" % sys.executable, container.output)

    def test_only_what_the_environment_lacks_is_installed_beside_it(self):
        # Stands for uv: resolves to numpy as it is and one package that is not there.
        installer = (
            "import sys, os\na = sys.argv[1:]\n"
            "open(os.environ['MARK'], 'a').write(' '.join(a) + '\\n')\n"
            "if a[1] == 'compile':\n"
            "    lock = a[a.index('--output-file') + 1]\n"
            "    pins = [line for line in open(lock) if line.startswith('numpy==')]\n"
            "    open(lock, 'w').writelines([*pins, 'absent==1.0\\n'])\n"
            "else:\n"
            "    open(os.environ['MARK'], 'a').write(open(a[a.index('-r') + 1]).read())\n"
            "    open(a[a.index('--target') + 1] + '/absent.py', 'w').write('HERE = 1')\n"
        )
        with Container() as container:
            container.environment["SAGEBRUSH_UV"] = self.installer(container, installer)
            container.write("source/requirements.txt", "numpy\nabsent\n")
            code = container.train("import absent; print('HERE', absent.HERE)")

            self.assertEqual(code, 0, container.output)
            self.assertIn("absent==1.0", container.read("mark"))
            self.assertNotIn("numpy==", container.read("mark"))

    def test_the_installer_trusts_what_the_machine_trusts_unless_the_user_says_otherwise(self):
        installer = "import sys, os\nsys.exit('TRUST ' + os.environ.get('UV_SYSTEM_CERTS', 'none'))"
        for own, expected in (({}, "1"), ({"UV_SYSTEM_CERTS": "0"}, "0")):
            with Container(**own) as container:
                container.environment["SAGEBRUSH_UV"] = self.installer(container, installer)
                container.write("source/requirements.txt", "absent\n")
                container.train("pass")

                self.assertIn("TRUST " + expected, container.read("output/failure"))

    def test_requirements_that_cannot_be_installed_are_the_failure_reason(self):
        installer = "import sys; sys.stderr.write('No solution found for absent'); sys.exit(1)"
        with Container() as container:
            container.environment["SAGEBRUSH_UV"] = self.installer(container, installer)
            container.write("source/requirements.txt", "absent\n")
            code = container.train("print('RAN')")

            self.assertEqual(code, 1)
            failure = container.read("output/failure")
            self.assertTrue(failure.startswith("InstallRequirementsError:\nExitCode 1\n"), failure)
            self.assertIn("No solution found for absent", failure)
            self.assertNotIn("RAN", container.output)

    def installer(self, container, text):
        container.environment["MARK"] = container.path("mark")
        path = container.write("installer", "#!%s\n%s" % (sys.executable, text))
        os.chmod(path, 0o755)
        return path


if __name__ == "__main__":
    unittest.main()
