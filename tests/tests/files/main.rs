//! What a file says, and what the stack does that is built from it.

#[cfg(test)]
mod figures;
#[cfg(test)]
mod order;
#[cfg(test)]
mod reload;
#[cfg(test)]
mod written;
