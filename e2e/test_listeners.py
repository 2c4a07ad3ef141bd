"""TLS, metrics, health, a stop that drains."""

import ssl
import subprocess
import threading

import botocore.session

from harness.server import PATIENCE, free_port


def certificate(folder):
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-addext", "basicConstraints=critical,CA:FALSE", "-keyout", key, "-out", cert],
        check=True, capture_output=True,
    )
    return cert, key


def test_tls(own_server, tmp_path):
    cert, key = certificate(tmp_path)
    context = ssl.create_default_context(cafile=cert)
    server = own_server("--tls-cert", cert, "--tls-key", key, scheme="https", context=context)
    root = server.root
    client = botocore.session.Session().create_client(
        "sts", region_name="us-east-1", endpoint_url=server.url, verify=str(cert),
        aws_access_key_id=root.key, aws_secret_access_key=root.secret,
    )
    assert client.get_caller_identity()["Arn"].endswith(":root")
    assert f"https://{server.listen}" in server.command("env", "--listen", server.listen, "--tls").stdout


def test_metrics_count_calls(own_server):
    port = free_port()
    server = own_server("--metrics", f"127.0.0.1:{port}")
    for _ in range(3):
        server.root.sts.get_caller_identity()
    status, _, text = server.get("/metrics", port=port)
    assert status == 200
    lines = [line for line in text.splitlines() if "GetCallerIdentity" in line and not line.startswith("#")]
    assert any(line.rsplit(" ", 1)[1] == "3" for line in lines), text
    # The public listener does not tell.
    assert "GetCallerIdentity" not in server.get("/metrics")[2]


def test_health_and_readiness(server):
    for path in ("/healthz", "/readyz"):
        assert server.get(path)[0] == 200


def test_a_stop_lets_running_calls_end(own_server):
    server = own_server()
    root, failures, started = server.root, [], threading.Event()

    def work():
        for number in range(200):
            try:
                root.iam.create_user(UserName=f"u{number}")
                started.set()
            except Exception as error:
                # Not connected any more is fine; a broken answer is not.
                failures.append(type(error).__name__)
                return

    root.iam
    worker = threading.Thread(target=work)
    worker.start()
    assert started.wait(PATIENCE)
    assert server.stop() == 0
    worker.join(PATIENCE)
    assert set(failures) <= {"EndpointConnectionError", "ConnectionClosedError"}
