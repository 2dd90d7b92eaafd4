//! Keyed draws: no overlap, no bias, no correlation along any direction in which keys differ.

use dessim::kernel::draw::{Site, key, mix};
use statrs::distribution::{ChiSquared, ContinuousCDF};

/// Probability outside the accepted range of a chi-square test, on either side. Draws are fixed, so
/// a test that passes keeps passing.
const TAIL: f64 = 0.000_01;

/// The first draw of a seed's stream.
fn first(seed: u64, stream: u64) -> u64 {
    let site = Site::new(seed, &format!("component {stream}"), "service time");
    site.bits(site.subject(0), 1, 0)
}

#[test]
fn first_outputs_of_a_million_streams_are_distinct() {
    let mut all: Vec<u64> = Vec::with_capacity(1_000_000);
    for stream in 0..100 {
        all.extend((0..10_000).map(|seed| first(seed, stream)));
    }
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 1_000_000);
}

fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

/// Pearson's correlation of pairs.
fn correlation(pairs: impl Iterator<Item = (u64, u64)>) -> (f64, f64) {
    let (mut n, mut xy, mut xx, mut yy) = (0.0, 0.0, 0.0, 0.0);
    for (x, y) in pairs {
        // The other tests show that draws are uniform, so the mean is known.
        let (x, y) = (unit(x) - 0.5, unit(y) - 0.5);
        n += 1.0;
        xy += x * y;
        xx += x * x;
        yy += y * y;
    }
    (xy / (xx * yy).sqrt(), n)
}

const N: u64 = 200_000;

