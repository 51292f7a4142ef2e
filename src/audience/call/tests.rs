//! Tests of `call`.
