"""What a Python program does with unmodified boto3 on the local AWS endpoint.

Usage: boto3_client.py ENDPOINT_URL DATA_DIR

Prints one JSON object a line for each check: {"name": ..., "error": null | text}.
"""

import json
import pathlib
import sys
import time
import traceback
from datetime import datetime, timezone

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, WaiterError

ENDPOINT, DATA_DIR = sys.argv[1], pathlib.Path(sys.argv[2])
SESSION = boto3.session.Session(
    aws_access_key_id="local", aws_secret_access_key="local", region_name="us-east-1"
)
ONE_TRY = Config(retries={"total_max_attempts": 1})
# botocore checks requests against the service's model; without that, the endpoint has to.
UNCHECKED = Config(parameter_validation=False, retries={"total_max_attempts": 1})
SAGEMAKER = SESSION.client("sagemaker", endpoint_url=ENDPOINT, config=ONE_TRY)
SNS = SESSION.client("sns", endpoint_url=ENDPOINT, config=ONE_TRY)
SOON = {"Delay": 1, "MaxAttempts": 60}


def request(name, script=None, image="forever", **changes):
    """A CreateTrainingJob request; with `script`, of a real process."""
    algorithm = {"TrainingImage": image, "TrainingInputMode": "File"}
    if script is not None:
        algorithm["ContainerEntrypoint"] = ["/bin/sh", "-c", script]
        algorithm["MetricDefinitions"] = [{"Name": "accuracy", "Regex": "accuracy=([0-9.]+)"}]
    return {
        "TrainingJobName": name,
        "RoleArn": "arn:aws:iam::111122223333:role/training",
        "AlgorithmSpecification": algorithm,
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/output"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        **changes,
    }


def describe(name):
    return SAGEMAKER.describe_training_job(TrainingJobName=name)


def stop(name):
    SAGEMAKER.stop_training_job(TrainingJobName=name)


def ended(name):
    waiter = SAGEMAKER.get_waiter("training_job_completed_or_stopped")
    waiter.wait(TrainingJobName=name, WaiterConfig=SOON)
    return describe(name)


def error_of(call):
    try:
        answer = call()
    except ClientError as error:
        return error
    raise AssertionError(f"no error, but {answer}")


def code_of(error):
    return error.response["Error"]["Code"]


def equal(actual, wanted):
    assert actual == wanted, f"{actual!r} is not {wanted!r}"


def create_and_complete():
    answer = SAGEMAKER.create_training_job(
        **request("py-complete", 'echo "accuracy=0.5"; echo 42 > "$SM_MODEL_DIR/weights"')
    )
    equal(answer["TrainingJobArn"], "arn:aws:sagemaker:us-east-1:111122223333:training-job/py-complete")
    job = ended("py-complete")
    equal(job["TrainingJobStatus"], "Completed")
    equal(job["SecondaryStatus"], "Completed")
    assert job["ModelArtifacts"]["S3ModelArtifacts"].endswith("/model.tar.gz"), job["ModelArtifacts"]
    equal([(m["MetricName"], round(m["Value"], 3)) for m in job["FinalMetricDataList"]], [("accuracy", 0.5)])
    statuses = [transition["Status"] for transition in job["SecondaryStatusTransitions"]]
    equal(statuses[0], "Starting")
    assert "Training" in statuses and statuses[-1] == "Completed", statuses
    for moment in ("CreationTime", "TrainingStartTime", "TrainingEndTime", "LastModifiedTime"):
        age = datetime.now(timezone.utc) - job[moment]
        assert -5 < age.total_seconds() < 300, f"{moment} is {job[moment]}"


def name_taken():
    SAGEMAKER.create_training_job(**request("py-taken"))
    error = error_of(lambda: SAGEMAKER.create_training_job(**request("py-taken")))
    assert isinstance(error, SAGEMAKER.exceptions.ResourceInUse), type(error)
    equal(
        error.response["Error"]["Message"],
        "Training job names must be unique within an AWS account and region, and a training job with this name "
        "already exists (arn:aws:sagemaker:us-east-1:111122223333:training-job/py-taken)",
    )
    stop("py-taken")


