//! Whatever file is read, the layers stand in the one order.

use buttress::config::{Document, Format};
use buttress::upstreams::Upstreams;
use proptest::prelude::*;

use crate::written::{again, written};

fn layers(document: &Document) -> Vec<&'static str> {
    let upstreams = Upstreams::from_document(document).unwrap();
    upstreams.stack("a").unwrap().layers()
}

proptest! {
    #[test]
    fn whatever_a_file_says_its_parts_and_no_others_stand_in_the_one_order(written in written()) {
        let document = written.document();
        prop_assert_eq!(layers(&document), written.layers(), "{}", written.text());
    }

    #[test]
    fn a_file_that_is_printed_and_read_again_builds_the_same_stack(written in written()) {
        let config = written.document().read().unwrap();
        let policy = config.upstream("a").unwrap().policy();
        for format in [Format::Toml, Format::Json] {
            let again = again(&config, format);
            prop_assert_eq!(again.upstream("a").unwrap().policy(), policy);
        }
        let toml = Document::toml("b.toml", config.to_toml());
        prop_assert_eq!(layers(&toml), written.layers(), "{}", written.text());
        let json = Document::json("b.json", config.to_json());
        prop_assert_eq!(layers(&json), written.layers(), "{}", written.text());
    }
}
