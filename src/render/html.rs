//! HTML by minijinja: escaped, strict, with limits on work and output.

use super::Pack;
use crate::diag::{Code, Error, Label, Severity};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};

/// A template does not work.
pub static BAD_TEMPLATE: Code = Code {
    id: "TOM-0921",
    severity: Severity::Error,
    title: "a template does not work",
    explain: "A pack's template has a mistake, names something that the pack does not have, or does too much work. The finding gives the template's \
file and line. Templates in the repository's `templates/` override the built-in ones; remove the file to use the built-in one again.",
};

/// Instructions that a template may take; a large pack takes about a fiftieth.
const FUEL: u64 = 5_000_000;
/// Bytes that a template may give out.
const MAX_OUTPUT: usize = 64 << 20;

/// Templates by name: the built-in ones, some of them overridden.
#[derive(Debug, Clone, Default)]
pub struct Templates {
    files: std::collections::BTreeMap<String, String>,
}

impl Templates {
    /// Adds a template, over an earlier one of the same name.
    pub fn add(&mut self, name: impl Into<String>, source: impl Into<String>) {
        self.files.insert(name.into(), source.into());
    }
}

/// Lays a pack out as one HTML file.
pub fn html(pack: &Pack, templates: &Templates) -> Result<String, Error> {
    page("pack.html", pack, templates)
}

/// Lays a value out by a template.
pub(super) fn page(
    name: &str,
    value: &impl serde::Serialize,
    templates: &Templates,
) -> Result<String, Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    // Whatever a template is called, its data is escaped as HTML.
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(100);
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(syntax.map_err(|error| template_error(&error))?);
    for (name, source) in &templates.files {
        environment.add_template(name, source).map_err(|error| template_error(&error))?;
    }
    let template = environment.get_template(name).map_err(|error| template_error(&error))?;
    let mut output = Bounded::default();
    template
        .render_captured_to(Value::from(Serde(value)), &mut output)
        .map_err(|error| template_error(&error))?;
    String::from_utf8(output.bytes)
        .map_err(|_| Error::new(&BAD_TEMPLATE, "a template gave out text that is not UTF-8"))
}

#[derive(Default)]
struct Bounded {
    bytes: Vec<u8>,
}

impl std::io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.bytes.len() + bytes.len() > MAX_OUTPUT {
            return Err(std::io::Error::other("the template gives out more than 64 MiB"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn template_error(error: &minijinja::Error) -> Error {
    let name = error.name().unwrap_or("pack.html").to_owned();
    let line = error.line().map(|line| format!(" line {line}")).unwrap_or_default();
    let detail = error.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
    Error::new(&BAD_TEMPLATE, format!("template `{name}`{line}: {}{detail}", error.kind()))
        .at(Label::file(format!("templates/{name}")))
        .help("compare it with the built-in template of the same name")
}
