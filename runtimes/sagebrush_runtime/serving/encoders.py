"""Predictions to response bodies: csv, json, npy."""
import io
import json

import numpy

from sagebrush_runtime.serving import content_types
from sagebrush_runtime.serving.answer import UnsupportedAccept


def encode(prediction, accept):
    """Encode for the first type of `accept` that there is an encoder for.

    @returns (body as bytes, its media type)
    @throws UnsupportedAccept
    """
    for kind in content_types.accepted_types(accept):
        encoder = ENCODERS.get(kind)
        if encoder is not None:
            return encoder(prediction), kind
    raise UnsupportedAccept(accept)


def array_to_json(prediction):
    return json.dumps(prediction, default=_plain).encode("utf-8")


def _plain(value):
    if hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(value, "to_dict"):
        return value.to_dict(orient="list")
    raise TypeError("Object of type %s is not JSON serializable" % type(value).__name__)


def array_to_csv(prediction):
    """One line per row; a one-dimensional prediction gives one value per line."""
    array = numpy.asarray(prediction)
    if array.ndim == 0:
        array = array.reshape(1)
    rows = array.tolist()
    if array.ndim == 1:
        lines = map(_field, rows)
    else:
        lines = (",".join(map(_field, row)) for row in rows)
    return ("\n".join(lines) + "\n").encode("utf-8")


def _field(value):
    text = str(value)
    if any(character in text for character in ',"\r\n'):
        return '"%s"' % text.replace('"', '""')
    return text


def array_to_npy(prediction):
    buffer = io.BytesIO()
    numpy.save(buffer, numpy.asarray(prediction), allow_pickle=False)
    return buffer.getvalue()


ENCODERS = {
    content_types.JSON: array_to_json,
    content_types.CSV: array_to_csv,
    content_types.NPY: array_to_npy,
}
