"""Is this tumour malignant? Train on the Wisconsin breast-cancer data, deploy, predict.

Ordinary SageMaker code: not one line of it knows where it runs. `npm run demo` runs it here; with an AWS
account and its credentials it runs there.
"""

import os
import subprocess
import sys
import tempfile
import time

import boto3
import sagemaker
from botocore.exceptions import ClientError
from sagemaker.sklearn import SKLearn, SKLearnPredictor
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

ENDPOINT = "breast-cancer"
HERE = os.path.dirname(os.path.abspath(__file__))

started = time.time()
steps = iter(range(1, 10))


def say(what):
    print(f"\n\033[1m[{next(steps)}] {what}\033[0m  ({time.time() - started:.1f} s)", flush=True)


session = sagemaker.Session()
role = sagemaker.get_execution_role()
client = boto3.client("sagemaker")


def remove_earlier_endpoint():
    try:
        config = client.describe_endpoint(EndpointName=ENDPOINT)["EndpointConfigName"]
    except ClientError as error:
        if "Could not find endpoint" not in str(error):
            raise
        return
    client.delete_endpoint(EndpointName=ENDPOINT)
    client.get_waiter("endpoint_deleted").wait(EndpointName=ENDPOINT)
    client.delete_endpoint_config(EndpointConfigName=config)


def write_data(folder):
    """The data that scikit-learn ships, as CSV with a header: 80 % to train on, 20 % held out."""
    data = load_breast_cancer(as_frame=True)
    table = data.data.assign(malignant=1 - data.target)
    train, test = train_test_split(table, test_size=0.2, random_state=7, stratify=table.malignant)
    for name, part in {"train": train, "test": test}.items():
        part.to_csv(os.path.join(folder, f"{name}.csv"), index=False)
    return test


with tempfile.TemporaryDirectory() as folder:
    say("Write the data and upload it to S3")
    remove_earlier_endpoint()
    held_out = write_data(folder)
    s3 = {
        name: session.upload_data(os.path.join(folder, f"{name}.csv"), key_prefix=f"breast-cancer/{name}")
        for name in ("train", "test")
    }

say("Train: sagemaker.sklearn.SKLearn(...).fit()")
estimator = SKLearn(
    entry_point="train.py",
    source_dir=HERE,
    framework_version="1.2-1",
    instance_type="ml.m5.large",
    role=role,
    hyperparameters={"regularization": 1.0},
    metric_definitions=[{"Name": "accuracy", "Regex": r"Accuracy: ([0-9.]+)"}],
    base_job_name="breast-cancer",
)
estimator.fit(s3)

say("Deploy: estimator.deploy(), then boto3's endpoint_in_service waiter")
estimator.deploy(1, "ml.m5.large", endpoint_name=ENDPOINT, wait=False)
client.get_waiter("endpoint_in_service").wait(EndpointName=ENDPOINT)

say("Predict the held-out patients through SKLearnPredictor (npy)")
predictor = SKLearnPredictor(ENDPOINT)
rows = held_out.drop(columns="malignant").to_numpy()
probabilities = predictor.predict(rows)
right = ((probabilities > 0.5) == held_out.malignant).mean()
patient = held_out[held_out.malignant == 1].drop(columns="malignant").to_numpy()[0]
times = []
for row in rows[:50]:
    before = time.perf_counter()
    predictor.predict(row.reshape(1, -1))
    times.append(time.perf_counter() - before)

say("Predict one patient through the AWS CLI (csv)")
with tempfile.TemporaryDirectory() as folder:
    body, answer = os.path.join(folder, "row.csv"), os.path.join(folder, "answer.csv")
    with open(body, "w", encoding="utf-8") as file:
        file.write(",".join(str(value) for value in patient))
    command = ["aws", "sagemaker-runtime", "invoke-endpoint", "--endpoint-name", ENDPOINT]
    command += ["--content-type", "text/csv", "--accept", "text/csv", "--body", f"fileb://{body}", answer]
    subprocess.run(command, check=True, stdout=sys.stderr)
    with open(answer, encoding="utf-8") as file:
        probability = float(file.read())

job = client.describe_training_job(TrainingJobName=estimator.latest_training_job.name)
metrics = {metric["MetricName"]: metric["Value"] for metric in job["FinalMetricDataList"]}
times.sort()
print(
    f"""
  accuracy      {right:.1%} of {len(rows)} held-out patients (the job's own metric: {metrics['accuracy']:.4f})
  one patient   malignant with probability {probability:.4f} (by the AWS CLI)
  latency       {times[len(times) // 2] * 1000:.1f} ms median of {len(times)} single predictions
  data          {s3['train']}
  model         {estimator.model_data}
  job           {job['TrainingJobName']}
  endpoint      {ENDPOINT}
  in all        {time.time() - started:.1f} s
"""
)
