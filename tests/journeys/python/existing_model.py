"""A model that was trained elsewhere: package it, deploy it with SKLearnModel, update the endpoint, delete all."""

import os
import tarfile
import tempfile

import boto3
import joblib
import numpy as np
import sagemaker
from sagemaker.sklearn import SKLearnModel, SKLearnPredictor
from sklearn.linear_model import LinearRegression

session = sagemaker.Session()
role = sagemaker.get_execution_role()
client = boto3.client("sagemaker")


def package(slope, folder):
    x = np.arange(10.0).reshape(-1, 1)
    joblib.dump(LinearRegression().fit(x, slope * x.ravel()), f"{folder}/model.joblib")
    with tarfile.open(f"{folder}/model.tar.gz", "w:gz") as archive:
        archive.add(f"{folder}/model.joblib", "model.joblib")
    with open(f"{folder}/inference.py", "w", encoding="utf-8") as file:
        file.write(
            "import joblib, os\n"
            "def model_fn(model_dir):\n"
            "    return joblib.load(os.path.join(model_dir, 'model.joblib'))\n"
        )
    return session.upload_data(f"{folder}/model.tar.gz", key_prefix=f"existing/slope-{slope}")


def model(slope, folder):
    uri = package(slope, folder)
    return SKLearnModel(
        uri,
        role,
        entry_point=f"{folder}/inference.py",
        framework_version="1.2-1",
        sagemaker_session=session,
    )


with tempfile.TemporaryDirectory() as folder:
    first = model(2, folder)
    first.deploy(1, "ml.m5.large", wait=False)
    name = first.endpoint_name
    client.get_waiter("endpoint_in_service").wait(EndpointName=name)
    predictor = SKLearnPredictor(name)
    assert np.allclose(predictor.predict(np.array([[3.0]])), [6.0])

    second = model(5, folder)
    second.create(instance_type="ml.m5.large")
    client.create_endpoint_config(
        EndpointConfigName=second.name,
        ProductionVariants=[
            {
                "VariantName": "AllTraffic",
                "ModelName": second.name,
                "InstanceType": "ml.m5.large",
                "InitialInstanceCount": 1,
            }
        ],
    )
    client.update_endpoint(EndpointName=name, EndpointConfigName=second.name)
    client.get_waiter("endpoint_in_service").wait(EndpointName=name)
    assert np.allclose(predictor.predict(np.array([[3.0]])), [15.0])

predictor.delete_endpoint()
client.get_waiter("endpoint_deleted").wait(EndpointName=name)
print("updated and deleted", os.path.basename(name))
