//! Where something stands: a file below the source root, and a line.

use serde::Serialize;

use super::super::iri;
use crate::model::Location;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Place {
    physical_location: PhysicalLocation,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactLocation {
    uri: String,
    uri_base_id: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
}

pub(super) fn place(location: &Location) -> Place {
    Place {
        physical_location: PhysicalLocation {
            artifact_location: ArtifactLocation { uri: iri::path(&location.path), uri_base_id: "%SRCROOT%" },
            region: (location.line > 0).then_some(Region { start_line: location.line }),
        },
    }
}
