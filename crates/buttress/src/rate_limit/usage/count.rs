use super::estimate::estimate;
#[cfg(feature = "tiktoken")]
use super::exact::ExactTokens;

/// How the tokens of a request are counted.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Count {
    #[default]
    Estimated,
    #[cfg(feature = "tiktoken")]
    Exactly(ExactTokens),
}

impl Count {
    pub(super) fn cost(&self, body: &[u8]) -> Option<u32> {
        match self {
            Self::Estimated => estimate(body),
            #[cfg(feature = "tiktoken")]
            Self::Exactly(tokens) => tokens.cost(body),
        }
    }
}
