//! Every scenario agrees with its snapshot. `dessim test` compares with the same files.

use dessim::Scenario;

#[test]
fn scenarios_do_what_their_snapshots_say() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        insta::glob!("../../scenarios", "**/*.ron", |path| {
            let scenario = Scenario::from_path(path).unwrap_or_else(|error| panic!("{error}"));
            let snapshot = scenario.run().snapshot();
            let mut settings = insta::Settings::clone_current();
            settings.remove_snapshot_suffix();
            settings.bind(|| {
                insta::assert_snapshot!(scenario.name(), snapshot);
            });
        });
    });
}
