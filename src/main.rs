//! tmp
fn main() {
    let path = std::env::args().nth(1).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let options =
        ron::Options::default().with_default_extension(ron::extensions::Extensions::IMPLICIT_SOME);
    let scenario: dessim::scenario::schema::Scenario = options.from_str(&text).unwrap();
    let mut opts = dessim::experiment::run::Options::default();
    if std::env::args().nth(2).as_deref() == Some("keyed") {
        opts.calendar = dessim::experiment::run::CalendarKind::Keyed;
    }
    if let Some(seed) = std::env::args().nth(3) {
        opts.seed = seed.parse().ok();
    }
    let r = dessim::experiment::run::run(&scenario, &path, &opts).unwrap();
    println!("{}", serde_json::to_string_pretty(&r).unwrap());
}
