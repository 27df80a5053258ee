"""`albc local up` that cannot start says why, and what to do."""

from pathlib import Path

import pytest

from albc.cli.local import run_local
from albc.cli.usage import UsageError


def test_a_port_that_is_none_is_named() -> None:
    with pytest.raises(UsageError, match="70000 is no port"):
        run_local(kubeconfig="", kubernetes_port=70000, aws_port=0)


def test_a_kubeconfig_in_a_folder_that_is_none_is_refused_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(UsageError, match=r"file is no folder: name another file with --kubeconfig"):
        run_local(kubeconfig=str(tmp_path / "file" / "config"), kubernetes_port=0, aws_port=0)


def test_an_error_of_the_system_is_told_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()

    with pytest.raises(UsageError, match=r"Is a directory.*name another file with --kubeconfig"):
        run_local(kubeconfig=str(tmp_path / "config"), kubernetes_port=0, aws_port=0)
