// A button to stop and start each moving figure, and whole pixels where a figure is not shrunk.
const reduced = matchMedia("(prefers-reduced-motion: reduce)");

for (const still of document.querySelectorAll(".figure picture source")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "motion";
  let moving = !reduced.matches;
  const show = () => {
    still.media = moving ? "print" : "all";
    button.dataset.moving = moving;
    button.textContent = moving ? "Pause" : "Play";
    button.setAttribute("aria-label", `${button.textContent} the animation`);
  };
  button.addEventListener("click", () => { moving = !moving; show(); });
  reduced.addEventListener("change", () => { moving = !reduced.matches; show(); });
  show();
  still.closest(".picture").append(button);
}

// Enlarged pixels stay sharp squares, but an image with fewer pixels on the screen than of its own
// would lose whole rows, so that one is smoothed.
const sizes = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const shown = Math.round(target.clientWidth * devicePixelRatio);
    target.classList.toggle("shrunk", shown < target.naturalWidth);
  }
});
for (const image of document.querySelectorAll(".pixelated img")) {
  sizes.observe(image);
  image.addEventListener("load", () => { sizes.unobserve(image); sizes.observe(image); });
}

// In a notebook every cell is a stop for the keyboard; only code that scrolls needs to be one.
for (const cell of document.querySelectorAll(".jp-Cell-inputWrapper")) cell.removeAttribute("tabindex");
for (const code of document.querySelectorAll(".highlight-ipynb")) code.tabIndex = 0;

// A table that is too wide scrolls, and then the keyboard has to reach it. The theme has put each
// into its box by the time the page is loaded.
const boxes = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }
});
addEventListener("load", () => {
  for (const box of document.querySelectorAll(".md-typeset__scrollwrap")) boxes.observe(box);
});

// The theme makes its search a dialog but gives it no name to read out.
document.querySelector(".md-search")?.setAttribute("aria-label", "Search");

// What is selected and copied by hand has its folded docstrings, too, as the copy button gives them.
document.addEventListener("copy", () => {
  for (const docstring of document.querySelectorAll("details.docstring:not([open])")) {
    if (getSelection().containsNode(docstring, true)) docstring.open = true;
  }
});

// A figure that can be tried live says so; what it runs on is fetched when its button is pressed.
if (document.querySelector("[data-live]")) import("../../live/ui/figures.js");
