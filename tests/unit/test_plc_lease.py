"""Lease timing of the simulated PLC, to the scan."""

import pytest

from sim.plc_lease import Lease, Reject


def held(owner: int = 7) -> Lease:
    lease = Lease(timeout_s=4.0)
    lease.scan(0.0, 0, 0, 0, remote=True)
    lease.scan(1.0, 1, owner, 1, remote=True)
    assert lease.owner == owner
    assert lease.granted
    return lease


def test_an_id_alone_or_a_standing_counter_is_no_request() -> None:
    lease = Lease()
    for t in range(10):
        lease.scan(float(t), t, 7, 5, remote=True)
    assert lease.owner == 0


def test_a_changed_counter_with_an_id_is_granted_and_lives_on_heartbeats() -> None:
    lease = held()
    for t in range(2, 60):
        lease.scan(float(t), t, 7, 1, remote=True)
    assert lease.owner == 7
    assert not lease.lost


@pytest.mark.parametrize("scan_s", [0.1, 0.5, 1.0])
def test_a_silent_owner_loses_it_after_four_seconds(scan_s: float) -> None:
    lease = held()
    t = 1.0
    while lease.owner:
        t += scan_s
        lease.scan(t, 1, 7, 1, remote=True)
    assert 4.0 - 1e-6 <= t - 1.0 < 4.0 + scan_s
    assert lease.lost
    assert lease.lost_at_s == t


def test_a_heartbeat_that_returns_does_not_bring_the_lease_back() -> None:
    lease = held()
    lease.scan(6.0, 1, 7, 1, remote=True)
    for t in range(7, 20):
        lease.scan(float(t), t, 7, 1, remote=True)
    assert lease.owner == 0
    assert lease.lost
    lease.scan(20.0, 20, 7, 2, remote=True)
    assert lease.owner == 7
    assert not lease.lost


def test_owner_zero_hands_back_at_once_and_is_no_loss() -> None:
    lease = held()
    lease.scan(2.0, 2, 0, 1, remote=True)
    assert lease.owner == 0
    assert lease.handed_back
    assert not lease.lost


def test_another_id_cannot_take_or_keep_alive_a_live_lease() -> None:
    lease = held()
    lease.scan(2.0, 2, 9, 2, remote=True)
    assert lease.owner == 7
    assert lease.reject is Reject.OTHER_OWNER
    for t in range(3, 6):
        lease.scan(float(t), t, 9, 2, remote=True)
    assert lease.owner == 0  # 9's heartbeats are not 7's
    assert lease.lost


def test_the_key_in_local_refuses_and_takes_back() -> None:
    lease = held()
    lease.scan(2.0, 2, 7, 1, remote=False)
    assert lease.owner == 0
    assert lease.reject is Reject.KEY_LOCAL
    lease.scan(3.0, 3, 7, 2, remote=False)
    assert lease.owner == 0
    assert lease.reject is Reject.KEY_LOCAL
