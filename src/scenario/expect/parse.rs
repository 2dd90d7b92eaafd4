//! From words to a claim.
//!
//! A comparison never has two names side by side, so two names, or one of the two verbs that need
//! no name before them, begin a statement.

use super::lex::{Token, Word, words};
use super::{Claim, Condition, Known, Likely, MetricRef, Operator, Refusal, Relation, Sum, Unit};
use crate::kernel::time::Duration;
use crate::scenario::conform::did_you_mean;
use crate::scenario::problem::printable;
use crate::scenario::units::parse_duration;

/// How sure a statement about a probability is unless it says so.
const CONFIDENCE: f64 = 0.95;

/// Parentheses and signs within each other, at most: a sentence that is deeper is none.
const DEEPEST: usize = 50;

pub(super) fn claim(text: &str, known: &Known) -> Result<Claim, Refusal> {
    let words = words(text)?;
    let mut parser = Parser { words: &words, at: 0, known, depth: 0 };
    let claim = match parser.begins_probability() {
        true => Claim::Likely(parser.likely()?),
        false => Claim::Holds(parser.condition()?),
    };
    parser.end()?;
    Ok(claim)
}

pub(super) fn metric(text: &str, known: &Known) -> Result<MetricRef, Refusal> {
    match words(text)?.as_slice() {
        [Token { kind: Word::Name(name, _), .. }] => known.metric(name),
        _ => {
            let found = format!("found `{}`", printable(text));
            Err(Refusal::new("expected the name of a metric", found))
        }
    }
}

