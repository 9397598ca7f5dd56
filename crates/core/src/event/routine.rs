/// What is told of every call, however well it goes.
///
/// To make it takes looks at the clock and at the request; so it is made only for an [`Observer`](super::Observer) that
/// [listens](super::Observer::listens_to). Everything else is rare, or costs nothing, and is told without asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Routine {
    /// [`Event::CallBegan`](super::Event::CallBegan).
    CallBegan,
    /// [`Event::CallEnded`](super::Event::CallEnded), with its story.
    CallEnded,
    /// [`Event::AttemptEnded`](super::Event::AttemptEnded).
    AttemptEnded,
}

impl Routine {
    /// All of it, in the order in which it is told.
    pub const ALL: [Self; 3] = [Self::CallBegan, Self::AttemptEnded, Self::CallEnded];
}
