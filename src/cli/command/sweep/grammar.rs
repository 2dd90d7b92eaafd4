//! The grammar of axes, designs and parts on the command line.

use dessim::scenario::study::{Axis, Design, Values, Written};

/// An axis, and its text on the command line.
#[derive(Clone, Debug)]
pub(super) struct Vary {
    pub(super) text: String,
    pub(super) axis: Axis,
}

/// Parses the value of `--vary`.
pub(super) fn vary(text: &str) -> Result<Vary, String> {
    axis(text).map(|axis| Vary { text: text.to_owned(), axis })
}

/// Parses `PATH=VALUES`, or `PATH,PATH=VALUES` for several places that share one value.
fn axis(text: &str) -> Result<Axis, String> {
    let form = "give a path and its values, such as services.db.slots=[4, 8] or \
                load.users.arrivals.Poisson.rate=10/s..100/s/10";
    let equals = top_level(text, '=').next().ok_or(form)?;
    let paths: Vec<String> = split(&text[..equals], ',');
    if paths.iter().any(String::is_empty) {
        return Err(format!("a path is missing; {form}"));
    }
    let values = values(text[equals + 1..].trim())?;
    Ok(match <[String; 1]>::try_from(paths) {
        Ok([path]) => Axis { path: Some(path), paths: Vec::new(), values },
        Err(paths) => Axis { path: None, paths, values },
    })
}

fn values(text: &str) -> Result<Values, String> {
    if let Some(list) = text.strip_prefix('[') {
        let list = list.strip_suffix(']').ok_or("`]` is missing behind the values")?;
        let list = split(list, ',');
        if list.iter().any(String::is_empty) {
            return Err("a value is missing in the list".to_owned());
        }
        return Ok(Values::List(list.into_iter().map(Written).collect()));
    }
    let log = text.strip_prefix("log ");
    let (from, to, count) = span(log.unwrap_or(text))?;
    Ok(match log {
        Some(_) => Values::Log { from, to, count },
        None => Values::Range { from, to, count },
    })
}

/// Parses `FROM..TO/COUNT`. A number after the last slash is the count; a unit of time is not.
pub(super) fn span(text: &str) -> Result<(Written, Written, Option<u64>), String> {
    let form = "give a list such as [4, 8], or a range with its count, such as 10..80/8";
    let (from, rest) = text.split_once("..").ok_or(form)?;
    let (to, count) = match rest.rsplit_once('/') {
        Some((to, count)) if count.trim().starts_with(|c: char| c.is_ascii_digit()) => {
            let count = count.trim().parse::<u64>();
            (to, Some(count.map_err(|_| "the count behind the last `/` is no whole number")?))
        }
        _ => (rest, None),
    };
    if count.is_some_and(|count| count < 2) {
        return Err("a range has at least 2 values; for one, use --set".to_owned());
    }
    let (from, to) = (from.trim(), to.trim());
    if from.is_empty() || to.is_empty() {
        return Err(form.to_owned());
    }
    Ok((Written(from.to_owned()), Written(to.to_owned()), count))
}

/// Parses `grid`, `lhs:SAMPLES`, `lhs:SAMPLES:SEED` or `sobol:SAMPLES`.
pub(super) fn design(text: &str) -> Result<Design, String> {
    let form = "give grid, lhs:200, lhs:200:SEED or sobol:256";
    let mut parts = text.split(':');
    let kind = parts.next().unwrap_or_default();
    let numbers: Result<Vec<u64>, _> = parts.map(str::parse::<u64>).collect();
    let numbers = numbers.map_err(|_| form)?;
    match (kind, numbers.as_slice()) {
        ("grid", []) => Ok(Design::Grid),
        ("lhs", [samples @ 1..=1_000_000]) => {
            Ok(Design::LatinHypercube { samples: *samples, seed: 1 })
        }
        ("lhs", [samples @ 1..=1_000_000, seed]) => {
            Ok(Design::LatinHypercube { samples: *samples, seed: *seed })
        }
        ("lhs", [_] | [_, _]) => Err("from 1 to 1000000 samples".to_owned()),
        ("sobol", [samples @ 1..=0xffff_ffff]) => Ok(Design::Sobol { samples: *samples }),
        ("sobol", [_]) => Err("from 1 to 4294967295 samples".to_owned()),
        _ => Err(form.to_owned()),
    }
}

