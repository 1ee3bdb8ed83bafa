"""A folder registered as a container image: the generic Estimator trains it and deploys it."""

import json

import boto3
import sagemaker
from sagemaker.deserializers import JSONDeserializer
from sagemaker.estimator import Estimator
from sagemaker.serializers import JSONSerializer

session = sagemaker.Session()
role = sagemaker.get_execution_role()
client = boto3.client("sagemaker")
bucket = session.default_bucket()
boto3.client("s3").put_object(Bucket=bucket, Key="mean/train/values.json", Body=json.dumps([1, 2, 3, 6]))

estimator = Estimator(
    f"{session.account_id()}.dkr.ecr.{session.boto_region_name}.amazonaws.com/mean:latest",
    role,
    instance_count=1,
    instance_type="ml.m5.large",
    hyperparameters={"offset": 4},
)
estimator.fit({"train": f"s3://{bucket}/mean/train/"})
estimator.deploy(
    1,
    "ml.m5.large",
    wait=False,
    serializer=JSONSerializer(),
    deserializer=JSONDeserializer(),
    endpoint_name="mean",
)
client.get_waiter("endpoint_in_service").wait(EndpointName="mean")
predictor = sagemaker.Predictor("mean", session, serializer=JSONSerializer(), deserializer=JSONDeserializer())
answer = predictor.predict({"question": "mean"})
assert answer == {"mean": 7.0}, answer
predictor.delete_endpoint()
print("mean", answer["mean"])
