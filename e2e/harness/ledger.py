"""What the whole run has seen of each operation. Every answer to a boto3 client passes through here."""

import json
import re

from harness import REPOSITORY
from harness.model import Answer

# Operations that end in an error even for who has leave, because no account of a test can do better.
ENDS = json.loads((REPOSITORY / "e2e/harness/ends.json").read_text())

succeeded, refused = set(), set()
# The members that answers of an operation have had, as `.User.Arn`.
seen = {}


def hear(operation_model, response_dict, **_):
    """Called by botocore before it parses an answer: an answer that does not keep to the model fails its test."""
    service, name = operation_model.service_model.signing_name, operation_model.name
    if service not in ("iam", "sts"):
        return
    action = f"{service}:{name}"
    if response_dict["status_code"] >= 300:
        refused.add(action)
        return
    answer = Answer(service, name, response_dict["body"])
    assert not answer.wrong, "\n".join(answer.wrong)
    succeeded.add(action)
    seen.setdefault(action, set()).update(answer.paths)


def routed():
    """The operations that docs/coverage.md says have a route; the gate keeps it true."""
    found, service = set(), None
    for line in (REPOSITORY / "docs/coverage.md").read_text().splitlines():
        if heading := re.match(r"## ([\w-]+):", line):
            service = heading[1]
        elif row := re.match(r"- \[x\] (\w+)", line):
            found.add(f"{service}:{row[1]}")
    return found
