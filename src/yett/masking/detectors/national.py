"""National ids: by their shape and check where that is proof enough, else only beside a word that says so."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from yett.masking.detectors import national_checks as checks
from yett.masking.detectors.detector import Detector, Look, Span, compact, is_called_otherwise, stands_alone

LABEL = "national_id"


@dataclass(frozen=True, slots=True)
class _Id:
    """One country's number. `strong` is a shape that is proof enough with its check, `weak` one that needs a word."""

    name: str
    valid: Callable[[str], bool]
    strong: bytes = b""
    weak: bytes = b""
    words: bytes = b""


_IDS = (
    _Id("us_ssn", checks.us_ssn, rb"\d{3}-\d{2}-\d{4}", rb"\d{3} ?\d{2} ?\d{4}", rb"ssn|social security|itin"),
    _Id(
        "uk_nino",
        checks.uk_nino,
        rb"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] \d{2} \d{2} \d{2} [A-D]",
        rb"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]",
        rb"nino|ni number|national insurance",
    ),
    _Id("uk_nhs", checks.uk_nhs, b"", rb"\d{3}[ -]?\d{3}[ -]?\d{4}", rb"nhs"),
    _Id("de_tax", checks.de_tax, b"", rb"\d{2} ?\d{3} ?\d{3} ?\d{3}", rb"steuer-?id\w*|idnr|steuernummer|tin"),
    _Id(
        "fr_nir",
        checks.fr_nir,
        rb"[12] ?\d{2} ?\d{2} ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}",
        b"",
        rb"nir|insee|s\xc3\xa9cu|secu|securite sociale",
    ),
    _Id("es_dni", checks.es_dni, b"", rb"(?:\d{8}|[XYZ]-?\d{7})-?[A-Z]", rb"dni|nie|nif"),
    _Id(
        "it_cf",
        checks.it_cf,
        rb"[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]",
        b"",
        rb"codice fiscale",
    ),
    _Id("nl_bsn", checks.nl_bsn, b"", rb"\d{9}|\d{4}[. ]\d{2}[. ]\d{3}", rb"bsn|sofi|burgerservicenummer"),
    _Id("se_personal", checks.se_personal, rb"(?:19|20)?\d{6}[-+]\d{4}", rb"(?:19|20)?\d{10}", rb"personnummer|pnr"),
    _Id("pl_pesel", checks.pl_pesel, b"", rb"\d{11}", rb"pesel"),
    _Id("br_cpf", checks.br_cpf, rb"\d{3}\.\d{3}\.\d{3}-\d{2}", rb"\d{9}-?\d{2}", rb"cpf"),
    _Id("in_aadhaar", checks.in_aadhaar, b"", rb"[2-9]\d{3}[ -]?\d{4}[ -]?\d{4}", rb"aadhaar|aadhar|uidai"),
    _Id(
        "be_register",
        checks.be_register,
        rb"\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}",
        rb"\d{11}",
        rb"rijksregister\w*|insz|niss",
    ),
    _Id("ch_ahv", checks.ch_ahv, rb"756\.\d{4}\.\d{4}\.\d{2}", rb"756\d{10}", rb"ahv|avs"),
    _Id("fi_hetu", checks.fi_hetu, rb"[0-3]\d[01]\d{3}[-+A]\d{3}[0-9A-FHJ-NPR-Y]", b"", rb"hetu|henkil\w+tunnus"),
    _Id("dk_cpr", checks.dk_cpr, b"", rb"\d{6}-?\d{4}", rb"cpr"),
    _Id("no_birth", checks.no_birth, rb"\d{11}", rb"\d{6} \d{5}", rb"f\xc3\xb8dselsnummer|fodselsnummer|fnr"),
    _Id("ro_cnp", checks.ro_cnp, b"", rb"[1-8]\d{12}", rb"cnp"),
    _Id("tr_kimlik", checks.tr_kimlik, b"", rb"[1-9]\d{10}", rb"tckn|kimlik"),
    _Id("kr_resident", checks.kr_resident, rb"\d{6}-[1-8]\d{6}", b"", rb"rrn"),
    _Id(
        "cn_resident", checks.cn_resident, rb"[1-9]\d{5}(?:19|20)\d{2}[01]\d[0-3]\d{4}[0-9X]", b"", rb"\xe8\xba\xab\xe4"
    ),
    _Id(
        "mx_curp",
        checks.mx_curp,
        rb"[A-Z][AEIOUX][A-Z]{2}\d{6}[HMX][A-Z]{2}[B-DF-HJ-NP-TV-Z]{3}[0-9A-Z]\d",
        b"",
        rb"curp",
    ),
    _Id("za_id", checks.za_id, b"", rb"\d{13}|\d{6} \d{4} \d{3}", rb"rsa id|sa id"),
    _Id("pt_nif", checks.pt_nif, b"", rb"[1-9]\d{2} ?\d{3} ?\d{3}", rb"nif|contribuinte"),
    _Id("sg_nric", checks.sg_nric, b"", rb"[STFG]\d{7}[A-Z]", rb"nric|fin"),
    _Id("jp_my_number", checks.jp_my_number, b"", rb"\d{4}[ -]?\d{4}[ -]?\d{4}", rb"my number|mynumber"),
    _Id("ca_sin", checks.ca_sin, b"", rb"\d{3}[ -]?\d{3}[ -]?\d{3}", rb"sin|social insurance"),
    _Id("au_tax", checks.au_tax, b"", rb"\d{3} ?\d{3} ?\d{3}", rb"tfn|tax file"),
    _Id("cz_birth", checks.cz_birth, rb"\d{6}/\d{4}", rb"\d{10}", rb"rodn\w+|rc"),
    _Id("hr_oib", checks.hr_oib, b"", rb"\d{11}", rb"oib"),
    _Id("ie_pps", checks.ie_pps, b"", rb"\d{7}[A-W][A-IW]?", rb"pps\w*"),
)

