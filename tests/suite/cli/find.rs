//! Searches: thresholds, capacities, best settings, rare runs, smallest scenarios; against numbers
//! that are known.

use serde_json::Value;

use super::{Place, Ran};

/// 8 Erlang on a service without a line.
const LOSS: &str = r#"Scenario(
    schema: 1,
    load: { "users": Load(arrivals: Poisson(rate: "8/s"), total: 20000) },
    services: { "db": Service(time: Exponential(mean: "1s"), slots: 10, queue: 0) },
    calls: { "users": Call(to: "db") },
)
"#;

const MM1: &str = r#"Scenario(
    schema: 1,
    duration: "5s",
    load: { "users": Load(arrivals: Poisson(rate: "10/s")) },
    services: { "db": Service(time: Exponential(mean: "50ms"), slots: 1) },
    calls: { "users": Call(to: "db") },
)
"#;

/// Ten slots for 100 a second, offered 60, that freeze for a while.
const FREEZE: &str = r#"Scenario(
    schema: 1,
    duration: "90s",
    load: { "clients": Load(arrivals: Poisson(rate: "60/s")) },
    services: { "db": Service(time: Exponential(mean: "100ms"), slots: 10) },
    faults: { "freeze": Fault(service: "db", from: "20s", until: "21s", effect: Frozen) },
    arms: {
        "plain": Arm(calls: { "clients": Call(to: "db", policy: [Timeout("500ms")]) }),
        "retries": Arm(calls: {
            "clients": Call(to: "db", policy: [Retry(max_retries: 2), Timeout("500ms")]),
        }),
    },
)
"#;

fn place() -> Place {
    let place = Place::new();
    place.write("loss.ron", LOSS);
    place.write("mm1.ron", MM1);
    place.write("freeze.ron", FREEZE);
    place
}

/// Runs a line of arguments in which single quotes hold spaces together.
fn run(place: &Place, line: &str) -> Ran {
    let mut command = place.command("");
    for (at, part) in line.split('\'').enumerate() {
        match at % 2 {
            0 => command.args(part.split_whitespace()),
            _ => command.arg(part),
        };
    }
    Ran::of(command.output().expect("it starts"))
}

fn data(place: &Place, line: &str) -> Value {
    let ran = run(place, &format!("{line} --format json --quiet")).fine();
    serde_json::from_str(&ran.out).expect("it is JSON")
}

/// Erlang's loss formula by its recursion: 1.72 % with 14 slots, 0.91 % with 15.
fn erlang_b(load: f64, slots: u32) -> f64 {
    (1..=slots).fold(1.0, |blocked, n| load * blocked / (f64::from(n) + load * blocked))
}

#[test]
fn the_fewest_slots_are_those_of_erlang() {
    assert!(erlang_b(8.0, 14) > 0.01 && erlang_b(8.0, 15) < 0.01);
    let place = place();
    let line = "find loss.ron services.db.slots --from 1 --to 40 \
                --expect 'p(requests.shed / requests.offered < 1%) > 50%'";
    let told = run(&place, line).fine().out;
    assert!(told.contains("the smallest value at which it holds lies between 15 and 14"), "{told}");
    assert!(told.contains("shown to hold from 16, shown to fail up to 14"), "{told}");
    for jobs in [1, 3] {
        assert_eq!(run(&place, &format!("{line} --jobs {jobs}")).fine().out, told);
    }
}

#[test]
fn the_cheapest_setting_is_that_of_erlang() {
    let place = place();
    let line = "find loss.ron --minimize cost --cost services.db.slots=1 \
                --knob services.db.slots=1..40 \
                --subject-to 'main.requests.shed / main.requests.offered < 1%'";
    let told = run(&place, line).fine().out;
    assert!(told.contains("--set services.db.slots=15\n"), "{told}");
}

