//! A statement in the making: text from our own lists, values only ever bound.

use std::fmt::{Display, Write as _};

use sqlx::postgres::{PgArguments, Postgres};
use sqlx::{Arguments, AssertSqlSafe, Encode, Type};

use crate::store::Result;

/// A statement with more values than this is not kept prepared: each such filter is a statement of its own, and some
/// hundred of them would fill the memory of a connection.
const KEPT_VALUES: usize = 32;

/// Text and the values it names by number. Unlike the builder of sqlx, a value can be named more than once.
#[derive(Default)]
pub struct Sql {
    text: String,
    values: PgArguments,
    n_values: usize,
    /// A value that cannot be encoded is reported when the statement is run.
    fault: Option<sqlx::error::BoxDynError>,
}

impl Sql {
    /// Appends text of our own; never anything a sender wrote.
    pub fn push(&mut self, text: impl Display) -> &mut Self {
        // Writing to a string cannot fail.
        let _ = write!(self.text, "{text}");
        self
    }

    /// Binds a value and gives the number by which the text may name it.
    pub fn bind<'v, T>(&mut self, value: T) -> String
    where
        T: Encode<'v, Postgres> + Type<Postgres> + 'v,
    {
        if let Err(fault) = self.values.add(value) {
            self.fault.get_or_insert(fault);
        }
        self.n_values += 1;
        format!("${}", self.n_values)
    }

    /// Binds a value and names it here.
    pub fn push_bind<'v, T>(&mut self, value: T) -> &mut Self
    where
        T: Encode<'v, Postgres> + Type<Postgres> + 'v,
    {
        let number = self.bind(value);
        self.push(number)
    }

    /// Whether the connection should forget it when it has run. Statements without a name are no way: the driver may
    /// look up a type between preparing and running, and the database drops them then.
    pub fn is_large(&self) -> bool {
        self.n_values > KEPT_VALUES
    }

    /// The finished statement.
    ///
    /// # Errors
    /// When a value could not be encoded.
    pub fn build(self) -> Result<sqlx::query::Query<'static, Postgres, PgArguments>> {
        match self.fault {
            Some(fault) => Err(sqlx::Error::Encode(fault).into()),
            // Only `push` adds text, and it is given our own lists.
            None => Ok(sqlx::query_with(AssertSqlSafe(self.text), self.values)),
        }
    }
}
