"""The AWS CLI, and the commands of the binary."""

import subprocess

from harness.expect import policy, refused, unique
from harness.server import ACCOUNT, BINARY


def test_the_aws_cli_reads_and_writes(root):
    name = unique("cli")
    made = root.aws("iam", "create-user", "--user-name", name, "--tags", "Key=a,Value=b")
    assert made["User"]["UserName"] == name
    document = policy("s3:GetObject", "arn:aws:s3:::bucket/a b*")
    made = root.aws("iam", "create-policy", "--policy-name", name, "--policy-document", document)
    root.aws("iam", "attach-user-policy", "--user-name", name, "--policy-arn", made["Policy"]["Arn"])
    attached = root.aws("iam", "list-attached-user-policies", "--user-name", name)["AttachedPolicies"]
    assert attached == [{"PolicyName": name, "PolicyArn": made["Policy"]["Arn"]}]


def test_the_aws_cli_shows_the_refusal(user):
    done = user.aws("iam", "create-user", "--user-name", "other", check=False)
    sentence = (
        f"An error occurred (AccessDenied) when calling the CreateUser operation: User: {user.user_arn} is not "
        f"authorized to perform: iam:CreateUser on resource: arn:aws:iam::{ACCOUNT}:user/other because no "
        "identity-based policy allows the iam:CreateUser action"
    )
    assert done.returncode in (254, 255) and sentence in done.stderr


def test_the_binary_explains_itself():
    help_text = subprocess.run([BINARY, "--help"], capture_output=True, text=True).stdout
    for word in ("serve", "env", "account", "credentials", "sessions", "sign-in", "audit", "store", "keys", "completions"):
        assert word in help_text, word
    bash = subprocess.run([BINARY, "completions", "bash"], capture_output=True, text=True)
    assert bash.returncode == 0 and "portcullis" in bash.stdout


def test_maintenance_beside_a_running_server(own_server):
    server = own_server()
    server.root.iam.create_user(UserName="u")
    server.command("store", "verify")
    server.command("keys", "rotate-master")
    server.root.iam.get_user(UserName="u")
    key = server.root.iam.create_access_key(UserName="u")["AccessKey"]
    server.restart()
    caller = type(server.root)(server.url, key["AccessKeyId"], key["SecretAccessKey"])
    assert caller.arn.endswith(":user/u")
    server.command("store", "compact", "--keep", "1d")


def test_an_empty_account_has_no_user(own_server):
    server = own_server()
    with refused("NoSuchEntity"):
        server.root.iam.get_user(UserName="u")
    assert server.root.iam.list_users()["Users"] == []
