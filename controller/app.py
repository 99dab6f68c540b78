"""The controller as a service: links, cycle, journal, inbox, shipper on one loop.

This is the composition root.  Everything that decides is in `cycle.step`;
here are only tasks, sockets and files, and the order in which they begin and
end.  Not for tests of control laws, and not for speed: see `seastack.bench`.
"""

import asyncio
import logging
import math
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from controller.authority import HAND_BACK_CYCLES
from controller.bypass import BypassState
from controller.bypassline import BypassLine, proof_groups
from controller.config import PlantConfig
from controller.cycle import step
from controller.doorbell import Doorbell
from controller.gather import gather, link_event, link_news
from controller.health import Notifier
from controller.historian.capping import Limits
from controller.historian.journal import DEFAULT_LIMITS, Journal
from controller.historian.record import Event, Run
from controller.inbox import Inbox
from controller.installation import new_number
from controller.leftover import resume_command
from controller.linklog import LinkLog
from controller.loopnoise import quiet_loop
from controller.pacing import Pacer
from controller.recording import record_of, sent_values
from controller.resume import ENDING, SHELL_ID
from controller.snapshot import state_to_bytes
from controller.types import Command, Health, Inputs, State
from controller.vitals import LATE_PERIODS, VitalsServer, link_vitals
from controller.writing import Writer
from sensors.clock import Clock
from sensors.driver import Driver
from sensors.link import Link, LinkState
from sensors.linkmemory import LinkMemory, Remembers, memory_file

HURRY_S = 0.05  # wall; a bypass in the inbox is seen within this where nothing tells of it
LOOK_S = 2.0  # wall; where something does, and every cycle looks besides
SNAPSHOT_EVERY = 600  # cycles between state snapshots: where a replay may begin
CLOCK_TOLERANCE_NS = 500_000_000  # UTC against monotonic time, per cycle
DAMAGE_TOLD_NS = 60_000_000_000  # damage is found in a moment: so long it makes the alarm stand

log = logging.getLogger("seastack.controller")


@dataclass(frozen=True, slots=True)
class ServiceOptions:
    """What the service is made of; `drivers` makes a fresh driver per link name."""

    config: PlantConfig
    state_dir: Path
    run: Run
    clock: Clock
    drivers: Mapping[str, Callable[[], Driver]]
    period_s: float = 1.0
    notifier: Notifier = field(default_factory=Notifier)
    limits: Limits = DEFAULT_LIMITS
    # Asked every cycle: they must not wait.
    copy_refused: Callable[[], bool] = lambda: False
    certificate_ending: Callable[[], bool] = lambda: False
    owner_id: int = 1  # of this installation; see `installation`
    health_port: int | None = None  # on loopback; None: nobody can ask
    fresh: bool = False  # take nothing over: the rig is a new one


