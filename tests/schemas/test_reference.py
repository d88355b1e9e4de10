"""The generated page of tables."""

from schemas.reference import PAGE, page


def test_the_page_of_tables_is_the_one_that_the_declarations_give() -> None:
    assert PAGE.read_text() == page(), "schemas/README.md is out of date: run make docs"
