//! The examples in a page of the docs.

/// The blocks of a page, each with the word behind its fence.
pub fn blocks(page: &str) -> Vec<(String, String)> {
    let mut blocks: Vec<(String, String)> = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        if let Some(word) = line.strip_prefix("```") {
            inside = !inside;
            if inside {
                blocks.push((word.to_owned(), String::new()));
            }
        } else if let Some((_, text)) = blocks.last_mut().filter(|_| inside) {
            text.push_str(line);
            text.push('\n');
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_found_with_their_words() {
        let page = "a\n```sh\nb\nc\n```\nd\n```\ne\n```\n";
        let block = |word: &str, text: &str| (word.to_owned(), text.to_owned());
        assert_eq!(blocks(page), [block("sh", "b\nc\n"), block("", "e\n")]);
    }
}
