"""Every page of the site as a reader's browser shows it."""

import re
from pathlib import Path

import pytest
from mkdocs.config import load_config

ROOT = Path(__file__).parents[2]
SIZES = {"phone": (390, 844), "tablet": (820, 1180), "desktop": (1280, 900)}
AT_ONCE = "* { transition: none !important }"
"""A style: what changes does so at once, and is not measured on its way."""

HEAVIEST = 1_000_000
"""Bytes of a page before its lazy images, as a host sends them: text compressed."""


def sources(nav: list) -> list[str]:
    """The files of a nav, those of its sections among them."""
    entries = [entry for section in nav for entry in section.values()]
    return [s for e in entries for s in ([e] if isinstance(e, str) else sources(e))]


def paths() -> list[str]:
    """The addresses of the pages in the nav."""
    nav = sources(load_config(str(ROOT / "mkdocs.yml")).nav)
    there = [source for source in nav if (ROOT / "docs" / source).is_file()]
    plain = [source.rpartition(".")[0].removesuffix("index") for source in there]
    return [s + "/" if s and not s.endswith("/") else s for s in plain]


LOOK = """async () => {
  const faults = [];
  for (const image of document.querySelectorAll("article img")) {
    for (let tries = 0; tries < 100; tries++) { // a figure may begin to move at this moment
      image.scrollIntoView();
      const late = new Promise((resolve) => setTimeout(resolve, 1000, 0)); // decode() may hang then
      if (await Promise.race([image.decode().then(() => image.naturalWidth, () => 0), late])) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    if (!image.naturalWidth) faults.push(`broken image ${image.src}`);
    if (!image.alt.trim()) faults.push(`no alt text: ${image.src}`);
    const { width, height } = image.getBoundingClientRect();
    const stated = image.getAttribute("width") / image.getAttribute("height");
    if (!(Math.abs(width - height * stated) <= 2))
      faults.push(`without its size or out of proportion: ${image.src}`);
    const hero = image.fetchPriority === "high" || image.src.startsWith("data:");
    if (image.loading !== "lazy" && !hero) faults.push(`not lazy: ${image.src}`);
  }
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth > clientWidth) faults.push(`${scrollWidth} px wide on ${clientWidth}`);
  const scrolls = (element) => element && !element.matches("article") && (
    getComputedStyle(element).overflowX !== "visible" || scrolls(element.parentElement));
  for (const element of document.querySelectorAll("article *")) {
    const { right, width } = element.getBoundingClientRect();
    if (width && right > clientWidth + 1 && !scrolls(element))
      faults.push(`sticks out: ${element.outerHTML.slice(0, 80)}`);
  }
  let level = 0;
  const headings = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")];
  for (const heading of headings) {
    const next = Number(heading.tagName[1]);
    if (next > level + 1) faults.push(`h${level} is followed by "${heading.textContent}"`);
    level = next;
  }
  const first = headings.filter((heading) => heading.tagName === "H1").length;
  if (first !== 1) faults.push(`${first} first-level headings`);
  for (const link of document.querySelectorAll("a[href*='#']")) {
    const target = decodeURIComponent(link.hash.slice(1));
    const here = link.href.split("#")[0] === location.href.split("#")[0];
    if (here && target && !document.getElementById(target)) faults.push(`no #${target}`);
  }
  for (const formula of document.querySelectorAll(".arithmatex, .jp-RenderedMarkdown")) {
    const raw = /\\\\\\(|\\\\\\[|\\$/.test(formula.innerText);
    const typeset = formula.querySelector("math") || !formula.matches(".arithmatex");
    if (raw || !typeset || formula.querySelector("merror, .temml-error"))
      faults.push(`not typeset: ${formula.textContent}`);
  }
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const { data, parentElement } = texts.currentNode;
    const skipped = parentElement.closest("pre, code, script, style");
    if (!skipped && /\\\\\\(|\\\\\\[|\\$\\$/.test(data)) faults.push(`raw formula: ${data.trim()}`);
  }
  return faults;
}"""


@pytest.mark.parametrize("path", paths())
def test_page_is_whole(visit, address, path):
    seen = visit(address, path, *SIZES["phone"])
    assert seen.response.status == 200
    assert seen.weight() <= HEAVIEST
    seen.page.add_style_tag(content=AT_ONCE)
    for name, (width, height) in SIZES.items():
        seen.page.set_viewport_size({"width": width, "height": height})
        faults = seen.page.evaluate(LOOK) + seen.faults
        assert (name, faults) == (name, [])


def moving(site: Path) -> list[str]:
    """The pages that show a GIF."""
    pages = ((path, site / path / "index.html") for path in paths())
    return [path for path, file in pages if "<picture>" in file.read_text(encoding="utf-8")]


def test_home_page_opens_with_motion(site):
    assert "" in moving(site)


def shows(page, image, ending: str) -> None:
    """Waits until an image shows a file with this ending."""
    whole = "([image, ending]) => image.currentSrc.endsWith(ending) && image.complete"
    page.wait_for_function(whole, arg=[image.element_handle(), ending])


