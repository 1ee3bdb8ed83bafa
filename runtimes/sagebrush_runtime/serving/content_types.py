"""Media types of AWS's serving stacks."""

JSON = "application/json"
JSON_LINES = "application/jsonlines"
CSV = "text/csv"
NPY = "application/x-npy"
NPZ = "application/x-npz"
LIBSVM = "text/libsvm"
X_LIBSVM = "text/x-libsvm"
ANY = "*/*"
TEXT = "text/plain"

TEXT_TYPES = frozenset((JSON, CSV))
"""Bodies that a user's input_fn gets as `str`; all others it gets as `bytes`."""


def media_type(header):
    """`text/csv; charset=utf-8` becomes `text/csv`; None becomes an empty string."""
    return header.partition(";")[0].strip().lower() if header else ""


def accepted_types(accept):
    """The media types of an Accept header in the order in which they stand."""
    return [media_type(one) for one in accept.split(",")]
