"""Who accepts JSON gets it from the Query services, as from AWS."""

import json
import time
from urllib.parse import urlencode


def ask(caller, accept, service="sts", version="2011-06-15", **parameters):
    headers = {"Accept": accept, "Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    body = urlencode({"Version": version} | parameters).encode()
    return caller.send("POST", "/", body, headers, service)


def test_sts_and_iam_answer_json_to_who_accepts_it(root, user):
    status, headers, body = ask(root, "application/json", Action="GetSessionToken", DurationSeconds="900")
    assert (status, headers["Content-Type"]) == (200, "application/json")
    answer = json.loads(body)["GetSessionTokenResponse"]
    credentials = answer["GetSessionTokenResult"]["Credentials"]
    assert credentials["AccessKeyId"].startswith("ASIA")
    assert abs(credentials["Expiration"] - time.time() - 900) < 60
    assert answer["ResponseMetadata"]["RequestId"] == headers["x-amzn-RequestId"]

    parameters = {"service": "iam", "version": "2010-05-08", "Action": "GetUser"}
    _, _, body = ask(root, "application/json", UserName=user.name, **parameters)
    found = json.loads(body)["GetUserResponse"]["GetUserResult"]["User"]
    assert found["UserName"] == user.name and isinstance(found["CreateDate"], int)
    assert found["PermissionsBoundary"] is None

    status, headers, body = ask(root, "application/json", UserName="nobody-here", **parameters)
    refusal = json.loads(body)
    assert (status, headers["Content-Type"]) == (404, "application/json")
    assert refusal["Error"]["Code"] == "NoSuchEntity" and refusal["Error"]["Type"] == "Sender"
    assert refusal["RequestId"] == headers["x-amzn-RequestId"]


def test_everybody_else_gets_xml(root):
    for accept in ("*/*", "text/xml, application/json", "text/html"):
        status, headers, body = ask(root, accept, Action="GetCallerIdentity")
        assert (status, headers["Content-Type"]) == (200, "text/xml")
        assert body.startswith("<GetCallerIdentityResponse ")
