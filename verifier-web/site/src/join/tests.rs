//! What is joined, and what is refused.

use super::*;

fn tree(files: &[(&str, &str)]) -> Tree {
    let mut tree = Tree::default();
    for (name, text) in files {
        tree.put(&format!("page/{name}"), text.as_bytes().to_vec());
    }
    tree
}

fn joined(files: &[(&str, &str)]) -> Result<String, JoinError> {
    join(&tree(files), "page/a.js")
}

fn refused(files: &[(&str, &str)]) -> (String, usize, Fault) {
    let error = joined(files).unwrap_err();
    (error.path, error.line, error.fault)
}

#[test]
fn what_is_imported_comes_first_and_once() {
    let a = "// A\n\nimport { b } from \"./b.js\";\nimport { c, D } from \"./c.js\";\n\nb(c, D);\n";
    let b = "/* B\n */\nimport { c } from \"./c.js\";\nexport function b() {\n  return c;\n}\n";
    let c = "export const c = 1;\nexport class D {}\nlet own = 2;\n";
    let code = joined(&[("a.js", a), ("b.js", b), ("c.js", c)]).unwrap();
    let expected = "const c = 1;\nclass D {}\nlet own = 2;\n/* B\n */\n\
                    function b() {\n  return c;\n}\n// A\n\n\nb(c, D);\n";
    assert_eq!(code, expected);
}

#[test]
fn the_parts_come_from_the_page_itself() {
    let files = [
        ("a.js", "import { part } from \"./parts.js\";\npart();\n"),
        ("parts.js", "export function part() { fetch(); }\n"),
        ("parts-inline.js", "export function part() {}\n"),
    ];
    assert_eq!(joined(&files).unwrap(), "function part() {}\npart();\n");
}

#[test]
fn another_form_of_import_or_export_is_refused_with_its_line() {
    let of = |text: &str| {
        let text = format!("// A.\n{text}\n");
        let files = [("a.js", text.as_str()), ("b.js", "export const b = 1;\n")];
        let (path, line, fault) = refused(&files);
        assert_eq!(path, "page/a.js", "{text}");
        (line, fault)
    };
    for import in [
        "import \"./b.js\";",
        "import b from \"./b.js\";",
        "import * as b from \"./b.js\";",
        "import { b as c } from \"./b.js\";",
        "import {b} from \"./b.js\";",
        "import { b } from './b.js';",
        "import { b } from \"../b.js\";",
        "import { b } from \"./b/../c.js\";",
        "import { b } from \"https://example.com/b.js\";",
        "import { b } from \"./b.js\"",
        "import {",
    ] {
        assert_eq!(of(import), (2, Fault::Import), "{import}");
    }
    for late in ["f();\nimport { b } from \"./b.js\";", "f();\nimport(\"./b.js\");"] {
        assert_eq!(of(late), (3, Fault::LateImport), "{late}");
    }
    assert_eq!(of("f(import.meta.url);"), (2, Fault::LateImport));
    for export in
        ["export default f;", "export { b };", "export let b = 1;", "export * from \"x\";"]
    {
        assert_eq!(of(export), (2, Fault::Export), "{export}");
    }
    for declaration in ["const { a, b } = c;", "export const [a] = b;", "let {a} = b;"] {
        assert_eq!(of(declaration), (2, Fault::Declaration), "{declaration}");
    }
    assert_eq!(of("const a = \"</SCRIPT>\";"), (2, Fault::Mark("</script")));
    assert_eq!(of("// <!-- b"), (2, Fault::Mark("<!--")));
}

#[test]
fn modules_that_do_not_go_together_are_refused() {
    let a = ("a.js", "import { b } from \"./b.js\";\nconst x = b;\n");
    let (path, line, fault) = refused(&[a]);
    assert_eq!((path.as_str(), line), ("page/a.js", 1));
    assert_eq!(fault, Fault::Missing("page/b.js".to_owned()));
    let hidden = refused(&[a, ("b.js", "const b = 1;\n")]).2;
    let (name, from) = ("b".to_owned(), "page/b.js".to_owned());
    assert_eq!(hidden, Fault::NotExported { name, from: from.clone() });
    let twice = refused(&[a, ("b.js", "export const b = 1;\nfunction x() {}\n")]);
    let name = "x".to_owned();
    assert_eq!(twice, ("page/a.js".to_owned(), 2, Fault::Twice { name, other: from }));
    let circle = ("b.js", "import { a } from \"./a.js\";\nexport const b = 1;\n");
    assert_eq!(refused(&[a, circle]).2, Fault::Circle("page/a.js".to_owned()));
}

#[test]
fn the_parts_of_a_single_file_have_the_exports_of_those_of_a_server() {
    let tree = Tree::built_in();
    let exports = |path: &str| {
        let text = std::str::from_utf8(tree.find(path).unwrap()).unwrap();
        let names = read(path, text).unwrap().names.into_iter();
        names.filter(|(_, (_, exported))| *exported).map(|(name, _)| name).collect::<Vec<_>>()
    };
    assert_eq!(exports(PARTS.0), exports(PARTS.1));
}

#[test]
fn every_module_of_the_pages_keeps_the_form() {
    let tree = Tree::built_in();
    for path in tree.paths().filter(|path| path.starts_with("page/") && path.ends_with(".js")) {
        join(&tree, path).unwrap_or_else(|error| panic!("{error}"));
    }
}
