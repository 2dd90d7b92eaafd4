//! Prints claims as sentences, in one spelling.

use core::fmt;

use super::{Claim, Condition, Likely, MetricRef, Operator, Refusal, Relation, Sum, Unit};
use crate::kernel::time::Duration;
use crate::metrics::names::{bare, quoted};

fn arm_first(f: &mut fmt::Formatter<'_>, arm: Option<&String>) -> fmt::Result {
    match arm {
        Some(arm) => write!(f, "{} ", quoted(arm)),
        None => Ok(()),
    }
}

impl fmt::Display for MetricRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for name in [self.arm.as_deref().unwrap_or_default(), &self.component] {
            if !name.is_empty() {
                write!(f, "{}.", quoted(name))?;
            }
        }
        match self.part {
            "" => f.write_str(bare(self.metric))?,
            part => write!(f, "{}.{}", self.metric, bare(part))?,
        }
        match &self.period {
            Some(period) => write!(f, " {period}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plus => "+",
            Self::Minus => "-",
            Self::Times => "*",
            Self::Over => "/",
        })
    }
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Below => "<",
            Self::AtMost => "<=",
            Self::Above => ">",
            Self::AtLeast => ">=",
            Self::Equal => "==",
            Self::Unequal => "!=",
        })
    }
}

/// The precedence of the operator of an expression.
fn precedence(sum: &Sum) -> u8 {
    match sum {
        Sum::Two(_, Operator::Plus | Operator::Minus, _) => 0,
        Sum::Two(..) => 1,
        Sum::Minus(_) => 2,
        Sum::Number(..) | Sum::Metric(_) => 3,
    }
}

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = |f: &mut fmt::Formatter<'_>, sum: &Sum, least: u8| {
            if precedence(sum) < least { write!(f, "({sum})") } else { write!(f, "{sum}") }
        };
        match self {
            Self::Number(value, Unit::Plain) => write!(f, "{value}"),
            // Rounded, because 0.07 * 100 is not 7.
            Self::Number(value, Unit::Percent) => {
                write!(f, "{}%", (value * 1e12).round() / 1e10)
            }
            Self::Number(ns, Unit::Time) => f.write_str(&Duration::from_ns(*ns as u64).exact()),
            Self::Metric(metric) => write!(f, "{metric}"),
            Self::Minus(of) => {
                f.write_str("-")?;
                inner(f, of, 2)
            }
            Self::Two(left, operator, right) => {
                let own = precedence(self);
                inner(f, left, own)?;
                write!(f, " {operator} ")?;
                inner(f, right, own + 1)
            }
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compares(left, relation, right) => write!(f, "{left} {relation} {right}"),
            Self::Recovers { arm, within, fault } => {
                arm_first(f, arm.as_ref())?;
                write!(f, "recovers within {} after fault {}", within.exact(), quoted(fault))
            }
            Self::Happens { arm, kind, component, event, within, period } => {
                arm_first(f, arm.as_ref())?;
                write!(f, "{kind} {} {}", quoted(component), event.name)?;
                if let Some(within) = within {
                    write!(f, " within {}", within.exact())?;
                }
                match period {
                    Some(period) => write!(f, " {period}"),
                    None => Ok(()),
                }
            }
            Self::Collapses { arm } => {
                arm_first(f, arm.as_ref())?;
                f.write_str("collapses")
            }
            Self::Not(of) => write!(f, "not {of}"),
        }
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Holds(condition) => write!(f, "{condition}"),
            Self::Likely(Likely { condition, relation, ratio, confidence, seeds }) => {
                let ratio = Sum::Number(*ratio, Unit::Percent);
                let confidence = Sum::Number(*confidence, Unit::Percent);
                write!(f, "p({condition}) {relation} {ratio} at {confidence}")?;
                match seeds {
                    Some(seeds) => write!(f, " over {seeds} seeds"),
                    None => Ok(()),
                }
            }
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} — {}", self.found, self.rule)?;
        match &self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Refusal {}
