"""The tables, with the indexes that the service's queries need."""

from sqlalchemy import ForeignKey, Index, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


# A number is SQLite's INTEGER, of 64 bits, so that the primary key of a table with one column is the table itself.
class Base(DeclarativeBase):
    pass


class Group(Base):
    __tablename__ = "groups"

    number: Mapped[int] = mapped_column(primary_key=True)
    guid: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]


class Person(Base):
    __tablename__ = "persons"

    number: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(index=True)
    description: Mapped[str]
    email: Mapped[str]
    phone: Mapped[str]
    additional_information: Mapped[str]
    login: Mapped[str]
    status: Mapped[str]


class Membership(Base):
    __tablename__ = "memberships"
    __table_args__ = (Index("memberships_in_order", "group_number", "state", "joined_at", "person_number"),)

    group_number: Mapped[int] = mapped_column(ForeignKey(Group.number), primary_key=True)
    person_number: Mapped[int] = mapped_column(ForeignKey(Person.number), primary_key=True)
    state: Mapped[str]
    joined_at: Mapped[int]


def engine(file: str):
    made = create_engine(f"sqlite:///{file}")

    @event.listens_for(made, "connect")
    def prepare(connection, _):
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")

    return made
