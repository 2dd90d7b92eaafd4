//! Output beside the result: plots and progress.

use super::*;

#[test]
fn plots_follow_the_page_where_they_are_wanted() {
    let place = Place::new();
    let page = place.dessim("run small.ron").fine().out;
    assert_eq!(place.dessim("run small.ron --plot=auto").fine().out, page, "no terminal here");
    assert_eq!(place.dessim("run small.ron --plot=never").fine().out, page);
    let plotted = place.dessim("run small.ron --plot").fine().out;
    assert_eq!(place.dessim("run --plot=always small.ron").fine().out, plotted);
    assert_eq!(place.dessim("run --plot small.ron").fine().out, plotted);
    let plots = plotted.strip_prefix(&page).expect("the page comes first, unchanged");
    assert!(plots.starts_with("\nover time, 0 s to "), "{plots}");
    for words in ["\nplain\n  goodput ", "\nretry\n", "  db, slots taken ", "max 1 of 1\n"] {
        assert!(plots.contains(words), "no {words:?} in {plots}");
    }
    assert!(plotted.lines().all(|line| line.chars().count() <= 96), "{plotted}");
    let mut wide = place.command("run small.ron --plot");
    wide.env("COLUMNS", "300");
    assert_eq!(Ran::of(wide.output().expect("it starts")).fine().out, plotted);
}

#[test]
fn plots_without_a_page_are_refused() {
    let place = Place::new();
    for args in ["--seeds 1..3", "--format json", "--export-json -"] {
        let ran = place.dessim(&format!("run small.ron --plot {args}"));
        ran.ends(2, &["--plot goes with the page of one run"]);
        place.dessim(&format!("run small.ron --plot=never {args}")).fine();
    }
    place.dessim("run small.ron --plot=often").ends(2, &["always"]);
}

/// A run long enough for several lines of progress.
const LONG: &str = "run small.ron --set load.users.total=400000";

#[test]
fn progress_is_told_and_touches_nothing_else() {
    let place = Place::new();
    let plain = place.dessim(LONG).fine();
    let shown = place.dessim(&format!("{LONG} --progress always")).ends(0, &["progress: "]);
    assert_eq!(shown.out, plain.out);
    let mut before = 0;
    for line in shown.err.lines() {
        let rest = line.strip_prefix("progress: ").expect("nothing else is told");
        let (done, rest) = rest.split_once(" %, at ").expect("how much is done");
        let done: u32 = done.parse().expect("a number");
        assert!((before..=100).contains(&done), "{}", shown.err);
        before = done;
        assert!(rest.contains(" of virtual time, ") && rest.contains(" events/s"), "{line}");
    }
    // At most one line a second.
    assert!(shown.err.lines().count() < 60, "{}", shown.err);
    for quiet in ["--progress never", "--progress auto", "--progress always -q"] {
        assert_eq!(place.dessim(&format!("{LONG} {quiet}")).fine().out, plain.out);
    }
    let trace = format!("{LONG} --progress always --trace /dev/null");
    assert_eq!(place.dessim(&trace).ends(0, &["progress: "]).out, plain.out);
}

#[test]
fn progress_of_several_runs_says_how_many_are_done() {
    let place = Place::new();
    let runs = "run small.ron --seeds 1..20 --format jsonl";
    let plain = place.dessim(runs).fine();
    let shown = place.dessim(&format!("{runs} --progress always"));
    let shown = shown.ends(0, &["progress: 5 %, 1 of 20 runs done, "]);
    assert_eq!(shown.out, plain.out);
}