struct Parser<'a> {
    words: &'a [Token],
    at: usize,
    known: &'a Known,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn word(&self, ahead: usize) -> Option<&'a Word> {
        self.words.get(self.at + ahead).map(|token| &token.kind)
    }

    /// The name that is so far ahead.
    fn name(&self, ahead: usize) -> Option<&'a str> {
        match self.word(ahead) {
            Some(Word::Name(name, _)) => Some(name),
            _ => None,
        }
    }

    /// True if the bare word that is so far ahead is one of these.
    fn says(&self, ahead: usize, any: &[&str]) -> bool {
        matches!(self.word(ahead), Some(Word::Name(name, false)) if any.contains(&name.as_str()))
    }

    fn is(&self, symbol: &str) -> bool {
        matches!(self.word(0), Some(Word::Symbol(found)) if *found == symbol)
    }

    fn takes(&mut self, symbol: &str) -> bool {
        let is = self.is(symbol);
        self.at += usize::from(is);
        is
    }

    fn found(&self) -> String {
        match self.words.get(self.at) {
            Some(token) => format!("found `{}`", printable(&token.text)),
            None => "found the end".to_owned(),
        }
    }

    fn expected<T>(&self, what: &str) -> Result<T, Refusal> {
        Err(Refusal::new(format!("expected {what}"), self.found()))
    }

    fn symbol(&mut self, symbol: &str) -> Result<(), Refusal> {
        match self.takes(symbol) {
            true => Ok(()),
            false => self.expected(&format!("`{symbol}`")),
        }
    }

    fn keyword(&mut self, word: &str) -> Result<(), Refusal> {
        if self.says(0, &[word]) {
            self.at += 1;
            return Ok(());
        }
        self.expected(&format!("`{word}`"))
    }

    fn end(&self) -> Result<(), Refusal> {
        match self.words.get(self.at) {
            None => Ok(()),
            Some(_) => self.expected("the end"),
        }
    }

    fn begins_probability(&self) -> bool {
        self.says(0, &["p"]) && matches!(self.word(1), Some(Word::Symbol("(")))
    }

    fn likely(&mut self) -> Result<Likely, Refusal> {
        self.at += 2;
        let condition = self.condition()?;
        self.symbol(")")?;
        let relation = match self.relation()? {
            Relation::Below | Relation::AtMost => Relation::Below,
            Relation::Above | Relation::AtLeast => Relation::Above,
            Relation::Equal | Relation::Unequal => {
                self.at -= 1;
                return self.expected("`<` or `>`: a probability is never known exactly");
            }
        };
        let ratio = self.ratio("a probability above 0 and below 1, such as 1%", |p| p > 0.0)?;
        let mut confidence = CONFIDENCE;
        if self.says(0, &["at"]) {
            self.at += 1;
            let what = "a confidence from 50% up and below 100%, such as 95%";
            confidence = self.ratio(what, |p| p >= 0.5)?;
        }
        let mut seeds = None;
        if self.says(0, &["over"]) {
            self.at += 1;
            match self.word(0) {
                Some(Word::Number(count, unit))
                    if unit.is_empty() && *count >= 1.0 && count.fract() == 0.0 =>
                {
                    seeds = Some(*count as u64);
                }
                _ => return self.expected("a number of seeds, such as 400"),
            }
            self.at += 1;
            self.keyword("seeds")?;
        }
        Ok(Likely { condition, relation, ratio, confidence, seeds })
    }

    /// `1%` or `0.01`, below 1.
    fn ratio(&mut self, what: &str, fits: impl Fn(f64) -> bool) -> Result<f64, Refusal> {
        let ratio = match self.word(0) {
            Some(Word::Number(value, unit)) if unit == "%" => value / 100.0,
            Some(Word::Number(value, unit)) if unit.is_empty() => *value,
            _ => return self.expected(what),
        };
        if !(fits(ratio) && ratio < 1.0) {
            return self.expected(what);
        }
        self.at += 1;
        Ok(ratio)
    }

    fn condition(&mut self) -> Result<Condition, Refusal> {
        if self.says(0, &["not"]) {
            self.deeper()?;
            self.at += 1;
            return Ok(Condition::Not(Box::new(self.condition()?)));
        }
        const VERBS: [&str; 3] = ["recovers", "collapses", "collapse"];
        if self.says(0, &VERBS) || self.name(1).is_some() {
            return self.statement();
        }
        let left = self.sum()?;
        let relation = self.relation()?;
        let right = self.sum()?;
        comparable(&left, &right)?;
        Ok(Condition::Compares(left, relation, right))
    }

    fn statement(&mut self) -> Result<Condition, Refusal> {
        const KINDS: [&str; 8] =
            ["breaker", "bulkhead", "retry", "timeout", "service", "queue", "consumer", "edge"];
        let verb = |at: usize| self.says(at, &["recovers", "collapses", "collapse"]);
        // The words of a statement, one of which may be the name of an arm as well.
        let kind = self.says(0, &KINDS)
            && self.name(2).is_some_and(|third| !KINDS.contains(&third) || self.name(3).is_none());
        let mut arm = None;
        if !verb(0) && !kind {
            arm = Some(self.known.arm(self.name(0).unwrap_or_default())?);
            self.at += 1;
        }
        let scope = arm.as_deref();
        if self.says(0, &["collapses", "collapse"]) {
            self.at += 1;
            return Ok(Condition::Collapses { arm });
        }
        if self.says(0, &["recovers"]) {
            self.at += 1;
            self.keyword("within")?;
            let within = self.duration()?;
            let fault = self.after_fault(scope)?;
            return Ok(Condition::Recovers { within, fault, arm });
        }
        let Some(kind) = KINDS.into_iter().find(|kind| self.says(0, &[kind])) else {
            let hint = self.name(0).and_then(|word| did_you_mean(word, KINDS));
            let refusal: Result<Condition, Refusal> =
                self.expected("`recovers`, `collapses`, or a kind of component and its name");
            return refusal.map_err(|refusal| match hint {
                Some(meant) => refusal.hint(format!("did you mean `{meant}`?")),
                None => refusal.hint("as in `breaker clients opens within 2s`"),
            });
        };
        self.at += 1;
        let Some(name) = self.name(0) else {
            return self.expected(&format!("the name of a {kind}"));
        };
        let component = self.known.component(kind, name, scope)?;
        self.at += 1;
        let Some(verb) = self.name(0) else {
            return self.expected("what happens, such as `opens`");
        };
        let event = self.known.event(&component, verb, scope)?;
        self.at += 1;
        let mut within = None;
        if self.says(0, &["within"]) {
            self.at += 1;
            within = Some(self.duration()?);
        }
        let fault = match self.says(0, &["after"]) {
            true => Some(self.after_fault(scope)?),
            false => None,
        };
        Ok(Condition::Happens { arm, kind, component, event, within, fault })
    }

    fn after_fault(&mut self, arm: Option<&str>) -> Result<String, Refusal> {
        self.keyword("after")?;
        self.keyword("fault")?;
        let Some(name) = self.name(0) else {
            return self.expected("the name of a fault");
        };
        let fault = self.known.fault(name, arm)?;
        self.at += 1;
        Ok(fault)
    }

    fn duration(&mut self) -> Result<Duration, Refusal> {
        if let (Some(Word::Number(..)), Some(token)) = (self.word(0), self.words.get(self.at))
            && let Ok(duration) = parse_duration(&token.text)
        {
            self.at += 1;
            return Ok(duration);
        }
        self.expected("a duration with its unit, such as 30s")
    }

    fn relation(&mut self) -> Result<Relation, Refusal> {
        const RELATIONS: [(&str, Relation); 6] = [
            ("<", Relation::Below),
            ("<=", Relation::AtMost),
            (">", Relation::Above),
            (">=", Relation::AtLeast),
            ("==", Relation::Equal),
            ("!=", Relation::Unequal),
        ];
        for (symbol, relation) in RELATIONS {
            if self.takes(symbol) {
                return Ok(relation);
            }
        }
        let refusal: Result<Relation, Refusal> =
            self.expected("`<`, `<=`, `>`, `>=`, `==` or `!=`");
        refusal.map_err(|refusal| match self.is("=") {
            true => refusal.hint("write `==`"),
            false => refusal,
        })
    }

    fn deeper(&mut self) -> Result<(), Refusal> {
        self.depth += 1;
        match self.depth > DEEPEST {
            true => self.expected("something simpler"),
            false => Ok(()),
        }
    }

    fn sum(&mut self) -> Result<Sum, Refusal> {
        let mut sum = self.product()?;
        loop {
            let operator = match () {
                () if self.takes("+") => Operator::Plus,
                () if self.takes("-") => Operator::Minus,
                () => return Ok(sum),
            };
            self.deeper()?;
            sum = Sum::Two(Box::new(sum), operator, Box::new(self.product()?));
            unit(&sum)?;
        }
    }

    fn product(&mut self) -> Result<Sum, Refusal> {
        let mut product = self.factor()?;
        loop {
            let operator = match () {
                () if self.takes("*") => Operator::Times,
                () if self.takes("/") => Operator::Over,
                () => return Ok(product),
            };
            self.deeper()?;
            product = Sum::Two(Box::new(product), operator, Box::new(self.factor()?));
            unit(&product)?;
        }
    }

    fn factor(&mut self) -> Result<Sum, Refusal> {
        if self.takes("-") {
            self.deeper()?;
            return Ok(Sum::Minus(Box::new(self.factor()?)));
        }
        if self.takes("(") {
            self.deeper()?;
            let sum = self.sum()?;
            self.symbol(")")?;
            return Ok(sum);
        }
        let factor = match self.word(0) {
            Some(Word::Name(name, _)) => Sum::Metric(self.known.metric(name)?),
            Some(Word::Number(value, letters)) => match letters.as_str() {
                "" => Sum::Number(*value, Unit::Plain),
                "%" => Sum::Number(value / 100.0, Unit::Percent),
                _ => Sum::Number(self.duration()?.as_ns() as f64, Unit::Time),
            },
            _ => return self.expected("a metric or a number"),
        };
        // A duration has been passed already.
        if !matches!(factor, Sum::Number(_, Unit::Time)) {
            self.at += 1;
        }
        Ok(factor)
    }
}

