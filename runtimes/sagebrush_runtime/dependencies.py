"""Install the user's requirements.txt (or package) beside the runtime's environment.

The environment is shared by many containers and read-only, so only what it lacks is installed, into
a folder of this container that comes first on PYTHONPATH. The effect is that of AWS's `pip install`
into the image: what is there and fits stays, another version wins over what is there.
"""
import os
import sys

from sagebrush_runtime import child_process, log, paths
from sagebrush_runtime.failure import (
    ClientError,
    CommandError,
    InstallModuleError,
    InstallRequirementsError,
)


def install_requirements(folder):
    """Install `folder`/requirements.txt, if there is one.

    @throws InstallRequirementsError with what the installer wrote on stderr
    """
    path = os.path.join(folder, "requirements.txt")
    if os.path.exists(path):
        log.info("Installing dependencies from requirements.txt")
        _install(["-r", path], InstallRequirementsError)


def install_package(folder):
    """Install the package whose setup.py is in `folder`, and its requirements.txt if there is one.

    @throws InstallModuleError with what the installer wrote on stderr
    """
    log.info("Installing module.")
    path = os.path.join(folder, "requirements.txt")
    requirements = ["-r", path] if os.path.exists(path) else []
    _install([folder, *requirements], InstallModuleError)


def _install(wanted, failure_class):
    import tempfile

    os.makedirs(paths.DEPENDENCIES_DIR, exist_ok=True)
    uv = os.environ.get("SAGEBRUSH_UV")
    with tempfile.TemporaryDirectory() as folder:
        missing = os.path.join(folder, "missing.txt")
        shown = "%s -m pip install %s" % (sys.executable, " ".join(wanted))
        try:
            if uv:
                _resolve_with_uv(uv, wanted, folder, missing)
                command = [uv, "pip", "install", "--python", sys.executable]
            else:
                _resolve_with_pip(wanted, folder, missing)
                command = [sys.executable, "-m", "pip", "install"]
            if os.path.getsize(missing):
                command += ["--no-deps", "--target", paths.DEPENDENCIES_DIR, "-r", missing]
                child_process.run(command, _variables())
        except CommandError as fault:
            raise failure_class(shown, fault.exit_code, fault.error_message) from fault


def _resolve_with_uv(uv, wanted, folder, missing):
    """Write to `missing` what the environment lacks, with all that it needs in turn.

    Given as an earlier answer, the versions in the environment are what uv keeps if they fit.
    """
    present = _present_versions()
    lock = os.path.join(folder, "lock.txt")
    with open(lock, "w") as file:
        file.writelines("%s==%s\n" % pin for pin in present.items())
    inputs = os.path.join(folder, "wanted.in")
    with open(inputs, "w") as file:
        pairs = iter(wanted)
        file.writelines(
            "-r %s\n" % next(pairs) if word == "-r" else "%s\n" % word for word in pairs
        )
    child_process.run(
        [uv, "pip", "compile", "--quiet", "--no-header", "--no-annotate",
         "--python", sys.executable, "--output-file", lock, inputs],
        _variables(),
    )
    with open(lock) as answer, open(missing, "w") as file:
        file.writelines(line for line in answer if not _is_present(line, present))


# Where Debian's and Red Hat's families keep the certificates that the machine trusts.
MACHINE_CERTIFICATES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")


def _variables():
    """The user's, and that uv trusts what the machine trusts, such as a company's proxy.

    By default it knows only certificates of its own.
    """
    has_certificates = any(os.path.exists(path) for path in MACHINE_CERTIFICATES)
    return {**({"UV_SYSTEM_CERTS": "1"} if has_certificates else {}), **os.environ}


def _present_versions():
    from importlib import metadata

    return {
        _normalised(distribution.metadata["Name"]): distribution.version
        for distribution in metadata.distributions()
        if distribution.metadata["Name"]
    }


def _normalised(name):
    import re

    return re.sub(r"[-_.]+", "-", name).lower()


def _is_present(line, present):
    name, separator, version = line.strip().partition("==")
    return bool(separator) and present.get(_normalised(name)) == version


def _resolve_with_pip(wanted, folder, missing):
    from importlib.util import find_spec

    if find_spec("pip") is None:
        raise ClientError(
            "FrameworkError: cannot install dependencies: the environment has no pip; "
            "set SAGEBRUSH_UV to the path of uv"
        )
    import json

    report = os.path.join(folder, "report.json")
    child_process.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--report", report,
         *wanted],
        _variables(),
    )
    with open(report) as answer, open(missing, "w") as file:
        for item in json.load(answer)["install"]:
            name, version = item["metadata"]["name"], item["metadata"]["version"]
            if item["is_direct"]:
                file.write("%s @ %s\n" % (name, item["download_info"]["url"]))
            else:
                file.write("%s==%s\n" % (name, version))
