// Draws what Python worked out; decides nothing. The DOM is built once, later calls
// only set text, classes and lengths. Requests go back through one trigger.
const FROZEN_MS = 3000, UNHEARD_MS = 4000, FORGET_MS = 60000, FORGOTTEN_MS = 5000;
const TRIANGLE = '<svg viewBox="0 0 26 24"><path class="tri" d="M2 22L13 2l11 20z"/><path class="bang" d="M13 9v7M13 18v2.4"/></svg>';
const SVG = "http://www.w3.org/2000/svg";
const at = (data, path) => path.split(".").reduce((d, k) => (d == null ? d : d[k]), data);
const put = (el, text) => { if (el && el.textContent !== String(text ?? "")) el.textContent = text ?? ""; };
const el = (tag, cls, text) => { const e = document.createElement(tag); if (cls) e.className = cls; if (text != null) e.textContent = text; return e; };

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement;
  const page = root.getElementById ? root.getElementById("page") : root.querySelector("#page");
  if (!page || !data) return;
  if (!page.seastack) page.seastack = start(page);
  const s = page.seastack;
  s.data = data;
  // A replay has no way to ask for anything: see replay.js.
  const press = outbox(s, data.heard, setTriggerValue);
  s.send = data.replay ? () => {} : (kind, args) => press("request", { kind, args, by: s.who.value.trim() });
  stopped(page, data.banner.silent);
  replay(page, s, data.replay, (order) => press("steer", order));
  arm(page, s);
  bind(page, data);
  banner(page, data.banner);
  page.classList.toggle("dead", data.banner.dead);
  page.classList.toggle("silent", data.banner.silent);
  locked(page, data.banner.silent || Boolean(data.replay));
  document.documentElement.dataset.seastack = data.banner.dead ? "dead" : "live";   // the charts are outside
  headline(page, data.head);
  witnesses(page.querySelector(".wit .rows"), data.wit);
  numbers(page.querySelector(".nums"), data.nums);
  alarms(page, s, data.alarms);
  mimic(page, data.mimic);
  commands(page, s, data.cmd);
  bypass(page, s, data.bypass);
}

// Of two quick presses the server may get only the later message: so each message holds
// all presses it has not heard yet (presses.py). What is too old is never sent again.
function outbox(s, heard, setTriggerValue) {
  return (trigger, what) => {
    const now = performance.now();
    s.n = Math.max(heard, s.n ?? 0) + 1;
    s.presses = (s.presses ?? []).filter((p) => p.what.n > heard && now - p.at < FORGOTTEN_MS);
    s.presses.push({ at: now, what: { ...what, n: s.n } });
    setTriggerValue(trigger, { presses: s.presses.map((p) => p.what), nonce: Date.now() });
  };
}

// A page that is not fed says so itself: nobody else can.
function arm(page, s) {
  clearTimeout(s.timer);
  s.fed = Date.now();
  clearInterval(s.ticker);
  page.classList.remove("frozen");
  s.timer = setTimeout(() => {
    page.classList.add("frozen");
    document.documentElement.dataset.seastack = "frozen";
    locked(page, true);
    stopped(page, true);
    put(page.querySelector("#c-alarms b"), "unknown");
    put(page.querySelector(".alarms h2 span"), s.data.alarms.rows.length ? "Alarms: last known" : "Alarms: unknown");
    const say = () => {
      const age = `${Math.round((Date.now() - s.fed) / 1000)} s`;
      banner(page, { title: `This page is frozen: nothing new for ${age}.`, text: `Values below are old. ${s.data.panel}` });
      put(page.querySelector("#c-age b"), age);
      bypass(page, s, s.data.bypass);
    };
    say();
    s.ticker = setInterval(say, 1000);
  }, FROZEN_MS);
}

// Nobody is there to answer: only the bypass may be pressed all the same.
function locked(page, on) {
  for (const id of ["#apply", "#arm", "#stay", "#unit", "#target"]) page.querySelector(id).disabled = on;
}

// The clock is the last record's: it must not pass for the time.
function stopped(page, on) {
  put(page.querySelector("#c-utc i"), on ? "UTC, stopped" : "UTC");
  page.querySelector("#c-utc").classList.toggle("stopped", on);
}

