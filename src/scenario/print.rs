//! tmp
/// tmp
pub fn canonical(s: &super::schema::Scenario) -> String {
    let mut s = s.clone();
    s.seed = 0;
    s.about.clear();
    ron::to_string(&s).unwrap()
}
