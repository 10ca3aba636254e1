//! Outputs: documents that their official schemas accept, references that resolve, the same bytes every time.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a failed test panics"
)]

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use jsonschema::{Registry, Validator};
use serde_json::{Value, json};
use tidewaiter::license;
use tidewaiter::model;
use tidewaiter::model::finding::Fingerprint;
use tidewaiter::model::priority::{Rating, RatingBasis, Urgency};
use tidewaiter::model::{
    Action, ActionKind, Advisory, AdvisoryCheck, AdvisoryMatch, AdvisorySeverity, Allowed, Answered, Change,
    Clear, Cleared, Comparison, Completeness, Component, ComponentId, Coverage, Diagnostic, Doubt, Evidence,
    Extent, Finding, Gone, Graph, GraphBuilder, Hash, HashAlgorithm, Justification, Kev, Level, License,
    LicenseArea, LicenseBasis, LicenseDocument, LicenseTerms, Location, Method, PathClass, Project,
    ProjectId, Purl, Ranked, RawLicense, Remedies, Report, Requirement, Scope, SnapshotInfo, Source, Step,
    Text, Undecided, Unfixed, Upgrade, Upgrades, Verdict, VexDecision, VexStatus, Waiver,
};
use tidewaiter::report::{self, Options, UnknownFormat, inventory};

fn purl(text: &str) -> Purl {
    text.parse().unwrap()
}

fn seen(path: &str, line: u32, format: &'static str, method: Method) -> Evidence {
    Evidence { location: Location::new(path, line), format, method }
}

fn component(text: &str, ecosystem: &'static str, name: &str, version: &str, line: u32) -> Component {
    let mut out = Component::new(purl(text), ecosystem, name, version);
    let (path, format) = match ecosystem {
        "npm" => ("web/package-lock.json", "package-lock.json"),
        "golang" => ("tools/go.sum", "go.sum"),
        _ => ("pom.xml", "pom.xml"),
    };
    out.evidence.push(seen(path, line, format, Method::Lockfile));
    out
}

fn license(expression: &str, basis: LicenseBasis, raw: Option<&str>) -> License {
    let stated = License::declared(expression, Location::new("web/node_modules/x/package.json", 3));
    License { raw: raw.map(Into::into), basis, ..stated }
}

/// Every field of the model filled somewhere.
fn rich() -> Report {
    let mut graph = GraphBuilder::new();
    let mut web = Project::new("web", "npm");
    web.name = Some("@acme/web".into());
    web.version = Some("1.0.0".into());
    web.purl = Some(purl("pkg:npm/%40acme/web@1.0.0"));
    web.files = vec![Location::new("web/package.json", 0), Location::new("web/package-lock.json", 0)];
    web.locked = true;
    let npmrc = |line| Location::new("web/.npmrc", line);
    let own = model::Registry::new("https://registry.example/npm/", true, npmrc(1), &["package-lock.json"]);
    let of_scope = model::Registry::new("${ACME}", true, npmrc(2), &["package-lock.json"]);
    web.registries = vec![own, model::Registry { scope: Some("@acme".into()), ..of_scope }];
    web.licenses = vec![license("Apache-2.0", LicenseBasis::Detected, None)];
    let web = graph.add_project(web);
    let mut api = Project::new("", "maven");
    api.name = Some("api".into());
    api.version = Some("2.0".into());
    api.files = vec![Location::new("pom.xml", 0)];
    api.lower(Completeness::DirectOnly, "no lockfile");
    let api = graph.add_project(api);
    let mut tools = Project::new("tools", "golang");
    tools.files = vec![Location::new("tools/go.mod", 0)];
    tools.class = PathClass::Example;
    let tools = graph.add_project(tools);
    let twin = graph.add_project(Project { name: Some("twin".into()), ..Project::new("tools", "golang") });

    let mut express = component("pkg:npm/express@4.17.1", "npm", "express", "4.17.1", 12);
    express.hashes = Hash::from_integrity(&format!("sha512-{}==", "A".repeat(86)));
    express.source =
        Source::Registry { url: Some("https://registry.example/express/-/express-4.17.1.tgz".into()) };
    let elsewhere = Source::Url { url: "https://mirror.example/express.tgz".into() };
    express.other_sources.push((elsewhere, Location::new("web/yarn.lock", 7)));
    express.licenses = vec![
        license("MIT", LicenseBasis::Declared, None),
        license("MIT OR Apache-2.0", LicenseBasis::Detected, None),
    ];
    express.declared = vec![RawLicense::new("MIT", Location::new("web/node_modules/x/package.json", 3))];
    let express = graph.add_component(express);
    let mut qs = component("pkg:npm/qs@6.5.2", "npm", "qs", "6.5.2", 40);
    qs.evidence.push(seen("web/package-lock.json", 90, "package-lock.json", Method::Lockfile));
    qs.evidence.push(seen(
        "web/node_modules/qs/package.json",
        1,
        "installed package.json",
        Method::Installed,
    ));
    qs.licenses = vec![
        license("BSD-3-Clause", LicenseBasis::Declared, None),
        license("MIT", LicenseBasis::Declared, None),
    ];
    let qs = graph.add_component(qs);
    let mut core = component("pkg:npm/%40babel/core@7.24.0", "npm", "@babel/core", "7.24.0", 60);
    core.licenses = vec![license("LicenseRef-acme", LicenseBasis::Declared, Some("SEE LICENSE IN EULA"))];
    core.properties = vec![("npm:patched", "patches/core.patch".into())];
    core.class = PathClass::Vendored;
    let core = graph.add_component(core);
    let mut patched = component("pkg:npm/left-pad@1.3.0", "npm", "left-pad", "1.3.0", 70);
    patched.source =
        Source::Git { url: "git@github.com:acme/left-pad.git".into(), commit: "0123456789abcdef0123".into() };
    patched.licenses = vec![license("MIT OR (Apache-2.0 AND LicenseRef-acme)", LicenseBasis::Declared, None)];
    let patched = graph.add_component(patched);
    let guava = graph.add_component(component(
        "pkg:maven/com.google.guava/guava@31.1-jre?type=jar",
        "maven",
        "com.google.guava:guava",
        "31.1-jre",
        20,
    ));
    let mut burnt = component(
        "pkg:golang/github.com/BurntSushi/toml@v1.3.2",
        "golang",
        "github.com/BurntSushi/toml",
        "v1.3.2",
        1,
    );
    burnt.hashes =
        vec![Hash::from_base64(HashAlgorithm::GoH1, "o7IhLm0Msx3BaB+n3Ag7L8EVlByGnpq14C4YWiu/gL8=").unwrap()];
    let burnt = graph.add_component(burnt);
    let mut lone = component("pkg:golang/lone.example/x@v0.0.1", "golang", "lone.example/x", "v0.0.1", 2);
    lone.source = Source::Path { path: "third_party/x".into() };
    graph.add_component(lone);

    graph.add_edge(web, web, express, Scope::Runtime);
    graph.add_edge(web, express, qs, Scope::Runtime);
    graph.add_edge(web, web, core, Scope::Dev);
    graph.add_edge(web, core, qs, Scope::Runtime);
    graph.add_edge(web, qs, express, Scope::Peer);
    graph.add_edge(web, core, patched, Scope::Optional);
    graph.add_edge(api, api, guava, Scope::Build);
    graph.add_edge(tools, tools, twin, Scope::Runtime);
    graph.add_assumed_edge(twin, burnt, Scope::Unknown);
    for (project, range, scope) in
        [(api, "[1.0,2.0)", Scope::Runtime), (web, "[1.0,2.0)", Scope::Dev), (web, "", Scope::Peer)]
    {
        graph.add_requirement(Requirement {
            project,
            purl: purl("pkg:maven/org.acme/lib"),
            ecosystem: "maven",
            name: "org.acme:lib".into(),
            range: range.into(),
            scope,
            location: Location::new("pom.xml", 33),
            format: "pom.xml",
            reason: "no lockfile".into(),
        });
    }
    graph.add_requirement(Requirement {
        project: web,
        purl: purl("pkg:npm/qs"),
        ecosystem: "npm",
        name: "qs".into(),
        range: "^6".into(),
        scope: Scope::Runtime,
        location: Location::new("web/package.json", 8),
        format: "package.json",
        reason: "no lockfile".into(),
    });
    let mut graph = graph.finish();
    for one in &mut graph.components {
        one.concluded = license::conclude(&one.licenses);
    }
    for one in &mut graph.projects {
        one.concluded = license::conclude(&one.licenses);
        graph.areas.extend(one.concluded.is_some().then(|| LicenseArea {
            path: one.path.as_str().into(),
            class: one.class,
            licenses: one.licenses.clone(),
            concluded: one.concluded.clone(),
        }));
    }
    let mut report = sealed(graph);
    report.timestamp = Some("2024-05-01T12:00:00+02:00".into());
    judged(&mut report);
    report
}

