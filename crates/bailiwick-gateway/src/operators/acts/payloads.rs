//! The act of reading what a call asked or was answered. Who read what is on record.

use hyper::Response;

use super::Act;
use crate::front::Body;
use crate::payloads::{PayloadAsked, Shown};

impl Act<'_> {
    pub(super) fn open_payload(&self, asked: &PayloadAsked) -> Response<Body> {
        let parts = &self.gate.parts;
        self.recorded("payloads.read", &asked.target(), || {
            let opened = asked.open(&crate::paths::log(&parts.settings.data), &parts.world);
            opened.map(|it| Shown::from(&it)).map_err(|it| it.to_string())
        })
    }
}
