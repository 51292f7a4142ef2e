//! The compose file as far as the tests look at it, with `${NAME:-default}` replaced as compose does where the environment
//! is empty. What is right is said by the tests.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kafka_webhooks::config::{self, Config, Surroundings};
use serde::Deserialize;
use serde_json::Value;

/// The secret of consumer and receiver where the environment names none.
pub(super) const SECRET: &str = "s3cret";

#[derive(Debug, Deserialize)]
pub(super) struct Compose {
    pub(super) services: BTreeMap<String, Service>,
    pub(super) networks: Value,
    pub(super) volumes: BTreeMap<String, Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Service {
    pub(super) build: Option<String>,
    pub(super) image: String,
    pub(super) command: Vec<String>,
    pub(super) environment: BTreeMap<String, String>,
    pub(super) networks: Vec<String>,
    pub(super) ports: Vec<String>,
    pub(super) depends_on: BTreeMap<String, Need>,
    pub(super) healthcheck: Option<Healthcheck>,
    pub(super) container_name: Option<String>,
    pub(super) stop_signal: Option<String>,
    pub(super) stop_grace_period: Option<String>,
    volumes: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Need {
    pub(super) condition: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Healthcheck {
    pub(super) test: Vec<String>,
}

impl Compose {
    pub(super) fn read() -> Self {
        serde_saphyr::from_str(&interpolated(&text("docker-compose.yml"))).unwrap()
    }

    pub(super) fn service(&self, name: &str) -> &Service {
        self.services.get(name).unwrap_or_else(|| panic!("no service {name}"))
    }

    /// The configuration a service of our image reads, with the environment it is given.
    pub(super) fn config(&self, name: &str) -> Config {
        let service = self.service(name);
        let surroundings = Surroundings {
            environment: &|name| service.environment.get(name).cloned(),
            file_descriptors: 1024,
            brokers: None,
        };
        let file = service.file_behind(super::CONFIG).unwrap();
        config::load(&file, &surroundings).unwrap_or_else(|complaints| panic!("{complaints}"))
    }
}

impl Service {
    /// What lies where: a path of the project or a volume, and the path in the container.
    pub(super) fn mounts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.volumes.iter().map(|volume| {
            let mut parts = volume.split(':');
            (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
        })
    }

    /// The file or folder of the project that is seen at a path in the container.
    pub(super) fn file_behind(&self, path: &str) -> Option<PathBuf> {
        let of_project = self.mounts().filter_map(|(source, target)| Some((source.strip_prefix("./")?, target)));
        let mut found = of_project.filter_map(|(source, target)| {
            let rest = Path::new(path).strip_prefix(target).ok()?;
            // An empty rest would add a slash, and a file has none.
            let file = project().join(source);
            Some(if rest.as_os_str().is_empty() { file } else { file.join(rest) })
        });
        found.find(|file| file.exists())
    }
}

/// The folder that holds the compose file.
pub(crate) fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file of the project.
pub(crate) fn text(path: &str) -> String {
    std::fs::read_to_string(project().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn interpolated(text: &str) -> String {
    let mut parts = text.split("${");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (variable, rest) = part.split_once('}').unwrap();
        let (_, default) = variable.split_once(":-").unwrap_or_else(|| panic!("{variable} has no default"));
        out.push_str(default);
        out.push_str(rest);
    }
    out
}
