"""What the end-to-end tests stand on: a server process, callers with keys, the AWS CLI, a bash session."""
