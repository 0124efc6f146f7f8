//! The packet cases of the Mosquitto project on the embedded broker, and the judge judged: by cases that nobody here has
//! written before, some of which must fail. `LARDER_MQTT_CASES=PATH` plays another file or folder of cases. Program
//! `mqtt-cases` (package `tests`) does the same on the broker as the node opens it, and on Mosquitto.

#![expect(clippy::unwrap_used, reason = "a test's helpers stop at what must not happen")]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mqtt_cases::{Case, Entry, Kind, Outcome, Report, Run, Step, encode, known, play_all};
use store_broker::{Broker, Limits, OpenGate, Setup};

/// The cases to play; `None` where there are none on this machine.
fn cases() -> Option<Vec<Entry>> {
    let at = std::env::var_os("LARDER_MQTT_CASES").map(PathBuf::from).or_else(|| {
        std::env::var_os("LARDER_SHARED")
            .map(|shared| PathBuf::from(shared).join("data/mqtt/mosquitto-broker-data"))
    })?;
    Some(mqtt_cases::read(&at).unwrap())
}

async fn play(cases: Vec<Entry>) -> Report {
    let any = "127.0.0.1:0".parse().unwrap();
    let setup = Setup { tcp: any, web: any, retained: None, limits: Limits::default(), tls: None };
    let broker = Broker::start(setup, Arc::new(OpenGate)).await.unwrap();
    let run = Run { broker: broker.tcp(), patience: Duration::from_millis(400) };
    let report = tokio::task::spawn_blocking(move || play_all(run, &cases, known::EMBEDDED)).await.unwrap();
    broker.stop().await;
    report
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_embedded_broker_passes_the_packet_cases() {
    let Some(cases) = cases() else { return };
    assert!(!cases.is_empty());
    let wanted = cases.len();
    let report = play(cases).await;
    assert_eq!(report.passed() + report.failed.len(), wanted);
    let unexplained: Vec<_> = report.unexplained().collect();
    assert!(unexplained.is_empty(), "{} passed; {unexplained:#?}", report.passed());
    // With the limits that the cases were written for, the words are the same too.
    assert!(report.same_verdict.is_empty(), "{:#?}", report.same_verdict);
    assert!(report.other_reason.is_empty(), "{:#?}", report.other_reason);
}

/// Every given case with the opposite end: where the case passes, its opposite cannot. A sample, since a silence is waited for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_case_passes_with_the_opposite_end() {
    const EACH: usize = 23;
    let Some(cases) = cases() else { return };
    let good: Vec<Case> = cases.into_iter().filter_map(Result::ok).collect();
    let passing = play(good.iter().step_by(EACH).cloned().map(Ok).collect()).await;
    let turned: Vec<Entry> =
        good.iter().step_by(EACH).cloned().map(|case| Ok(Case { closes: !case.closes, ..case })).collect();
    let wanted = turned.len();
    let report = play(turned).await;
    assert_eq!((passing.passed(), report.failed.len()), (wanted, wanted), "{:?}", report.same_verdict);
}

/// A file that came from elsewhere: cases of every kind as they should be, and the same with something wrong in each.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_of_unknown_cases_is_judged_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("kept-back.json"), UNKNOWN).unwrap();
    let report = play(mqtt_cases::read(folder.path()).unwrap()).await;
    let title = |name: &str| format!("kept-back.json: NEW: {name}");
    let told = |list: &[(String, String)]| list.to_vec();
    let other = (title("refused with another reason"), "refused with E00181 instead of E00182".to_owned());
    assert_eq!((told(&report.other_reason), told(&report.same_verdict)), (vec![other], vec![]));
    let failed: Vec<_> =
        report.failed.iter().map(|one| (one.case.clone(), one.why.as_str(), one.known.is_some())).collect();
    assert_eq!(
        failed,
        [
            (title("another acknowledgement"), "wanted 40020003, got 40020002", false),
            (title("stays, wanted closed"), "should have closed; got nothing", false),
            (title("closes, wanted open"), "should have answered a ping; got E00181", false),
            (title("silence, wanted a word"), "wanted 40020002, got nothing", false),
            (title("a bridge's state"), "wanted 4002007B, got 4003007B87", true),
            (title("no bridge's state"), "wanted 4002007B, got 4003007B87", false),
            (title("unreadable"), "cannot be read: neither a number nor hexadecimal: ZZ", false),
        ]
    );
    assert_eq!((report.passed(), report.failed.len()), (4, 7), "{report:#?}");
}

