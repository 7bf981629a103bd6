//! `upstream`: a server that, inside a call, asks something of the caller's client. Its chain is
//! the person, then the server: it can never do more towards the person than the person allows.

use bailiwick_core::{Authenticator, Evidence, Link, Principal, Timestamp, Unproved};

pub(super) struct ServerOfACall;

impl Authenticator for ServerOfACall {
    fn name(&self) -> &'static str {
        "upstream"
    }

    fn authenticate(
        &self,
        evidence: &Evidence<'_>,
        _: Timestamp,
    ) -> Option<Result<Principal, Unproved>> {
        match evidence {
            Evidence::Upstream { server, client } => {
                let of = client.principal();
                let person = client.person().map(|it| Link::Person(it.clone()));
                let server = Link::Server((*server).clone());
                Some(Ok(Principal {
                    chain: person.into_iter().chain([server]).collect(),
                    tenant: of.tenant.clone(),
                    credential: of.credential.clone(),
                    task: of.task.clone(),
                    session: of.session.clone(),
                }))
            }
            Evidence::Nothing { .. } | Evidence::Bearer(_) | Evidence::Gateway(_) => None,
        }
    }
}
