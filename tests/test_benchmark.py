"""The benchmark prints its figures and says that TensorFlow stayed out."""

import re
from pathlib import Path

import pytest

from recognizer.benchmark import main

PICTURE = Path(__file__).parent / "golden" / "9916847512_plain.png"


@pytest.mark.parametrize("picture", [[], ["--picture", str(PICTURE)]], ids=["bundled", "named"])
def test_figures_are_printed(capsys, picture):
    assert main([*picture, "--repeat", "2", "--starts", "1"]) == 0
    lines = dict(re.split(r"\s{2,}", line, maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert "10 digits" in lines["picture"]
    median, fastest, slowest = map(float, re.findall(r"\d+\.\d", lines["one reading"]))
    assert 0 < fastest <= median <= slowest
    assert float(lines["command line"].split()[0]) > 0
    assert float(lines["its memory"].split()[0]) > 10
    assert lines["TensorFlow"] == "not imported"
    if picture:
        assert PICTURE.name in lines["picture"]