def over_quota():
    resources = {"InstanceType": "ml.p3.2xlarge", "InstanceCount": 1, "VolumeSizeInGB": 10}
    error = error_of(
        lambda: SAGEMAKER.create_training_job(**request("py-quota", ResourceConfig=resources))
    )
    assert isinstance(error, SAGEMAKER.exceptions.ResourceLimitExceeded), type(error)
    equal(
        error.response["Error"]["Message"],
        "The account-level service limit 'ml.p3.2xlarge for training job usage' is 0 Instances, with current "
        "utilization of 0 Instances and a request delta of 1 Instances. Please contact AWS support to request an "
        "increase for this limit.",
    )


def unknown_job():
    error = error_of(lambda: describe("py-nobody"))
    equal((code_of(error), error.response["Error"]["Message"]), ("ValidationException", "Requested resource not found."))
    equal(error.response["ResponseMetadata"]["HTTPStatusCode"], 400)


def bad_requests():
    unchecked = SESSION.client("sagemaker", endpoint_url=ENDPOINT, config=UNCHECKED)
    error = error_of(lambda: unchecked.create_training_job(**request("under_score")))
    equal(code_of(error), "ValidationException")
    assert "failed to satisfy constraint: Member must satisfy regular expression pattern" in str(error), error
    nameless = {key: value for key, value in request("x").items() if key != "RoleArn"}
    error = error_of(lambda: unchecked.create_training_job(**nameless))
    equal(code_of(error), "ValidationException")
    assert "Member must not be null" in str(error), error


def failing_job():
    SAGEMAKER.create_training_job(**request("py-fails", "echo 'no such column' >&2; exit 3"))
    try:
        ended("py-fails")
    except WaiterError as error:
        job = error.last_response
    else:
        raise AssertionError("the waiter took a failure for an end")
    equal(job["TrainingJobStatus"], "Failed")
    assert job["FailureReason"].startswith("AlgorithmError: "), job["FailureReason"]
    assert "3" in job["FailureReason"], job["FailureReason"]


def stop_a_job():
    SAGEMAKER.create_training_job(**request("py-stop", "exec sleep 600"))
    while describe("py-stop")["SecondaryStatus"] != "Training":
        time.sleep(0.1)
    stop("py-stop")
    job = ended("py-stop")
    equal((job["TrainingJobStatus"], job["SecondaryStatus"]), ("Stopped", "Stopped"))
    error = error_of(lambda: stop("py-stop"))
    equal(
        (code_of(error), error.response["Error"]["Message"]),
        ("ValidationException", "The request was rejected because the training job is in status Stopped."),
    )


def delete_a_job():
    SAGEMAKER.create_training_job(**request("py-delete", image="instant"))
    ended("py-delete")
    SAGEMAKER.delete_training_job(TrainingJobName="py-delete")

    def gone():
        try:
            describe("py-delete")
        except ClientError:
            return True
        return False

    until(gone)
    SAGEMAKER.create_training_job(**request("py-delete", image="instant"))
    ended("py-delete")


def tags():
    arn = SAGEMAKER.create_training_job(
        **request("py-tags", Tags=[{"Key": "team", "Value": "search"}, {"Key": "old", "Value": ""}])
    )["TrainingJobArn"]
    SAGEMAKER.add_tags(ResourceArn=arn, Tags=[{"Key": "team", "Value": "ads"}, {"Key": "new", "Value": "1"}])
    SAGEMAKER.delete_tags(ResourceArn=arn, TagKeys=["old"])
    found = SAGEMAKER.list_tags(ResourceArn=arn)["Tags"]
    equal({tag["Key"]: tag["Value"] for tag in found}, {"team": "ads", "new": "1"})
    stop("py-tags")


def pages():
    names = [f"py-page-{number:02}" for number in range(23)]
    for name in names:
        SAGEMAKER.create_training_job(**request(name, image="instant"))
    paginator = SAGEMAKER.get_paginator("list_training_jobs")
    found = paginator.paginate(
        NameContains="py-page-", SortBy="Name", SortOrder="Ascending", PaginationConfig={"PageSize": 10}
    )
    listed = [[job["TrainingJobName"] for job in page["TrainingJobSummaries"]] for page in found]
    equal([name for page in listed for name in page], names)
    equal(max(map(len, listed)), 10)
    default = SAGEMAKER.list_training_jobs(NameContains="py-page-")
    equal(len(default["TrainingJobSummaries"]), 10)


def identity():
    sts = SESSION.client("sts", endpoint_url=ENDPOINT, config=ONE_TRY)
    equal(sts.get_caller_identity()["Account"], "111122223333")


