//! How much a run may do and hold.

use clap::Args;

/// The limits of a run.
#[derive(Clone, Debug, Args)]
pub(crate) struct LimitArgs {
    /// Stop after so many events, or so many attempts and other pieces of work that are no events
    /// [default: 1000000000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..),
        allow_negative_numbers = true)]
    pub max_events: Option<u64>,
    /// Stop when what is under way in an arm takes more, such as 500MB or 4GiB [default: 1GiB]
    #[arg(long, value_name = "SIZE", value_parser = size, allow_negative_numbers = true)]
    pub max_memory: Option<u64>,
}

const UNITS: [(&str, u64); 8] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
];

/// Parses a size with its unit, such as `4GiB`, into bytes.
fn size(text: &str) -> Result<u64, String> {
    let (digits, unit) = match UNITS.iter().find(|(name, _)| text.ends_with(name)) {
        Some((name, bytes)) => (&text[..text.len() - name.len()], *bytes),
        None => (text.strip_suffix('B').unwrap_or(text), 1),
    };
    let number: Option<u64> = digits.trim_end().parse().ok();
    number
        .and_then(|number| number.checked_mul(unit))
        .filter(|bytes| *bytes > 0)
        .ok_or_else(|| "a whole number of B, kB, MB, GB, KiB, MiB or GiB, as in 500MB".to_owned())
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_have_units() {
        let read = |text| size(text).ok();
        assert_eq!(read("500MB"), Some(500_000_000));
        assert_eq!(read("2 GiB"), Some(2 << 30));
        assert_eq!((read("4096"), read("7B")), (Some(4096), Some(7)));
        for wrong in ["", "0", "-1MB", "1.5GB", "GiB", "2gib", "99999999999TiB"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
