//! Which systems are compared: files, one file changed in several ways, or arms.

use dessim::ScenarioFile;
use dessim::experiment::compare::{Entry, Field, METRICS, Plan};
use dessim::experiment::prepared::Prepared;
use dessim::scenario::arms::arms;
use dessim::scenario::problem::printable;

use super::Compare;
use crate::cli::files::input;
use crate::cli::files::input::feasible;
use crate::cli::files::places::is_dash;
use crate::cli::terminal::ui::{Failure, shown};

/// Most systems of one comparison: the pairs grow with their square.
const MOST: usize = 100;

/// The scenarios of a comparison, each with the name it has in the result.
pub(super) struct Systems {
    pub(super) files: Vec<ScenarioFile>,
    names: Vec<String>,
}

impl Systems {
    /// Reads every file, and the first one again for each `--with`.
    pub(super) fn open(args: &Compare) -> Result<Self, Failure> {
        let base = &args.files[0];
        let several = args.files.len() + args.with.len() > 1;
        let mut systems = Self { files: Vec::new(), names: Vec::new() };
        systems.add(args, 0, &[], shown(base))?;
        for at in 1..args.files.len() {
            let name = named(&shown(&args.files[at]), &args.set);
            systems.add(args, at, &args.set, name)?;
        }
        for with in &args.with {
            let (name, changes) = variant(with)?;
            let set = [args.set.clone(), changes].concat();
            let name = name.unwrap_or_else(|| named(&shown(base), &set));
            systems.add(args, 0, &set, name)?;
        }
        if !several && !args.set.is_empty() {
            systems.add(args, 0, &args.set, named(&shown(base), &args.set))?;
        }
        Ok(systems)
    }

    fn add(
        &mut self,
        args: &Compare,
        at: usize,
        set: &[String],
        name: String,
    ) -> Result<(), Failure> {
        let path = &args.files[at];
        if is_dash(path) && (at > 0 || args.files.len() + args.with.len() + args.set.len() > 1) {
            let message = "standard input can be read once, and not be compared with itself";
            return Err(Failure::usage(message, "give it as a file"));
        }
        let file = input::scenario(path, set)?;
        feasible(&file, false)?;
        self.files.push(file);
        self.names.push(name);
        Ok(())
    }

    /// Pairs up the systems: across files, or across the arms of one file.
    pub(super) fn plan(&self, args: &Compare) -> Result<Plan<'_>, Failure> {
        let arms: Vec<Vec<String>> =
            self.files.iter().map(|file| arms(&file.scenario).into_keys().collect()).collect();
        let fields = match (&args.arms, self.files.len()) {
            (None, 1) => vec![of_arms(&arms[0], &args.files[0].to_string_lossy())?],
            (Some(text), 1) => vec![arms_of_one(text, &arms[0])?],
            (None, _) => self.in_common(&arms)?,
            (Some(text), _) => vec![self.one_of_each(text, &arms)?],
        };
        if fields.iter().any(|field| field.entries.len() > MOST) {
            let message = format!("more than {MOST} systems cannot be compared with each other");
            return Err(Failure::usage(message, "compare the likely ones"));
        }
        let metrics = match args.metric.as_slice() {
            [] => METRICS.map(str::to_owned).to_vec(),
            metrics => metrics.to_vec(),
        };
        let scenarios = self.files.iter().map(|file| Prepared::new(&file.scenario, &file.name));
        let scenarios = scenarios.collect();
        Ok(Plan { scenarios, fields, metrics })
    }

    /// A field for each arm that all scenarios share; failing that, one field of their only arms.
    fn in_common(&self, arms: &[Vec<String>]) -> Result<Vec<Field>, Failure> {
        let common: Vec<&String> =
            arms[0].iter().filter(|arm| arms.iter().all(|of| of.contains(arm))).collect();
        let field = |name: Option<String>, arm: &dyn Fn(usize) -> String| Field {
            name,
            entries: (0..arms.len())
                .map(|at| Entry { name: self.names[at].clone(), scenario: at, arm: arm(at) })
                .collect(),
        };
        if common.is_empty() && arms.iter().all(|arms| arms.len() == 1) {
            return Ok(vec![field(None, &|at| arms[at][0].clone())]);
        }
        if common.is_empty() {
            let message = "the scenarios have no arm of the same name";
            return Err(Failure::usage(message, "say which are compared with --arms X,Y"));
        }
        let several = common.len() > 1;
        let name = |arm: &String| several.then(|| arm.clone());
        Ok(common.iter().map(|arm| field(name(arm), &|_| (*arm).clone())).collect())
    }

    /// One field with an arm of each scenario: `X` in all of them, or one name for each.
    fn one_of_each(&self, text: &str, arms: &[Vec<String>]) -> Result<Field, Failure> {
        let count = arms.len();
        let fits = |names: &[&str]| {
            let name = |at: usize| if names.len() == 1 { names[0] } else { names[at] };
            let counted = names.len() == 1 || names.len() == count;
            counted && (0..count).all(|at| arms[at].iter().any(|arm| arm == name(at)))
        };
        let names = only_reading(text, &fits, || {
            let each = arms.iter().map(|arms| list(arms)).collect::<Vec<_>>().join("; ");
            format!("give one arm that all have, or one for each; theirs are {each}")
        })?;
        let arm = |at: usize| if names.len() == 1 { &names[0] } else { &names[at] };
        let entry =
            |at: usize| Entry { name: self.names[at].clone(), scenario: at, arm: arm(at).clone() };
        Ok(Field { name: None, entries: (0..count).map(entry).collect() })
    }
}

