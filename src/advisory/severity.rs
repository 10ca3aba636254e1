//! How bad an advisory says it is: the base score of its newest CVSS vector, else its level in words.

use cvss::Cvss;

use super::osv::Ratings;
use crate::model::{AdvisorySeverity, Level};

/// The metrics that make a base score, per version of CVSS. All of them must be stated.
const BASE: [(Version, &[&str]); 3] = [
    (Version::V4, &["AV", "AC", "AT", "PR", "UI", "VC", "VI", "VA", "SC", "SI", "SA"]),
    (Version::V3, &["AV", "AC", "PR", "UI", "S", "C", "I", "A"]),
    (Version::V2, &["AV", "AC", "Au", "C", "I", "A"]),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Version {
    V2,
    V3,
    V4,
}

/// The severity of one record or one affected package: a score of the highest CVSS version that can be read; without
/// one, the level in words; without either, `Unknown`.
pub fn rate(ratings: &Ratings) -> AdvisorySeverity {
    let best = ratings.scores.iter().filter_map(|(_, score)| scored(score)).max();
    if let Some((version, score_tenths, vector)) = best {
        return AdvisorySeverity {
            level: level(version, score_tenths),
            score_tenths: Some(score_tenths),
            vector: Some(vector.to_owned()),
        };
    }
    let named = ratings.level.iter().chain(ratings.scores.iter().map(|(_, score)| score));
    let level = named.filter_map(|name| Level::by_name(name)).max().unwrap_or_default();
    AdvisorySeverity { level, ..AdvisorySeverity::default() }
}

/// The vector's version and base score in tenths, if it is a complete vector.
fn scored(vector: &str) -> Option<(Version, u8, &str)> {
    let (version, prefix, metrics) = split(vector.trim().trim_start_matches('(').trim_end_matches(')'))?;
    let (_, required) = BASE.iter().find(|(one, _)| *one == version)?;
    // Threat and environmental metrics would change the score; an advisory speaks about the base.
    let base: Vec<&str> = metrics
        .split('/')
        .filter(|metric| metric.split_once(':').is_some_and(|(name, _)| required.contains(&name)))
        .collect();
    if base.len() != required.len() {
        return None;
    }
    let parsed: Cvss = format!("{prefix}{}", base.join("/")).parse().ok()?;
    let tenths = (parsed.score() * 10.0).round();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in 0..=100 by the check")]
    (0.0..=100.0).contains(&tenths).then_some((version, tenths as u8, vector))
}

/// Version, prefix to parse with, metrics. Version 2 has no prefix of its own; some exporters write one.
fn split(vector: &str) -> Option<(Version, &str, &str)> {
    for (prefix, version) in
        [("CVSS:4.0/", Version::V4), ("CVSS:3.1/", Version::V3), ("CVSS:3.0/", Version::V3)]
    {
        if let Some(metrics) = vector.strip_prefix(prefix) {
            return Some((version, prefix, metrics));
        }
    }
    let metrics = vector.strip_prefix("CVSS:2.0/").unwrap_or(vector);
    metrics.starts_with("AV:").then_some((Version::V2, "", metrics))
}

/// The qualitative scale: CVSS v3.1 section 5 and v4.0 section 6; version 2 has three levels only (NVD).
fn level(version: Version, tenths: u8) -> Level {
    match (version, tenths) {
        (Version::V2, 70..) => Level::High,
        (Version::V2, 40..) => Level::Medium,
        (Version::V2, _) => Level::Low,
        (_, 90..) => Level::Critical,
        (_, 70..) => Level::High,
        (_, 40..) => Level::Medium,
        (_, 1..) => Level::Low,
        (_, 0) => Level::None,
    }
}
