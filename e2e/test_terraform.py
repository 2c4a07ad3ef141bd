"""Terraform with the real AWS provider: apply, an empty second plan, a change, destroy."""

import glob
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.expect import refused
from harness.server import ACCOUNT, environment

PROVIDER = "registry.terraform.io/hashicorp/aws"


def mirror():
    """A folder in which the provider lies, as `terraform providers mirror` lays it out."""
    home = Path.home()
    places = [os.environ.get("TF_PLUGIN_MIRROR"), home / ".terraform.d/plugins", home / ".local/share/terraform/plugins"]
    places += ["/usr/share/terraform/plugins", "/usr/local/share/terraform/plugins", *glob.glob("/opt/*")]
    return next((str(place) for place in places if place and (Path(place) / PROVIDER).is_dir()), None)


@pytest.fixture
def terraform(own_server, tmp_path):
    if not shutil.which("terraform"):
        pytest.skip("NO TERRAFORM HERE: the compatibility with its AWS provider is NOT tested")
    if not mirror():
        pytest.skip("NO MIRROR OF TERRAFORM'S AWS PROVIDER HERE (TF_PLUGIN_MIRROR): NOT tested")
    server = own_server()
    folder = tmp_path / "terraform"
    folder.mkdir()
    shutil.copy(Path(__file__).with_name("terraform") / "main.tf", folder)
    settings = tmp_path / "terraformrc"
    settings.write_text(
        f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror()}"\n    include = ["{PROVIDER}"]\n  }}\n}}\n'
    )
    variables = server.root.variables() | {
        "TF_CLI_CONFIG_FILE": str(settings), "TF_VAR_endpoint": server.url, "TF_IN_AUTOMATION": "1",
        "CHECKPOINT_DISABLE": "1", "NO_PROXY": "*",
    }
    del variables["AWS_ENDPOINT_URL"]

    def run(*words, codes=(0,)):
        done = subprocess.run(
            ["terraform", *words, "-no-color"], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=300, env=environment(**variables),
        )
        assert done.returncode in codes, f"terraform {' '.join(words)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    run.server = server
    run("init")
    yield run


def test_apply_plan_change_destroy(terraform):
    iam = terraform.server.root.iam
    terraform("apply", "-auto-approve")
    outputs = json.loads(terraform("output", "-json").stdout)
    assert outputs["account"]["value"] == ACCOUNT
    assert iam.get_access_key_last_used(AccessKeyId=outputs["key"]["value"])["UserName"] == "alice"

    # Exit code 2 would mean a difference.
    terraform("plan", "-detailed-exitcode")

    terraform("apply", "-auto-approve", "-var", "team=red")
    terraform("plan", "-detailed-exitcode", "-var", "team=red")
    role = iam.get_role(RoleName="worker")["Role"]
    assert role["MaxSessionDuration"] == 7200 and {"Key": "Team", "Value": "red"} in role["Tags"]
    assert [g["GroupName"] for g in iam.list_groups()["Groups"]] == ["readers-red"]
    version = iam.get_policy(PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/policies/bucket")["Policy"]["DefaultVersionId"]
    assert version == "v2"

    terraform("destroy", "-auto-approve", "-var", "team=red")
    assert iam.list_users()["Users"] == [] and iam.list_roles()["Roles"] == []
    assert iam.list_policies(Scope="Local")["Policies"] == []
    with refused("NoSuchEntity"):
        iam.get_instance_profile(InstanceProfileName="worker")
