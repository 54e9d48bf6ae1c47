// Typesets formulas with the site's own copy of MathJax, on the pages that have any.
const formulas = [".arithmatex", ".md-nav--secondary", ".jp-RenderedMarkdown"];

// A formula wider than its column becomes a line of its own that scrolls, with the arrow keys too.
function fit() {
  for (const formula of document.querySelectorAll(".md-content .arithmatex")) {
    formula.classList.remove("wide");
    formula.removeAttribute("tabindex");
    const column = formula.closest("p, li, td, div, figcaption, summary, h1, h2, h3");
    const drawn = formula.querySelector("mjx-container:not([display]), mjx-container > mjx-math");
    if (column.clientWidth && drawn?.offsetWidth > column.clientWidth) {
      formula.classList.add("wide");
      formula.tabIndex = 0;
    }
    if (formula.scrollWidth > formula.clientWidth) formula.tabIndex = 0; // by a hair, at its edges
  }
}

if (document.querySelector(".arithmatex, .jp-RenderedMarkdown")) {
  window.MathJax = {
    // Notebook pages have no arithmatex: their Markdown cells keep the dollars they were typed with.
    tex: { inlineMath: [["\\(", "\\)"], ["$", "$"]], displayMath: [["\\[", "\\]"], ["$$", "$$"]] },
    chtml: { scale: 0.92 },
    options: { enableMenu: false }, // its entries would ask for parts that the site does not have
    // Naming the elements keeps MathJax off the dollars of the prose; class rules as commonly
    // copied ("ignore all but arithmatex") also skip the paragraphs of a notebook's cells.
    startup: {
      elements: formulas,
      pageReady: async () => {
        await MathJax.startup.defaultPageReady();
        fit();
        addEventListener("resize", fit);
      },
    },
  };
  const script = document.createElement("script");
  script.src = new URL("../mathjax/tex-chtml.js", document.currentScript.src).href;
  document.head.append(script);
}
