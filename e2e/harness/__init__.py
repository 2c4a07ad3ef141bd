"""What the end-to-end tests stand on: a server process, callers with keys, the AWS CLI, a bash session."""

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
