"""An hour of the demo really sailed, for pictures whose numbers nobody made up.

The rig follows the measured voyage, the controller steers it, one process; the
hour ends now, so the page takes it for live.  A person asks for more than the
heat allows; the quench's caustic dosing is weak and the product's O2 rises.
"""

import time
from pathlib import Path
from typing import Final

from controller.config import configure
from controller.historian.journal import Journal
from controller.historian.record import Run
from seastack.bench.sail import Sailing
from seastack.departure import start_time_s
from seastack.plants.locate import locate
from sensors.plantfile import load_plant
from sim import voyages
from sim.faults import Fault
from sim.rig import Rig

HOUR_S: Final = 3600
INTO_S: Final = 900  # of the demo's own first hour: engine load falls in the middle
SECOND_NS: Final = 1_000_000_000
RUN: Final = "20260101T000000-live-1"


class SailedVoyage:
    """A journal with one sailed hour behind it that goes on, a cycle a call."""

    def __init__(self, state_dir: Path) -> None:
        config = configure(load_plant(locate("demo")))
        voyage = voyages.load("birka")
        now_ns = time.time_ns() // SECOND_NS * SECOND_NS
        start_ns = now_ns - HOUR_S * SECOND_NS
        begin_s = start_time_s(voyage, "") + INTO_S
        rig = Rig(config.plant, voyage, 1, start_ns, voyage_start_s=begin_s)
        rig.warm()
        run = Run(
            RUN, "live", config.plant.name, config.config_hash, "0.1.0", 1,
            start_ns, title=config.spec.plant.title,
        )  # fmt: skip
        self.journal = Journal(state_dir, run, config.layout, commit_every=1, patient=True)
        self.sailing = Sailing(rig, config, self.journal)
        self.sailing.ask("arm", by="2/E")
        for second in range(HOUR_S):
            self._script(second, rig)
            self.sailing.cycle()
        self.journal.flush(60)

    def _script(self, second: int, rig: Rig) -> None:
        if second == 600:
            self.sailing.ask("capture_target", {"pct": 65.0}, by="2/E")
        elif second == 1500:
            rig.inject(Fault("caustic_loss", value=0.5))
        elif second == 1620:
            self.sailing.ask("ack", {"alarm": "all"}, by="2/E")
        elif second == HOUR_S - 240:
            rig.inject(Fault("process_value", "AT-622", 34.0))

    def go_on(self) -> None:
        """Sail on until now."""
        while self.sailing.rig.t_ns < time.time_ns() - SECOND_NS // 2:
            self.sailing.cycle()
        self.journal.flush()

    def close(self) -> None:
        """End the run."""
        self.journal.close()
