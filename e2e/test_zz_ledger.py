"""At the end of a whole run: what docs/coverage.md says of each operation was seen to be so. Named to come last."""

import json
from pathlib import Path

import botocore
import pytest

from harness import ledger


@pytest.fixture(scope="module", autouse=True)
def whole(request):
    here = {path.name for path in Path(__file__).parent.glob("test_*.py")}
    ran = {Path(item.fspath).name for item in request.session.items}
    if ran != here or request.config.option.keyword or request.config.option.deselect:
        pytest.skip("only a part of the tests runs")


def test_each_operation_succeeded_and_was_refused():
    routed = ledger.routed()
    assert routed - set(ledger.ENDS) <= ledger.succeeded, routed - set(ledger.ENDS) - ledger.succeeded
    assert routed <= ledger.refused, routed - ledger.refused
    assert not ledger.succeeded & set(ledger.ENDS)


# Members of AWS's examples that our answers never have, each with the reason.
NEVER = {}


def paths(value, path=""):
    """The members of an example, as `.User.Arn`."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield f"{path}.{name}"
            yield from paths(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from paths(inner, path)


def test_what_awss_examples_show_was_there():
    folder = Path(botocore.__file__).parent / "data"
    checked = 0
    for service, version in (("iam", "2010-05-08"), ("sts", "2011-06-15")):
        examples = json.loads((folder / service / version / "examples-1.json").read_text())["examples"]
        for name, each in examples.items():
            action = f"{service}:{name}"
            if action not in ledger.succeeded:
                continue
            for example in each:
                # The keys of a map are no members.
                shown = {path for path in paths(example.get("output", {})) if not path.startswith(".SummaryMap.")}
                missing = shown - ledger.seen[action] - set(NEVER.get(action, {}))
                assert not missing, (action, missing)
                checked += len(shown)
    assert checked > 150, checked
