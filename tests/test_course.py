"""A page's place in the course, quiz, glossary and formulas, without building a site."""

import importlib
import re
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.usefixtures("theme")

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
CONFIG = re.sub(r"!\w+", "", (ROOT / "mkdocs.yml").read_text("utf-8"))
SETTINGS = yaml.safe_load(CONFIG)
NAV = [
    {"Home": "index.md"},
    {"Lessons": [{"One": "a.md"}, {"Two": "b.md"}, {"Appendix": "c.md"}]},
    {"More": [{"Planned": "d.md"}]},
]


@pytest.fixture
def course():
    return importlib.import_module("course")


@pytest.fixture
def glossary():
    return importlib.import_module("glossary")


@pytest.fixture
def quiz():
    return importlib.import_module("quiz")


def front_matter(path: Path) -> dict:
    """What stands between the first two lines of dashes."""
    text = path.read_text("utf-8")
    found = re.match(r"---\n(.*?)^---\n", text, re.DOTALL | re.MULTILINE)
    return yaml.safe_load(found[1]) if found else {}


# Places


def test_a_lesson_says_its_number_its_level_and_what_comes_before_and_after(course):
    place = course.place({"level": "beginner", "minutes": 20, "first": ["a.md"], "next": "c.md"})
    text = course.framed("# Two\n\nWords.\n", "b.md", place, NAV, [])
    assert text == (
        '# Two\n\n<p class="place" markdown="span">Lesson 2 of 2 · Beginner · 20 minutes · '
        'Know first: [One](a.md)</p>\n\n\nWords.\n\n\n<p class="place next" markdown="span">'
        "Next: [Appendix](c.md)</p>\n"
    )


def test_a_page_in_a_folder_links_from_there_and_not_to_what_is_missing(course):
    place = course.place({"level": "advanced", "minutes": 5, "first": ["a.md", "d.md"]})
    text = course.framed("# T\n", "more/x.md", place, NAV, ["d.md"])
    assert "Know first: [One](../a.md)</p>" in text
    assert "Lesson" not in text


@pytest.mark.parametrize(
    ("meta", "said"),
    [
        ({"level": "hard", "minutes": 5}, "level: Input should be 'beginner', 'intermediate'"),
        ({"level": "beginner"}, "minutes: Field required"),
        ({"level": "beginner", "minutes": 0}, "minutes: Input should be greater than"),
    ],
)
def test_wrong_front_matter_is_named(course, meta, said):
    with pytest.raises(course.Wrong, match=re.escape(said)):
        course.place(meta)


def test_a_link_to_a_page_that_is_not_in_the_nav_is_named(course):
    place = course.place({"level": "beginner", "minutes": 5, "next": "nowhere.md"})
    with pytest.raises(course.Wrong, match=r"'nowhere\.md' is not in the nav"):
        course.framed("# T\n", "a.md", place, NAV, [])


def test_missing_pages_are_left_out_with_sections_that_they_leave_empty(course):
    assert course.present(NAV, ["d.md", "b.md"]) == [
        {"Home": "index.md"},
        {"Lessons": [{"One": "a.md"}, {"Appendix": "c.md"}]},
    ]


def pages() -> list[str]:
    """The pages of the nav that are prose, but for the first one and the playground."""
    course = importlib.import_module("course")
    files = [file for _, file in course.entries(SETTINGS["nav"])]
    files = [f for f in files if f.endswith(".md") and not f.startswith("api/")]
    return [f for f in files if f not in ("index.md", "playground.md") and (DOCS / f).is_file()]


def test_every_page_says_its_place(course):
    without = {page for page in pages() if course.place(front_matter(DOCS / page)) is None}
    assert without == set()


def test_what_is_to_be_known_first_comes_first(course):
    counted = course.lessons(SETTINGS["nav"])
    for number, page in enumerate(counted):
        if not (DOCS / page).is_file() or not (place := course.place(front_matter(DOCS / page))):
            continue
        later = [p for p in place.first if p in counted and counted.index(p) >= number]
        assert later == [], f"{page} needs a later lesson"


