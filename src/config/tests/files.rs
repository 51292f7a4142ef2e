//! Tests of the files a configuration names, and of the file itself being no file.

use std::fs;

use super::{Scene, destination, headed, loaded};

const SECRET_FILE: &str = "url: https://a.example/\nshared_secret_file: run/secret";

#[test]
fn a_missing_file_says_how_to_name_another() {
    let scene = Scene::new("");
    fs::remove_file(scene.path()).unwrap();
    let hint = "name another file with --config or KAFKA_WEBHOOKS_CONFIG";
    let expected = format!("webhooks.yaml: the file does not exist | {hint}");
    assert_eq!(scene.complaints(), [expected]);
}

#[test]
fn a_directory_is_no_configuration() {
    let scene = Scene::new("");
    fs::remove_file(scene.path()).unwrap();
    fs::create_dir(scene.path()).unwrap();
    assert_eq!(scene.complaints(), ["webhooks.yaml: the file is a directory"]);
}

#[test]
fn a_file_that_is_no_text_or_too_large_is_refused() {
    let scene = Scene::new(b"kafka:\n  group: \xff\n");
    assert_eq!(scene.complaints(), ["webhooks.yaml: the file is not UTF-8 text (line 2)"]);
    let scene = Scene::new("#".repeat(1 << 20) + "\n");
    assert_eq!(scene.complaints(), ["webhooks.yaml: the file is larger than 1024 KiB"]);
}

#[test]
fn a_byte_order_mark_is_ignored() {
    let config = loaded(format!("\u{feff}{}", headed("")));
    assert_eq!(config.destinations.len(), 1);
}

#[test]
fn a_secret_file_lies_beside_the_configuration_and_loses_one_line_break() {
    for (content, secret) in [("s3", "s3"), ("s3\n", "s3"), ("s3\r\n", "s3"), ("s3\n\n", "s3\n"), (" s3 \n", " s3 ")] {
        let scene = Scene::new(destination(SECRET_FILE)).with("run/secret", content);
        let config = scene.load().unwrap();
        let found = config.destinations[0].shared_secret.as_ref().unwrap();
        assert_eq!(found.expose(), secret);
    }
}

#[test]
fn an_empty_secret_file_is_refused() {
    for content in ["", "\n"] {
        let scene = Scene::new(destination(SECRET_FILE)).with("run/secret", content);
        let expected = "webhooks.yaml:5:25: destinations[0].shared_secret_file: the file is empty | \
            leave the key out to send without a signature";
        assert_eq!(scene.complaints(), [expected]);
    }
}

#[test]
fn a_secret_given_twice_is_refused() {
    let yaml = destination(&format!("{SECRET_FILE}\nshared_secret: s3"));
    let expected = "webhooks.yaml:5:25: destinations[0].shared_secret_file: \
        the secret is given twice, here and without `_file`";
    assert_eq!(Scene::new(yaml).with("run/secret", "s3").complaints(), [expected]);
}

#[test]
fn a_client_certificate_needs_its_key() {
    let tls = "url: https://a.example/\ntls: { ca_file: a.pem, client_cert_file: a.pem";
    let pem = "-----BEGIN CERTIFICATE-----\n";
    let alone = Scene::new(destination(&format!("{tls} }}"))).with("a.pem", pem);
    let expected = "webhooks.yaml:5:46: destinations[0].tls.client_cert_file: \
        `client_key_file` is missing beside it";
    assert_eq!(alone.complaints(), [expected]);
    let both = destination(&format!("{tls}, client_key_file: a.pem }}"));
    let scene = Scene::new(both).with("a.pem", pem);
    let config = scene.load().unwrap();
    let connection = &config.destinations[0].connection;
    let path = scene.folder.path().join("a.pem");
    assert_eq!(connection.ca_file.as_ref(), Some(&path));
    assert_eq!(connection.client_identity.as_ref().unwrap().key_file, path);
}

#[test]
fn a_folder_adds_one_destination_per_file_in_the_order_of_names() {
    let one = |id: &str| format!("id: {id}\ntype: webhooks\nurl: https://a.example/\n");
    let scene = Scene::new("destinations_dir: d")
        .with("d/b.yml", one("second"))
        .with("d/a.yaml", one("first"))
        .with("d/.hidden.yaml", "nonsense")
        .with("d/README.md", "nonsense");
    let config = scene.load().unwrap();
    let ids: Vec<&str> = config.destinations.iter().map(|d| d.id.as_str()).collect();
    assert_eq!(ids, ["first", "second"]);
}

#[test]
fn complaints_about_a_file_of_the_folder_name_that_file_and_come_last() {
    let scene = Scene::new("destinations_dir: d\nkafkaa: {}\n")
        .with("d/a.yaml", "id: x\ntype: webhooks\nurl: https://a.example/\ntimeout: 1\n")
        .with("d/b.yaml", "id: x\ntype: webhooks\nurl: https://a.example/\n")
        .with("d/c.yaml", "")
        .with("d/d.yaml", "[")
        .with("d/e.yaml", "shared_secret_file: s\nid: e\ntype: webhooks\nurl: https://a.example/\n")
        .with("d/s", "beside the file that names it");
    let complaints = scene.complaints();
    let begin = |index: usize, text: &str| assert!(complaints[index].starts_with(text), "{complaints:#?}");
    assert_eq!(complaints.len(), 5, "{complaints:#?}");
    begin(0, "webhooks.yaml:2:1: kafkaa: unknown key");
    begin(1, "d/a.yaml:4:10: timeout: `1` is not a duration");
    begin(2, "d/b.yaml:1:5: id: is the id of ");
    begin(3, "d/c.yaml: the file is empty");
    begin(4, "d/d.yaml:1:1: not valid YAML: ");
}

#[test]
fn an_empty_folder_is_no_mistake() {
    let scene = Scene::new("destinations_dir: d").with("d/README.md", "none yet");
    assert!(scene.load().unwrap().destinations.is_empty());
}
