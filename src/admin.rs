//! The admin listener: `/metrics`, `/healthz`, `/readyz`.
//! Knows what the stages' watches and the clock say; decides nothing and changes nothing.

pub mod probe;
pub mod state;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;

use crate::metrics;
use state::Status;

/// A listening admin server; it ends when this is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    serving: tokio::task::JoinHandle<()>,
}

/// Why there is no admin server.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address} (admin.listen)")]
pub struct ServeError {
    address: SocketAddr,
    #[source]
    source: std::io::Error,
}

impl Server {
    /// Listens and serves.
    pub async fn start(address: SocketAddr, status: Arc<Status>) -> Result<Self, ServeError> {
        let because = |source| ServeError { address, source };
        let listener = TcpListener::bind(address).await.map_err(because)?;
        let address = listener.local_addr().map_err(because)?;
        let routes = Router::new()
            .route("/metrics", get(show_metrics))
            .route("/healthz", get(show_health))
            .route("/readyz", get(show_readiness))
            .with_state(status);
        let serving = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, routes).await {
                tracing::error!(%error, "the admin server ended");
            }
        });
        Ok(Self { address, serving })
    }

    /// Where it listens; the kernel's choice if port 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn show_metrics(State(status): State<Arc<Status>>) -> Response {
    status.refresh();
    match status.metrics.render() {
        Ok(text) => ([(header::CONTENT_TYPE, metrics::TEXT)], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn show_health(State(status): State<Arc<Status>>) -> Response {
    answer(&status.ailments())
}

async fn show_readiness(State(status): State<Arc<Status>>) -> Response {
    answer(&status.obstacles())
}

/// `ok`, or what is wrong, a line each.
fn answer(wrong: &[String]) -> Response {
    if wrong.is_empty() {
        (StatusCode::OK, "ok\n").into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, wrong.join("\n") + "\n").into_response()
    }
}