def test_only_planned_pages_are_missing(course):
    files = [file for _, file in course.entries(SETTINGS["nav"])]
    missing = {file for file in files if not (DOCS / file).is_file()}
    assert missing <= {*SETTINGS["extra"]["planned"]}


def test_a_comment_marks_the_figure_below_it_as_live(course):
    still = '<figure class="figure" markdown="1">\n<div>\n</div>\n</figure>'
    text = f"Before.\n\n<!-- live: noise-level -->\n{still}\n\nAfter.\n"
    marked = f'<div data-live="noise-level" markdown="1">\n\n{still}\n\n</div>'
    assert course.live(text) == f"Before.\n\n{marked}\n\nAfter.\n"


# The quiz

ANSWERS = [
    {"says": "This.", "right": True, "because": "It is."},
    {"says": "That.", "because": "It is not."},
    {"says": "None.", "because": "It is not, either."},
]


def put(path: Path, count: int = 8, answers: list = ANSWERS) -> Path:
    questions = [{"ask": f"Which, at $t = {n}$?", "answers": answers} for n in range(count)]
    path.write_text(yaml.safe_dump(questions), "utf-8")
    return path


def test_a_quiz_is_read_and_written_with_each_answer_explained(quiz, tmp_path):
    questions = quiz.read(put(tmp_path / "a.yml"))
    text = quiz.markdown("a", questions)
    assert text.count('<details class="answer right"') == 8
    assert text.count('<details class="answer wrong"') == 16
    assert '<details class="answer wrong" name="a-3"' in text
    assert "**Not quite.** It is not, either." in text
    assert "**Right.** It is." in text


@pytest.mark.parametrize(
    ("count", "answers", "said"),
    [
        (7, ANSWERS, "List should have at least 8 items"),
        (8, ANSWERS[:2], "0.answers: List should have at least 3 items"),
        (8, ANSWERS[1:] + ANSWERS[1:2], "0: Value error, 0 answers are right, and not one"),
        (8, [ANSWERS[0], *ANSWERS[:2]], "0: Value error, 2 answers are right, and not one"),
        (8, [*ANSWERS[:2], {"says": "x"}], "0.answers.2.because: Field required"),
        (8, [*ANSWERS[:2], {"says": "x", "because": " "}], "0.answers.2.because: String should"),
    ],
)
def test_what_is_wrong_with_a_quiz_is_named(quiz, course, tmp_path, count, answers, said):
    with pytest.raises(course.Wrong, match=r"docs/quiz/a\.yml: .*" + re.escape(said)):
        quiz.read(put(tmp_path / "a.yml", count, answers))


@pytest.mark.parametrize("path", sorted((DOCS / "quiz").glob("*.yml")), ids=lambda p: p.stem)
def test_every_quiz_is_one_of_a_lesson(quiz, course, path):
    assert f"{path.stem}.md" in course.lessons(SETTINGS["nav"])
    asked = [question.ask for question in quiz.read(path)]
    assert len({*asked}) == 8
    right = [[a.right for a in q.answers].index(True) for q in quiz.read(path)]
    assert len({*right}) > 1, "the right answer is always in the same place"


# The glossary


def term(glossary, name: str, *also: str):
    words = f"What {name} is, in a few words."
    return glossary.Term(term=name, also=[*also], means=words, page="a.md")


def test_the_first_mention_is_linked_and_no_other(glossary):
    terms = [term(glossary, "DDIM"), term(glossary, "noise schedule", "noise schedules")]
    html = (
        "<h2>DDIM</h2><p>ddim <code>DDIM</code> <a>DDIM</a> \\(DDIM\\) xDDIM DDIM-like DDIM, DDIM."
        "</p><p>Noise\nschedules and a noise schedule.</p>"
    )
    linked = glossary.linked(html, terms, "../symbols/")
    assert linked.count('class="term"') == 2
    assert (
        'DDIM-like <span class="term"><a href="../symbols/#term-ddim" aria-describedby='
        '"tip-term-ddim">DDIM</a><span class="tip" role="tooltip" id="tip-term-ddim">'
        "What DDIM is, in a few words.</span></span>, DDIM." in linked
    )
    assert '>Noise\nschedules</a><span class="tip"' in linked
    plain = re.sub(r'<span class="tip".*?</span>|<[^>]*>', "", linked)
    assert plain == re.sub("<[^>]*>", "", html)


