"""Request bodies of csv and libsvm to what XGBoost predicts on."""
import numpy

from sagebrush_runtime.serving import content_types
from sagebrush_runtime.serving.answer import RequestRefused, UnsupportedContentType

DELIMITERS = (",", "\t", ";", "|", " ")
KINDS = {
    "csv": "csv",
    content_types.CSV: "csv",
    "libsvm": "libsvm",
    content_types.LIBSVM: "libsvm",
    content_types.X_LIBSVM: "libsvm",
}


def kind_of(content_type):
    """`csv` or `libsvm`; libsvm when none is given. @throws UnsupportedContentType"""
    if not content_type:
        return "libsvm"
    kind = KINDS.get(content_types.media_type(content_type))
    if kind is None:
        raise UnsupportedContentType(content_type)
    return kind


def to_dmatrix(body, content_type):
    """A DMatrix without labels. @throws UnsupportedContentType; RequestRefused 415"""
    import xgboost

    return xgboost.DMatrix(to_matrix(body, kind_of(content_type)), nthread=1)


def to_matrix(body, kind):
    """Rows of features: a float32 array, or for libsvm a sparse matrix.

    @param body bytes or str
    @throws RequestRefused 415 when the body is not what `kind` says, as AWS's image answers
    """
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    try:
        return _csv_to_array(text) if kind == "csv" else _libsvm_to_sparse(text)
    except (ValueError, IndexError) as fault:
        raise RequestRefused(
            415,
            "Loading %s data failed with Exception, please ensure data is in %s format:\n %s\n %s"
            % (kind, kind, type(fault), fault),
        ) from fault


def _csv_to_array(text):
    text = text.strip()
    if "\n" not in text:
        delimiter = "," if "," in text else _delimiter(text)
        try:
            row = list(map(float, text.split(delimiter)))
        except ValueError:
            row = [_number(field) for field in text.split(delimiter)]
        return numpy.array((row,), dtype=numpy.float32)
    lines = text.splitlines()
    delimiter = _delimiter(lines[0])
    rows = [[_number(field) for field in line.split(delimiter)] for line in lines]
    width = len(rows[0])
    for number, row in enumerate(rows, 1):
        if len(row) != width:
            raise ValueError("row 1 has %d fields, row %d has %d" % (width, number, len(row)))
    return numpy.array(rows, dtype=numpy.float32)


def _delimiter(line):
    return next((one for one in DELIMITERS if one in line), ",")


def _number(field):
    field = field.strip()
    return float(field) if field else numpy.nan


def _libsvm_to_sparse(text):
    """`[label] index:value …` per line; the label is not looked at."""
    import scipy.sparse

    rows, columns, values = [], [], []
    lines = text.strip().split("\n")
    for number, line in enumerate(lines):
        for field in line.split():
            index, colon, value = field.partition(":")
            if colon:
                rows.append(number)
                columns.append(int(index))
                values.append(float(value))
    width = max(columns, default=0) + 1
    return scipy.sparse.csr_matrix(
        (numpy.array(values, dtype=numpy.float32), (rows, columns)), shape=(len(lines), width)
    )
