"""Short forms for what the tests say again and again."""

import contextlib
import itertools
import json

import botocore.exceptions

_NUMBERS = itertools.count(1)


def unique(kind):
    """A name that no other test uses."""
    return f"{kind}-{next(_NUMBERS):04}"


def policy(action, resource="*", effect="Allow", condition=None, **more):
    """A document with one statement."""
    statement = {"Effect": effect, "Action": action, "Resource": resource} | more
    if condition:
        statement["Condition"] = condition
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trust(*principals, condition=None, action="sts:AssumeRole", **kinds):
    """A trust policy for AWS principals, or for those of the kinds given (`Service=...`)."""
    principal = {"AWS": list(principals)} if principals else kinds
    statement = {"Effect": "Allow", "Principal": principal, "Action": action}
    if condition:
        statement["Condition"] = condition
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@contextlib.contextmanager
def refused(code, message=None, status=None):
    """The body must fail with this error code, and this message word for word if one is given."""
    refusal = Refusal()
    try:
        yield refusal
    except botocore.exceptions.ClientError as error:
        refusal.error = error.response["Error"]
        refusal.status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        assert refusal.error["Code"] == code, f"{refusal.error} instead of {code}"
        assert status is None or refusal.status == status, refusal.status
        assert message is None or refusal.error["Message"] == message, refusal.error["Message"]
    else:
        raise AssertionError(f"succeeded instead of {code}")


class Refusal:
    error = None
    status = None

    @property
    def message(self):
        return self.error["Message"]


def denied(caller, action, resource, why=None):
    """The call must be refused with AWS's sentence."""
    why = why or f"because no identity-based policy allows the {action} action"
    sentence = f"User: {caller} is not authorized to perform: {action} on resource: {resource} {why}"
    return refused("AccessDenied", sentence, status=403)
