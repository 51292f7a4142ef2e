//! A layer around the making of connections: counts those that were opened, and marks errors of the TLS
//! handshake by a type, so that `failure` can tell them from those of the TCP connection below.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use tower::{BoxError, Layer, Service};

/// The TLS handshake did not succeed.
#[derive(Debug, thiserror::Error)]
#[error("the TLS handshake failed")]
pub(super) struct HandshakeFailed(#[source] pub(super) io::Error);

/// Makes [`Watched`] connectors.
#[derive(Clone)]
pub(super) struct Watch {
    /// Counts connections that can be used, after the handshake.
    pub(super) opened: Arc<AtomicU64>,
}

impl<S> Layer<S> for Watch {
    type Service = Watched<S>;

    fn layer(&self, inner: S) -> Watched<S> {
        Watched { inner, opened: Arc::clone(&self.opened) }
    }
}

/// A connector whose successes are counted and whose errors are marked.
#[derive(Clone)]
pub(super) struct Watched<S> {
    inner: S,
    opened: Arc<AtomicU64>,
}

impl<S, R> Service<R> for Watched<S>
where
    S: Service<R, Error = BoxError>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, target: R) -> Self::Future {
        let connecting = self.inner.call(target);
        let opened = Arc::clone(&self.opened);
        Box::pin(async move {
            let connection = connecting.await.map_err(mark)?;
            opened.fetch_add(1, Ordering::Relaxed);
            Ok(connection)
        })
    }
}

/// The connector hands the handshake's I/O errors on as they are, while those of name resolution, TCP and
/// proxies come wrapped in types of their own.
fn mark(error: BoxError) -> BoxError {
    match error.downcast::<io::Error>() {
        Ok(io) => Box::new(HandshakeFailed(*io)),
        Err(other) => other,
    }
}
