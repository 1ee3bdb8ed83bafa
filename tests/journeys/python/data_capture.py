"""Data capture as the SDK drives it: on at the deployment, changed and turned off and on later, read back from S3."""

import json
import sys
import tarfile
import tempfile
import time
import urllib.request

import boto3
import joblib
import numpy as np
import sagemaker
from sagemaker.deserializers import CSVDeserializer
from sagemaker.model_monitor import DataCaptureConfig
from sagemaker.predictor import Predictor
from sagemaker.s3 import S3Downloader
from sagemaker.serializers import CSVSerializer
from sagemaker.sklearn import SKLearnModel
from sklearn.linear_model import LinearRegression

# the SDK sleeps 30 s before it first asks how an update stands: here that is long over by then
_sleep = time.sleep
time.sleep = lambda seconds: _sleep(min(seconds, 0.5))

PLATFORM = sys.argv[1]
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))

session = sagemaker.Session()
client = boto3.client("sagemaker")
bucket = session.default_bucket()


def advance(span):
    body = json.dumps({"advance": span}).encode()
    request = urllib.request.Request(f"{PLATFORM}/_sagebrush/clock", data=body, method="POST")
    DIRECT.open(request).read()


def doubling_model(folder):
    x = np.arange(10.0).reshape(-1, 1)
    joblib.dump(LinearRegression().fit(x, 2 * x.ravel()), f"{folder}/model.joblib")
    with tarfile.open(f"{folder}/model.tar.gz", "w:gz") as archive:
        archive.add(f"{folder}/model.joblib", "model.joblib")
    with open(f"{folder}/inference.py", "w", encoding="utf-8") as file:
        file.write(
            "import joblib, os\n"
            "def model_fn(model_dir):\n"
            "    return joblib.load(os.path.join(model_dir, 'model.joblib'))\n"
        )
    return SKLearnModel(
        session.upload_data(f"{folder}/model.tar.gz", key_prefix="doubling"),
        sagemaker.get_execution_role(),
        entry_point=f"{folder}/inference.py",
        framework_version="1.2-1",
        sagemaker_session=session,
    )


def captured(uri, count):
    """The records below `uri`, oldest first, once there are `count` of them."""
    for _ in range(100):
        files = sorted(S3Downloader.list(uri))
        lines = [line for file in files for line in S3Downloader.read_file(file).splitlines()]
        if len(lines) >= count:
            return [json.loads(line) for line in lines]
        time.sleep(0.1)
    raise TimeoutError(f"{len(lines)} of {count} records below {uri}")


with tempfile.TemporaryDirectory() as folder:
    model = doubling_model(folder)
    first = f"s3://{bucket}/first-captures"
    model.deploy(
        1,
        "ml.m5.large",
        data_capture_config=DataCaptureConfig(
            enable_capture=True, sampling_percentage=100, destination_s3_uri=first
        ),
        wait=False,
    )
name = model.endpoint_name
client.get_waiter("endpoint_in_service").wait(EndpointName=name)
predictor = Predictor(name, serializer=CSVSerializer(), deserializer=CSVDeserializer())
shown = client.describe_endpoint(EndpointName=name)["DataCaptureConfig"]
assert shown["CaptureStatus"] == "Started" and shown["CurrentSamplingPercentage"] == 100, shown

for value in range(5):
    predictor.predict([value], inference_id=str(value), custom_attributes="journey")
advance("61s")
records = captured(first, 5)
for record in records:
    data = record["captureData"]
    assert data["endpointInput"]["encoding"] == "CSV", data
    assert float(data["endpointInput"]["data"]) == float(record["eventMetadata"]["inferenceId"])
    assert np.isclose(float(data["endpointOutput"]["data"]), 2 * float(data["endpointInput"]["data"]))
    assert record["eventMetadata"]["customAttributes"] == ["journey"]
    assert record["eventVersion"] == "0"

second = f"s3://{bucket}/second-captures"
predictor.update_data_capture_config(
    DataCaptureConfig(
        enable_capture=True,
        sampling_percentage=50,
        destination_s3_uri=second,
        capture_options=["REQUEST"],
    )
)
for value in range(20):
    predictor.predict([value])
advance("61s")
inputs = captured(second, 9)
assert 9 <= len(inputs) <= 11, len(inputs)
assert all("endpointOutput" not in record["captureData"] for record in inputs)

predictor.disable_data_capture()
shown = client.describe_endpoint(EndpointName=name)["DataCaptureConfig"]
assert shown["CaptureStatus"] == "Stopped" and not shown["EnableCapture"], shown
predictor.enable_data_capture()
assert client.describe_endpoint(EndpointName=name)["DataCaptureConfig"]["CaptureStatus"] == "Started"

predictor.delete_endpoint()
print("captured", len(records), "and a sample of the rest")
