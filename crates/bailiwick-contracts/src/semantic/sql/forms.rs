//! Forms that are known to be harmless, one part of a statement at a time. Parts of parts are not
//! looked into here: the walk comes to them.

use sqlparser::ast::{
    Delete, Expr, FromTable, Function, FunctionArguments, Insert, OnConflictAction, OnInsert,
    Query, Select, SelectFlavor, SetExpr, Statement, TableFactor, TableObject, Update, Value,
};

use super::bounds;
use super::names;
use super::words;
use super::{Dialect, NotSql, Wanted};

/// Harmless, where nothing of what is not known stands there.
fn harmless(is_plain: bool) -> Result<(), NotSql> {
    if is_plain { Ok(()) } else { Err(NotSql::Form) }
}

/// The kind of a statement.
#[expect(clippy::wildcard_enum_match_arm, reason = "what is not listed is refused")]
pub(super) fn statement(
    wanted: &Wanted<'_>,
    dialect: Dialect,
    statement: &Statement,
) -> Result<&'static str, NotSql> {
    match statement {
        Statement::Query(it) => Ok(bounds::kind(&it.body)),
        Statement::Insert(it) => {
            insert(wanted, it)?;
            bounds::insert(wanted, dialect, it).map(|()| "insert")
        }
        Statement::Update(it) => {
            update(it)?;
            bounds::update(wanted, it).map(|()| "update")
        }
        Statement::Delete(it) => {
            delete(it)?;
            bounds::delete(wanted, it).map(|()| "delete")
        }
        _ => Err(NotSql::Kind),
    }
}

pub(super) fn query(query: &Query) -> Result<(), NotSql> {
    let Query {
        with: _,
        body,
        order_by,
        limit_clause: _,
        fetch: _,
        locks,
        for_clause,
        settings,
        format_clause,
        pipe_operators,
    } = query;
    harmless(locks.is_empty() && pipe_operators.is_empty())?;
    harmless(for_clause.is_none() && settings.is_none() && format_clause.is_none())?;
    harmless(order_by.as_ref().is_none_or(|it| it.interpolate.is_none()))?;
    set(body)
}

fn set(body: &SetExpr) -> Result<(), NotSql> {
    match body {
        SetExpr::SetOperation { left, right, .. } => {
            set(left)?;
            set(right)
        }
        SetExpr::Select(_) | SetExpr::Query(_) | SetExpr::Values(_) => Ok(()),
        // Each is a statement, and the walk comes to it.
        SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) => Ok(()),
        SetExpr::Merge(_) | SetExpr::Table(_) => Err(NotSql::Form),
    }
}

pub(super) fn select(select: &Select) -> Result<(), NotSql> {
    let Select {
        select_token: _,
        optimizer_hints,
        distinct: _,
        select_modifiers,
        top,
        top_before_distinct: _,
        projection: _,
        exclude,
        into,
        from: _,
        lateral_views,
        prewhere,
        selection: _,
        connect_by,
        group_by: _,
        cluster_by,
        distribute_by,
        sort_by,
        having: _,
        named_window: _,
        qualify,
        window_before_qualify: _,
        value_table_mode,
        flavor,
    } = select;
    harmless(optimizer_hints.is_empty() && select_modifiers.is_none() && top.is_none())?;
    harmless(exclude.is_none() && into.is_none() && lateral_views.is_empty())?;
    harmless(prewhere.is_none() && connect_by.is_empty() && cluster_by.is_empty())?;
    harmless(distribute_by.is_empty() && sort_by.is_empty() && qualify.is_none())?;
    harmless(value_table_mode.is_none() && matches!(flavor, SelectFlavor::Standard))
}

/// What stands in a FROM: a table by its name, a query, or such in parentheses.
#[expect(clippy::wildcard_enum_match_arm, reason = "what is not listed is refused")]
pub(super) fn factor(factor: &TableFactor) -> Result<(), NotSql> {
    match factor {
        TableFactor::Table {
            name: _,
            alias: _,
            args,
            with_hints,
            version,
            with_ordinality,
            partitions,
            json_path,
            sample,
            index_hints,
        } => {
            harmless(args.is_none() && with_hints.is_empty() && version.is_none())?;
            harmless(!with_ordinality && partitions.is_empty() && json_path.is_none())?;
            harmless(sample.is_none() && index_hints.is_empty())
        }
        TableFactor::Derived { lateral: _, subquery: _, alias: _, sample } => {
            harmless(sample.is_none())
        }
        TableFactor::NestedJoin { .. } => Ok(()),
        _ => Err(NotSql::Form),
    }
}

fn insert(wanted: &Wanted<'_>, it: &Insert) -> Result<(), NotSql> {
    let Insert {
        insert_token: _,
        optimizer_hints,
        or,
        ignore,
        into,
        table,
        table_alias: _,
        columns: _,
        overwrite,
        source: _,
        assignments: _,
        partitioned,
        after_columns,
        has_table_keyword,
        on,
        returning: _,
        output,
        replace_into,
        priority,
        insert_alias: _,
        settings,
        format_clause,
        multi_table_insert_type,
        multi_table_into_clauses,
        multi_table_when_clauses,
        multi_table_else_clause,
    } = it;
    harmless(*into && matches!(table, TableObject::TableName(_)))?;
    harmless(optimizer_hints.is_empty() && or.is_none() && !ignore && !overwrite)?;
    harmless(partitioned.is_none() && after_columns.is_empty() && !has_table_keyword)?;
    harmless(output.is_none() && !replace_into && priority.is_none())?;
    harmless(settings.is_none() && format_clause.is_none() && multi_table_insert_type.is_none())?;
    harmless(multi_table_into_clauses.is_empty() && multi_table_when_clauses.is_empty())?;
    harmless(multi_table_else_clause.is_none())?;
    // An insert that changes what is there is an update, too.
    if on.as_ref().is_some_and(changes) && !wanted.allows("update") {
        return Err(NotSql::Kind);
    }
    Ok(())
}