class Service:
    """Runs the cycle until `stop` is called; then hands the rig back and ends."""

    def __init__(self, options: ServiceOptions, journal: Journal, inbox: Inbox) -> None:
        self._o, self._journal, self._inbox = options, journal, inbox
        config, clock = options.config, options.clock
        self._links = {
            name: Link(
                name,
                make,
                [t for t in config.plant.tags_of(name) if t.direction != "setpoint"],
                clock,
                period_s=options.period_s,
                on_change=partial(self._link_changed, name),
                table=config.table,
                on_news=partial(self._link_told, name),
                memory=LinkMemory(memory_file(options.state_dir, name)),
            )
            for name, make in options.drivers.items()
        }
        self._linklog = LinkLog(self._links)
        self._writer = Writer(self._links, config.table)
        self._bypass = _bypass_line(options)
        self._state = State.initial(config.table, config.control.target.capture_pct)
        self._stop = asyncio.Event()
        self._nonce = new_number()
        self._seq = 0
        self._last_t_ns = self._last_mono_ns = 0
        self._cycle_ms = 0.0
        self._news: list[Event] = []
        self._damages, self._damaged_ns = 0, -DAMAGE_TOLD_NS
        self._pacer = Pacer(clock, int(options.period_s * 1e9))

    def stop(self) -> None:
        """Ask for an orderly end after the current cycle."""
        self._stop.set()

    async def run(self) -> None:
        """Poll, cycle, journal until stopped. A task that dies ends the service."""
        vitals = VitalsServer(self.vitals, self._o.health_port or 0)
        if self._o.health_port is not None:
            await vitals.start()
        try:
            await self._run()
        finally:
            await vitals.stop()

    def vitals(self) -> dict[str, object]:
        """Return how the controller is now; see `vitals`."""
        run, journal, authority = self._o.run, self._journal, self._state.authority
        age_s = (self._o.clock.monotonic_ns() - self._last_mono_ns) * 1e-9
        late = not self._seq or age_s > LATE_PERIODS * self._o.period_s
        return {
            "ok": not late and journal.fault is None and not self._inbox.deaf,
            "version": run.version,
            "run": run.id,
            "plant": run.plant,
            "config_hash": run.config_hash,
            "cycle": {
                "seq": self._seq - 1,
                "age_s": round(age_s, 3) if self._seq else None,
                "ms": round(self._cycle_ms, 3),
                "overruns": self._pacer.overruns,
            },
            "links": {name: link_vitals(link.state) for name, link in self._links.items()},
            "journal": {
                "acknowledged": journal.acknowledged,
                "behind": self._seq - 1 - journal.acknowledged,
                "fault": journal.fault,
            },
            "inbox": {"deaf": self._inbox.deaf or None, "left_out": self._inbox.skipped},
            "authority": authority.authority.name,
            "owner_id": self._o.owner_id,
            "lease": authority.lease.name,
            "alarms_active": self._state.alarm_counts.active,
        }

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            polls = [tasks.create_task(_for_ever(link), name=n) for n, link in self._links.items()]
            polls.append(tasks.create_task(self._hurry(), name="bypass"))
            try:
                await self._cycles()
            finally:
                for poll in polls:
                    poll.cancel()

    async def _hurry(self) -> None:
        """Send a bypass that waits for the next cycle at once; the cycle judges it and goes on."""
        if self._bypass is None:
            return
        bell, written = Doorbell(self._o.state_dir), asyncio.Event()
        bell.answer(written.set)
        try:
            while True:
                if self._inbox.bypass_waiting():
                    self._bypass.ask(True)
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_S if bell.works else HURRY_S):
                        await written.wait()
                written.clear()
        finally:
            bell.close()

    async def _cycles(self) -> None:
        now_ns = self._o.clock.now_ns()
        before = None
        if self._o.fresh:
            self._inbox.poll()  # what nobody heard was meant for another rig
        else:
            before = resume_command(self._o.state_dir, self._o.config.plant.name, now_ns)
        first = [*([before] if before else []), *self._inbox.missed()]
        if before and "damage" in before.args:
            self._damaged_ns = self._o.clock.monotonic_ns()
        t_ns = await self._pacer.next()
        while not self._stop.is_set():
            await self._cycle(t_ns, [*first, *self._heard(t_ns)])
            if self._seq == 1:
                self._o.notifier.ready()
                self._o.notifier.status(f"run {self._o.run.id}, plant {self._o.run.plant}")
            first = []
            self._o.notifier.alive()
            t_ns = await self._pacer.next()
        self._o.notifier.stopping()
        goodbye = [Command(SHELL_ID, "disarm", "shutdown", t_ns, {ENDING: 1.0})]
        for _ in range(HAND_BACK_CYCLES):  # one lost block must not keep the rig
            await self._cycle(t_ns, goodbye)
            goodbye = []
            t_ns = await self._pacer.next()
        await self._writer.finish()
        if self._bypass is not None:
            await self._bypass.close()
        if self._state.unit.bypass_since_ns:
            log.warning(
                "a bypass was asked for and is not proven: use the panel; the next start asks"
            )
        self._linklog.tell(math.inf)

    def _heard(self, t_ns: int) -> list[Command]:
        """Return the requests to judge now; what of the inbox was none goes into the journal."""
        commands = self._inbox.poll()
        for text in self._inbox.news():
            self._news.append(Event(self._seq, t_ns, "system", "inbox", "NOTICE", text))
        return commands

    def _damaged(self) -> bool:
        """Return whether damage was found a moment ago, at the start or by the writer."""
        now_ns, found = self._o.clock.monotonic_ns(), self._journal.damages
        if found != self._damages:
            self._damages, self._damaged_ns = found, now_ns
        return now_ns - self._damaged_ns < DAMAGE_TOLD_NS

    async def _cycle(self, t_ns: int, commands: list[Command]) -> None:
        began_ns = self._o.clock.monotonic_ns()
        inputs = self._inputs(t_ns, commands)
        clock_ok = self._clock_ok(t_ns, began_ns)
        self._state, outputs = step(self._state, inputs, self._o.config)
        sent = sent_values(self._o.config, outputs)
        self._writer.send(sent)
        if self._bypass is not None:
            self._bypass.ask(outputs.bypass)
            self._bypass.watch(self._state.bypass.state is not BypassState.NONE)
        record = record_of(self._o.config, inputs, outputs, sent, began_ns, clock_ok)
        news, self._news = self._news, []
        snapshot = state_to_bytes(self._state) if self._seq % SNAPSHOT_EVERY == 0 else None
        self._journal.append(record, [*news, *outputs.events], snapshot)
        self._seq += 1
        self._last_t_ns, self._last_mono_ns = t_ns, began_ns
        self._linklog.tell(time.monotonic())
        self._cycle_ms = (self._o.clock.monotonic_ns() - began_ns) / 1e6

    def _inputs(self, t_ns: int, commands: list[Command]) -> Inputs:
        period_ns = int(self._o.period_s * 1e9)
        dt_ns = self._o.clock.monotonic_ns() - self._last_mono_ns if self._seq else period_ns
        # Whole milliseconds: what the record can hold is what the cycle saw.
        dt_ns = max(1, round(dt_ns / 1e6)) * 1_000_000
        health = Health(
            self._cycle_ms,
            self._pacer.overruns,
            self._journal.fault is not None,
            self._o.copy_refused(),
            self._journal.used_pct,
            self._o.certificate_ending(),
            bool(self._inbox.deaf),
            self._damaged(),
        )
        return Inputs(
            seq=self._seq,
            t_ns=t_ns,
            dt_ns=dt_ns,
            raw=gather(self._o.config.table, self._links.values(), t_ns, self._bypass),
            commands=tuple(commands),
            written_last=self._writer.written(),
            health=health,
            owner_id=self._o.owner_id,
            nonce=self._nonce,
        )

    def _clock_ok(self, t_ns: int, mono_ns: int) -> bool:
        if not self._seq:
            return True
        drift = (t_ns - self._last_t_ns) - (mono_ns - self._last_mono_ns)
        return abs(drift) < CLOCK_TOLERANCE_NS

    def _link_changed(self, name: str, state: LinkState) -> None:
        self._linklog.changed(name, state, time.monotonic())
        self._news.append(link_event(name, state, self._seq, self._o.clock.now_ns()))

    def _link_told(self, name: str, text: str) -> None:
        log.warning("link %s: %s", name, text)
        self._news.append(link_news(name, text, self._seq, self._o.clock.now_ns()))