def test_the_longest_name_is_taken(glossary):
    terms = [term(glossary, "guidance"), term(glossary, "classifier-free guidance")]
    linked = glossary.linked("<p>classifier-free guidance</p>", terms, "s/")
    assert "#term-classifier-free-guidance" in linked
    assert '#term-guidance"' not in linked


def test_a_phrase_in_which_the_word_means_something_else_is_left_alone(glossary):
    score = term(glossary, "score").model_copy(update={"never": ["score sheet"]})
    assert glossary.linked("<p>A score sheet.</p>", [score], "s/") == "<p>A score sheet.</p>"
    assert 'href="s/#term-score"' in glossary.linked("<p>Score sheet, score.</p>", [score], "s/")


def test_a_name_that_is_there_twice_is_named(glossary, course, tmp_path):
    both = [
        {"term": t, "also": a, "means": "m" * 20, "page": "a.md"}
        for t, a in (("One", ["two"]), ("Two", []))
    ]
    (tmp_path / "glossary.yml").write_text(yaml.safe_dump(both), "utf-8")
    with pytest.raises(course.Wrong, match=r"docs/glossary\.yml has 'two' twice"):
        glossary.read(tmp_path / "glossary.yml")


def test_the_glossary_has_forty_terms_and_their_pages(glossary, course):
    terms = glossary.read(DOCS / "glossary.yml")
    assert len(terms) >= 40
    known = {file for _, file in course.entries(SETTINGS["nav"])}
    assert {term.page.partition("#")[0] for term in terms} <= known
    assert len({term.anchor for term in terms}) == len(terms)


# Formulas


@pytest.fixture(scope="session")
def typeset():
    """Typesets a page, with the package that is there."""
    formulas = importlib.import_module("formulas")
    yield lambda html, **options: formulas.typeset(html, ROOT, **options)
    formulas.close()


def test_formulas_become_mathml_that_keeps_the_tex(typeset):
    html = typeset(
        r'<p><span class="arithmatex">\(x_t &lt; 1\)</span> <code>\(a\)</code></p>'
        r'<div class="arithmatex">\[ \frac{1}{2} \]</div>'
    )
    assert '<math alttext="x_t &lt; 1">' in html
    assert "<msub><mi>x</mi><mi>t</mi></msub>" in html
    assert 'display="block"' in html
    assert '<math alttext="\\frac{1}{2}"' in html
    assert r"<code>\(a\)</code>" in html


def test_a_notebook_has_dollars(typeset):
    html = typeset("<p>At $t = T$, $$x$$</p><pre>$a$ $b$</pre>", notebook=True)
    assert html.count("<math") == 2
    assert "<pre>$a$ $b$</pre>" in html


def test_a_formula_that_is_none_is_named(typeset, course):
    with pytest.raises(course.Wrong, match=r"\\frac\{1\}: .*"):
        typeset(r"<p>\(\frac{1}\)</p>")


# Links to the repository


@pytest.fixture
def hooks(quiz):
    return importlib.import_module("hooks")


def test_pages_link_to_where_they_are_edited_discussed_and_opened(hooks):
    address = "https://github.com/someone/ddpm"
    assert hooks.links(f"{address}.git", "forward.md") == {
        "discuss": f"{address}/issues/new?title=Page%20forward.md",
        "edit": f"{address}/edit/main/docs/forward.md",
    }
    assert hooks.links(address, "notebooks/quick-tour.ipynb")["launch"] == (
        "https://colab.research.google.com/github/someone/ddpm/blob/gh-pages/"
        "notebooks/quick-tour/quick-tour.ipynb"
    )
    assert "launch" not in hooks.links(address, "assignment/score-sheet.ipynb")


@pytest.mark.parametrize("address", ["", "https://example.org/ddpm.git"])
def test_without_an_address_on_github_there_are_no_such_links(hooks, address):
    assert hooks.links(address, "notebooks/quick-tour.ipynb") == {}
