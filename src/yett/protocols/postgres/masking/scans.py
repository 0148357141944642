"""Looks for sensitive values in whole runs of rows by one search, and rewrites only the fields with finds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from yett.core.masks import Cover, Find, Masks, Scanner
from yett.protocols.postgres.masking import rows_hot
from yett.protocols.postgres.masking.description import Column
from yett.protocols.postgres.masking.reading import NOT_READ, Constants, Reading
from yett.protocols.postgres.masking.readings import reading_of


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """One search over the columns that share a set of labels already seen to."""

    looks: bytes
    readings: tuple[Reading, ...]
    views: list[Callable[[bytes], bytes]]
    scanner: Scanner
    constant: Constants

    def rows(self, buf: bytes, pos: int, end: int) -> bytes | None:
        """Return the rows in `buf[pos:end]` without what was found in them; None where nothing was."""
        apart: list[tuple[int, int]] = []
        finds = self.scanner.find(rows_hot.view_rows(buf, pos, end, self.looks, self.views, apart))
        if not finds:
            return None
        by_field: dict[int, list[Find]] = {}
        columns: dict[int, int] = {}
        for column, field, find in self._placed(buf, pos, end, finds, apart):
            columns[field] = column
            by_field.setdefault(field, []).append(find)
        fields = sorted(by_field)
        values = [self._rewritten(buf, pos + field, columns[field], by_field[field]) for field in fields]
        return rows_hot.put_values(buf, pos, end, len(self.looks), fields, values)

    def _placed(
        self, buf: bytes, pos: int, end: int, finds: Sequence[Find], apart: list[tuple[int, int]]
    ) -> list[tuple[int, int, Find]]:
        """Return for each find its column, its field (offset from `pos`), and itself, counted from its value's view."""
        columns = len(self.looks)
        rows_end = end - pos
        inside = [find for find in finds if find[0] < rows_end]
        where = rows_hot.find_fields(buf, pos, end, columns, [find[0] for find in inside])
        placed = [(column, field, _moved(find, field + 4)) for (column, field), find in zip(where, inside, strict=True)]
        if len(inside) == len(finds):
            return placed
        behind, number = [], 0
        for find in finds[len(inside) :]:
            while number + 1 < len(apart) and apart[number + 1][0] <= find[0]:
                number += 1
            behind.append((apart[number][1], _moved(find, apart[number][0])))
        where = rows_hot.find_fields(buf, pos, end, columns, [field for field, _ in behind])
        return placed + [(column, field, find) for (column, field), (_, find) in zip(where, behind, strict=True)]

    def _rewritten(self, buf: bytes, field: int, column: int, finds: list[Find]) -> bytes | None:
        size = int.from_bytes(buf[field : field + 4], "big")
        return self.readings[column].rewrite(buf[field + 4 : field + 4 + size], finds, self.constant)


def scans_of(columns: tuple[Column, ...], covers: tuple[Cover, ...], masks: Masks) -> tuple[Scan, ...]:
    """Return the searches that these columns need, one for each set of labels already seen to."""
    wanted = [cover.seen if cover.scan and not cover.label and not cover.derived else None for cover in covers]
    scans = (_scan(columns, wanted, seen, masks) for seen in dict.fromkeys(wanted) if seen is not None)
    return tuple(scan for scan in scans if any(scan.looks))


def _scan(columns: tuple[Column, ...], wanted: list[frozenset[str] | None], seen: frozenset[str], masks: Masks) -> Scan:
    readings = tuple(
        reading_of(column) if one == seen else NOT_READ for column, one in zip(columns, wanted, strict=True)
    )
    looks = bytes(reading.look for reading in readings)
    views = [reading.view for reading in readings]
    return Scan(looks, readings, views, masks.scanner(seen), lambda label: masks.spec(label).constant)


def _moved(find: Find, shift: int) -> Find:
    return find[0] - shift, find[1] - shift, find[2]