def press_through(page, labels: tuple[str, ...]) -> None:
    """Presses each GIF's button, which must read these labels in turn and show what they say."""
    shown = {"Play": ".png", "Pause": ".gif"}
    for figure in page.locator(".figure:has(picture)").all():
        figure.scroll_into_view_if_needed()
        button, image = figure.get_by_role("button"), figure.locator("img")
        for label in labels:
            assert button.inner_text() == label
            shows(page, image, shown[label])
            button.press("Enter")


def test_figures_move_until_they_are_stopped(visit, address):
    page = visit(address, "", reduced_motion="no-preference").page
    press_through(page, ("Pause", "Play", "Pause"))


def test_a_figure_moves_only_when_it_is_in_sight(visit, address):
    page = visit(address, "sampling/", height=300, reduced_motion="no-preference").page
    requested = []
    page.on("request", lambda request: requested.append(request.url))
    page.reload(wait_until="networkidle")
    figure = page.locator(".figure:has(picture)").first
    assert figure.bounding_box()["y"] > 300
    assert not [url for url in requested if url.endswith(".gif")]
    figure.scroll_into_view_if_needed()
    shows(page, figure.locator("img"), ".gif")


def test_figures_move_without_scripts(browser, address):
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(address)
        source = page.locator(".figure picture source").first.get_attribute("media")
        image = page.locator(".figure picture img").first
        assert "(scripting: enabled)" in source
        image.scroll_into_view_if_needed()
        assert image.evaluate("image => image.currentSrc").endswith(".gif")


def test_figures_rest_for_those_who_want_no_motion(visit, address, site):
    for path in moving(site):
        page = visit(address, path, reduced_motion="reduce").page
        press_through(page, ("Play", "Pause"))


def test_search_finds_a_page_and_its_index_waits_for_it(visit, address):
    seen = visit(address, "")
    seen.page.wait_for_load_state("networkidle")
    assert not [r.url for r in seen.responses if "search_index" in r.url]
    seen.page.locator(".md-search__input").click()
    seen.page.keyboard.type("forward process")
    seen.page.locator(".md-search-result__link[href*='forward/']").first.wait_for()
    assert seen.faults == []


@pytest.mark.parametrize(
    ("word", "place"), [("CFG", "symbols/"), ("U-Net", "network/"), ("DDIM", "sampling/")]
)
def test_search_finds_the_field_s_words(visit, address, word, place):
    page = visit(address, "").page
    page.locator(".md-search__input").click()
    page.keyboard.type(word)
    page.locator(f".md-search-result__link[href*='{place}']").first.wait_for()


@pytest.mark.parametrize("query", ["?q=DDIM", "?h=noise"])
def test_a_link_from_the_search_has_its_index(visit, address, query):
    page = visit(address, f"sampling/{query}").page
    found = ".md-search-result__link" if "q=" in query else "article mark[data-md-highlight]"
    page.locator(found).first.wait_for()


def test_no_link_is_named_after_its_place(site):
    for page in site.rglob("*.html"):
        links = re.findall(r"<a [^>]*>(.*?)</a>", page.read_text("utf-8"), re.DOTALL)
        assert not {"here", "this", "link", "more", "this page"} & {*map(str.lower, links)}, page


def test_no_page_shows_the_tags_of_a_number(site):
    shown = re.compile(r"&lt;span class=(&quot;|\")result")
    assert not [p for p in site.rglob("*.html") if shown.search(p.read_text("utf-8"))]


def test_palette_follows_the_system_and_can_be_switched(visit, address):
    for scheme, other in (("light", "dark"), ("dark", "light")):
        page = visit(address, "", color_scheme=scheme).page
        name = {"light": "default", "dark": "slate"}
        assert page.locator("body").get_attribute("data-md-color-scheme") == name[scheme]
        page.get_by_title(f"Switch to the {other} page").click()
        assert page.locator("body").get_attribute("data-md-color-scheme") == name[other]


def test_unknown_address_leads_back(visit, address):
    seen = visit(address, "no/such/page/")
    assert seen.response.status == 404
    assert [fault for fault in seen.faults if "no/such/page/" not in fault] == [
        "console: Failed to load resource: the server responded with a status of 404 (Not Found)"
    ]
    assert seen.page.locator("h1").inner_text() == "There is no such page"
    seen.page.get_by_role("link", name="the first page").click()
    assert seen.page.url == address


FOCUS = """() => {
  const focused = document.activeElement;
  if (!focused || focused === document.body) return null;
  // The switch between the palettes is drawn by the label beside it.
  const shown = focused.matches(".md-option") ? focused.nextElementSibling : focused;
  const { width, height, top, bottom } = shown.getBoundingClientRect();
  const style = getComputedStyle(shown);
  return {
    name: focused.getAttribute("aria-label") || focused.title || focused.innerText.trim(),
    seen: width > 0 && height > 0 && bottom > 0 && top < innerHeight,
    marked: parseFloat(style.outlineWidth) > 0 && style.outlineStyle !== "none",
    search: Boolean(focused.closest(".md-search")),
  };
}"""


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_keyboard_goes_through_a_page(visit, address, size):
    page = visit(address, "sampling/", *SIZES[size]).page
    stops = []
    for _ in range(150):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUS)
        if stop is None:
            break
        stops.append(stop)
    assert stops[0]["name"] == "Skip to content"
    # The search opens as a dialog around its field, which then needs no outline.
    assert any(stop["search"] for stop in stops)
    stops = [stop for stop in stops if not stop["search"]]
    assert [s for s in stops if not (s["seen"] and s["marked"] and s["name"])] == []
    names = [stop["name"] for stop in stops]
    for name in ("Pause the animation", "Record", "Copy to clipboard"):
        assert name in names


