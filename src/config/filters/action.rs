//! One action of a filter: its type, and what belongs to which type.
//! What an action does with an event is `route::filter`'s business.

use crate::route::filter::{Action, Fields, Sample};

use super::super::field::{Fault, Field};
use super::super::section::{Section, named};
use super::super::similar::nearest;

const TYPES: [&str; 4] = ["drop", "sample", "drop_properties", "allow_properties"];

const TYPES_HINT: &str = "write drop, sample, drop_properties or allow_properties";

/// Keys beside `type`, and the types they belong to.
const KEYS: [(&str, &[&str], &str); 3] = [
    ("percent", &["sample"], "only `type: sample` has it"),
    ("path", &["sample"], "only `type: sample` has it; where properties are dropped, paths stand in `fields`"),
    (
        "fields",
        &["drop_properties", "allow_properties"],
        "only `type: drop_properties` and `type: allow_properties` have it",
    ),
];

/// Reads an action; none if it is wrong, which was complained of then.
pub(super) fn read(field: Field<'_>) -> Option<Action> {
    let section = Section::of(field)?;
    let kind = kind(&section);
    let foreign = KEYS.iter().filter(|(_, types, _)| kind.is_some_and(|kind| !types.contains(&kind)));
    for (field, hint) in foreign.map(|(key, _, hint)| (section.field(key), hint)) {
        if field.is_given() {
            field.complain(Fault::new(format!("does not go with `type: {}`", kind.unwrap_or_default())).hint(*hint));
        }
    }
    let action = match kind {
        Some("drop") => Some(Action::Drop),
        Some("sample") => sample(&section).map(Action::Sample),
        Some("drop_properties") => fields(&section).map(Action::DropProperties),
        Some("allow_properties") => fields(&section).map(Action::AllowProperties),
        _ => {
            // Its keys cannot be judged, but they are no mistakes of their own.
            KEYS.iter().for_each(|(key, ..)| drop(section.field(key)));
            None
        }
    };
    section.finish();
    action
}

fn kind(section: &Section<'_>) -> Option<&'static str> {
    let field = section.field("type");
    if !field.is_given() {
        section.missing("type", TYPES_HINT);
    }
    let text = field.text()?;
    let fault = || {
        let fault = Fault::new(format!("{} is not a type of action", text.shown));
        match nearest(&text.value, &TYPES).filter(|_| !text.has_variables) {
            Some(word) => fault.hint(format!("did you mean `{word}`?")),
            None => fault.hint(TYPES_HINT),
        }
    };
    field.judge(TYPES.into_iter().find(|kind| *kind == text.value).ok_or_else(fault))
}

fn sample(section: &Section<'_>) -> Option<Sample> {
    let (percent, path) = (section.field("percent"), section.field("path"));
    let path_text = path.language();
    if !percent.is_given() {
        section.missing("percent", "write the share that passes: `percent: 0.05` for five in a hundred");
    }
    let text = percent.number()?;
    let share = text.value.parse::<f64>().map_err(|_| {
        let fault = Fault::new(format!("{} is not a number from 0 to 1", text.shown));
        fault.hint("write 0.05 for five in a hundred")
    });
    let share = percent.judge(share)?;
    // Each is judged by itself, so that a complaint stands where its mistake is.
    let alone = Sample::new(share, None).map_err(|refused| match text.has_variables {
        true => Fault::new("is not a number from 0 to 1").hint(refused.hint),
        false => Fault::from(refused),
    });
    let path_text = path_text.as_ref().map(|text| text.value.as_str());
    let judged = path.judge(Sample::new(0.0, path_text).map_err(Fault::from));
    percent.judge(alone).and(judged)?;
    Sample::new(share, path_text).ok()
}

fn fields(section: &Section<'_>) -> Option<Fields> {
    let field = section.field("fields");
    if !field.is_given() {
        section.missing("fields", "name them, such as `fields: { context.traits: [email], \"\": [userId] }`");
        return None;
    }
    let mut fields = Fields::new();
    for (path, names) in named(&field) {
        if !names.is_given() {
            names.complain(Fault::new("has no names").hint("list them, such as `context.traits: [email]`"));
            continue;
        }
        let names_of_path: Vec<Box<str>> = names.list().iter().filter_map(name).collect();
        names.judge(fields.add(path, names_of_path).map_err(Fault::from));
    }
    Some(fields)
}

fn name(field: &Field<'_>) -> Option<Box<str>> {
    if !field.is_given() {
        field.complain(Fault::new("is missing").hint("write the name of a property"));
    }
    Some(field.language()?.value.into())
}
