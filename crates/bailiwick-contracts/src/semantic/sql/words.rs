//! Functions, types and operators that only compute: they read no file, no setting and no table,
//! wait for nothing, and do not make a short text a long one.

use sqlparser::ast::{BinaryOperator as Op, DataType, UnaryOperator};

/// Functions that make one value of the values of many rows: with them, one row holds all of them.
const COLLECTING: &[&str] = &[
    "group_concat",
    "string_agg",
    "array_agg",
    "json_agg",
    "jsonb_agg",
    "json_group_array",
    "json_group_object",
    "json_arrayagg",
    "json_object_agg",
    "jsonb_object_agg",
];

/// Functions by their names in small letters.
const FUNCTIONS: &[&str] = &[
    // Over many rows.
    "count",
    "sum",
    "avg",
    "min",
    "max",
    "total",
    "bool_and",
    "bool_or",
    "every",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "variance",
    "var_pop",
    "var_samp",
    "corr",
    "covar_pop",
    "covar_samp",
    "percentile_cont",
    "percentile_disc",
    "mode",
    "any_value",
    // Over a window.
    "row_number",
    "rank",
    "dense_rank",
    "percent_rank",
    "cume_dist",
    "ntile",
    "lag",
    "lead",
    "first_value",
    "last_value",
    "nth_value",
    // Of numbers.
    "abs",
    "ceil",
    "ceiling",
    "floor",
    "round",
    "trunc",
    "truncate",
    "sign",
    "mod",
    "power",
    "pow",
    "sqrt",
    "exp",
    "ln",
    "log",
    "log10",
    "log2",
    "greatest",
    "least",
    "width_bucket",
    // Of what may be missing.
    "coalesce",
    "nullif",
    "ifnull",
    "iif",
    "if",
    // Of texts.
    "length",
    "char_length",
    "character_length",
    "octet_length",
    "bit_length",
    "lower",
    "upper",
    "trim",
    "ltrim",
    "rtrim",
    "btrim",
    "substr",
    "substring",
    "left",
    "right",
    "reverse",
    "initcap",
    "concat",
    "concat_ws",
    "position",
    "strpos",
    "instr",
    "locate",
    "split_part",
    "starts_with",
    "ascii",
    // Of days and times.
    "date",
    "time",
    "datetime",
    "timestamp",
    "julianday",
    "unixepoch",
    "strftime",
    "now",
    "current_date",
    "current_time",
    "current_timestamp",
    "localtime",
    "localtimestamp",
    "age",
    "date_trunc",
    "date_part",
    "extract",
    "make_date",
    "to_char",
    "to_date",
    "to_timestamp",
    "to_number",
    "year",
    "month",
    "day",
    "hour",
    "minute",
    "second",
    "dayofweek",
    "dayofmonth",
    "dayofyear",
    "dayname",
    "monthname",
    "week",
    "quarter",
    "weekday",
    "last_day",
    "date_add",
    "date_sub",
    "date_format",
    "datediff",
    "timestampdiff",
    "timestampadd",
    "str_to_date",
    "from_unixtime",
    "unix_timestamp",
    "curdate",
    "curtime",
    "utc_date",
    "utc_timestamp",
    // Of JSON and lists.
    "json_extract",
    "json_unquote",
    "json_type",
    "json_valid",
    "json_array_length",
    "json_length",
    "json_typeof",
    "jsonb_typeof",
    "jsonb_array_length",
    "json_extract_path",
    "json_extract_path_text",
    "jsonb_extract_path",
    "jsonb_extract_path_text",
    "json_contains",
    "json_build_object",
    "jsonb_build_object",
    "json_build_array",
    "json_object",
    "json_array",
    "array_length",
    "cardinality",
    "array_position",
];

/// Words that are functions though nothing is behind them, and tell of the connection.
const TELLING: &[&str] = &[
    "current_user",
    "session_user",
    "system_user",
    "user",
    "current_role",
    "current_catalog",
    "current_schema",
    "sysdate",
];

pub(super) fn is_function(name: &str) -> bool {
    FUNCTIONS.contains(&name) || is_collecting(name)
}

/// Whether a function of this name makes one value of many rows' values.
pub(super) fn is_collecting(name: &str) -> bool {
    COLLECTING.contains(&name)
}

pub(super) fn is_telling(word: &str) -> bool {
    TELLING.iter().any(|it| it.eq_ignore_ascii_case(word))
}

/// Whether a type is one of plain values. PostgreSQL's names of things (`regclass`) read its
/// catalogue, and types of others run code of theirs.
pub(super) const fn is_type(it: &DataType) -> bool {
    use DataType as Is;
    let is_text = matches!(
        it,
        Is::Character(_)
            | Is::Char(_)
            | Is::CharacterVarying(_)
            | Is::CharVarying(_)
            | Is::Varchar(_)
            | Is::Nvarchar(_)
            | Is::Text
            | Is::Uuid
            | Is::JSON
            | Is::JSONB
    );
    let is_number = matches!(
        it,
        Is::Numeric(_)
            | Is::Decimal(_)
            | Is::Dec(_)
            | Is::Float(_)
            | Is::Real
            | Is::Double(_)
            | Is::DoublePrecision
            | Is::Float4
            | Is::Float8
            | Is::TinyInt(_)
            | Is::SmallInt(_)
            | Is::MediumInt(_)
            | Is::Int(_)
            | Is::Integer(_)
            | Is::BigInt(_)
            | Is::Int2(_)
            | Is::Int4(_)
            | Is::Int8(_)
            | Is::Signed
            | Is::SignedInteger
            | Is::Unsigned
            | Is::UnsignedInteger
    );
    let is_other = matches!(
        it,
        Is::Bool
            | Is::Boolean
            | Is::Date
            | Is::Interval { .. }
            | Is::Time(..)
            | Is::Datetime(_)
            | Is::Timestamp(..)
    );
    is_text || is_number || is_other
}

pub(super) const fn is_operator(op: &Op) -> bool {
    let is_plain = matches!(
        op,
        Op::Plus
            | Op::Minus
            | Op::Multiply
            | Op::Divide
            | Op::Modulo
            | Op::StringConcat
            | Op::Gt
            | Op::Lt
            | Op::GtEq
            | Op::LtEq
            | Op::Spaceship
            | Op::Eq
            | Op::NotEq
            | Op::And
            | Op::Or
            | Op::Xor
            | Op::MyIntegerDivide
            | Op::Overlaps
            | Op::Glob
            | Op::BitwiseOr
            | Op::BitwiseAnd
    );
    let is_postgres = matches!(
        op,
        Op::PGBitwiseShiftLeft
            | Op::PGBitwiseShiftRight
            | Op::PGRegexMatch
            | Op::PGRegexIMatch
            | Op::PGRegexNotMatch
            | Op::PGRegexNotIMatch
            | Op::PGLikeMatch
            | Op::PGILikeMatch
            | Op::PGNotLikeMatch
            | Op::PGNotILikeMatch
            | Op::Arrow
            | Op::LongArrow
            | Op::HashArrow
            | Op::HashLongArrow
            | Op::AtArrow
            | Op::ArrowAt
            | Op::PGOverlap
    );
    is_plain || is_postgres
}

pub(super) const fn is_sign(op: UnaryOperator) -> bool {
    matches!(op, UnaryOperator::Plus | UnaryOperator::Minus | UnaryOperator::Not)
}
