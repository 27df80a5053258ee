"""`albc run` as in a pod, for benchmarks/start.py: the service account's files are in the folder SERVICE_ACCOUNT."""

import os
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from albc.cli import main

if __name__ == "__main__":
    connections: Any = import_module("albc.cli.connections")
    connections.in_cluster = partial(connections.in_cluster, Path(os.environ["SERVICE_ACCOUNT"]))
    main()
