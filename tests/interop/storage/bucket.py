"""Looks into a bucket from outside, or spoils what is in it.

    bucket.py list ENDPOINT BUCKET     the names and lengths of its objects, as JSON
    bucket.py spoil ENDPOINT BUCKET    changes one byte of the largest
"""

import json
import sys

import boto3

action, endpoint, bucket = sys.argv[1:]
client = boto3.client(
    "s3",
    endpoint_url=endpoint,
    region_name="us-east-1",
    aws_access_key_id="id",
    aws_secret_access_key="secret",
)
objects = client.list_objects_v2(Bucket=bucket).get("Contents", [])
if action == "list":
    print(json.dumps({one["Key"]: one["Size"] for one in objects}))
else:
    key = max(objects, key=lambda one: one["Size"])["Key"]
    body = bytearray(client.get_object(Bucket=bucket, Key=key)["Body"].read())
    body[-1] ^= 1
    client.put_object(Bucket=bucket, Key=key, Body=bytes(body))