def test_skip_link_leads_to_the_text(visit, address):
    page = visit(address, "sampling/").page
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    target = page.evaluate("decodeURIComponent(location.hash)")
    assert page.locator(f"article {target}").count() == 1


def test_previous_and_next_lead_through_the_pages(visit, address):
    order = paths()
    page = visit(address, order[0]).page
    for path in order[1:4]:
        page.locator("a.md-footer__link--next").click()
        assert page.url == address + path
    page.locator("a.md-footer__link--prev").click()
    assert page.url == address + order[2]


def test_on_paper_there_is_the_text_alone(visit, address):
    page = visit(address, "sampling/").page
    page.emulate_media(media="print")
    for part in (".md-header", ".md-sidebar", ".md-footer", ".motion", ".headerlink"):
        assert not any(element.is_visible() for element in page.locator(part).all()), part
    image = page.locator(".figure picture img").first
    image.scroll_into_view_if_needed()
    page.wait_for_function("image => image.complete", arg=image.element_handle())
    assert image.evaluate("image => image.currentSrc").endswith(".still.png")
    assert page.locator("article h1").is_visible()


PAPER = {"width": 680, "height": 1000}
"""About the width of A4 between its margins, in pixels of CSS."""

CUT = """() => [...document.querySelectorAll("article :is(.arithmatex, pre > code, table)")]
  .filter((element) => element.getBoundingClientRect().right > innerWidth + 1
    || element.scrollWidth > element.clientWidth + 1 && element.clientWidth
      && getComputedStyle(element).display !== "inline")
  .map((element) => element.textContent.trim().slice(0, 60))"""


@pytest.mark.parametrize("path", ["training/", "sampling/", "solvers/", "courses/", "summary/"])
def test_on_paper_no_formula_is_cut(visit, address, path):
    page = visit(address, path).page
    page.emulate_media(media="print")
    page.set_viewport_size(PAPER)
    assert page.evaluate(CUT) == []


def test_the_dark_page_is_printed_dark_on_white(visit, address):
    page = visit(address, "sampling/", color_scheme="dark").page
    page.emulate_media(media="print", color_scheme="dark")
    colours = """(of) => {
      const style = getComputedStyle(document.querySelector(of));
      const light = (colour) => colour.match(/\\d+/g).slice(0, 3).reduce((a, b) => a + +b, 0) / 765;
      return [light(style.color), style.backgroundColor];
    }"""
    for element in ("article p", "article h1", "article pre > code", "article figcaption"):
        text, _ = page.evaluate(colours, element)
        assert text < 0.5, element
    assert page.evaluate(colours, "body")[1] in ("rgb(255, 255, 255)", "rgba(0, 0, 0, 0)")


def test_the_summary_fits_on_two_sides(visit, address):
    page = visit(address, "summary/").page
    printed = page.pdf(format="A4")
    assert 1 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 2


def test_a_term_shows_its_meaning_by_pointer_and_by_keyboard(visit, address):
    page = visit(address, "sampling/").page
    term = page.locator("article .term").first
    tip = term.locator(".tip")
    assert not tip.is_visible()
    term.hover()
    assert tip.is_visible()
    page.keyboard.press("Escape")
    assert not tip.is_visible()
    page.mouse.move(0, 0)
    term.locator("a").focus()
    assert tip.is_visible()
    assert term.locator("a").get_attribute("aria-describedby") == tip.get_attribute("id")


def test_formulas_are_copied_as_tex(visit, address):
    page = visit(address, "forward/", permissions=["clipboard-read", "clipboard-write"]).page
    formula = page.locator("article p:has(math)").first
    formula.evaluate("paragraph => getSelection().selectAllChildren(paragraph)")
    page.keyboard.press("Control+c")
    copied = page.evaluate("navigator.clipboard.readText()")
    tex = formula.locator("math").first.get_attribute("alttext")
    assert f"${tex}$" in copied


def test_a_lesson_is_light(visit, address):
    seen = visit(address, "sampling/")
    assert seen.page.evaluate("document.querySelectorAll('*').length") <= 2500
    assert not [r.url for r in seen.responses if "mathjax" in r.url.lower()]


def test_a_quiz_opens_its_answers_by_keyboard_without_a_script(visit, address):
    page = visit(address, "quiz/", java_script_enabled=False).page
    answer = page.locator("details.answer.right").first
    answer.locator("summary").focus()
    page.keyboard.press("Enter")
    assert answer.get_by_text("Right.").is_visible()
