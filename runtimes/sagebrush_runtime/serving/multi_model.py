"""Many models in one container: SageMaker's multi-model API over a handler per model.

The platform fetches models and asks to load and to unload them; each lies in its own folder.
"""
import json
import threading
import traceback
import urllib.parse

from sagebrush_runtime import log
from sagebrush_runtime.serving import settings
from sagebrush_runtime.serving.answer import Answer, RequestRefused, error_answer

JSON_TYPE = "application/json"
PREFIX = "/models"
INSUFFICIENT_STORAGE = 507


class MultiModel:
    """A handler for `worker.Worker`.

    @param make_handler makes the handler of the model in a folder, as `UserModel` and `XGBoostModel`
    """

    serves_models = True

    def __init__(self, make_handler, needs_own_thread=False):
        self.needs_own_thread = needs_own_thread
        self._make_handler = make_handler
        self._models = {}
        self._lock = threading.Lock()

    def load(self):
        """There is nothing to load before the first request."""

    def execution_parameters(self):
        return settings.execution_parameters()

    def handle(self, head, body):
        """@throws RequestRefused 400, 404, 405, 409, 415 …, and whatever a model's code raises"""
        if not head.path.startswith(PREFIX):
            raise RequestRefused(404, "This container has many models: POST /models/{name}/invoke")
        parts = [urllib.parse.unquote(part) for part in head.path[len(PREFIX):].split("/")[1:]]
        if not parts:
            return self._all(head, body)
        if len(parts) == 2 and parts[1] == "invoke":
            _demand(head, "POST")
            return self._loaded(parts[0]).handler.handle(head, body)
        if len(parts) == 1:
            return self._one(head, parts[0])
        raise RequestRefused(404, "There is no %s here" % head.path)

    def _all(self, head, body):
        if head.method == "GET":
            models = [loaded.described() for loaded in list(self._models.values())]
            return _json(200, {"models": models})
        _demand(head, "POST")
        return self._load(body)

    def _one(self, head, name):
        if head.method == "DELETE":
            with self._lock:
                if self._models.pop(name, None) is None:
                    raise RequestRefused(404, "Model %s is not loaded" % name)
            return _json(200, {"status": "Model %s is unloaded" % name})
        _demand(head, "GET")
        return _json(200, self._loaded(name).described())

    def _load(self, body):
        try:
            request = json.loads(body)
            name, url = request["model_name"], request["url"]
        except (ValueError, KeyError, TypeError) as fault:
            raise RequestRefused(400, "Give JSON with model_name and url: %r" % fault) from fault
        with self._lock:
            if name in self._models:
                return _json(409, {"status": "Model %s is loaded already" % name})
        try:
            handler = self._make_handler(url)
            handler.load()
        except MemoryError:
            return error_answer(
                INSUFFICIENT_STORAGE, "MemoryError", "There is no memory left for %s" % name
            )
        except Exception as fault:
            log.error("Model %s could not be loaded:\n%s" % (name, traceback.format_exc()))
            return error_answer(500, type(fault).__name__, str(fault))
        with self._lock:
            self._models[name] = _LoadedModel(name, url, handler)
        return _json(200, {"status": "Model %s is loaded" % name})

    def _loaded(self, name):
        loaded = self._models.get(name)
        if loaded is None:
            raise RequestRefused(404, "Model %s is not loaded" % name)
        return loaded


class _LoadedModel:
    def __init__(self, name, url, handler):
        self._name = name
        self._url = url
        self.handler = handler

    def described(self):
        return {"modelName": self._name, "modelUrl": self._url}


def _demand(head, method):
    if head.method != method:
        raise RequestRefused(405, "%s takes %s" % (head.path, method))


def _json(status, content):
    return Answer(status, JSON_TYPE, json.dumps(content).encode("utf-8"))
