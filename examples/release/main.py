"""Ship a broken model and let the platform take it back; then ship a good one.

v1 serves. v2 was trained with a mistake that only real requests show: a canary meets them, an alarm sees it,
the deployment rolls back by itself. v3 goes out in steps. Ordinary boto3 and SageMaker Python SDK: with an AWS
account and its credentials it runs there, at AWS's pace.
"""

import logging
import os
import sys
import tempfile
import time

import boto3
import sagemaker
from plot import write_plot
from sagemaker.sklearn import SKLearn
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from traffic import Traffic
from watch import Watch

# the table below is what there is to see
logging.disable(logging.INFO)

HERE = os.path.dirname(os.path.abspath(__file__))
RUN = time.strftime("%H%M%S")
ENDPOINT = os.environ.get("ENDPOINT", f"release-{RUN}")
PICTURE = os.environ.get("PICTURE", "release.svg")
VERSIONS = {
    "v1": {"regularization": 1.0},
    "v2": {"regularization": 1.0, "keep-id": 1},
    "v3": {"regularization": 0.3},
}

started = time.time()
session = sagemaker.Session()
role = sagemaker.get_execution_role()
client = boto3.client("sagemaker")
cloudwatch = boto3.client("cloudwatch")


def say(what):
    print(f"\n\033[1m{what}\033[0m  ({time.time() - started:.1f} s)", flush=True)


def upload_data():
    """The data that scikit-learn ships, with an id as hospital tables have one: 80 % to train on."""
    data = load_breast_cancer(as_frame=True)
    table = data.data.assign(malignant=1 - data.target)
    table.insert(0, "id", range(8_000_000, 8_000_000 + len(table)))
    train, test = train_test_split(table, test_size=0.2, random_state=7, stratify=table.malignant)
    with tempfile.TemporaryDirectory() as folder:
        uris = {}
        for name, part in {"train": train, "test": test}.items():
            path = os.path.join(folder, f"{name}.csv")
            part.to_csv(path, index=False)
            uris[name] = session.upload_data(path, key_prefix=f"release/{name}")
    return uris, test.drop(columns=["id", "malignant"]).to_numpy()


def train_all(uris):
    estimators = {}
    for version, hyperparameters in VERSIONS.items():
        estimators[version] = SKLearn(
            entry_point="train.py",
            source_dir=HERE,
            framework_version="1.2-1",
            instance_type="ml.m5.large",
            role=role,
            hyperparameters=hyperparameters,
            base_job_name=f"release-{version}",
        )
        estimators[version].fit(uris, wait=False)
    waiter = client.get_waiter("training_job_completed_or_stopped")
    for version, estimator in estimators.items():
        waiter.wait(TrainingJobName=estimator.latest_training_job.name)
        model = estimator.create_model(name=f"{ENDPOINT}-{version}")
        model.create(instance_type="ml.m5.large")
    return f"s3://{session.default_bucket()}/release/captured/{RUN}"


def create_configs(capture_uri):
    for version in VERSIONS:
        client.create_endpoint_config(
            EndpointConfigName=f"{ENDPOINT}-{version}",
            ProductionVariants=[
                {
                    "VariantName": "AllTraffic",
                    "ModelName": f"{ENDPOINT}-{version}",
                    "InstanceType": "ml.m5.large",
                    "InitialInstanceCount": 2,
                }
            ],
            DataCaptureConfig={
                "EnableCapture": True,
                "InitialSamplingPercentage": 50,
                "DestinationS3Uri": capture_uri,
                "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
                "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]},
            },
        )
    return {version: f"{ENDPOINT}-{version}" for version in VERSIONS}


def put_alarm():
    name = f"{ENDPOINT}-errors"
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/SageMaker",
        MetricName="Invocation5XXErrors",
        Dimensions=[
            {"Name": "EndpointName", "Value": ENDPOINT},
            {"Name": "VariantName", "Value": "AllTraffic"},
        ],
        Statistic="Average",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0.05,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
        ActionsEnabled=False,
    )
    return name


def update(config, routing, alarm):
    client.update_endpoint(
        EndpointName=ENDPOINT,
        EndpointConfigName=config,
        DeploymentConfig={
            "BlueGreenUpdatePolicy": {
                "TrafficRoutingConfiguration": routing,
                "TerminationWaitInSeconds": 60,
                "MaximumExecutionTimeoutInSeconds": 1800,
            },
            "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": alarm}]},
        },
    )


say("Train three versions: SKLearn(...).fit() each, at the same time")
uris, rows = upload_data()
configs = create_configs(train_all(uris))

say("Deploy v1 with half of its traffic captured, and put an alarm on errors")
client.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=configs["v1"])
client.get_waiter("endpoint_in_service").wait(EndpointName=ENDPOINT)
alarm = put_alarm()

marks = []
with Traffic(ENDPOINT, rows) as traffic:
    watch = Watch((client, cloudwatch), ENDPOINT, configs, alarm, traffic)
    watch.for_seconds(4)

    say("Ship v2 to a canary of 20 %: it was trained with the id among its features")
    marks.append((time.time() - watch.started, "v2: canary"))
    canary_began = sum(traffic.failures.values())
    update(
        configs["v2"],
        {
            "Type": "CANARY",
            "WaitIntervalInSeconds": 600,
            "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 20},
        },
        alarm,
    )
    after_v2 = watch.until_settled()
    of_canary = sum(traffic.failures.values()) - canary_began
    watch.until_alarm_is_over()

    say("Ship v3 in steps of 50 %")
    marks.append((time.time() - watch.started, "v3: linear"))
    v3_began = sum(traffic.failures.values())
    update(
        configs["v3"],
        {
            "Type": "LINEAR",
            "WaitIntervalInSeconds": 120,
            "LinearStepSize": {"Type": "CAPACITY_PERCENT", "Value": 50},
        },
        alarm,
    )
    after_v3 = watch.until_settled()
    watch.for_seconds(3)
    of_v3 = sum(traffic.failures.values()) - v3_began

write_plot(PICTURE, watch.history, marks, f"{ENDPOINT}: which version answered")
is_taken_back = after_v2["EndpointConfigName"] == configs["v1"]
is_promoted = after_v3["EndpointConfigName"] == configs["v3"] and after_v3["EndpointStatus"] == "InService"
only_canary = set(traffic.failures) <= {"ModelError"} and canary_began == 0 and of_v3 == 0
print(
    f"""
  v2          {'taken back: v1 serves' if is_taken_back else 'NOT taken back'}; {of_canary} requests met it and failed
  v3          {'serves' if is_promoted else 'does NOT serve: ' + after_v3.get('FailureReason', '')}
  requests    {traffic.answered + sum(traffic.failures.values())}, of which {of_v3} failed in v3's release
  latency     {traffic.latency_ms:.1f} ms median
  picture     {PICTURE}
  endpoint    {ENDPOINT}
  in all      {time.time() - started:.1f} s
"""
)
if not (is_taken_back and is_promoted and only_canary):
    sys.exit(f"the release did not go as it should: failures {dict(traffic.failures)}, {of_v3} of v3")
