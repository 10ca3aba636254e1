//! VEX documents in what they are signed and sent in.

use base64::Engine as _;
use serde_json::{Value, json};

use crate::vex::{marked, one};

/// What a document says, it says in every wrapping that tools put around it.
#[test]
fn attested_documents_are_read_as_the_documents_are() {
    let encoded = |document: &Value, url: bool| {
        let standard = base64::engine::general_purpose::STANDARD.encode(document.to_string());
        if url { standard.replace('+', "-").replace('/', "_").replace('=', "") } else { standard }
    };
    let statement = |kind: &str, predicate: &Value| {
        let subject = json!([{"name": "registry.example/app", "digest": {"sha256": "ab"}}]);
        json!({"_type": format!("https://in-toto.io/Statement/{kind}"), "subject": subject,
            "predicateType": "https://openvex.dev/ns/v0.2.0", "predicate": predicate})
    };
    let envelope = |statement: &Value, url| {
        json!({"payloadType": "application/vnd.in-toto+json", "payload": encoded(statement, url),
            "signatures": [{"keyid": "", "sig": "AA=="}]})
    };
    let openvex = json!({"@context": "https://openvex.dev/ns/v0.2.0", "author": "Acme > PSIRT?", "statements": [
        {"vulnerability": {"name": "CVE-2026-0001"}, "products": [{"@id": "pkg:npm/left@1.2.0"}], "status": "fixed"}]});
    let cyclonedx = json!({"bomFormat": "CycloneDX", "vulnerabilities": [{"id": "CVE-2026-0001",
        "analysis": {"state": "resolved"}, "affects": [{"ref": "pkg:npm/left@1.2.0"}]}]});
    let csaf = json!({"document": {"csaf_version": "2.0"},
        "product_tree": {"full_product_names": [{"name": "left", "product_id": "L",
            "product_identification_helper": {"purl": "pkg:npm/left@1.2.0"}}]},
        "vulnerabilities": [{"cve": "CVE-2026-0001", "product_status": {"fixed": ["L"]}}]});
    for document in [openvex, cyclonedx, csaf] {
        let v1 = statement("v1", &document);
        let old = statement("v0.1", &json!({"Data": document, "Timestamp": "2026-01-02T03:04:05Z"}));
        let as_text = statement("v0.1", &json!({"Data": document.to_string()}));
        let bundle = |statement: &Value| {
            json!({"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json", "verificationMaterial": {},
                "dsseEnvelope": envelope(statement, false)})
        };
        let lines = format!("{}\n{}\n\n", envelope(&v1, false), envelope(&old, true));
        for (n, (text, notes)) in [
            (document.to_string(), 0),
            (v1.to_string(), 0),
            (old.to_string(), 0),
            (as_text.to_string(), 0),
            (envelope(&v1, false).to_string(), 1),
            (envelope(&v1, true).to_string(), 1),
            (format!("{:#}", envelope(&as_text, false)), 1),
            (format!("{:#}", bundle(&old)), 1),
            (lines, 2),
        ]
        .into_iter()
        .enumerate()
        {
            let (_, matches, diagnostics) = marked(&one(text)).expect("read");
            let stated = matches.iter().filter(|one| one.vex.is_some()).count();
            assert_eq!(stated, 2, "{n}: {document}");
            let unchecked = diagnostics.iter().filter(|one| one.code == "vex-signature-unchecked").count();
            assert_eq!(unchecked, notes, "{n}: {document}");
        }
    }
    let provenance = json!({"_type": "https://in-toto.io/Statement/v1", "subject": [],
        "predicateType": "https://slsa.dev/provenance/v1", "predicate": {"buildDefinition": {}}});
    for (document, said) in [
        (
            provenance.clone(),
            "this in-toto statement is about `https://slsa.dev/provenance/v1`, which is no VEX document",
        ),
        (envelope(&provenance, false), "which is no VEX document"),
        (json!({"payloadType": "t", "payload": "%%"}), "`payload` is not base64 of a text"),
        (json!({"payloadType": "t", "payload": "/w=="}), "`payload` is not base64 of a text"),
        (json!({"payloadType": "t", "payload": ""}), "this is not valid JSON"),
        (envelope(&envelope(&provenance, false), false), "this is no VEX document"),
        (json!({"payload": "e30="}), "this is no VEX document"),
    ] {
        let error = marked(&one(document.to_string())).expect_err("refused");
        assert!(error.to_string().contains(said), "{error}");
    }
}
