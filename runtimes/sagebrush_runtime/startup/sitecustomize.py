"""Runs at the start of every user process: lets code and pickles of older libraries import.

AWS's images carry scikit-learn 0.20 to 1.4; module names of the old ones are gone from the new.
`sklearn.externals.joblib` is now `joblib`; public module names of 0.21 got an underscore in 0.22.
No base classes of `importlib.abc`: their import would double the start of a small program.
"""
import sys
from importlib.machinery import ModuleSpec, PathFinder

MOVED = {
    "sklearn.externals.joblib": "joblib",
    "sklearn.externals.six": "six",
    "sklearn.ensemble.gradient_boosting": "sklearn.ensemble._gb",
    "sklearn.ensemble.weight_boosting": "sklearn.ensemble._weight_boosting",
    "sklearn.svm.classes": "sklearn.svm._classes",
    "sklearn.tree.tree": "sklearn.tree._classes",
    "sklearn.neighbors.unsupervised": "sklearn.neighbors._unsupervised",
}


class MovedModules:
    """Finder and loader: answers an old name with the very module that now has another name."""

    def __init__(self, present_name):
        self._present_name = present_name

    def find_spec(self, name, path=None, target=None):
        if not name.startswith("sklearn."):
            return None
        place = self._present_name(name, path)
        return ModuleSpec(name, self, origin=place) if place else None

    def create_module(self, spec):
        __import__(spec.origin)
        module = sys.modules[spec.origin]
        spec.loader_state = module.__spec__
        return module

    def exec_module(self, module):
        # The import system has put our spec on a module that has its own.
        module.__spec__ = module.__spec__.loader_state


def _moved_name(name, _path):
    for old, new in MOVED.items():
        if name == old or name.startswith(old + "."):
            return new + name[len(old):]
    return None


def _underscored_name(name, path):
    package, _, last = name.rpartition(".")
    if package.count(".") != 1 or last.startswith("_"):
        return None
    private = "%s._%s" % (package, last)
    return private if PathFinder.find_spec(private, path) else None


def _run_next_sitecustomize():
    """The hook of the same name that this one hides, if there is one."""
    here = __file__.rpartition("/")[0]
    spec = PathFinder.find_spec("sitecustomize", [path for path in sys.path if path != here])
    if spec and spec.loader:
        spec.loader.exec_module(type(sys)("sitecustomize"))


# First: the submodules of joblib must not be loaded a second time under the old name.
sys.meta_path.insert(0, MovedModules(_moved_name))
# Last: a name that still exists must be found as it is.
sys.meta_path.append(MovedModules(_underscored_name))
_run_next_sitecustomize()
