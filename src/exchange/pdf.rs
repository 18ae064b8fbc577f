//! The text in a PDF that somebody sent: what its pages show, and what stands beside them (titles, bookmarks, text alternatives, metadata).

use serde::{Deserialize, Serialize};

/// What can be read of a PDF.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct PdfText {
    /// Texts with the place of each.
    pub texts: Vec<(String, String)>,
    /// What could not be read, in words.
    pub unread: Vec<String>,
}

/// Reads the text of a PDF. It is parsed, so this belongs into a limited child.
#[cfg(feature = "pdf")]
pub fn pdf_text(bytes: &[u8]) -> PdfText {
    read::text(bytes)
}

/// Without PDF nothing of one can be read.
#[cfg(not(feature = "pdf"))]
pub fn pdf_text(_: &[u8]) -> PdfText {
    PdfText { texts: Vec::new(), unread: vec!["this tom was built without PDF".to_owned()] }
}

#[cfg(feature = "pdf")]
mod read {
    use super::PdfText;
    use hayro_interpret::font::Glyph;
    use hayro_interpret::hayro_cmap::BfString;
    use hayro_interpret::hayro_syntax::Pdf;
    use hayro_interpret::hayro_syntax::object::{Dict, MaybeRef, Object};
    use hayro_interpret::{
        BlendMode, ClipPath, Context, Device, GlyphDrawMode, Image, InterpreterCache, InterpreterSettings,
        Paint, PathDrawMode, SoftMask, interpret_page,
    };
    use kurbo::{Affine, BezPath, Point, Rect};

    /// Deeper than any PDF nests what is no object of its own.
    const DEEPEST: usize = 40;

    pub(super) fn text(bytes: &[u8]) -> PdfText {
        let mut out = PdfText::default();
        let Ok(pdf) = Pdf::new(bytes.to_vec()) else {
            out.unread.push("it is no PDF that can be read, or asks for a password".to_owned());
            return out;
        };
        let cache = InterpreterCache::new();
        let mut illegible = 0;
        for (at, page) in pdf.pages().iter().enumerate() {
            let settings = InterpreterSettings::default();
            let bounds = Rect::new(0.0, 0.0, 1.0, 1.0);
            let mut context = Context::new(Affine::IDENTITY, bounds, &cache, pdf.xref(), settings);
            let mut letters = Letters::default();
            interpret_page(page, &mut context, &mut letters);
            illegible += letters.illegible;
            match (letters.text.trim().is_empty(), letters.pictures) {
                (true, 0) => {}
                (true, _) => out.unread.push(format!("page {} is a picture", at + 1)),
                (false, _) => out.texts.push((format!("page {}", at + 1), letters.text)),
            }
        }
        if illegible > 0 {
            out.unread.push(format!("{illegible} of its letters do not say which they are"));
        }
        let mut beside = String::new();
        pdf.objects().into_iter().for_each(|object| strings(&object, &mut beside, 0));
        out.texts.push(("beside its pages".to_owned(), beside));
        out
    }

    /// The letters of a page in the order in which they are drawn, with white space where they stand apart.
    #[derive(Default)]
    struct Letters {
        text: String,
        last: Option<Point>,
        pictures: usize,
        illegible: usize,
    }

    impl Device<'_> for Letters {
        fn draw_glyph(
            &mut self,
            glyph: &Glyph<'_>,
            transform: Affine,
            glyph_transform: Affine,
            _: &Paint<'_>,
            _: &GlyphDrawMode,
        ) {
            let transform = transform * glyph_transform;
            let here = transform * Point::ORIGIN;
            // A letter is at most about as wide as the text is high.
            let height = (transform * Point::new(0.0, 1000.0) - here).hypot();
            if let Some(last) = self.last {
                let (right, down) = (here.x - last.x, (here.y - last.y).abs());
                if down > height * 0.5 || right < -height * 0.1 || right > height * 1.15 {
                    self.text.push('\n');
                }
            }
            self.last = Some(here);
            match glyph.as_unicode() {
                Some(BfString::Char(c)) => self.text.push(c),
                Some(BfString::String(text)) => self.text.push_str(&text),
                None => {
                    self.text.push(char::REPLACEMENT_CHARACTER);
                    self.illegible += 1;
                }
            }
        }

        fn draw_image(&mut self, _: Image<'_, '_>, _: Affine) {
            self.pictures += 1;
        }

        fn set_soft_mask(&mut self, _: Option<SoftMask<'_>>) {}
        fn set_blend_mode(&mut self, _: BlendMode) {}
        fn draw_path(&mut self, _: &BezPath, _: Affine, _: &Paint<'_>, _: &PathDrawMode) {}
        fn push_clip_path(&mut self, _: &ClipPath) {}
        fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'_>>, _: BlendMode) {}
        fn pop_clip_path(&mut self) {}
        fn pop_transparency_group(&mut self) {}
    }

    /// Every string of an object, and the metadata of a stream.
    fn strings(object: &Object<'_>, out: &mut String, depth: usize) {
        match object {
            _ if depth > DEEPEST => {}
            Object::String(text) => {
                out.push_str(&decoded(text.as_bytes()));
                out.push('\n');
            }
            Object::Dict(dict) => strings_of(dict, out, depth),
            Object::Array(array) => {
                array.raw_iter().filter_map(inner).for_each(|object| strings(&object, out, depth + 1));
            }
            Object::Stream(stream) => {
                strings_of(stream.dict(), out, depth);
                let is_metadata =
                    stream.dict().get::<hayro_interpret::hayro_syntax::object::Name<'_>>("Type");
                if is_metadata.is_some_and(|name| name.as_ref() == b"Metadata") {
                    let bytes = stream.decoded().unwrap_or_default();
                    out.push_str(&String::from_utf8_lossy(&bytes));
                    out.push('\n');
                }
            }
            Object::Null(_) | Object::Boolean(_) | Object::Number(_) | Object::Name(_) => {}
        }
    }

    fn strings_of(dict: &Dict<'_>, out: &mut String, depth: usize) {
        dict.entries().filter_map(|(_, object)| inner(object)).for_each(|one| strings(&one, out, depth + 1));
    }

    /// An object that stands in another. One that is only named there comes by itself.
    fn inner<'o>(object: MaybeRef<Object<'o>>) -> Option<Object<'o>> {
        match object {
            MaybeRef::NotRef(object) => Some(object),
            MaybeRef::Ref(_) => None,
        }
    }

    /// A text string: UTF-16 where its first bytes say so, otherwise UTF-8, which has the letters of PDF's own encoding at their places.
    fn decoded(bytes: &[u8]) -> String {
        let Some(wide) = bytes.strip_prefix(b"\xfe\xff") else {
            return String::from_utf8_lossy(bytes).into_owned();
        };
        let units: Vec<u16> =
            wide.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
        String::from_utf16_lossy(&units)
    }
}
