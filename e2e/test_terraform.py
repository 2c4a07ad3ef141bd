"""Terraform with the real AWS provider: apply, an empty second plan, a change, destroy."""

import glob
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from harness import routes
from harness.expect import refused
from harness.server import ACCOUNT, environment

PROVIDER = "registry.terraform.io/hashicorp/aws"
CONFIGURATIONS = Path(__file__).with_name("terraform")
# The provider can read these only as it made them: "resource … doesn't support import".
WITHOUT_IMPORT = [
    "aws_iam_group_membership.duty", "aws_iam_policy_attachment.read", "aws_iam_security_token_service_preferences.account",
]
# Ends in the error that AWS has for an account outside an organization.
OUTSIDE_AN_ORGANIZATION = {"aws_iam_organizations_features"}


def configured(kind):
    """The types of IAM's that the configurations have: all `resource`s or all `data` sources."""
    written = ((CONFIGURATIONS / name / "main.tf").read_text() for name in ("identities", "credentials"))
    return {found for text in written for found in re.findall(rf'^{kind} "(aws_iam_\w+)"', text, re.MULTILINE)}


def resources():
    return configured("resource")


def import_blocks(ids):
    return "".join(f"import {{\n  to = {address}\n  id = {json.dumps(id)}\n}}\n" for address, id in ids.items())


def mirror():
    """A folder in which the provider lies, as `terraform providers mirror` lays it out."""
    home = Path.home()
    places = [os.environ.get("TF_PLUGIN_MIRROR"), home / ".terraform.d/plugins", home / ".local/share/terraform/plugins"]
    places += ["/usr/share/terraform/plugins", "/usr/local/share/terraform/plugins", *glob.glob("/opt/*")]
    return next((str(place) for place in places if place and (Path(place) / PROVIDER).is_dir()), None)


@pytest.fixture
def terraform(own_server, tmp_path):
    """Makes a folder with one of the configurations, and answers what runs Terraform in it."""
    if not shutil.which("terraform"):
        pytest.skip("NO TERRAFORM HERE: the compatibility with its AWS provider is NOT tested")
    if not mirror():
        pytest.skip("NO MIRROR OF TERRAFORM'S AWS PROVIDER HERE (TF_PLUGIN_MIRROR): NOT tested")
    server = own_server()
    settings = tmp_path / "terraformrc"
    settings.write_text(
        f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror()}"\n    include = ["{PROVIDER}"]\n  }}\n}}\n'
    )
    variables = server.root.variables() | {
        "TF_CLI_CONFIG_FILE": str(settings), "TF_VAR_endpoint": server.url, "TF_IN_AUTOMATION": "1",
        "CHECKPOINT_DISABLE": "1", "NO_PROXY": "*",
    }
    del variables["AWS_ENDPOINT_URL"]

    def prepared(configuration, **inputs):
        folder = tmp_path / "terraform"
        shutil.copytree(CONFIGURATIONS / configuration, folder)
        variables.update({f"TF_VAR_{name}": value for name, value in inputs.items()})
        run.server, run.folder = server, folder
        run("init")
        return run

    def run(*words, codes=(0,)):
        done = subprocess.run(
            ["terraform", *words, "-no-color"], cwd=run.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=300, env=environment(**variables),
        )
        assert done.returncode in codes, f"terraform {' '.join(words)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    return prepared


def test_the_configurations_have_every_resource_and_data_source_of_iam(terraform):
    schema = json.loads(terraform("identities")("providers", "schema", "-json").stdout)["provider_schemas"][PROVIDER]

    def of_iam(kind):
        return {name for name in schema[kind] if name.startswith("aws_iam_")}

    assert resources() == of_iam("resource_schemas")
    assert configured("data") == of_iam("data_source_schemas")


def test_identities_and_policies(terraform):
    terraform = terraform("identities")
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


def test_credentials_providers_settings_and_data_sources(terraform, tmp_path):
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    routes.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=site.example.com", "-days", "30",
                   "-keyout", str(key), "-out", str(certificate))
    subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-C", "bob", "-f", tmp_path / "id"], check=True)
    terraform = terraform(
        "credentials", certificate=certificate.read_text(), certificate_key=key.read_text(),
        ssh_key=(tmp_path / "id.pub").read_text().strip(), saml_metadata=routes.METADATA,
    )
    iam = terraform.server.root.iam
    terraform("apply", "-auto-approve")
    found = json.loads(terraform("output", "-json", "found").stdout)
    arn = f"arn:aws:iam::{ACCOUNT}"
    assert found == {
        "alias": "credentials-blue", "allowed": True, "certificate": f"{arn}:server-certificate/cloudfront/site",
        "clients": ["one", "two"], "group": ["bob"], "issuer": f"{arn}:role/job", "keys": ["Active"],
        "policy": f"{arn}:policy/read-0", "profile": "job", "profiles": ["job"], "role": f"{arn}:role/job",
        "roles": ["job"], "saml": "idp", "ssh": "Active", "user": "/people/", "users": ["bob"],
    }
    terraform("plan", "-detailed-exitcode")

    changed = ("-var", "team=red")
    terraform("apply", "-auto-approve", *changed)
    terraform("plan", "-detailed-exitcode", *changed)
    assert iam.get_account_password_policy()["PasswordPolicy"]["MinimumPasswordLength"] == 14
    assert iam.get_user(UserName="robert")["User"]["Path"] == "/staff/"
    assert iam.list_ssh_public_keys(UserName="robert")["SSHPublicKeys"][0]["Status"] == "Inactive"
    assert "PermissionsBoundary" not in iam.get_role(RoleName="job")["Role"]

    # What Terraform forgets and imports again is as its configuration has it; what it has no import for, it makes again.
    ids = json.loads(terraform("output", "-json", "ids").stdout)
    assert {address.split(".")[0] for address in [*ids, *WITHOUT_IMPORT]} == resources() - OUTSIDE_AN_ORGANIZATION
    terraform("state", "rm", *ids, *WITHOUT_IMPORT)
    imports = terraform.folder / "imports.tf"
    imports.write_text(import_blocks(dict.fromkeys(WITHOUT_IMPORT, "duty")))
    refusal = terraform("plan", "-refresh=false", *changed, codes=(1,)).stderr
    for address in WITHOUT_IMPORT:
        assert f"resource {address.split('.')[0]} doesn't support import" in refusal, refusal
    imports.write_text(import_blocks(ids))
    applied = terraform("apply", "-auto-approve", *changed).stdout
    assert f"{len(ids)} imported, {len(WITHOUT_IMPORT)} added, 0 changed, 0 destroyed" in applied, applied
    imports.unlink()

    features = terraform("apply", "-auto-approve", "-refresh=false", "-target=aws_iam_organizations_features.root",
                         *changed, "-var", "organization=true", codes=(1,)).stderr
    assert "OrganizationNotFoundException" in features, features

    terraform("destroy", "-auto-approve", *changed)
    assert iam.list_users()["Users"] == [] and iam.list_roles()["Roles"] == []
    assert iam.list_groups()["Groups"] == [] and iam.list_policies(Scope="Local")["Policies"] == []
    assert iam.list_virtual_mfa_devices()["VirtualMFADevices"] == []
    assert iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == []
    with refused("NoSuchEntity"):
        iam.get_account_password_policy()
