"""Request bodies to arrays: csv, json, npy, npz."""
import io
import json
import os

import numpy

from sagebrush_runtime.serving import content_types
from sagebrush_runtime.serving.answer import RequestRefused, UnsupportedContentType

ALLOW_PICKLED_ARRAYS = os.environ.get("SAGEBRUSH_ALLOW_PICKLED_ARRAYS") == "true"


def decode(body, content_type):
    """Decode to a numpy array (npz: a scipy sparse matrix).

    @param body bytes or str
    @throws UnsupportedContentType; RequestRefused 400 when the body is not what its type says
    """
    kind = content_types.media_type(content_type)
    decoder = DECODERS.get(kind)
    if decoder is None:
        raise UnsupportedContentType(content_type)
    try:
        return decoder(body)
    except (ValueError, EOFError, OSError, KeyError) as fault:
        raise RequestRefused(400, "The body is not %s: %s" % (kind, fault)) from fault


def csv_to_array(text):
    """Rows of numbers, shape (rows, columns), float64; an empty field is NaN.

    Fields that are not all numbers give an array of str, as AWS's decoder gives one.
    @throws ValueError when rows differ in length
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8")
    text = text.strip("\r\n")
    if '"' not in text and "\n" not in text:
        row = text.split(",")
        try:
            return numpy.array([row], dtype=numpy.float64)
        except ValueError:
            return _to_numbers([row])
    return _csv_lines_to_array(text)


def _csv_lines_to_array(text):
    import csv

    rows = [row for row in csv.reader(io.StringIO(text)) if row]
    width = len(rows[0]) if rows else 0
    for number, row in enumerate(rows, 1):
        if len(row) != width:
            raise ValueError("row 1 has %d fields, row %d has %d" % (width, number, len(row)))
    return _to_numbers(rows)


def _to_numbers(rows):
    filled = [[field if field.strip() else "nan" for field in row] for row in rows]
    try:
        return numpy.array(filled, dtype=numpy.float64)
    except ValueError:
        return numpy.array(rows)


def json_to_array(text):
    return numpy.array(json.loads(text))


def npy_to_array(body):
    # AWS's stack unpickles object arrays, so that a request can run code; here one must ask.
    return numpy.load(io.BytesIO(body), allow_pickle=ALLOW_PICKLED_ARRAYS)


def npz_to_sparse(body):
    import scipy.sparse

    return scipy.sparse.load_npz(io.BytesIO(body))


DECODERS = {
    content_types.CSV: csv_to_array,
    content_types.JSON: json_to_array,
    content_types.NPY: npy_to_array,
    content_types.NPZ: npz_to_sparse,
}
