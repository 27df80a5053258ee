"""What `pip install` brings is enough: nothing that a command needs is in the repository alone."""

import tomllib
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from albc.local.demo import manifests
from albc.local.demo.show import FOLDERS

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel's content."""
    folder = tmp_path_factory.mktemp("wheel")
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_the_demo_finds_its_examples(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout = manifests.examples_folder()
    monkeypatch.setattr(manifests, "__file__", str(installed / "albc" / "local" / "demo" / "manifests.py"))
    folder = manifests.examples_folder()
    assert folder.is_relative_to(installed)
    for name in FOLDERS:
        files = {file.name: file.read_text(encoding="utf-8") for file in (checkout / name).iterdir()}
        assert {file.name: file.read_text(encoding="utf-8") for file in (folder / name).iterdir()} == files


def test_whatever_is_no_code_of_a_package_is_there_too(installed: Path) -> None:
    package = ROOT / "albc"
    wanted = {
        file.relative_to(ROOT) for file in package.rglob("*") if file.is_file() and "__pycache__" not in file.parts
    }
    assert {file for file in wanted if not (installed / file).is_file()} == set()


def test_the_containers_build_is_given_all_that_the_wheel_is_made_of() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    wanted = {*wheel["packages"], *(path.partition("/")[0] for path in wheel["force-include"])}
    lines = (ROOT / "Containerfile").read_text(encoding="utf-8").splitlines()
    copied = {word for line in lines if line.startswith("COPY ") for word in line.split()[1:-1]}
    assert wanted | {project["project"]["readme"]} <= copied
