//! `sops exec-env`.

use std::ffi::OsString;

use sealkit::document::{Mapping, Value};
use time::format_description::well_known::Rfc3339;
use zeroize::Zeroizing;

use super::Job;
use super::codes::{CONFLICT, FAILED};
use super::exec::{ShellCommand, User};
use super::input::Input;
use super::opened::Opened;
use crate::{Console, Failure};

/// `sops exec-env FILE COMMAND`
pub(super) fn run(job: &Job<'_>, console: &mut Console<'_>) -> Result<(), Failure> {
    let [file, command] = job.words else {
        return Err(Failure::message("exec-env needs a file and a command, the command in one word")
            .with_code(FAILED));
    };
    let (background, same_process) = (job.values.switch("background"), job.values.switch("same-process"));
    if background && same_process {
        return Err(
            Failure::message("--background and --same-process exclude each other").with_code(CONFLICT)
        );
    }
    let input = Input::named(Some(file), job.values)?;
    let opened = Opened::read(&input, job.values, console)?;
    let values = match opened.plaintext.value()? {
        Value::Mapping(values) => variables(&values, &input)?,
        _ => Vec::new(),
    };
    let user = User::named(job)?;
    if let Some(user) = &user {
        user.become_them()?;
    }
    console.flush()?;
    let command = ShellCommand::new(command, job.values.switch("pristine"), user.as_ref(), values, console);
    if same_process {
        return Err(command.replace_this_process());
    }
    if background { command.start() } else { command.run() }
}

/// Each value as a variable.
///
/// # Errors
/// When one can't be.
fn variables(values: &Mapping, input: &Input) -> Result<Vec<(String, OsString)>, Failure> {
    let each = values.iter().map(|(name, value)| {
        let failed = |reason: &str| {
            Failure::message(format!("{name} in {} can't become a variable: {reason}", input.source))
                .with_code(FAILED)
        };
        if name.is_empty() || name.contains(['=', '\0']) {
            return Err(failed("no variable can have this name"));
        }
        let text = text(value).map_err(failed)?;
        if text.contains('\0') {
            Err(failed("it holds a zero byte"))
        } else {
            Ok((name.to_owned(), OsString::from(text.as_str())))
        }
    });
    each.collect()
}

/// The value as sops gives it to programs, or why it can't.
fn text(value: &Value) -> Result<Zeroizing<String>, &'static str> {
    Ok(Zeroizing::new(match value {
        Value::String(text) => return Ok(text.clone()),
        Value::Null => String::new(),
        Value::Boolean(value) => value.to_string(),
        Value::Integer(value) => value.to_string(),
        Value::Float(value) => float(*value),
        Value::Timestamp(moment) => {
            let moment = moment.replace_nanosecond(0).unwrap_or(*moment);
            moment.format(&Rfc3339).map_err(|_| "it is no moment that could be written")?
        }
        Value::Bytes(bytes) => String::from_utf8(bytes.to_vec()).map_err(|_| "it is binary data")?,
        Value::Mapping(_) => return Err("it is a mapping, and only single values can"),
        Value::Sequence(_) => return Err("it is a list, and only single values can"),
        _ => return Err("it is of a kind that no variable can hold"),
    }))
}

/// Go's `%G`, and `.0` behind what would look like an integer.
fn float(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let scientific = format!("{value:E}");
    let (digits, exponent) = scientific.split_once('E').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let text = if value != 0.0 && !(-4..6).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{digits}E{sign}{:02}", exponent.abs())
    } else {
        format!("{value}")
    };
    if text.contains(['.', 'E']) { text } else { format!("{text}.0") }
}

#[cfg(test)]
mod tests {
    use super::float;

    #[test]
    fn floats_are_go_s() {
        let cases = [
            (1.5, "1.5"),
            (2.0, "2.0"),
            (-0.0, "-0.0"),
            (0.0001, "0.0001"),
            (0.00001, "1E-05"),
            (123_456.0, "123456.0"),
            (1_234_567.5, "1.2345675E+06"),
            (f64::INFINITY, "+Inf"),
        ];
        for (value, text) in cases {
            assert_eq!(float(value), text);
        }
    }
}