/// What an expression counts.
fn unit(sum: &Sum) -> Result<Unit, Refusal> {
    Ok(match sum {
        Sum::Number(_, unit) => *unit,
        Sum::Metric(metric) => metric.unit(),
        Sum::Minus(inner) => unit(inner)?,
        Sum::Two(left, operator, right) => {
            let times = (unit(left)? == Unit::Time, unit(right)? == Unit::Time);
            match (operator, times) {
                (Operator::Plus | Operator::Minus, (true, true)) => Unit::Time,
                (Operator::Times, (true, false) | (false, true)) => Unit::Time,
                (Operator::Over, (true, false)) => Unit::Time,
                (Operator::Over, (true, true)) | (_, (false, false)) => Unit::Plain,
                (Operator::Plus | Operator::Minus, _) => {
                    let found = format!("found `{left} {operator} {right}`");
                    let refusal = Refusal::new("times and numbers do not add up", found);
                    return Err(refusal.hint("give the time its unit, as in 250ms"));
                }
                (Operator::Times | Operator::Over, _) => {
                    let found = format!("found `{left} {operator} {right}`");
                    return Err(Refusal::new("there is no metric of such a unit", found));
                }
            }
        }
    })
}

fn comparable(left: &Sum, right: &Sum) -> Result<(), Refusal> {
    let zero = |sum: &Sum| matches!(sum, Sum::Number(value, _) if *value == 0.0);
    let (one, other) = (unit(left)? == Unit::Time, unit(right)? == Unit::Time);
    if one == other || zero(left) || zero(right) {
        return Ok(());
    }
    let found = format!("found `{left}` and `{right}`");
    let refusal = Refusal::new("a time can only be compared with a time", found);
    Err(refusal.hint("times have a unit: 250ms, 2s"))
}
