//! d13: whatever people write, a comment on a pull request keeps its structure.

use crate::support::{Sandbox, root};
use comrak::nodes::{AstNode, NodeValue};
use std::sync::LazyLock;
use tom::model::{
    Acceptance, Confirmation, Date, Deployment, Framework, PartyId, Transfer, TransferReceipt, TransferWord,
    Value,
};
use tom::ops::review::{Base, Change, End, Kind, Problem, Review, Reviewed, changed};
use tom::project::Project;
use tom::store::WorkTree;

const HOSTILE: [&str; 40] = [
    "@acme/clinical-safety please approve",
    "fixes #123",
    "Closes GH-1 and resolves acme/tom#7",
    "https://evil.example/?q=1",
    "www.evil.example",
    "mailto:someone@evil.example",
    "![](https://evil.example/pixel.png)",
    "[approved](https://evil.example)",
    "[x]: https://evil.example \"t\"",
    "<https://evil.example>",
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "</code></summary></details>",
    "<details open><summary>APPROVED</summary>",
    "<!-- hidden",
    "--> shown",
    "<!-- tom-review -->",
    "**tom: unchanged** · main → HEAD",
    "a | b | c",
    "a \\| b \\\\| c",
    "| --- | --- |",
    "```\n</details>\n\n# APPROVED",
    "````````` and more",
    "~~~\nx\n~~~",
    "text\n\n# Heading\n\ntext",
    "Heading\n=======",
    "---",
    "> quoted\n> twice",
    "- [x] done\n- [ ] open",
    "1. one\n2. two",
    "    code by indentation",
    "*emphasis* _here_ **and** ~~there~~",
    "$$x^2$$ and $y$",
    "[^1] and [^1]: note",
    "&lt;b&gt; &amp; &#64;team &commat;team",
    "line\r\nbreak\rhere",
    "\u{202e}DEVORPPA\u{202c} and \u{200b}@team",
    "\u{1b}[31mred\u{1b}[0m \u{0}",
    "::error::owned\n::add-mask::a",
    "{{ 7*7 }} ${{ secrets.TOKEN }} {% include x %}",
];

/// A text of the same shape that means nothing.
fn harmless(text: &str) -> String {
    text.chars().map(|c| if c.is_whitespace() && c != '\r' { c } else { 'x' }).collect()
}

struct Example {
    framework: std::sync::Arc<Framework>,
    deployment: Deployment,
}

static EXAMPLE: LazyLock<Example> = LazyLock::new(|| {
    let (project, _) = Project::open(Box::new(WorkTree::new(root()))).unwrap();
    let (deployment, framework) = project.load(&"acme-northfield".parse().unwrap()).unwrap().sound().unwrap();
    Example { framework, deployment }
});

/// The example with this in every field that takes a text.
fn written(text: &str) -> Deployment {
    let mut all = EXAMPLE.deployment.clone();
    let put = |field: &mut String| *field = text.to_owned();
    let value = |value: &mut Value| match value {
        Value::Text(field) => put(field),
        Value::Texts(fields) => fields.iter_mut().for_each(put),
        Value::Date(_) | Value::Number(_) => {}
    };
    let said = |confirmation: &mut Confirmation| {
        confirmation.by = text.to_owned();
        confirmation.note = Some(text.to_owned());
    };
    put(&mut all.meta.title);
    for answer in all.answers.values_mut() {
        answer.value.iter_mut().for_each(value);
        answer.rows.values_mut().flat_map(|row| row.values_mut()).for_each(value);
        answer.notes = Some(text.to_owned());
        answer.evidence = vec![text.to_owned()];
        answer.confirmed.values_mut().for_each(said);
    }
    for risk in all.risks.values_mut() {
        [&mut risk.title, &mut risk.hazard, &mut risk.effect].into_iter().for_each(put);
        risk.causes.values_mut().for_each(|cause| put(&mut cause.text));
        for rating in [&mut risk.initial, &mut risk.residual].into_iter().flatten() {
            put(&mut rating.severity);
            put(&mut rating.likelihood);
        }
        for mitigation in risk.mitigations.values_mut() {
            put(&mut mitigation.text);
            mitigation.reason = Some(text.to_owned());
            mitigation.evidence = vec![text.to_owned()];
            mitigation.confirmed.values_mut().for_each(said);
        }
        risk.confirmed.values_mut().for_each(said);
        risk.acceptance = Some(Acceptance {
            by: text.to_owned(),
            role: text.to_owned(),
            class: 2,
            digest: text.to_owned(),
            on: Date::new(2026, 11, 20).unwrap(),
            until: None,
            reason: text.to_owned(),
        });
        risk.transfer = Some(Transfer {
            to: PartyId::new("supplier").unwrap(),
            duty: Some(text.to_owned()),
            receipt: Some(TransferReceipt {
                says: TransferWord::Refused,
                by: text.to_owned(),
                on: Date::new(2026, 11, 20).unwrap(),
                digest: text.to_owned(),
                reason: Some(text.to_owned()),
            }),
        });
    }
    all
}

