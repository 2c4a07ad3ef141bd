"""kill -9 in the middle of writes: what was acknowledged is there, and its record with it."""

import json
import threading

from harness.caller import Caller


def test_what_was_acknowledged_survives(own_server):
    server = own_server()
    root = server.root
    acknowledged, stop = [], threading.Event()

    def write(worker):
        caller = Caller(root.url, root.key, root.secret)
        number = 0
        while not stop.is_set():
            name = f"w{worker}-{number}"
            try:
                caller.iam.create_user(UserName=name, Tags=[{"Key": "n", "Value": str(number)}])
            except Exception:  # the server is gone
                return
            acknowledged.append(name)
            number += 1
            if len(acknowledged) >= 150:
                reached.set()

    reached = threading.Event()
    workers = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for worker in workers:
        worker.start()
    assert reached.wait(60)
    server.kill()
    stop.set()
    for worker in workers:
        worker.join()

    server.start()
    users = [user for page in server.root.iam.get_paginator("list_users").paginate() for user in page["Users"]]
    there = {user["UserName"] for user in users}
    assert set(acknowledged) <= there
    # At most the one write of each worker that was under way may be there without an answer.
    assert len(there - set(acknowledged)) <= 8
    for name in sorted(there)[:20]:
        assert server.root.iam.list_user_tags(UserName=name)["Tags"] == [{"Key": "n", "Value": name.split("-")[1]}]

    server.command("store", "verify")
    server.command("audit", "verify")
    recorded = created(server)
    assert there <= recorded


def created(server):
    """The users whose creation the audit trail holds."""
    names = set()
    lines = server.command("audit", "tail", "--limit", "100000", "--json").stdout.splitlines()
    for event in map(json.loads, lines):
        if event["eventName"] == "CreateUser" and "errorCode" not in event:
            names.add(event["requestParameters"]["userName"])
    return names


def test_a_second_writer_is_refused(own_server):
    import subprocess

    from harness.server import BINARY, PATIENCE, free_port

    server = own_server()
    second = subprocess.run(
        [BINARY, "serve", "--data", server.data, "--listen", f"127.0.0.1:{free_port()}"],
        capture_output=True, text=True, timeout=PATIENCE, env=server.env,
    )
    assert second.returncode != 0 and server.process.poll() is None
    server.root.iam.create_user(UserName="still-writing")


def test_a_graceful_stop_leaves_nothing_to_repair(own_server):
    server = own_server()
    server.root.iam.create_user(UserName="before")
    assert server.stop() == 0
    server.command("store", "verify")
    server.command("audit", "verify")
    server.start()
    server.root.iam.get_user(UserName="before")


def test_the_credentials_are_written_once_with_mode_600(own_server):
    server = own_server()
    files = [path for path in server.data.rglob("*") if path.is_file() and "credential" in path.name]
    assert files and all(path.stat().st_mode & 0o777 == 0o600 for path in files)
    first = server.exports()
    server.restart()
    assert server.exports() == first
    assert first["AWS_SECRET_ACCESS_KEY"] not in server.logged()
    for path in server.data.rglob("*"):
        if path.is_file() and path not in files:
            assert first["AWS_SECRET_ACCESS_KEY"].encode() not in path.read_bytes(), path
