"""PyTorch in script mode on CPU: train a line, deploy it with PyTorchModel's defaults, predict."""

import boto3
import numpy as np
import sagemaker
from sagemaker.pytorch import PyTorch, PyTorchPredictor

session = sagemaker.Session()
role = sagemaker.get_execution_role()
client = boto3.client("sagemaker")

estimator = PyTorch(
    entry_point="train.py",
    source_dir="tests/journeys/python/pytorch_source",
    role=role,
    framework_version="2.1",
    py_version="py310",
    instance_count=1,
    instance_type="ml.m5.large",
    hyperparameters={"epochs": 200},
)
estimator.fit()
name = estimator.latest_training_job.name
estimator.deploy(1, "ml.m5.large", endpoint_name=name, wait=False)
client.get_waiter("endpoint_in_service").wait(EndpointName=name)
answer = PyTorchPredictor(name).predict(np.array([[2.0]], dtype=np.float32))
assert abs(float(answer[0][0]) - 7.0) < 0.2, answer
client.delete_endpoint(EndpointName=name)
print("answer", float(answer[0][0]))
