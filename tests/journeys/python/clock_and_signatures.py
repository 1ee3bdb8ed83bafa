"""What boto3 signs before and after the platform's clock is moved: presigned URLs and sessions age by that clock."""

import json
import os
import urllib.error
import urllib.request

import boto3
from botocore.client import Config
from botocore.exceptions import ClientError

ENDPOINT = os.environ["AWS_ENDPOINT_URL"]

s3 = boto3.client("s3", config=Config(signature_version="s3v4"))
s3.create_bucket(Bucket="signed")
s3.put_object(Bucket="signed", Key="k", Body=b"content")


def clock(command):
    body = json.dumps(command).encode()
    request = urllib.request.Request(f"{ENDPOINT}/_sagebrush/clock", data=body, method="POST")
    return json.load(urllib.request.urlopen(request))


def presign(client=s3):
    params = {"Bucket": "signed", "Key": "k"}
    return client.generate_presigned_url("get_object", Params=params, ExpiresIn=3600)


def status(url):
    try:
        return urllib.request.urlopen(url).status
    except urllib.error.HTTPError as error:
        return error.code


before = presign()
version_two = presign(boto3.client("s3", config=Config(signature_version="s3")))
session = boto3.client("sts").get_session_token(DurationSeconds=3600)["Credentials"]
print("before:", status(before), status(version_two))

clock({"advance": "2h"})
print("made before:", status(before))
print("made after:", status(presign()))
print("of version 2:", status(version_two))

assumed = boto3.client(
    "sts",
    aws_access_key_id=session["AccessKeyId"],
    aws_secret_access_key=session["SecretAccessKey"],
    aws_session_token=session["SessionToken"],
)
try:
    assumed.get_caller_identity()
    print("session: lives")
except ClientError as error:
    print("session:", error.response["Error"]["Code"])
print("bucket:", len(s3.list_objects_v2(Bucket="signed")["Contents"]))
