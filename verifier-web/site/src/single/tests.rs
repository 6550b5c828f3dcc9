//! The one file: nothing is loaded, what runs is allowed by its hash, all parts are there.

use super::*;
use crate::testing::site;

const HTML: &str = r##"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<link rel="icon" href="page/icon.svg">
<link rel="manifest" href="manifest.webmanifest">
<link rel="stylesheet" href="page/base.css">
<link rel="stylesheet" href="page/site.css">
<script type="module" src="page/check.js"></script>
</head>
<body>
<a href="#main">Skip</a>
<ul><li><a href="index.html">Check</a></li>
<li data-site-if="live"><a href="live.html">Live</a></li></ul>
<main id="main"></main>
</body>
</html>
"##;

fn tree() -> Tree {
    let mut tree = Tree::default();
    for (path, text) in [
        (PAGE, HTML),
        ("page/icon.svg", "<svg/>"),
        ("page/base.css", "p { color: red; }\n"),
        ("page/check.js", "import { readPart } from \"./parts.js\";\nawait readPart(\"x\");\n"),
        ("page/parts-inline.js", "export async function readPart(path) {}\n"),
        (WORKER, "onmessage = () => {};\n"),
        (WASM, "\0asm"),
        ("page/words/check.de.json", "{}"),
        ("page/words/check.en.json", "{}"),
        ("page/words/live.en.json", "{}"),
        ("page/words/live.de.json", "{}"),
    ] {
        tree.put(path, text.as_bytes().to_vec());
    }
    tree
}

/// What stands between the tags of each element of a name.
fn contents<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    let close = format!("</{name}>");
    let content = |tag: Tag<'_>| html[tag.end..].split(&close).next().unwrap_or_default();
    html::tags(html).filter(|tag| tag.name == name).map(content).collect()
}

#[test]
fn nothing_is_loaded_and_only_what_was_hashed_may_run() {
    let file = html(&tree(), &site().with_live(true)).unwrap();
    let policy = html::tags(&file).find_map(|tag| tag.attribute("content")).unwrap();
    assert!(policy.starts_with("default-src 'none'; ") && policy.contains("connect-src 'none'"));
    let policy_at = file.find("Content-Security-Policy").unwrap();
    let scripts = html::tags(&file).filter(|tag| tag.name == "script");
    let runs: Vec<_> = scripts.filter(|tag| tag.attribute("type") == Some("module")).collect();
    assert_eq!(runs.len(), 1);
    let code = file[runs[0].end..].split("</script>").next().unwrap();
    assert_eq!(code, "async function readPart(path) {}\nawait readPart(\"x\");\n");
    for text in contents(&file, "style").into_iter().chain([code]) {
        assert!(policy.contains(&hash(text)), "{text}");
        assert!(file.find(text).unwrap() > policy_at);
    }
    assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"));
    for tag in html::tags(&file) {
        for attribute in ["src", "href"] {
            let to = tag.attribute(attribute).unwrap_or_default();
            assert!(to.is_empty() || to.starts_with('#') || to.starts_with("data:"), "{tag:?}");
        }
    }
    assert!(file.contains("<ul><li><a href=\"\">Check</a></li>\n</ul>"));
}

#[test]
fn every_part_that_the_page_reads_stands_in_it() {
    let file = html(&tree(), &site()).unwrap();
    let part = |name: &str| {
        let id = format!("part:{name}");
        let tag = html::tags(&file).find(|tag| tag.attribute("id") == Some(&id))?;
        Base64::decode_vec(file[tag.end..].split("</script>").next()?).ok()
    };
    assert_eq!(part(WASM).unwrap(), b"\0asm");
    assert_eq!(part("page/federation").unwrap(), site().federation());
    assert_eq!(part(WORKER).unwrap(), b"onmessage = () => {};\n");
    assert!(
        part("page/words/check.de.json").is_some() && part("page/words/live.de.json").is_none()
    );
    let json: serde_json::Value = serde_json::from_slice(&part("page/site.json").unwrap()).unwrap();
    assert_eq!((&json["name"], &json["live"]), (&"Four towns".into(), &false.into()));
}

#[test]
fn what_would_need_a_server_or_break_the_policy_is_refused() {
    let with = |path: &str, text: &str| {
        let mut tree = tree();
        tree.put(path, text.as_bytes().to_vec());
        html(&tree, &site())
    };
    for element in [
        "<a href=\"live.html\">",
        "<img src=\"page/a.png\">",
        "<script>run()</script>",
        "<script src=\"page/a.js\"></script>",
        "<p style=\"color: red\">",
        "<style>p {}</style>",
        "<link rel=\"preload\" href=\"page/a\">",
        "<ul><li><ul><li>a</li></ul></li></ul>",
        "<form action=\"/x\">",
    ] {
        let page = HTML.replace("<main", &format!("{element}<main"));
        assert!(matches!(with(PAGE, &page), Err(SingleError::Refused { .. })), "{element}");
    }
    for style in ["p { background: url(a.png); }", "@import \"a.css\";", "</STYLE>"] {
        let refused = with("page/base.css", style);
        assert!(matches!(refused, Err(SingleError::Refused { .. })), "{style}");
    }
    assert!(matches!(with("page/check.js", "import a;\n"), Err(SingleError::Join(_))));
    let page = HTML.replace("page/base.css", "page/none.css");
    assert_eq!(with(PAGE, &page), Err(missing("page/none.css")));
}

#[test]
fn the_pages_of_this_program_go_into_one_file() {
    let file = crate::single_html(&site()).unwrap();
    let parts = html::tags(&file).filter_map(|tag| tag.attribute("id")).collect::<Vec<_>>();
    for part in [WASM, WORKER, "page/federation", "page/words/check.de.json"] {
        assert!(parts.contains(&format!("part:{part}").as_str()), "{part}");
    }
    for page in ["live.html", "desk.html", "accessibility.html", "manifest.webmanifest"] {
        assert!(!file.contains(&format!("href=\"{page}\"")), "{page}");
    }
}
