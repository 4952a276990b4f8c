"""Markdown becomes a page: headings with anchors, links between pages, code to copy, no foreign HTML."""

from statetrace_ui.docs.pages import Places, listed, read_page

PLACES = Places(lambda name: f"/docs/{name}/", lambda path: {"src": f"/static/{path}", "width": 7})


def html(markdown: str) -> str:
    return read_page("page", markdown, PLACES).html


def test_headings_have_the_anchors_that_forges_give_them() -> None:
    page = read_page("page", "# Who, what?\n## `a_b` and c\n## Again\ntext\n## Again\n", PLACES)
    assert [section.anchor for section in page.sections] == ["who-what", "a_b-and-c", "again", "again-1"]
    assert all(f'id="{section.anchor}"' in page.html for section in page.sections)
    assert page.title == "Who, what?"
    assert page.sections[2].text == "text"


def test_links_between_pages_lead_to_pages() -> None:
    assert 'href="/docs/asking/"' in html("[x](asking.md)")
    assert 'href="/docs/asking/#terms"' in html("[x](asking.md#terms)")
    assert 'href="#here"' in html("[x](#here)")
    assert 'rel="noreferrer"' in html("[x](https://example.org/)")


def test_pictures_come_with_their_size() -> None:
    page = html("![A flame](images/flame.png)")
    assert '<img src="/static/images/flame.png" alt="A flame" width="7" />' in page


def test_html_is_shown_and_not_obeyed() -> None:
    assert "<script" not in html("a <script>alert(1)</script>\n\n<script>alert(2)</script>\n\n```\n<script>\n```\n")
    assert "href" not in html("[x](javascript:alert(1))")


def test_code_can_be_copied() -> None:
    page = html("```sql\nSELECT 1 < 2\n```\n\ntext\n\n    indented\n")
    assert '<pre id="code-1">SELECT 1 &lt; 2\n</pre>' in page
    assert 'data-copy="code-2"' in page


def test_tables_scroll_by_themselves() -> None:
    assert '<div class="table-wrap"><table class="table">' in html("| a | b |\n|---|---|\n| 1 | 2 |\n")


def test_a_page_of_contents_tells_the_order() -> None:
    markdown = "# All\n[no](no.md)\n## One\n- [b](b.md): it\n- [a](a.md#x)\n## Two\n[out](https://x.org) [c](c.md)\n"
    assert listed(markdown) == [("One", ["b", "a"]), ("Two", ["c"])]
