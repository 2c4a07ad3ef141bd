"""The servers that tests share or have to themselves."""

import pytest

from harness.expect import unique
from harness.server import BINARY, Server


def pytest_configure(config):
    if not BINARY.exists():
        raise pytest.UsageError(f"`{BINARY}` is missing: cargo build --release --package cli")


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """One server for all tests that get by with names of their own."""
    server = Server(tmp_path_factory.mktemp("shared") / "data")
    yield server
    assert server.stop() == 0, server.logged()


@pytest.fixture
def own_server(tmp_path):
    """Makes servers for this test alone."""
    made = []

    def make(*arguments, name="data", **options):
        made.append(Server(tmp_path / name, *arguments, **options))
        return made[-1]

    yield make
    for server in made:
        if server.process and server.process.poll() is None:
            server.kill()


@pytest.fixture(scope="session")
def root(server):
    return server.root


@pytest.fixture(scope="session")
def iam(root):
    return root.iam


@pytest.fixture
def user(root):
    """A user without policies, with a key."""
    return new_user(root)


@pytest.fixture
def make_user(root):
    return lambda *documents, **options: new_user(root, *documents, **options)


def new_user(root, *documents, path="/", boundary=None):
    """A user with these inline policies, as a caller that knows its `name` and `user_arn`."""
    name = unique("user")
    more = {"PermissionsBoundary": boundary} if boundary else {}
    arn = root.iam.create_user(UserName=name, Path=path, **more)["User"]["Arn"]
    key = root.iam.create_access_key(UserName=name)["AccessKey"]
    for number, document in enumerate(documents):
        root.iam.put_user_policy(UserName=name, PolicyName=f"p{number}", PolicyDocument=document)
    caller = type(root)(root.url, key["AccessKeyId"], key["SecretAccessKey"])
    caller.name, caller.user_arn = name, arn
    return caller
