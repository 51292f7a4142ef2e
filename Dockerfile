# The program alone: no shell, no package tools, no root. `docker build -t kafka-webhooks .`

# Debian 12 in both stages, so that the C library is the same. A C compiler and the CA certificates are in this image;
# librdkafka's build also needs make and perl.
FROM rust:1.95.0-slim-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends libc6-dev make perl \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
# Names of functions stay for a panic's backtrace; the lines of the source would make it five times as large.
ENV CARGO_PROFILE_RELEASE_STRIP=debuginfo
# First the dependencies with an empty program: this layer, most of the time, is built again only when they change.
COPY Cargo.toml Cargo.lock ./
RUN mkdir src \
    && touch src/lib.rs \
    && echo 'fn main() {}' > src/main.rs \
    && cargo build --release --locked
COPY src src
# Cargo goes by time: what was checked out before the empty program was built must be newer than it.
RUN find src -name '*.rs' -exec touch {} + \
    && cargo build --release --locked

# C library, CA certificates, a user without rights, and nothing else.
FROM gcr.io/distroless/cc-debian12:nonroot@sha256:9dac0a79194e45a7da0158a9c6da57b217585af0786db3845d1f0ec1a0dd182f
COPY --from=build /build/target/release/kafka-webhooks /kafka-webhooks
# `webhooks.yaml` is looked for here.
WORKDIR /etc/kafka-webhooks
USER 65532:65532
# /metrics, /healthz and /readyz, once the file says `admin: { listen: 0.0.0.0:9464 }`.
EXPOSE 9464
ENTRYPOINT ["/kafka-webhooks"]
CMD ["run"]
