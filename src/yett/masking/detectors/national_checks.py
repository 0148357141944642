"""What makes a number a national id: the ranges, dates and check digits of each country. Input has no separators."""

from yett.masking.checksums import ean, luhn, mod11_10, verhoeff, weighted
from yett.masking.detectors.dates import ddmmyy, is_date, is_short_date, yymmdd

_DNI = "TRWAGMYFPDXBNJZSQVHLCKE"
_CF_ODD = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (1, 0, 5, 7, 9, 13, 15, 17, 19, 21) * 2 + (2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23),
        strict=True,
    )
)
_HETU = "0123456789ABCDEFHJKLMNPRSTUVWXY"
_CURP = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"


def us_ssn(text: str) -> bool:
    """Social security number, or individual taxpayer number (9xx): areas, groups and serials that are given out."""
    area, group, serial = int(text[:3]), int(text[3:5]), int(text[5:])
    if area >= 900:
        return 50 <= group <= 99 and group not in {66, 67, 68, 69, 89, 93} and serial > 0
    return area not in {0, 666} and group > 0 and serial > 0


def uk_nino(text: str) -> bool:
    """British national insurance number: prefixes that are given out."""
    return text[:2] not in {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"}


def uk_nhs(text: str) -> bool:
    """British health service number: MOD 11."""
    return -weighted(text, (10, 9, 8, 7, 6, 5, 4, 3, 2)) % 11 == int(text[9]) and len(set(text)) > 1


def de_tax(text: str) -> bool:
    """German tax identification number: one digit two or three times among the first ten, MOD 11,10."""
    counts = sorted(map(text[:10].count, set(text[:10])))
    return text[0] != "0" and counts[-1] in {2, 3} and counts[:-1].count(1) == len(counts) - 1 and mod11_10(text)


def fr_nir(text: str) -> bool:
    """French social security number with its key: month, department, 97 minus the rest."""
    month = int(text[3:5])
    number = text[:13].replace("2A", "19").replace("2B", "18") if text[5:7] in {"2A", "2B"} else text[:13]
    plausible = 1 <= month <= 12 or 20 <= month <= 42 or month >= 50
    return plausible and number.isdigit() and text[5:7] != "00" and 97 - int(number) % 97 == int(text[13:])


def es_dni(text: str) -> bool:
    """Spanish DNI or NIE: the letter follows from the number."""
    number = text[:-1].replace("X", "0").replace("Y", "1").replace("Z", "2")
    return number.isdigit() and _DNI[int(number) % 23] == text[-1]


def it_cf(text: str) -> bool:
    """Italian codice fiscale: the last letter follows from the rest."""
    odd = sum(_CF_ODD[sign] for sign in text[0:15:2])
    even = sum(int(sign, 36) - (10 if sign.isalpha() else 0) for sign in text[1:15:2])
    return chr(65 + (odd + even) % 26) == text[15]


def nl_bsn(text: str) -> bool:
    """Dutch burgerservicenummer: the eleven test."""
    return int(text) > 0 and weighted(text, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def se_personal(text: str) -> bool:
    """Swedish personnummer (or co-ordination number, day plus 60): date and Luhn."""
    short = text[-11:].replace("+", "")[-10:]
    day = int(short[4:6])
    return luhn(short) and is_short_date(int(short[:2]), int(short[2:4]), day - 60 if day > 60 else day)


def pl_pesel(text: str) -> bool:
    """Polish PESEL: date with the century in its month, and weights."""
    month = int(text[2:4])
    century = (1900, 2000, 2100, 2200, 1800)[month // 20]
    checked = weighted(text, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0
    return checked and is_date(century + int(text[:2]), month % 20, int(text[4:6]))


def br_cpf(text: str) -> bool:
    """Brazilian CPF: two check digits."""
    first = weighted(text, tuple(range(10, 1, -1))) * 10 % 11 % 10
    second = weighted(text, tuple(range(11, 1, -1))) * 10 % 11 % 10
    return text[9:] == f"{first}{second}" and len(set(text)) > 1


def in_aadhaar(text: str) -> bool:
    """Indian Aadhaar: Verhoeff's check."""
    return verhoeff(text) and len(set(text)) > 1


def be_register(text: str) -> bool:
    """Belgian register number: 97 minus the rest, a 2 before it for those born from 2000 on."""
    month = int(text[2:4]) % 20
    plausible = month <= 12 and int(text[4:6]) <= 31
    return plausible and int(text[9:]) in {97 - int(text[:9]) % 97, 97 - int("2" + text[:9]) % 97}


def ch_ahv(text: str) -> bool:
    """Swiss AHV number: check of EAN-13."""
    return ean(text)


def fi_hetu(text: str) -> bool:
    """Finnish personal identity code: date and a sign from the number."""
    digits = text[:6] + text[-4:-1]
    return digits.isdigit() and ddmmyy(digits) and _HETU[int(digits) % 31] == text[-1]


def dk_cpr(text: str) -> bool:
    """Danish CPR number: a date; the old check no longer holds for all."""
    return ddmmyy(text)


def no_birth(text: str) -> bool:
    """Norwegian birth number (or D-number, day plus 40): two check digits."""
    first = weighted(text, (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)) % 11
    second = weighted(text, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11
    return not first and not second and 1 <= int(text[:2]) % 40 <= 31 and 1 <= int(text[2:4]) % 40 <= 12


def ro_cnp(text: str) -> bool:
    """Romanian CNP: date, county and weights."""
    check = weighted(text, (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)) % 11
    county = int(text[7:9])
    return (
        yymmdd(text[1:7])
        and (1 <= county <= 52 or 70 <= county <= 83)
        and (1 if check == 10 else check) == int(text[12])
    )


def tr_kimlik(text: str) -> bool:
    """Turkish identity number: two check digits."""
    odd, even = sum(map(int, text[0:9:2])), sum(map(int, text[1:8:2]))
    return (odd * 7 - even) % 10 == int(text[9]) and sum(map(int, text[:10])) % 10 == int(text[10])


def kr_resident(text: str) -> bool:
    """Korean resident registration number: date, sex and weights (given out before October 2020)."""
    check = (11 - weighted(text, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)) % 11) % 10
    return yymmdd(text[:6]) and check == int(text[12])


def cn_resident(text: str) -> bool:
    """Chinese resident identity number: date and ISO 7064 MOD 11-2."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    dated = is_date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    return dated and "10X98765432"[weighted(text, weights) % 11] == text[17]


def mx_curp(text: str) -> bool:
    """Mexican CURP: date and a digit from the rest."""
    total = sum(_CURP.index(sign) * (18 - place) for place, sign in enumerate(text[:17]))
    return yymmdd(text[4:10]) and str(-total % 10) == text[17]


def za_id(text: str) -> bool:
    """South African identity number: date and Luhn."""
    return yymmdd(text[:6]) and text[10] in "012" and luhn(text)


def pt_nif(text: str) -> bool:
    """Portuguese taxpayer number: MOD 11."""
    check = -weighted(text, (9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return (0 if check == 10 else check) == int(text[8])


def sg_nric(text: str) -> bool:
    """Singaporean NRIC or FIN: the letter follows from the number."""
    total = weighted(text[1:8], (2, 7, 6, 5, 4, 3, 2)) + (4 if text[0] in "TG" else 0)
    return ("JZIHGFEDCBA" if text[0] in "ST" else "XWUTRQPNMLK")[total % 11] == text[8]


def jp_my_number(text: str) -> bool:
    """Japanese individual number: MOD 11."""
    check = weighted(text, (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return (0 if check <= 1 else 11 - check) == int(text[11])


def ca_sin(text: str) -> bool:
    """Canadian social insurance number: Luhn."""
    return luhn(text) and text[0] not in "08"


def au_tax(text: str) -> bool:
    """Australian tax file number: weights."""
    return weighted(text, (1, 4, 3, 7, 5, 8, 6, 9, 10)) % 11 == 0 and int(text) > 0


def cz_birth(text: str) -> bool:
    """Czech and Slovak birth number of ten digits: date and a multiple of eleven."""
    month = int(text[2:4]) % 50
    checked = int(text) % 11 == 0 or (int(text[:9]) % 11 == 10 and text[9] == "0")
    return checked and is_short_date(int(text[:2]), month - 20 if month > 20 else month, int(text[4:6]))


def hr_oib(text: str) -> bool:
    """Croatian OIB: ISO 7064 MOD 11,10."""
    return mod11_10(text)


def ie_pps(text: str) -> bool:
    """Irish PPS number: the letter follows from the number."""
    extra = (ord(text[8]) - 64) * 9 if len(text) > 8 and text[8] != "W" else 0
    return "WABCDEFGHIJKLMNOPQRSTUV"[(weighted(text[:7], (8, 7, 6, 5, 4, 3, 2)) + extra) % 23] == text[7]
