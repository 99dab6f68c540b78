"""Compile the kernels once: run what a start runs, throw the result away."""

import time


def warm_up() -> float:
    """Compile and cache every kernel a demo needs; return the seconds it took."""
    begun = time.perf_counter()
    from seastack.plants.locate import locate
    from sensors.plantfile import load_plant
    from sim import voyages
    from sim.rig import Rig

    voyage = voyages.load("birka")
    rig = Rig(load_plant(locate("demo")), voyage, seed=1, start_ns=int(voyage.start_s * 1e9))
    rig.warm()
    rig.step()
    rig.optimum()
    return time.perf_counter() - begun
