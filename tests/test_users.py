"""`app.py users`: adding, removing and listing those who may log in."""

import io
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from recognizer.web import console, launch, strings, users
from recognizer.web.accounts import Accounts

ROOT = Path(__file__).resolve().parents[1]
PASSWORD = "correct horse"


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch):
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(users, "Accounts", partial(Accounts, hasher=hasher))


@pytest.fixture
def database(tmp_path):
    return tmp_path / "users.db"


@pytest.fixture
def typing(monkeypatch):
    """Function that lets someone type these answers at a terminal; an error among them is raised."""

    def typing(*answers):
        left = list(answers)

        def ask(prompt):
            answer = left.pop(0)
            if isinstance(answer, type):
                raise answer
            return answer

        monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
        monkeypatch.setattr(users.getpass, "getpass", ask)
        return left

    return typing


@pytest.fixture
def piping(monkeypatch):
    """Function that puts bytes on the standard input."""
    return lambda content: monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


def verified(database, name, password=PASSWORD):
    with Accounts(database, create=False) as accounts:
        return accounts.verify(name, password)


def complaint(capsys):
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.splitlines()) == 1
    return said.err.strip()


def test_password_is_asked_for_twice(database, typing, capsys):
    typing(PASSWORD, PASSWORD)
    assert users.main(["add", str(database), "Ada"]) == 0
    assert capsys.readouterr().out.strip() == console.USER_ADDED.format(name="Ada")
    assert verified(database, "Ada") == "Ada"


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"", b"\nnot this\n"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"], ids=["plain", "marked"])
def test_password_may_come_by_a_pipe(database, piping, start, end):
    piping(start + b" correct horse " + end)
    assert users.main(["add", str(database), "Ada", "--password-stdin"]) == 0
    assert verified(database, "Ada", " correct horse ") == "Ada"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", strings.ACCOUNT_PASSWORD_SHORT.format(least=10)),
        (b"\xff\xfe long enough", console.PASSWORD_UNREADABLE),
        (b"x" * 201, strings.ACCOUNT_PASSWORD_LONG.format(most=200)),
    ],
)
def test_bad_passwords_are_told(database, piping, capsys, content, sentence):
    piping(content)
    assert users.main(["add", str(database), "Ada", "--password-stdin"]) == 1
    assert complaint(capsys) == sentence


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ((PASSWORD, "something else"), strings.ACCOUNT_PASSWORDS_DIFFER),
        (("short", "short"), strings.ACCOUNT_PASSWORD_SHORT.format(least=10)),
        ((KeyboardInterrupt,), console.STOPPED),
        ((PASSWORD, EOFError), console.STOPPED),
    ],
)
def test_what_goes_wrong_at_the_terminal_is_told(database, typing, capsys, answers, sentence):
    typing(*answers)
    assert users.main(["add", str(database), "Ada"]) == 1
    assert complaint(capsys) == sentence
    assert verified(database, "Ada") is None


def test_without_a_terminal_nobody_is_asked(database, piping, capsys):
    piping(PASSWORD.encode())
    assert users.main(["add", str(database), "Ada"]) == 1
    assert complaint(capsys) == console.PASSWORD_UNASKED


def test_names_are_judged_before_anyone_types_a_password(database, typing, capsys):
    left = typing(PASSWORD, PASSWORD)
    assert users.main(["add", str(database), "a b"]) == 1
    assert "3 to 32 characters" in complaint(capsys)
    assert not database.exists()
    assert users.main(["add", str(database), "Ada"]) == 0
    assert left == []
    capsys.readouterr()
    assert users.main(["add", str(database), "ADA"]) == 1
    assert complaint(capsys) == console.USER_EXISTS.format(name="ADA")


def test_users_are_listed_and_removed(database, piping, capsys):
    for name in ("bob", "Ada"):
        piping(PASSWORD.encode())
        users.main(["add", str(database), name, "--password-stdin"])
    capsys.readouterr()
    assert users.main(["list", str(database)]) == 0
    assert re.fullmatch(r"Ada\t\d{4}-\d\d-\d\d\nbob\t\d{4}-\d\d-\d\d\n", capsys.readouterr().out)
    assert users.main(["remove", str(database), "ADA"]) == 0
    capsys.readouterr()
    assert users.main(["remove", str(database), "Ada"]) == 1
    assert complaint(capsys) == console.USER_MISSING.format(name="Ada", path=database)
    assert users.main(["list", str(database)]) == 0
    assert capsys.readouterr().out.startswith("bob\t")


@pytest.mark.parametrize("arguments", [("list",), ("remove", "Ada")])
def test_missing_database_is_told_and_not_made(database, capsys, arguments):
    assert users.main([arguments[0], str(database), *arguments[1:]]) == 1
    assert complaint(capsys) == console.ACCOUNTS_MISSING.format(path=database)
    assert not database.exists()


def test_other_files_are_told(database, piping, capsys):
    database.write_text("Ada\n" * 300)
    piping(PASSWORD.encode())
    for arguments in (["add", str(database), "Ada", "--password-stdin"], ["list", str(database)]):
        assert users.main(arguments) == 1
        assert complaint(capsys) == console.ACCOUNTS_DAMAGED.format(path=database)
    assert database.read_text() == "Ada\n" * 300


@pytest.mark.parametrize(
    "arguments", [[], ["add"], ["list"], ["add", "users.db"], ["rename", "users.db", "Ada"], ["list", "a", "b"]]
)
def test_mistaken_arguments_end_with_the_usage(capsys, arguments):
    with pytest.raises(SystemExit) as ended:
        users.main(arguments)
    assert ended.value.code == 2
    assert "usage: app.py users" in capsys.readouterr().err


def test_app_leads_to_the_command(tmp_path):
    def app(*arguments, **options):
        command = [sys.executable, str(ROOT / "app.py"), *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False, **options)

    added = app("users", "add", "users.db", "Ada", "--password-stdin", input=PASSWORD)
    assert (added.returncode, added.stderr) == (0, "")
    assert app("users", "list", "users.db").stdout.startswith("Ada\t")
    odd = app("users", "remove", "users.db", b"\xff\xfe")
    assert odd.returncode == 1
    assert "Traceback" not in odd.stderr


def test_registration_needs_accounts(capsys):
    with pytest.raises(SystemExit) as ended:
        launch.parse_options(["--allow-registration"])
    assert ended.value.code == 2
    assert console.REGISTRATION_WITHOUT_ACCOUNTS in capsys.readouterr().err
    assert launch.parse_options(["--allow-registration", "--auth", "users.db"]).auth == Path("users.db")


def test_database_that_cannot_be_used_ends_the_app(tmp_path, capsys):
    assert launch.main(["--auth", str(tmp_path)]) == 1
    assert str(tmp_path) in complaint(capsys)
