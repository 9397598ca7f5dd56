//! The page, and what it may do.

/// One file, and nothing that is loaded from elsewhere.
pub(crate) const HTML: &str = include_str!("page.html");

/// Nothing but the page's own style and script, told by their hashes, and the snapshots from where the page came from.
/// The icon is an empty one, so that the browser does not ask for another.
pub(crate) const POLICY: &str = "default-src 'none'; \
    style-src 'sha256-TTK8Mj9gpiufkE5QBXbW0YE1j4mcnjVQzRxmAM+V2Eg='; \
    script-src 'sha256-fWtOPdmLQdS4zlIq0yxP5pnU7shqyBLeK4taZU1oTLU='; \
    connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use sha2::{Digest, Sha256};

    use super::*;

    fn hash(tag: &str) -> String {
        let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
        let (_, rest) = HTML.split_once(&open).unwrap();
        let (inside, after) = rest.split_once(&close).unwrap();
        assert!(!after.contains(&open), "one {tag} is allowed, by its hash");
        format!(
            "{tag}-src 'sha256-{}'",
            STANDARD.encode(Sha256::digest(inside))
        )
    }

    #[test]
    fn the_policy_allows_the_style_and_the_script_as_they_are() {
        for tag in ["style", "script"] {
            let allowed = hash(tag);
            assert!(POLICY.contains(&allowed), "it is {allowed}");
        }
    }

    #[test]
    fn the_page_names_no_other_place() {
        let mut addresses = HTML.match_indices("//").map(|(at, _)| &HTML[at..]);
        let is_comment = |text: &str| text.starts_with("// ");
        let is_namespace = |text: &str| text.starts_with("//www.w3.org/2000/svg");
        assert!(addresses.all(|text| is_comment(text) || is_namespace(text)));
        for attribute in [
            "src=",
            "@import",
            "url(",
            "style=\"",
            "onclick",
            "innerHTML",
        ] {
            assert!(!HTML.contains(attribute), "{attribute}");
        }
    }
}
