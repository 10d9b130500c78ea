"""Templates as they are sent."""

from pathlib import Path

from django.template import Context, Engine


def test_indentation_and_lines_of_tags_leave_nothing_but_the_space_between_words(tmp_path: Path) -> None:
    (tmp_path / "part.html").write_text("{% if no %}\n  c\n{% endif %}\n")
    source = "{% if yes %}\n  <b>a</b>\n  {% for n in yes %}\n    {{ n }}\n  {% endfor %}\n{% endif %}\n"
    (tmp_path / "page.html").write_text(source + 'b{% include "part.html" %}d\n')
    engine = Engine(loaders=[("playground.serving.templates.Loader", [tmp_path])])

    assert engine.get_template("page.html").render(Context({"yes": [1, 2]})) == "\n<b>a</b>\n1\n2\nb\nd\n"
