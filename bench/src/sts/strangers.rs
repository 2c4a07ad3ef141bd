//! Roles for whom an identity provider vouches: AssumeRoleWithWebIdentity with keys at hand, AssumeRoleWithSAML.

use anyhow::Result;

use super::identity_provider::{HOST, IdentityProvider, issuer};
use super::{BENCH, CONNECTIONS, ROUND, ROUNDS};
use crate::aws::{Client, Key, element, unsigned};
use crate::load::{Measured, once, send_all, send_for};
use crate::process::{Core, Server, root_key, scratch};
use crate::report::{Report, median};

pub(super) fn run(report: &mut Report) -> Result<()> {
    let data = scratch()?;
    let folder = scratch()?;
    let idp = IdentityProvider::start(folder.path())?;
    let named = format!("{HOST}={}", idp.address);
    let authority = idp.authority.to_string_lossy().into_owned();
    let more = ["--issuer", named.as_str(), "--issuer-ca", authority.as_str()];
    let server = Server::portcullis_with(data.path(), Core::First, &more)?;
    let root = root_key(data.path())?;
    web_identity(report, &server, &root, &idp)?;
    saml(report, &server, &root, &idp)
}

/// With each of some tokens over and over: the issuer's keys are fetched with the first.
fn web_identity(report: &mut Report, server: &Server, root: &Key, idp: &IdentityProvider) -> Result<()> {
    let iam = Client { address: &server.address, key: root, service: "iam" };
    let parameters = [("Url", issuer()), ("ClientIDList.member.1", "app".to_owned())];
    let parameters = parameters.each_ref().map(|(name, value)| (*name, value.as_str()));
    let provider = iam.call("CreateOpenIDConnectProvider", &parameters)?;
    let role = role(&iam, "web", element(&provider, "OpenIDConnectProviderArn")?, "WebIdentity")?;
    let requests = (0..TOKENS)
        .map(|number| {
            let token = idp.token(&format!("user-{number}"))?;
            let parameters = [
                ("RoleArn", role.as_str()),
                ("RoleSessionName", "bench"),
                ("WebIdentityToken", token.as_str()),
            ];
            Ok(unsigned(&server.address, "AssumeRoleWithWebIdentity", &parameters))
        })
        .collect::<Result<Vec<_>>>()?;
    let first = requests.first().map(Vec::as_slice).unwrap_or_default();
    let (status, answer) = once(&server.address, first)?;
    anyhow::ensure!(status == 200, "{answer}");
    let mut side = Side::default();
    for _ in 0..ROUNDS {
        let lists = vec![requests.clone(); CONNECTIONS];
        side.round(server, || send_for(&server.address, lists, ROUND))?;
    }
    side.tell(report, "AssumeRoleWithWebIdentity, RS256, keys at hand");
    Ok(())
}

/// Each assertion is used once, so each is made for its call.
fn saml(report: &mut Report, server: &Server, root: &Key, idp: &IdentityProvider) -> Result<()> {
    let iam = Client { address: &server.address, key: root, service: "iam" };
    let metadata = idp.metadata();
    let made = iam.call("CreateSAMLProvider", &[("Name", "idp"), ("SAMLMetadataDocument", &metadata)])?;
    let provider = element(&made, "SAMLProviderArn")?;
    let role = role(&iam, "saml", provider, "SAML")?;
    let mut side = Side::default();
    for round in 0..ROUNDS {
        let lists = (0..CONNECTIONS)
            .map(|connection| {
                let first = (round * CONNECTIONS + connection) * ASSERTIONS;
                (first..first + ASSERTIONS)
                    .map(|id| {
                        let assertion = idp.assertion(id, &role, provider)?;
                        let parameters = [
                            ("RoleArn", role.as_str()),
                            ("PrincipalArn", provider),
                            ("SAMLAssertion", &assertion),
                        ];
                        Ok(unsigned(&server.address, "AssumeRoleWithSAML", &parameters))
                    })
                    .collect::<Result<Vec<_>>>()
            })
            .collect::<Result<Vec<_>>>()?;
        side.round(server, || send_all(&server.address, lists))?;
    }
    side.tell(report, "AssumeRoleWithSAML, RSA with SHA-256");
    Ok(())
}

/// A role that trusts a provider, and its ARN.
fn role(iam: &Client<'_>, name: &str, provider: &str, way: &str) -> Result<String> {
    let trust = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"Federated":"{provider}"}},"Action":"sts:AssumeRoleWith{way}"}}}}"#
    );
    let parameters = [("RoleName", name), ("AssumeRolePolicyDocument", trust.as_str())];
    Ok(element(&iam.call("CreateRole", &parameters)?, "Arn")?.to_owned())
}

#[derive(Default)]
struct Side {
    rates: Vec<f64>,
    cpu: Vec<f64>,
}

impl Side {
    fn round(&mut self, server: &Server, send: impl FnOnce() -> Result<Measured>) -> Result<()> {
        let before = server.cpu_seconds()?;
        let measured = send()?;
        self.rates.push(measured.per_second);
        self.cpu.push((server.cpu_seconds()? - before) * 1e6 / measured.answers);
        Ok(())
    }

    fn tell(&self, report: &mut Report, what: &str) {
        report.tell(BENCH, what, median(&self.rates), "/s");
        report.tell(BENCH, "… CPU a request", median(&self.cpu), "µs");
    }
}

/// So many ID tokens take turns.
const TOKENS: usize = 64;
/// So many assertions for each connection and round.
const ASSERTIONS: usize = 100;
