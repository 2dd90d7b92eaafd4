//! Fresh processes: neither the process nor its environment affects a result.

use std::process::Command;

use super::everything;

const MARK: &str = "printed: ";

/// Prints one line per run; the tests below run this in fresh processes.
#[test]
fn printed_by_a_process() {
    for line in everything().lines() {
        println!("{MARK}{line}");
    }
}

/// The lines of a fresh process, after `change` of its environment.
fn child_lines(change: impl FnOnce(&mut Command)) -> Vec<String> {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "determinism::processes::printed_by_a_process", "--nocapture"]);
    change(&mut command);
    let output = command.output().expect("this binary runs");
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("text");
    let lines = text.lines().filter_map(|line| Some(line.split_once(MARK)?.1.to_owned()));
    let lines: Vec<String> = lines.collect();
    assert_eq!(lines.len(), 24, "the child prints a line per run: {text}");
    lines
}

/// Hash maps, addresses and thread ids differ from process to process; results do not.
#[test]
fn twenty_fresh_processes_agree() {
    let own: Vec<String> = everything().lines().map(str::to_owned).collect();
    for _ in 0..20 {
        assert_eq!(child_lines(|_| {}), own);
    }
}

#[test]
fn surroundings_do_not_matter() {
    let own = child_lines(|_| {});
    assert_eq!(child_lines(|child| _ = child.env_clear()), own, "no environment");
    let elsewhere = tempfile::tempdir().unwrap();
    assert_eq!(child_lines(|child| _ = child.current_dir(&elsewhere)), own, "another directory");
    for locale in ["C", "tr_TR.UTF-8", "de_DE.UTF-8", "ar_SA.UTF-8"] {
        let set = |child: &mut Command| {
            child.env("LC_ALL", locale).env("LANG", locale).env("TZ", "Pacific/Chatham");
        };
        assert_eq!(child_lines(set), own, "{locale}");
    }
    let rich = |child: &mut Command| {
        let all = [("HOME", "/nowhere"), ("COLUMNS", "20"), ("RUST_LOG", "trace"), ("SEED", "1")];
        child.envs(all).env("MALLOC_PERTURB_", "165").env("TERM", "dumb");
    };
    assert_eq!(child_lines(rich), own, "a rich environment");
    let cpu = "glibc.cpu.hwcaps=-FMA,-FMA4,-AVX2,-AVX2_Usable,-FMA_Usable";
    assert_eq!(
        child_lines(|child| _ = child.env("GLIBC_TUNABLES", cpu)),
        own,
        "another CPU's maths"
    );
}