const UNKNOWN: &str = r#"[{"group":"NEW","ver":5,"expect_disconnect":false,"tests":[
    {"name":"acknowledged","msgs":[
        {"type":"send","payload":"32 r9 s3 'a/b' m2 v0 'x'"}, {"type":"recv","payload":"40 r3 m2 10"}]},
    {"name":"two answers at once","msgs":[
        {"type":"send","payload":"82 r9 m1 v0 s3 'n/w' 00"}, {"type":"recv","payload":"90 r4 m1 00 00"},
        {"type":"send","payload":"32 r9 s3 'n/w' m2 v0 'x'"},
        {"type":"recv","payload":"30 r7 s3 'n/w' v0 'x' 40 r2 m2"}]},
    {"name":"from somebody else","msgs":[
        {"type":"send","payload":"82 r9 m1 v0 s3 'o/p' 00"}, {"type":"recv","payload":"90 r4 m1 00 00"},
        {"type":"external_publish","topic":"o/p","qos":1,"payload":"y"},
        {"type":"recv","payload":"30 r7 s3 'o/p' v0 'y'"}]},
    {"name":"refused with another reason","expect_disconnect":true,"msgs":[
        {"type":"send","payload":"C1 r0"}, {"type":"recv","payload":"E0 r1 82"}]},
    {"name":"another acknowledgement","msgs":[
        {"type":"send","payload":"82 r9 m1 v0 s3 'n/z' 00"}, {"type":"recv","payload":"90 r4 m1 00 00"},
        {"type":"send","payload":"32 r9 s3 'n/z' m2 v0 'x'"}, {"type":"recv","payload":"30 r7 s3 'n/z' v0 'x'"},
        {"type":"recv","payload":"40 r2 m3"}]},
    {"name":"stays, wanted closed","expect_disconnect":true,"msgs":[
        {"type":"send","payload":"30 r7 s3 'a/b' v0 'x'"}]},
    {"name":"closes, wanted open","msgs":[{"type":"send","payload":"C1 r0"}]},
    {"name":"silence, wanted a word","msgs":[
        {"type":"send","payload":"30 r7 s3 'a/b' v0 'x'"}, {"type":"recv","payload":"40 r2 m2"}]},
    {"name":"a bridge's state","msgs":[
        {"type":"send","payload":"32 r36 s30 '$SYS/broker/connection/x/state' m123 v0 'm'"},
        {"type":"recv","payload":"40 r2 m123"}]},
    {"name":"no bridge's state","msgs":[
        {"type":"send","payload":"32 r20 s14 '$SYS/broker/us' m123 v0 'm'"}, {"type":"recv","payload":"40 r2 m123"}]},
    {"name":"unreadable","msgs":[{"type":"send","payload":"ZZ"}]}
]}]"#;

/// A deviation explains its own way of going wrong alone: a list that excused more would hide a fault.
#[test]
fn a_deviation_explains_nothing_else() {
    let case = |version, bytes: &str| Case {
        file: String::new(),
        group: String::new(),
        name: String::new(),
        version,
        connect: true,
        closes: true,
        steps: vec![Step::Send(encode(bytes).unwrap())],
    };
    let known = |list: &[mqtt_cases::Deviation], case: &Case, kind| {
        let mut report = Report::default();
        let failure = mqtt_cases::Failure { kind, why: String::new() };
        report.add(case, Outcome::Failed(failure), list);
        report.unexplained().count() == 0
    };
    // Each with one thing wrong that Mosquitto 2.0 overlooks.
    let lenient = [
        (4, "90 r3 m1 00"),
        (4, "C4 r0"),
        (5, "40 r5 m1 00 00 00"),
        (5, "62 r3 m1 80"),
        (4, "38 r14 s5 'topic' 'payload'"),
        (5, "32 r19 s5 'topic' m1234 v2 01 i2 'payload'"),
        (5, "32 r19 s5 'topic' m1234 v2 0B v0 'payload'"),
        (5, "82 r16 m1234 v0 s10 '$share/p/p' 04"),
        (5, "10 r18 s4 'MQTT' 05 02 k10 04 16 s1 'p' s1 'p'"),
        (5, "10 r24 s4 'MQTT' 05 06 k10 v0 s1 'p' 03 08 0000 s1 'p' s1 'p'"),
        (5, "0A C0"),
    ];
    for (version, bytes) in lenient {
        let case = case(version, bytes);
        assert!(known(known::MOSQUITTO, &case, Kind::WentOn), "{bytes}");
        for kind in [Kind::Refused, Kind::Otherwise] {
            assert!(!known(known::MOSQUITTO, &case, kind), "{bytes} {kind:?}");
        }
        assert!(!known(known::EMBEDDED, &case, Kind::WentOn), "{bytes}");
    }
    // The same kinds of packet with nothing to overlook, or with what nobody is known to overlook.
    let strict = [
        (4, "C0 r0"),
        (5, "40 r4 m1 10 00"),
        (5, "62 r3 m1 92"),
        (4, "3A r16 s5 'topic' m1 'payload'"),
        (5, "32 r19 s5 'topic' m1234 v2 01 i1 'payload'"),
        (5, "82 r16 m1234 v0 s10 '$share/p/p' 00"),
        (5, "10 r22 s4 'MQTT' 05 02 k10 08 15 s1 'm' 16 s1 'p' s1 'p'"),
        (4, "20 r2 00 00"),
        (5, "82 r9 m1 v0 s3 'a#b' 00"),
    ];
    for (version, bytes) in strict {
        assert!(!known(known::MOSQUITTO, &case(version, bytes), Kind::WentOn), "{bytes}");
    }
}
