//! Start tags of our own HTML, found and taken apart.
//!
//! It reads pages that we wrote, and knows only what stands in them: attributes with values in
//! double quotation marks or without values, and no `>` inside of a value.

/// A start tag with its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Tag<'a> {
    /// In lower case, as our pages have it.
    pub(crate) name: &'a str,
    /// What stands between the name and `>`.
    attributes: &'a str,
    /// Where `<` is.
    pub(crate) start: usize,
    /// Where what follows `>` begins.
    pub(crate) end: usize,
}

impl<'a> Tag<'a> {
    /// The value of an attribute; empty if it has none.
    pub(crate) fn attribute(&self, name: &str) -> Option<&'a str> {
        let mut rest = self.attributes.trim_start();
        while !rest.is_empty() {
            let end = rest.find(|letter: char| letter == '=' || letter.is_whitespace());
            let (found, after) = rest.split_at(end.unwrap_or(rest.len()));
            let (value, after) = match after.strip_prefix("=\"") {
                Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
                None => ("", after.trim_start_matches('=')),
            };
            if found == name {
                return Some(value);
            }
            rest = after.trim_start();
        }
        None
    }
}

/// The start tags of a page, in order.
pub(crate) fn tags(html: &str) -> impl Iterator<Item = Tag<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let start = at + html.get(at..)?.find('<')?;
            let inner = html.get(start + 1..)?;
            if inner.starts_with("!--") {
                at = start + inner.find("-->").map_or(inner.len(), |end| end + 4);
                continue;
            }
            let close = inner.find('>')?;
            at = start + close + 2;
            let inner = inner.get(..close)?;
            if inner.starts_with(|letter: char| letter.is_ascii_lowercase()) {
                let end = inner.find(|letter: char| letter.is_whitespace() || letter == '/');
                let (name, attributes) = inner.split_at(end.unwrap_or(inner.len()));
                return Some(Tag { name, attributes, start, end: at });
            }
        }
    })
}

/// Where the element of a tag ends, behind its end tag; `None` if it has none or another one of its
/// name inside.
pub(crate) fn element_end(html: &str, tag: &Tag<'_>) -> Option<usize> {
    let rest = html.get(tag.end..)?;
    let close = format!("</{}>", tag.name);
    let end = rest.find(&close)?;
    let inside = rest.get(..end)?;
    let nested = tags(inside).any(|inner| inner.name == tag.name);
    (!nested).then_some(tag.end + end + close.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_found_with_their_attributes() {
        let html = "<!DOCTYPE html>\n<!-- <a href=\"x\"> -->\n\
                    <link rel=\"icon\" href=\"page/a.svg\">\
                    <p hidden class=\"b c\">1 &lt; 2</p><br/>";
        let found: Vec<_> = tags(html).collect();
        let names: Vec<_> = found.iter().map(|tag| tag.name).collect();
        assert_eq!(names, ["link", "p", "br"]);
        assert_eq!(found[0].attribute("href"), Some("page/a.svg"));
        assert_eq!((found[0].attribute("re"), found[0].attribute("hidden")), (None, None));
        assert_eq!(
            (found[1].attribute("hidden"), found[1].attribute("class")),
            (Some(""), Some("b c"))
        );
        let end = element_end(html, &found[1]).unwrap();
        assert_eq!(&html[found[1].start..end], "<p hidden class=\"b c\">1 &lt; 2</p>");
        assert_eq!(element_end(html, &found[0]), None);
        let nested = "<ul><li><ul></ul></li></ul>";
        let first = tags(nested).next().unwrap();
        assert_eq!(element_end(nested, &first), None);
    }
}
