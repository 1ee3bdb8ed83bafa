"""A model that was trained elsewhere predicts a whole file in S3: filtered, joined, in order, and waited for."""

import os
import tarfile
import tempfile

import boto3
import joblib
import numpy as np
import sagemaker
from sagemaker.inputs import BatchDataCaptureConfig
from sagemaker.s3 import S3Downloader
from sagemaker.sklearn import SKLearnModel
from sagemaker.transformer import Transformer
from sklearn.linear_model import LinearRegression

ROWS = 2000
SCRIPT = """
import joblib, os

def model_fn(model_dir):
    return joblib.load(os.path.join(model_dir, "model.joblib"))
"""

session = sagemaker.Session()
role = sagemaker.get_execution_role()
client = boto3.client("sagemaker")
bucket = session.default_bucket()

with tempfile.TemporaryDirectory() as folder:
    x = np.arange(20.0).reshape(-1, 2)
    joblib.dump(LinearRegression().fit(x, x.sum(axis=1)), f"{folder}/model.joblib")
    with tarfile.open(f"{folder}/model.tar.gz", "w:gz") as archive:
        archive.add(f"{folder}/model.joblib", "model.joblib")
    with open(f"{folder}/inference.py", "w", encoding="utf-8") as file:
        file.write(SCRIPT)
    with open(f"{folder}/patients.csv", "w", encoding="utf-8") as file:
        file.writelines(f"patient-{n},{n},{n + 1}\n" for n in range(ROWS))
    model = SKLearnModel(
        session.upload_data(f"{folder}/model.tar.gz", key_prefix="transform/model"),
        role,
        entry_point=f"{folder}/inference.py",
        framework_version="1.2-1",
        sagemaker_session=session,
    )
    data = session.upload_data(f"{folder}/patients.csv", key_prefix="transform/in")
    transformer = model.transformer(
        instance_count=1,
        instance_type="ml.m5.large",
        strategy="MultiRecord",
        assemble_with="Line",
        accept="text/csv",
        output_path=f"s3://{bucket}/transform/out",
        max_payload=1,
        tags=[{"Key": "purpose", "Value": "journey"}],
    )

transformer.transform(
    data,
    content_type="text/csv",
    split_type="Line",
    input_filter="$[1:]",
    join_source="Input",
    output_filter="$[0,-1]",
    wait=True,
    logs=True,
)
name = transformer.latest_transform_job.name
client.get_waiter("transform_job_completed_or_stopped").wait(TransformJobName=name)
job = client.describe_transform_job(TransformJobName=name)
assert job["TransformJobStatus"] == "Completed", job
rows = S3Downloader.read_file(f"{transformer.output_path}/patients.csv.out").splitlines()
assert len(rows) == ROWS, len(rows)
for n, row in enumerate(rows):
    patient, answer = row.split(",")
    assert patient == f"patient-{n}" and abs(float(answer) - (2 * n + 1)) < 0.01, row
assert client.list_tags(ResourceArn=job["TransformJobArn"])["Tags"] == [{"Key": "purpose", "Value": "journey"}]

attached = Transformer.attach(name)
assert attached.model_name == transformer.model_name and attached.output_path == transformer.output_path

attached.transform(
    data,
    content_type="text/csv",
    split_type="Line",
    input_filter="$[1:]",
    batch_data_capture_config=BatchDataCaptureConfig(f"s3://{bucket}/transform/captured", generate_inference_id=True),
    wait=False,
)
attached.wait(logs=False)
captured = S3Downloader.list(f"s3://{bucket}/transform/captured")
assert len(captured) == 2 and "/input/20" in captured[0], captured
first = S3Downloader.read_file(f"{transformer.output_path}/patients.csv.out").splitlines()[0].split(",")
assert len(first) == 3 and first[2].endswith("Z"), first

attached.transform(data, content_type="text/csv", split_type="Line", wait=False)
attached.stop_transform_job(wait=True)
stopped = client.describe_transform_job(TransformJobName=attached.latest_transform_job.name)
assert stopped["TransformJobStatus"] in ("Stopped", "Failed"), stopped
attached.delete_model()
print("transformed", len(rows), os.path.basename(captured[0])[:9])
