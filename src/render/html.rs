//! HTML by minijinja: escaped, strict, with limits on work and output.

use super::Templates;
use super::templates::known_in;
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

/// Endings of the files that HTML is made from.
pub(super) const HTML: &[&str] = &[".html", ".css", ".js", ".svg"];
/// Instructions that a template may take; a large pack takes about a fiftieth.
const FUEL: u64 = 5_000_000;
/// Bytes that a template may give out.
const MAX_OUTPUT: usize = 64 << 20;

/// Where the hashes of the page's styles and of its script go, once they are known.
const HASHED: [(&str, &str); 2] = [("style", "sha256-STYLES"), ("script", "sha256-SCRIPT")];

/// Lays a pack out as one HTML file. A pack that the repository's own templates laid out ends with the built-in annex.
pub(super) fn html(pack: &serde_json::Value, templates: &Templates) -> Result<Vec<u8>, Error> {
    let mut page = render(pack, "pack.html", templates.used(HTML))?;
    if !templates.own(HTML).is_empty() {
        let annex = render(pack, "own-annex.html", templates.builtin(HTML))?;
        let at = page.rfind("</body>").unwrap_or(page.len());
        page.insert_str(at, &annex);
    }
    Ok(with_hash(page).into_bytes())
}

/// The page that lists packs.
pub fn index(packs: &serde_json::Value, templates: &Templates) -> Result<Vec<u8>, Error> {
    Ok(with_hash(render(packs, "index.html", templates.builtin(HTML))?).into_bytes())
}

/// Puts the hashes of styles and script into the page's policy, so that no others are applied. The first of each is tom's: what people wrote
/// is escaped, and has no elements.
fn with_hash(mut page: String) -> String {
    for (element, place) in HASHED {
        let start = page.split_once(&format!("<{element}>")).map(|(_, rest)| rest);
        let inner = start.and_then(|rest| rest.split_once(&format!("</{element}>"))).map(|(inner, _)| inner);
        if let Some(inner) = inner.filter(|_| page.contains(place)) {
            let hash = format!("sha256-{}", crate::model::Digest::of_bytes(inner.as_bytes()).base64());
            page = page.replacen(place, &hash, 1);
        }
    }
    page
}

/// Lays a value out by one of tom's own templates.
pub(super) fn page(
    name: &str,
    value: &impl serde::Serialize,
    templates: &Templates,
) -> Result<String, Error> {
    let value = serde_json::to_value(value).map_err(|error| Error::new(&BAD_TEMPLATE, error.to_string()))?;
    render(&value, name, templates.builtin(HTML))
}

fn render<'t>(
    pack: &serde_json::Value,
    name: &str,
    templates: impl Iterator<Item = (&'t str, &'t str)>,
) -> Result<String, Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    // Otherwise only a development build says what it is that is undefined.
    environment.set_debug(true);
    // Whatever a template is called, its data is escaped as HTML.
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(100);
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(syntax.map_err(|error| template_error(&error))?);
    let error = |error: minijinja::Error| {
        let inner = innermost(&error);
        let shown = template_error(&error);
        if inner.kind() != minijinja::ErrorKind::UndefinedError {
            return shown;
        }
        // `register[0].titel` is undefined: its last part is what is not there.
        let named = inner.detail().and_then(|detail| detail.split('`').nth(1)).unwrap_or_default();
        known_in(pack, named.rsplit('.').next().unwrap_or_default(), shown)
    };
    for (name, source) in templates {
        environment.add_template(name, source).map_err(error)?;
    }
    let mut output = Bounded::default();
    let template = environment.get_template(name).map_err(error)?;
    template.render_captured_to(Value::from(Serde(pack)), &mut output).map_err(error)?;
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

/// An error in a template that is included is the reason of the one in the template that includes it.
fn innermost(error: &minijinja::Error) -> &minijinja::Error {
    let mut inner = error;
    while let Some(reason) = std::error::Error::source(inner).and_then(|e| e.downcast_ref()) {
        inner = reason;
    }
    inner
}

fn template_error(error: &minijinja::Error) -> Error {
    let inner = innermost(error);
    let name = inner.name().unwrap_or("pack.html").to_owned();
    let line = inner.line().map(|line| format!(" line {line}")).unwrap_or_default();
    let detail = inner.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
    Error::new(&BAD_TEMPLATE, format!("template `{name}`{line}: {}{detail}", inner.kind()))
        .at(Label::file(format!("templates/{name}")))
        .help("`tom render --eject DIR` writes the built-in templates, to compare with")
}
