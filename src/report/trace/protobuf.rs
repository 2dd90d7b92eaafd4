//! The subset of the wire format of protocol buffers that traces need.

/// A message being written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::report) struct Message(Vec<u8>);

impl Message {
    /// An unsigned number, a `bool` or an `enum`.
    pub(in crate::report) fn number(&mut self, field: u32, value: u64) -> &mut Self {
        self.tag(field, 0);
        self.varint(value);
        self
    }

    /// A `double`.
    pub(in crate::report) fn double(&mut self, field: u32, value: f64) -> &mut Self {
        self.tag(field, 1);
        self.0.extend_from_slice(&value.to_bits().to_le_bytes());
        self
    }

    /// A `fixed64`.
    pub(in crate::report) fn fixed(&mut self, field: u32, value: u64) -> &mut Self {
        self.tag(field, 1);
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    /// A `string`.
    pub(in crate::report) fn text(&mut self, field: u32, text: &str) -> &mut Self {
        self.bytes(field, text.as_bytes())
    }

    /// A message within this one.
    pub(in crate::report) fn message(&mut self, field: u32, message: &Self) -> &mut Self {
        self.bytes(field, &message.0)
    }

    /// True if nothing has been written.
    pub(in crate::report) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The bytes.
    pub(in crate::report) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    fn bytes(&mut self, field: u32, bytes: &[u8]) -> &mut Self {
        self.tag(field, 2);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
        self
    }

    fn tag(&mut self, field: u32, wire: u64) {
        self.varint(u64::from(field) << 3 | wire);
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of the format's own documentation, and the ends of the range.
    #[test]
    fn the_wire_format_is_that_of_its_documentation() {
        let bytes = |write: &dyn Fn(&mut Message)| {
            let mut message = Message::default();
            write(&mut message);
            message.as_bytes().to_vec()
        };
        assert_eq!(
            bytes(&|m| {
                m.number(1, 150);
            }),
            [0x08, 0x96, 0x01]
        );
        let testing = [0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67];
        assert_eq!(
            bytes(&|m| {
                m.text(2, "testing");
            }),
            testing
        );
        let mut inner = Message::default();
        inner.number(1, 150);
        assert_eq!(
            bytes(&|m| {
                m.message(3, &inner);
            }),
            [0x1a, 0x03, 0x08, 0x96, 0x01]
        );
        let largest = bytes(&|m| {
            m.number(16, u64::MAX);
        });
        assert_eq!(largest[..2], [0x80, 0x01]);
        assert_eq!(largest[2..], [[0xff; 9].as_slice(), &[0x01]].concat());
        assert_eq!(
            bytes(&|m| {
                m.fixed(1, 0x0102);
            }),
            [9, 2, 1, 0, 0, 0, 0, 0, 0]
        );
        assert_eq!(
            bytes(&|m| {
                m.double(1, 1.0);
            }),
            [9, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f]
        );
    }
}
