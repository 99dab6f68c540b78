"""The law of alarms, checked from outside on every cycle of a run.

A value beyond its limit for the delay and a second more, known now and never
known to be inside meanwhile, is an active alarm, or one at least as urgent that
is its cause is active.  And an alarm clears only after its value was known to
be back inside, or its rule did not apply, for its off-delay.

It keeps its own books: of the alarms it reads only which are active.
"""

from controller.alarmspec import Rule
from controller.authority import Authority
from sensors.quality import BAD_MASK, Quality, Reason
from tests.unit.bench_rig import BenchRig

S = 1_000_000_000
NAN = float("nan")
IN_HAND = int(Reason.CALIBRATING | Reason.MAINTENANCE | Reason.FORCED)
SILENT = int(Reason.LINK | Reason.HEARTBEAT | Reason.FIRST_READ | Reason.UNSET)


class Law:
    """Watches a rig; `watch` after every cycle raises AssertionError where the law is broken."""

    def __init__(self, rig: BenchRig) -> None:
        self.rig = rig
        self.priority = {r.id: r.priority for r in rig.plant.rules}
        for group in rig.plant.link_faults:
            self.priority[group.rule.id] = group.rule.priority
        self.beyond: dict[str, int] = {}  # since when, never known to be inside since
        self.inside: dict[str, int] = {}  # known to be inside, or not applying, since
        self.raised: set[str] = set()
        self.told = 0

    def watch(self) -> None:
        """Judge the cycle that was just run."""
        state = self.rig.state
        cleared = {
            s for k, s, st in self.rig.events[self.told :] if (k, st) == ("alarm", "CLEARED")
        }
        self.told = len(self.rig.events)
        for rule in self.rig.plant.rules:
            self._judge(rule, self._value(rule), self._applies(rule), cleared)
        for channel, rule in self.rig.plant.faults.items():
            self._judge(rule, self._fault(channel), True, cleared)
        self.raised |= {key for key, alarm in state.alarms.items() if alarm.active}

    def run(self, seconds: int) -> None:
        """Run and watch."""
        for _ in range(seconds):
            self.rig.run(1)
            self.watch()

    def _judge(self, rule: Rule, value: float, applies: bool, cleared: set[str]) -> None:
        t_ns, known = self.rig.state.steady_ns, value == value
        trips = known and (value > rule.limit if rule.high else value < rule.limit)
        back = known and (value <= rule.reset if rule.high else value >= rule.reset)
        if not applies or (known and not trips):
            self.beyond.pop(rule.id, None)
        elif trips:
            since = self.beyond.setdefault(rule.id, t_ns)
            if t_ns - since >= rule.on_ns + S:
                assert self._stands(rule), (rule.id, value, (t_ns - since) / S)
        if back or not applies:
            since = self.inside.setdefault(rule.id, t_ns)
            assert rule.id not in cleared or t_ns - since >= rule.off_ns, (rule.id, value)
        else:
            self.inside.pop(rule.id, None)
            assert rule.id not in cleared, (rule.id, value, "cleared without being known inside")

    def _stands(self, rule: Rule) -> bool:
        alarms = self.rig.state.alarms
        urgent = (c for c in rule.parents if self.priority[c] <= rule.priority)
        return any(alarms[key].active for key in (rule.id, *urgent) if key in alarms)

    def _applies(self, rule: Rule) -> bool:
        state = self.rig.state
        armed = state.authority.authority is Authority.ARMED
        return {"always": True, "capturing": state.capturing, "armed": armed}[rule.when]

    def _value(self, rule: Rule) -> float:
        """Return what is known for a rule: GOOD, or doubtful and beyond."""
        assert self.rig.outputs is not None
        if rule.channel < 0:
            return float(self.rig.outputs.calc[rule.signal])
        image = self.rig.outputs.checked
        quality, reason = int(image.quality[rule.channel]), int(image.reason[rule.channel])
        value = float(image.value[rule.channel])
        if quality == Quality.GOOD:
            return value
        if quality == Quality.BAD or reason & IN_HAND:
            return NAN
        return value if (value > rule.limit if rule.high else value < rule.limit) else NAN

    def _fault(self, channel: int) -> float:
        assert self.rig.outputs is not None
        reason = int(self.rig.outputs.checked.reason[channel])
        if reason & SILENT:
            return NAN
        return 1.0 if reason & BAD_MASK else 0.0
