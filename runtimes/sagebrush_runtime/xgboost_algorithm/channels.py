"""Read a channel of csv or libsvm files into a DMatrix."""
import os

from sagebrush_runtime import paths
from sagebrush_runtime.failure import UserError
from sagebrush_runtime.xgboost_algorithm.request_matrix import DELIMITERS

KINDS = {
    "csv": "csv", "text/csv": "csv",
    "libsvm": "libsvm", "text/libsvm": "libsvm", "text/x-libsvm": "libsvm",
}
FOLDER_DEPTH_MAX = 3


def read(channels, name, csv_weights=0, threads=1):
    """The DMatrix of one channel; None when the job has no such channel.

    @param csv_weights 1 when the second column of csv holds the rows' weights
    @throws UserError when the channel is empty, of another type, or not what its type says
    """
    channel = channels.get(name)
    if channel is None:
        return None
    kind = _kind(channel.get("ContentType"))
    files = _files(name, channel)
    if not files:
        raise UserError(
            "No data in %s channel path %s"
            % ({"train": "training"}.get(name, name), os.path.join(paths.INPUT_DATA_DIR, name))
        )
    if kind == "csv":
        return _read_csv(files, csv_weights, threads)
    return _read_libsvm(files, threads)


def _kind(content_type):
    if not content_type:
        return "libsvm"
    name, *parameters = [part.strip() for part in content_type.lower().split(";")]
    if name not in KINDS:
        raise UserError(
            "%s is not an accepted ContentType: %s." % (content_type, ", ".join(KINDS))
        )
    for parameter in parameters:
        if parameter.startswith("label_size=") and parameter != "label_size=1":
            raise UserError(
                "%s is not an accepted csv ContentType. Optional parameter label_size must be "
                "equal to 1" % content_type
            )
    return KINDS[name]


def _files(name, channel):
    folder = os.path.join(paths.INPUT_DATA_DIR, name)
    if channel.get("TrainingInputMode") == "Pipe":
        # The first epoch's FIFO; one pass over the data is all that is needed.
        return [folder + "_0"]
    found = []
    for place, folders, names in os.walk(folder):
        if place[len(folder):].count(os.sep) >= FOLDER_DEPTH_MAX:
            folders.clear()
        folders.sort()
        found += [
            os.path.join(place, one)
            for one in sorted(names)
            if not one.startswith((".", "_")) and os.path.getsize(os.path.join(place, one))
        ]
    return found


def _read_csv(files, csv_weights, threads):
    import numpy
    import pandas
    import xgboost

    try:
        tables = [_read_csv_file(path, pandas, numpy) for path in files]
        table = tables[0] if len(tables) == 1 else numpy.concatenate(tables)
    except (ValueError, UnicodeDecodeError) as fault:
        raise UserError("Failed to load csv data with exception:\n%s" % fault) from fault
    first = 2 if csv_weights else 1
    if table.shape[1] <= first:
        raise UserError("Failed to load csv data with exception:\nthere is no feature column")
    return xgboost.DMatrix(
        table[:, first:],
        label=table[:, 0],
        weight=table[:, 1] if csv_weights else None,
        nthread=threads,
    )


def _read_csv_file(path, pandas, numpy):
    with open(path, "rb") as file:
        line = file.readline()
        delimiter = next((one for one in DELIMITERS if one.encode() in line), ",")
        source = path
        if not file.seekable():
            import io

            source = io.BytesIO(line + file.read())
    return pandas.read_csv(
        source, header=None, sep=delimiter, dtype=numpy.float32, skip_blank_lines=True
    ).to_numpy()


def _read_libsvm(files, threads):
    import tempfile

    import xgboost

    for path in files:
        _check_first_line(path)
    # XGBoost reads a whole folder; names of its own keep `?` and `;` out of the address.
    with tempfile.TemporaryDirectory() as folder:
        for number, path in enumerate(files):
            os.symlink(path, os.path.join(folder, "part-%05d" % number))
        try:
            return xgboost.DMatrix("%s/?format=libsvm" % folder, nthread=threads)
        except (xgboost.core.XGBoostError, ValueError) as fault:
            raise UserError("Failed to load libsvm data with exception:\n%s" % fault) from fault


def _check_first_line(path):
    with open(path, errors="replace") as file:
        line = file.readline()
    label, *features = line.split() or [""]
    try:
        for part in label.split(":"):
            float(part)
        for feature in features:
            index, value = feature.split(":")
            int(index), float(value)
    except ValueError:
        raise UserError(
            "First line '%s...' of file '%s' is not 'LIBSVM' format. Please ensure the file is "
            "in 'LIBSVM' format." % (line[:50].strip(), os.path.basename(path))
        ) from None
