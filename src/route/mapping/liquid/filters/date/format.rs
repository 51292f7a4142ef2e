//! Prints a moment by a format of `strftime`'s kind, with the flags `-`, `_`, `0`, `^`, `#`, `:` and a width. What is no
//! conversion is printed as written. Names are English, as where Segment renders.

use super::super::super::budget::Budget;
use super::super::super::convert::units;
use super::super::super::failure::Failure;
use super::moment::Moment;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// A conversion: `%-5d` has a flag and a width.
struct Conversion<'f> {
    flags: &'f str,
    width: usize,
    letter: char,
}

pub(super) fn format(moment: &Moment, format: &str, budget: &mut Budget) -> Result<String, Failure> {
    let mut out = String::new();
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        budget.steps(1)?;
        budget.bytes(at)?;
        out.push_str(&rest[..at]);
        let (conversion, behind) = read(&rest[at..]);
        match conversion.and_then(|conversion| Some((text(moment, &conversion)?, conversion))) {
            Some((text, conversion)) => pad(&mut out, text, &conversion, budget)?,
            None => out.push_str(&rest[at..rest.len() - behind.len()]),
        }
        rest = behind;
    }
    budget.bytes(rest.len())?;
    out.push_str(rest);
    Ok(out)
}

/// Reads a conversion; none if no letter follows. What follows it comes second.
fn read(text: &str) -> (Option<Conversion<'_>>, &str) {
    let begin = &text[1..];
    let behind_flags = begin.trim_start_matches(['-', '_', '0', '^', '#', ':']);
    let flags = &begin[..begin.len() - behind_flags.len()];
    let behind_width = behind_flags.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = &behind_flags[..behind_flags.len() - behind_width.len()];
    let mut rest = behind_width;
    if let Some(behind) = rest.strip_prefix(['E', 'O']).filter(|behind| behind.starts_with(is_letter)) {
        rest = behind;
    }
    let mut rest = rest.chars();
    match rest.next().filter(|c| is_letter(*c)) {
        // A width too great to be one is greater than what may be printed.
        Some(letter) => {
            let width = if digits.is_empty() { 0 } else { digits.parse().unwrap_or(usize::MAX) };
            (Some(Conversion { flags, width, letter }), rest.as_str())
        }
        None => (None, behind_width),
    }
}

/// Whatever does not end a line.
fn is_letter(c: char) -> bool {
    !matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

fn text(moment: &Moment, conversion: &Conversion<'_>) -> Option<String> {
    let Moment { date, hour, minute, second, milli, weekday, .. } = moment;
    let hour12 = if hour % 12 == 0 { 12 } else { hour % 12 };
    let half = if *hour < 12 { "AM" } else { "PM" };
    // Here a year before our era is counted backwards.
    let short_year = if date.year > 0 { date.year } else { 1 - date.year };
    let short_date = || format!("{}/{}/{short_year}", date.month, date.day);
    let short_time = || format!("{hour12}:{minute:02}:{second:02} {half}");
    Some(match conversion.letter {
        'a' => name(&WEEKDAYS, *weekday)[..3].to_owned(),
        'A' => name(&WEEKDAYS, *weekday).to_owned(),
        'b' | 'h' => name(&MONTHS, date.month - 1)[..3].to_owned(),
        'B' => name(&MONTHS, date.month - 1).to_owned(),
        'c' => format!("{}, {}", short_date(), short_time()),
        'C' => date.year.div_euclid(100).to_string(),
        'd' | 'e' => date.day.to_string(),
        'H' | 'k' => hour.to_string(),
        'I' | 'l' => hour12.to_string(),
        'j' => date.day_of_year().to_string(),
        'L' => milli.to_string(),
        'm' => date.month.to_string(),
        'M' => minute.to_string(),
        'N' => format!("{milli:03}"),
        'p' => half.to_owned(),
        'P' => half.to_lowercase(),
        'q' => ordinal(date.day).to_owned(),
        's' => moment.millis.div_euclid(1000).to_string(),
        'S' => second.to_string(),
        'u' => (if *weekday == 0 { 7 } else { *weekday }).to_string(),
        'U' => week(moment, 0).to_string(),
        'w' => weekday.to_string(),
        'W' => week(moment, 1).to_string(),
        'x' => short_date(),
        'X' => short_time(),
        'y' => date.year.rem_euclid(100).to_string(),
        'Y' => date.year.to_string(),
        'z' => offset(moment, conversion.flags),
        'Z' => moment.zone.clone().unwrap_or_else(|| offset(moment, conversion.flags)),
        't' => "\t".to_owned(),
        'n' => "\n".to_owned(),
        '%' => "%".to_owned(),
        _ => return None,
    })
}

/// Brings a text to the conversion's case and width.
fn pad(out: &mut String, text: String, conversion: &Conversion<'_>, budget: &mut Budget) -> Result<(), Failure> {
    let has = |flag| conversion.flags.contains(flag);
    let usual = match conversion.letter {
        'C' | 'd' | 'e' | 'H' | 'I' | 'k' | 'l' | 'm' | 'M' | 'S' | 'U' | 'W' | 'y' => 2,
        'j' | 'L' => 3,
        'Y' => 4,
        _ => 0,
    };
    let wanted = if conversion.width > 0 { conversion.width } else { usual };
    budget.bytes(text.len().saturating_add(wanted))?;
    let text = if conversion.letter == 'N' { fraction(text, conversion.width) } else { text };
    let text = if has('^') {
        text.to_uppercase()
    } else if has('#') {
        // Capitals become small letters, anything else capitals.
        let is_small = text.bytes().any(|byte| byte.is_ascii_lowercase());
        if is_small { text.to_uppercase() } else { text.to_lowercase() }
    } else {
        text
    };
    let with_spaces = has('_') || !has('0') && "aAbBceklpP".contains(conversion.letter);
    let missing = if has('-') { 0 } else { wanted.saturating_sub(units(&text)) };
    match text.strip_prefix('-').filter(|_| !with_spaces) {
        Some(figures) => {
            out.push('-');
            out.extend(std::iter::repeat_n('0', missing));
            out.push_str(figures);
        }
        None => {
            out.extend(std::iter::repeat_n(if with_spaces { ' ' } else { '0' }, missing));
            out.push_str(&text);
        }
    }
    Ok(())
}

/// Digits of the second behind the point; nine unless a width says otherwise.
fn fraction(mut millis: String, width: usize) -> String {
    let width = if width > 0 { width } else { 9 };
    millis.truncate(width);
    millis.extend(std::iter::repeat_n('0', width - millis.len()));
    millis
}

fn name<'n>(names: &[&'n str], index: i64) -> &'n str {
    usize::try_from(index).ok().and_then(|index| names.get(index)).copied().unwrap_or("   ")
}

fn ordinal(day: i64) -> &'static str {
    match (day, day % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    }
}

/// Weeks that begin with this weekday; days before the first are in week 0.
fn week(moment: &Moment, first: i64) -> i64 {
    let since_first = (moment.weekday - first + 7) % 7;
    (moment.date.day_of_year() - 1 - since_first + 7).div_euclid(7)
}

/// As `+0100`, with the flag `:` as `+01:00`.
fn offset(moment: &Moment, flags: &str) -> String {
    let sign = if moment.behind > 0.0 { '-' } else { '+' };
    let minutes = moment.behind.abs();
    let colon = if flags.contains(':') { ":" } else { "" };
    let minute = super::super::super::convert::number_text(minutes % 60.0);
    format!("{sign}{:02}{colon}{minute:0>2}", (minutes / 60.0).floor())
}
