// Enlarges a part of the steps of a plot. Without it the page says all that it says; this only looks closer.
"use strict";
document.documentElement.classList.add("scripted");
const SVG = "http://www.w3.org/2000/svg";

function ticks(low, high) {
  const rough = (high - low) / 7, unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * unit).find((one) => one >= rough * 0.999);
  const found = [];
  for (let at = Math.ceil(low / step - 1e-6); at * step <= high * (1 + 1e-9); at++) found.push(at * step);
  return found;
}

for (const plot of document.querySelectorAll("svg.plot")) {
  const [low, high] = plot.dataset.x.split(" ").map(Number);
  const [left, top, wide, tall] = plot.dataset.plane.split(" ").map(Number);
  const plane = plot.querySelector(".plane"), marks = plot.querySelector(".ticks");
  const viewHeight = plane.viewBox.baseVal.height;
  let from = low, to = high, begun = null, chosen = null;

  function show(start, end) {
    const least = Math.min(10, high - low), span = Math.min(Math.max(end - start, least), high - low);
    from = Math.min(Math.max(low, start), high - span);
    to = from + span;
    plane.setAttribute("viewBox", `${from} 0 ${span} ${viewHeight}`);
    marks.replaceChildren(...ticks(from, to).map((value) => {
      const text = document.createElementNS(SVG, "text");
      text.setAttribute("x", left + (value - from) / span * wide);
      text.setAttribute("y", top + tall + 15);
      text.setAttribute("text-anchor", "middle");
      text.textContent = Math.abs(value) >= 10000 ? `${+(value / 1000).toFixed(2)}k` : +value.toFixed(2);
      return text;
    }));
  }

  function place(event) {  // units of the figure
    const box = plot.getBoundingClientRect();
    return Math.min(Math.max((event.clientX - box.left) / box.width * plot.viewBox.baseVal.width, left), left + wide);
  }
  const step = (x) => from + (x - left) / wide * (to - from);

  plot.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    begun = place(event);
    chosen = plot.appendChild(document.createElementNS(SVG, "rect"));
    for (const [name, value] of [["y", top], ["height", tall], ["fill", "currentColor"], ["opacity", 0.2]])
      chosen.setAttribute(name, value);
    plot.setPointerCapture(event.pointerId);
  });
  plot.addEventListener("pointermove", (event) => {
    if (begun === null) return;
    chosen.setAttribute("x", Math.min(begun, place(event)));
    chosen.setAttribute("width", Math.abs(place(event) - begun));
  });
  const ended = (event) => {
    if (begun === null) return;
    const ends = [begun, place(event)].sort((one, two) => one - two);
    chosen.remove();
    begun = null;
    if (event.type === "pointerup" && ends[1] - ends[0] > 6) show(step(ends[0]), step(ends[1]));
  };
  plot.addEventListener("pointerup", ended);
  plot.addEventListener("pointercancel", ended);
  plot.addEventListener("dblclick", () => show(low, high));

  const [closer, farther, whole] = plot.closest("figure").querySelectorAll(".zoom button");
  const around = (factor) => {
    const middle = (from + to) / 2, half = (to - from) / 2 * factor;
    show(middle - half, middle + half);
  };
  closer.addEventListener("click", () => around(0.5));
  farther.addEventListener("click", () => around(2));
  whole.addEventListener("click", () => show(low, high));
}
