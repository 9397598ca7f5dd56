//! Small programs that show what Buttress does, each against a server on loopback.
//!
//! The programs are in `examples/`; each says at its top what you will see. The code of the README and of the guide is
//! compiled, and run, as tests of this crate.

/// One for each page.
#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../../README.md")]
    struct Readme;

    #[doc = include_str!("../../docs/guide/clients.md")]
    struct Clients;

    #[doc = include_str!("../../docs/guide/coming-from.md")]
    struct ComingFrom;

    #[doc = include_str!("../../docs/guide/errors.md")]
    struct Errors;

    #[doc = include_str!("../../docs/guide/observing.md")]
    struct Observing;

    #[doc = include_str!("../../docs/guide/reqwest.md")]
    struct Reqwest;

    #[doc = include_str!("../../docs/guide/testing.md")]
    struct Testing;

    #[doc = include_str!("../../docs/guide/tuning.md")]
    struct Tuning;
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

    fn pages(folder: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(Path::new(ROOT).join(folder)).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        paths
            .filter(|path| path.extension().is_some_and(|it| it == "md"))
            .collect()
    }

    #[test]
    fn every_page_of_the_guide_is_compiled_and_in_the_readme() {
        let readme = fs::read_to_string(Path::new(ROOT).join("README.md")).unwrap();
        let pages = pages("docs/guide");
        assert!(!pages.is_empty());
        for page in pages {
            let name = page.file_name().unwrap().to_str().unwrap();
            let included = format!("include_str!(\"../../docs/guide/{name}\")");
            assert!(include_str!("lib.rs").contains(&included), "{name}");
            assert!(readme.contains(&format!("(docs/guide/{name})")), "{name}");
        }
    }

    #[test]
    fn every_link_to_a_file_leads_to_one() {
        let folders = ["", "docs", "docs/guide", "ops"];
        for page in folders.into_iter().flat_map(pages) {
            let text = fs::read_to_string(&page).unwrap();
            let ends = text.split("](").skip(1);
            let links = ends.filter_map(|end| end.split([')', '#']).next());
            for link in links.filter(|link| !link.is_empty() && !link.starts_with("http")) {
                let target = page.parent().unwrap().join(link);
                assert!(target.exists(), "{link} in {}", page.display());
            }
        }
    }
}
