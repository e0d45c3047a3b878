// Sound, keys and outdated values of the live page.
const live = {
  heard: performance.now(),
  context: null,
  staleMs: 3000,

  // Browsers play sound only after a gesture on the page.
  unlock() {
    live.context ??= new AudioContext();
    live.context.resume().then(live.mark);
  },

  locked() {
    return live.context?.state !== "running";
  },

  // The gesture that starts the sound does not mute it.
  toggle() {
    localStorage.muted = live.opened || localStorage.muted === "1" ? "" : "1";
    live.opened = false;
    live.mark();
  },

  mark() {
    const muted = localStorage.muted === "1";
    document.body.classList.toggle("locked", live.locked() && !muted);
    document.body.classList.toggle("muted", muted);
    document.body.classList.toggle("loud", !live.locked() && !muted);
  },

  // Each tone is [pitch in Hz, start in s, length in s].
  play(tones) {
    live.played = tones;
    if (live.locked() || localStorage.muted === "1") return;
    const now = live.context.currentTime;
    for (const [pitch, start, length] of tones) {
      const tone = new OscillatorNode(live.context, { frequency: pitch });
      const gain = new GainNode(live.context, { gain: 0 });
      gain.gain.setValueAtTime(0, now + start);
      gain.gain.linearRampToValueAtTime(0.5, now + start + 0.01);
      gain.gain.setValueAtTime(0.5, now + start + length - 0.02);
      gain.gain.linearRampToValueAtTime(0, now + start + length);
      tone.connect(gain).connect(live.context.destination);
      tone.start(now + start);
      tone.stop(now + start + length);
    }
  },

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    document.querySelector(`button[data-key="${CSS.escape(event.key.toLowerCase())}"]`)?.click();
  },

  // Called with each state. The server sends at least one per second. Without any, no value is current.
  shown() {
    live.heard = performance.now();
    emitEvent("shown");
  },

  watch() {
    const lost = performance.now() - live.heard > live.staleMs || (window.socket && !window.socket.connected);
    document.body.classList.toggle("lost", Boolean(lost));
  },
};

for (const gesture of ["pointerdown", "keydown"]) {
  document.addEventListener(
    gesture,
    () => {
      live.opened = live.locked();
      live.unlock();
    },
    { capture: true },
  );
}
document.addEventListener("keydown", live.key);
document.addEventListener("click", (event) => {
  if (event.target.closest('[data-key="m"]')) live.toggle();
});
document.addEventListener("DOMContentLoaded", () => {
  live.mark();
  setInterval(live.watch, 250);
});