function start(page) {
  const s = { who: page.querySelector("#who"), open: null, pressed: 0 };
  try { s.who.value = localStorage.getItem("seastack.name") ?? ""; } catch { /* storage may be switched off */ }
  s.who.addEventListener("change", () => { try { localStorage.setItem("seastack.name", s.who.value.trim()); } catch { /* as above */ } });
  // Streamlit's own one-letter shortcuts must not fire while somebody types here.
  for (const input of page.querySelectorAll("input")) input.addEventListener("keydown", (e) => e.stopPropagation());
  const target = page.querySelector("#target");
  target.addEventListener("input", () => { s.edited = true; });
  page.querySelector("#apply").addEventListener("click", () => {
    if (!target.checkValidity() || target.value === "") { target.reportValidity(); return; }
    if (!named(page, s)) return;
    s.edited = false;
    ask("capture_target", { pct: Number(target.value) });
  });
  const ask = (kind, args) => {
    if (!named(page, s)) return;
    s.send(kind, args);
    put(page.querySelector("#verdict"), "Asked, waiting for the controller");
    s.waiting = Date.now();
  };
  page.querySelector("#arm").addEventListener("click", () => ask(s.data.cmd.armed ? "disarm" : "arm", {}));
  page.querySelector("#stay").addEventListener("click", () => ask("disarm", {}));
  page.querySelector("#unit").addEventListener("click", () => ask("unit", { state: s.data.cmd.unit_ask }));
  page.querySelector("#ack-all").addEventListener("click", () => s.send("ack", { alarms: s.data.alarms.rows.filter((r) => r.unacked).map(occurrence) }));
  page.querySelector("#bypass").addEventListener("click", () => {
    s.pressed = Date.now();
    s.bypassSeen = s.data.bypass.verdict_id;
    bypass(page, s, s.data.bypass);
    s.send("bypass", {});
    setTimeout(() => bypass(page, s, s.data.bypass), UNHEARD_MS + 50);   // also when the page is frozen
  });
  return s;
}

function named(page, s) {
  const ok = s.who.value.trim() !== "";
  s.who.classList.toggle("miss", !ok);
  if (!ok) { s.who.focus(); put(page.querySelector("#verdict"), "Who asks? Enter your name"); }
  return ok;
}

function bind(page, data) {
  for (const e of page.querySelectorAll("[data-t]")) put(e, at(data, e.dataset.t));
  for (const e of page.querySelectorAll("[data-c]")) {
    e.dataset.base ??= e.getAttribute("class") ?? "";
    const cls = `${e.dataset.base} ${at(data, e.dataset.c) ?? ""}`.trim();
    if (e.getAttribute("class") !== cls) e.setAttribute("class", cls);
  }
}

function banner(page, b) {
  const box = page.querySelector(".banner");
  box.classList.toggle("show", Boolean(b.title));
  put(box.querySelector("b"), b.title);
  put(box.querySelector("span"), b.text);
}

function headline(page, h) {
  const place = (sel, left, width) => {
    const e = page.querySelector(sel);
    e.style.display = left == null ? "none" : "";
    if (left != null) { e.style.left = `${left}%`; if (width != null) e.style.width = `${width}%`; }
  };
  place(".bar .fill", h.pct == null ? null : 0, h.pct);
  place(".bar .whisker", h.lo, h.hi - h.lo);
  place(".bar .target", h.target);
  place(".bar .possible", h.possible);
  place(".at-target", h.target == null ? null : Math.min(84, Math.max(16, h.target)));
}

function witnesses(box, wit) {
  while (box.children.length < wit.rows.length) { const w = el("div", "w"); w.innerHTML = "<span></span><div class=ax><s></s><u></u></div><b></b>"; box.append(w); }
  wit.rows.forEach((r, i) => {
    const w = box.children[i];
    w.className = `w ${r.class}`;
    put(w.children[0], r.name);
    const [line, dot] = w.children[1].children;
    if (r.mid != null) { line.style.left = `${r.lo}%`; line.style.width = `${r.hi - r.lo}%`; dot.style.left = `${r.mid}%`; }
    put(w.children[2], r.text);
    if (r.letter) w.children[2].append(el("span", "flag", r.letter));
  });
}

function numbers(box, nums) {
  while (box.children.length < nums.length) { const n = el("div", "n"); n.append(el("i"), el("b"), el("em")); box.append(n); }
  nums.forEach((n, i) => {
    const c = box.children[i];
    c.className = `n ${n.class}`;
    put(c.children[0], n.label); put(c.children[1], n.value); put(c.children[2], n.unit + (n.letter ? ` · ${n.letter}` : ""));
  });
}

function alarms(page, s, a) {
  const list = page.querySelector(".alarms .list");
  page.querySelector("#ack-all").style.display = a.unacked && !s.data.replay ? "" : "none";
  const key = JSON.stringify([a.rows, s.open]);
  page.querySelector(".cards").classList.toggle("grow", a.rows.some((r) => r.id === s.open));
  list.onscroll = () => more(page, list);
  requestAnimationFrame(list.onscroll);
  if (key === s.alarmKey) return;      // keep hover, focus and scroll while nothing changed
  s.alarmKey = key;
  list.replaceChildren(...a.rows.map((r) => alarmRow(page, s, r)));
}

// What does not fit is counted: nobody scrolls to an alarm nobody told of.
function more(page, list) {
  const end = list.getBoundingClientRect().bottom + 2;
  const n = [...list.children].filter((r) => r.getBoundingClientRect().bottom > end).length;
  put(page.querySelector(".alarms .more"), n ? `▾ ${n} more below` : "");
}

// What is acknowledged is what was shown, not one that was raised since.
function occurrence(r) {
  return { id: r.id, raised_ms: r.raised_ms };
}

