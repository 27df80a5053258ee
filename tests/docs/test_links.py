"""Links between the documents lead somewhere."""

import re
from pathlib import Path

import pages
import pytest

LINKS = [
    pytest.param(page, link, id=f"{pages.name(page)} {link}")
    for page in pages.pages()
    for link in pages.links(page)
    if not re.match(r"[a-z]+:", link)
]


@pytest.mark.parametrize(("page", "link"), LINKS)
def test_a_link_leads_to_a_file_and_to_a_heading_in_it(page: Path, link: str) -> None:
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    assert target.exists(), f"{target} does not exist"
    if anchor:
        assert anchor in pages.anchors(target), f"no heading of {target.name} is #{anchor}"


def test_every_page_of_docs_can_be_reached_from_the_first() -> None:
    first = pages.DOCS / "index.md"
    seen, unread = {first}, [first]
    while unread:
        page = unread.pop()
        for link in pages.links(page):
            target = (page.parent / link.partition("#")[0]).resolve()
            if target.suffix == ".md" and target.is_file() and target not in seen:
                seen.add(target)
                unread.append(target)
    assert set(pages.DOCS.rglob("*.md")) <= seen
