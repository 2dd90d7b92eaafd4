//! Parses the words of a claim.
//!
//! A comparison never has two adjacent names, so two names, or one of the two verbs that need no
//! name before them, begin a statement.

use std::sync::LazyLock;

use super::lex::{Token, Word, words};
use super::period;
use super::units::{comparable, unit};
use super::{Claim, Condition, Known, MetricRef, Operator, Refusal, Relation, Sum, Unit};
use crate::kernel::time::Duration;
use crate::kernel::units::parse_duration;
use crate::model::mechanism::Kind;
use crate::scenario::conform::did_you_mean;
use crate::scenario::problem::printable;

/// Deepest nesting of parentheses, signs and operators of a sentence.
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
    let words = words(text)?;
    let mut parser = Parser { words: &words, at: 0, known, depth: 0 };
    let Some(name) = parser.name(0) else {
        return parser.expected("the name of a metric");
    };
    let metric = known.metric(name)?;
    parser.at += 1;
    let metric = parser.in_period(metric)?;
    parser.end()?;
    Ok(metric)
}

/// The words that begin a statement about a component: the kinds of components.
static KINDS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let measured = Kind::ALL.iter().filter(|kind| !kind.metrics().is_empty());
    measured.map(|kind| kind.name()).collect()
});

pub(super) struct Parser<'a> {
    words: &'a [Token],
    pub(super) at: usize,
    pub(super) known: &'a Known,
    depth: usize,
}

impl<'a> Parser<'a> {
    pub(super) fn word(&self, ahead: usize) -> Option<&'a Word> {
        self.words.get(self.at + ahead).map(|token| &token.kind)
    }

    /// The name `ahead` words ahead.
    pub(super) fn name(&self, ahead: usize) -> Option<&'a str> {
        match self.word(ahead) {
            Some(Word::Name(name, _)) => Some(name),
            _ => None,
        }
    }

    /// True if the word `ahead` words ahead is one of `any`, without quotes.
    pub(super) fn says(&self, ahead: usize, any: &[&str]) -> bool {
        matches!(self.word(ahead), Some(Word::Name(name, false)) if any.contains(&name.as_str()))
    }

    fn is(&self, symbol: &str) -> bool {
        matches!(self.word(0), Some(Word::Symbol(word)) if *word == symbol)
    }

    fn takes(&mut self, symbol: &str) -> bool {
        let is = self.is(symbol);
        self.at += usize::from(is);
        is
    }

    pub(super) fn found(&self) -> String {
        match self.words.get(self.at) {
            Some(token) => format!("found `{}`", printable(&token.text)),
            None => "found the end".to_owned(),
        }
    }

    pub(super) fn expected<T>(&self, expected: &str) -> Result<T, Refusal> {
        Err(Refusal::new(format!("expected {expected}"), self.found()))
    }

    pub(super) fn symbol(&mut self, symbol: &str) -> Result<(), Refusal> {
        match self.takes(symbol) {
            true => Ok(()),
            false => self.expected(&format!("`{symbol}`")),
        }
    }

    pub(super) fn keyword(&mut self, word: &str) -> Result<(), Refusal> {
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

    pub(super) fn condition(&mut self) -> Result<Condition, Refusal> {
        if self.says(0, &["not"]) {
            self.deeper()?;
            self.at += 1;
            return Ok(Condition::Not(Box::new(self.condition()?)));
        }
        const VERBS: [&str; 3] = ["recovers", "collapses", "collapse"];
        // A metric may be followed by a period; a kind is followed by a name, even one that is a
        // word of periods.
        let period = self.says(1, &period::WORDS) && !self.says(0, &KINDS);
        if self.says(0, &VERBS) || (self.name(1).is_some() && !period) {
            return self.statement();
        }
        let left = self.sum()?;
        let relation = self.relation()?;
        let right = self.sum()?;
        comparable(&left, &right)?;
        Ok(Condition::Compares(left, relation, right))
    }

    fn statement(&mut self) -> Result<Condition, Refusal> {
        let verb = |at: usize| self.says(at, &["recovers", "collapses", "collapse"]);
        // A word may be both a kind and the name of an arm: the words behind it decide.
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
        let Some(kind) = KINDS.iter().copied().find(|kind| self.says(0, &[kind])) else {
            let hint = self.name(0).and_then(|word| did_you_mean(word, KINDS.iter().copied()));
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
        let period = self.period(scope)?;
        Ok(Condition::Happens { arm, kind, component, event, within, period })
    }

    /// Parses `after fault` and its name. A recovery is from the whole disturbance, so it can only
    /// start at the end of the fault.
    fn after_fault(&mut self, arm: Option<&str>) -> Result<String, Refusal> {
        let after = self.keyword("after");
        after.map_err(|refusal| refusal.hint("a recovery counts from the end: `after fault F`"))?;
        self.fault(arm)
    }

    /// Parses `fault` and its name.
    pub(super) fn fault(&mut self, arm: Option<&str>) -> Result<String, Refusal> {
        self.keyword("fault")?;
        let Some(name) = self.name(0) else {
            return self.expected("the name of a fault");
        };
        let fault = self.known.fault(name, arm)?;
        self.at += 1;
        Ok(fault)
    }

    pub(super) fn duration(&mut self) -> Result<Duration, Refusal> {
        if let (Some(Word::Number(..)), Some(token)) = (self.word(0), self.words.get(self.at))
            && let Ok(duration) = parse_duration(&token.text)
        {
            self.at += 1;
            return Ok(duration);
        }
        self.expected("a duration with its unit, such as 30s")
    }

    pub(super) fn relation(&mut self) -> Result<Relation, Refusal> {
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
            Some(Word::Name(name, _)) => {
                let metric = self.known.metric(name)?;
                self.at += 1;
                return Ok(Sum::Metric(self.in_period(metric)?));
            }
            Some(Word::Number(value, letters)) => match letters.as_str() {
                "" => Sum::Number(*value, Unit::Plain),
                "%" => Sum::Number(value / 100.0, Unit::Percent),
                _ => Sum::Number(self.duration()?.as_ns() as f64, Unit::Time),
            },
            _ => return self.expected("a metric or a number"),
        };
        // The parser of durations has consumed its word.
        if !matches!(factor, Sum::Number(_, Unit::Time)) {
            self.at += 1;
        }
        Ok(factor)
    }
}