_ANY_COUNTRY = (
    rb"national[ _-]?id(?:entity|entification)?(?: (?:card|number|no))?|identity (?:card|number)|id card|personal id"
    rb"|tax(?:payer)? (?:id|number|no)|citizen id|passport or id"
)
_COUNTRY_WORDS = b"|".join(one.words for one in _IDS)
NATIONAL_WORDS = rb"(?i:\b(?:%s|%s)\b)" % (_ANY_COUNTRY, _COUNTRY_WORDS)
"""The words beside which a weak shape counts, as RE2."""

NATIONAL_NAMES = tuple(one.name for one in _IDS)


def national_detectors(off: frozenset[str] = frozenset()) -> Iterator[Detector]:
    """Yield the detectors of shapes that are proof enough with their check, but for the ids named in `off`."""
    chosen = [one for one in _IDS if one.strong and one.name not in off]
    for number in (True, False):
        ids = [one for one in chosen if one.strong.startswith(b"[A-") != number]
        if ids:
            sign = rb"(?:%s)\b" % b"|".join(one.strong for one in ids)
            yield Detector(LABEL, LABEL, sign if number else rb"\b" + sign, _any_of(ids), number=number)


def _any_of(ids: list[_Id]) -> Look:
    # One match says whether any shape is there; more than one country may have it.
    shapes = [(one, re.compile(rb"(?:%s)(?![0-9A-Za-z_])" % one.strong)) for one in ids]
    any_shape = re.compile(b"|".join(shape.pattern for _, shape in shapes))

    def look(data: bytes, at: int, _end: int) -> Span | None:
        return None if any_shape.match(data, at) is None else _one_of(shapes, data, at, len(data))

    return look


class NationalNearby:
    """The weak shapes near a word: all of them near a word for any country's, else those that the word is for."""

    def __init__(self, off: frozenset[str] = frozenset()) -> None:
        self._ids = tuple((one, _either_shape(one)) for one in _IDS if one.name not in off)
        self._words = {one.name: re.compile(rb"(?i:%s)" % one.words) for one, _ in self._ids}
        self._any = re.compile(rb"(?i:%s)" % _ANY_COUNTRY)

    def search(self, data: bytes, start: int, end: int, word: bytes) -> Iterator[Span]:
        """Yield ids between two offsets of one value; `word` is what was found beside them."""
        chosen: Sequence[tuple[_Id, re.Pattern[bytes]]] | None = None
        reached = start
        for candidate in _CANDIDATE.finditer(data, start, end):
            chosen = self._for_word(word) if chosen is None else chosen
            at = candidate.start()
            found = _one_of(chosen, data, at, end) if at >= reached else None
            if found is not None:
                reached = found[1]
                yield found

    def names(self, value: bytes) -> Iterator[str]:
        """Yield the names of ids that one whole value could be, weak shapes included."""
        for one, shape in self._ids:
            if shape.fullmatch(value) and one.valid(compact(value)):
                yield one.name

    def _for_word(self, word: bytes) -> Sequence[tuple[_Id, re.Pattern[bytes]]]:
        if self._any.fullmatch(word):
            return self._ids
        return [(one, shape) for one, shape in self._ids if self._words[one.name].fullmatch(word)]


# What any id begins with: at most six letters, then digits, of which there are six signs more.
_CANDIDATE = re.compile(rb"(?<![0-9A-Za-z_])(?=[A-Za-z]{0,6}[ -]?\d(?:[ ./+-]?[0-9A-Za-z]){6})")


def _one_of(ids: Sequence[tuple[_Id, re.Pattern[bytes]]], data: bytes, at: int, end: int) -> Span | None:
    for one, shape in ids:
        match = shape.match(data, at, end)
        if match is not None and stands_alone(data, at, match.end()) and one.valid(compact(match.group())):
            return None if is_called_otherwise(data, at) else match.span()
    return None


def _either_shape(one: _Id) -> re.Pattern[bytes]:
    shapes = b"|".join(shape for shape in (one.weak, one.strong) if shape)
    return re.compile(rb"(?i:%s)(?![0-9A-Za-z_])" % shapes)
