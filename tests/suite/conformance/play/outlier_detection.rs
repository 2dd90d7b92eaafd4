//! Outlier detection of one client: the replicas that it may choose after any results.

use dessim::kernel::draw::Site;
use dessim::kernel::time::Instant;
use dessim::model::mechanism::balancer::outliers::Outliers;
use dessim::model::mechanism::balancer::outliers::spec::Spec as OutlierDetection;

use super::{Answer, Step};

pub(super) fn answers(spec: &OutlierDetection, replicas: u32, steps: &[Step]) -> Vec<Answer> {
    let mut outliers = Outliers::new(spec.settings(), Site::new(0, "client", "outliers"));
    outliers.add_client(replicas, replicas);
    let mut sent = Vec::with_capacity(steps.len());
    let mut next = |step: &Step| {
        let mut tell = |_, _| {};
        let (at, call, failed) = match *step {
            Step::Send(at, replica) => {
                outliers.sweep(0, Instant::from_ns(at), &mut tell);
                let (candidates, _) = outliers.candidates(0);
                sent.push(candidates.contains(&replica).then_some(replica));
                let available = candidates.iter().map(|candidate| 1 << candidate).sum();
                return Answer::Available { available };
            }
            Step::Succeeds(at, call) => (at, call, false),
            Step::Fails(at, call) => (at, call, true),
            _ => panic!("outlier detection knows calls and results"),
        };
        sent.push(None);
        if let Some(replica) = sent[call] {
            outliers.record((0, replica), failed, Instant::from_ns(at), &mut tell);
        }
        Answer::No
    };
    steps.iter().map(&mut next).collect()
}
