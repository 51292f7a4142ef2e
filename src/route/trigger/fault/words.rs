//! The words for what can be wrong with a trigger: what is wrong, and what to write instead. Where Segment would take
//! it for something else, the problem says for what. Decides nothing; longer advice is made by `advice`.

use super::{Fault, advice};

pub(super) fn words(fault: &Fault) -> (String, String) {
    let (problem, hint): (String, String) = match fault {
        Fault::Nothing => ("there is no condition".into(), "write one, such as type = \"track\"".into()),
        Fault::ConditionExpected(found) if found.is_empty() => {
            ("a condition is missing at the end".into(), "write one, such as type = \"track\"".into())
        }
        Fault::ConditionExpected(found) => (
            format!("a condition cannot begin with `{found}`"),
            "begin with the field, such as type = \"track\", or with contains( or match(".into(),
        ),
        Fault::ConditionMissing(word) => (
            format!("a condition is missing beside `{word}`"),
            format!("leave `{word}` out, or write a condition on both sides of it"),
        ),
        Fault::OperatorExpected { field, found } => advice::operator_expected(field, found),
        Fault::UnknownOperator(found) => {
            (format!("there is no operator `{found}`"), format!("write {}", advice::operator(found)))
        }
        Fault::ValueMissing => (
            "a value is missing behind the operator".into(),
            "write a text in double quotes, a number, true, false or null".into(),
        ),
        Fault::BareValue(found) => {
            (format!("`{found}` is no value: Segment takes it for a text"), advice::value(found))
        }
        Fault::Trailing(found) => (
            format!("`{found}` cannot follow a complete condition; Segment skips it in silence"),
            "join conditions by and, or by or; write a field whose name has white space with a backslash before it"
                .into(),
        ),
        Fault::EmptyParentheses => ("there is nothing in the parentheses".into(), "leave them out".into()),
        Fault::Unclosed => ("a parenthesis is not closed".into(), "write the closing `)`".into()),
        Fault::Unopened => ("a `)` closes nothing".into(), "leave it out, or write the opening `(`".into()),
        Fault::UnclosedText => ("a text has no closing quote".into(), "write the closing `\"`".into()),
        Fault::LoneNot => (
            "`!` stands alone".into(),
            "write !contains( or !match( without white space, or != with white space behind it".into(),
        ),
        Fault::FunctionForm(name) => (
            format!("`{name}` takes a field and a text in double quotes"),
            format!("write {name}(event, \"{}\")", if *name == "match" { "Order*" } else { "Order" }),
        ),
        Fault::UnknownFunction(name) => (
            format!("there is no function `{name}` in triggers"),
            "only contains and match are there; a filter of the destination knows more".into(),
        ),
        Fault::MixedConnectives => (
            "`and` and `or` are mixed on one level: Segment applies the last of them to all conditions".into(),
            "put what belongs together in parentheses, such as a = 1 and (b = 2 or c = 3)".into(),
        ),
        Fault::NegatedGroup => (
            "`!` before parentheses: Segment loses the negation".into(),
            "negate each condition (= becomes !=, contains( becomes !contains() and swap and with or".into(),
        ),
        Fault::NegatedField(field) => (
            format!("`!` before the field `{field}`: Segment loses the negation"),
            format!("write {field} != \"x\", or {field} = false"),
        ),
        Fault::FunctionInParentheses(name) => (
            format!("`{name}(…)` inside parentheses: Segment ends the group where the function ends"),
            format!("write {name}(…) outside of parentheses, or make two mappings of it"),
        ),
        Fault::NestedParentheses => (
            "parentheses inside parentheses: Segment knows one level".into(),
            "write it with one level, or make several mappings of it".into(),
        ),
        Fault::ConnectiveAgainstParenthesis(word) => (
            format!("`{word}` stands against a parenthesis: Segment takes it for a name and skips it"),
            format!("put white space behind it: {} (", word.to_ascii_lowercase()),
        ),
        Fault::ConnectiveSpelling(word) => (
            format!("`{word}` joins nothing: Segment knows `and` and `or` in lower case only"),
            format!("write {}", advice::connective(word)),
        ),
        Fault::SingleQuotes => (
            "a text in single quotes: Segment takes the quotes for part of it".into(),
            "write it in double quotes".into(),
        ),
        Fault::BackslashInText => (
            "a backslash in a text: Segment takes it for part of the text, so it escapes nothing".into(),
            "leave it out; a text with a double quote or a backslash cannot be written in a trigger, \
             but contains or match can look for what stands beside it"
                .into(),
        ),
        Fault::NoSpaceAfterText => (
            "something stands right behind the closing quote: Segment does not see the text end".into(),
            "put white space behind the quote".into(),
        ),
        Fault::NoSpaceAfter(operator) => (
            format!("there is no white space behind `{operator}`, so Segment does not recognise it"),
            format!("put white space behind it: {operator} "),
        ),
        Fault::NoSpaceBefore { operator, field } => (
            format!("there is no white space before `{operator}`, so Segment takes it for part of the name"),
            format!("put white space on both sides of it: {field} {operator}"),
        ),
        Fault::NumberFormat(found) => {
            (format!("`{found}` is no number that Segment reads as a whole"), advice::number(found))
        }
        Fault::Stray(found) => (format!("`{found}` has no meaning in a trigger"), advice::meaningless(*found)),
        Fault::OddSpace => {
            ("white space that is no space, tabulator or line feed".into(), "put a plain space in its place".into())
        }
        Fault::UnknownField(field) => advice::field(field),
        Fault::FunctionOnType(name) => (
            format!("`{name}` does not work with the field type: Segment skips it in silence"),
            "compare it as a whole, such as type = \"track\" or type = \"page\"".into(),
        ),
        Fault::ReservedWord(word) => (
            format!("`{word}` is a name here, but Segment takes it for the word of the language"),
            format!("put a backslash before it: \\{word}"),
        ),
        Fault::EscapedPathCharacter(found) if found.len_utf16() > 1 => (
            format!("Segment cannot read `{found}` in a name"),
            "let a mapping or a function give the field another name first".into(),
        ),
        Fault::EscapedPathCharacter(found) => (
            format!("an escaped `{found}` in a name: Segment divides the name there all the same"),
            "a name with `.`, `[` or `]` in it cannot be looked at".into(),
        ),
        Fault::EscapeAtEnd => ("a backslash is the last character".into(), "leave it out".into()),
        Fault::NameCharacter(found) => {
            (format!("`{found}` cannot stand in a name as it is"), format!("put a backslash before it: \\{found}"))
        }
        Fault::OddFirst(found) => (
            format!("a name cannot begin as `{found}` does: Segment takes it for a number"),
            format!("put a backslash before it: \\{found}"),
        ),
        Fault::NameMissing => ("a name is missing behind the dot".into(), "write properties.plan, for example".into()),
        Fault::Element => (
            "brackets have no meaning in a trigger".into(),
            "the element with the index 0 is named list.\\0, and a name with a bracket in it cannot be looked at"
                .into(),
        ),
        Fault::JsMember(name) => (
            format!("every JavaScript object has a `{name}`, so Segment finds one in every event"),
            "look at another field".into(),
        ),
        Fault::NumberOnTextField(written) => advice::number_on_text(written),
        Fault::BooleanOnTextField(written) => advice::not_a_text(written),
        Fault::NullOnTextField(written) => advice::null_on_text(written),
        Fault::BooleanNotEquals(written) => (
            format!("`!=` with a boolean: Segment compares with the text \"{}\"", written.value),
            format!("write {} = {}", written.field, if written.value == "true" { "false" } else { "true" }),
        ),
        Fault::TextInOrder(written) => {
            (format!("`{}` compares numbers, not texts", written.operator), advice::order(written))
        }
        Fault::BooleanInOrder(written) | Fault::NullInOrder(written) => {
            (format!("`{}` compares numbers, and {} is none", written.operator, written.value), advice::order(written))
        }
        Fault::Glob { field, pattern } => advice::glob(field, pattern),
    };
    (problem, hint)
}
