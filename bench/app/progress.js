// Tells how far a job is without loading the page anew, so that nobody who listens to it is interrupted.
"use strict";
(function () {
  const place = document.querySelector("[data-state]");
  if (!place) { return; }
  const bar = place.querySelector("progress"), stage = place.querySelector("[data-stage]");
  const count = place.querySelector("[data-count]");
  let missed = 0;
  async function look() {
    try {
      const answer = await fetch(place.dataset.state, { cache: "no-store" });
      const state = await answer.json();
      missed = 0;
      if (state.finished) { window.location.reload(); return; }
      if (stage.textContent !== state.stage) { stage.textContent = state.stage; }
      count.textContent = state.total > 1 ? state.done + " / " + state.total : "";
      if (state.total > 1) { bar.max = state.total; bar.value = state.done; } else { bar.removeAttribute("value"); }
    } catch (error) {
      missed += 1;
      if (missed > 5) { place.className = "error"; place.textContent = place.dataset.lost; return; }
    }
    window.setTimeout(look, 500);
  }
  window.setTimeout(look, 300);
})();
