//! The world that a typst template sees: the templates, the pack, the fonts, and nothing else.

use crate::diag::Error;
use crate::render::{BAD_TEMPLATE, Templates};
use std::collections::BTreeMap;
use std::sync::LazyLock;
use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{DiagSpan, FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Feature, Library, LibraryExt, World, WorldExt};
use typst_kit::fonts::FontStore;

/// The standard library, with header cells of rows.
static LIBRARY: LazyLock<LazyHash<Library>> = LazyLock::new(|| {
    let features = [Feature::A11yExtras].into_iter().collect();
    LazyHash::new(Library::builder().with_features(features).build())
});

/// Where tom's own templates stand, whatever the repository has.
const BUILTIN: &str = "tom";

pub(super) struct Closed<'a> {
    fonts: &'a FontStore,
    main: FileId,
    /// By path beneath the root.
    files: BTreeMap<String, Bytes>,
}

impl<'a> Closed<'a> {
    pub(super) fn new(pack: Vec<u8>, templates: &Templates, fonts: &'a FontStore) -> Result<Self, Error> {
        let text = |source: &str| Bytes::from_string(source.to_owned());
        let builtin = templates.builtin(super::TYPST);
        let builtin = builtin.map(|(name, source)| (format!("{BUILTIN}/{name}"), text(source)));
        let used = templates.used(super::TYPST).map(|(name, source)| (name.to_owned(), text(source)));
        let mut files: BTreeMap<String, Bytes> = builtin.chain(used).collect();
        files.insert("pack.json".to_owned(), Bytes::new(pack));
        let main = VirtualPath::new(format!("/{BUILTIN}/main.typ"))
            .map_err(|_| Error::new(&BAD_TEMPLATE, "there is no `main.typ`"))?;
        Ok(Self { fonts, main: RootedPath::new(VirtualRoot::Project, main).intern(), files })
    }

    /// The files that templates reach.
    pub(super) fn names(&self) -> String {
        let names =
            self.files.keys().filter(|name| !name.starts_with(BUILTIN)).map(|name| format!("/{name}"));
        names.collect::<Vec<_>>().join(", ")
    }

    /// The template and line of a place.
    pub(super) fn place(&self, span: DiagSpan) -> Option<(String, usize)> {
        let file = span.id()?;
        let source = self.source(file).ok()?;
        let line = self.range(span).and_then(|range| source.lines().byte_to_line(range.start));
        let path = file.get().vpath().get_without_slash().trim_start_matches("tom/").to_owned();
        Some((path, line.map_or(0, |line| line + 1)))
    }
}

impl World for Closed<'_> {
    fn library(&self) -> &LazyHash<Library> {
        &LIBRARY
    }

    fn book(&self) -> &LazyHash<FontBook> {
        self.fonts.book()
    }

    fn main(&self) -> FileId {
        self.main
    }

    fn source(&self, file: FileId) -> FileResult<Source> {
        let text = String::from_utf8(self.file(file)?.to_vec()).map_err(|_| FileError::InvalidUtf8)?;
        Ok(Source::new(file, text))
    }

    fn file(&self, file: FileId) -> FileResult<Bytes> {
        let place = file.get();
        let found = match place.root() {
            VirtualRoot::Project => self.files.get(place.vpath().get_without_slash()),
            VirtualRoot::Package(_) => None,
        };
        found.cloned().ok_or(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.font(index)
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None // a pack has the date of its content
    }
}
