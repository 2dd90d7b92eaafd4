//! The output of the command, byte for byte.

use std::path::Path;
use std::process::Command;

use super::{CROWD, wide};

/// Standard output of `dessim run` on a file of this text, after `change`.
fn output(folder: &Path, text: &str, args: &[&str], change: impl FnOnce(&mut Command)) -> Vec<u8> {
    std::fs::write(folder.join("scenario.ron"), text).expect("a folder of our own");
    let mut command = Command::new(env!("CARGO_BIN_EXE_dessim"));
    command.arg("run").arg(folder.join("scenario.ron"));
    command.args(["--format", "json"]).args(args);
    change(&mut command);
    let output = command.output().expect("the command runs");
    assert!(output.status.success(), "{output:?}");
    output.stdout
}

#[test]
fn the_command_prints_the_same_bytes_every_time() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, wide) = (folder.path(), wide());
    for text in [wide.as_str(), CROWD] {
        let expected = output(folder, text, &["--seed", "7"], |_| {});
        assert!(expected.starts_with(b"{"));
        // Two equal orders of 200 names by random hashes are next to impossible, so a few processes
        // show as much as a hundred.
        for _ in 0..2 {
            assert_eq!(output(folder, text, &["--seed", "7"], |_| {}), expected);
        }
        let keyed = ["--seed", "7", "--calendar", "keyed"];
        assert_eq!(output(folder, text, &keyed, |_| {}), expected, "the other calendar");
        let bare = |child: &mut Command| _ = child.env_clear();
        assert_eq!(output(folder, text, &["--seed", "7"], bare), expected, "no environment");
        let moved = |child: &mut Command| _ = child.current_dir("/");
        assert_eq!(output(folder, text, &["--seed", "7"], moved), expected, "another directory");
        for locale in ["C", "tr_TR.UTF-8", "de_DE.UTF-8"] {
            let set = |child: &mut Command| _ = child.env("LC_ALL", locale);
            assert_eq!(output(folder, text, &["--seed", "7"], set), expected, "{locale}");
        }
        let quiet = ["--seed", "7", "--quiet"];
        assert_eq!(output(folder, text, &quiet, |_| {}), expected, "--quiet");
        let trace = folder.join("trace.jsonl");
        let traced = ["--seed", "7", "--trace", trace.to_str().unwrap()];
        assert_eq!(output(folder, text, &traced, |_| {}), expected, "--trace");
    }
}

/// The smallest and the largest seed work like any other.
#[test]
fn the_command_takes_every_seed() {
    let folder = tempfile::tempdir().unwrap();
    let wide = wide();
    let run = |seed: &str| output(folder.path(), &wide, &["--seed", seed], |_| {});
    let (least, most) = (run("0"), run("18446744073709551615"));
    assert_ne!(least, most);
    assert_eq!(run("0"), least);
}