#[expect(clippy::wildcard_enum_match_arm, reason = "what is not known to keep, changes")]
fn changes(on: &OnInsert) -> bool {
    match on {
        OnInsert::OnConflict(it) => !matches!(it.action, OnConflictAction::DoNothing),
        _ => true,
    }
}

fn update(it: &Update) -> Result<(), NotSql> {
    let Update {
        update_token: _,
        optimizer_hints,
        table: _,
        assignments: _,
        from: _,
        selection: _,
        returning: _,
        output,
        or,
        order_by: _,
        limit: _,
    } = it;
    harmless(optimizer_hints.is_empty() && output.is_none() && or.is_none())
}

fn delete(it: &Delete) -> Result<(), NotSql> {
    let Delete {
        delete_token: _,
        optimizer_hints,
        tables,
        from,
        using: _,
        selection: _,
        returning: _,
        output,
        order_by: _,
        limit: _,
    } = it;
    harmless(optimizer_hints.is_empty() && output.is_none())?;
    harmless(tables.is_empty() && matches!(from, FromTable::WithFromKeyword(_)))
}

#[expect(clippy::wildcard_enum_match_arm, reason = "what is not listed is refused")]
pub(super) fn expr(wanted: &Wanted<'_>, dialect: Dialect, expr: &Expr) -> Result<(), NotSql> {
    use Expr as Is;
    match expr {
        Is::Identifier(it) if it.quote_style.is_none() && words::is_telling(&it.value) => {
            Err(NotSql::Function)
        }
        Is::Identifier(_) | Is::CompoundIdentifier(_) | Is::Wildcard(_) => Ok(()),
        Is::IsFalse(_) | Is::IsNotFalse(_) | Is::IsTrue(_) | Is::IsNotTrue(_) => Ok(()),
        Is::IsNull(_) | Is::IsNotNull(_) | Is::IsUnknown(_) | Is::IsNotUnknown(_) => Ok(()),
        Is::IsDistinctFrom(..) | Is::IsNotDistinctFrom(..) | Is::Between { .. } => Ok(()),
        Is::InList { .. } | Is::InSubquery { .. } | Is::Exists { .. } | Is::Subquery(_) => Ok(()),
        Is::Like { .. } | Is::ILike { .. } | Is::SimilarTo { .. } | Is::RLike { .. } => Ok(()),
        Is::Extract { .. } | Is::Ceil { .. } | Is::Floor { .. } | Is::Position { .. } => Ok(()),
        Is::Substring { .. } | Is::Trim { .. } | Is::Overlay { .. } | Is::AtTimeZone { .. } => {
            Ok(())
        }
        Is::Nested(_) | Is::Value(_) | Is::Case { .. } | Is::Tuple(_) | Is::Array(_) => Ok(()),
        Is::Interval(_) | Is::GroupingSets(_) | Is::Cube(_) | Is::Rollup(_) => Ok(()),
        Is::BinaryOp { op, .. } => harmless(words::is_operator(op)),
        Is::AnyOp { compare_op, .. } | Is::AllOp { compare_op, .. } => {
            harmless(words::is_operator(compare_op))
        }
        Is::UnaryOp { op, .. } => harmless(words::is_sign(*op)),
        Is::Collate { collation, .. } => harmless(collation.0.len() == 1),
        Is::Cast { data_type, .. } if words::is_type(data_type) => Ok(()),
        Is::TypedString(it) if words::is_type(&it.data_type) && !it.uses_odbc_syntax => Ok(()),
        Is::Cast { .. } | Is::TypedString(_) => Err(NotSql::Type),
        Is::Function(it) => function(wanted, dialect, it),
        _ => Err(NotSql::Form),
    }
}

fn function(wanted: &Wanted<'_>, dialect: Dialect, it: &Function) -> Result<(), NotSql> {
    let Function {
        name,
        uses_odbc_syntax,
        parameters,
        args,
        within_group: _,
        filter: _,
        null_treatment: _,
        over: _,
    } = it;
    harmless(!uses_odbc_syntax && matches!(parameters, FunctionArguments::None))?;
    // A query instead of arguments is no call of any of the three dialects.
    harmless(!matches!(args, FunctionArguments::Subquery(_)))?;
    let parts = names::parts(dialect, name)?;
    let [one] = parts.as_slice() else { return Err(NotSql::Function) };
    let one = one.to_ascii_lowercase();
    if wanted.rows_max.is_some() && words::is_collecting(&one) {
        return Err(NotSql::Collects);
    }
    if words::is_function(&one) { Ok(()) } else { Err(NotSql::Function) }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "what is not listed is refused")]
pub(super) fn value(value: &Value) -> Result<(), NotSql> {
    match value {
        Value::Number(_, false) | Value::SingleQuotedString(_) => Ok(()),
        Value::Boolean(_) | Value::Null => Ok(()),
        _ => Err(NotSql::Form),
    }
}