def notifications():
    topic = SNS.create_topic(Name="py-topic", Tags=[{"Key": "team", "Value": "search"}])["TopicArn"]
    equal(topic, "arn:aws:sns:us-east-1:111122223333:py-topic")
    equal(SNS.list_tags_for_resource(ResourceArn=topic)["Tags"], [{"Key": "team", "Value": "search"}])
    subscription = SNS.subscribe(
        TopicArn=topic,
        Protocol="email",
        Endpoint="ana@example.com",
        Attributes={"FilterPolicy": json.dumps({"status": ["FAILED"]})},
    )["SubscriptionArn"]
    attributes = SNS.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
    equal(attributes["FilterPolicyScope"], "MessageAttributes")
    status = lambda value: {"status": {"DataType": "String", "StringValue": value}}
    SNS.publish(TopicArn=topic, Message="unheard", MessageAttributes=status("SUCCEEDED"))
    first = SNS.publish(
        TopicArn=topic,
        Subject="News",
        Message=json.dumps({"default": "for all", "email": "größer"}),
        MessageStructure="json",
        MessageAttributes=status("FAILED"),
    )
    batch = SNS.publish_batch(
        TopicArn=topic,
        PublishBatchRequestEntries=[
            {"Id": str(number), "Message": f"m{number}", "MessageAttributes": status("FAILED")}
            for number in range(3)
        ],
    )
    equal([entry["Id"] for entry in batch["Successful"]], ["0", "1", "2"])
    equal(batch.get("Failed", []), [])
    mailbox = DATA_DIR / "sns" / "mailbox.jsonl"

    def mails():
        lines = mailbox.read_text("utf8").splitlines() if mailbox.exists() else []
        return [mail for mail in map(json.loads, lines) if mail["topicArn"] == topic]

    until(lambda: len(mails()) >= 4)
    equal(sorted(mail["text"] for mail in mails()), ["größer", "m0", "m1", "m2"])
    structured = [mail for mail in mails() if mail["messageId"] == first["MessageId"]]
    equal([mail["subject"] for mail in structured], ["News"])
    SNS.unsubscribe(SubscriptionArn=subscription)
    equal(SNS.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"], [])
    SNS.delete_topic(TopicArn=topic)
    error = error_of(lambda: SNS.publish(TopicArn=topic, Message="x"))
    assert isinstance(error, SNS.exceptions.NotFoundException), type(error)
    equal(error.response["Error"]["Message"], "Topic does not exist")


def notification_errors():
    topic = SNS.create_topic(Name="py-errors")["TopicArn"]
    entries = [{"Id": str(number), "Message": "x"} for number in range(11)]
    error = error_of(lambda: SNS.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries))
    assert isinstance(error, SNS.exceptions.TooManyEntriesInBatchRequestException), type(error)
    error = error_of(lambda: SNS.publish_batch(TopicArn=topic, PublishBatchRequestEntries=[]))
    assert isinstance(error, SNS.exceptions.EmptyBatchRequestException), type(error)
    error = error_of(lambda: SNS.publish(TopicArn=topic, Message="x", Subject="two\nlines"))
    assert isinstance(error, SNS.exceptions.InvalidParameterException), type(error)
    equal(error.response["Error"]["Message"], "Invalid parameter: Subject")
    error = error_of(lambda: SNS.create_topic(Name="bad name"))
    equal(error.response["Error"]["Message"], "Invalid parameter: Topic Name")
    error = error_of(lambda: SESSION.client("sns", endpoint_url=ENDPOINT).get_sms_attributes())
    equal(code_of(error), "InvalidAction")


def unknown_operation():
    error = error_of(lambda: SAGEMAKER.list_endpoints())
    equal(code_of(error), "UnknownOperationException")


def until(holds, seconds=30):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


CHECKS = [
    create_and_complete,
    name_taken,
    over_quota,
    unknown_job,
    bad_requests,
    failing_job,
    stop_a_job,
    delete_a_job,
    tags,
    pages,
    identity,
    notifications,
    notification_errors,
    unknown_operation,
]

for check in CHECKS:
    try:
        check()
        error = None
    except Exception:  # every check is reported, whatever goes wrong
        error = traceback.format_exc(limit=-3)
    print(json.dumps({"name": check.__name__, "error": error}), flush=True)
