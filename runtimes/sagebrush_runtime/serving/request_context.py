"""The `context` argument of a user's function: what AWS's PyTorch stack shows of a request."""


class RequestContext:
    """@param headers of the request, names in lower case; none while the model loads"""

    def __init__(self, model_dir, headers=None):
        self.system_properties = {"model_dir": model_dir, "gpu_id": None}
        self.manifest = {}
        self.request_processor = [self]
        self.response_status = 200
        self.response_content_type = None
        self.response_headers = []
        self._headers = headers or {}

    def get_request_header(self, _index, name):
        """Value of a header, whatever the case of its name; None when it was not sent."""
        return self._headers.get(name.lower())

    def get_all_request_header(self, _index):
        return self.get_request_properties()

    def get_request_properties(self):
        """All headers, names as HTTP usually writes them: `Content-Type`, `X-Amzn-…`."""
        return {_usual_case(name): value for name, value in self._headers.items()}

    def get_request_id(self, _index=0):
        return self._headers.get("x-amzn-sagemaker-inference-id")

    def set_response_content_type(self, _index, value):
        self.response_content_type = value

    def set_response_status(self, code=200, phrase="", idx=0):
        self.response_status = code

    def set_response_header(self, _index, name, value):
        self.response_headers.append((name, value))


SPELLED = {"x-amzn-sagemaker": "X-Amzn-SageMaker"}


def _usual_case(name):
    for low, usual in SPELLED.items():
        if name.startswith(low):
            return usual + name[len(low):].title()
    return name.title()