/// The validation's S-curve of collapses over the length of a freeze: 0.5 %, 24 %, 89 %, 100 %, by
/// an independent program. 100 seeds; four standard errors of both.
#[test]
fn collapses_follow_the_published_curve() {
    let place = place();
    for (until, published) in [("20.3", 0.005), ("20.5", 0.24), ("20.7", 0.89), ("21", 1.0)] {
        let line = format!(
            "hunt freeze.ron --for 'retries collapses' --seeds 1..100 \
             --set faults.freeze.until={until}s"
        );
        let found = data(&place, &line);
        let ratio = found["proportion"]["ratio"].as_f64().expect("a ratio");
        let spread = f64::max(published * (1.0 - published), 0.005_f64) * 2.0 / 100.0;
        assert!((ratio - published).abs() <= 4.0 * spread.sqrt(), "{until}: {ratio}");
    }
    let found = data(&place, "hunt freeze.ron --for 'plain collapses' --seeds 1..50");
    assert_eq!(found["proportion"]["hits"], 0);
}

/// The cliff lies where half of the seeds fall: between 500 and 700 ms.
#[test]
fn the_longest_freeze_is_found() {
    let place = place();
    let line = "find freeze.ron faults.freeze.until --from 20.1s --to 21s \
                --expect 'p(not retries collapses) > 50%' --seeds 1..60 --precision 5%";
    let told = run(&place, line).fine().out;
    let lies = told.lines().find(|line| line.contains("lies between")).expect("it is told");
    let seconds: Vec<f64> =
        lies.split_whitespace().filter_map(|word| word.strip_suffix('s')?.parse().ok()).collect();
    assert!(seconds.len() == 2 && seconds[0] >= 20.5 && seconds[1] <= 20.7, "{told}");
}

/// The present load of 60 a second is above what two retries leave of 100, about a third.
#[test]
fn capacities_have_their_three_ranges() {
    let place = place();
    let line = "find freeze.ron --capacity --seeds 1..12 --precision 10%";
    let told = run(&place, line).fine().out;
    let (plain, retries) = told.split_once("arm retries").expect("two arms");
    assert!(plain.contains("present     stable"), "{told}");
    assert!(retries.contains("present     already inside the vulnerable range"), "{told}");
    let named = run(&place, &format!("{line} --arm nobody")).ends(2, &["nobody"]);
    assert!(named.out.is_empty());
}

/// The probability that M/M/1 has `most` in the system within `horizon`, by uniformisation of the
/// chain that is absorbed there.
fn reached(arrive: f64, serve: f64, most: usize, horizon: f64) -> f64 {
    let steps = arrive + serve;
    let mut at = vec![0.0; most + 1];
    at[0] = 1.0;
    let mut weight = dessim::kernel::fpmath::exp(-steps * horizon);
    let (mut total, mut n) = (0.0, 0.0);
    while n < 10.0 * steps * horizon {
        total += weight * at[most];
        n += 1.0;
        weight *= steps * horizon / n;
        let mut next = vec![0.0; most + 1];
        next[most] = at[most];
        for (here, p) in at.iter().enumerate().take(most) {
            next[here + 1] += p * arrive / steps;
            next[here.saturating_sub(1)] += p * serve / steps;
        }
        at = next;
    }
    total
}

#[test]
fn splitting_estimates_what_brute_force_would_never_see() {
    let exact = reached(10.0, 20.0, 24, 5.0);
    assert!((1e-7..1e-5).contains(&exact), "{exact}");
    let place = place();
    let found = data(&place, "hunt mm1.ron --for 'db.in_flight_max >= 24' --split=db");
    let split = &found["split"];
    let number = |value: &Value| value.as_f64().expect("a number");
    let (from, to) = (number(&split["interval"][0]), number(&split["interval"][1]));
    let probability = number(&split["probability"]);
    // Half of a 95 % interval of 20 repetitions is 2.09 standard errors.
    let error = (to - from) / 2.0 / 2.09;
    assert!((probability - exact).abs() < 4.0 * error, "{probability} is not {exact}: {error}");
    assert!(error < 0.25 * exact, "{error}");
    // Where brute force sees it, both agree.
    let often = reached(10.0, 20.0, 8, 5.0);
    let brute = data(&place, "hunt mm1.ron --for 'db.in_flight_max >= 8' --seeds 1..4000");
    let ratio = number(&brute["proportion"]["ratio"]);
    assert!((ratio - often).abs() < 4.0 * (often * (1.0 - often) / 4000.0).sqrt(), "{ratio}");
    let split = data(&place, "hunt mm1.ron --for 'db.in_flight_max >= 8' --split=db");
    let estimate = number(&split["split"]["probability"]);
    assert!((estimate - often).abs() < 0.15 * often, "{estimate} is not {often}");
}

