//! What someone may have meant.

use strsim::normalized_damerau_levenshtein;

/// Names that are near to `word`, nearest first; those that contain it count as near.
pub(super) fn nearest<'a>(word: &str, names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    const ENOUGH: usize = 3;
    const NEAR: f64 = 0.7;
    let likeness = |name: &str| {
        let last = name.rsplit(['.', '/']).next().unwrap_or(name);
        let alike =
            normalized_damerau_levenshtein(word, name).max(normalized_damerau_levenshtein(word, last));
        if name.contains(word) { alike.max(0.95) } else { alike }
    };
    let mut near: Vec<(f64, &str)> =
        names.map(|name| (likeness(name), name)).filter(|(likeness, _)| *likeness >= NEAR).collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    near.into_iter().take(ENOUGH).map(|(_, name)| name).collect()
}

/// `; did you mean a, b or c?`, or nothing.
pub(super) fn did_you_mean<'a>(word: &str, names: impl Iterator<Item = &'a str>) -> String {
    match nearest(word, names)[..] {
        [] => String::new(),
        [one] => format!("; did you mean {one}?"),
        [ref most @ .., last] => format!("; did you mean {} or {last}?", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::did_you_mean;

    #[test]
    fn a_slip_finds_the_name() {
        let names = ["handshake.rejected", "handshake.completed", "close.half", "reset.injected"];
        assert_eq!(
            did_you_mean("handshake.rejectd", names.into_iter()),
            "; did you mean handshake.rejected?"
        );
        assert_eq!(
            did_you_mean("jected", names.into_iter()),
            "; did you mean handshake.rejected or reset.injected?"
        );
        assert_eq!(did_you_mean("half", names.into_iter()), "; did you mean close.half?");
        assert_eq!(did_you_mean("zzz", names.into_iter()), "");
    }
}
