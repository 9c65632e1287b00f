"""Members of a group, page by page."""

import os
from typing import Annotated

from fastapi import FastAPI, HTTPException, Query
from models import Group, Membership, Person, engine
from pydantic import BaseModel
from sqlalchemy import func, select
from sqlalchemy.orm import Session

ENGINE = engine(os.environ["PEER_DATABASE"])
FIELDS = (
    Person.id.label("Id"),
    Person.name.label("Name"),
    Person.description.label("Description"),
    Person.email.label("Email"),
    Person.phone.label("Phone"),
    Person.additional_information.label("AdditionalInformation"),
    Person.login.label("Login"),
    Person.status.label("Status"),
)
ORDERS = {"Name": Person.name.asc(), "-Name": Person.name.desc()}

app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)


class Member(BaseModel):
    Id: str
    Name: str
    Description: str
    Email: str
    Phone: str
    AdditionalInformation: str
    Login: str
    Status: str


class Page(BaseModel):
    total: int
    items: list[Member]


@app.get("/groups/{guid}/members")
def members(
    guid: str,
    page: Annotated[int, Query(ge=1)] = 1,
    page_size: Annotated[int, Query(ge=1, le=1000)] = 10,
    search: str = "",
    order: str = "",
) -> Page:
    with Session(ENGINE) as session:
        group = session.scalar(select(Group.number).where(Group.guid == guid))
        if group is None or (order and order not in ORDERS):
            raise HTTPException(404 if group is None else 400)
        listed = (Membership.group_number == group, Membership.state == "member")
        in_order = (Membership.joined_at, Membership.person_number)
        window = (page_size, (page - 1) * page_size)
        if search or order:
            rows = select(*FIELDS).join(Membership, Membership.person_number == Person.number).where(*listed)
            total = select(func.count()).select_from(Membership).where(*listed)
            if search:
                found = Person.name.icontains(search, autoescape=True)
                rows = rows.where(found)
                total = total.join(Person, Person.number == Membership.person_number).where(found)
            keys = (ORDERS[order], *in_order) if order else in_order
            rows = rows.order_by(*keys).limit(window[0]).offset(window[1])
        else:
            # The page is cut over the index that holds the order; only its rows are looked up.
            cut = select(Membership.person_number, Membership.joined_at).where(*listed).order_by(*in_order)
            cut = cut.limit(window[0]).offset(window[1]).subquery()
            rows = select(*FIELDS).join(cut, cut.c.person_number == Person.number)
            rows = rows.order_by(cut.c.joined_at, cut.c.person_number)
            total = select(func.count()).select_from(Membership).where(*listed)
        items = [Member.model_construct(**row) for row in session.execute(rows).mappings()]
        return Page.model_construct(total=session.scalar(total), items=items)
