"""The table of docs/security.md names tests that exist, and says what is not met."""

import re
from pathlib import Path

HERE = Path(__file__).parents[2]
ROWS = [r for r in (HERE / "docs" / "security.md").read_text().splitlines() if r.startswith("| SR")]


def test_each_requirement_names_tests_that_exist_or_is_not_met() -> None:
    assert len(ROWS) > 20
    for row in ROWS:
        tests = re.findall(r"`(tests/[^`]+)`", row)
        assert tests or "not met" in row or "must be told" in row, row
        assert [t for t in tests if not (HERE / t).is_file()] == []