#[test]
fn the_first_seed_is_found_whatever_the_threads() {
    let place = place();
    let line = "hunt freeze.ron --for 'retries collapses' --set faults.freeze.until=20.4s --first";
    let told = run(&place, line).fine().out;
    for jobs in [1, 3] {
        assert_eq!(run(&place, &format!("{line} --jobs {jobs}")).fine().out, told);
    }
    assert!(
        told.contains("dessim run freeze.ron --set faults.freeze.until=20.4s --seed 12"),
        "{told}"
    );
    let rare = run(&place, "hunt freeze.ron --for 'plain collapses' --seeds 1..20");
    let rare = rare.ends(0, &["more --seeds may find it"]);
    assert!(rare.out.contains("found  nothing"), "{}", rare.out);
}

#[test]
fn what_is_shrunk_still_shows_it_and_is_pinned() {
    let place = place();
    let line = "shrink freeze.ron --for 'retries collapses' -o small-freeze.ron";
    let told = run(&place, line).fine();
    assert!(told.err.is_empty(), "{}", told.err);
    let text = place.read("small-freeze.ron");
    assert!(text.len() < FREEZE.len() / 2 + 200 && !text.contains("plain"), "{text}");
    assert!(text.contains("expect: [\"collapses\"]"), "{text}");
    let again = run(&place, "hunt small-freeze.ron --for collapses --seeds 1..1").fine().out;
    assert!(again.contains("seed 1"), "{again}");
    // Its snapshot and its sentence hold.
    let held = run(&place, "test small-freeze.ron").fine().out;
    assert!(held.contains("1 as before") && held.contains("1 holds"), "{held}");
    let kept = place.read("small-freeze.ron");
    run(&place, line).fine();
    assert_eq!(place.read("small-freeze.ron"), kept);
    // What does not happen cannot be shrunk.
    run(&place, "shrink freeze.ron --for 'plain collapses'").ends(4, &["plain"]);
}

#[test]
fn searches_that_make_no_sense_are_refused() {
    let place = place();
    let slots = "services.db.slots";
    for (line, exit, told) in [
        ("find loss.ron services.db.slot --from 1 --to 2 --expect 'amplification < 2'", 2, "slot"),
        ("find loss.ron services.db.time --from 1 --to 2 --expect 'amplification < 2'", 2, "time"),
        (&format!("find loss.ron {slots} --from 9 --to 2 --expect 'amplification < 2'"), 2, "9"),
        (&format!("find loss.ron {slots} --from 1 --expect 'amplification < 2'"), 2, "--to"),
        (&format!("find loss.ron {slots} --from 1 --to 2 --expect 'ampl < 2'"), 2, "ampl"),
        (&format!("find loss.ron {slots} --from 1 --to 2"), 2, "expect"),
        ("find loss.ron", 2, ""),
        ("find loss.ron --minimize cost", 2, "--knob"),
        ("hunt loss.ron", 2, "expect"),
        ("hunt loss.ron --for 'nobody collapses'", 2, "nobody"),
        ("hunt loss.ron --for collapses --seeds 9..1", 2, "1..9"),
        ("hunt mm1.ron --for 'requests.shed > 0' --split=nobody", 2, "nobody"),
        ("shrink loss.ron --for 'requests.shet > 0'", 2, "requests.shed"),
        ("find nothing.ron --capacity", 1, "nothing.ron"),
    ] {
        let ran = run(&place, line).ends(exit, &[told]);
        assert!(ran.out.is_empty(), "{line}: {}", ran.out);
    }
}
