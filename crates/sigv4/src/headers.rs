//! The headers of a request, as far as a signature needs them.

/// A request's headers. Names compare without case; the values of one name keep the order
/// in which they were received.
pub trait Headers {
    /// All values of the header, in order. `name` is in lower case.
    fn values<'h>(&'h self, name: &'h str) -> impl Iterator<Item = &'h [u8]>;

    /// Every header, name and value; those of one name in order.
    fn all(&self) -> impl Iterator<Item = (&str, &[u8])>;
}

impl Headers for http::HeaderMap {
    fn values<'h>(&'h self, name: &'h str) -> impl Iterator<Item = &'h [u8]> {
        self.get_all(name).into_iter().map(http::HeaderValue::as_bytes)
    }

    fn all(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.iter().map(|(name, value)| (name.as_str(), value.as_bytes()))
    }
}

/// Headers in a plain list: what a client has in hand before it signs.
#[derive(Debug, Clone, Copy)]
pub struct HeaderList<'l>(pub &'l [(&'l str, &'l str)]);

impl Headers for HeaderList<'_> {
    fn values<'h>(&'h self, name: &'h str) -> impl Iterator<Item = &'h [u8]> {
        self.0
            .iter()
            .filter(move |(present, _)| present.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_bytes())
    }

    fn all(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(name, value)| (*name, value.as_bytes()))
    }
}

/// A header that must not be repeated.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum Single<'h> {
    #[default]
    Absent,
    Once(&'h [u8]),
    Repeated,
}

impl<'h> Single<'h> {
    fn see(&mut self, value: &'h [u8]) {
        *self = match self {
            Self::Absent => Self::Once(value),
            Self::Once(_) | Self::Repeated => Self::Repeated,
        };
    }
}

/// The headers that carry a signature, found in one walk over all of them.
#[derive(Debug, Default)]
pub(crate) struct SignatureHeaders<'h> {
    pub(crate) authorization: Single<'h>,
    pub(crate) amz_date: Single<'h>,
    pub(crate) date: Single<'h>,
    pub(crate) token: Single<'h>,
    pub(crate) content_hash: Single<'h>,
}

impl<'h> SignatureHeaders<'h> {
    pub(crate) fn find<H: Headers>(headers: &'h H) -> Self {
        let mut found = Self::default();
        for (name, value) in headers.all() {
            // By length first: most headers are none of these.
            let (slot, wanted) = match name.len() {
                4 => (&mut found.date, "date"),
                10 => (&mut found.amz_date, "x-amz-date"),
                13 => (&mut found.authorization, "authorization"),
                20 if name.as_bytes().get(6).is_some_and(|byte| byte.eq_ignore_ascii_case(&b's')) => {
                    (&mut found.token, "x-amz-security-token")
                }
                20 => (&mut found.content_hash, "x-amz-content-sha256"),
                _ => continue,
            };
            if name.eq_ignore_ascii_case(wanted) {
                slot.see(value);
            }
        }
        found
    }
}
