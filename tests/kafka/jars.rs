//! Has Maven fetch the jars of Apache Kafka into a cache folder, once for all tests of a user.
//! The folder lies outside the clone: `KAFKA_WEBHOOKS_CACHE`, else the user's cache folder. Which jars is
//! said by `pom.xml` beside this file; running them is left to `server`.

use std::env;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::program::{Program, ProgramError};

const POM: &str = include_str!("pom.xml");

/// 43 MB of jars and a plugin; seconds on a good line, minutes on a bad one.
const MAVEN: Program = Program { name: "mvn", package: "maven", deadline: Duration::from_secs(600) };

/// Why there are no jars.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JarsError {
    #[error("cannot use the cache folder {folder} (KAFKA_WEBHOOKS_CACHE names another one)")]
    Cache { folder: String, source: io::Error },
    #[error("cannot fetch Apache Kafka")]
    Fetch(#[from] ProgramError),
}

/// The folder with all jars of Apache Kafka, fetched if this user has not got them yet.
///
/// Test processes that come at once wait for the first one; a fetch that was cut short leaves nothing that
/// would be taken for the whole.
pub(crate) fn jars() -> Result<PathBuf, JarsError> {
    let cache = cache_folder();
    let in_cache = |source| JarsError::Cache { folder: cache.display().to_string(), source };
    fs::create_dir_all(&cache).map_err(in_cache)?;
    let jars = cache.join(format!("apache-kafka-{:016x}", pom_hash()));
    // Held until the file is closed at the end of this function, or by the death of the process.
    let lock = File::create(cache.join("apache-kafka.lock")).map_err(in_cache)?;
    lock.lock().map_err(in_cache)?;
    if !jars.is_dir() {
        let unfinished = cache.join("unfinished");
        if unfinished.is_dir() {
            fs::remove_dir_all(&unfinished).map_err(in_cache)?;
        }
        fs::create_dir(&unfinished).map_err(in_cache)?;
        fetch(&unfinished, in_cache)?;
        fs::rename(&unfinished, &jars).map_err(in_cache)?;
    }
    Ok(jars)
}

fn cache_folder() -> PathBuf {
    let named = |name| env::var_os(name).filter(|value| !value.is_empty());
    if let Some(folder) = named("KAFKA_WEBHOOKS_CACHE") {
        return folder.into();
    }
    let user = named("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| named("HOME").map(|home| Path::new(&home).join(".cache")));
    user.unwrap_or_else(env::temp_dir).join("kafka-webhooks")
}

/// Names the folder, so that a changed `pom.xml` fetches anew. Another compiler may hash differently; that
/// costs one fetch.
fn pom_hash() -> u64 {
    let mut hasher = DefaultHasher::new();
    POM.hash(&mut hasher);
    hasher.finish()
}

fn fetch(folder: &Path, in_cache: impl Fn(io::Error) -> JarsError + Copy) -> Result<(), JarsError> {
    let pom = folder.join("pom.xml");
    fs::write(&pom, POM).map_err(in_cache)?;
    let pom = pom.display().to_string();
    let output = format!("-DoutputDirectory={}", folder.display());
    MAVEN.run(&["-B", "-q", "-f", &pom, "-DincludeScope=runtime", &output, "dependency:copy-dependencies"], &[])?;
    Ok(())
}
