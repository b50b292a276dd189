"""Accounts in SQLite: who may log in, how long a session lasts, how often one may try, and what no database is."""

import os
import re
import sqlite3
import stat
import threading
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from recognizer.errors import RecognizerError
from recognizer.web import accounts as module
from recognizer.web.accounts import (
    ATTEMPTS_FROM_ADDRESS,
    ATTEMPTS_IN,
    ATTEMPTS_ON_NAME,
    IDLE_TIME,
    LOCKED_FOR,
    LONGEST_SESSION,
    REGISTRATIONS_FROM_ADDRESS,
    Accounts,
    AccountsError,
    LockedError,
    RefusedError,
    check_name,
    check_password,
    minutes_of,
)

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "correct horse"


class Clock:
    """Seconds that pass only when a test says so."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now

    def pass_(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "users.db"


@pytest.fixture
def accounts(path, clock):
    with Accounts(path, hasher=CHEAP, clock=clock) as accounts:
        yield accounts


def rows(path, table):
    with sqlite3.connect(path) as database:
        found = database.execute(f"SELECT * FROM {table}").fetchall()
    database.close()
    return found


# Users


def test_user_is_verified_by_the_right_password_only(accounts):
    accounts.add_user("Ada", PASSWORD)
    assert accounts.verify("Ada", PASSWORD) == "Ada"
    assert accounts.verify("Ada", PASSWORD + " ") is None
    assert accounts.verify("Ada", "") is None
    assert accounts.verify("Bob", PASSWORD) is None


def test_names_are_told_apart_without_regard_to_case(accounts):
    accounts.add_user("Ada", PASSWORD)
    assert accounts.verify("aDA", PASSWORD) == "Ada"
    with pytest.raises(RefusedError, match="taken"):
        accounts.add_user("ADA", PASSWORD)
    assert accounts.remove_user("ada")
    assert accounts.users() == []


def test_users_are_listed_by_name(accounts, clock):
    for name in ("carl", "Ada", "bob"):
        clock.pass_(1)
        accounts.add_user(name, PASSWORD)
    assert [user.name for user in accounts.users()] == ["Ada", "bob", "carl"]
    assert accounts.users()[0].created == 1_000_002.0


def test_neither_password_nor_token_lies_in_the_file(accounts, path):
    accounts.add_user("Ada", PASSWORD)
    token = accounts.open_session("Ada")
    content = path.read_bytes()
    assert b"$argon2id$" in content
    assert PASSWORD.encode() not in content
    assert token.encode() not in content


def test_accents_may_be_typed_in_any_way(accounts):
    accounts.add_user("Zoe", "caf\u00e9 caf\u00e9 caf\u00e9")
    assert accounts.verify("Zoe", "cafe\u0301 cafe\u0301 cafe\u0301") == "Zoe"


def test_password_is_hashed_anew_when_the_parameters_change(accounts, path, clock):
    accounts.add_user("Ada", PASSWORD)
    before = rows(path, "users")[0][2]
    dearer = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    with Accounts(path, hasher=dearer, clock=clock) as later:
        assert later.verify("Ada", "something else") is None
        assert rows(path, "users")[0][2] == before
        assert later.verify("Ada", PASSWORD) == "Ada"
        after = rows(path, "users")[0][2]
        assert "m=16,t=2" in after
        assert later.verify("Ada", PASSWORD) == "Ada"
        assert rows(path, "users")[0][2] == after


def test_unknown_name_costs_a_hash_as_a_wrong_password_does(accounts, monkeypatch):
    compared = []
    verify = PasswordHasher.verify
    monkeypatch.setattr(
        PasswordHasher, "verify", lambda self, hashed, given: compared.append(hashed) or verify(self, hashed, given)
    )
    accounts.add_user("Ada", PASSWORD)
    for name in ("Ada", "Bob", "not a name", ""):
        accounts.verify(name, "wrong password")
    assert len(compared) == 4
    assert len({hashed.rsplit("$", 2)[0] for hashed in compared}) == 1  # of the same cost


@pytest.mark.parametrize(
    "name", ["", "ab", "a" * 33, "a b c", "Zoë", "a/b/c", "<b>x</b>", "ada\n", "ada\0", "абв", "\ud800ab"]
)
def test_names_that_may_not_be(accounts, name):
    with pytest.raises(RefusedError, match="3 to 32 characters"):
        accounts.add_user(name, PASSWORD)
    assert not accounts.remove_user(name)
    assert accounts.verify(name, PASSWORD) is None


@pytest.mark.parametrize("name", ["abc", "a" * 32, "a.b-c_d", "123", "..."])
def test_names_that_may_be(name):
    check_name(name)


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("short", "at least 10"),
        ("x" * 9, "at least 10"),
        ("x" * 201, "at most 200"),
        ("Ada.Lovelace", "is the user name"),
        ("ADA.lovelace", "is the user name"),
    ],
)
def test_passwords_that_may_not_be(accounts, password, sentence):
    with pytest.raises(RefusedError, match=sentence):
        accounts.add_user("ada.lovelace", password)
    assert accounts.users() == []


@pytest.mark.parametrize("password", ["x" * 10, "x" * 200, " " * 10, "\U0001f600" * 10, "na\0me\ud800long"])
def test_passwords_that_may_be(accounts, password):
    check_password("Ada", password)
    accounts.add_user("Ada", password)
    assert accounts.verify("Ada", password) == "Ada"


@given(name=st.text(max_size=40), password=st.text(max_size=40))
def test_whatever_is_typed_is_judged_in_one_sentence(name, password):
    said = ""
    try:
        check_name(name)
        check_password(name, password)
    except RefusedError as refusal:
        said = str(refusal)
    fits = re.fullmatch(r"[\w.-]{3,32}", name, re.ASCII) and len(password) >= 10 and password.lower() != name.lower()
    assert bool(said) is not bool(fits)
    assert said == "" or (said.endswith(".") and "{" not in said)


# Sessions


def test_session_belongs_to_its_user(accounts):
    accounts.add_user("Ada", PASSWORD)
    accounts.add_user("Bob", PASSWORD)
    tokens = {name: accounts.open_session(name) for name in ("Ada", "bob")}
    assert accounts.session_user(tokens["Ada"]) == "Ada"
    assert accounts.session_user(tokens["bob"]) == "Bob"
    for token in ("", "x", tokens["Ada"][:-1], tokens["Ada"].swapcase(), "\ud800"):
        assert accounts.session_user(token) is None


def test_tokens_are_long_and_never_the_same(accounts):
    accounts.add_user("Ada", PASSWORD)
    tokens = {accounts.open_session("Ada") for _ in range(50)}
    assert len(tokens) == 50
    assert min(map(len, tokens)) >= 43  # 256 bits in base64


def test_session_of_nobody_opens_nothing(accounts):
    assert accounts.session_user(accounts.open_session("Nobody")) is None


def test_session_ends_without_use(accounts, clock):
    accounts.add_user("Ada", PASSWORD)
    token = accounts.open_session("Ada")
    for _ in range(5):
        clock.pass_(IDLE_TIME - 1)
        assert accounts.session_user(token) == "Ada"
    clock.pass_(IDLE_TIME)
    assert accounts.session_user(token) is None


def test_session_ends_after_a_week_of_use(accounts, clock):
    accounts.add_user("Ada", PASSWORD)
    token = accounts.open_session("Ada")
    while clock.now < 1_000_000 + LONGEST_SESSION - 3600:
        clock.pass_(3600)
        assert accounts.session_user(token) == "Ada"
    clock.pass_(3600)
    assert accounts.session_user(token) is None


def test_session_ends_when_closed_and_no_other_does(accounts):
    accounts.add_user("Ada", PASSWORD)
    first, second = accounts.open_session("Ada"), accounts.open_session("Ada")
    accounts.close_session(first)
    accounts.close_session(first)
    assert accounts.session_user(first) is None
    assert accounts.session_user(second) == "Ada"


def test_session_ends_with_its_user_even_if_the_name_comes_back(accounts, path, clock):
    accounts.add_user("Ada", PASSWORD)
    token = accounts.open_session("Ada")
    with Accounts(path, hasher=CHEAP, clock=clock) as elsewhere:  # as the command line does it
        assert elsewhere.remove_user("Ada")
        assert accounts.session_user(token) is None
        elsewhere.add_user("Ada", PASSWORD)
    assert accounts.session_user(token) is None
    assert rows(path, "sessions") == []


def test_what_has_ended_is_swept(accounts, path, clock):
    accounts.add_user("Ada", PASSWORD)
    accounts.open_session("Ada")
    accounts.begin_login("Bob", "1.2.3.4")
    clock.pass_(LONGEST_SESSION)
    accounts.open_session("Ada")
    assert len(rows(path, "sessions")) == 1
    assert rows(path, "attempts") == []


def test_not_every_use_of_a_session_writes(accounts, path, clock):
    accounts.add_user("Ada", PASSWORD)
    token = accounts.open_session("Ada")
    before = path.read_bytes()
    clock.pass_(30)
    accounts.session_user(token)
    assert path.read_bytes() == before
    clock.pass_(31)
    accounts.session_user(token)
    assert path.read_bytes() != before


# Attempts


def fail(accounts, name, address, times=1):
    return [accounts.begin_login(name, address).failures for _ in range(times)]


def test_name_is_locked_after_its_failures_from_wherever(accounts, clock):
    assert [fail(accounts, "Ada", f"10.0.0.{i}") for i in range(ATTEMPTS_ON_NAME)] == [[1], [2], [3], [4], [5]]
    clock.pass_(LOCKED_FOR - 61)
    with pytest.raises(LockedError, match=r"2 min") as locked:
        accounts.begin_login("aDa", "10.0.0.99")
    assert locked.value.seconds == 61
    assert fail(accounts, "Bob", "10.0.0.0") == [2]
    clock.pass_(61)
    assert fail(accounts, "Ada", "10.0.0.1") == [1]


def test_address_is_locked_after_its_failures_on_whatever_names(accounts, clock):
    for i in range(ATTEMPTS_FROM_ADDRESS):
        assert accounts.begin_login(f"user{i}" if i % 2 else "no name!", "10.0.0.1").failures == i + 1
    with pytest.raises(LockedError):
        accounts.begin_login("Ada", "10.0.0.1")
    assert fail(accounts, "Ada", "10.0.0.2") == [1]
    clock.pass_(LOCKED_FOR)
    assert fail(accounts, "Bob", "10.0.0.1") == [1]


def test_refused_attempts_do_not_prolong_the_lock(accounts, clock):
    fail(accounts, "Ada", "10.0.0.1", ATTEMPTS_ON_NAME)
    for _ in range(14):
        clock.pass_(60)
        with pytest.raises(LockedError):
            accounts.begin_login("Ada", "10.0.0.1")
    clock.pass_(60)
    assert fail(accounts, "Ada", "10.0.0.1") == [1]


def test_failures_are_forgotten_with_time(accounts, clock):
    fail(accounts, "Ada", "10.0.0.1", ATTEMPTS_ON_NAME - 1)
    clock.pass_(ATTEMPTS_IN)
    assert fail(accounts, "Ada", "10.0.0.1") == [1]


def test_success_clears_the_name_but_not_what_its_address_did_to_others(accounts):
    fail(accounts, "Ada", "10.0.0.1", 2)
    fail(accounts, "Bob", "10.0.0.1", 3)
    accounts.forgive(accounts.begin_login("Ada", "10.0.0.1"), "Ada")
    assert fail(accounts, "Ada", "10.0.0.2") == [1]
    assert fail(accounts, "Bob", "10.0.0.2") == [4]
    assert fail(accounts, "carl", "10.0.0.1") == [6]


def test_right_password_at_the_last_attempt_leaves_no_lock(accounts, path):
    fail(accounts, "Ada", "10.0.0.1", ATTEMPTS_ON_NAME - 1)
    accounts.forgive(accounts.begin_login("Ada", "10.0.0.1"), "Ada")
    assert rows(path, "locks") == []
    for i in range(ATTEMPTS_FROM_ADDRESS - ATTEMPTS_ON_NAME):
        fail(accounts, f"user{i}", "10.0.0.1")
    accounts.forgive(accounts.begin_login("Ada", "10.0.0.1"), "Ada")
    assert rows(path, "locks") == []
    assert fail(accounts, "Ada", "10.0.0.1") == [ATTEMPTS_FROM_ADDRESS]


def test_attempts_at_once_are_all_counted(accounts):
    """However many threads ask before any password was looked at."""
    begun, refused = [], []

    def attempt():
        try:
            begun.append(accounts.begin_login("Ada", "10.0.0.1"))
        except LockedError as error:
            refused.append(error)

    threads = [threading.Thread(target=attempt) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(begun) == ATTEMPTS_ON_NAME
    assert len(refused) == 30 - ATTEMPTS_ON_NAME


def test_registrations_are_counted_by_address_apart_from_logging_in(accounts):
    for _ in range(REGISTRATIONS_FROM_ADDRESS):
        accounts.begin_registration("10.0.0.1")
    with pytest.raises(LockedError):
        accounts.begin_registration("10.0.0.1")
    accounts.begin_registration("10.0.0.2")
    assert fail(accounts, "Ada", "10.0.0.1") == [1]


def test_removing_a_user_lifts_its_lock(accounts):
    accounts.add_user("Ada", PASSWORD)
    fail(accounts, "ada", "10.0.0.1", ATTEMPTS_ON_NAME)
    accounts.remove_user("Ada")
    accounts.add_user("Ada", PASSWORD)
    assert fail(accounts, "Ada", "10.0.0.2") == [1]


@pytest.mark.parametrize(("seconds", "minutes"), [(0, 1), (1, 1), (60, 1), (60.1, 2), (900, 15)])
def test_minutes_are_rounded_up(seconds, minutes):
    assert minutes_of(seconds) == minutes


def test_threads_may_share_the_accounts(accounts):
    problems = []

    def use(number):
        try:
            name = f"user{number}"
            accounts.add_user(name, PASSWORD)
            token = accounts.open_session(accounts.verify(name, PASSWORD))
            assert accounts.session_user(token) == name
            accounts.close_session(token)
            assert accounts.session_user(token) is None
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=use, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert len(accounts.users()) == 8


# The file


def test_accounts_outlive_the_program(path, clock):
    with Accounts(path, hasher=CHEAP, clock=clock) as accounts:
        accounts.add_user("Ada", PASSWORD)
        token = accounts.open_session("Ada")
    with Accounts(path, create=False, hasher=CHEAP, clock=clock) as accounts:
        assert accounts.verify("Ada", PASSWORD) == "Ada"
        assert accounts.session_user(token) == "Ada"


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")
@pytest.mark.parametrize("before", [None, 0o644])
def test_file_is_for_its_owner_only(path, clock, before):
    if before is not None:
        path.touch()
        path.chmod(before)
    with Accounts(path, hasher=CHEAP, clock=clock) as accounts:
        accounts.add_user("Ada", PASSWORD)
        assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}


def one_sentence(error):
    said = str(error.value)
    assert isinstance(error.value, RecognizerError)
    assert said.endswith(".")
    assert "\n" not in said
    return said


def test_missing_file_is_made_only_where_wanted(path):
    with pytest.raises(AccountsError) as error:
        Accounts(path, create=False)
    assert str(path) in one_sentence(error)
    assert not path.exists()


@pytest.mark.parametrize(
    "content", [b"no database at all, but long enough to look like one" * 20, b"SQLite format 3\0"]
)
def test_file_that_is_no_database_is_left_alone(path, content):
    path.write_bytes(content)
    with pytest.raises(AccountsError) as error:
        Accounts(path)
    assert "damaged or no database" in one_sentence(error)
    assert path.read_bytes() == content


def test_damaged_database_is_told(path, clock):
    with Accounts(path, hasher=CHEAP, clock=clock) as accounts:
        accounts.add_user("Ada", PASSWORD)
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(AccountsError) as error:
        Accounts(path)
    assert "damaged" in one_sentence(error)


def test_damage_while_open_is_told(accounts, path):
    accounts.add_user("Ada", PASSWORD)
    path.write_bytes(b"\xff" * path.stat().st_size)
    with pytest.raises(AccountsError) as error:
        accounts.users()
    one_sentence(error)


def test_database_of_another_program_is_left_alone(path):
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE users (name TEXT)")
    database.close()
    before = path.read_bytes()
    with pytest.raises(AccountsError) as error:
        Accounts(path)
    assert "another program" in one_sentence(error)
    assert path.read_bytes() == before


def test_database_of_a_newer_version_is_left_alone(path, monkeypatch):
    with monkeypatch.context() as later:
        later.setattr(module, "_VERSION", 2)
        Accounts(path).close()
    with pytest.raises(AccountsError) as error:
        Accounts(path)
    assert "newer version" in one_sentence(error)


def test_place_that_cannot_be_written_is_told(tmp_path):
    for place in (tmp_path, tmp_path / "missing" / "users.db"):
        with pytest.raises(AccountsError) as error:
            Accounts(place)
        assert str(place) in one_sentence(error)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is read-only for root")
def test_read_only_file_is_told(path):
    Accounts(path).close()
    path.chmod(0o400)
    with pytest.raises(AccountsError) as error:
        Accounts(path)
    one_sentence(error)


def test_database_that_another_program_keeps_locked_is_told(accounts, path):
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    accounts._database.execute("PRAGMA busy_timeout = 10")
    with pytest.raises(AccountsError) as error:
        accounts.users()
    assert "locked" in one_sentence(error)
    holder.close()
    assert accounts.users() == []


def test_name_of_a_file_is_never_a_database_in_memory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with Accounts(":memory:", hasher=CHEAP) as accounts:
        accounts.add_user("Ada", PASSWORD)
    assert Path(":memory:").stat().st_size > 0
