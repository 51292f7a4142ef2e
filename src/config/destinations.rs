//! All destinations: those of the list and those of the folder, each id once. What a destination
//! may say is read by `destination`.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::route::destination::Destination;

use super::destination::{self, Defaults};
use super::field::{Fault, Field, Source};
use super::file::{self, FileError};
use super::raw::Value;
use super::section::Section;

pub(super) fn read(root: &Section<'_>, defaults: &Defaults<'_>) -> Vec<Destination> {
    let (list, folder) = (root.field("destinations"), root.field("destinations_dir"));
    let items = list.list();
    // What is there but no list was complained of already.
    let is_list = matches!(list.value, None | Some(Value::List(_)));
    if items.is_empty() && is_list && !folder.is_given() {
        list.complain(
            Fault::new("there are no destinations")
                .hint("list at least one under `destinations`, or name a folder with `destinations_dir`"),
        );
    }
    let mut collected = Collected::default();
    for item in items {
        collected.add(item, defaults);
    }
    for path in files_of(&folder) {
        let Some(node) = file::tree(&path, folder.source.ledger) else {
            continue;
        };
        let source = Source { file: &path, ..folder.source };
        collected.add(Field::root(source, &node), defaults);
    }
    collected.destinations
}

#[derive(Default)]
struct Collected {
    destinations: Vec<Destination>,
    /// Where each id was given first, as a complaint about the second says it.
    places: HashMap<String, String>,
}

impl Collected {
    fn add(&mut self, field: Field<'_>, defaults: &Defaults<'_>) {
        let place = match field.path.as_str() {
            "" => field.source.file.display().to_string(),
            path => path.to_owned(),
        };
        let Some(section) = Section::of(field) else {
            return;
        };
        let id = section.field("id");
        let Some(destination) = destination::read(section, defaults) else {
            return;
        };
        let name = destination.id.to_string();
        match self.places.get(&name) {
            Some(first) => id.complain(Fault::new(format!("is the id of {first} already"))),
            None => drop(self.places.insert(name, place)),
        }
        self.destinations.push(destination);
    }
}

/// The files with one destination each, sorted by name.
fn files_of(folder: &Field<'_>) -> Vec<PathBuf> {
    let Some(path) = folder.file_path() else {
        return Vec::new();
    };
    let files = list(&path).map_err(|error| match error.kind() {
        io::ErrorKind::NotADirectory => Fault::new("is not a folder"),
        _ => Fault::new(format!("the folder {}", FileError::from(error))),
    });
    folder.judge(files).unwrap_or_default()
}

fn list(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        // Hidden files are what editors and mounted volumes keep for themselves.
        let hidden = path.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
        let is_yaml = path.extension().is_some_and(|ext| ext == "yaml" || ext == "yml");
        if is_yaml && !hidden {
            files.push(path);
        }
    }
    files.sort_unstable();
    Ok(files)
}