fn id_of(report: &Report, text: &str) -> ComponentId {
    report.graph.components_with_ids().find(|(_, one)| one.purl.as_str() == text).unwrap().0
}

fn judged(report: &mut Report) {
    let qs = id_of(report, "pkg:npm/qs@6.5.2");
    let express = id_of(report, "pkg:npm/express@4.17.1");
    let high = AdvisorySeverity {
        level: Level::High,
        score_tenths: Some(75),
        vector: Some("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H".into()),
    };
    let one = |component, id: &str, severity: AdvisorySeverity| AdvisoryMatch {
        component,
        record: Arc::new(Advisory {
            id: id.into(),
            aliases: vec!["CVE-2022-24999".into()],
            malicious: id.starts_with("MAL-"),
            summary: "qs vulnerable to prototype pollution".into(),
            modified: "2024-01-02T03:04:05Z".into(),
            ..Advisory::default()
        }),
        severity: Arc::new(severity),
        fixed: Arc::new(["6.5.3".into(), "6.9.7".into()]),
        because: "introduced 0, fixed 6.5.3".into(),
        vex: None,
    };
    report.matches = vec![
        one(express, "GHSA-hrpp-h998-j3pp", high.clone()),
        one(qs, "GHSA-hrpp-h998-j3pp", high),
        one(qs, "MAL-2024-1", AdvisorySeverity::default()),
    ];
    report.undecided = vec![
        Undecided {
            component: purl("pkg:npm/forked@1.0.0"),
            project: None,
            why: Doubt::Commit,
            allowed: None,
            candidates: vec!["GHSA-hrpp-h998-j3pp".into(), "MAL-2024-1".into()],
            answers: Vec::new(),
        },
        Undecided {
            component: purl("pkg:npm/unlocked"),
            project: Some(ProjectId(0)),
            why: Doubt::NotLocked,
            allowed: Some(Allowed {
                ranges: vec!["^1.2".into()],
                affected: Extent::All,
                clear: Some(Clear { from: "2.0.0".into(), allowed: false }),
            }),
            candidates: vec!["MAL-2024-2".into()],
            answers: vec![Answered {
                advisory: "MAL-2024-2".into(),
                vex: None,
                waived_by: Some(Arc::new(Waiver {
                    reason: "removed from the image".into(),
                    by: "sec@acme.example".into(),
                    expires: "2027-01-01".into(),
                    origin: "tidewaiter.toml".into(),
                })),
            }],
        },
    ];
    decided(report);
    let finding = |verdict, rule: &str, subject: &str, message: &str, advisory: Option<&str>| Finding {
        verdict,
        rule: rule.into(),
        subject: subject.into(),
        message: message.into(),
        help: Some("upgrade to 6.5.3".into()),
        advisory: advisory.map(Text::from),
        locations: Arc::new([
            Location::new("web/package-lock.json", 40),
            Location::new("web/a b#[c].json", 0),
        ]),
        paths: Arc::new([vec!["@acme/web".into(), "express@4.17.1".into(), "qs@6.5.2".into()]]),
        fingerprint: Fingerprint(0x0123_4567_89ab_cdef),
        ..Finding::default()
    };
    let ghsa = Some("GHSA-hrpp-h998-j3pp");
    let message = "GHSA-hrpp-h998-j3pp, high 7.5: qs vulnerable to [prototype](x) {0} pollution";
    let mut waived =
        finding(Verdict::Fail, "license-unknown", "pkg:npm/%40babel/core@7.24.0", "no licence", None);
    waived.waived_by = Some(Arc::new(Waiver {
        reason: "bought".into(),
        by: "legal@acme.example".into(),
        expires: "2030-01-01".into(),
        origin: "tidewaiter.toml".into(),
    }));
    let mut bare =
        finding(Verdict::Incomplete, "project-incomplete", "", "the project has no lockfile", None);
    (bare.locations, bare.paths, bare.help) = (Arc::default(), Arc::default(), None);
    let of_all = |name: &str| {
        finding(Verdict::Fail, "advisory-severity", name, "GHSA-9999-9999-9999", Some("GHSA-9999-9999-9999"))
    };
    let mut accepted = of_all("pkg:npm/left-pad@1.3.0");
    accepted.waived_by = waived.waived_by.clone();
    let [mut unaffected, mut affected] =
        ["pkg:npm/%40babel/core@7.24.0", "pkg:maven/com.google.guava/guava@31.1-jre?type=jar"].map(of_all);
    for one in [&mut unaffected, &mut affected] {
        let id = id_of(report, &one.subject);
        one.vex = report.matches.iter().find(|each| each.component == id).and_then(|each| each.vex.clone());
    }
    report.findings = vec![
        accepted,
        unaffected,
        affected,
        finding(Verdict::Warn, "lockfile-missing", "tools", "there is no lockfile", None),
        finding(Verdict::Fail, "advisory-severity", "pkg:npm/express@4.17.1", message, ghsa),
        finding(Verdict::Fail, "advisory-severity", "pkg:npm/qs@6.5.2", message, ghsa),
        finding(Verdict::Fail, "advisory-malicious", "pkg:npm/qs@6.5.2", "MAL-2024-1", Some("MAL-2024-1")),
        waived,
        bare,
    ];
    report.diagnostics = vec![
        Diagnostic::gap("lockfile-truncated", 7, "the file ends inside an object")
            .help("restore the file")
            .at(Location::new("web/old/package-lock.json", 7)),
        Diagnostic::warning("entry-odd", 0, "an entry has no name").at(Location::new("pom.xml", 0)),
        Diagnostic::note("seen", 0, "noted"),
    ];
    report.coverage = Coverage {
        files_seen: 1204,
        files_read: 31,
        bytes_read: 1_234_567,
        formats: BTreeMap::from([("package-lock.json", 2), ("pom.xml", 1)]),
        left_out: BTreeMap::from([("installed-tree: node_modules".to_owned(), 9811)]),
        symlinks: 2,
        license_places: vec!["the tree".into()],
        limits_hit: vec!["file size: big.json".into()],
    };
    report.advisories = AdvisoryCheck::Checked {
        snapshot: SnapshotInfo {
            sha256: "ab".repeat(32),
            newest: "2024-04-30T00:00:00Z".into(),
            ecosystems: vec!["npm".into()],
            records: 3,
        },
    };
    report.verdict = Report::worst(&report.findings, &report.diagnostics, &report.advisories);
}

