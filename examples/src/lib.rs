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

    #[test]
    fn every_page_of_the_guide_is_compiled_and_in_the_readme() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
        let readme = fs::read_to_string(format!("{root}/README.md")).unwrap();
        let pages: Vec<_> = fs::read_dir(format!("{root}/docs/guide"))
            .unwrap()
            .map(|page| page.unwrap().file_name().into_string().unwrap())
            .collect();
        assert!(!pages.is_empty());
        for page in pages {
            let included = format!("include_str!(\"../../docs/guide/{page}\")");
            assert!(include_str!("lib.rs").contains(&included), "{page}");
            assert!(readme.contains(&format!("(docs/guide/{page})")), "{page}");
        }
    }
}