function alarmRow(page, s, r) {
  const row = el("div", `row p${r.priority} ${r.class} ${s.open === r.id ? "open" : ""}`);
  row.tabIndex = 0;
  row.dataset.id = r.id;
  row.innerHTML = TRIANGLE;
  const words = el("div");
  words.append(el("b", "", r.title), el("small", "", r.meta));
  row.append(words);
  if (r.unacked && !s.data.replay) {
    const b = el("button", "ack", "Ack");
    b.type = "button";
    b.addEventListener("click", (e) => { e.stopPropagation(); b.disabled = true; s.send("ack", { alarms: [occurrence(r)] }); });
    row.append(b);
  }
  const dl = el("dl");
  for (const [t, d] of r.details) dl.append(el("dt", "", t), el("dd", "", d));
  row.append(dl);
  const toggle = () => { s.open = s.open === r.id ? null : r.id; alarms(page, s, s.data.alarms); };
  row.addEventListener("click", toggle);
  row.addEventListener("keydown", (e) => { e.stopPropagation(); if (e.key === "Enter" && e.target === row) toggle(); });
  return row;
}

function mimic(page, m) {
  for (const [id, r] of Object.entries(m.readouts)) readout(page.querySelector(`#ro-${id}`), r);
  for (const [id, t] of Object.entries(m.texts)) { const e = page.querySelector(`#t-${id}`); put(e, t.v); e.dataset.base ??= e.getAttribute("class"); e.setAttribute("class", `${e.dataset.base} ${t.c}`); }
  for (const [id, c] of Object.entries(m.equipment)) { const e = page.querySelector(`#eq-${id}`); e.dataset.base ??= e.getAttribute("class"); e.setAttribute("class", `${e.dataset.base} ${c}`); }
  for (const [id, c] of Object.entries(m.pipes)) page.querySelector(`#p-${id}`).classList.toggle("dry", c);
  for (const [id, f] of Object.entries(m.levels)) {
    const e = page.querySelector(`#lv-${id}`), top = Number(e.dataset.top), bottom = Number(e.dataset.bottom), h = (bottom - top) * f;
    e.setAttribute("y", bottom - h); e.setAttribute("height", h);
  }
  for (const [id, p] of Object.entries(m.profiles)) profile(page.querySelector(`#pf-${id}`), p);
}

function readout(g, r) {
  g.setAttribute("class", `ro ${r.c}`);
  put(g.querySelector(".v"), r.v); put(g.querySelector(".u"), r.u); put(g.querySelector(".q"), r.q);
  const needle = g.querySelector(".needle"), band = g.querySelector(".normal"), w = Number(g.dataset.w);
  if (needle) { needle.style.display = r.p == null ? "none" : ""; if (r.p != null) needle.setAttribute("x", r.p * w - 1.5); }
  if (band) { band.style.display = r.b == null ? "none" : ""; if (r.b) { band.setAttribute("x", r.b[0] * w); band.setAttribute("width", Math.max(0, (r.b[1] - r.b[0]) * w)); } }
}

function profile(g, points) {
  const line = g.querySelector("polyline");
  line.setAttribute("points", points.filter((p) => !p[2]).map((p) => `${p[0]},${p[1]}`).join(" "));
  const dots = g.querySelectorAll("circle");
  points.forEach((p, i) => {
    const c = dots[i] ?? g.appendChild(document.createElementNS(SVG, "circle"));
    c.setAttribute("cx", p[0]); c.setAttribute("cy", p[1]); c.setAttribute("r", 3.2); c.setAttribute("class", p[2] ? "q" : "");
  });
}

function commands(page, s, cmd) {
  const target = page.querySelector("#target");
  page.querySelector("#stay").hidden = !cmd.stay;
  target.min = cmd.lo; target.max = cmd.hi;
  if (!s.edited && root_active(target) !== target && cmd.target != null) target.value = cmd.target;
  if (s.waiting && (cmd.verdict_id !== s.verdictId || Date.now() - s.waiting > 8000)) {
    if (cmd.verdict_id === s.verdictId) put(page.querySelector("#verdict"), "No answer from the controller");
    s.waiting = 0;
  }
  if (!s.waiting && cmd.verdict_id !== s.verdictId) { put(page.querySelector("#verdict"), cmd.verdict); page.querySelector("#verdict").title = cmd.verdict; s.verdictId = cmd.verdict_id; }
}
const root_active = (e) => e.getRootNode().activeElement;

// A press is this browser's own until the controller tells of a bypass; from then on its word stands.
function bypass(page, s, b) {
  const button = page.querySelector("#bypass");
  const nobody = b.silent || page.classList.contains("frozen");   // old words prove nothing
  const waited = Date.now() - s.pressed, heard = b.verdict_id !== s.bypassSeen;
  if (!nobody && (b.taken || waited > FORGET_MS)) s.pressed = 0;
  const [state, title, text] = s.pressed && (nobody || (!heard && waited > UNHEARD_MS)) ? ["unheard", "Not confirmed", "use the panel"]
    : s.pressed ? ["sent", "Bypass asked", heard ? "controller has it, PLC next" : "sent"]
    : nobody ? ["", "Bypass now", "nobody hears: use the panel"]
    : [b.class, b.title, b.text];
  button.className = `bypass ${state}`;
  put(button.children[0], title);
  put(button.children[1], text);
}