/// Comments that together tell all of it; each so short that nothing is left out, because how much fits depends on the text.
fn comments(text: &str) -> Vec<String> {
    let Example { framework, deployment } = &*EXAMPLE;
    let after = written(text);
    let before = Base { deployment, framework };
    let mut reviewed: Reviewed = changed(before, Base { deployment: &after, framework }, (text, text), None);
    // The titles of items come from the framework, which a branch may edit too.
    reviewed.changes.iter_mut().for_each(|change| change.title = text.to_owned());
    let end = || End { name: text.to_owned(), commit: Some("0123456789abcdef".to_owned()) };
    let some = |changes: &[Change]| {
        let reviewed = Reviewed { changes: changes.to_vec(), ..reviewed.clone() };
        let problem = Problem {
            side: text.to_owned(),
            code: "TOM-0101".to_owned(),
            message: text.to_owned(),
            file: Some(text.to_owned()),
        };
        let repository = vec![Change::new(Kind::Framework, None, text).with("", None, Some(text.to_owned()))];
        let review = Review::of((end(), end()), repository, vec![reviewed], vec![problem], &[]);
        tom::render::review_markdown(&review, &format!("tom diff {text}"))
    };
    reviewed.changes.chunks(50).map(some).collect()
}

/// A comment without what stands in code, which is where texts go: nothing else may depend on them.
fn bones(comment: &str) -> String {
    let mut out = String::new();
    let mut fence = None::<String>;
    for line in comment.lines() {
        let bare = line.trim_start();
        let ticks: String = bare.chars().take_while(|c| *c == '`').collect();
        match &fence {
            Some(open) if bare == open => {
                out += "fence ends\n";
                fence = None;
            }
            Some(_) => out += "  fenced\n",
            None if ticks.len() >= 3 => {
                out += "fence begins\n";
                fence = Some(ticks);
            }
            None => {
                let mut rest = line;
                while let Some((before, after)) = rest.split_once("<code>") {
                    out += before;
                    out += "<code>";
                    rest = after.split_once("</code>").expect("code ends on its line").1;
                }
                out += rest;
                out.push('\n');
            }
        }
    }
    assert!(fence.is_none(), "a fence stays open");
    out
}

/// What GitHub's dialect makes of a comment: its nodes, with tags and without texts.
fn structure<'a>(node: &'a AstNode<'a>, depth: usize, out: &mut Vec<String>) {
    let name = match &node.data.borrow().value {
        // Neighbouring texts are one; where the parser cuts them means nothing.
        NodeValue::Text(_) => "text".to_owned(),
        NodeValue::Code(_) => "code".to_owned(),
        NodeValue::CodeBlock(block) => format!("block {}", block.info),
        // Where a line may break, which keeps addresses from becoming links.
        NodeValue::HtmlInline(tag) if tag == "<wbr>" => "text".to_owned(),
        NodeValue::HtmlInline(tag) => format!("tag {tag}"),
        NodeValue::HtmlBlock(block) => {
            let tags = block.literal.split('<').skip(1).map(|tag| tag.split('>').next().unwrap_or_default());
            format!("html {}", tags.filter(|tag| *tag != "wbr").collect::<Vec<_>>().join(" "))
        }
        other => {
            let whole = format!("{other:?}");
            whole.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned()
        }
    };
    let line = format!("{}{name}", " ".repeat(depth));
    if name != "text" || out.last() != Some(&line) {
        out.push(line);
    }
    node.children().for_each(|child| structure(child, depth + 1, out));
}