/// A rank and a remedy of everything that they can say.
fn remedied(report: &mut Report) {
    let rating = Rating {
        level: Level::High,
        score: Some("7.5".into()),
        vector: Some("CVSS:3.1/AV:N".into()),
        source: "GHSA-hrpp-h998-j3pp".into(),
        basis: RatingBasis::Cvss,
    };
    let ranked = Ranked {
        rank: 2,
        urgency: Urgency { level: Reverse(Level::High), direct: Reverse(true), ..Urgency::default() },
        severity: Arc::new(rating),
        fixed: Arc::new(["6.5.3".into()]),
    };
    for finding in report.findings.iter_mut().filter(|one| one.advisory.is_some()) {
        finding.ranked = Some(Box::new(ranked.clone()));
    }
    let id = Text::from("GHSA-hrpp-h998-j3pp");
    let cleared = Cleared { subject: "pkg:npm/qs@6.5.2".into(), advisory: id.clone() };
    let step = Upgrade {
        version: "6.5.3".into(),
        step: Step::Patch,
        clears: vec![id.clone()],
        leaves: vec!["X-1".into()],
    };
    report.remedies = Remedies {
        upgrades: vec![Upgrades {
            component: ComponentId(0),
            advisories: vec![id],
            smallest: None,
            steps: vec![step],
        }],
        actions: vec![Action {
            kind: ActionKind::RefreshLock,
            projects: vec![ProjectId(0)],
            ecosystem: "npm",
            package: "qs".into(),
            from: "6.5.2".into(),
            to: "6.5.3".into(),
            what: "resolve qs again".into(),
            command: Some("npm update qs".into()),
            because: "every range admits it".into(),
            certain: true,
            clears: vec![cleared.clone()],
        }],
        unfixed: vec![Unfixed { finding: cleared, reason: "no fixed version is known".into() }],
    };
}

/// [`rich`], compared with a baseline.
fn compared() -> Report {
    let mut report = rich();
    remedied(&mut report);
    for (one, change) in report.findings.iter_mut().zip([Change::New, Change::Unchanged].into_iter().cycle())
    {
        one.change = Some(change);
    }
    let gone = Gone {
        rule: "advisory-severity".into(),
        subject: "pkg:npm/left-pad@1.0.0".into(),
        advisories: vec!["CVE-2025-9".into(), "GHSA-9999-9999-9999".into()],
        ..Gone::default()
    };
    report.comparison =
        Some(Comparison { baseline: "base.json".into(), fixed: vec![gone.clone()], unknown: vec![gone] });
    report
}

/// One advisory on four components: undecided, accepted, and stated in two ways; the findings come later.
fn decided(report: &mut Report) {
    let stated = |status, justification: Option<&str>, text: &str| VexDecision {
        status,
        justification: justification.and_then(Justification::by_name),
        text: Some(text.into()),
        author: "Acme PSIRT".into(),
        time: Some("2026-01-02T03:04:05.5+01:00".into()),
        origin: "vex/acme.json".into(),
        line: 7,
    };
    let decisions = [
        ("pkg:npm/qs@6.5.2", None),
        ("pkg:npm/left-pad@1.3.0", None),
        (
            "pkg:npm/%40babel/core@7.24.0",
            Some(stated(VexStatus::NotAffected, Some("component_not_present"), "It is {0} [not](built).")),
        ),
        (
            "pkg:maven/com.google.guava/guava@31.1-jre?type=jar",
            Some(stated(VexStatus::Affected, None, "Upgrade in May.")),
        ),
    ];
    for (name, vex) in decisions {
        let component = id_of(report, name);
        let (id, aliases) = ("GHSA-9999-9999-9999".into(), vec!["CVE-2026-9999".into()]);
        let first = report.matches.first().unwrap().clone();
        let record = Arc::new(Advisory { id, aliases, ..Advisory::clone(&first) });
        report.matches.push(AdvisoryMatch { component, record, vex: vex.map(Arc::new), ..first });
    }
}

