"""What the shell knows about itself becomes an alarm, and goes again."""

import pytest

from controller.types import Health
from tests.unit.bench_rig import BenchRig


@pytest.mark.parametrize(
    ("alarm", "health"),
    [
        ("journal_fault", Health(journal_fault=True)),
        ("copy_refused", Health(copy_refused=True)),
        ("certificate_ending", Health(certificate_ending=True)),
        ("inbox_deaf", Health(inbox_deaf=True)),
        ("journal_damaged", Health(journal_damaged=True)),
        ("journal_filling", Health(journal_used_pct=81.0)),
    ],
)
def test_trouble_is_an_alarm_and_control_goes_on(alarm: str, health: Health) -> None:
    rig = BenchRig()
    rig.run(30)
    rig.health = health
    rig.run(30)
    assert rig.saw(alarm, "ACTIVE")
    rig.health = Health()
    rig.run(30)
    assert rig.saw(alarm, "CLEARED")
