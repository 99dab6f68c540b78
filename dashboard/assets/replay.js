// The bar of a replay. Requests are gone, not only grey: the buttons are hidden and
// disabled, `send` does nothing, and the server refuses what comes all the same.
function replay(page, s, r, steer) {
  const bar = page.querySelector(".replay");
  page.classList.toggle("replaying", Boolean(r));
  bar.hidden = !r;
  if (!r) return;
  s.steer = steer;
  if (!s.replayBuilt) buildReplay(page, bar, s);
  s.replay = r;
  for (const b of page.querySelectorAll("#bypass, #apply, #arm, #unit, #ack-all")) { b.hidden = true; b.disabled = true; }
  page.querySelector("#target").disabled = true;
  put(page.querySelector("#c-age i"), "Data age then");
  put(page.querySelector("#c-utc i"), "UTC then");
  put(page.querySelector(".nobypass span"), r.bypass);
  put(page.querySelector(".inert"), r.why);
  put(bar.querySelector(".run"), r.run);
  put(bar.querySelector(".play"), r.playing ? "Pause" : r.at_end ? "From start" : "Play");
  put(bar.querySelector(".from"), r.from); put(bar.querySelector(".to"), r.to);
  put(bar.querySelector(".doing"), r.at_end ? "at the end" : r.playing ? `playing ${r.speed} x` : "paused");
  const seek = bar.querySelector(".seek");
  seek.max = Math.ceil(r.length_s);
  if (!s.seeking) { seek.value = r.at_s; put(bar.querySelector(".when"), `${r.date}  ${r.time} UTC`); }
  const speed = bar.querySelector("select"), key = r.speeds.join();
  if (s.speedKey !== key) {
    speed.replaceChildren(...r.speeds.map((x) => { const o = el("option", "", `${x} x`); o.value = x; return o; }));
    s.speedKey = key;
  }
  if (root_active(speed) !== speed) speed.value = r.speed;
}

function buildReplay(page, bar, s) {
  s.replayBuilt = true;
  page.querySelector(".nobypass").hidden = page.querySelector(".inert").hidden = false;
  page.querySelector(".field.name").hidden = true;
  bar.querySelector(".play").addEventListener("click", () => s.steer({ do: s.replay.playing ? "pause" : "play" }));
  for (const b of bar.querySelectorAll(".step")) b.addEventListener("click", () => s.steer({ do: "step", value: Number(b.dataset.s) }));
  const speed = bar.querySelector("select");
  speed.addEventListener("change", () => { s.steer({ do: "speed", value: Number(speed.value) }); speed.blur(); });
  const seek = bar.querySelector(".seek");
  seek.addEventListener("input", () => {
    s.seeking = true;
    const into = new Date(Number(seek.value) * 1000).toISOString().slice(11, 19), days = Math.floor(seek.value / 86400);
    put(bar.querySelector(".when"), `go to ${days ? `${days} d ` : ""}${into} from the start`);
  });
  seek.addEventListener("change", () => { s.seeking = false; s.steer({ do: "seek", value: Number(seek.value) }); });
}
