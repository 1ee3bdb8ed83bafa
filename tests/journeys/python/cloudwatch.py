"""CloudWatch through boto3, in each protocol that botocore speaks: what is put is got, listed, evaluated and refused."""

import datetime
import sys

import boto3
import botocore.model
from botocore.exceptions import ClientError

# botocore takes the first of these that the service has; older releases had nothing but query
protocol = sys.argv[1]
if protocol != "default":
    botocore.model.PRIORITY_ORDERED_SUPPORTED_PROTOCOLS = (protocol,)

cloudwatch = boto3.client("cloudwatch")
sent = []
cloudwatch.meta.events.register("before-send.cloudwatch", lambda request, **_: sent.append(request))

namespace = f"Journey/{protocol}"
now = datetime.datetime.now(datetime.timezone.utc).replace(second=0, microsecond=0)
minutes = [now - datetime.timedelta(minutes=back) for back in range(5)]
variant = [{"Name": "Variant", "Value": "blue & green"}]


def refusal(call, **parameters):
    try:
        call(**parameters)
    except ClientError as error:
        return error
    raise AssertionError("it was not refused")


# more than 10 KB: botocore compresses it
cloudwatch.put_metric_data(
    Namespace=namespace,
    MetricData=[
        {
            "MetricName": "Requests",
            "Dimensions": variant,
            "Timestamp": at,
            "Values": [float(value) for value in range(1, 101)],
            "Counts": [2.0] * 100,
            "Unit": "Count",
        }
        for at in minutes
    ]
    + [
        {"MetricName": "Other", "Timestamp": at, "Values": [1.5 * value for value in range(150)]}
        for at in minutes
    ],
)
headers = {name.lower(): str(value) for name, value in sent[0].headers.items()}
assert "gzip" in headers["content-encoding"], headers
cloudwatch.put_metric_data(
    Namespace=namespace,
    MetricData=[
        {"MetricName": "Errors", "Dimensions": variant, "Timestamp": minutes[0], "Value": 10},
        {
            "MetricName": "Errors",
            "Dimensions": variant,
            "Timestamp": minutes[1],
            "StatisticValues": {"SampleCount": 2, "Sum": 20, "Minimum": 5, "Maximum": 15},
        },
    ],
)
print("speaks", headers["content-type"])

times = {"StartTime": minutes[-1], "EndTime": now + datetime.timedelta(minutes=1)}
statistics = cloudwatch.get_metric_statistics(
    Namespace=namespace,
    MetricName="Requests",
    Dimensions=variant,
    Period=300,
    Statistics=["Sum", "SampleCount", "Maximum"],
    **times,
)
[point] = statistics["Datapoints"]
assert (point["Sum"], point["SampleCount"], point["Maximum"]) == (50500, 1000, 100), point
assert point["Timestamp"] == minutes[-1] and point["Unit"] == "Count", point
percentiles = cloudwatch.get_metric_statistics(
    Namespace=namespace,
    MetricName="Requests",
    Dimensions=variant,
    Period=300,
    ExtendedStatistics=["p50", "p99"],
    **times,
)
assert percentiles["Datapoints"][0]["ExtendedStatistics"] == {"p50": 50, "p99": 99}, percentiles


def stat(identifier, name):
    metric = {"Namespace": namespace, "MetricName": name, "Dimensions": variant}
    return {
        "Id": identifier,
        "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"},
        "ReturnData": False,
    }


queries = [
    stat("requests", "Requests"),
    stat("errors", "Errors"),
    {"Id": "rate", "Expression": "100 * FILL(errors, 0) / requests", "Label": "Error rate"},
    {"Id": "found", "Expression": f"SEARCH('{{{namespace},Variant}} Errors', 'Sum', 60)"},
]
pages = cloudwatch.get_paginator("get_metric_data").paginate(
    MetricDataQueries=queries, ScanBy="TimestampAscending", MaxDatapoints=4, **times
)
values = {"rate": [], "found": []}
for page in pages:
    for result in page["MetricDataResults"]:
        values[result["Id"]] += result["Values"]
assert [round(value, 4) for value in values["rate"]] == [0, 0, 0, 0.198, 0.099], values
assert values["found"] == [20, 10], values

listed = [
    metric
    for page in cloudwatch.get_paginator("list_metrics").paginate(
        Namespace=namespace, Dimensions=[{"Name": "Variant"}]
    )
    for metric in page["Metrics"]
]
assert [metric["MetricName"] for metric in listed] == ["Errors", "Requests"], listed
assert listed[0]["Dimensions"] == variant, listed

cloudwatch.put_dashboard(DashboardName="journey", DashboardBody='{"widgets":[]}')
assert cloudwatch.get_dashboard(DashboardName="journey")["DashboardBody"] == '{"widgets":[]}'
cloudwatch.delete_dashboards(DashboardNames=["journey"])

refused = {
    "InvalidParameterValue": refusal(
        cloudwatch.put_metric_data,
        Namespace=namespace,
        MetricData=[{"MetricName": "m", "Value": 1, "Timestamp": now - datetime.timedelta(days=20)}],
    ),
    "InvalidParameterCombination": refusal(
        cloudwatch.get_metric_statistics,
        Namespace=namespace,
        MetricName="m",
        Period=1,
        Statistics=["Sum"],
        StartTime=now - datetime.timedelta(hours=1),
        EndTime=now,
    ),
    "MissingParameter": refusal(
        cloudwatch.put_metric_data, Namespace=namespace, MetricData=[{"MetricName": "m"}]
    ),
    "ValidationError": refusal(
        cloudwatch.get_metric_data,
        MetricDataQueries=[{"Id": "e1", "Expression": "nothing + 1"}],
        **times,
    ),
    "ResourceNotFound": refusal(cloudwatch.get_dashboard, DashboardName="journey"),
    "InvalidParameterInput": refusal(
        cloudwatch.put_dashboard, DashboardName="journey", DashboardBody="{}"
    ),
}
for code, error in refused.items():
    assert error.response["Error"]["Code"] == code, error.response
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 404), error.response
print("datapoints", len(values["rate"]), "refusals", len(refused))
