//! Prints the page `docs/PROVIDERS.md`, made from the profiles.

use std::io;

fn main() -> io::Result<()> {
    buttress_providers::table::write(io::stdout().lock())
}
