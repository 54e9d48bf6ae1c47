// A button to stop and start each moving figure. Its still comes first: the animation is loaded
// when the rest of the page is there and the figure is in sight, and shown when it is whole.
const reduced = matchMedia("(prefers-reduced-motion: reduce)");

for (const still of document.querySelectorAll(".figure picture source")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "motion";
  const picture = still.closest(".picture");
  let moving = !reduced.matches, inSight = false, whole = false;
  const load = () => {
    const animation = new Image();
    animation.src = picture.querySelector("img").src;
    animation.decode().then(() => { whole = true; show(); }, () => {}); // else the still stays
  };
  const show = () => {
    if (moving && inSight && !whole) load();
    still.media = moving && whole ? "print" : "all";
    button.dataset.moving = moving;
    button.textContent = moving ? "Pause" : "Play";
    button.setAttribute("aria-label", `${button.textContent} the animation`);
  };
  button.addEventListener("click", () => { moving = !moving; show(); });
  reduced.addEventListener("change", () => { moving = !reduced.matches; show(); });
  show();
  picture.append(button);
  const sight = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    sight.disconnect();
    inSight = true;
    show();
  });
  if (document.readyState === "complete") sight.observe(picture);
  else addEventListener("load", () => sight.observe(picture));
}

// Enlarged pixels stay sharp squares, but an image with fewer pixels on the screen than of its own
// would lose whole rows, so that one is smoothed.
// All are measured before any is changed, so that the browser lays out the page once.
const sizes = new ResizeObserver((entries) => {
  const shrunk = ({ target }) =>
    [target, Math.round(target.clientWidth * devicePixelRatio) < target.naturalWidth];
  for (const [image, smaller] of entries.map(shrunk)) image.classList.toggle("shrunk", smaller);
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
  const wide = ({ target }) => [target, target.scrollWidth > target.clientWidth];
  for (const [box, scrolls] of entries.map(wide)) {
    if (scrolls) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
});
addEventListener("load", () => {
  for (const box of document.querySelectorAll(".md-typeset__scrollwrap")) boxes.observe(box);
});

// The theme makes its search a dialog but gives it no name to read out.
document.querySelector(".md-search")?.setAttribute("aria-label", "Search");

// What is selected and copied by hand has its folded docstrings, too, as the copy button gives them,
// and formulas as TeX.
function asTex(math) {
  const dollars = math.getAttribute("display") === "block" ? "$$" : "$";
  return dollars + math.getAttribute("alttext") + dollars;
}

document.addEventListener("copy", (event) => {
  const selection = getSelection();
  for (const docstring of document.querySelectorAll("details.docstring:not([open])")) {
    if (selection.containsNode(docstring, true)) docstring.open = true;
  }
  if (!selection.rangeCount || selection.isCollapsed) return;
  const range = selection.getRangeAt(0), around = range.commonAncestorContainer;
  const within = (around.closest ? around : around.parentElement).closest("math");
  const copied = document.createElement("div");
  if (within) copied.append(asTex(within));
  else copied.append(range.cloneContents());
  const formulas = copied.querySelectorAll("math");
  if (!within && !formulas.length) return; // as the browser does it
  for (const formula of formulas) formula.replaceWith(asTex(formula));
  copied.style.cssText = "position: fixed; left: -9999px";
  document.body.append(copied); // for its lines to break as they are shown
  event.clipboardData.setData("text/plain", copied.innerText.replaceAll("\u2060", ""));
  copied.remove();
  event.preventDefault();
});

// A formula wider than its column becomes a line of its own that scrolls, with the arrow keys too.
function fit() {
  const formulas = [...document.querySelectorAll(".md-content .arithmatex")];
  for (const formula of formulas) {
    formula.classList.remove("wide");
    formula.removeAttribute("tabindex");
  }
  const isWide = (formula) => {
    const column = formula.closest("p, li, td, div, figcaption, summary, h1, h2, h3").clientWidth;
    return column && formula.querySelector("math").getBoundingClientRect().width > column;
  };
  const wide = formulas.filter((formula) => formula.matches("span") && isWide(formula));
  for (const formula of wide) formula.classList.add("wide");
  const scrolls = formulas.filter(
    ({ scrollWidth, clientWidth }) => clientWidth && scrollWidth > clientWidth,
  );
  for (const formula of scrolls) formula.tabIndex = 0;
}
addEventListener("load", fit);
addEventListener("resize", fit);

// The meaning of a term stays on the page, and Escape puts it away.
for (const term of document.querySelectorAll(".term")) {
  const show = () => {
    const tip = term.querySelector(".tip");
    term.classList.remove("dismissed");
    tip.style.translate = "";
    const over = tip.getBoundingClientRect().right - document.documentElement.clientWidth + 8;
    if (over > 0) tip.style.translate = `${-over}px`;
  };
  term.addEventListener("pointerenter", show);
  term.addEventListener("focusin", show);
}
document.addEventListener("keydown", ({ key }) => {
  if (key !== "Escape") return;
  for (const term of document.querySelectorAll(".term")) term.classList.add("dismissed");
});

// A figure that can be tried live says so; what it runs on is fetched when its button is pressed.
if (document.querySelector("[data-live]")) import("../../live/ui/figures.js");
