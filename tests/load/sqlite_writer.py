#!/usr/bin/env python3
"""What SQLite takes for a message, by what is written with it: processor time in microseconds, medians of five rounds.

Plays the chat service's commits of plain talk (its migrations, 100 recipes, 40 messages a commit) on the SQLite of
Python, each way in turn. Python's own part is in every figure.
"""

import random
import resource
import sqlite3
import statistics
import tempfile
import uuid
from pathlib import Path

MIGRATIONS = Path(__file__).parents[2] / "services/chat/migrations/sqlite"
RECIPES, MESSAGES, BATCH, ROUNDS = 100, 8_000, 40, 5
LINES = ",".join('{"id":"i%d","name":"flour","quantity":"3/2","unit":"cup"}' % number for number in range(20))
STATE = '{"title":"Soup","servings":4,"ingredients":[%s],"steps":[],"tags":[]}' % LINES
UNIQUE = ",\n    -- What makes a message happen once, for ever.\n    UNIQUE (recipe, id, author)"
PRAGMAS = (
    "PRAGMA wal_autocheckpoint=8192; PRAGMA journal_size_limit=67108864; PRAGMA temp_store=MEMORY;"
    "PRAGMA cache_size=-32768; PRAGMA mmap_size=268435456;"
)
MOVE_ON = (
    "UPDATE recipes SET revision = ?3, changed_at = ?4 WHERE id = ?1 AND revision = ?2 AND (?5 IS NULL OR ?5 ="
    " (SELECT id FROM messages WHERE recipe = ?1 AND revision = ?2))"
)
MESSAGE = (
    "INSERT INTO {} (recipe, revision, id, author, author_name, content, effect, hint, accepted_at)"
    " VALUES (?, ?, ?, ?, 'ada', 'I think we should let it rest, number 17', NULL, NULL, ?)"
)
WAYS = {
    "as it is": "",
    "without the index of ids": "no index",
    "recipes in rows of their own": "small rows",
    "pages of 1 KiB": "PRAGMA page_size=1024",
    "pages of 2 KiB": "PRAGMA page_size=2048",
    "pages of 8 KiB": "PRAGMA page_size=8192",
    "without sync": "PRAGMA synchronous=OFF",
    "messages alone": "no recipes",
    "messages alone, in a table without any other order": "log",
}


def measured(way: str, folder: Path) -> float:
    database = sqlite3.connect(folder / f"{uuid.uuid4()}.db", isolation_level=None)
    database.execute(way if way.startswith("PRAGMA page_size") else "SELECT 1")
    database.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;")
    for migration in sorted(MIGRATIONS.iterdir()):
        # Older versions of SQLite, as Python may have, do not know one of the options of the search.
        script = migration.read_text().replace("content = '', contentless_delete = 1, ", "")
        database.executescript(script.replace(UNIQUE, "") if way == "no index" else script)
    columns = "recipe, revision, id, author, author_name, content, effect, hint, accepted_at"
    database.executescript(f"CREATE TABLE log (number INTEGER PRIMARY KEY, {columns}); {PRAGMAS}")
    database.executescript(way if way.startswith("PRAGMA") else "")
    state = "{}" if way == "small rows" else STATE
    for number in range(RECIPES):
        database.execute(
            "INSERT INTO recipes (id, owner, visibility, title, revision, state, state_revision, undo, created_at,"
            " changed_at) VALUES (?, 'ada', 'private', 'Soup', 0, ?, 0, '[]', 0, 0)",
            (f"soup-{number}", state),
        )
    chosen, order = random.Random(1), list(range(RECIPES))
    revisions, last = [0] * RECIPES, [None] * RECIPES
    ids = [str(uuid.uuid4()) for _ in range(MESSAGES)]
    message = MESSAGE.format("log" if way == "log" else "messages")
    before = resource.getrusage(resource.RUSAGE_SELF)
    for number, id in enumerate(ids):
        if number % BATCH == 0:
            database.execute("BEGIN IMMEDIATE")
        if number % RECIPES == 0:
            chosen.shuffle(order)
        at = order[number % RECIPES]
        recipe, revision = f"soup-{at}", revisions[at]
        if way not in ("no recipes", "log"):
            database.execute(MOVE_ON, (recipe, revision, revision + 1, number, last[at]))
        database.execute(message, (recipe, revision + 1, id, "ada", number))
        revisions[at], last[at] = revision + 1, id
        if number % BATCH == BATCH - 1:
            database.execute("COMMIT")
    after = resource.getrusage(resource.RUSAGE_SELF)
    database.close()
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / MESSAGES * 1e6


def main() -> None:
    taken = {name: [] for name in WAYS}
    for _ in range(ROUNDS):
        for name, way in WAYS.items():
            with tempfile.TemporaryDirectory() as folder:
                taken[name].append(measured(way, Path(folder)))
    for name, rounds in taken.items():
        print(f"{statistics.median(rounds):5.1f}  {min(rounds):5.1f} to {max(rounds):5.1f}  {name}")


if __name__ == "__main__":
    main()
