//! How an arm failed, in the few names by which two runs show the same failure.

use super::evidence::Evidence;
use crate::experiment::health::Course;
use crate::experiment::health::triggers::triggers;
use crate::report::result::RunResult;
use crate::report::search::shrink::{Kept, LoopName, Resource, TriggerName};
use crate::scenario::schema::{Arm, Scenario};

/// How an arm failed; `None` if it was not broken, or has no time series.
pub(in crate::experiment) fn failure(
    scenario: &Scenario,
    (name, system): (&str, &Arm),
    result: &RunResult,
    course: &Course,
) -> Option<Kept> {
    let result = result.arms.get(name)?;
    let series = result.series.as_ref()?;
    let triggers = triggers(scenario, system, series.end_ns);
    let phases = &course.phases[..];
    let evidence = Evidence { scenario, system, result, series, triggers: &triggers, phases };
    let story = evidence.story();
    let worst = story.worst()?;
    let trigger = worst.trigger.and_then(|at| story.triggers.get(at));
    let loops = story.loops.iter().map(|feeding| LoopName {
        kind: feeding.link.kind(),
        component: feeding.link.component().to_owned(),
    });
    Some(Kept {
        arm: name.to_owned(),
        phase: story.worst_phase()?.kind,
        end: worst.end,
        trigger: trigger.map(|trigger| TriggerName {
            kind: trigger.cause.kind(),
            name: trigger.cause.name().to_owned(),
        }),
        bottleneck: story
            .bottleneck_of(worst)
            .map(|first| Resource { component: first.component.clone(), meter: first.meter }),
        loops: loops.collect(),
    })
}
