"""Serve a model by the functions of the user's program, as AWS's inference toolkits call them."""
import importlib.util
import inspect
import json
import os
import sys

from sagebrush_runtime import paths
from sagebrush_runtime.serving import content_types, settings
from sagebrush_runtime.serving.answer import Answer, StartedIterator
from sagebrush_runtime.serving.request_context import RequestContext

EXCLUSIVE = (
    "Cannot use transform_fn implementation in conjunction with "
    "input_fn, predict_fn, and/or output_fn implementation"
)


class UserFunctionError(Exception):
    """The user's functions do not go together, or one takes the wrong number of arguments."""


class UserModel:
    """@param program path of the user's program, or None: then the framework's defaults alone"""

    serves_models = False

    def __init__(self, program, framework, model_dir=paths.MODEL_DIR):
        self._model_dir = model_dir
        self._program = program
        self._framework = framework
        self._default_accept = settings.default_accept(content_types.JSON)
        self._execution_parameters_fn = None

    @property
    def needs_own_thread(self):
        # Gradient mode and thread counts of torch belong to the thread that set them.
        return self._framework == "pytorch"

    def load(self):
        """Import the user's program and load the model. Called once in each worker.

        @throws UserFunctionError, and whatever the user's code raises
        """
        defaults = _framework_defaults(self._framework)
        program = _import_program(self._program) if self._program else None
        functions = {
            name: getattr(program, name, None)
            for name in ("model_fn", "transform_fn", "input_fn", "predict_fn", "output_fn")
        }
        own = [name for name in ("input_fn", "predict_fn", "output_fn") if functions[name]]
        if functions["transform_fn"] and own:
            raise UserFunctionError(EXCLUSIVE)
        self._transform = functions["transform_fn"] and _bind(functions["transform_fn"], 4)
        self._input = _bind(functions["input_fn"] or defaults.input_fn, 2)
        self._predict = _bind(functions["predict_fn"] or defaults.predict_fn, 2)
        self._output = _bind(functions["output_fn"] or defaults.output_fn, 2)
        self._execution_parameters_fn = getattr(program, "execution_parameters_fn", None)
        model_fn = _bind(functions["model_fn"] or defaults.model_fn, 1)
        self._model = model_fn(RequestContext(self._model_dir), self._model_dir)
        if not functions["input_fn"] and not functions["predict_fn"]:
            direct_functions = getattr(defaults, "direct_functions", lambda _model: None)
            direct = direct_functions(self._model)
            if direct:
                self._input, self._predict = _bind(direct[0], 2), _bind(direct[1], 2)

    def execution_parameters(self):
        if self._execution_parameters_fn is not None:
            return self._execution_parameters_fn()
        return settings.execution_parameters()

    def handle(self, head, body):
        """Answer one invocation. @throws RequestRefused, and whatever the user's code raises"""
        content_type = head.content_type or content_types.JSON
        accept = head.accept
        if not accept or accept == content_types.ANY:
            accept = self._default_accept
        if content_types.media_type(content_type) in content_types.TEXT_TYPES:
            body = body.decode("utf-8")
        context = RequestContext(self._model_dir, head.headers)
        if self._transform:
            result = self._transform(context, self._model, body, content_type, accept)
        else:
            data = self._input(context, body, content_type)
            result = self._output(context, self._predict(context, data, self._model), accept)
        return _to_answer(result, accept, context)


def _framework_defaults(framework):
    if framework == "scikit-learn":
        from sagebrush_runtime.serving import scikit_learn_defaults as defaults
    elif framework == "xgboost":
        from sagebrush_runtime.serving import xgboost_defaults as defaults
    elif framework == "pytorch":
        from sagebrush_runtime.serving import pytorch_defaults as defaults
    else:
        from sagebrush_runtime.serving import python_defaults as defaults
    return defaults


def _import_program(path):
    name = os.path.splitext(os.path.basename(path))[0]
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    # Registered first, as the import system does: the model's classes may be pickled by this name.
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _bind(function, arguments):
    """A function of (context, *arguments) that leaves the context out if `function` takes none.

    @throws UserFunctionError when it takes neither as many as the toolkit gives nor one more
    """
    parameters = list(inspect.signature(function).parameters.values())
    is_open = any(one.kind is one.VAR_POSITIONAL for one in parameters)
    if is_open or len(parameters) == arguments:
        return lambda _context, *given: function(*given)
    further = parameters[arguments:]
    if len(further) == 1 and (further[0].default is inspect.Parameter.empty
                              or further[0].name == "context"):
        return lambda context, *given: function(*given, context)
    if further and all(one.default is not inspect.Parameter.empty for one in further):
        return lambda _context, *given: function(*given)
    raise UserFunctionError(
        "%s takes %d arguments but %d were given."
        % (getattr(function, "__name__", function), len(parameters), arguments)
    )


def _to_answer(result, accept, context):
    content_type = accept
    if isinstance(result, Answer):
        return result
    if isinstance(result, tuple) and len(result) == 2:
        result, content_type = result
    if isinstance(result, str):
        result = result.encode("utf-8")
    elif hasattr(result, "__next__"):
        result = StartedIterator(result)
    elif not isinstance(result, bytes):
        result = _other_body(result)
    content_type = context.response_content_type or content_type
    return Answer(context.response_status, content_type, result, context.response_headers)


def _other_body(result):
    if isinstance(result, (bytearray, memoryview)):
        return bytes(result)
    if result is None:
        return b""
    tolist = getattr(result, "tolist", None)
    return json.dumps(tolist() if tolist else result).encode("utf-8")
