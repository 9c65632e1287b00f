"""python load.py MEMBERS.ndjson DATABASE: fills the tables from import lines."""

import json
import sys

from models import Base, Group, Membership, Person, engine
from sqlalchemy import insert, text

BATCH = 5_000
TEXTS = ("name", "description", "email", "phone", "additional_information", "login")
STATUSES = {"no_access": "NoAccess", "blocked": "Blocked"}


def row(record):
    """The table that a line goes into, and its row."""
    if record["kind"] == "group":
        return Group, {"number": record["number"], "guid": record["guid"], "name": record["name"]}
    if record["kind"] == "person":
        texts = {name: record.get(name, "") for name in TEXTS}
        status = STATUSES.get(record.get("account_status"), "Active")
        return Person, {"number": record["number"], "id": record["id"], "status": status, **texts}
    return Membership, {
        "group_number": record["group"]["number"],
        "person_number": record["person"]["number"],
        "state": record["state"],
        "joined_at": record.get("joined_at", 0),
    }


def main(lines, file):
    made = engine(file)
    Base.metadata.create_all(made)
    with open(lines, encoding="utf-8") as source, made.begin() as connection:
        table, rows = None, []

        def flush():
            if rows:
                connection.execute(insert(table), rows)
                rows.clear()

        for line in source:
            of, values = row(json.loads(line))
            if of is not table or len(rows) == BATCH:
                flush()
                table = of
            rows.append(values)
        flush()
        connection.execute(text("ANALYZE"))


if __name__ == "__main__":
    main(*sys.argv[1:])