/// One field in which all arms of one scenario compete.
fn of_arms(arms: &[String], file: &str) -> Result<Field, Failure> {
    if arms.len() < 2 {
        let message = format!("there is nothing to compare {} with", printable(file));
        let hint = "give another file, --set PATH=VALUE to compare it with itself changed, or \
                    --with 'PATH=VALUE' once for each change";
        return Err(Failure::usage(message, hint));
    }
    Ok(entries_of_one(arms))
}

fn entries_of_one(arms: &[String]) -> Field {
    let entry = |arm: &String| Entry { name: arm.clone(), scenario: 0, arm: arm.clone() };
    Field { name: None, entries: arms.iter().map(entry).collect() }
}

/// One field in which the arms listed in `text` compete, at least two.
fn arms_of_one(text: &str, arms: &[String]) -> Result<Field, Failure> {
    let fits = |names: &[&str]| {
        let known = |name: &&str| arms.iter().any(|arm| arm == name);
        names.len() > 1 && names.iter().all(known)
    };
    let names = only_reading(text, &fits, || {
        format!("give two arms or more, with commas in between; the arms are {}", list(arms))
    })?;
    Ok(entries_of_one(&names))
}

fn list(arms: &[String]) -> String {
    arms.iter().map(|arm| printable(arm)).collect::<Vec<_>>().join(", ")
}

/// Splits `text` into names. A name may hold commas itself, so exactly one split must give names
/// of arms throughout.
fn only_reading(
    text: &str,
    fits: &dyn Fn(&[&str]) -> bool,
    hint: impl Fn() -> String,
) -> Result<Vec<String>, Failure> {
    let commas: Vec<usize> = text.match_indices(',').map(|(at, _)| at).collect();
    // Each comma separates names or belongs to one; beyond 12 commas all of them separate.
    let readings = if commas.len() <= 12 { 1_u32 << commas.len() } else { 1 };
    let mut fitting: Vec<Vec<&str>> = Vec::new();
    for within in 0..readings {
        let mut names = Vec::new();
        let mut from = 0;
        for (bit, &at) in commas.iter().enumerate() {
            if bit >= 12 || within & (1 << bit) == 0 {
                names.push(text[from..at].trim());
                from = at + 1;
            }
        }
        names.push(text[from..].trim());
        if fits(&names) {
            fitting.push(names);
        }
    }
    match fitting.as_slice() {
        [names] => Ok(names.iter().map(|name| (*name).to_owned()).collect()),
        [] => {
            let message = format!("--arms {} does not name arms to compare", printable(text));
            Err(Failure::usage(message, hint()))
        }
        _ => {
            let message = format!("--arms {} can be read in several ways", printable(text));
            Err(Failure::usage(message, "a comma in the name of an arm is in the way: rename it"))
        }
    }
}

