"""Command line to manage the accounts of the page: ``python app.py users add|remove|list USERS.db [NAME]``."""

from __future__ import annotations

import argparse
import getpass
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from recognizer.errors import RecognizerError
from recognizer.web import console
from recognizer.web.accounts import Accounts, RefusedError, check_name


def main(arguments: Sequence[str]) -> int:
    """Run the command.

    Args:
        arguments: those after "users".

    Returns:
        Exit status: 0, or 1 with one sentence on stderr; mistakes in the arguments end the program, as argparse does.
    """
    options = _parse(arguments)
    try:
        if options.action == "add":
            return _add(options.database, options.name, options.password_stdin)
        if options.action == "remove":
            return _remove(options.database, options.name)
        return _list(options.database)
    except RecognizerError as error:
        return _complain(str(error))
    except (KeyboardInterrupt, EOFError):
        return _complain(console.STOPPED)


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="app.py users", description="Manage who may log in to a page that is started with --auth USERS.db."
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="add|remove|list")
    add = actions.add_parser("add", help="add a user; its password is asked for twice")
    remove = actions.add_parser("remove", help="remove a user and log it out everywhere")
    listing = actions.add_parser("list", help="print each user's name and the day it was added, separated by a tab")
    for action in (add, remove, listing):
        action.add_argument("database", type=Path, metavar="USERS.db", help="file that the accounts are in")
    for action in (add, remove):
        action.add_argument("name", metavar="NAME", help="user name")
    add.add_argument(
        "--password-stdin", action="store_true", help="take the password from the first line of the standard input"
    )
    return parser.parse_args(arguments)


def _add(database: Path, name: str, from_stdin: bool) -> int:
    check_name(name)  # before anyone types a password for it
    with Accounts(database) as accounts:
        if name.lower() in {user.name.lower() for user in accounts.users()}:
            return _complain(console.USER_EXISTS.format(name=name))
        accounts.add_user(name, _password(name, from_stdin))
    print(console.USER_ADDED.format(name=name))
    return 0


def _remove(database: Path, name: str) -> int:
    with Accounts(database, create=False) as accounts:
        if not accounts.remove_user(name):
            return _complain(console.USER_MISSING.format(name=name, path=database))
    print(console.USER_REMOVED.format(name=name))
    return 0


def _list(database: Path) -> int:
    with Accounts(database, create=False) as accounts:
        for user in accounts.users():
            print(user.name, time.strftime("%Y-%m-%d", time.localtime(user.created)), sep="\t")
    return 0


def _password(name: str, from_stdin: bool) -> str:
    if from_stdin:
        try:
            return sys.stdin.buffer.readline().decode("utf-8-sig").rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise _PasswordError(console.PASSWORD_UNREADABLE) from error
    if not sys.stdin.isatty():
        raise _PasswordError(console.PASSWORD_UNASKED)
    password = getpass.getpass(console.PASSWORD.format(name=name))
    if password != getpass.getpass(console.PASSWORD_AGAIN):
        raise RefusedError("ACCOUNT_PASSWORDS_DIFFER")
    return password


class _PasswordError(RecognizerError):
    """The password cannot be had."""


def _complain(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1
