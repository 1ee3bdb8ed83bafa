"""Deployment guardrails as AWS's notebooks try them: a bad canary rolls back, good ones go by each strategy."""

import datetime
import json
import os
import threading
import time
import urllib.request

import boto3

PLATFORM = os.environ["AWS_ENDPOINT_URL"]
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/rehearsal:latest"
ENDPOINT = "guarded"
INSTANCES = 3
ROLE = "arn:aws:iam::123456789012:role/service-role/AmazonSageMaker-ExecutionRole-Sagebrush"

sm = boto3.client("sagemaker")
cloudwatch = boto3.client("cloudwatch")


def ask(path, body=None):
    data = json.dumps(body).encode() if body is not None else None
    with urllib.request.urlopen(urllib.request.Request(f"{PLATFORM}/_sagebrush/{path}", data)) as answer:
        return json.load(answer)


def now():
    return datetime.datetime.fromisoformat(ask("clock")["now"].replace("Z", "+00:00"))


def create(name, **environment):
    sm.create_model(
        ModelName=name,
        ExecutionRoleArn=ROLE,
        Containers=[{"Image": IMAGE, "Environment": environment}],
    )
    sm.create_endpoint_config(
        EndpointConfigName=name,
        ProductionVariants=[
            {
                "VariantName": "AllTraffic",
                "ModelName": name,
                "InstanceType": "ml.m5.xlarge",
                "InitialInstanceCount": INSTANCES,
            }
        ],
    )


class Traffic:
    """Invokes from two threads until it is left."""

    def __init__(self):
        self.answers, self.failures, self.stopping = [], [], False

    def call(self):
        client = boto3.client("sagemaker-runtime")
        while not self.stopping:
            try:
                answer = client.invoke_endpoint(EndpointName=ENDPOINT, ContentType="text/csv", Body="1,2")
                self.answers.append(answer["Body"].read().decode())
            except client.exceptions.ModelError as error:
                self.failures.append(error.response["OriginalMessage"])

    def __enter__(self):
        self.threads = [threading.Thread(target=self.call) for _ in range(2)]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping = True
        for thread in self.threads:
            thread.join()


def update(config, **how):
    """Updates the endpoint under traffic and waits for the end, as the notebooks do."""
    with Traffic() as traffic:
        sm.update_endpoint(EndpointName=ENDPOINT, EndpointConfigName=config, **how)
        seen = set()
        while True:
            endpoint = sm.describe_endpoint(EndpointName=ENDPOINT)
            pending = endpoint.get("PendingDeploymentSummary", {}).get("ProductionVariants", [])
            seen.update(one["Status"] for variant in pending for one in variant["VariantStatus"])
            if endpoint["EndpointStatus"] in ("InService", "Failed"):
                return endpoint, traffic, seen
            time.sleep(0.1)


def invocations(config, start):
    statistics = cloudwatch.get_metric_statistics(
        Namespace="AWS/SageMaker",
        MetricName="Invocations",
        StartTime=start,
        EndTime=now() + datetime.timedelta(seconds=60),
        Period=60,
        Statistics=["Sum"],
        Dimensions=[
            {"Name": "EndpointName", "Value": ENDPOINT},
            {"Name": "VariantName", "Value": "AllTraffic"},
            {"Name": "EndpointConfigName", "Value": config},
        ],
    )
    return sum(point["Sum"] for point in statistics["Datapoints"])


def alarm(name, metric, threshold):
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        ActionsEnabled=False,
        Namespace="AWS/SageMaker",
        MetricName=metric,
        Statistic="Average",
        Dimensions=[
            {"Name": "EndpointName", "Value": ENDPOINT},
            {"Name": "VariantName", "Value": "AllTraffic"},
        ],
        Period=60,
        EvaluationPeriods=1,
        Threshold=threshold,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
    )
    return {"AlarmName": name}


def policy(routing):
    return {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": routing,
            "TerminationWaitInSeconds": 120,
            "MaximumExecutionTimeoutInSeconds": 1800,
        },
        "AutoRollbackConfiguration": {"Alarms": alarms},
    }


create("config-1", VERSION="1")
create("config-2", VERSION="2", STATUS="500")
create("config-3", VERSION="3")
sm.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName="config-1")
sm.get_waiter("endpoint_in_service").wait(EndpointName=ENDPOINT)
# a share of errors is enough: the alarm of AWS's notebook, at 100 %, would be for the latency alarm to save
alarms = [alarm("errors", "Invocation5XXErrors", 0.2), alarm("latency", "ModelLatency", 10_000_000)]
# five minutes of baking in five seconds
ask("clock", {"speed": 60})
started = now()

canary = {
    "Type": "CANARY",
    "CanarySize": {"Type": "INSTANCE_COUNT", "Value": 1},
    "WaitIntervalInSeconds": 300,
}
endpoint, traffic, seen = update("config-2", DeploymentConfig=policy(canary))
assert endpoint["EndpointConfigName"] == "config-1", endpoint
assert "errors" in endpoint["FailureReason"], endpoint
assert set(traffic.answers) == {"1"} and set(traffic.failures) == {"2"}, set(traffic.answers)
assert {"Creating", "Baking"} <= seen, seen
assert invocations("config-2", started) > 0
print("canary rolled back:", endpoint["FailureReason"])

# until the bad minute is over for the alarm
while cloudwatch.describe_alarms(AlarmNames=["errors"])["MetricAlarms"][0]["StateValue"] != "OK":
    time.sleep(0.1)
endpoint, traffic, _ = update("config-3", RetainDeploymentConfig=True)
assert endpoint["EndpointConfigName"] == "config-3", endpoint
assert endpoint["LastDeploymentConfig"] == policy(canary), endpoint["LastDeploymentConfig"]
assert set(traffic.answers) == {"1", "3"} and not traffic.failures, traffic.failures
assert traffic.answers[-1] == "3"
print("canary completed")

linear = {
    "Type": "LINEAR",
    "LinearStepSize": {"Type": "CAPACITY_PERCENT", "Value": 33},
    "WaitIntervalInSeconds": 180,
}
endpoint, traffic, _ = update("config-1", DeploymentConfig=policy(linear))
assert endpoint["EndpointConfigName"] == "config-1" and not traffic.failures, endpoint
print("linear completed")

rolling = {"MaximumBatchSize": {"Type": "CAPACITY_PERCENT", "Value": 33}, "WaitIntervalInSeconds": 180}
endpoint, traffic, _ = update(
    "config-3",
    DeploymentConfig={"RollingUpdatePolicy": rolling, "AutoRollbackConfiguration": {"Alarms": alarms}},
)
assert endpoint["EndpointConfigName"] == "config-3" and not traffic.failures, endpoint
assert endpoint["ProductionVariants"][0]["CurrentInstanceCount"] == INSTANCES
print("rolling completed")

record = ask(f"deployments?endpoint={ENDPOINT}")["deployments"]
assert [one["status"] for one in record] == ["RolledBack", "Succeeded", "Succeeded", "Succeeded"], record

sm.delete_endpoint(EndpointName=ENDPOINT)
for name in ("config-1", "config-2", "config-3"):
    sm.delete_endpoint_config(EndpointConfigName=name)
    sm.delete_model(ModelName=name)
cloudwatch.delete_alarms(AlarmNames=["errors", "latency"])