fn named(file: &str, set: &[String]) -> String {
    match set.is_empty() {
        true => file.to_owned(),
        false => {
            let set: Vec<_> = set.iter().map(|set| printable(set)).collect();
            format!("{file} with {}", set.join(", "))
        }
    }
}

/// `[NAME:] PATH=VALUE[; PATH=VALUE]..`: the name, if it has one, and what is set.
fn variant(with: &str) -> Result<(Option<String>, Vec<String>), Failure> {
    let (name, changes) = match with.split_once(':') {
        Some((name, rest)) if !name.contains(['=', '[', '"', '.', ';']) => {
            (Some(printable(name.trim())), rest)
        }
        _ => (None, with),
    };
    let mut parts = vec![String::new()];
    let mut quoted = false;
    let mut escaped = false;
    for character in changes.chars() {
        if character == ';' && !quoted {
            parts.push(String::new());
            continue;
        }
        quoted ^= character == '"' && !escaped;
        escaped = character == '\\' && quoted && !escaped;
        parts.last_mut().expect("there is one").push(character);
    }
    let parts = parts.iter().map(|part| part.trim().to_owned());
    let parts: Vec<String> = parts.filter(|part| !part.is_empty()).collect();
    if parts.is_empty() || name.as_deref() == Some("") {
        let message = format!("--with {} changes nothing", printable(with));
        let hint = "write --with 'PATH=VALUE', --with 'PATH=VALUE; PATH=VALUE', or a name before \
                    it: --with 'more slots: services.db.slots=20'";
        return Err(Failure::usage(message, hint));
    }
    Ok((name, parts))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(with: &str) -> (Option<String>, Vec<String>) {
        variant(with).expect("it changes something")
    }

    #[test]
    fn variants_are_read() {
        let set = |parts: &[&str]| parts.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>();
        assert_eq!(read("a.b=1"), (None, set(&["a.b=1"])));
        assert_eq!(read("a=1; b=2;"), (None, set(&["a=1", "b=2"])));
        assert_eq!(read("more: a=1"), (Some("more".to_owned()), set(&["a=1"])));
        let time = "services.db.time=Exponential(mean: \"5ms\")";
        assert_eq!(read(time), (None, set(&[time])));
        let quoted = "arms[\"a; b: c\"].x=1";
        assert_eq!(read(quoted), (None, set(&[quoted])));
        let both = read("slow; db: a=1");
        assert_eq!(both, (None, set(&["slow", "db: a=1"])), "--set refuses it");
        for nothing in ["", " ; ", "name:", ": a=1"] {
            assert!(variant(nothing).is_err(), "{nothing:?}");
        }
    }

    #[test]
    fn arms_are_read_whatever_their_names() {
        let arms = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let names = |text: &str, known: &[&str]| {
            let field = arms_of_one(text, &arms(known)).ok()?;
            Some(field.entries.into_iter().map(|entry| entry.arm).collect::<Vec<_>>())
        };
        assert_eq!(names("a,b", &["a", "b", "c"]), Some(arms(&["a", "b"])));
        assert_eq!(names("c, a ,b", &["a", "b", "c"]), Some(arms(&["c", "a", "b"])));
        assert_eq!(names("a,b,c", &["a,b", "c"]), Some(arms(&["a,b", "c"])));
        assert_eq!(names("a", &["a", "b"]), None);
        assert_eq!(names("a,d", &["a", "b"]), None);
        assert_eq!(names("a,b,c", &["a,b", "c", "a", "b,c"]), None, "two readings");
    }
}
