//! Certificates for tests: an authority of the store, the node's certificate, and clients' by name.

use firmware_config::BrokerTls;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DnType, IsCa,
    KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SerialNumber, date_time_ymd,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use std::path::Path;
use std::sync::Arc;

#[derive(Clone)]
pub struct Papers {
    authority: Arc<CertifiedIssuer<'static, KeyPair>>,
}

impl Papers {
    /// A new authority.
    pub fn issue() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(DnType::CommonName, "a store's authority");
        let key = KeyPair::generate().unwrap();
        Self { authority: Arc::new(CertifiedIssuer::self_signed(params, key).unwrap()) }
    }

    /// Certificate and key of this name, valid for this machine, as PEM.
    pub fn pair(&self, name: &str) -> (String, String) {
        self.numbered(name, None)
    }

    fn numbered(&self, name: &str, serial: Option<u64>) -> (String, String) {
        let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.serial_number = serial.map(SerialNumber::from);
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.authority).unwrap().pem(), key.serialize_pem())
    }

    /// Writes the files that store.toml names.
    pub fn write(&self, folder: &Path) -> BrokerTls {
        let write = |name: &str, text: &str| {
            let path = folder.join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let (node, agent) = (self.pair("larder-node"), self.pair("agent"));
        BrokerTls {
            ca: write("ca.pem", &self.authority.pem()),
            cert: write("node.pem", &node.0),
            key: write("node.key", &node.1),
            crl: Some(write("crl.pem", &self.list(&[]))),
            node_cert: None,
            node_key: None,
            agent_cert: Some(write("agent.pem", &agent.0)),
            agent_key: Some(write("agent.key", &agent.1)),
        }
    }

    /// The list of those whose certificates are taken back.
    fn list(&self, serials: &[u64]) -> String {
        let out = serials.iter().map(|serial| RevokedCertParams {
            serial_number: SerialNumber::from(*serial),
            revocation_time: date_time_ymd(2026, 1, 1),
            reason_code: None,
            invalidity_date: None,
        });
        let params = CertificateRevocationListParams {
            this_update: date_time_ymd(2026, 1, 1),
            next_update: date_time_ymd(4096, 1, 1),
            crl_number: SerialNumber::from(1 + serials.len() as u64),
            issuing_distribution_point: None,
            revoked_certs: out.collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        params.signed_by(&self.authority).unwrap().pem().unwrap()
    }

    /// Takes the certificate with this serial number back.
    pub fn take_back(&self, folder: &Path, serial: u64) {
        let part = folder.join("crl.part");
        std::fs::write(&part, self.list(&[serial])).unwrap();
        std::fs::rename(part, folder.join("crl.pem")).unwrap();
    }

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.authority.pem().as_bytes()).unwrap()).unwrap();
        roots
    }

    /// Trusts this authority, and shows a certificate of `issuer`.
    pub fn mixed(&self, issuer: &Papers, name: &str) -> Arc<ClientConfig> {
        self.with(&issuer.pair(name))
    }

    /// A client with a certificate of this serial number.
    pub fn client_numbered(&self, name: &str, serial: u64) -> Arc<ClientConfig> {
        self.with(&self.numbered(name, Some(serial)))
    }

    fn with(&self, (cert, key): &(String, String)) -> Arc<ClientConfig> {
        let cert = CertificateDer::from_pem_slice(cert.as_bytes()).unwrap();
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
        let all = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
        let all = all.unwrap().with_root_certificates(self.roots());
        Arc::new(all.with_client_auth_cert(vec![cert], key).unwrap())
    }

    /// A client of this name.
    pub fn client(&self, name: &str) -> Arc<ClientConfig> {
        self.mixed(self, name)
    }

    /// Trusts this authority and shows nothing.
    pub fn nobody(&self) -> Arc<ClientConfig> {
        let all = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
        Arc::new(all.unwrap().with_root_certificates(self.roots()).with_no_client_auth())
    }
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}