fn sealed(mut graph: Graph) -> Report {
    graph.seal();
    Report {
        tool_version: "0.1.0",
        target: "demo".into(),
        timestamp: None,
        graph,
        advisories: AdvisoryCheck::NotChecked { reason: "there is no snapshot".into() },
        matches: Vec::new(),
        undecided: Vec::new(),
        findings: Vec::new(),
        comparison: None,
        remedies: Remedies::default(),
        diagnostics: Vec::new(),
        coverage: Coverage::default(),
        license_terms: LicenseTerms {
            distribution: "source",
            distribution_by: Some("tidewaiter.toml".into()),
            outbound: Some("MIT".into()),
            ..LicenseTerms::default()
        },
        rule_origins: vec!["built-in".into()],
        verdict: Verdict::Incomplete,
    }
}

fn empty() -> Report {
    sealed(Graph::default())
}

/// What an attacker may put into names, ranges, places and texts.
fn hostile() -> Report {
    let nasty = [
        "\u{1b}[2J\u{1b}]0;owned\u{7}".to_owned(),
        "a\"b\\c</script>&{0}[x](y)".to_owned(),
        "\u{202e}gnp.exe\u{2066}\u{200f}\u{feff}".to_owned(),
        "日本語 émoji 🦀\u{0}\n\r\t\u{85}\u{2028}".to_owned(),
        "x".repeat(5000),
        "git+ssh://[::1:zz]:http://@@/ %zz #a#b".to_owned(),
        "::group::owned".to_owned(),
        "LicenseRef-\u{7} OR (".to_owned(),
        "Gun\u{430}.F\u{3bf}rms".to_owned(),
    ];
    let mut graph = GraphBuilder::new();
    let mut all = Vec::new();
    for text in &nasty {
        let mut project = Project::new(text.as_str(), "npm");
        project.name = Some(text.clone());
        project.version = Some(text.clone());
        project.lower(Completeness::Failed, text.clone());
        project.files = vec![Location::new(text.as_str(), 1)];
        let project = graph.add_project(project);
        let mut one =
            Component::new(Purl::new("npm", text, text, text).unwrap(), "npm", text.as_str(), text.as_str());
        one.source = match all.len() % 3 {
            0 => Source::Git { url: text.as_str().into(), commit: text.as_str().into() },
            1 => Source::Url { url: text.as_str().into() },
            _ => Source::Path { path: text.as_str().into() },
        };
        one.evidence = vec![seen(text, u32::MAX, "package-lock.json", Method::Manifest)];
        one.licenses = vec![
            license(text, LicenseBasis::Declared, Some(text)),
            license("MIT OR ISC", LicenseBasis::Declared, None),
            license(text, LicenseBasis::Detected, None),
        ];
        one.declared = vec![RawLicense::new(text.as_str(), Location::new(text.as_str(), 0))];
        one.properties = vec![("npm:x", text.clone())];
        let id = graph.add_component(one);
        graph.add_edge(project, project, id, Scope::Unknown);
        for before in &all {
            graph.add_edge(project, *before, id, Scope::Runtime);
            graph.add_edge(project, id, *before, Scope::Runtime);
        }
        graph.add_requirement(Requirement {
            project,
            purl: Purl::new("npm", "", text, "").unwrap(),
            ecosystem: "npm",
            name: text.clone(),
            range: text.clone(),
            scope: Scope::Unknown,
            location: Location::new(text.as_str(), 0),
            format: "package.json",
            reason: text.clone(),
        });
        all.push(id);
    }
    let mut report = sealed(graph.finish());
    report.target = nasty[3].clone();
    report.timestamp = Some("yesterday".into());
    for (n, text) in (0u32..).zip(&nasty) {
        report.matches.push(AdvisoryMatch {
            component: ComponentId(n),
            record: Arc::new(Advisory {
                id: text.as_str().into(),
                aliases: vec![text.as_str().into(), "-".into()],
                malicious: false,
                summary: text.clone(),
                modified: text.clone(),
                kev: Some(Kev {
                    cve: text.clone(),
                    added: text.clone(),
                    due: text.clone(),
                    ransomware: true,
                }),
                epss: None,
                ssvc: None,
            }),
            severity: Arc::new(AdvisorySeverity {
                level: Level::Unknown,
                score_tenths: None,
                vector: Some(text.clone()),
            }),
            fixed: Arc::new([text.as_str().into()]),
            because: text.as_str().into(),
            vex: None,
        });
        report.findings.push(Finding {
            verdict: Verdict::Fail,
            rule: "advisory-severity".into(),
            subject: text.as_str().into(),
            message: text.as_str().into(),
            help: Some(text.as_str().into()),
            advisory: Some(text.as_str().into()),
            locations: Arc::new([Location::new(text.as_str(), 3)]),
            paths: Arc::new([vec![text.clone(), text.clone()]]),
            fingerprint: Fingerprint(0x0123_4567_89ab_cdef),
            ..Finding::default()
        });
        report.diagnostics.push(
            Diagnostic::gap("odd", 1, text.clone()).help(text.clone()).at(Location::new(text.as_str(), 1)),
        );
        report.coverage.left_out.insert(text.clone(), 1);
        report.coverage.limits_hit.push(text.clone());
    }
    report
}

/// 40 projects, 2,000 components, 100 findings of which 60 are about one advisory.
fn large() -> Report {
    let mut graph = GraphBuilder::new();
    for p in 0..40 {
        let project = graph.add_project(Project::new(format!("packages/p{p:02}"), "npm"));
        for n in 0..50 {
            let name = format!("dep-{p}-{n}");
            let one = component(&format!("pkg:npm/{name}@1.0.0"), "npm", &name, "1.0.0", n);
            let id = graph.add_component(one);
            graph.add_edge(project, project, id, Scope::Runtime);
        }
    }
    let mut report = sealed(graph.finish());
    report.findings = (0..100)
        .map(|n| Finding {
            verdict: if n < 60 { Verdict::Fail } else { Verdict::Warn },
            rule: if n < 60 { "advisory-severity".into() } else { "license-unknown".into() },
            subject: format!("pkg:npm/dep-{}-0@1.0.0", n % 40).into(),
            message: if n < 60 { "GHSA-1, high".into() } else { format!("dep-{n} has no licence").into() },
            help: None,
            advisory: (n < 60).then(|| "GHSA-1".into()),
            locations: Arc::new([Location::new("web/package-lock.json", n)]),
            paths: Arc::new([vec![format!("p{n:02}"), format!("dep-{n}@1.0.0")]]),
            fingerprint: Fingerprint(n.into()),
            ..Finding::default()
        })
        .collect();
    report.verdict = Verdict::Fail;
    report
}

