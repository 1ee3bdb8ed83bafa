"""The programs behind an AWS framework image: `train` and `serve`.

The platform puts this package on PYTHONPATH; it is never installed. `train` must start fast, so
modules import what is heavy (numpy, boto3, xgboost) only where it is used.
"""
