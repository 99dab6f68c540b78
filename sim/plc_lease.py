"""Who may move the set-points: the lease between the rig's PLC and one controller.

A controller asks by writing its own id and a changed request counter; it keeps the lease
by changing its heartbeat.  A heartbeat that stands still for `timeout_s` loses the lease;
a new change of the counter is needed to get it back.  Times are plant seconds.
"""

from dataclasses import dataclass
from enum import IntEnum


class Reject(IntEnum):
    """Why the PLC turned something down (HS-REJECT)."""

    NONE = 0
    NO_LEASE = 1
    KEY_LOCAL = 2
    LIMITS = 3
    RATE = 4
    NOT_PERMITTED = 5
    STALE_SEQUENCE = 6
    OTHER_OWNER = 7


@dataclass(slots=True)
class Lease:
    """The lease as the PLC sees it; `owner` 0 means the rig is under local control."""

    timeout_s: float = 4.0
    owner: int = 0
    lost: bool = False
    lost_at_s: float = 0.0
    reject: Reject = Reject.NONE
    granted: bool = False  # this scan
    handed_back: bool = False  # this scan
    _request: int | None = None
    _beat: int | None = None
    _beat_at_s: float = 0.0

    def scan(self, t_s: float, beat: int, owner_id: int, request: int, remote: bool) -> None:
        """Judge the registers of this scan; results are the attributes.

        The counter and heartbeat found at the first scan are only a baseline: a PLC that
        restarted owns the rig until somebody asks again.
        """
        self.granted = self.handed_back = False
        asked = self._request is not None and request != self._request
        self._request = request
        if self.owner:
            self._keep(t_s, beat, owner_id, remote)
        if asked and owner_id and not self.owner:
            self._grant(t_s, beat, owner_id, remote)
        elif asked and owner_id and owner_id != self.owner:
            self.reject = Reject.OTHER_OWNER

    def _keep(self, t_s: float, beat: int, owner_id: int, remote: bool) -> None:
        if not remote:
            self.owner = 0
            self.reject = Reject.KEY_LOCAL
            return
        if owner_id == 0:
            self.owner = 0
            self.handed_back = True
            return
        if owner_id == self.owner and beat != self._beat:
            self._beat, self._beat_at_s = beat, t_s
        # A beat was written up to one scan before it was seen: so not ">".
        if t_s - self._beat_at_s >= self.timeout_s - 1e-6:
            self.owner = 0
            self.lost, self.lost_at_s = True, t_s

    def _grant(self, t_s: float, beat: int, owner_id: int, remote: bool) -> None:
        if not remote:
            self.reject = Reject.KEY_LOCAL
            return
        self.owner, self.granted, self.lost = owner_id, True, False
        self.reject = Reject.NONE
        self._beat, self._beat_at_s = beat, t_s
