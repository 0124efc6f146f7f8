//! A device redeems its code at the node's own HTTP (issue 3, point 8): it proves the code, keeps its key, and the certificate
//! bears its name. Wrong proofs are refused without a word why, and guessing is stopped for everybody.

#![expect(clippy::panic, reason = "a test's helpers stop at what must not happen")]

use firmware_config::enrol::{Admission, Applicant, Ask, Authority, Code, TRIES};
use model::{CommandId, DeviceId};
use std::time::Duration;
use store_node::clock;
use tests::demo::web::{Site, WebError};
use tests::scorecard::served::House;

async fn redeem(site: &Site, key: u128, ask: &Ask) -> Result<Admission, WebError> {
    site.post("/api/v1/enrol", CommandId::new(clock::now(), key), ask).await
}

fn refused(answer: Result<Admission, WebError>) -> (u16, String) {
    match answer {
        Err(WebError::Refused(problem)) => (problem.status, problem.code),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_is_enrolled_over_http_and_guessing_is_stopped() {
    let dir = tempfile::tempdir().unwrap();
    let house = House {
        program: env!("CARGO_BIN_EXE_demo").into(),
        ..House::build(&dir.path().join("store"), "").unwrap()
    };
    let (node, _) = house.start().await.unwrap();
    let site = Site::new(reqwest::Client::new(), &house.base);
    let device = DeviceId::new("hh-9").unwrap();
    let stranger = Applicant::new(device.clone(), &Code::typed("WRONG")).unwrap().ask();
    assert_eq!(
        refused(redeem(&site, 1, &stranger).await),
        (403, "wrong_code".into()),
        "there is no authority yet"
    );
    let folder = house.dir.join("enrol");
    let authority = Authority::create(&folder, "s1", &["127.0.0.1".into()], clock::now()).unwrap();
    let code = authority.invite(&device, clock::now(), &mut [5_u8; 16].as_slice()).unwrap();
    for key in 2..u128::from(TRIES) + 1 {
        assert_eq!(refused(redeem(&site, key, &stranger).await).0, 403);
    }
    let applicant = Applicant::new(device.clone(), &code).unwrap();
    let ask = applicant.ask();
    let papers = applicant.take(redeem(&site, 10, &ask).await.unwrap()).unwrap();
    assert!(papers.certificate.starts_with("-----BEGIN CERTIFICATE") && papers.key.contains("PRIVATE KEY"));
    assert_eq!(papers.authority, std::fs::read_to_string(folder.join("ca.crt")).unwrap());
    assert_eq!(authority.entries().unwrap()[0].device, "hh-9");
    assert_eq!(refused(redeem(&site, 11, &ask).await), (403, "wrong_code".into()), "once");
    let mut stopped = None;
    for key in 20..60 {
        let answer = refused(redeem(&site, key, &stranger).await);
        if answer.0 == 429 {
            stopped = Some(answer.1);
            break;
        }
    }
    assert_eq!(stopped.as_deref(), Some("too_many"));
    node.stop(Duration::from_secs(10)).await;
}
