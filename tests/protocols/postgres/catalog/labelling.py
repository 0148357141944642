"""What policy is asked of statements where every column called `email` or `handle` is labelled."""

from protocols.postgres.catalog.catalog_bench import Bench, understood
from yett.protocols.postgres.catalog.labels import Copies, Sensitivity


class EmailLabels:
    """Labels every column called `email` or `handle`, and what a comment says."""

    has_labels = True

    def label_of(self, schema: str, table: str, column: str, type_name: str, comment: str) -> str:
        """Return the label."""
        del schema, table, type_name
        return "email" if column in ("email", "handle") or comment == "yett:email" else ""

    def keeps_null(self, label: str) -> bool:
        """Say that masks leave NULL alone, but for what a comment labelled."""
        return label == "email"


def labelled(bench: Bench, text: str, copies: Copies | None = None) -> tuple[set[str], list[tuple[str, ...]]]:
    """Return what policy must permit beyond reading and writing, and the labels of what each output shows."""
    found = bench.resolve(understood(text), sensitivity=Sensitivity(EmailLabels()), copies=copies or Copies())
    assert found.refusal is None, found.refusal
    asked = {
        f"{one.effect} {'.'.join(one.target.path)}"
        for one in found.accesses
        if one.effect in ("filter", "match", "unmask")
    }
    shown = [
        (*(".".join(source.path) or "everything" for source in column.sources), *(["whole"] if column.verbatim else []))
        for column in found.shows
    ]
    return asked, shown
