// Two small things that HTML cannot do by itself.
"use strict";

// A slider says its value.
for (const slider of document.querySelectorAll('input[type="range"]')) {
  const output = document.querySelector(`output[for="${slider.id}"]`);
  slider.addEventListener("input", () => { output.textContent = `${slider.value} %`; });
}

// A page that is no longer live says so, rather than showing a bear awake that may not be.
const stale = document.getElementById("stale");
if (stale) {
  document.body.addEventListener("htmx:sseOpen", () => { stale.hidden = true; });
  document.body.addEventListener("htmx:sseError", () => { stale.hidden = false; });
}
