"""The tour of README.md, executed literally."""

import re
import subprocess
import sys
from pathlib import Path

from harness.server import BINARY, REPOSITORY, environment, free_port

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def steps():
    """The shell blocks of the tour, each with the output that the README shows right after it, if any."""
    readme = (REPOSITORY / "README.md").read_text()
    tour = readme.split("\n## Five minutes", 1)[1].split("\n## ", 1)[0]
    found = []
    for language, text in FENCE.findall(tour):
        if language == "sh":
            found.append([text, None])
        elif language == "text":
            found[-1][1] = text
    return found


def pattern(expected):
    """What the README shows, with `…` for what differs from run to run."""
    lines = [re.escape(line.strip()).replace("…", ".*") for line in expected.strip().splitlines()]
    return re.compile("\n".join(lines))


class Shell:
    """A bash that keeps its variables from step to step, as a person's does."""

    def __init__(self, env, cwd):
        self.process = subprocess.Popen(
            ["bash", "--noprofile", "--norc"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, env=env, cwd=cwd,
        )

    def run(self, text):
        mark = "--- done:"
        self.process.stdin.write(f"{text}\necho '{mark}'$?\n")
        self.process.stdin.flush()
        lines = []
        for line in self.process.stdout:
            if mark in line:
                before, _, code = line.partition(mark)
                return "".join(lines) + before, int(code)
            lines.append(line)
        raise AssertionError(f"the shell ended:\n{''.join(lines)}")


def test_the_tour(tmp_path):
    assert BINARY == REPOSITORY / "target/release/portcullis", "the tour runs what people build"
    found = steps()
    assert len(found) > 8 and sum(expected is not None for _, expected in found) > 6
    # The AWS CLI of the tests stands for the reader's; the port for 7070, which may be taken here.
    path = f"{Path(sys.executable).parent}:{environment()['PATH']}"
    home = {"PATH": path, "PORTCULLIS_DATA": str(tmp_path / "data"), "PORTCULLIS_LISTEN": f"127.0.0.1:{free_port()}"}
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        home[name] = str(tmp_path / name)
    shell = Shell(environment(**home), tmp_path)
    try:
        for number, (text, expected) in enumerate(found, 1):
            text = text.replace("127.0.0.1:7070", home["PORTCULLIS_LISTEN"])
            if "cargo build" in text:
                # Built before the tests began.
                text = f'export PATH="{BINARY.parent}:$PATH"'
            output, _ = shell.run(text)
            squeezed = "\n".join(line.strip() for line in output.splitlines() if line.strip())
            if expected is None:
                assert "error" not in squeezed.lower(), f"step {number}:\n{text}\n{output}"
            else:
                assert pattern(expected).search(squeezed), f"step {number}:\n{text}\n{output}\ninstead of\n{expected}"
    finally:
        shell.run('kill "$server"; wait "$server"')
        shell.process.stdin.close()
        shell.process.wait(20)
