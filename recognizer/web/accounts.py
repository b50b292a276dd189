"""Accounts of the page in one SQLite file: users, their sessions, and attempts to log in. Nothing of the web is in here."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import sqlite3
import threading
import time
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from recognizer.errors import RecognizerError
from recognizer.web import console
from recognizer.web.language import SOURCE, say

NAME_LENGTHS = (3, 32)
PASSWORD_LENGTHS = (10, 200)
"""Least and most characters."""

IDLE_TIME = 12 * 3600
LONGEST_SESSION = 7 * 24 * 3600
"""Seconds after which a session ends: without use, and in any case."""

ATTEMPTS_IN = LOCKED_FOR = 15 * 60
"""Seconds within which attempts are counted, and for which more of them are refused after too many."""
ATTEMPTS_ON_NAME = 5
ATTEMPTS_FROM_ADDRESS = 20
REGISTRATIONS_FROM_ADDRESS = 10

_NAME = re.compile(rf"[A-Za-z0-9._-]{{{NAME_LENGTHS[0]},{NAME_LENGTHS[1]}}}")
_NOTED_EVERY = 60  # seconds between two notes that a session is in use, so that not every request writes
_APPLICATION_ID = 0x484E5541  # "HNUA", tells the file from other programs' databases
_VERSION = 1
_TABLES = """
CREATE TABLE users (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE COLLATE NOCASE, hash TEXT NOT NULL, created REAL NOT NULL);
CREATE TABLE sessions (
    digest BLOB PRIMARY KEY, user INTEGER NOT NULL REFERENCES users ON DELETE CASCADE, started REAL NOT NULL,
    used REAL NOT NULL);
CREATE TABLE attempts (id INTEGER PRIMARY KEY, subject TEXT NOT NULL, at REAL NOT NULL);
CREATE TABLE locks (subject TEXT PRIMARY KEY, until REAL NOT NULL);
"""


class AccountsError(RecognizerError):
    """The database is missing, damaged, another program's, or cannot be written."""


class RefusedError(RecognizerError):
    """A user name or password that may not be: the sentence in English, and what `language.say` needs for any other."""

    def __init__(self, sentence: str, **values: object) -> None:
        """Args: name of the sentence in `strings`, and what stands in its braces."""
        super().__init__(say(SOURCE, sentence, **values))
        self.sentence = sentence
        self.values = values


class LockedError(RecognizerError):
    """Too many attempts; the next is allowed after `seconds`."""

    def __init__(self, seconds: float) -> None:
        """Args: how long the lock still lasts."""
        super().__init__(say(SOURCE, "ACCOUNT_LOCKED", minutes=minutes_of(seconds)))
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class User:
    """A user as `Accounts.users` lists it."""

    name: str
    created: float
    """Seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt that counts as failed until `Accounts.forgive` takes it back."""

    ids: tuple[int, ...]
    limits: dict[str, int]
    """Subject that the attempt counts for, and how many it may have."""
    failures: int
    """Attempts that count now for one of the subjects, this one among them: the most of any."""


