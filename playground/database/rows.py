"""Read a few rows by their keys, and write them: what each call does, in plain SQL.

Django builds a query anew each time, which takes several times as long as the database does. Rows are model
instances all the same.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Field, Model, QuerySet

_GROUP = 100

_Row = TypeVar("_Row", bound=Model)


def rows_with(
    model: type[_Row], names: Sequence[str], keys: Collection[Sequence[Any]], *, lock: bool = False
) -> list[_Row]:
    """Return the rows whose fields `names` have one of these values, by id.

    With `lock` they are locked in this order, so that no two transactions wait for each other.
    """
    if not keys:
        return []
    quote, table, fields = connection.ops.quote_name, model._meta, _fields(model, names)
    places, values = list[str](), list[Any]()
    for key in keys:
        conditions = list[str]()
        for field, value in zip(fields, key, strict=True):
            conditions.append(f"{quote(field.column)} {'IS NULL' if value is None else '= %s'}")
            values += [] if value is None else [field.get_db_prep_value(value, connection)]
        places.append(" AND ".join(conditions))
    end = " FOR UPDATE" if lock and connection.features.has_select_for_update else ""
    # In groups: SQLite takes no expression that is nested a thousand times, as each OR nests the last one.
    groups = (places[start : start + _GROUP] for start in range(0, len(places), _GROUP))
    where = " OR ".join(f"({' OR '.join(group)})" for group in groups)
    sql = f"SELECT * FROM {quote(table.db_table)} WHERE {where} ORDER BY id{end}"  # noqa: S608 -- no values
    return list(model._default_manager.raw(sql, values))


def row_with(model: type[_Row], name: str, value: object) -> _Row | None:
    """Return a row whose field `name` has this value, if there is one."""
    return next(iter(rows_with(model, [name], [(value,)])), None)


def lock(rows: "QuerySet[Any]") -> None:
    """Lock rows by id, as `rows_with` does, before they are changed or deleted at once."""
    list(rows.select_for_update().order_by("pk").values_list("pk", flat=True))


def save_each(rows: Collection[Model], names: Collection[str]) -> None:
    """Write these fields of rows of one model."""
    if not rows:
        return
    model = type(next(iter(rows)))
    quote, fields = connection.ops.quote_name, _fields(model, names)
    changes = ", ".join(f"{quote(field.column)} = %s" for field in fields)
    sql = f"UPDATE {quote(model._meta.db_table)} SET {changes} WHERE id = %s"  # noqa: S608 -- no values
    with connection.cursor() as cursor:
        cursor.executemany(sql, [(*_values(row, fields), row.pk) for row in rows])


def _values(row: Model, fields: "Iterable[Field[Any, Any]]") -> list[Any]:
    return [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]


def _fields(model: type[Model], names: Iterable[str]) -> "list[Any]":
    return [model._meta.get_field(name) for name in names]
