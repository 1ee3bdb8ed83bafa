"""Two models on one endpoint's instances: deployed as inference components, asked, scaled, updated, deleted."""

import tarfile
import tempfile

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


def deploy(slope, copies, **more):
    with tempfile.TemporaryDirectory() as folder:
        return model_of(slope, folder).deploy(
            endpoint_name="shared",
            endpoint_type=EndpointType.INFERENCE_COMPONENT_BASED,
            inference_component_name=f"component-{slope}",
            resources=ResourceRequirements(
                requests={"num_cpus": 1, "memory": 1024, "copies": copies},
                limits={"memory": 2048},
            ),
            **more,
        )


three = deploy(
    3,
    1,
    instance_type="ml.m5.large",
    initial_instance_count=1,
    managed_instance_scaling={"MinInstanceCount": 1, "MaxInstanceCount": 2},
    container_startup_health_check_timeout=120,
)
assert three.component_name == "component-3"
assert session.is_inference_component_based_endpoint("shared")
seven = deploy(7, 2, instance_type="ml.m5.large", initial_instance_count=1)

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
)
assert np.allclose(seven.predict(np.array([[4.0]])), [12.0])
described = session.describe_inference_component("component-7")
assert described["RuntimeConfig"] == {"DesiredCopyCount": 1, "CurrentCopyCount": 1}, described

three.delete_predictor(wait=True)
seven.delete_predictor(wait=True)
assert session.list_inference_components("shared")["InferenceComponents"] == []
session.delete_endpoint("shared")
client.get_waiter("endpoint_deleted").wait(EndpointName="shared")
print("components asked, updated and deleted")
