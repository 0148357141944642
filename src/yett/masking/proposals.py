"""What `yett scan` proposes: a label for each column whose sampled values or name say what it is, with the evidence."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from yett.core.masks import Scanner
from yett.masking.detectors.national import LABEL as NATIONAL
from yett.masking.detectors.national import NationalNearby
from yett.masking.detectors.phones import LABEL as PHONE
from yett.masking.detectors.phones import phones_nearby
from yett.masking.labels import Labelling

VALUE_BYTES_MAX = 8_192
SHARE_MIN = 0.5
"""The share of a column's values that must be of one kind, whole, for the column to be called so."""

_NAMES = (
    ("email", r"e[-_ ]?mails?|mail_?address|contact_?mail|correo|courriel"),
    ("iban", r"ibans?|bank_?account|account_?iban"),
    ("card", r"(?:credit_?|debit_?|payment_?)?card(?:_?(?:number|num|no|nr))?|pan|cc_?(?:number|num)"),
    ("national_id", r"ssn|social_?security\w*|national_?id\w*|tax_?id|identity_?n\w+|passport\w*"),
    ("national_id", r"nino|nhs\w*|steuer_?id\w*|nir|dni|nie|nif|codice_?fiscale|bsn|pesel|personnummer|pnr"),
    ("national_id", r"cpf|aadhaar|curp|cnp|rijksregister\w*"),
    ("phone", r"(?:tele)?phone\w*|mobile\w*|tel|cell|fax|msisdn|handy|telefon\w*"),
    ("ip", r"ip|ip_?addr\w*|client_?ip|remote_?addr\w*|last_?ip"),
    ("secret", r"password\w*|passwd|pwd|secret\w*|api_?keys?|private_?keys?"),
    ("secret", r"(?:access_?|auth_?|refresh_?)?tokens?"),
)
_NAMED = tuple((label, re.compile(rf"(?:\w+_)?(?:{pattern})(?:_\w+)?", re.IGNORECASE)) for label, pattern in _NAMES)
_INSIDE_MIN = 1


@dataclass(frozen=True, slots=True)
class ColumnSample:
    """Some values of one column, in text form, NULLs left out."""

    schema: str
    table: str
    column: str
    type_name: str
    values: Sequence[bytes]
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A label proposed for a column. No value is in it, only counts.

    `sampled` values were looked at, `whole` of them are one value of this label, `inside` hold one among other text.
    `named` says that the column's name says so too. `sure` is False where it is for a person to look: only the name
    says so, or the values are text with such things in it, which `unlabelled = "scanned"` covers.
    """

    schema: str
    table: str
    column: str
    type_name: str
    label: str
    sampled: int
    whole: int
    inside: int
    named: bool

    @property
    def share(self) -> float:
        """The share of values that are, whole, of this label."""
        return self.whole / self.sampled if self.sampled else 0.0

    @property
    def sure(self) -> bool:
        """Whether the values themselves are what the label says."""
        return self.share >= SHARE_MIN

    @property
    def key(self) -> str:
        """The column as a key of yett.toml, without the quotes around it."""
        return ".".join(_part(part) for part in (self.schema, self.table, self.column))


def proposals(samples: Iterable[ColumnSample], scanner: Scanner, labelling: Labelling) -> Iterator[Proposal]:
    """Yield what columns without a label seem to hold, at most one proposal for each column, the likeliest."""
    for sample in samples:
        if labelling.label_of(sample.schema, sample.table, sample.column, sample.type_name, sample.comment):
            continue
        found = _proposal(sample, scanner)
        if found is not None:
            yield found


def render(resource: str, found: Iterable[Proposal]) -> str:
    """Return the lines of yett.toml to accept: sure ones as they are, others as comments, each with its evidence."""
    lines = [f"[data.{resource}]"]
    ranked = sorted(found, key=lambda one: (not one.sure, one.schema, one.table, one.column))
    for one in ranked:
        line = f"{_quoted(one.key)} = {_quoted(one.label)}"
        lines.append(f"{'' if one.sure else '# '}{line}  # {evidence(one)}")
    return "\n".join(lines) + "\n"


def evidence(one: Proposal) -> str:
    """Return why a label is proposed, in words and counts."""
    parts = []
    if one.whole:
        parts.append(f"{one.whole} of {one.sampled} values ({one.share:.0%})")
    if one.inside:
        parts.append(f"inside the text of {one.inside} of {one.sampled}")
    if one.named:
        parts.append("its name says so")
    return ", ".join(parts)


def label_by_name(column: str) -> str:
    """Return the label that a column's name speaks of, "" for none."""
    return next((label for label, pattern in _NAMED if pattern.fullmatch(column)), "")


def _proposal(sample: ColumnSample, scanner: Scanner) -> Proposal | None:
    values = [value[:VALUE_BYTES_MAX].replace(b"\0", b" ") for value in sample.values if value]
    named = label_by_name(sample.column)
    whole, inside = _counted(values, scanner, named)
    ranked = [*(label for label, _ in (whole + inside).most_common()), *([named] if named else [])]
    # A column that is called after its values is what it is called, even if some are of another kind.
    label = next((one for one in ranked if whole[one] >= SHARE_MIN * len(values) and values), "")
    label = label or named or next(iter(ranked), "")
    if not label or (not named and not whole[label] and inside[label] < _INSIDE_MIN):
        return None
    return Proposal(
        schema=sample.schema,
        table=sample.table,
        column=sample.column,
        type_name=sample.type_name,
        label=label,
        sampled=len(values),
        whole=whole[label],
        inside=inside[label],
        named=named == label,
    )


def _counted(values: Sequence[bytes], scanner: Scanner, named: str) -> tuple[Counter[str], Counter[str]]:
    whole, inside = Counter[str](), Counter[str]()
    weak = NationalNearby() if named == NATIONAL else None
    for value in values:
        finds = scanner.find(value)
        for label in {label for _, _, label in finds}:
            spans = [end - start for start, end, one in finds if one == label]
            (whole if len(spans) == 1 and spans[0] >= len(value.strip()) else inside)[label] += 1
        # The name is the word that a weak shape needs beside it.
        if weak is not None and not whole_of(finds, value, NATIONAL) and any(weak.names(value.strip())):
            whole[NATIONAL] += 1
        if named == PHONE and not whole_of(finds, value, PHONE) and any(phones_nearby(value, 0, len(value))):
            whole[PHONE] += 1
    return whole, inside


def whole_of(finds: Sequence[tuple[int, int, str]], value: bytes, label: str) -> bool:
    """Say whether one find of a label is the whole value."""
    return any(one == label and end - start >= len(value.strip()) for start, end, one in finds)


def _part(part: str) -> str:
    plain = part and not any(sign in part for sign in '."*?')
    return part if plain else '"' + part.replace('"', '""') + '"'


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(sign if sign.isprintable() else f"\\u{ord(sign):04x}" for sign in escaped) + '"'
