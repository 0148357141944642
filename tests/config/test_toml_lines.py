"""Where each key of a TOML file stands, however it is written."""

import tomllib

from hypothesis import given, strategies

from yett.config.toml_lines import lines_of

TEXT = '''
title = "a" # [not.a.table]
[one]
"quoted key" = 1
'single.quoted' = 2
dotted.key.deep = 3
many = [
  1, # one
  { inside = """
multi ] line""", after = 2 },
  [ "x", "]" ],
]

[one.two]
string = """\\
  a "quote" and [x]
  y = 1
""""
last = 1979-05-27T07:32:00Z

[[list]]
name = "first"
[list.sub]
a = 1
[[list]]
name = \'\'\'it\'s
two\'\'\'
end = { x.y = { z = 1 } }
'''


def test_every_way_of_writing_a_key_is_found():
    lines = lines_of(TEXT)
    expected = {
        ("title",): 2,
        ("one",): 3,
        ("one", "quoted key"): 4,
        ("one", "single.quoted"): 5,
        ("one", "dotted", "key", "deep"): 6,
        ("one", "many", 0): 8,
        ("one", "many", 1, "inside"): 9,
        ("one", "many", 1, "after"): 10,
        ("one", "many", 2, 1): 11,
        ("one", "two"): 14,
        ("one", "two", "string"): 15,
        ("one", "two", "last"): 19,
        ("list", 0): 21,
        ("list", 0, "name"): 22,
        ("list", 0, "sub", "a"): 24,
        ("list", 1): 25,
        ("list", 1, "name"): 26,
        ("list", 1, "end", "x", "y", "z"): 28,
    }
    assert {path: lines.get(path) for path in expected} == expected


def paths_of(value, path=()):
    if path:
        yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths_of(inner, (*path, key))
    if isinstance(value, list):
        for index, inner in enumerate(value):
            yield from paths_of(inner, (*path, index))


def test_no_path_of_the_document_is_missed():
    assert set(paths_of(tomllib.loads(TEXT))) <= lines_of(TEXT).keys()


PIECES = strategies.sampled_from(
    [
        "a",
        "b = 1",
        "[t]",
        "[[l]]",
        "\n",
        "c = '''",
        "'''",
        '"""',
        'd = "x',
        '"',
        "# n",
        "e = [",
        "]",
        "f = {",
        "}",
        ",",
        "\\",
        " = ",
        ".",
    ]
)


@given(strategies.lists(PIECES, max_size=30).map("".join))
def test_whatever_tomllib_accepts_is_walked_without_a_fault(text):
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    assert {path for path in paths_of(data) if len(path) == 1} <= lines_of(text).keys()