class Accounts:
    """The accounts in one file; to be called from any thread, and from several programs at once."""

    def __init__(
        self,
        path: str | Path,
        *,
        create: bool = True,
        hasher: PasswordHasher | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Open the database.

        Args:
            path: the file; a new one is readable by this user only.
            create: make the file where there is none.
            hasher: what hashes passwords, None for argon2id with the library's own parameters.
            clock: seconds since 1970.

        Raises:
            AccountsError: the file is missing, damaged, another program's, or cannot be written.
        """
        self.path = Path(path)
        self._hasher = hasher or PasswordHasher()
        self._clock = clock
        self._lock = threading.Lock()
        if not create and not self.path.exists():
            raise AccountsError(console.ACCOUNTS_MISSING.format(path=path))
        try:
            # SQLite would create the file readable by all; what it puts beside the file takes over the file's mode.
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise AccountsError(console.ACCOUNTS_UNUSABLE.format(path=path, reason=error.strerror)) from error
        self._database = sqlite3.connect(
            self.path.absolute(), timeout=10, isolation_level=None, check_same_thread=False
        )
        try:
            self._prepare()
        except AccountsError:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; the accounts are of no use afterwards."""
        self._database.close()

    # Users

    def add_user(self, name: str, password: str) -> None:
        """Add a user; takes as long as hashing the password.

        Raises:
            RefusedError: the name or the password may not be, or the name is taken.
        """
        check_name(name)
        check_password(name, password)
        hashed = self._hasher.hash(_bytes(password))
        with self._transaction() as database:
            added = database.execute(
                "INSERT INTO users (name, hash, created) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                (name, hashed, self._clock()),
            )
            if not added.rowcount:
                raise RefusedError("ACCOUNT_TAKEN", name=name)

    def remove_user(self, name: str) -> bool:
        """Remove a user, its sessions and its lock; False where there is none of that name."""
        if not _NAME.fullmatch(name):
            return False
        with self._transaction() as database:
            for table in ("attempts", "locks"):
                database.execute(f"DELETE FROM {table} WHERE subject = ?", (_name_subject(name),))
            return database.execute("DELETE FROM users WHERE name = ?", (name,)).rowcount > 0

    def users(self) -> list[User]:
        """All users by name."""
        with self._transaction(writes=False) as database:
            return [User(*row) for row in database.execute("SELECT name, created FROM users ORDER BY name")]

    def verify(self, name: str, password: str) -> str | None:
        """Name of the user as registered where the password is right, else None.

        An unknown user takes as long as a wrong password: both are compared with a hash.
        """
        dummy = self._dummy_hash  # made at the first call, whoever that asks for
        row = None
        if _NAME.fullmatch(name):
            with self._transaction(writes=False) as database:
                row = database.execute("SELECT id, name, hash FROM users WHERE name = ?", (name,)).fetchone()
        identity, registered, hashed = row or (None, None, dummy)
        try:
            self._hasher.verify(hashed, _bytes(password))
        except (VerificationError, InvalidHashError):
            return None
        if identity is None:
            return None
        if self._hasher.check_needs_rehash(hashed):
            better = self._hasher.hash(_bytes(password))
            with self._transaction() as database:
                database.execute("UPDATE users SET hash = ? WHERE id = ?", (better, identity))
        return str(registered)

    # Sessions

    def open_session(self, name: str) -> str:
        """Start a session of a user.

        Returns:
            Its token, 256 random bits as text; only the token's SHA-256 is stored.
        """
        token = secrets.token_urlsafe(32)
        now = self._clock()
        with self._transaction() as database:
            self._sweep(database, now)
            database.execute(
                "INSERT INTO sessions SELECT ?, id, ?, ? FROM users WHERE name = ?", (_digest(token), now, now, name)
            )
        return token

    def session_user(self, token: str) -> str | None:
        """Name of the user whose session this is, noting that it is in use; None where there is none or it has ended."""
        now = self._clock()
        with self._transaction(writes=False) as database:
            row = database.execute(
                "SELECT name, used FROM sessions JOIN users ON users.id = user "
                "WHERE digest = ? AND used > ? AND started > ?",
                (_digest(token), now - IDLE_TIME, now - LONGEST_SESSION),
            ).fetchone()
        if row is None:
            return None
        name, used = row
        if now - used > _NOTED_EVERY:
            with self._transaction() as database:
                database.execute("UPDATE sessions SET used = ? WHERE digest = ?", (now, _digest(token)))
        return str(name)

    def close_session(self, token: str) -> None:
        """End a session; nothing happens where there is none."""
        with self._transaction() as database:
            database.execute("DELETE FROM sessions WHERE digest = ?", (_digest(token),))

    # Attempts

    def begin_login(self, name: str, address: str) -> Attempt:
        """Count an attempt to log in before its password is looked at, so that many at once are counted too.

        Args:
            name: the user name, known or not.
            address: where the attempt comes from.

        Raises:
            LockedError: there were too many for this name or from this address.
        """
        limits = {f"address {address}": ATTEMPTS_FROM_ADDRESS}
        if _NAME.fullmatch(name):
            limits[_name_subject(name)] = ATTEMPTS_ON_NAME
        return self._begin(limits)

    def begin_registration(self, address: str) -> Attempt:
        """Count an attempt to register from an address.

        Raises:
            LockedError: there were too many from this address.
        """
        return self._begin({f"registration {address}": REGISTRATIONS_FROM_ADDRESS})

    def forgive(self, attempt: Attempt, name: str) -> None:
        """Take back an attempt that logged a user in, and forget the failures on that user's name."""
        with self._transaction() as database:
            database.executemany("DELETE FROM attempts WHERE id = ?", [(one,) for one in attempt.ids])
            database.execute("DELETE FROM attempts WHERE subject = ?", (_name_subject(name),))
            for subject, most in attempt.limits.items():
                if self._count(database, subject) < most:
                    database.execute("DELETE FROM locks WHERE subject = ?", (subject,))

    def _begin(self, limits: dict[str, int]) -> Attempt:
        now = self._clock()
        with self._transaction() as database:
            self._sweep(database, now)
            locks = database.execute(
                f"SELECT max(until) FROM locks WHERE subject IN ({', '.join('?' * len(limits))})", tuple(limits)
            )
            (until,) = locks.fetchone()
            if until is not None:
                raise LockedError(until - now)
            ids, counts = [], []
            for subject, most in limits.items():
                added = database.execute("INSERT INTO attempts (subject, at) VALUES (?, ?)", (subject, now))
                assert added.lastrowid is not None
                ids.append(added.lastrowid)
                counts.append(self._count(database, subject))
                if counts[-1] >= most:
                    database.execute("INSERT INTO locks VALUES (?, ?)", (subject, now + LOCKED_FOR))
        return Attempt(tuple(ids), limits, max(counts))

    @staticmethod
    def _count(database: sqlite3.Connection, subject: str) -> int:
        return int(database.execute("SELECT count(*) FROM attempts WHERE subject = ?", (subject,)).fetchone()[0])

    @staticmethod
    def _sweep(database: sqlite3.Connection, now: float) -> None:
        """Delete what has ended."""
        database.execute(
            "DELETE FROM sessions WHERE used <= ? OR started <= ?", (now - IDLE_TIME, now - LONGEST_SESSION)
        )
        database.execute("DELETE FROM attempts WHERE at <= ?", (now - ATTEMPTS_IN,))
        database.execute("DELETE FROM locks WHERE until <= ?", (now,))

    @cached_property
    def _dummy_hash(self) -> str:
        return self._hasher.hash(secrets.token_bytes(16))

    # The file

    def _prepare(self) -> None:
        """Check that the file is a database of this program's, or make it one; raises AccountsError."""
        with self._transaction() as database:
            application, version, tables, sound = (
                database.execute(question).fetchone()[0]
                for question in (
                    "PRAGMA application_id",
                    "PRAGMA user_version",
                    "SELECT count(*) FROM sqlite_master",
                    "PRAGMA quick_check(1)",
                )
            )
            if (application, version, tables) == (0, 0, 0):
                for statement in _TABLES.split(";"):
                    database.execute(statement)
                database.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
                database.execute(f"PRAGMA user_version = {_VERSION}")
            elif application != _APPLICATION_ID:
                raise AccountsError(console.ACCOUNTS_FOREIGN.format(path=self.path))
            elif version > _VERSION:
                raise AccountsError(console.ACCOUNTS_NEWER.format(path=self.path))
            elif sound != "ok":
                raise AccountsError(console.ACCOUNTS_DAMAGED.format(path=self.path))
            self._sweep(database, self._clock())
        # Neither may be set inside a transaction: sessions go with their user, and what is deleted is overwritten.
        self._database.execute("PRAGMA foreign_keys = ON")
        self._database.execute("PRAGMA secure_delete = ON")
        with contextlib.suppress(OSError):  # a file that someone else owns keeps the mode its owner chose
            self.path.chmod(0o600)

    @contextlib.contextmanager
    def _transaction(self, *, writes: bool = True) -> Iterator[sqlite3.Connection]:
        """All or nothing, one at a time; turns every complaint of SQLite into an AccountsError."""
        with self._lock:
            try:
                self._database.execute("BEGIN IMMEDIATE" if writes else "BEGIN")
                try:
                    yield self._database
                    self._database.execute("COMMIT")
                finally:
                    if self._database.in_transaction:
                        self._database.execute("ROLLBACK")
            except sqlite3.OperationalError as error:
                raise AccountsError(console.ACCOUNTS_UNUSABLE.format(path=self.path, reason=error)) from error
            except sqlite3.Error as error:
                raise AccountsError(console.ACCOUNTS_DAMAGED.format(path=self.path)) from error


def check_name(name: str) -> None:
    """Raise RefusedError for a user name that may not be."""
    if not _NAME.fullmatch(name):
        raise RefusedError("ACCOUNT_NAME", least=NAME_LENGTHS[0], most=NAME_LENGTHS[1])


def check_password(name: str, password: str) -> None:
    """Raise RefusedError for a password that the user of this name may not have."""
    least, most = PASSWORD_LENGTHS
    if len(password) < least:
        raise RefusedError("ACCOUNT_PASSWORD_SHORT", least=least)
    if len(password) > most:
        raise RefusedError("ACCOUNT_PASSWORD_LONG", most=most)
    if password.casefold() == name.casefold():
        raise RefusedError("ACCOUNT_PASSWORD_NAME")


def minutes_of(seconds: float) -> int:
    """Whole minutes, at least one, after which that many seconds are over."""
    return max(1, -int(-seconds // 60))


def _name_subject(name: str) -> str:
    return f"name {name.lower()}"


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _bytes(password: str) -> bytes:
    """The same bytes however a keyboard composes its accents, and for whatever a terminal hands over."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
