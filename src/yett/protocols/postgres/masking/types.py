"""PostgreSQL's built-in types, by what their values can carry (oids from pg_type.dat; the same in every version)."""

CHAR, NAME, INT8, TEXT = 18, 19, 20, 25
BPCHAR, VARCHAR = 1042, 1043
JSON, JSONB, XML, BYTEA = 114, 3802, 142, 17
NUMERIC, INET, CIDR = 1700, 869, 650
RECORD, RECORDS = 2249, 2287
UNKNOWN, CSTRING = 705, 2275
FIRST_USER_TYPE = 16384

TEXTS = frozenset({CHAR, NAME, TEXT, BPCHAR, VARCHAR, UNKNOWN, CSTRING})
"""Types whose values are their own text in both wire formats."""

ARRAYS = frozenset(
    {1001, 1002, 1003, 1009, 1014, 1015, 1016, 1041, 1231, 1263, 143, 199, 651, 2277, 2287, 3643, 3645, 3807, 4073}
)
"""Arrays whose elements can carry text, or numbers that are cards or ids, and `anyarray`, as pg_stats has it."""

HARMLESS = frozenset(
    {
        *(16, 21, 23, 26, 27, 28, 29, 5069, 700, 701, 790, 829, 774, 3220, 2278),  # booleans, small numbers, addresses
        *(1082, 1083, 1114, 1184, 1186, 1266, 2950),  # times; uuid
        *(24, 2202, 2203, 2204, 2205, 2206, 3734, 3769, 4089, 4096, 4191),  # names of catalog objects
        *(1000, 1005, 1007, 1028, 1021, 1022, 1182, 1183, 1115, 1185, 1187, 1270, 2951),  # arrays of those
    }
)
"""Types whose values say nothing that a detector looks for."""

ARRAYS_NULLED = frozenset({143, 199, 651, 1001, 1016, 1041, 1231, 3807})
"""Arrays in whose text form a mask could not stand in place of a part of an element: numbers, addresses, JSON, XML."""
