//! Why a run of the load tool came to nothing, in words for the person who started it.
//! One type for the whole tool: nobody decides by it, it is only read.

/// What could not be done, and the cause where there is one.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("{0}")]
    Said(String),
    #[error("{what}: {source}")]
    Because { what: String, source: Box<dyn std::error::Error + Send + Sync> },
}

/// Says what was being done when an error came.
pub(crate) trait OrFail<T> {
    fn or_fail(self, what: &str) -> Result<T, Failure>;
}

impl<T, E: std::error::Error + Send + Sync + 'static> OrFail<T> for Result<T, E> {
    fn or_fail(self, what: &str) -> Result<T, Failure> {
        self.map_err(|source| Failure::Because { what: what.to_owned(), source: Box::new(source) })
    }
}

impl<T> OrFail<T> for Option<T> {
    fn or_fail(self, what: &str) -> Result<T, Failure> {
        self.ok_or_else(|| Failure::Said(what.to_owned()))
    }
}
