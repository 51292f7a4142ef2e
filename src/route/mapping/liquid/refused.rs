//! What Segment disables, and what we cannot do the same way, each with what to write instead. Where the fault is sure
//! to come for every event, the template is refused when it is read; in a branch it comes when the branch is taken.

use super::failure::LiquidError;
use super::node::{Effect, Filtered, Node, NodeKind};

/// Why a filter cannot be used.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) problem: &'static str,
    hint: &'static str,
}

const TAGS: [(&str, &str); 6] = [
    ("case", "write `{% if a == \"b\" %}…{% elsif a == \"c\" %}…{% endif %}`"),
    ("for", "take a single element by its index (`products[0]`), or use the directive `@arrayPath`"),
    ("include", "write the text of the other template here"),
    ("layout", "write the text of the layout here"),
    ("render", "write the text of the other template here"),
    ("tablerow", "use the directive `@arrayPath` to make a list"),
];

/// `liquid-directive.ts` of Segment's `actions-core`.
const FILTERS: [&str; 20] = [
    "array_to_sentence_string",
    "concat",
    "find",
    "find_exp",
    "find_index",
    "find_index_exp",
    "group_by",
    "group_by_exp",
    "has",
    "has_exp",
    "map",
    "newline_to_br",
    "reject",
    "reject_exp",
    "reverse",
    "sort",
    "sort_natural",
    "uniq",
    "where_exp",
    "type",
];

const DISABLED: Refusal = Refusal {
    problem: "Segment disables this filter in mappings",
    hint: "of filters on lists there are `where`, `join`, `first`, `last`, `size`, `compact`, `sum` and `slice`; \
           the directive `@arrayPath` makes a list of another shape",
};

const CHANCE: Refusal = Refusal {
    problem: "`sample` takes elements by chance, and an event must always give the same text",
    hint: "take the first element with `first`",
};

const ONE_ARGUMENT: Refusal =
    Refusal { problem: "`append` and `prepend` want exactly one text", hint: "write for example `| append: \"!\"`" };

/// Also what a date filter says of an event that holds such a word.
pub(super) const CLOCK: Refusal = Refusal {
    problem: "the current time is not available, since an event must always give the same text",
    hint: "use the event's `timestamp` or `receivedAt`",
};

/// Why a filter with so many arguments cannot be used, if it cannot.
pub(super) fn filter(name: &str, arguments: usize) -> Option<&'static Refusal> {
    match name {
        "sample" => Some(&CHANCE),
        "append" | "prepend" if arguments != 1 => Some(&ONE_ARGUMENT),
        _ => FILTERS.contains(&name).then_some(&DISABLED),
    }
}

/// Why a filter cannot be used on a word, if it cannot.
pub(super) fn clock(word: &str, filter: &str) -> Option<&'static Refusal> {
    (is_now(word) && filter.starts_with("date")).then_some(&CLOCK)
}

/// Whether the date filters take a text for the current time.
pub(super) fn is_now(word: &str) -> bool {
    matches!(word, "now" | "today")
}

/// The error of a tag nobody may use here, or that does not exist.
pub(super) fn tag(at: usize, name: &str) -> LiquidError {
    if let Some((_, hint)) = TAGS.iter().find(|(tag, _)| *tag == name) {
        return LiquidError::new(at, format!("Segment disables the tag `{name}` in mappings"), *hint);
    }
    let hint = match name.strip_prefix("end") {
        _ if matches!(name, "else" | "elsif") => "it only stands within `if` and `unless`",
        Some(_) => "it closes nothing; remove it, or open what it closes",
        None => {
            "there are `if`, `unless`, `assign`, `capture`, `cycle`, `echo`, `increment`, `decrement`, `liquid`, \
                 `raw` and `comment`"
        }
    };
    LiquidError::new(at, format!("the tag `{name}` cannot stand here"), hint)
}

/// Fails with the first filter that cannot be used and that every event comes to.
pub(super) fn sure_to_fail(nodes: &[Node]) -> Result<(), LiquidError> {
    walk(nodes).map(|_| ())
}

/// Whether all events come to the end of the nodes.
fn walk(nodes: &[Node]) -> Result<bool, LiquidError> {
    for node in nodes {
        let goes_on = match &node.kind {
            NodeKind::Plain(_) | NodeKind::Count(..) => true,
            NodeKind::Output(value) | NodeKind::Assign(_, value) => value_holds(value)?,
            NodeKind::Capture(_, nodes) | NodeKind::Group(nodes) => walk(nodes)?,
            NodeKind::Branches(branches, otherwise) => {
                branches.first().map_or(Ok(true), |branch| value_holds(&branch.test))?;
                !branches.iter().any(|branch| may_stop(&branch.nodes)) && !may_stop(otherwise)
            }
            NodeKind::Cycle(cycle) => cycle.values.first().map_or(Ok(true), value_holds)?,
            NodeKind::Stop => false,
        };
        if !goes_on {
            return Ok(false);
        }
    }
    Ok(true)
}

fn value_holds(value: &Filtered) -> Result<bool, LiquidError> {
    for filter in &value.filters {
        if let Effect::Fail(refusal) = filter.effect {
            let problem = format!("the filter `{}` cannot be used: {}", filter.name, refusal.problem);
            return Err(LiquidError::new(filter.at, problem, refusal.hint));
        }
    }
    Ok(true)
}

fn may_stop(nodes: &[Node]) -> bool {
    nodes.iter().any(|node| match &node.kind {
        NodeKind::Stop => true,
        NodeKind::Capture(_, nodes) | NodeKind::Group(nodes) => may_stop(nodes),
        NodeKind::Branches(branches, otherwise) => {
            branches.iter().any(|branch| may_stop(&branch.nodes)) || may_stop(otherwise)
        }
        NodeKind::Plain(_) | NodeKind::Output(_) | NodeKind::Assign(..) | NodeKind::Cycle(_) | NodeKind::Count(..) => {
            false
        }
    })
}
