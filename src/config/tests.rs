//! Tests of reading a configuration as a whole. Small machines (durations, interpolation) have
//! theirs beside them.

mod actions;
mod complaints;
mod complaints_of_actions;
mod files;
mod fixtures;
mod meaning;
mod own_tests;
mod sturdiness;

use std::fs;
use std::path::PathBuf;

use super::{Complaints, Config, Surroundings, load};

/// A configuration in a folder of its own.
struct Scene {
    folder: tempfile::TempDir,
    brokers: Option<String>,
}

impl Scene {
    fn new(yaml: impl AsRef<[u8]>) -> Self {
        let scene = Self { folder: tempfile::tempdir().expect("a temporary folder"), brokers: None };
        scene.with("webhooks.yaml", yaml)
    }

    fn with(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, content).expect("a file");
        self
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("webhooks.yaml")
    }

    fn load(&self) -> Result<Config, Complaints> {
        let environment = |name: &str| match name {
            "CRM_SECRET" => Some("s3cr3t-from-env".to_owned()),
            "PORT" => Some("8443".to_owned()),
            "WORD" => Some("hush-hush".to_owned()),
            "LOCAL" => Some("http://127.0.0.77/".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        let surroundings =
            Surroundings { environment: &environment, file_descriptors: 1024, brokers: self.brokers.clone() };
        load(&self.path(), &surroundings)
    }

    /// The complaints without the folder, each on one line.
    fn complaints(&self) -> Vec<String> {
        let folder = format!("{}/", self.folder.path().display());
        match self.load() {
            Ok(_) => Vec::new(),
            Err(complaints) => {
                complaints.iter().map(|c| c.to_string().replace(&folder, "").replace("\n  hint: ", " | ")).collect()
            }
        }
    }
}

/// A valid configuration with one destination, to which lines of that destination are added.
fn destination(lines: &str) -> String {
    let mut yaml = String::from("destinations:\n  - id: crm\n    type: webhooks\n");
    for line in lines.lines() {
        yaml.push_str(&format!("    {line}\n"));
    }
    yaml
}

/// A destination of the type `webhooks_actions` with one mapping of these lines, the first of which is line 6.
fn mapping(lines: &str) -> String {
    let mut yaml = String::from("destinations:\n  - id: crm\n    type: webhooks_actions\n    mappings:\n      -\n");
    for line in lines.lines() {
        yaml.push_str(&format!("        {line}\n"));
    }
    yaml
}

/// A valid configuration after `head`.
fn headed(head: &str) -> String {
    format!("{head}\n{}", destination("url: https://a.example/"))
}

fn loaded(yaml: impl AsRef<[u8]>) -> Config {
    Scene::new(yaml).load().unwrap_or_else(|c| panic!("{c}"))
}
