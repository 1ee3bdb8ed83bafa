"""A model without instances: deployed with ServerlessInferenceConfig, asked, provisioned, deleted."""

import tarfile
import tempfile

import boto3
import joblib
import numpy as np
import sagemaker
from sagemaker.serverless import ServerlessInferenceConfig
from sagemaker.sklearn import SKLearnModel
from sklearn.linear_model import LinearRegression

session = sagemaker.Session()
role = sagemaker.get_execution_role()
client = boto3.client("sagemaker")

with tempfile.TemporaryDirectory() as folder:
    x = np.arange(10.0).reshape(-1, 1)
    joblib.dump(LinearRegression().fit(x, 3 * x.ravel()), f"{folder}/model.joblib")
    with tarfile.open(f"{folder}/model.tar.gz", "w:gz") as archive:
        archive.add(f"{folder}/model.joblib", "model.joblib")
    with open(f"{folder}/inference.py", "w", encoding="utf-8") as file:
        file.write(
            "import joblib, os\n"
            "def model_fn(model_dir):\n"
            "    return joblib.load(os.path.join(model_dir, 'model.joblib'))\n"
        )
    model = SKLearnModel(
        session.upload_data(f"{folder}/model.tar.gz", key_prefix="serverless"),
        role,
        entry_point=f"{folder}/inference.py",
        framework_version="1.2-1",
        sagemaker_session=session,
    )
    predictor = model.deploy(
        serverless_inference_config=ServerlessInferenceConfig(
            memory_size_in_mb=2048, max_concurrency=5
        ),
        wait=False,
    )

# the SDK itself looks every half minute
client.get_waiter("endpoint_in_service").wait(EndpointName=predictor.endpoint_name)
assert np.allclose(predictor.predict(np.array([[4.0]])), [12.0])
name = predictor.endpoint_name
(variant,) = client.describe_endpoint(EndpointName=name)["ProductionVariants"]
assert variant["CurrentServerlessConfig"] == {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
client.update_endpoint_weights_and_capacities(
    EndpointName=name,
    DesiredWeightsAndCapacities=[
        {
            "VariantName": "AllTraffic",
            "ServerlessUpdateConfig": {"MaxConcurrency": 4, "ProvisionedConcurrency": 1},
        }
    ],
)
client.get_waiter("endpoint_in_service").wait(EndpointName=name)
(variant,) = client.describe_endpoint(EndpointName=name)["ProductionVariants"]
assert variant["CurrentServerlessConfig"]["ProvisionedConcurrency"] == 1
assert np.allclose(predictor.predict(np.array([[5.0]])), [15.0])
predictor.delete_endpoint()
client.get_waiter("endpoint_deleted").wait(EndpointName=name)
print("serverless and deleted", name)