/// A direction in which keys differ: the draw at index i of a key and that of its neighbour.
type Direction = (&'static str, fn(u64) -> (u64, u64));

fn site(seed: u64) -> Site {
    Site::new(seed, "server", "service time")
}

const DIRECTIONS: [Direction; 11] = [
    ("consecutive seeds", |i| (first(i, 0), first(i + 1, 0))),
    ("seeds that differ in the top bit", |i| (first(i, 0), first(i | 1 << 63, 0))),
    ("consecutive components", |i| (first(7, i), first(7, i + 1))),
    ("seed and component exchanged", |i| (first(i, i + 1), first(i + 1, i))),
    ("purposes", |i| {
        let other = Site::new(7, "server", "failure");
        let subject = site(7).subject(i);
        (site(7).bits(subject, 1, 0), other.bits(subject, 1, 0))
    }),
    ("components with the same requests", |i| {
        let other = Site::new(7, "serves", "service time");
        let subject = site(7).subject(i);
        (site(7).bits(subject, 1, 0), other.bits(subject, 1, 0))
    }),
    ("consecutive requests", |i| {
        let site = site(7);
        (site.bits(site.subject(i), 1, 0), site.bits(site.subject(i + 1), 1, 0))
    }),
    ("consecutive attempts", |i| {
        let site = site(7);
        let subject = site.subject(i / 8);
        let attempt = (i % 8) as u32;
        (site.bits(subject, attempt, 0), site.bits(subject, attempt + 1, 0))
    }),
    ("consecutive indices", |i| {
        let site = site(7);
        let subject = site.subject(i / 8);
        let index = (i % 8) as u32;
        (site.bits(subject, 1, index), site.bits(subject, 1, index + 1))
    }),
    ("attempt and index exchanged", |i| {
        let site = site(7);
        let subject = site.subject(i);
        (site.bits(subject, 2, 3), site.bits(subject, 3, 2))
    }),
    ("consecutive arrivals, keyed by bare numbers", |i| {
        (site(7).bits(i, 0, 0), site(7).bits(i + 1, 0, 0))
    }),
];

#[test]
fn neighbours_are_not_correlated() {
    for (what, pair) in DIRECTIONS {
        let (r, n) = correlation((0..N).map(pair));
        println!("{what}: {:.2} / sqrt(n)", r * n.sqrt());
        assert!(r.abs() < 4.0 / n.sqrt(), "{what}: correlation {r} over {n} pairs");
    }
}

/// Chi-square of the cells of a table with equal expectations.
fn flat(what: &str, cells: &[u64]) {
    let total: u64 = cells.iter().sum();
    let expected = total as f64 / cells.len() as f64;
    let squares = cells.iter().map(|&count| {
        let off = count as f64 - expected;
        off * off
    });
    let statistic = squares.sum::<f64>() / expected;
    let law = ChiSquared::new(cells.len() as f64 - 1.0).unwrap();
    let range = law.inverse_cdf(TAIL)..law.inverse_cdf(1.0 - TAIL);
    println!("{what}: chi-square {statistic:.1} in {range:.1?}");
    assert!(range.contains(&statistic), "{what}: {statistic} is not in {range:?}");
}

#[test]
fn draws_are_uniform_and_so_are_pairs_of_neighbours() {
    for (what, pair) in DIRECTIONS {
        let (mut high, mut low) = (vec![0; 1024], vec![0; 1024]);
        let mut pairs = vec![0; 32 * 32];
        for (x, y) in (0..N).map(pair) {
            high[(x >> 54) as usize] += 1;
            low[(x & 1023) as usize] += 1;
            pairs[(x >> 59) as usize * 32 + (y >> 59) as usize] += 1;
        }
        flat(&format!("{what}, highest bits"), &high);
        flat(&format!("{what}, lowest bits"), &low);
        flat(&format!("{what}, pairs"), &pairs);
    }
}

/// Each bit is set in half of the draws, and differs from its neighbour's in half of the pairs.
#[test]
fn every_bit_is_balanced_and_flips_half_the_time() {
    // 64 bits x 11 directions x 2 questions: 5 sigma leave one false alarm in a thousand.
    let limit = 5.0 * (N as f64).sqrt() / 2.0;
    for (what, pair) in DIRECTIONS {
        let (mut set, mut flips) = ([0_u64; 64], [0_u64; 64]);
        for (x, y) in (0..N).map(pair) {
            for bit in 0..64 {
                set[bit] += x >> bit & 1;
                flips[bit] += (x ^ y) >> bit & 1;
            }
        }
        for bit in 0..64 {
            for (question, count) in [("set", set[bit]), ("flips", flips[bit])] {
                let off = (count as f64 - N as f64 / 2.0).abs();
                assert!(off <= limit, "{what}: bit {bit} {question} {count} times of {N}");
            }
        }
    }
}

/// A stream has no correlation at any distance up to 100.
#[test]
fn there_is_no_serial_correlation() {
    let site = site(3);
    let attempts: Vec<u64> = (0..N).map(|i| site.bits(site.subject(0), i as u32, 0)).collect();
    let indices: Vec<u64> = (0..N).map(|i| site.bits(site.subject(0), 1, i as u32)).collect();
    let arrivals: Vec<u64> = (0..N).map(|i| site.bits(i, 0, 0)).collect();
    for (what, draws) in [("attempts", attempts), ("indices", indices), ("arrivals", arrivals)] {
        let mut largest: f64 = 0.0;
        for lag in 1..=100 {
            let pairs = draws.iter().zip(&draws[lag..]);
            let (r, n) = correlation(pairs.map(|(x, y)| (*x, *y)));
            largest = largest.max(r.abs() * n.sqrt());
        }
        println!("{what}: at most {largest:.2} / sqrt(n)");
        // The largest of 300: 4.5 sigma.
        assert!(largest < 4.5, "{what}: correlation {largest} / sqrt(n)");
    }
}

/// Replication r of seed s is not replication 0 of seed s + r.
#[test]
fn seeds_and_subjects_do_not_shift_into_each_other() {
    let draw = |seed, subject| {
        let site = Site::new(seed, "clients", "gap");
        site.bits(subject, 0, 0)
    };
    for seed in 0..100 {
        for shift in 1..100 {
            assert_ne!(draw(seed, shift), draw(seed + shift, 0));
            let (one, other) = (site(seed), site(seed + shift));
            assert_ne!(one.subject(shift), other.subject(0));
        }
    }
}

/// Splitmix64's published first outputs: state k x gamma, then this finaliser.
#[test]
fn the_mixer_is_that_of_splitmix64() {
    const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;
    let stream = |seed: u64, k: u64| mix(seed.wrapping_add(GAMMA.wrapping_mul(k)));
    let expected = [
        0xe220_a839_7b1d_cdaf,
        0x6e78_9e6a_a1b9_65f4,
        0x06c4_5d18_8009_454f,
        0xf88b_b8a8_724c_81ec,
    ];
    assert_eq!([1, 2, 3, 4].map(|k| stream(0, k)), expected);
    let expected = [
        6_457_827_717_110_365_317,
        3_203_168_211_198_807_973,
        9_817_491_932_198_370_423,
        4_593_380_528_125_082_431,
    ];
    assert_eq!([1, 2, 3, 4].map(|k| stream(1_234_567, k)), expected);
}

/// A changed value here changes the fingerprint of every run and needs a new model version.
#[test]
fn known_answers() {
    let site = Site::new(7, "downstream", "service time");
    let values = [
        key(""),
        key("downstream"),
        key("Zoë's cache, nº 2"),
        site.subject(0),
        site.subject(u64::MAX),
        site.bits(site.subject(17), 1, 0),
        site.bits(site.subject(17), 2, 0),
        site.bits(site.subject(17), 1, 1),
        Site::new(0, "", "").bits(0, 0, 0),
        Site::new(u64::MAX, "a", "b").bits(u64::MAX, u32::MAX, u32::MAX),
        site.unit(5, 0, 0).to_bits(),
    ];
    let values = values.map(|value| format!("{value:016x}"));
    assert_eq!(values, KNOWN);
}

const KNOWN: [&str; 11] = [
    "e220a8397b1dcdaf",
    "6a5e3f3bb01c6900",
    "683cc5701fd5d79e",
    "566845721e40c12f",
    "a0021dcf37a9a206",
    "efa246a8c5ae6e3d",
    "4d5d0d956c211624",
    "ed1bb7eb2a62cfab",
    "585c4fefda8580be",
    "e26ae2a680205d85",
    "3fee0169ffaf4639",
];
