"""What CloudWatch says of an endpoint while it is updated, as a table that grows."""

import datetime
import sys
import time

COLORS = {"v1": "\033[34m", "v2": "\033[31m", "v3": "\033[32m"}
PLAIN = "\033[0m"
BAR = 28


class Watch:
    """@param configs endpoint configurations by the version that they deploy"""

    def __init__(self, clients, endpoint, configs, alarm, traffic):
        self.sagemaker, self.cloudwatch = clients
        self.endpoint, self.configs, self.alarm, self.traffic = endpoint, configs, alarm, traffic
        self.started = time.time()
        self.history = []
        self._failed = 0
        print("   time  status        requests by version            v1   v2   v3    latency  failed  alarm")

    def until_settled(self):
        """Prints a line a second. @returns the endpoint's description once it rests"""
        while True:
            described = self.sagemaker.describe_endpoint(EndpointName=self.endpoint)
            self.look(described["EndpointStatus"])
            if described["EndpointStatus"] in ("InService", "Failed"):
                return described
            time.sleep(1)

    def until_alarm_is_over(self):
        while self.history[-1]["alarm"] == "ALARM":
            self.look("InService")
            time.sleep(1)

    def for_seconds(self, seconds):
        end = time.time() + seconds
        while time.time() < end:
            self.look("InService")
            time.sleep(1)

    def look(self, status):
        invocations, errors = self._latest()
        total = sum(invocations.values()) or 1
        shares = {version: count / total for version, count in invocations.items()}
        alarm = self.cloudwatch.describe_alarms(AlarmNames=[self.alarm])["MetricAlarms"][0]["StateValue"]
        failed = sum(self.traffic.failures.values())
        at = time.time() - self.started
        self.history.append({"at": at, "shares": shares, "errors": errors, "alarm": alarm, "status": status})
        percents = "  ".join(f"{shares[version]:4.0%}" for version in self.configs)
        alarm_text = f"\033[1;31m{alarm}{PLAIN}" if alarm == "ALARM" and sys.stdout.isatty() else alarm
        print(
            f"{at:6.1f}s  {status:<12}  {self._bar(shares)}  {percents}  {self.traffic.latency_ms:6.1f}ms"
            f"  {failed - self._failed:6d}  {alarm_text}",
            flush=True,
        )
        self._failed = failed

    def _bar(self, shares):
        text, used = "", 0
        for version, share in shares.items():
            width = round(share * BAR)
            used += width
            block = "█" * width if sys.stdout.isatty() else version[-1] * width
            text += f"{COLORS[version]}{block}{PLAIN}" if sys.stdout.isatty() else block
        return text + " " * max(0, BAR - used)

    def _latest(self):
        """Invocations by version, and failed requests, in the last minute that has any."""
        dimensions = [
            {"Name": "EndpointName", "Value": self.endpoint},
            {"Name": "VariantName", "Value": "AllTraffic"},
        ]
        queries = [
            self._query(version, "Invocations", dimensions + [{"Name": "EndpointConfigName", "Value": config}])
            for version, config in self.configs.items()
        ]
        queries.append(self._query("errors", "Invocation5XXErrors", dimensions))
        # the platform's clock may run ahead of this machine's
        now = datetime.datetime.now(datetime.timezone.utc)
        found = self.cloudwatch.get_metric_data(
            MetricDataQueries=queries,
            StartTime=now - datetime.timedelta(minutes=5),
            EndTime=now + datetime.timedelta(hours=6),
            ScanBy="TimestampDescending",
        )["MetricDataResults"]
        by_id = {result["Id"]: dict(zip(result["Timestamps"], result["Values"])) for result in found}
        times = sorted({at for values in by_id.values() for at in values}, reverse=True)
        # the last minute is still open
        latest = times[1] if len(times) > 1 else (times[0] if times else None)
        value = lambda key: by_id.get(key, {}).get(latest, 0.0)
        return {version: value(version) for version in self.configs}, value("errors")

    @staticmethod
    def _query(name, metric, dimensions):
        stat = {"Metric": {"Namespace": "AWS/SageMaker", "MetricName": metric, "Dimensions": dimensions}}
        return {"Id": name, "MetricStat": {**stat, "Period": 60, "Stat": "Sum"}}
