//! A secret, given in the file or in a file of its own. Complaints never show one.
//! Signing with it is the business of `attempt::signature`.

use crate::route::destination::Secret;

use super::field::{Fault, Field};
use super::file;

/// The secret of a key and its `…_file` twin; `None` if neither is given, or on a complaint.
pub(super) fn read(inline: &Field<'_>, in_file: &Field<'_>) -> Option<Secret> {
    if inline.is_given() && in_file.is_given() {
        let fault = Fault::new("the secret is given twice, here and without `_file`");
        in_file.complain(fault);
        return None;
    }
    if in_file.is_given() {
        let (_, text) = file::named_by(in_file)?;
        // Editors end a file with a line break that is no part of the secret.
        let secret = text.strip_suffix('\n').unwrap_or(&text);
        let secret = secret.strip_suffix('\r').unwrap_or(secret);
        return in_file.judge(not_empty(secret, "the file is empty"));
    }
    let text = inline.text()?;
    inline.judge(not_empty(&text.value, "the secret is empty"))
}

fn not_empty(secret: &str, complaint: &str) -> Result<Secret, Fault> {
    let fault = || Fault::new(complaint).hint("leave the key out to send without a signature");
    let given = !secret.is_empty();
    given.then(|| Secret::new(secret)).ok_or_else(fault)
}