fn written(report: &Report, spec: &str, options: &Options) -> String {
    let (reporter, version) = report::find(spec).unwrap();
    let mut out = Vec::new();
    reporter.write(report, version, options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn document(report: &Report, spec: &str) -> Value {
    serde_json::from_str(&written(report, spec, &Options { license_texts: true, ..Options::default() }))
        .unwrap()
}

/// A component whose texts hold more than it declares, and a licence of the repository that its manifest does not name.
fn licensed() -> Report {
    let mut report = rich();
    let id = id_of(&report, "pkg:npm/express@4.17.1");
    let express = &mut report.graph.components[id.0 as usize];
    express.licenses.push(license("ISC OR Zlib", LicenseBasis::Detected, None));
    express.concluded = license::conclude(&express.licenses);
    express.texts = vec![Arc::new(LicenseDocument {
        path: "web/node_modules/express/LICENSE".into(),
        text: "Permission is granted.\n".into(),
        standard: false,
        expressions: vec!["MIT".into()],
        copyrights: vec!["Copyright 2020 Acme".to_owned()],
    })];
    report.graph.areas[0].path = "".into();
    report.graph.texts = report.graph.components[id.0 as usize].texts.clone();
    report
}

fn reports() -> [(&'static str, Report); 6] {
    [
        ("rich", rich()),
        ("licensed", licensed()),
        ("compared", compared()),
        ("empty", empty()),
        ("hostile", hostile()),
        ("large", large()),
    ]
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn errors(validator: &Validator, document: &Value) -> Vec<String> {
    validator.iter_errors(document).map(|one| format!("{}: {one}", one.instance_path())).take(5).collect()
}

/// Compares with a golden file, or rewrites it under `BLESS=1`.
fn golden(name: &str, got: &str) {
    let path = root().join("fixtures/reports").join(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, got).unwrap();
    }
    let want = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(got, want, "{} differs; BLESS=1 rewrites it", path.display());
}

#[test]
fn table_and_json_read_as_they_did() {
    let plain = Options::default();
    golden("rich.table.txt", &written(&rich(), "table", &plain));
    golden(
        "rich.table.80.txt",
        &written(&rich(), "table", &Options { color: true, width: Some(80), ..plain }),
    );
    golden("empty.table.txt", &written(&empty(), "table", &plain));
    golden("large.table.txt", &written(&large(), "table", &plain));
    golden(
        "hostile.table.txt",
        &written(&hostile(), "table", &Options { color: false, width: Some(100), ..Options::default() }),
    );
    golden("compared.table.txt", &written(&compared(), "table", &plain));
    golden("rich.json", &written(&rich(), "json", &plain));
    golden("rich.cyclonedx.json", &written(&rich(), "cyclonedx-json", &plain));
    golden("rich.spdx.json", &written(&rich(), "spdx-json", &plain));
    golden("rich.sarif.json", &written(&rich(), "sarif", &plain));
    golden("rich.openvex.json", &written(&rich(), "openvex", &plain));
    golden("rich.licenses.txt", &written(&rich(), "licenses", &plain));
    golden("rich.licenses.csv", &written(&rich(), "licenses-csv", &plain));
    let (report, mut tree, mut why) = (rich(), Vec::new(), Vec::new());
    inventory::tree(&report.graph, &plain, &mut tree).unwrap();
    golden("rich.licenses.tree.txt", &String::from_utf8(tree).unwrap());
    let is_meant = |text: &str| text == "MIT" || text == "none";
    assert_eq!(inventory::why(&report.graph, &is_meant, &plain, &mut why).unwrap(), 6);
    golden("rich.licenses.why.txt", &String::from_utf8(why).unwrap());
}

#[test]
fn nothing_in_a_table_steers_the_terminal() {
    for (name, report) in reports() {
        let text =
            written(&report, "table", &Options { color: false, width: Some(100), ..Options::default() });
        let bad = text.chars().find(|c| {
            (c.is_control() && *c != '\n')
                || matches!(*c, '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        });
        assert_eq!(bad, None, "{name}");
    }
    let colored = written(&rich(), "table", &Options { color: true, ..Options::default() });
    assert_eq!(
        colored.matches("\u{1b}[0m").count() * 2,
        colored.matches('\u{1b}').count(),
        "every style is closed"
    );
    let plain = written(&rich(), "table", &Options::default());
    let mut bare = colored;
    for code in ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[2m", "\u{1b}[1;31m", "\u{1b}[1;32m", "\u{1b}[1;33m"] {
        bare = bare.replace(code, "");
    }
    assert_eq!(bare, plain, "colours change nothing else");
}

#[test]
fn a_table_of_a_large_scan_stays_short() {
    let text = written(&large(), "table", &Options::default());
    assert!(text.lines().count() < 200, "{} lines", text.lines().count());
    assert!(text.contains("and 30 more of `license-unknown`: "), "{text}");
    assert!(text.starts_with("advisories were not checked"), "{text}");
    assert!(text.trim_end().lines().last().unwrap().starts_with("verdict: fail"), "{text}");
}

#[test]
fn the_json_report_fits_its_published_schema() {
    let text = std::fs::read_to_string(root().join("schemas/report-1.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&text).unwrap();
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    for (name, report) in reports() {
        assert_eq!(errors(&validator, &document(&report, "json")), Vec::<String>::new(), "{name}");
    }
    // Each field of the rich report is one that the schema knows: an unknown one is an error wherever it stands.
    let rich = document(&compared(), "json");
    let mut objects = Vec::new();
    pointers(&rich, String::new(), &mut objects);
    for pointer in objects {
        let mut changed = rich.clone();
        let object = changed.pointer_mut(&pointer).unwrap().as_object_mut().unwrap();
        object.insert("not a field".into(), json!(null));
        assert!(!validator.is_valid(&changed), "the schema accepts any field at {pointer}");
    }
}

/// The fields that OpenVEX 0.2.0 requires, and what each status must come with and without.
#[test]
fn openvex_fits_the_specification() {
    let text = std::fs::read_to_string(root().join("fixtures/reports/openvex-0.2.0.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&text).unwrap();
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let mut statuses = BTreeSet::new();
    for (name, report) in reports() {
        let vex = document(&report, "openvex");
        assert_eq!(errors(&validator, &vex), Vec::<String>::new(), "{name}");
        let said = vex["statements"].as_array().unwrap();
        statuses.extend(said.iter().filter_map(|one| one["status"].as_str().map(str::to_owned)));
    }
    assert!(statuses.len() >= 3, "the reports show {statuses:?} only");
    // The schema can say no: each required field and each thing a status must come with is missed.
    let whole = document(&rich(), "openvex");
    for (at, key) in [
        ("", "@context"),
        ("", "@id"),
        ("", "author"),
        ("", "timestamp"),
        ("", "version"),
        ("/statements/0", "vulnerability"),
        ("/statements/0", "products"),
        ("/statements/0", "status"),
        ("/statements/0/vulnerability", "name"),
        ("/statements/0/products/0", "@id"),
    ] {
        let mut changed = whole.clone();
        let object = changed.pointer_mut(at).unwrap().as_object_mut().unwrap();
        assert!(object.remove(key).is_some(), "{at}/{key}");
        assert!(!validator.is_valid(&changed), "{at}/{key} may be absent");
    }
    for statement in whole["statements"].as_array().unwrap() {
        let keys: &[&str] = match statement["status"].as_str().unwrap() {
            "not_affected" => &["justification", "impact_statement"],
            "affected" => &["action_statement"],
            _ => continue,
        };
        let (mut changed, mut bare) = (whole.clone(), statement.clone());
        keys.iter().for_each(|key| drop(bare.as_object_mut().unwrap().remove(*key)));
        changed["statements"] = json!([bare]);
        assert!(!validator.is_valid(&changed), "{statement}");
    }
}

/// Pointers to all objects of a document; maps with free keys left out.
fn pointers(value: &Value, at: String, out: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            if !at.ends_with("/formats") && !at.ends_with("/left_out") {
                out.push(at.clone());
            }
            map.iter().for_each(|(key, value)| pointers(value, format!("{at}/{key}"), out));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(n, value)| pointers(value, format!("{at}/{n}"), out));
        }
        _ => {}
    }
}

fn official(name: &str) -> Option<Value> {
    let path = root().join("../shared/schemas").join(name);
    let Ok(text) = std::fs::read_to_string(path) else {
        eprintln!("skipped: ../shared is absent");
        return None;
    };
    Some(serde_json::from_str(&text).unwrap())
}

fn accepts(schema: &str, spec: &str) {
    let Some(document_schema) = official(schema) else { return };
    let mut registry = Registry::new();
    for part in ["spdx.schema.json", "jsf-0.82.schema.json"] {
        let Some(part_schema) = official(part) else { return };
        registry = registry.add(format!("http://cyclonedx.org/schema/{part}"), part_schema).unwrap();
    }
    // 1.7 refers to a file about cryptography that no document of ours touches.
    let registry = registry
        .add(
            "http://cyclonedx.org/schema/cryptography-defs.schema.json",
            json!({"definitions": {
            "algorithmFamiliesEnum": {}, "ellipticCurvesEnum": {}}}),
        )
        .unwrap()
        .prepare()
        .unwrap();
    let validator = jsonschema::options()
        .with_registry(&registry)
        .should_validate_formats(true)
        .should_ignore_unknown_formats(true)
        .build(&document_schema)
        .unwrap();
    for (name, report) in reports() {
        assert_eq!(errors(&validator, &document(&report, spec)), Vec::<String>::new(), "{spec} of {name}");
    }
    // For validators outside this test: `.ci/validate_sboms --files target/tmp/sboms/*`.
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("sboms");
    std::fs::create_dir_all(&dir).unwrap();
    for (name, report) in reports().iter().filter(|_| spec != "sarif") {
        std::fs::write(dir.join(format!("{name}.{spec}.json")), written(report, spec, &Options::default()))
            .unwrap();
    }
    // The validator does refuse: otherwise this test could not fail.
    let mut broken = document(&rich(), spec);
    broken.as_object_mut().unwrap().insert("no such field".into(), json!(1));
    assert!(!validator.is_valid(&broken), "{spec}");
}

#[test]
fn cyclonedx_1_5_fits_the_official_schema() {
    accepts("bom-1.5.schema.json", "cyclonedx-json@1.5");
}

#[test]
fn cyclonedx_1_6_fits_the_official_schema() {
    accepts("bom-1.6.schema.json", "cyclonedx-json");
}

#[test]
fn cyclonedx_1_7_fits_the_official_schema() {
    accepts("bom-1.7.schema.json", "cyclonedx-json@1.7");
}

#[test]
fn spdx_2_3_fits_the_official_schema() {
    accepts("spdx-2.3.schema.json", "spdx-json");
}

#[test]
fn sarif_fits_the_official_schema() {
    accepts("sarif-2.1.0.schema.json", "sarif");
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("no text at {pointer} of {value}"))
}

fn list<'v>(value: &'v Value, pointer: &str) -> &'v [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

#[test]
fn cyclonedx_references_are_unique_and_resolve() {
    for (name, report) in reports() {
        for spec in ["cyclonedx-json@1.5", "cyclonedx-json@1.6", "cyclonedx-json@1.7"] {
            let bom = document(&report, spec);
            let mut refs = BTreeSet::from([text(&bom, "/metadata/component/bom-ref")]);
            for one in list(&bom, "/components") {
                assert!(refs.insert(text(one, "/bom-ref")), "{name}: {one} twice");
            }
            let mut needs = BTreeMap::new();
            for one in list(&bom, "/dependencies") {
                let targets: Vec<&str> =
                    list(one, "/dependsOn").iter().map(|to| to.as_str().unwrap()).collect();
                assert!(targets.is_sorted_by(|a, b| a < b), "{name}: {one} is not sorted");
                assert!(targets.iter().all(|to| refs.contains(to)), "{name}: {one} dangles");
                assert!(needs.insert(text(one, "/ref"), targets).is_none(), "{name}: {one} twice");
            }
            assert_eq!(needs.keys().copied().collect::<BTreeSet<_>>(), refs, "{name}: an entry each");
            assert_eq!(reached("target", &needs), refs, "{name}: the root reaches everything");
            let affected = list(&bom, "/vulnerabilities").iter().flat_map(|one| list(one, "/affects"));
            assert!(affected.map(|one| text(one, "/ref")).all(|one| refs.contains(one)), "{name}");
            let composed = list(&bom, "/compositions").iter().flat_map(|one| list(one, "/dependencies"));
            assert!(composed.map(|one| one.as_str().unwrap()).all(|one| refs.contains(one)), "{name}");
        }
    }
}

fn reached<'v>(root: &'v str, needs: &BTreeMap<&'v str, Vec<&'v str>>) -> BTreeSet<&'v str> {
    let mut seen = BTreeSet::new();
    let mut queue = vec![root];
    while let Some(one) = queue.pop() {
        if seen.insert(one) {
            queue.extend(needs.get(one).into_iter().flatten());
        }
    }
    seen
}

#[test]
fn spdx_references_are_unique_and_resolve() {
    for (name, report) in reports() {
        let document = document(&report, "spdx-json");
        let mut ids = BTreeSet::from(["SPDXRef-DOCUMENT"]);
        for one in list(&document, "/packages") {
            let id = text(one, "/SPDXID");
            assert!(id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b)), "{name}: {id}");
            assert!(ids.insert(id), "{name}: {id} twice");
        }
        let mut needs: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for one in list(&document, "/relationships") {
            let (from, to) = (text(one, "/spdxElementId"), text(one, "/relatedSpdxElement"));
            let reversed = text(one, "/relationshipType").ends_with("_OF");
            let (from, to) = if reversed { (to, from) } else { (from, to) };
            needs.entry(from).or_default().push(to);
        }
        assert_eq!(
            reached("SPDXRef-DOCUMENT", &needs),
            ids,
            "{name}: everything is described, nothing dangles"
        );
        let explained: BTreeSet<&str> = list(&document, "/hasExtractedLicensingInfos")
            .iter()
            .map(|one| text(one, "/licenseId"))
            .collect();
        for one in list(&document, "/packages") {
            for expression in [text(one, "/licenseDeclared"), text(one, "/licenseConcluded")] {
                let used = expression.split([' ', '(', ')']).filter(|word| word.starts_with("LicenseRef-"));
                used.for_each(|word| assert!(explained.contains(word), "{name}: {word}"));
            }
        }
    }
}

#[test]
fn sarif_indices_fit_and_every_result_has_a_place() {
    for (name, report) in reports() {
        let log = document(&report, "sarif");
        let rules = list(&log, "/runs/0/tool/driver/rules");
        let results = list(&log, "/runs/0/results");
        let gone = report.comparison.as_ref().map_or(0, |comparison| comparison.fixed.len());
        assert_eq!(results.len(), report.findings.len() + gone, "{name}");
        for one in results {
            // What is gone has no rule in this run.
            match one["ruleIndex"].as_u64() {
                None => assert_eq!(text(one, "/baselineState"), "absent", "{name}"),
                Some(index) => {
                    let rule = &rules[usize::try_from(index).unwrap()];
                    assert_eq!(text(rule, "/id"), text(one, "/ruleId"), "{name}");
                }
            }
            let uri = text(one, "/locations/0/physicalLocation/artifactLocation/uri");
            assert!(!uri.is_empty() && !uri.starts_with('/') && !uri.contains(':'), "{name}: {uri}");
            assert_ne!(
                one.pointer("/locations/0/physicalLocation/region/startLine"),
                Some(&json!(0)),
                "{name}"
            );
        }
    }
}

#[test]
fn the_same_facts_in_another_order_give_the_same_bytes() {
    for spec in report::ALL.iter().flat_map(|one| {
        let versions = one.versions().iter().map(|version| format!("{}@{version}", one.name()));
        versions.chain([one.name().to_owned()])
    }) {
        let options = Options { color: false, width: Some(100), ..Options::default() };
        let first = written(&rich(), &spec, &options);
        assert_eq!(first, written(&rich(), &spec, &options), "{spec}");
        let mut shuffled = rich();
        shuffled.graph.edges.reverse();
        shuffled.graph.requirements.reverse();
        shuffled.graph.components.iter_mut().for_each(|one| {
            one.evidence.reverse();
            one.licenses.reverse();
        });
        shuffled.graph.seal();
        assert_eq!(first, written(&shuffled, &spec, &options), "{spec}");
    }
}

#[test]
fn the_content_names_the_document() {
    let serial = |report: &Report| text(&document(report, "cyclonedx-json"), "/serialNumber").to_owned();
    let mut other = rich();
    other.graph.edges.pop();
    assert_ne!(serial(&rich()), serial(&other));
    assert_ne!(serial(&rich()), serial(&empty()));
    assert_eq!(text(&document(&rich(), "spdx-json"), "/creationInfo/created"), "2024-05-01T10:00:00Z");
}

fn library<'v>(bom: &'v Value, reference: &str) -> &'v Value {
    list(bom, "/components").iter().find(|one| text(one, "/bom-ref") == reference).unwrap()
}

/// The declared licence beside another conclusion, and the texts where they are asked for, in each version.
#[test]
fn sboms_tell_declared_from_concluded_licences() {
    let report = licensed();
    let options = Options { license_texts: true, ..Options::default() };
    let both = json!({"expression": "MIT AND (ISC OR Zlib)", "acknowledgement": "concluded"});
    for (version, licenses, declared) in [
        ("1.5", json!([{"expression": "MIT AND (ISC OR Zlib)"}]), Some("MIT")),
        ("1.6", json!([both.clone()]), Some("MIT")),
        ("1.7", json!([{"license": {"id": "MIT", "acknowledgement": "declared"}}, both]), None),
    ] {
        let bom: Value =
            serde_json::from_str(&written(&report, &format!("cyclonedx-json@{version}"), &options)).unwrap();
        let express = library(&bom, "pkg:npm/express@4.17.1");
        assert_eq!(express.pointer("/licenses"), Some(&licenses), "{version}");
        let named = |one: &&Value| text(one, "/name") == "tidewaiter:license-declared";
        let property = list(express, "/properties").iter().find(named).map(|one| text(one, "/value"));
        assert_eq!(property, declared, "{version}");
        let license = express.pointer("/evidence/licenses/0/license").unwrap();
        assert_eq!(
            (text(license, "/id"), text(license, "/text/content")),
            ("MIT", "Permission is granted.\n")
        );
    }
    let sbom: Value = serde_json::from_str(&written(&report, "spdx-json", &options)).unwrap();
    let express = list(&sbom, "/packages").iter().find(|one| text(one, "/name") == "express").unwrap();
    assert_eq!(text(express, "/licenseConcluded"), "MIT AND (ISC OR Zlib)");
    assert_eq!(text(express, "/licenseDeclared"), "MIT");
    assert_eq!(text(express, "/copyrightText"), "Copyright 2020 Acme");
}

#[test]
fn cyclonedx_says_what_the_report_knows() {
    let bom = document(&rich(), "cyclonedx-json");
    let core = library(&bom, "pkg:npm/%40babel/core@7.24.0");
    assert_eq!((text(core, "/group"), text(core, "/name")), ("@babel", "core"));
    assert_eq!(text(core, "/scope"), "excluded");
    assert_eq!(text(core, "/licenses/0/license/name"), "SEE LICENSE IN EULA");
    let guava = library(&bom, "pkg:maven/com.google.guava/guava@31.1-jre?type=jar");
    assert_eq!((text(guava, "/group"), text(guava, "/name")), ("com.google.guava", "guava"));
    let toml = library(&bom, "pkg:golang/github.com/BurntSushi/toml@v1.3.2");
    assert_eq!(text(toml, "/name"), "github.com/BurntSushi/toml");
    assert_eq!((toml.get("group"), toml.get("hashes")), (None, None));
    let h1 = json!({"name": "tidewaiter:go-h1", "value": "h1:o7IhLm0Msx3BaB+n3Ag7L8EVlByGnpq14C4YWiu/gL8="});
    assert!(list(toml, "/properties").contains(&h1), "{toml}");
    let qs = library(&bom, "pkg:npm/qs@6.5.2");
    assert_eq!(text(qs, "/scope"), "required");
    assert_eq!(list(qs, "/licenses").len(), 2);
    assert_eq!(
        qs.pointer("/evidence/occurrences/1"),
        Some(&json!({"location": "web/package-lock.json", "line": 40}))
    );
    let express = library(&bom, "pkg:npm/express@4.17.1");
    assert_eq!(
        express.pointer("/licenses"),
        Some(&json!([{"license": {"id": "MIT", "acknowledgement": "declared"}}]))
    );
    assert_eq!(text(express, "/evidence/licenses/0/expression"), "MIT OR Apache-2.0");
    let web = library(&bom, "project:npm:web");
    assert_eq!(text(web, "/licenses/0/license/acknowledgement"), "concluded");
    assert_eq!(
        text(web, "/evidence/licenses/0/license/properties/0/value"),
        "web/node_modules/x/package.json:3"
    );
    let patched = library(&bom, "pkg:npm/left-pad@1.3.0");
    assert_eq!(text(patched, "/externalReferences/0/url"), "ssh://git@github.com/acme/left-pad.git");
    // `^6` is what the project has locked as 6.5.2; the range that two projects share stands once.
    let wanted: Vec<&str> = list(&bom, "/components")
        .iter()
        .map(|one| text(one, "/bom-ref"))
        .filter(|one| one.starts_with("requirement:"))
        .collect();
    assert_eq!(
        wanted,
        ["requirement:pkg:maven/org.acme/lib@", "requirement:pkg:maven/org.acme/lib@[1.0,2.0)"]
    );
    let range = library(&bom, wanted[1]);
    assert_eq!((range.get("version"), text(range, "/purl")), (None, "pkg:maven/org.acme/lib"));
    let aggregates: Vec<&str> =
        list(&bom, "/compositions").iter().map(|one| text(one, "/aggregate")).collect();
    assert_eq!(aggregates, ["complete", "incomplete", "unknown"]);
    // One entry for each decision about the first advisory, then one for each of the two others.
    let states: Vec<Option<&str>> =
        list(&bom, "/vulnerabilities").iter().map(|one| one.pointer("/analysis/state")?.as_str()).collect();
    assert_eq!(states, [None, Some("exploitable"), Some("not_affected"), Some("exploitable"), None, None]);
    assert_eq!(bom.pointer("/vulnerabilities/4/ratings/0/score"), Some(&json!(7.5)));
    assert_eq!(list(&bom, "/vulnerabilities/4/affects").len(), 2);
    assert_eq!(bom.pointer("/vulnerabilities/5/cwes"), Some(&json!([506])));
}

#[test]
fn older_cyclonedx_has_no_lines_in_occurrences() {
    let bom = document(&rich(), "cyclonedx-json@1.5");
    let qs = library(&bom, "pkg:npm/qs@6.5.2");
    assert_eq!(list(qs, "/evidence/occurrences").len(), 2);
    assert!(qs.pointer("/evidence/identity").unwrap().is_object());
}

#[test]
fn the_best_path_gives_the_scope() {
    let report = document(&rich(), "json");
    let of = |purl: &str| {
        let one = list(&report, "/components").iter().find(|one| text(one, "/purl") == purl).unwrap();
        (text(one, "/scope"), one["direct"].as_bool().unwrap(), list(one, "/projects").len())
    };
    assert_eq!(of("pkg:npm/qs@6.5.2"), ("runtime", false, 1));
    assert_eq!(of("pkg:npm/express@4.17.1"), ("runtime", true, 1));
    assert_eq!(of("pkg:npm/left-pad@1.3.0"), ("dev", false, 1));
    assert_eq!(of("pkg:maven/com.google.guava/guava@31.1-jre?type=jar"), ("build", true, 1));
    assert_eq!(of("pkg:golang/github.com/BurntSushi/toml@v1.3.2"), ("unknown", false, 1));
    assert_eq!(of("pkg:golang/lone.example/x@v0.0.1"), ("unknown", false, 0));
}

#[test]
fn formats_are_found_by_name_and_version() {
    let of = |spec: &str| report::find(spec).map(|(one, version)| (one.name(), version));
    assert_eq!(of("table"), Ok(("table", "")));
    assert_eq!(of("cyclonedx-json"), Ok(("cyclonedx-json", "1.6")));
    assert_eq!(of("cyclonedx@1.7"), Ok(("cyclonedx-json", "1.7")));
    assert_eq!(of("spdx-json@2.3"), Ok(("spdx-json", "2.3")));
    let help = |spec: &str| of(spec).unwrap_err().help();
    assert_eq!(help("cyclonedx-jsn"), "did you mean `cyclonedx-json`?");
    assert_eq!(help("saarif"), "did you mean `sarif`?");
    assert!(help("xyzzy").starts_with("known formats: table, json"));
    assert_eq!(help("cyclonedx-json@1.0"), "known versions: 1.6, 1.5, 1.7");
    assert!(matches!(of("table@2"), Err(UnknownFormat::Version { .. })));
}
