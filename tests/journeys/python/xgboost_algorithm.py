"""The built-in XGBoost algorithm: train on headless CSV, deploy, predict, attach, clean up."""

import tempfile

import boto3
import sagemaker
from sagemaker import image_uris
from sagemaker.deserializers import CSVDeserializer
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.serializers import CSVSerializer
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

session = sagemaker.Session()
role = sagemaker.get_execution_role()
data = load_breast_cancer(as_frame=True)
table = data.data
table.insert(0, "label", data.target)
train, test = train_test_split(table, test_size=0.2, random_state=7)
with tempfile.TemporaryDirectory() as folder:
    channels = {}
    for name, part in {"train": train, "validation": test}.items():
        part.to_csv(f"{folder}/{name}.csv", header=False, index=False)
        uri = session.upload_data(f"{folder}/{name}.csv", key_prefix=f"xgboost/{name}")
        channels[name] = TrainingInput(uri, content_type="text/csv")

estimator = Estimator(
    image_uris.retrieve("xgboost", session.boto_region_name, version="1.5-1"),
    role,
    instance_count=1,
    instance_type="ml.m5.large",
    sagemaker_session=session,
)
estimator.set_hyperparameters(objective="binary:logistic", num_round=20, eval_metric="auc")
estimator.fit(channels)

job = boto3.client("sagemaker").describe_training_job(TrainingJobName=estimator.latest_training_job.name)
assert job["TrainingJobStatus"] == "Completed", job
attached = Estimator.attach(job["TrainingJobName"])
assert attached.model_data == job["ModelArtifacts"]["S3ModelArtifacts"]

client = boto3.client("sagemaker")
name = job["TrainingJobName"]
attached.deploy(1, "ml.m5.large", endpoint_name=name, wait=False)
client.get_waiter("endpoint_in_service").wait(EndpointName=name)
predictor = sagemaker.Predictor(name, session, serializer=CSVSerializer(), deserializer=CSVDeserializer())
answers = [float(value) for row in predictor.predict(test.drop(columns="label").to_numpy()) for value in row]
accuracy = sum((p > 0.5) == bool(y) for p, y in zip(answers, test.label)) / len(test)
assert len(answers) == len(test) and accuracy > 0.9, (len(answers), accuracy)
predictor.delete_model()
predictor.delete_endpoint()
client.get_waiter("endpoint_deleted").wait(EndpointName=name)
print(f"accuracy {accuracy:.3f}")
