"""Endpoint autoscaling as AWS's notebooks set it up: by invocations, and of an asynchronous endpoint from zero."""

import json
import os
import time
import urllib.request

import boto3

PLATFORM = os.environ["AWS_ENDPOINT_URL"]
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/rehearsal:latest"
ROLE = "arn:aws:iam::123456789012:role/service-role/AmazonSageMaker-ExecutionRole-Sagebrush"

sm = boto3.client("sagemaker")
runtime = boto3.client("sagemaker-runtime")
scaling = boto3.client("application-autoscaling")
cloudwatch = boto3.client("cloudwatch")
s3 = boto3.client("s3")


def clock(command):
    body = json.dumps(command).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{PLATFORM}/_sagebrush/clock", body)) as answer:
        return json.load(answer)


def advance(seconds):
    clock({"advance": f"{seconds}s"})


def deploy(name, **config):
    sm.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer={"Image": IMAGE})
    sm.create_endpoint_config(
        EndpointConfigName=name,
        ProductionVariants=[
            {
                "VariantName": "AllTraffic",
                "ModelName": name,
                "InstanceType": "ml.m4.2xlarge",
                "InitialInstanceCount": 1,
                "InitialVariantWeight": 1,
            }
        ],
        **config,
    )
    sm.create_endpoint(EndpointName=name, EndpointConfigName=name)
    sm.get_waiter("endpoint_in_service").wait(EndpointName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})


def target(endpoint):
    variant = sm.describe_endpoint(EndpointName=endpoint)["ProductionVariants"][0]["VariantName"]
    return {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{endpoint}/variant/{variant}",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }


def has_instances(endpoint, count, seconds=60):
    for _ in range(seconds * 5):
        described = sm.describe_endpoint(EndpointName=endpoint)
        if described["EndpointStatus"] == "InService":
            if described["ProductionVariants"][0]["CurrentInstanceCount"] == count:
                return
        time.sleep(0.2)
    raise AssertionError(f"{endpoint} has not {count} instances: {described['ProductionVariants']}")


def by_invocations():
    deploy("rapid")
    scaled = target("rapid")
    scaling.register_scalable_target(**scaled, MinCapacity=1, MaxCapacity=8, RoleARN=ROLE)
    made = scaling.put_scaling_policy(
        PolicyName="Invocations-ScalingPolicy",
        **scaled,
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 5.0,
            "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
            "ScaleInCooldown": 300,
            "ScaleOutCooldown": 300,
        },
    )
    names = [alarm["AlarmName"] for alarm in made["Alarms"]]
    assert all(name.startswith(f"TargetTracking-{scaled['ResourceId']}-Alarm") for name in names), names
    for _ in range(5):
        for _ in range(14):
            runtime.invoke_endpoint(EndpointName="rapid", Body=b"x")
        advance(60)
    has_instances("rapid", 3)
    pages = scaling.get_paginator("describe_scaling_activities").paginate(**scaled)
    newest = next(iter(pages))["ScalingActivities"][0]
    assert newest["Description"] == "Setting desired instance count to 3.", newest
    assert newest["StatusCode"] == "Successful", newest
    assert "-AlarmHigh-" in newest["Cause"], newest
    print("scaled out:", newest["Cause"])
    for _ in range(30):
        advance(60)
    has_instances("rapid", 1)
    print("scaled in without traffic")
    scaling.deregister_scalable_target(**scaled)
    try:
        scaling.deregister_scalable_target(**scaled)
    except scaling.exceptions.ObjectNotFoundException as error:
        print("deregistered:", error)


def from_zero():
    bucket = "sagemaker-us-east-1-123456789012"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="in.csv", Body=b"1,2")
    deploy("queue", AsyncInferenceConfig={"OutputConfig": {"S3OutputPath": f"s3://{bucket}/out"}})
    scaled = target("queue")
    scaling.register_scalable_target(**scaled, MinCapacity=0, MaxCapacity=5)
    dimensions = [{"Name": "EndpointName", "Value": "queue"}]
    scaling.put_scaling_policy(
        PolicyName="Backlog",
        **scaled,
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 5.0,
            "CustomizedMetricSpecification": {
                "MetricName": "ApproximateBacklogSizePerInstance",
                "Namespace": "AWS/SageMaker",
                "Dimensions": dimensions,
                "Statistic": "Average",
            },
            "ScaleInCooldown": 600,
            "ScaleOutCooldown": 300,
        },
    )
    step = scaling.put_scaling_policy(
        PolicyName="HasBacklogWithoutCapacity-ScalingPolicy",
        **scaled,
        PolicyType="StepScaling",
        StepScalingPolicyConfiguration={
            "AdjustmentType": "ChangeInCapacity",
            "MetricAggregationType": "Average",
            "Cooldown": 300,
            "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
        },
    )
    cloudwatch.put_metric_alarm(
        AlarmName="step_scaling_policy_alarm_name",
        MetricName="HasBacklogWithoutCapacity",
        Namespace="AWS/SageMaker",
        Statistic="Average",
        EvaluationPeriods=2,
        DatapointsToAlarm=2,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="missing",
        Dimensions=dimensions,
        Period=60,
        AlarmActions=[step["PolicyARN"]],
    )
    for _ in range(20):
        advance(60)
    has_instances("queue", 0)
    print("scaled to zero")
    accepted = runtime.invoke_endpoint_async(EndpointName="queue", InputLocation=f"s3://{bucket}/in.csv")
    for _ in range(6):
        advance(60)
    has_instances("queue", 1)
    print("scaled from zero")
    key = accepted["OutputLocation"].split(bucket + "/")[1]
    for _ in range(100):
        if "Contents" in s3.list_objects_v2(Bucket=bucket, Prefix=key):
            print("answered")
            return
        time.sleep(0.2)
    raise AssertionError("no answer")


clock({"freeze": True})
by_invocations()
from_zero()