/// Parses `I/N`, with I from 1.
pub(super) fn shard(text: &str) -> Result<(u64, u64), String> {
    let form = "give the shard and how many there are, such as 3/64, from 1";
    let (shard, shards) = text.split_once('/').ok_or(form)?;
    match (shard.parse::<u64>(), shards.parse::<u64>()) {
        (Ok(shard), Ok(shards)) if (1..=shards).contains(&shard) => Ok((shard, shards)),
        _ => Err(form.to_owned()),
    }
}

/// Parses `A..B`, both included.
pub(super) fn cells(text: &str) -> Result<(u64, u64), String> {
    let form = "give two whole numbers, such as 100..199; both ends run, and the first cell is 0";
    let (first, last) = text.split_once("..").ok_or(form)?;
    match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => Ok((first, last)),
        _ => Err(form.to_owned()),
    }
}

/// Splits `text` at a character, except within brackets and quotes.
fn split(text: &str, at: char) -> Vec<String> {
    let mut parts = Vec::new();
    let mut start = 0;
    for end in top_level(text, at).chain([text.len()]) {
        parts.push(text[start..end].trim().to_owned());
        start = (end + 1).min(text.len());
    }
    parts
}

/// Byte offsets of a character outside brackets and quotes.
fn top_level(text: &str, wanted: char) -> impl Iterator<Item = usize> {
    let (mut depth, mut quote, mut escaped) = (0_usize, None, false);
    text.char_indices().filter_map(move |(at, c)| {
        let plain = quote.is_none() && depth == 0;
        match (c, quote) {
            _ if escaped => escaped = false,
            ('\\', Some('"')) => escaped = true,
            (c, Some(open)) if c == open => quote = None,
            (_, Some(_)) => {}
            ('"' | '\'', None) => quote = Some(c),
            ('[' | '(' | '{', None) => depth += 1,
            (']' | ')' | '}', None) => depth = depth.saturating_sub(1),
            _ => {}
        }
        (plain && c == wanted).then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(values: &[&str]) -> Values {
        Values::List(values.iter().map(|value| Written((*value).to_owned())).collect())
    }

    #[test]
    fn values_read_as_they_are_meant() {
        let written = |text: &str| Written(text.to_owned());
        let range = |from, to, count| Values::Range { from: written(from), to: written(to), count };
        let cases = [
            ("a.b=10/s..100/s/10", range("10/s", "100/s", Some(10))),
            ("a.b=10/s..100/s", range("10/s", "100/s", None)),
            ("a[0].b=1 .. 5 / 3", range("1", "5", Some(3))),
            ("a=[1, 2,3]", list(&["1", "2", "3"])),
            ("'x=y, z'.slots=[1, 2]", list(&["1", "2"])),
            (
                "a=[[Timeout(\"1s\"), Retry(max_retries: 1)], []]",
                list(&["[Timeout(\"1s\"), Retry(max_retries: 1)]", "[]"]),
            ),
        ];
        for (text, values) in cases {
            assert_eq!(axis(text).map(|axis| axis.values), Ok(values), "{text}");
        }
        let log = Values::Log { from: written("1ms"), to: written("1s"), count: Some(7) };
        assert_eq!(axis("a=log 1ms..1s/7").map(|axis| axis.values), Ok(log));
        let two = axis("load[\"a,b=\"].total,c.d=[1]").expect("two paths");
        assert_eq!(two.paths, ["load[\"a,b=\"].total", "c.d"]);
        for bad in ["a", "a=", "=1..2/2", "a=1..2/1", "a=[1", "a=[1,]", "a=..2/2", "a,=1..2/2"] {
            assert!(axis(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn designs_and_parts_are_checked() {
        assert_eq!(design("lhs:9"), Ok(Design::LatinHypercube { samples: 9, seed: 1 }));
        assert_eq!(design("lhs:9:4"), Ok(Design::LatinHypercube { samples: 9, seed: 4 }));
        assert_eq!(design("sobol:256"), Ok(Design::Sobol { samples: 256 }));
        for bad in ["lhs", "lhs:0", "lhs:1000001", "sobol:x", "sobol:4294967296", "grid:2", ""] {
            assert!(design(bad).is_err(), "{bad}");
        }
        assert_eq!(shard("3/64"), Ok((3, 64)));
        assert_eq!(cells("0..0"), Ok((0, 0)));
        for bad in ["0/4", "5/4", "1", "1/0", "-1/2"] {
            assert!(shard(bad).is_err(), "{bad}");
        }
        assert!(cells("4..3").is_err() && cells("4").is_err());
    }
}
