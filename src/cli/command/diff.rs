//! `dessim diff`: two runs side by side, and the first event in which they differ.

mod side;

use std::path::{Path, PathBuf};

use clap::Args;
use dessim::experiment::diff::{Compared, compare_runs};
use dessim::experiment::diverge::ReplayError;
use dessim::report::diff::html::html;
use dessim::report::diff::text::text;
use dessim::scenario::problem::printable;

use crate::cli::args::{Quiet, TextOrJson};
use crate::cli::exit::Exit;
use crate::cli::files::target::Target;
use crate::cli::terminal::ui::{Failure, Ui, shown};
use side::Input;

const DIFF_EXAMPLES: &str = "\
Examples:
  dessim diff before.ron after.ron
  dessim diff burst.ron --set rpc.clients.bulkhead.permits=80
  dessim diff burst.ron --arms rpc,event-driven --html burst.html
  dessim diff burst.ron run-of-last-week.json
  dessim diff burst.ron trace-of-last-release.jsonl";

#[derive(Debug, Args)]
#[command(after_long_help = DIFF_EXAMPLES)]
pub(crate) struct Diff {
    /// A scenario, a result saved with --export-json, or a trace
    pub a: PathBuf,
    /// The other one [default: A, changed by --set]
    pub b: Option<PathBuf>,
    /// Replace a value of B, or of A where it stands for B; may be repeated
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// Compare arm X of A with arm Y of B, or of A
    #[arg(long, value_name = "X,Y")]
    pub arms: Option<String>,
    /// Run scenarios and results with this seed instead of their own
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub seed: Option<u64>,
    /// What to print [default: text]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<TextOrJson>,
    /// Write the comparison as a page with charts; `-` is standard output
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Shorten no list
    #[arg(long)]
    pub all: bool,
    #[command(flatten)]
    pub quiet: Quiet,
}

pub(super) fn diff(args: &Diff) -> Result<Exit, Failure> {
    let path_b = args.b.as_deref().unwrap_or(&args.a);
    if args.b.is_none() && args.set.is_empty() && args.arms.is_none() {
        let message = format!("there is nothing to compare {} with", shown(&args.a));
        let hint = "give another file, --set PATH=VALUE to compare it with itself changed, or \
                    --arms X,Y to compare two of its arms";
        return Err(Failure::usage(message, hint));
    }
    let page = args.html.as_deref().map(|html| page(html, args)).transpose()?;
    let mut a = Input::open(&args.a, &[], args)?;
    let mut b = Input::open(path_b, &args.set, args)?;
    let (arm_a, arm_b) = match &args.arms {
        None => (None, None),
        Some(text) => {
            let alone = args.b.is_none() && args.set.is_empty();
            let (arm_a, arm_b) = arms(text, &a.arms(), &b.arms(), alone)?;
            (Some(arm_a), Some(arm_b))
        }
    };
    let compared = compare_runs(a.subject(arm_a), b.subject(arm_b));
    let compared = compared.map_err(|error| broken([&args.a, path_b], &error))?;
    a.verify(compared.a.as_ref())?;
    b.verify(compared.b.as_ref())?;
    show(args, page.as_ref(), &compared)?;
    Ok(match compared.diff.differs {
        true => Exit::Difference,
        false => Exit::Done,
    })
}

fn show(args: &Diff, page: Option<&Target>, compared: &Compared) -> Result<(), Failure> {
    let Compared { diff, .. } = compared;
    if let Some(target) = page {
        target.write(&html(diff, &compared.series()))?;
        if target.is_stdout() {
            return Ok(());
        }
    }
    Ui::print_raw(&match args.format.unwrap_or(TextOrJson::Text) {
        TextOrJson::Text => text(diff, args.all),
        TextOrJson::Json => diff.to_json(),
    })
}

/// The target of `--html`.
fn page(html: &Path, args: &Diff) -> Result<Target, Failure> {
    let target = Target::new("--html", html)?;
    if target.is_stdout() && args.format.is_some() {
        let message = "--format and --html both go to standard output";
        return Err(Failure::usage(message, "give the page a file"));
    }
    Ok(target)
}

/// The arm of each side in `text`: `X,Y`, or `X` for both sides. A name may hold commas, so the
/// separator may be any of them.
fn arms(
    text: &str,
    in_a: &[String],
    in_b: &[String],
    alone: bool,
) -> Result<(String, String), Failure> {
    let has = |arms: &[String], name: &str| arms.iter().any(|arm| arm == name);
    let splits = text.match_indices(',').map(|(at, _)| (text[..at].trim(), text[at + 1..].trim()));
    let whole = (!alone).then_some((text.trim(), text.trim()));
    let pairs: Vec<_> = splits.chain(whole).filter(|(a, b)| has(in_a, a) && has(in_b, b)).collect();
    match pairs.as_slice() {
        [(a, b)] => Ok(((*a).to_owned(), (*b).to_owned())),
        [] => {
            let list = |arms: &[String]| {
                arms.iter().map(|arm| printable(arm)).collect::<Vec<_>>().join(", ")
            };
            let hint = match in_a == in_b {
                true => format!("the arms are {}", list(in_a)),
                false => format!("the arms of a are {}, those of b {}", list(in_a), list(in_b)),
            };
            let message = format!("--arms {} does not name two arms", printable(text));
            Err(Failure::usage(message, hint))
        }
        _ => {
            let message = format!("--arms {} can be read in several ways", printable(text));
            Err(Failure::usage(message, "a comma in the name of an arm is in the way: rename it"))
        }
    }
}

fn broken([a, b]: [&Path; 2], error: &ReplayError) -> Failure {
    let message = format!("cannot compare {} and {}: {error}", shown(a), shown(b));
    match error {
        ReplayError::Read(_) => Failure::Message(Exit::Trouble, message, None),
        _ => Failure::invalid(message),
    }
}