def _bypass_line(options: ServiceOptions) -> BypassLine | None:
    """Return the connections a bypass has to itself; None where it shares its link's."""
    config = options.config
    tag = config.table[config.bypass_tag]
    link = tag.source.link
    if config.plant.links[link].bypass_line == "shared":
        return None
    groups = proof_groups(config.plant, link)
    make = partial(_recalling, options, link)
    return BypassLine(make, tag, groups, config.table, options.clock)


def _recalling(options: ServiceOptions, link: str) -> Driver:
    """Return a driver that knows of its device what the link knows."""
    driver = options.drivers[link]()
    if isinstance(driver, Remembers):
        driver.recall(LinkMemory(memory_file(options.state_dir, link), read_only=True))
    return driver


async def _for_ever(link: Link) -> None:
    """Run a link; raise RuntimeError should it end by itself: a task group would not tell."""
    try:
        await link.run()
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
    raise RuntimeError(f"link {link.name} ended by itself")


def serve(options: ServiceOptions, stop_with: Callable[[Callable[[], None]], None]) -> None:
    """Run the service until stopped, in a state directory that the caller holds.

    `stop_with` is given the function that stops it, to bind to signals once
    the loop runs.  Whatever ends a task ends the service with that exception.
    """
    limits = options.limits
    journal = Journal(options.state_dir, options.run, options.config.layout, limits=limits)
    try:
        asyncio.run(_serve(options, journal, stop_with))
    finally:
        journal.close()


async def _serve(
    options: ServiceOptions, journal: Journal, stop_with: Callable[[Callable[[], None]], None]
) -> None:
    quiet_loop()
    service = Service(options, journal, Inbox(options.state_dir))
    loop = asyncio.get_running_loop()

    def stop() -> None:
        loop.call_soon_threadsafe(service.stop)

    stop_with(stop)
    await service.run()
