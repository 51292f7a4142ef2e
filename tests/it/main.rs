//! The integration tests, one binary so that everything is linked once.
//! Each file completes the sentence "the consumer …" or names the edge it looks at.

#[allow(dead_code, unreachable_pub, missing_docs)]
mod support;

mod http_edges;
