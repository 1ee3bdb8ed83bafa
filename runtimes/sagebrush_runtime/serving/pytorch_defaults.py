"""Default functions of AWS's PyTorch image: TorchScript in, tensors through, lists out."""
import os

import torch

from sagebrush_runtime.serving import content_types, decoders, encoders

USUAL_FILE = "model.pt"


class ModelLoadError(Exception):
    """The file is not TorchScript."""


def model_fn(model_dir):
    """Load `model.pt`, or the single .pt or .pth file, as TorchScript.

    @throws ValueError when there is not exactly one; ModelLoadError
    """
    path = os.path.join(model_dir, USUAL_FILE)
    if not os.path.exists(path):
        files = [name for name in sorted(os.listdir(model_dir)) if name.endswith((".pt", ".pth"))]
        if len(files) != 1:
            raise ValueError(
                "Exactly one .pth or .pt file is required for PyTorch models: %s" % files
            )
        path = os.path.join(model_dir, files[0])
    try:
        return torch.jit.load(path, map_location=_device()).eval()
    except RuntimeError as fault:
        raise ModelLoadError(
            "Failed to load %s. Please ensure model is saved using torchscript." % path
        ) from fault


def input_fn(body, content_type):
    """A tensor on the device; csv and json become floats of 32 bits."""
    array = decoders.decode(body, content_type)
    if content_types.media_type(content_type) in content_types.TEXT_TYPES:
        return torch.tensor(array, dtype=torch.float32, device=_device())
    return torch.from_numpy(array).to(_device())


def predict_fn(data, model):
    with torch.no_grad():
        return model(data)


def output_fn(prediction, accept):
    if isinstance(prediction, torch.Tensor):
        prediction = prediction.detach().cpu().numpy().tolist()
    return encoders.encode(prediction, accept)


def _device():
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
