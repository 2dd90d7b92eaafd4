//! `dessim run --svg`: a directory of figures of one run, refused before the run or complete.

use super::*;

const NAMES: [&str; 7] = [
    "overview-plain.svg",
    "overview-retry.svg",
    "quantiles.svg",
    "timeline-plain.svg",
    "timeline-retry.svg",
    "topology-plain.svg",
    "topology-retry.svg",
];

#[test]
fn figures_are_written_and_the_page_stays_the_same() {
    let place = Place::new();
    let page = place.dessim("run small.ron").fine();
    assert_eq!(place.dessim("run small.ron --svg figures").fine(), page);
    assert_eq!(place.names("figures"), NAMES);
    assert_eq!(place.names("."), ["figures", "small.ron"], "nothing temporary is left");
    place.dessim("run small.ron --svg again").fine();
    for name in NAMES {
        let text = place.read(&format!("figures/{name}"));
        assert!(text.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" "), "{name}: {text}");
        assert!(text.ends_with("</svg>\n"), "{name}");
        assert_eq!(text, place.read(&format!("again/{name}")));
    }
    // Runs from standard input and with another seed have figures too.
    place.dessim_with_input("run - --svg in --seed 4", SMALL).fine();
    assert_ne!(place.read("in/quantiles.svg"), place.read("again/quantiles.svg"));
}

#[test]
fn a_directory_that_holds_something_is_kept() {
    let place = Place::new();
    place.write("figures/topology-gone.svg", "of an earlier run");
    place.write("figures/logo.svg", "a logo");
    place.write("figures/sub/timeline-x.svg", "elsewhere");
    let messages = ["the directory figures is not empty", "--overwrite"];
    let ran = place.dessim("run small.ron --svg figures").ends(1, &messages);
    assert_eq!(ran.out, "", "it is told before the run");
    assert_eq!(place.names("figures"), ["logo.svg", "sub", "topology-gone.svg"]);
    place.dessim("run small.ron --svg figures --overwrite").fine();
    let mut names = NAMES.map(str::to_owned).to_vec();
    names.extend(["logo.svg".to_owned(), "sub".to_owned()]);
    names.sort();
    assert_eq!(place.names("figures"), names, "of one run alone, beside what is no figure");
    assert_eq!(place.read("figures/logo.svg"), "a logo");
    assert_eq!(place.names("figures/sub"), ["timeline-x.svg"]);
    place.write("empty/x", "");
    std::fs::remove_file(place.path("empty/x")).expect("it is ours");
    place.dessim("run small.ron --svg empty").fine();
    assert_eq!(place.names("empty"), NAMES);
}

#[test]
fn what_cannot_be_written_is_refused_before_the_run() {
    let place = Place::new();
    place.write("file", "");
    for (args, exit, message) in [
        ("--svg no/figures", 1, "cannot write no/figures: the directory no does not exist"),
        ("--svg small.ron", 1, "cannot write small.ron: it is a file, not a directory"),
        ("--svg file/figures", 1, "cannot write file/figures: Not a directory"),
        ("--overwrite", 2, "--svg"),
        ("--svg f --seeds 1..3", 2, "--svg takes one run, and --seeds gives several"),
    ] {
        let ran = place.dessim(&format!("run small.ron {args}")).ends(exit, &[message]);
        assert_eq!(ran.out, "");
    }
    assert_eq!(place.names("."), ["file", "small.ron"]);
    // An invalid scenario leaves no files either.
    place.dessim("run file --svg figures").ends(3, &[]);
    assert_eq!(place.names("."), ["file", "small.ron"]);
}

#[test]
#[cfg(unix)]
fn links_are_followed_and_never_replaced() {
    let place = Place::new();
    let link = |to: &str, name: &str| {
        std::os::unix::fs::symlink(to, place.path(name)).expect("links can be made");
    };
    std::fs::create_dir(place.path("real")).expect("it is ours");
    link("real", "to-directory");
    link("nowhere", "to-nothing");
    link("loop", "loop");
    place.dessim("run small.ron --svg to-directory").fine();
    assert!(place.path("to-directory").is_symlink());
    assert_eq!(place.names("real"), NAMES);
    let ran = place.dessim("run small.ron --svg to-nothing");
    ran.ends(1, &["to-nothing: it is a link that leads nowhere"]);
    place.dessim("run small.ron --svg loop").ends(1, &["cannot write loop"]);
}

#[test]
#[cfg(unix)]
fn a_full_disk_leaves_nothing() {
    let place = Place::new();
    let ran = place.shell("ulimit -f 8; trap '' XFSZ; $D run small.ron --svg figures");
    ran.ends(1, &["File too large"]);
    assert_eq!(place.names("."), ["small.ron"]);
}

#[test]
fn hostile_arms_have_files_of_their_own_in_the_directory() {
    let place = Place::new();
    let arms = ["../up", "..", "a", "A", "con", "</text><b>", "🦀", "🦞", "x=\\\"1,2\\\""];
    let arm = |name: &&str| format!("\"{name}\": Arm(calls: {{ \"users\": Call(to: \"db\") }}),");
    let arms: Vec<String> = arms.iter().map(arm).collect();
    let text = format!(
        "Scenario(schema: 1, load: {{ \"users\": Load(arrivals: Constant(rate: \"100/s\"), total: \
         5) }}, services: {{ \"db\": Service(time: Constant(\"1ms\")) }}, arms: {{ {} }})",
        arms.join(" ")
    );
    place.write("hostile.ron", &text);
    place.dessim("run hostile.ron --svg figures").fine();
    let names = place.names("figures");
    assert_eq!(names.len(), 9 * 3 + 1, "{names:?}");
    assert_eq!(place.names("."), ["figures", "hostile.ron", "small.ron"]);
    let mut folded: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
    folded.dedup();
    assert_eq!(folded, names);
    for name in names {
        let text = place.read(&format!("figures/{name}"));
        assert!(roxmltree::Document::parse(&text).is_ok(), "{name}");
        assert!(!text.contains("<b>"), "{name}");
    }
}
