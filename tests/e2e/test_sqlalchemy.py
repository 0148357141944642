"""SQLAlchemy works through the gate: reflection, the ORM, both drivers."""

import asyncio
import ssl

import pytest
from sqlalchemy import MetaData, Table, create_engine, func, inspect, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from sqlalchemy.schema import ForeignKey

from e2e.routes import Route


class Base(DeclarativeBase):
    """The test's own tables."""


class Author(Base):
    """Somebody with books."""

    __tablename__ = "sa_authors"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    books: Mapped[list["Book"]] = relationship(cascade="all, delete-orphan")


class Book(Base):
    """Something by somebody."""

    __tablename__ = "sa_books"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("sa_authors.id"))


@pytest.fixture
def engine(route: Route):
    options = {"sslmode": route.sslmode} | ({"sslrootcert": route.ca_path} if route.ca_path else {})
    made = create_engine(route.url("postgresql+psycopg"), connect_args=options)
    yield made
    made.dispose()


def test_reflection_reads_the_whole_catalog(engine) -> None:
    metadata = MetaData()
    metadata.reflect(engine, views=True)
    assert {"customers", "orders", "order_overview"} <= set(metadata.tables)
    looking = inspect(engine)
    assert looking.get_pk_constraint("order_items")["constrained_columns"] == ["order_id", "line"]
    assert looking.get_foreign_keys("orders")[0]["referred_table"] == "customers"
    assert looking.get_indexes("orders")
    assert looking.get_enums()[0]["name"] == "order_status"


def test_core_selects_join_and_group(engine) -> None:
    metadata = MetaData()
    customers = Table("customers", metadata, autoload_with=engine)
    orders = Table("orders", metadata, autoload_with=engine)
    query = (
        select(customers.c.country, func.count())
        .join(orders, orders.c.customer_id == customers.c.id)
        .group_by(customers.c.country)
        .order_by(customers.c.country)
    )
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    assert [row[0] for row in rows] == ["BE", "ES", "FR", "NL", "PL", "SE", "US"]
    assert sum(row[1] for row in rows) == 500


def test_the_orm_makes_fills_reads_and_drops_tables(engine) -> None:
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    try:
        with Session(engine) as session:
            session.add_all(Author(name=f"a{n}", books=[Book(title=f"{n}-{b}") for b in range(3)]) for n in range(20))
            session.commit()
            assert session.scalar(select(func.count()).select_from(Book)) == 60
            author = session.scalars(select(Author).where(Author.name == "a7")).one()
            assert sorted(book.title for book in author.books) == ["7-0", "7-1", "7-2"]
            session.delete(author)
            session.commit()
            assert session.scalar(select(func.count()).select_from(Book)) == 57
            session.add(Book(title="orphan", author_id=10_000))
            with pytest.raises(IntegrityError):
                session.flush()
            session.rollback()
    finally:
        Base.metadata.drop_all(engine)


def test_results_stream(engine) -> None:
    with engine.connect() as connection:
        streamed = connection.execution_options(yield_per=100).execute(text("SELECT generate_series(1, 1000)"))
        assert sum(row[0] for row in streamed) == 500_500


def test_the_async_engine_over_asyncpg(route: Route) -> None:
    secure = False if route.sslmode == "disable" else ssl.create_default_context(cafile=route.ca_path)

    async def work() -> list[int]:
        engine = create_async_engine(route.url("postgresql+asyncpg"), connect_args={"ssl": secure})
        async with engine.begin() as connection:
            answers = [
                (await connection.execute(text("SELECT id FROM customers WHERE id = :id"), {"id": n})).scalar()
                for n in range(1, 6)
            ]
        await engine.dispose()
        return answers

    assert asyncio.run(asyncio.wait_for(work(), 20)) == [1, 2, 3, 4, 5]
