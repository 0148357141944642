"""How commands of the API end: the status and the code of an error."""

import json


def code_of(result):
    status, out, err = result
    assert status, out
    return status, json.loads(err)["error"]["code"]
