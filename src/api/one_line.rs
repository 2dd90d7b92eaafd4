//! A mechanism is its own file and a line in the registry: one that ships nowhere is found
//! wherever mechanisms are shown.

use super::Scenario;
use crate::report::explain::Link;
use crate::report::result::Metric;
use crate::scenario::json_schema;

fn text(wait: &str) -> String {
    format!(
        "Scenario(schema: 1, load: {{ \"users\": Load(arrivals: Constant(rate: \"10/s\"), \
         total: 20) }}, services: {{ \"db\": Service(time: Constant(\"1ms\")) }}, \
         calls: {{ \"users\": Call(to: \"db\", policy: [Timeout(\"50ms\"), Toll(wait: {wait})]) }})"
    )
}

fn scenario(wait: &str) -> Scenario {
    Scenario::from_bytes("toll", text(wait).as_bytes()).expect("it is a scenario")
}

#[test]
fn the_language_and_its_messages_know_it() {
    assert!(json_schema().to_string().contains("Every call waits before it goes on."));
    let message = |wait: &str| {
        let refused = Scenario::from_bytes("toll", text(wait).as_bytes());
        refused.expect_err("it is refused").to_string()
    };
    assert!(message("\"2m\"").contains("a toll is at most a minute"), "{}", message("\"2m\""));
    let misspelt = text("\"1ms\"").replace("Toll(wait", "Tol(wait");
    let refused = Scenario::from_bytes("toll", misspelt.as_bytes()).expect_err("it is refused");
    assert!(refused.to_string().contains("did you mean `Toll`"), "{refused}");
}

#[test]
fn results_series_pages_and_claims_know_it() {
    let result = scenario("\"5ms\"").with_series().run();
    let arm = &result.arms["main"];
    let gate = &arm.components["users.toll"];
    assert_eq!((gate.kind, gate.get("paid")), ("toll", Some(Metric::Count(20))));
    assert_eq!(gate.get("stopped_max"), Some(Metric::Count(1)));
    assert_eq!(arm.latency.end_to_end.min_ns, Some(6_000_000));
    let series = arm.series.as_ref().expect("it was wanted");
    let meters = series.columns.iter().filter(|column| column.component == "users.toll");
    assert_eq!(meters.map(|column| column.meter.name).collect::<Vec<_>>(), ["paid", "stopped"]);
    assert!(result.page().contains("users.toll"), "{}", result.page());
    for claim in ["users.toll.paid == 20", "toll users pays"] {
        let answer = scenario("\"5ms\"").ask(claim);
        assert!(answer.as_ref().is_ok_and(|answer| answer.holds), "{claim}: {answer:?}");
    }
}

#[test]
fn it_is_undone_and_explained_like_any_other() {
    // Whoever stops for longer than the timeout outside never comes to the service.
    let (result, explanation) = scenario("\"1s\"").explain();
    let arm = &result.arms["main"];
    assert_eq!((arm.failed_by.timeout, arm.attempts.total), (20, 0));
    assert_eq!(arm.components["users.toll"].get("paid"), Some(Metric::Count(20)));
    let what_if = &explanation.arms["main"].what_if;
    let toll = what_if.iter().find(|of| of.change.component == "users.toll").expect("it was tried");
    assert_eq!(toll.change.kind.name, "toll");
    // Half a second is more than the timeout, too.
    assert!(toll.is_idle(), "{toll:?}");
    let words = crate::report::explain::text::explained(&explanation);
    assert!(words.contains("with a toll of 500 ms at users.toll, not 1.00 s"), "{words}");
}

#[test]
fn what_waits_there_is_a_backlog() {
    let patient = text("\"2s\"").replace("50ms", "1500ms").replace("total: 20", "total: 200");
    let scenario = Scenario::from_bytes("toll", patient.as_bytes()).expect("it is a scenario");
    let (_, explanation) = scenario.explain();
    let loops = &explanation.arms["main"].loops;
    let backlog = loops.iter().find_map(|of| match &of.link {
        Link::Backlog { component, mean, worked_on, .. } => Some((component, *mean, *worked_on)),
        _ => None,
    });
    // By Little's law 10 a second that give up after 1.5 s, and nobody works on them.
    let (component, mean, worked_on) = backlog.expect("there is one");
    assert_eq!((component.as_str(), worked_on), ("users.toll", 0.0));
    assert!((13.0..=15.0).contains(&mean), "{mean}");
}
