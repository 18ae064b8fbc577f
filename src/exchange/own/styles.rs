//! How tom's workbooks look. No meaning by colour alone: every coloured cell says the same in words.

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder};

/// The formats of a workbook, each made once.
pub(in crate::exchange) struct Styles {
    pub title: Format,
    pub small: Format,
    pub heading: Format,
    pub group: Format,
    pub columns: Format,
    pub locked: Format,
    pub entry: Format,
    pub text_entry: Format,
    pub day_entry: Format,
    pub not_asked: Format,
    pub open: Format,
    pub good: Format,
    pub bad: Format,
    pub classes: [Format; 5],
}

fn base() -> Format {
    Format::new().set_font_name("Arial").set_font_size(10).set_align(FormatAlign::Top)
}

fn boxed() -> Format {
    base().set_text_wrap().set_border(FormatBorder::Thin).set_border_color(Color::RGB(0xA6_AF_B8))
}

fn filled(colour: u32) -> Format {
    Format::new().set_background_color(Color::RGB(colour))
}

impl Styles {
    pub(in crate::exchange) fn new() -> Self {
        let entry = boxed().set_unlocked().set_background_color(Color::RGB(0xFF_FB_E0));
        Self {
            title: base().set_bold().set_font_size(16),
            small: base().set_font_color(Color::RGB(0x42_50_5E)).set_text_wrap(),
            heading: boxed()
                .set_bold()
                .set_font_color(Color::White)
                .set_background_color(Color::RGB(0x00_3E_6B)),
            group: base().set_bold().set_font_size(12).set_background_color(Color::RGB(0xD8_E3_EE)),
            columns: boxed().set_bold().set_background_color(Color::RGB(0xEE_F1_F4)),
            locked: boxed(),
            text_entry: entry.clone().set_num_format("@"),
            day_entry: entry.clone().set_num_format("yyyy-mm-dd").set_align(FormatAlign::Left),
            entry,
            not_asked: boxed().set_background_color(Color::RGB(0xEE_F1_F4)),
            open: filled(0xFF_E0_A3),
            good: filled(0xCF_E9_D4),
            bad: filled(0xF6_C6_C1),
            classes: [0xCF_E9_D4, 0xE4_EF_C4, 0xFF_EB_A8, 0xFB_CF_9A, 0xF6_C6_C1].map(filled),
        }
    }
}