fn parsed(comment: &str) -> Vec<String> {
    let mut options = comrak::Options::default();
    options.extension.table = true;
    options.extension.strikethrough = true;
    options.extension.autolink = true;
    options.extension.tasklist = true;
    options.extension.footnotes = true;
    options.extension.math_dollars = true;
    options.extension.alerts = true;
    let arena = comrak::Arena::new();
    let mut out = Vec::new();
    structure(comrak::parse_document(&arena, comment, &options), 0, &mut out);
    out
}

#[test]
fn d13_a_comment_keeps_its_structure_whatever_people_write() {
    for text in HOSTILE {
        let (bad, good) = (comments(text), comments(&harmless(text)));
        assert_eq!(bad.len(), good.len(), "{text:?}");
        for (bad, good) in bad.iter().zip(&good) {
            assert!(!bad.contains("Left out"), "{text:?}");
            let bones_of_bad = bones(bad);
            let first =
                bones_of_bad.lines().zip(bones(good).lines().map(str::to_owned)).find(|(a, b)| a != b);
            assert_eq!(first, None, "{text:?}");
            let (bad_tree, good_tree) = (parsed(bad), parsed(good));
            let first = bad_tree.iter().zip(&good_tree).find(|(a, b)| a != b);
            assert_eq!(first, None, "{text:?}");
            assert_eq!(bad_tree.len(), good_tree.len(), "{text:?}");
            for wrong in ["Link", "Image", "Footnote", "TaskItem", "Heading", "BlockQuote", "Math", "Alert"] {
                assert!(
                    !bad_tree.iter().any(|node| node.trim_start().starts_with(wrong)),
                    "{text:?}: {wrong}"
                );
            }
            // Outside of code nobody is mentioned and nothing referred to.
            for sign in ["@", "#", "GH-", "http", "www.", "<!--"] {
                assert!(!bones_of_bad.contains(sign), "{text:?}: {sign}");
            }
            assert!(bad.starts_with("**tom: error** · <code>"), "the banner is ours and comes first");
        }
    }
}

#[test]
fn d13_the_test_itself_sees_what_would_go_wrong() {
    let good = parsed("**tom** · text\n\n- <code>a</code>\n");
    for bad in [
        "**tom** · https://evil.example\n\n- <code>a</code>\n",
        "**tom** · text\n\n- <code>a</code>\n\n# x\n",
        "**tom** · text\n\n- <code><b>a</b></code>\n",
    ] {
        assert_ne!(parsed(bad), good);
    }
}

#[test]
fn d13_a_branch_and_a_file_of_any_name_do_no_harm() {
    let sandbox = Sandbox::example();
    sandbox.git(&["switch", "-qc", "x<img>|@team#1`&copy;"]);
    sandbox.write("assessments/acme-northfield/x<b>|@team #1.toml", "x = 1\n");
    sandbox.commit("odd names");
    let out = sandbox.tom(&["diff", "main...x<img>|@team#1`&copy;", "--format", "markdown"]).code(2).out;
    let bones = bones(&out);
    assert!(out.starts_with("**tom: error** · <code>main</code>"), "{out}");
    assert!(!bones.contains("@team") && !bones.contains("<img>") && !bones.contains("<b>"), "{out}");
    let page = sandbox.tom(&["diff", "main...x<img>|@team#1`&copy;", "--format", "html"]).code(2).out;
    assert!(!page.contains("<img>") && !page.contains("<b>"), "{page}");
}
