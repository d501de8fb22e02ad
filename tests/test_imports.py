"""Imports between the top folders point one way."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("reference_node", "simulation", "fixtures", "conformance", "loadtests")
MAY_IMPORT = {
    "reference_node": set[str](),
    "simulation": set[str](),
    "fixtures": {"reference_node"},
    "conformance": {"fixtures", "reference_node"},
    "loadtests": {"fixtures", "reference_node", "simulation", "conformance"},
}


def imported_folders(source: str) -> set[str]:
    """Return which of the five folders a module's imports name, those inside functions included."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.split(".")[0])
    return names & set(FOLDERS)


@pytest.mark.parametrize("folder", FOLDERS)
def test_imports_of_a_folder_point_one_way(folder: str) -> None:
    modules = sorted((ROOT / folder).rglob("*.py"))
    assert modules, f"{folder} has no modules"
    wrong = {
        f"{module.relative_to(ROOT)} imports {name}"
        for module in modules
        for name in imported_folders(module.read_text()) - MAY_IMPORT[folder] - {folder}
    }
    assert wrong == set()


def test_a_wrong_import_would_be_seen() -> None:
    source = "import json\ndef late() -> None:\n    from conformance.compare import compare\n"
    assert imported_folders(source) == {"conformance"}


def test_the_command_only_joins_groups() -> None:
    assert len((ROOT / "ethercattle.py").read_text().splitlines()) < 60
