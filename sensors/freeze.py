"""What would notice that a device answers, but that its values stand still."""

from sensors.plantfile import Plant


def freeze_seen_by(plant: Plant, link: str) -> str:
    """Return in words what shows a freeze of a link's device: stamps, heartbeat, flatlines."""
    spec, tags = plant.links[link], plant.tags_of(link)
    read = [t for t in tags if t.direction != "setpoint"]
    seen = []
    if not spec.is_modbus and spec.time != "received":
        seen.append(f"the {spec.time} time stamps")
    if any(t.role == "plc_heartbeat" for t in read):
        seen.append("its heartbeat")
    flat = sum(t.flatline_s is not None for t in read)
    if flat:
        seen.append(f"flatline_s of {flat} of {len(read)} points")
    return ", ".join(seen) or "nothing: give its noisy points a flatline_s"
