//! Reads protocol buffers without a schema; shares no code with the writer.

/// The value of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    Number(u64),
    Fixed(u64),
    Bytes(&'a [u8]),
}

/// The fields of a message, in order.
pub(crate) fn fields(mut bytes: &[u8]) -> Vec<(u64, Value<'_>)> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes);
        let value = match tag & 7 {
            0 => Value::Number(varint(&mut bytes)),
            1 => {
                let (fixed, rest) = bytes.split_first_chunk::<8>().expect("eight bytes follow");
                bytes = rest;
                Value::Fixed(u64::from_le_bytes(*fixed))
            }
            2 => {
                let length = usize::try_from(varint(&mut bytes)).expect("it fits memory");
                let (within, rest) = bytes.split_at(length);
                bytes = rest;
                Value::Bytes(within)
            }
            wire => panic!("wire type {wire}"),
        };
        fields.push((tag >> 3, value));
    }
    fields
}

/// The first value of a field that holds a number.
pub(crate) fn number(fields: &[(u64, Value<'_>)], field: u64) -> Option<u64> {
    fields.iter().find_map(|(of, value)| match value {
        Value::Number(number) if *of == field => Some(*number),
        _ => None,
    })
}

/// Every value of a field that holds bytes.
pub(crate) fn bytes<'a>(fields: &[(u64, Value<'a>)], field: u64) -> impl Iterator<Item = &'a [u8]> {
    let of = fields.iter().filter(move |(of, _)| *of == field);
    let bytes: Vec<_> = of
        .map(|(_, value)| match value {
            Value::Bytes(bytes) => *bytes,
            other => panic!("field {field} is {other:?}"),
        })
        .collect();
    bytes.into_iter()
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..).step_by(7) {
        let (first, rest) = bytes.split_first().expect("a varint ends");
        *bytes = rest;
        value |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return value;
        }
    }
    unreachable!("the loop ends by returning")
}
