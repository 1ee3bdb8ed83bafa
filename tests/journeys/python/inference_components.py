"""Two models on one endpoint's instances: deployed as inference components, asked, scaled, updated, deleted."""

import tarfile
import tempfile
import time

import boto3
import joblib
import numpy as np
import sagemaker
from sagemaker.compute_resource_requirements.resource_requirements import ResourceRequirements
from sagemaker.enums import EndpointType
from sagemaker.predictor import Predictor
from sagemaker.serializers import NumpySerializer
from sagemaker.deserializers import NumpyDeserializer
from sagemaker.sklearn import SKLearnModel
from sklearn.linear_model import LinearRegression

session = sagemaker.Session()
role = sagemaker.get_execution_role()
client = boto3.client("sagemaker")


def settled(name):
    """The SDK's own waits begin with twenty seconds of sleep."""
    while True:
        found = session.describe_inference_component(name)
        if not found["InferenceComponentStatus"].endswith("ing"):
            assert found["InferenceComponentStatus"] == "InService", found
            return found
        time.sleep(0.2)


def model_of(slope, folder):
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
    return SKLearnModel(
        session.upload_data(f"{folder}/model.tar.gz", key_prefix=f"components/{slope}"),
        role,
        entry_point=f"{folder}/inference.py",
        framework_version="1.2-1",
        sagemaker_session=session,
        name=f"slope-{slope}",
    )


def deploy(slope, copies):
    with tempfile.TemporaryDirectory() as folder:
        predictor = model_of(slope, folder).deploy(
            instance_type="ml.m5.large",
            initial_instance_count=1,
            endpoint_name="shared",
            endpoint_type=EndpointType.INFERENCE_COMPONENT_BASED,
            inference_component_name=f"component-{slope}",
            resources=ResourceRequirements(
                requests={"num_cpus": 1, "memory": 1024, "copies": copies},
                limits={"memory": 2048},
            ),
            container_startup_health_check_timeout=120,
            wait=False,
        )
    settled(predictor.component_name)
    return predictor


session.endpoint_from_production_variants(
    name="shared",
    production_variants=[
        sagemaker.production_variant(
            instance_type="ml.m5.large",
            initial_instance_count=1,
            container_startup_health_check_timeout=120,
            managed_instance_scaling={
                "Status": "ENABLED",
                "MinInstanceCount": 1,
                "MaxInstanceCount": 2,
            },
        )
    ],
    role=role,
    wait=False,
)
client.get_waiter("endpoint_in_service").wait(EndpointName="shared")
three = deploy(3, 1)
assert three.component_name == "component-3"
assert session.is_inference_component_based_endpoint("shared")
seven = deploy(7, 2)

assert np.allclose(three.predict(np.array([[4.0]])), [12.0])
assert np.allclose(seven.predict(np.array([[4.0]])), [28.0])
(variant,) = client.describe_endpoint(EndpointName="shared")["ProductionVariants"]
assert variant["CurrentInstanceCount"] == 2, variant
names = session.list_and_paginate_inference_component_names_associated_with_endpoint("shared")
assert names == ["component-3", "component-7"], names

same = Predictor(
    "shared",
    session,
    component_name="component-3",
    serializer=NumpySerializer(),
    deserializer=NumpyDeserializer(),
)
assert np.allclose(same.predict(np.array([[5.0]])), [15.0])

session.update_inference_component(
    "component-7",
    specification={
        "ModelName": client.describe_inference_component(InferenceComponentName="component-3")[
            "Specification"
        ]["ModelName"],
        "ComputeResourceRequirements": {"MinMemoryRequiredInMb": 512},
    },
    runtime_config={"CopyCount": 1},
    wait=False,
)
described = settled("component-7")
assert np.allclose(seven.predict(np.array([[4.0]])), [12.0])
assert described["RuntimeConfig"] == {"DesiredCopyCount": 1, "CurrentCopyCount": 1}, described

seven.update_predictor(resources=ResourceRequirements(requests={"memory": 256, "copies": 1}))
assert settled("component-7")["Specification"]["ComputeResourceRequirements"] == {
    "MinMemoryRequiredInMb": 256
}

three.delete_predictor()
seven.delete_predictor()
while session.list_inference_components("shared")["InferenceComponents"]:
    time.sleep(0.2)
session.delete_endpoint("shared")
client.get_waiter("endpoint_deleted").wait(EndpointName="shared")
print("components asked, updated and deleted")
